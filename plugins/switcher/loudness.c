/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loudness of G.711 by a table. Decodes nothing to be heard. */
#include "plugins/switcher/loudness.h"

#include <math.h>

#define OVERLOAD 32768.0

/* The magnitudes of ITU-T G.711, in 16 bits. */
static guint32
expand_u (guint8 octet)
{
  guint8 u = ~octet;
  return ((((u & 0x0fu) << 3) + 0x84) << (u >> 4 & 7)) - 0x84;
}

static guint32
expand_a (guint8 octet)
{
  guint8 a = octet ^ 0x55, segment = a >> 4 & 7;
  guint32 step = ((a & 0x0fu) << 4) + 8;

  return segment == 0 ? step : (step + 0x100) << (segment - 1);
}

void
loudness_table_init (LoudnessTable *table)
{
  for (guint i = 0; i < 256; i++)
    {
      guint32 u = expand_u (i), a = expand_a (i);
      table->power[LAW_NONE][i] = 0;
      table->power[LAW_U][i] = u * u;
      table->power[LAW_A][i] = a * a;
    }
}

Law
loudness_find_law (const RflFormat *format)
{
  if (format->channels != 1)
    return LAW_NONE;
  if (g_ascii_strcasecmp (format->encoding, "PCMU") == 0)
    return LAW_U;
  return g_ascii_strcasecmp (format->encoding, "PCMA") == 0 ? LAW_A : LAW_NONE;
}

guint8
loudness_measure (const LoudnessTable *table, Law law, const guint8 *payload, gsize len)
{
  guint64 sum = 0;
  double level;

  for (gsize i = 0; i < len; i++)
    sum += table->power[law][payload[i]];
  if (sum == 0)
    return LOUDNESS_SILENT;
  level = -10 * log10 ((double) sum / (double) len / (OVERLOAD * OVERLOAD));
  return (guint8) CLAMP (level + 0.5, 0, LOUDNESS_SILENT);
}
