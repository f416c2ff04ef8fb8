/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A source's jitter buffer and decoder. Not a resampler. */
#include "config.h"

#include "plugins/mixer/jitter/jitter.h"

#include "plugins/mixer/jitter/noise.h"
#include <speex/speex_jitter.h>
#include <string.h>

#define MAX_PAYLOAD 1500
/* How the delay moves when that is heard least. */
#define STEP_MS 10
/* Concealment fades out in this time; afterwards a gap is a pause. */
#define MAX_CONCEAL_MS 80
/* After a pause as long as this the delay is found anew. */
#define MAX_IDLE_MS 1000
/* A jump as far as this in sequence numbers or time is a new stream (RFC 3550 A.1). */
#define MAX_DROPOUT 3000
#define MAX_JUMP_MS 3000
/* Mean square below which a change of the delay is not heard: about -50 dBov. */
#define QUIET 10000
/* Without a quiet moment for this long it changes anyway. */
#define MAX_UNADJUSTED_MS 400

typedef enum {
  STATE_EMPTY, /* nothing has come, or nothing for long */
  STATE_PLAYING,
  STATE_NOISE, /* the sender has said that it is silent */
  STATE_PAUSED /* nothing came, and what could be concealed has been */
} State;

/**
 * MixJitter:
 * @clock: of the timestamps, Hz
 * @fifo: @n_fifo samples that are decoded and not pulled
 * @span: of its packets, in units of @clock
 * @concealed, @idle, @unadjusted: ms
 */
struct _MixJitter {
  MixDecoder *decoder;
  JitterBuffer *buffer;
  MixNoise noise;
  State state;
  guint rate, clock;
  gint16 fifo[2 * MIX_MAX_DECODED];
  guint n_fifo;
  guint span;
  guint concealed, idle, unadjusted;
  gboolean quiet;
  guint16 last_seq;
  guint32 last_timestamp;
  MixJitterStats stats;
};

MixJitter *
mix_jitter_new (const MixCodec *codec, const RflFormat *format)
{
  g_autoptr (MixJitter) jitter = g_new0 (MixJitter, 1);

  jitter->decoder = mix_decoder_new (codec, format);
  if (jitter->decoder == NULL)
    return NULL;
  jitter->rate = mix_decoder_get_rate (jitter->decoder);
  jitter->clock = format->clock_rate;
  jitter->span = jitter->clock / 50;
  jitter->buffer = jitter_buffer_init ((int) (jitter->clock * STEP_MS / 1000));
  jitter->noise = (MixNoise) MIX_NOISE_INIT;
  return g_steal_pointer (&jitter);
}

void
mix_jitter_free (MixJitter *jitter)
{
  if (jitter == NULL)
    return;
  if (jitter->buffer)
    jitter_buffer_destroy (jitter->buffer);
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
  jitter_buffer_reset (jitter->buffer);
  mix_decoder_reset (jitter->decoder);
  jitter->n_fifo = 0;
  jitter->state = STATE_EMPTY;
}

void
mix_jitter_get_stats (const MixJitter *jitter, MixJitterStats *out)
{
  *out = jitter->stats;
}

/* ---- what comes in ---- */

static gboolean
has_jumped (const MixJitter *jitter, const RflRtp *rtp)
{
  gint32 ahead = (gint32) (rtp->timestamp - jitter->last_timestamp);

  return ABS (rfl_seq_diff (rtp->seq, jitter->last_seq)) > MAX_DROPOUT
         || ABS (ahead) > (gint32) (jitter->clock / 1000 * MAX_JUMP_MS);
}

/* In units of the timestamps. */
static guint
get_span (MixJitter *jitter, const RflRtp *rtp, gboolean noise)
{
  guint n;

  if (noise)
    return jitter->span;
  n = mix_decoder_count (jitter->decoder, rtp->payload, rtp->payload_len);
  if (n == 0)
    {
      jitter->stats.refused++;
      return jitter->span;
    }
  jitter->span = (guint) ((guint64) n * jitter->clock / jitter->rate);
  return jitter->span;
}

/* A gap between two packets is a pause only if no number is missing. */
void
mix_jitter_put (MixJitter *jitter, const RflRtp *rtp, gboolean noise)
{
  JitterBufferPacket packet = { .data = (char *) rtp->payload,
                                .len = (spx_uint32_t) rtp->payload_len,
                                .timestamp = rtp->timestamp,
                                .sequence = rtp->seq,
                                .user_data = noise };

  if (rtp->payload_len == 0 || rtp->payload_len > MAX_PAYLOAD)
    {
      jitter->stats.refused++;
      return;
    }
  if (jitter->state != STATE_EMPTY && has_jumped (jitter, rtp))
    {
      mix_jitter_reset (jitter);
      jitter->stats.resets++;
    }
  if (jitter->state == STATE_EMPTY)
    {
      jitter->state = STATE_PLAYING;
      jitter->concealed = 0;
    }
  else if (jitter->stats.packets > 0
           && (gint32) (rtp->timestamp
                        - (guint32) jitter_buffer_get_pointer_timestamp (jitter->buffer))
                  < 0)
    jitter->stats.late++;
  packet.span = get_span (jitter, rtp, noise);
  jitter->last_seq = rtp->seq;
  jitter->last_timestamp = rtp->timestamp;
  jitter->idle = 0;
  jitter->stats.packets++;
  jitter_buffer_put (jitter->buffer, &packet);
}

/* ---- what comes out ---- */

static guint
to_samples (const MixJitter *jitter, guint units)
{
  return (guint) ((guint64) units * jitter->rate / jitter->clock);
}

static gboolean
is_quiet (const gint16 *pcm, guint n)
{
  double sum = 0;

  for (guint i = 0; i < n; i++)
    sum += (double) pcm[i] * pcm[i];
  return sum < (double) QUIET * n;
}

static void
append_concealed (MixJitter *jitter, guint n)
{
  gint16 *out = jitter->fifo + jitter->n_fifo;

  n = MIN (n, MIX_MAX_DECODED);
  if (jitter->state == STATE_NOISE)
    mix_noise_fill (&jitter->noise, out, n);
  else if (jitter->state == STATE_PAUSED)
    memset (out, 0, n * sizeof *out);
  else
    {
      mix_decoder_conceal (jitter->decoder, NULL, 0, out, n);
      jitter->concealed += n * 1000 / jitter->rate;
      jitter->stats.lost++;
      if (jitter->concealed >= MAX_CONCEAL_MS)
        jitter->state = STATE_PAUSED;
    }
  jitter->n_fifo += n;
}

static void
append_packet (MixJitter *jitter, const JitterBufferPacket *packet)
{
  const guint8 *payload = (const guint8 *) packet->data;
  gint16 *out = jitter->fifo + jitter->n_fifo;
  gint n;

  if (packet->user_data)
    {
      jitter->state = STATE_NOISE;
      mix_noise_set (&jitter->noise, payload, packet->len);
      append_concealed (jitter, to_samples (jitter, packet->span));
      return;
    }
  n = mix_decoder_decode (jitter->decoder, payload, packet->len, out, MIX_MAX_DECODED);
  if (n < 0)
    {
      append_concealed (jitter, to_samples (jitter, packet->span));
      return;
    }
  jitter->state = STATE_PLAYING;
  jitter->concealed = 0;
  jitter->quiet = is_quiet (out, (guint) n);
  jitter->n_fifo += (guint) n;
}

/* One stretch more in the fifo, @ms at least if nothing has come. */
static void
advance (MixJitter *jitter, guint ms)
{
  char room[MAX_PAYLOAD];
  JitterBufferPacket packet = { .data = room, .len = sizeof room };
  spx_int32_t wanted = (spx_int32_t) (jitter->clock * ms / 1000), offset;
  int result = jitter_buffer_get (jitter->buffer, &packet, wanted, &offset);

  if (result == JITTER_BUFFER_OK)
    append_packet (jitter, &packet);
  else
    append_concealed (jitter, MAX (to_samples (jitter, packet.span), 1));
}

/* In a quiet moment the delay may change without being heard. */
static void
adjust (MixJitter *jitter, guint ms)
{
  JitterBufferPacket packet = { 0 };
  spx_int32_t offset;

  jitter->unadjusted += ms;
  if (!jitter->quiet && jitter->state == STATE_PLAYING && jitter->unadjusted < MAX_UNADJUSTED_MS)
    return;
  jitter_buffer_update_delay (jitter->buffer, &packet, &offset);
  jitter->unadjusted = 0;
}

static void
note_delay (MixJitter *jitter)
{
  gint32 ahead = (gint32) (jitter->last_timestamp + jitter->span
                           - (guint32) jitter_buffer_get_pointer_timestamp (jitter->buffer));
  gint32 waiting = ahead + (gint32) ((guint64) jitter->n_fifo * jitter->clock / jitter->rate);

  jitter->stats.delay = waiting > 0 ? (guint) waiting * 1000 / jitter->clock : 0;
}

gboolean
mix_jitter_pull (MixJitter *jitter, guint ms, gint16 *out)
{
  guint n = jitter->rate * ms / 1000;
  gboolean sounds;

  g_return_val_if_fail (ms >= 1 && ms <= MIX_MAX_PULL, FALSE);
  if (jitter->state == STATE_EMPTY)
    return FALSE;
  jitter->idle += ms;
  if (jitter->idle > MAX_IDLE_MS && jitter->state != STATE_NOISE)
    {
      mix_jitter_reset (jitter);
      return FALSE;
    }
  sounds = jitter->state != STATE_PAUSED;
  while (jitter->n_fifo < n)
    {
      advance (jitter, ms);
      sounds |= jitter->state != STATE_PAUSED;
    }
  if (sounds)
    memcpy (out, jitter->fifo, n * sizeof *out);
  jitter->n_fifo -= n;
  memmove (jitter->fifo, jitter->fifo + n, jitter->n_fifo * sizeof *out);
  adjust (jitter, ms);
  jitter_buffer_remaining_span (jitter->buffer, (spx_uint32_t) ((guint64) jitter->n_fifo
                                                                * jitter->clock / jitter->rate));
  jitter_buffer_tick (jitter->buffer);
  note_delay (jitter);
  return sounds;
}
