/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* G.711 by its segments. No table: at 8,000 samples a second none is needed. */
#include "config.h"

#include "tools/client/g711.h"

#define ULAW_BIAS 132
#define ULAW_CLIP 32635

static guint8
encode_ulaw (int sample)
{
  guint sign = sample < 0 ? 0x80 : 0, segment = 7;
  int magnitude = MIN (ABS (sample), ULAW_CLIP) + ULAW_BIAS;

  while (segment > 0 && !(magnitude & (0x80 << segment)))
    segment--;
  return (guint8) ~(sign | segment << 4 | ((magnitude >> (segment + 3)) & 15));
}

static gint16
decode_ulaw (guint8 octet)
{
  guint inverse = ~(guint) octet & 0xff, segment = (inverse >> 4) & 7;
  int magnitude = (int) ((((inverse & 15) << 3) + ULAW_BIAS) << segment) - ULAW_BIAS;

  return (gint16) (inverse & 0x80 ? -magnitude : magnitude);
}

static guint8
encode_alaw (int sample)
{
  guint sign = sample >= 0 ? 0x80 : 0, segment = 7;
  int magnitude = sample >= 0 ? sample : -sample - 1;

  while (segment > 0 && !(magnitude & (0x80 << segment)))
    segment--;
  return (guint8) ((sign | segment << 4 | ((magnitude >> (segment ? segment + 3 : 4)) & 15))
                   ^ 0x55);
}

static gint16
decode_alaw (guint8 octet)
{
  guint value = octet ^ 0x55u, segment = (value >> 4) & 7;
  int magnitude = (int) ((value & 15) << 4) + 8;

  if (segment > 0)
    magnitude = (magnitude + 0x100) << (segment - 1);
  return (gint16) (value & 0x80 ? magnitude : -magnitude);
}

guint8
g711_encode (G711Law law, gint16 sample)
{
  return law == G711_ULAW ? encode_ulaw (sample) : encode_alaw (sample);
}

gint16
g711_decode (G711Law law, guint8 octet)
{
  return law == G711_ULAW ? decode_ulaw (octet) : decode_alaw (octet);
}
