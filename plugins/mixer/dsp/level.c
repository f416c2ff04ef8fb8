/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Levels (RFC 6465 §4 and its appendix). Not for what follows from them.
 */
#include "plugins/mixer/dsp/level.h"
#include <math.h>

double
level_mean_square (const gint16 *pcm, guint n)
{
  gint64 sum = 0;

  for (guint i = 0; i < n; i++)
    sum += (gint32) pcm[i] * pcm[i];
  return n ? (double) sum / n : 0;
}

gint
level_to_dbov (double mean_square)
{
  double db;

  if (mean_square <= 0)
    return LEVEL_SILENCE;
  db = 10 * log10 (mean_square / (32767.0 * 32767.0));
  return (gint) lround (CLAMP (db, LEVEL_SILENCE, 0));
}

void
level_meter_add (LevelMeter *meter, double mean_square, guint ms)
{
  for (guint i = 0; i < ms / 10; i++)
    {
      meter->slot[meter->next] = mean_square;
      meter->next = (meter->next + 1) % LEVEL_WINDOW;
    }
}

gint
level_meter_dbov (const LevelMeter *meter)
{
  double sum = 0;

  for (guint i = 0; i < LEVEL_WINDOW; i++)
    sum += meter->slot[i];
  return level_to_dbov (sum / LEVEL_WINDOW);
}
