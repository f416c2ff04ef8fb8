/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See stretch.h: overlap and add (WSOLA) at the place where the sound is most like itself. Keeps no state.
 */
#include "plugins/mixer/jitter/stretch.h"

#include <math.h>
#include <string.h>

static float
likeness (const gint16 *pcm, guint lag, guint n, guint skip)
{
  float cross = 0, energy = 1;

  for (guint i = 0; i < n; i += skip)
    {
      float later = pcm[lag + i];
      cross += pcm[i] * later;
      energy += later * later;
    }
  return cross / sqrtf (energy);
}

/* Returns: 0 if @n samples are too few */
static guint
find_lag (const gint16 *pcm, guint n, guint rate, guint most)
{
  guint blend = MIX_STRETCH_BLEND (rate), least = blend, best;
  guint skip = MAX (rate / 8000, 1);
  float high = -G_MAXFLOAT;

  most = MIN (most, MIX_STRETCH_MOST (rate));
  if (n < blend)
    return 0;
  most = MIN (most, n - blend);
  if (most < least)
    return 0;
  best = most;
  for (guint lag = least; lag <= most; lag++)
    {
      float now = likeness (pcm, lag, blend, skip);
      if (now > high)
        {
          high = now;
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

guint
mix_stretch_less (gint16 *pcm, guint n, guint rate, guint most)
{
  guint lag = find_lag (pcm, n, rate, most), soft = MIX_STRETCH_BLEND (rate);

  if (lag == 0)
    return 0;
  for (guint i = 0; i < soft; i++)
    pcm[lag + i] = blend (pcm[i], pcm[lag + i], i + 1, soft);
  memmove (pcm, pcm + lag, (n - lag) * sizeof *pcm);
  return lag;
}

guint
mix_stretch_more (gint16 *pcm, guint n, guint rate, guint most)
{
  guint lag = find_lag (pcm, n, rate, most), soft = MIX_STRETCH_BLEND (rate);

  if (lag == 0)
    return 0;
  memmove (pcm + lag, pcm, n * sizeof *pcm);
  /* what stood at @lag has moved on to twice that */
  for (guint i = 0; i < soft; i++)
    pcm[lag + i] = blend (pcm[2 * lag + i], pcm[lag + i], i + 1, soft);
  return lag;
}
