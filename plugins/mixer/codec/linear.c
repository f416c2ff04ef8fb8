/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Codecs without memory: PCMU, PCMA (G.711), L16 and L8 (RFC 3551 §4.5). Not for those that predict.
 */
#include "config.h"

#include "plugins/mixer/codec/codec-private.h"

/* Interleaved channels are averaged. */
static gint16
mix_down (const gint32 *frame, guint channels)
{
  gint32 sum = 0;

  for (guint i = 0; i < channels; i++)
    sum += frame[i];
  return (gint16) (sum / (gint32) channels);
}

static guint
count_octets (const RflFormat *format, const guint8 *payload, gsize len)
{
  return len % format->channels == 0 ? (guint) MIN (len / format->channels, G_MAXINT) : 0;
}

static guint
count_words (const RflFormat *format, const guint8 *payload, gsize len)
{
  return len % 2 == 0 ? count_octets (format, payload, len / 2) : 0;
}

static gint
decode_with (gint32 (*read) (const guint8 *), guint width, guint channels, const guint8 *payload,
             guint n, gint16 *out)
{
  for (guint i = 0; i < n; i++)
    {
      gint32 frame[2];
      for (guint k = 0; k < channels; k++, payload += width)
        frame[k] = read (payload);
      out[i] = mix_down (frame, channels);
    }
  return (gint) n;
}

static gint32
read_ulaw (const guint8 *p)
{
  return ulaw_to_linear (*p);
}

static gint32
read_alaw (const guint8 *p)
{
  return alaw_to_linear (*p);
}

static gint32
read_l16 (const guint8 *p)
{
  return (gint16) (guint16) (p[0] << 8 | p[1]);
}

/* Offset binary: 128 is silence (RFC 3551 §4.5.10). */
static gint32
read_l8 (const guint8 *p)
{
  return (*p - 128) * 256;
}

#define DECODE(name, width, count)                                                                 \
  static gint decode_##name (gpointer state, const RflFormat *format, const guint8 *payload,       \
                             gsize len, gint16 *out)                                               \
  {                                                                                                \
    return decode_with (read_##name, width, format->channels, payload,                             \
                        count (format, payload, len), out);                                        \
  }
DECODE (ulaw, 1, count_octets)
DECODE (alaw, 1, count_octets)
DECODE (l16, 2, count_words)
DECODE (l8, 1, count_octets)

static guint8 *
write_ulaw (guint8 *p, gint16 sample)
{
  *p = linear_to_ulaw (sample);
  return p + 1;
}

static guint8 *
write_alaw (guint8 *p, gint16 sample)
{
  *p = linear_to_alaw (sample);
  return p + 1;
}

static guint8 *
write_l16 (guint8 *p, gint16 sample)
{
  p[0] = (guint8) ((guint16) sample >> 8);
  p[1] = (guint8) sample;
  return p + 2;
}

static guint8 *
write_l8 (guint8 *p, gint16 sample)
{
  *p = (guint8) ((MIN (sample + 128, G_MAXINT16) >> 8) + 128);
  return p + 1;
}

static gsize
encode_with (guint8 *(*write) (guint8 *, gint16), guint width, guint channels, const gint16 *pcm,
             guint n, guint8 *out, gsize size)
{
  gsize len = (gsize) n * channels * width;

  if (len > size)
    return 0;
  for (guint i = 0; i < n; i++)
    for (guint k = 0; k < channels; k++)
      out = write (out, pcm[i]);
  return len;
}

#define ENCODE(name, width)                                                                        \
  static gsize encode_##name (gpointer state, const RflFormat *format, const gint16 *pcm, guint n, \
                              guint8 *out, gsize size)                                             \
  {                                                                                                \
    return encode_with (write_##name, width, format->channels, pcm, n, out, size);                 \
  }
ENCODE (ulaw, 1)
ENCODE (alaw, 1)
ENCODE (l16, 2)
ENCODE (l8, 1)

const MixCodec mix_codec_pcmu = { .encoding = "PCMU",
                                  .clock_rate = 8000,
                                  .channels = 1,
                                  .encode = encode_ulaw,
                                  .count = count_octets,
                                  .decode = decode_ulaw };
const MixCodec mix_codec_pcma = { .encoding = "PCMA",
                                  .clock_rate = 8000,
                                  .channels = 1,
                                  .encode = encode_alaw,
                                  .count = count_octets,
                                  .decode = decode_alaw };
const MixCodec mix_codec_l16 = {
  .encoding = "L16", .channels = 2, .encode = encode_l16, .count = count_words, .decode = decode_l16
};
const MixCodec mix_codec_l8 = {
  .encoding = "L8", .channels = 2, .encode = encode_l8, .count = count_octets, .decode = decode_l8
};
