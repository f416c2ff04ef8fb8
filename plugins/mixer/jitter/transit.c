/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See transit.h. Time passes only when packets come, so that a pause forgets nothing.
 */
#include "plugins/mixer/jitter/transit.h"

/* As long as there is less than this, the worst counts, too. */
#define FEW 4

void
mix_transit_add (MixTransit *transit, gint64 now, gint64 value, guint part)
{
  if (transit->n == 0 || now - transit->since >= part)
    {
      transit->part = transit->n ? (transit->part + 1) % MIX_TRANSIT_PARTS : 0;
      transit->n = MIN (transit->n + 1, MIX_TRANSIT_PARTS);
      transit->since = now;
      transit->most[transit->part] = transit->least[transit->part] = value;
    }
  transit->most[transit->part] = MAX (transit->most[transit->part], value);
  transit->least[transit->part] = MIN (transit->least[transit->part], value);
}

gint64
mix_transit_most (const MixTransit *transit)
{
  gint64 first = G_MININT64, second = G_MININT64;

  for (guint i = 0; i < transit->n; i++)
    if (transit->most[i] > first)
      {
        second = first;
        first = transit->most[i];
      }
    else
      second = MAX (second, transit->most[i]);
  return transit->n < FEW ? first : second;
}

gint64
mix_transit_least (const MixTransit *transit)
{
  gint64 least = G_MAXINT64;

  for (guint i = 0; i < transit->n; i++)
    least = MIN (least, transit->least[i]);
  return least;
}
