/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A limiter that sees the whole frame before it turns it down. Not for single sources.
 */
#include "plugins/mixer/dsp/limiter.h"
#include <math.h>

#define CEILING 32767.0f
/* Turned up again by 6 dB in so many seconds. */
#define RELEASE 0.4f
/* The shortest way down, so that the gain itself does not click: 1/RATE seconds. */
#define ATTACK_RATE 2000

/* Returns: the largest magnitude; @first: (out): the first sample that is above the ceiling at @gain */
static float
find_peak (const gint32 *in, guint n, float gain, guint *first)
{
  gint32 peak = 0, bound = (gint32) (CEILING / gain);

  *first = n;
  for (guint i = 0; i < n; i++)
    {
      gint32 value = ABS (in[i]);
      if (value > bound && *first == n)
        *first = i;
      peak = MAX (peak, value);
    }
  return (float) peak;
}

static void
apply (const gint32 *in, gint16 *out, guint begin, guint end, float from, float to)
{
  float step = end > begin ? (to - from) / (float) (end - begin) : 0;

  for (guint i = begin; i < end; i++)
    {
      float gain = from + step * (float) (i - begin + 1);
      out[i] = (gint16) CLAMP ((float) in[i] * gain, -CEILING, CEILING);
    }
}

void
limiter_run (Limiter *limiter, const gint32 *in, gint16 *out, guint n, guint rate)
{
  guint first;
  float peak = find_peak (in, n, limiter->gain, &first), gain = limiter->gain;
  float target = peak > CEILING ? CEILING / peak : 1.0f;

  if (target < gain)
    {
      guint attack = CLAMP (first, MIN (n, rate / ATTACK_RATE), n);
      apply (in, out, 0, attack, gain, target);
      apply (in, out, attack, n, target, target);
      limiter->gain = target;
      return;
    }
  if (gain < 1.0f)
    limiter->gain = MIN (target, gain * powf (2.0f, (float) n / (float) rate / RELEASE));
  apply (in, out, 0, n, gain, limiter->gain);
}
