/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* White noise at a level. Not a filter. */
#include "config.h"

#include "plugins/mixer/jitter/noise.h"

#include <math.h>

/* Louder than this no background is, whatever a sender says. */
#define LOUDEST 30
#define QUIETEST 90

void
mix_noise_set (MixNoise *noise, const guint8 *payload, gsize len)
{
  guint level = len > 0 ? payload[0] & 0x7f : QUIETEST;

  /* Even distribution: the mean square is a third of the highest one. dBov is of a square wave at full scale. */
  noise->amplitude =
      level >= QUIETEST ? 0
                        : (gint) (32767 * sqrt (3) * pow (10, -(double) MAX (level, LOUDEST) / 20));
}

void
mix_noise_fill (MixNoise *noise, gint16 *out, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      noise->seed = noise->seed * 1664525 + 1013904223;
      out[i] = (gint16) (((gint64) (gint32) noise->seed * noise->amplitude) >> 31);
    }
}
