/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source's jitter buffer and decoder: what comes in. What comes out: playout.c. Not a resampler.
 *
 * All times are samples. A packet's @pos is its timestamp, unwrapped; @now is what has been pulled;
 * @head is the pos of what is pulled next. That @now - pos, the transit, is as low as it can be is the network's affair;
 * @now - @head, at which packets are played, is ours: it follows what nearly all packets keep to.
 */
#include "config.h"

#include "plugins/mixer/jitter/jitter-private.h"

#include <string.h>

/* Of packets that are all late, or all too early, so many pulls are looked at before they are believed. */
#define BELIEVE 3
/* ms: who comes so much earlier than any of the last ten seconds has jumped. */
#define MAX_AHEAD 150
/* ms: the delay grows to this at most. */
#define MAX_DELAY 400
/* After a pause of so many seconds the delay is found anew: clocks have drifted. */
#define MAX_PAUSE 10

MixJitter *
mix_jitter_new (const MixCodec *codec, const RflFormat *format)
{
  g_autoptr (MixJitter) jitter = g_new0 (MixJitter, 1);

  jitter->decoder = mix_decoder_new (codec, format);
  if (jitter->decoder == NULL)
    return NULL;
  jitter->rate = mix_decoder_get_rate (jitter->decoder);
  jitter->ratio = jitter->rate / format->clock_rate;
  jitter->span = jitter->rate / 50;
  jitter->noise = (MixNoise) MIX_NOISE_INIT;
  return g_steal_pointer (&jitter);
}

void
mix_jitter_free (MixJitter *jitter)
{
  if (jitter == NULL)
    return;
  mix_store_clear (&jitter->store);
  if (jitter->decoder)
    mix_decoder_free (jitter->decoder);
  g_free (jitter);
}

guint
mix_jitter_get_rate (const MixJitter *jitter)
{
  return jitter->rate;
}

void
mix_jitter_reset (MixJitter *jitter)
{
  mix_store_clear (&jitter->store);
  mix_decoder_reset (jitter->decoder);
  jitter->transit = (MixTransit){ 0 };
  jitter->n_fifo = 0;
  jitter->n_late = jitter->n_early = 0;
  jitter->state = STATE_EMPTY;
}

void
mix_jitter_get_stats (const MixJitter *jitter, MixJitterStats *out)
{
  *out = jitter->stats;
  out->delay = 0;
  if (jitter->state != STATE_EMPTY && jitter->transit.n)
    {
      gint64 delay = jitter->now - jitter_get_head (jitter) - mix_transit_least (&jitter->transit);
      out->delay = (guint) (MAX (delay, 0) * 1000 / jitter->rate);
    }
}

gint64
jitter_get_head (const MixJitter *jitter)
{
  return jitter->next - jitter->n_fifo;
}

static gint64
ms_of (const MixJitter *jitter, guint ms)
{
  return (gint64) jitter->rate * ms / 1000;
}

/* Remembers it, too. */
static gboolean
has_come_before (MixJitter *jitter, const RflRtp *rtp)
{
  MixSeen *seen = &jitter->seen[rtp->seq % MIX_SEEN];
  gboolean before = seen->is && seen->seq == rtp->seq && seen->timestamp == rtp->timestamp;

  *seen = (MixSeen){ TRUE, rtp->seq, rtp->timestamp };
  return before;
}

/* The first packet is played at once: that others take longer is seen from them. */
static void
begin (MixJitter *jitter, const RflRtp *rtp)
{
  jitter->state = STATE_PLAYING;
  jitter->last_timestamp = rtp->timestamp;
  jitter->last_pos = jitter->next = jitter->end = jitter->now;
  jitter->end_seq = (guint16) (rtp->seq - 1);
  memset (jitter->seen, 0, sizeof jitter->seen);
  has_come_before (jitter, rtp);
  jitter->last_seq = jitter->end_seq;
  jitter->heard = jitter->now;
  jitter->concealed = 0;
}

static void
begin_again (MixJitter *jitter, const RflRtp *rtp)
{
  mix_jitter_reset (jitter);
  begin (jitter, rtp);
  jitter->stats.resets++;
}

/* Counts pulls after which packets came that are not believed. Returns: %TRUE: there were enough */
static gboolean
doubt (MixJitter *jitter, guint *n)
{
  if (*n == 0 || jitter->doubted != jitter->now)
    (*n)++;
  jitter->doubted = jitter->now;
  return *n >= BELIEVE;
}

/* Since the end of what was decoded last everything was made up, so that a packet that is late can
 * still be played, and the delay is longer from then on. */
static gboolean
rewind_to (MixJitter *jitter, gint64 pos)
{
  gint64 delay = jitter->now - pos + jitter->n_fifo - mix_transit_least (&jitter->transit);

  if (pos < jitter->end || delay > ms_of (jitter, MAX_DELAY))
    return FALSE;
  jitter->next = pos;
  return TRUE;
}

/* Nobody hears it in a pause if the delay changes, but not so that @packet would be too late. */
static void
settle_in_pause (MixJitter *jitter, const MixStored *packet)
{
  gint64 next = jitter->now - mix_transit_most (&jitter->transit) + jitter->n_fifo;

  if (jitter->state == STATE_PLAYING || jitter->store.n > 0)
    return;
  jitter->next = MAX (MIN (next, packet->pos), jitter->end);
}

typedef enum {
  TAKE,
  LEAVE,
  BEGIN
} Verdict;

/* @follows: no number is missing, so that time cannot run backwards */
static Verdict
judge (MixJitter *jitter, const MixStored *packet, gboolean follows)
{
  gint64 early = mix_transit_least (&jitter->transit) - (jitter->now - packet->pos);

  if (jitter->transit.n == 0)
    return TAKE;
  if (follows && packet->pos <= jitter->last_pos)
    return BEGIN;
  if (early > ms_of (jitter, MAX_AHEAD))
    return follows || doubt (jitter, &jitter->n_early) ? BEGIN : LEAVE;
  jitter->n_early = 0;
  if (packet->pos >= jitter->next || packet->noise || rewind_to (jitter, packet->pos)
      || packet->pos + packet->span > jitter->next)
    {
      jitter->n_late = 0;
      return TAKE;
    }
  return jitter->state != STATE_PLAYING && doubt (jitter, &jitter->n_late) ? BEGIN : LEAVE;
}

/* In samples. 0: it is no payload */
static guint
get_span (MixJitter *jitter, const RflRtp *rtp, gboolean noise)
{
  guint n = noise ? 1 : mix_decoder_count (jitter->decoder, rtp->payload, rtp->payload_len);

  if (rtp->payload_len == 0 || rtp->payload_len > MIX_STORE_MAX_PAYLOAD || n == 0)
    {
      jitter->stats.refused++;
      return 0;
    }
  return n;
}

static void
keep (MixJitter *jitter, const MixStored *packet)
{
  mix_transit_add (&jitter->transit, jitter->now, jitter->now - packet->pos, jitter->rate / 2);
  if (packet->pos > jitter->last_pos)
    settle_in_pause (jitter, packet);
  if (!mix_store_add (&jitter->store, packet))
    jitter->stats.late++;
}

/* A packet that is left out tells nevertheless how long packets take. */
static void
leave (MixJitter *jitter, const MixStored *packet)
{
  gint64 value = jitter->now - packet->pos;

  jitter->stats.late++;
  if (value > mix_transit_least (&jitter->transit)
      && value - mix_transit_least (&jitter->transit) < ms_of (jitter, MAX_DELAY))
    mix_transit_add (&jitter->transit, jitter->now, value, jitter->rate / 2);
}

void
mix_jitter_put (MixJitter *jitter, const RflRtp *rtp, gboolean noise)
{
  MixStored packet = {
    .seq = rtp->seq, .noise = noise, .len = rtp->payload_len, .payload = (guint8 *) rtp->payload
  };
  gboolean follows = rtp->seq == (guint16) (jitter->last_seq + 1);
  Verdict verdict;

  jitter->stats.packets++;
  packet.span = get_span (jitter, rtp, noise);
  if (packet.span == 0)
    return;
  if (jitter->state != STATE_EMPTY && has_come_before (jitter, rtp))
    {
      jitter->stats.twice++;
      return;
    }
  if (jitter->state == STATE_EMPTY)
    begin (jitter, rtp);
  else if (jitter->now - jitter->heard > ms_of (jitter, MAX_PAUSE * 1000))
    begin_again (jitter, rtp);
  packet.pos = jitter->last_pos
               + (gint64) (gint32) (rtp->timestamp - jitter->last_timestamp) * jitter->ratio;
  verdict = judge (jitter, &packet, follows);
  if (verdict == BEGIN)
    {
      begin_again (jitter, rtp);
      packet.pos = jitter->next;
    }
  if (verdict == LEAVE)
    {
      leave (jitter, &packet);
      return;
    }
  keep (jitter, &packet);
  if (packet.pos >= jitter->last_pos)
    {
      jitter->last_pos = packet.pos;
      jitter->last_timestamp = rtp->timestamp;
      jitter->last_seq = rtp->seq;
    }
  jitter->heard = jitter->now;
}
