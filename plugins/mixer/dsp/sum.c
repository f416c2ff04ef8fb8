/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums of samples. Not for levels.
 */
#include "plugins/mixer/dsp/sum.h"
#include <string.h>

void
sum_scale (gint16 *out, const gint16 *pcm, guint n, float from, float to)
{
  float step = n ? (to - from) / (float) n : 0;

  if (from == 1.0f && to == 1.0f)
    {
      memmove (out, pcm, n * sizeof *pcm);
      return;
    }
  for (guint i = 0; i < n; i++)
    {
      float gain = from + step * (float) (i + 1);
      out[i] = (gint16) CLAMP ((float) pcm[i] * gain, -32768.0f, 32767.0f);
    }
}

void
sum_add (gint32 *sum, const gint16 *pcm, guint n)
{
  for (guint i = 0; i < n; i++)
    sum[i] += pcm[i];
}

void
sum_subtract (gint32 *sum, const gint16 *pcm, guint n)
{
  for (guint i = 0; i < n; i++)
    sum[i] -= pcm[i];
}
