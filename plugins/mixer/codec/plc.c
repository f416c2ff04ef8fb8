/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See plc.h. Stands in for spandsp's plc_fillin(), which copies between overlapping ranges and knows no rate
 * but 8000. Not for codecs with a concealment of their own.
 */
#include "plugins/mixer/codec/plc.h"

#include <math.h>
#include <string.h>

/* ms: as it was until the first, nothing from the second on. */
#define STEADY 10
#define GONE 60

void
mix_plc_init (MixPlc *plc, guint rate)
{
  g_return_if_fail (rate <= 48000);
  *plc = (MixPlc){ .rate = rate };
}

static guint
ms_of (const MixPlc *plc, guint ms)
{
  return plc->rate * ms / 1000;
}

static void
keep (MixPlc *plc, const gint16 *pcm, guint n)
{
  guint most = ms_of (plc, 40), stay;

  if (n > most)
    {
      pcm += n - most;
      n = most;
    }
  stay = MIN (plc->n_kept, most - n);
  memmove (plc->kept, plc->kept + plc->n_kept - stay, stay * sizeof *pcm);
  memcpy (plc->kept + stay, pcm, n * sizeof *pcm);
  plc->n_kept = stay + n;
}

/* How alike the last @n samples are to those @lag before: the normalised correlation, every @skip-th sample. */
static float
likeness (const gint16 *end, guint lag, guint n, guint skip)
{
  float cross = 0, energy = 1;

  for (guint i = 1; i <= n; i += skip)
    {
      float before = end[-(gint) (lag + i)];
      cross += end[-(gint) i] * before;
      energy += before * before;
    }
  return cross / sqrtf (energy);
}

static guint
find_period (const MixPlc *plc)
{
  guint best = plc->rate / 400, skip = MAX (plc->rate / 8000, 1);
  const gint16 *end = plc->kept + plc->n_kept;
  float most = 0;

  for (guint lag = best; lag <= MIX_PLC_LONGEST (plc->rate); lag++)
    {
      float now = likeness (end, lag, ms_of (plc, 10), skip);
      if (now > most)
        {
          most = now;
          best = lag;
        }
    }
  return best;
}

static gint16
blend (gint16 from, gint16 to, guint i, guint n)
{
  return (gint16) (from + (gint32) (to - from) * (gint32) i / (gint32) n);
}

/* The last period; its end runs into its beginning. */
static void
make_cycle (MixPlc *plc)
{
  const gint16 *end = plc->kept + plc->n_kept;
  guint soft;

  plc->at = 0;
  plc->period = 0;
  if (plc->n_kept < 2 * MIX_PLC_LONGEST (plc->rate))
    return;
  plc->period = find_period (plc);
  soft = plc->period / 4;
  memcpy (plc->cycle, end - plc->period, plc->period * sizeof *plc->cycle);
  for (guint i = 0; i < soft; i++)
    {
      guint k = plc->period - soft + i;
      plc->cycle[k] = blend (plc->cycle[k], end[(gint) k - 2 * (gint) plc->period], i + 1, soft);
    }
}

static gint16
next_sample (MixPlc *plc)
{
  guint steady = ms_of (plc, STEADY), gone = ms_of (plc, GONE);
  guint missing = plc->missing;
  gint32 sample;

  if (plc->period == 0 || missing >= gone)
    return 0;
  plc->missing++;
  sample = plc->cycle[plc->at];
  plc->at = (plc->at + 1) % plc->period;
  return (gint16) (missing < steady
                       ? sample
                       : sample * (gint32) (gone - missing) / (gint32) (gone - steady));
}

/* Where the period does not quite fit, what was heard last is run backwards while the cycle fades in. */
static void
join (const MixPlc *plc, gint16 *out, guint n)
{
  guint soft = MIN (plc->period / 4, n);

  for (guint i = 0; i < soft; i++)
    out[i] = blend (plc->kept[plc->n_kept - 1 - i], out[i], i + 1, soft);
}

void
mix_plc_fill (MixPlc *plc, gint16 *out, guint n)
{
  gboolean begins = plc->missing == 0;

  if (begins)
    make_cycle (plc);
  for (guint i = 0; i < n; i++)
    out[i] = next_sample (plc);
  if (begins)
    join (plc, out, n);
}

void
mix_plc_hear (MixPlc *plc, gint16 *pcm, guint n)
{
  if (plc->missing > 0)
    {
      guint soft = MIN (ms_of (plc, 4), n);
      for (guint i = 0; i < soft; i++)
        pcm[i] = blend (next_sample (plc), pcm[i], i + 1, soft);
      plc->missing = 0;
    }
  keep (plc, pcm, n);
}
