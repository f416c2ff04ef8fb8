/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The jitter buffer's other half: what is decoded, made up or left silent when samples are pulled, and how the
 * delay follows the network. Not for judging packets that come: jitter.c.
 */
#include "config.h"

#include "plugins/mixer/jitter/jitter-private.h"
#include "plugins/mixer/jitter/stretch.h"

#include <string.h>

/* ms. Concealment has faded then; afterwards a gap is a pause. */
#define MAX_CONCEAL 80
/* ms. What in-band FEC can bring back at once. */
#define MAX_WHOLE_GAP 60
/* ms between two changes of the delay; and how much too long it may be for that to do. */
#define REST 100
#define MUCH 60

static guint
ms_of (const MixJitter *jitter, guint ms)
{
  return jitter->rate * ms / 1000;
}

static gint16 *
get_tail (MixJitter *jitter)
{
  return jitter->fifo + jitter->n_fifo;
}

static void
grow (MixJitter *jitter, guint n)
{
  jitter->n_fifo += n;
  jitter->next += n;
}

/* @n samples without a packet, in the manner of the state. */
static void
make_up (MixJitter *jitter, const MixStored *following, guint n)
{
  n = MIN (n, JITTER_FIFO - jitter->n_fifo);
  if (jitter->state == STATE_NOISE)
    mix_noise_fill (&jitter->noise, get_tail (jitter), n);
  else if (jitter->state == STATE_PAUSED)
    memset (get_tail (jitter), 0, n * sizeof *jitter->fifo);
  else
    {
      mix_decoder_conceal (jitter->decoder, following ? following->payload : NULL,
                           following ? following->len : 0, get_tail (jitter), n);
      jitter->concealed += n;
      jitter->stats.lost++;
      if (jitter->concealed >= ms_of (jitter, MAX_CONCEAL))
        jitter->state = STATE_PAUSED;
    }
  grow (jitter, n);
}

/* Between here and the packet that is there already. */
static void
bridge (MixJitter *jitter, const MixStored *first, guint wanted)
{
  guint gap = (guint) MIN (first->pos - jitter->next, G_MAXINT);

  if (jitter->state == STATE_PLAYING && first->seq == (guint16) (jitter->end_seq + 1)
      && jitter->concealed == 0)
    jitter->state = STATE_PAUSED; /* nothing is missing: the sender made a pause */
  if (jitter->state == STATE_PLAYING && !first->noise && gap <= ms_of (jitter, MAX_WHOLE_GAP))
    make_up (jitter, first, gap);
  else
    make_up (jitter, NULL, MIN (gap, wanted));
}

static void
drop_front (MixJitter *jitter, guint from, guint n)
{
  memmove (jitter->fifo + from, jitter->fifo + from + n,
           (jitter->n_fifo - from - n) * sizeof *jitter->fifo);
  jitter->n_fifo -= n;
}

/* @first may begin before what is due: what it has of that is left out. */
static void
play (MixJitter *jitter, const MixStored *first)
{
  gint n = mix_decoder_decode (jitter->decoder, first->payload, first->len, get_tail (jitter),
                               JITTER_FIFO - jitter->n_fifo);
  guint before = (guint) (jitter->next - first->pos), had = jitter->n_fifo;

  if (n < 0)
    {
      jitter->stats.refused++;
      make_up (jitter, NULL, first->span - before);
      return;
    }
  before = MIN (before, (guint) n);
  jitter->n_fifo += (guint) n;
  drop_front (jitter, had, before);
  jitter->next += n - (gint) before;
  jitter->end = jitter->next;
  jitter->end_seq = first->seq;
  jitter->span = first->span;
  jitter->concealed = 0;
  jitter->state = STATE_PLAYING;
}

static void
take (MixJitter *jitter, const MixStored *first)
{
  if (first->noise)
    {
      mix_noise_set (&jitter->noise, first->payload, first->len);
      jitter->state = STATE_NOISE;
      jitter->end_seq = first->seq;
    }
  else if (first->pos + first->span > jitter->next)
    play (jitter, first);
  else
    jitter->stats.late++;
  mix_store_pop (&jitter->store);
}

/* One stretch more, about @wanted samples where nothing is known: whole steps of 2.5 ms, which opus makes. */
static void
advance (MixJitter *jitter, guint wanted)
{
  const MixStored *first = mix_store_peek (&jitter->store);
  guint step = jitter->rate / 400;

  wanted = (wanted + step - 1) / step * step;
  if (first && first->pos <= jitter->next)
    take (jitter, first);
  else if (first)
    bridge (jitter, first, wanted);
  else
    make_up (jitter, NULL, wanted);
}

/* While it is heard the delay changes by a period of the sound at a time. @n: samples that are needed now */
static void
adjust (MixJitter *jitter, guint n)
{
  gint64 excess = jitter->now - jitter_get_head (jitter) - mix_transit_most (&jitter->transit);
  guint changed = 0;

  if (jitter->state != STATE_PLAYING || jitter->concealed
      || (jitter->rested < ms_of (jitter, REST) && ABS (excess) < ms_of (jitter, MUCH)))
    return;
  if (excess > 0)
    {
      if (jitter->store.n == 0)
        excess = MIN (excess, (gint64) jitter->n_fifo - n);
      changed = mix_stretch_less (jitter->fifo, jitter->n_fifo, jitter->rate,
                                  (guint) CLAMP (excess, 0, jitter->rate));
      jitter->n_fifo -= changed;
    }
  else if (excess < 0 && jitter->n_fifo + MIX_STRETCH_MOST (jitter->rate) <= JITTER_FIFO)
    {
      changed = mix_stretch_more (jitter->fifo, jitter->n_fifo, jitter->rate, jitter->rate);
      jitter->n_fifo += changed;
    }
  if (changed)
    jitter->rested = 0;
}

static gboolean
fill (MixJitter *jitter, guint n)
{
  gboolean sounds = FALSE;

  while (jitter->n_fifo < n)
    {
      advance (jitter, n - jitter->n_fifo);
      sounds |= jitter->state != STATE_PAUSED;
    }
  return sounds;
}

gboolean
mix_jitter_pull (MixJitter *jitter, guint ms, gint16 *out)
{
  guint n = jitter->rate * ms / 1000;
  gboolean sounds;

  g_return_val_if_fail (ms >= 1 && ms <= MIX_MAX_PULL, FALSE);
  if (jitter->state == STATE_EMPTY)
    {
      jitter->now += n;
      return FALSE;
    }
  sounds = jitter->n_fifo > 0 && jitter->state != STATE_PAUSED;
  sounds |= fill (jitter, n);
  adjust (jitter, n);
  sounds |= fill (jitter, n);
  jitter->rested += n;
  if (sounds)
    memcpy (out, jitter->fifo, n * sizeof *out);
  drop_front (jitter, 0, n);
  jitter->now += n;
  return sounds;
}
