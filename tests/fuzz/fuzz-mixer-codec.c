/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the mixer's decoders: the first octet chooses the codec, then follow payloads, each after its length.
 * Holds them to what codec.h promises, whatever came before.
 */
#include "plugins/mixer/codec/codec.h"

#include "tests/fuzz/fuzz.h"

static RflFormat *
choose (guint8 which)
{
  static const struct {
    const char *encoding;
    guint clock_rate, channels;
  } formats[] = { { "opus", 48000, 2 }, { "G722", 8000, 1 }, { "PCMU", 8000, 1 },
                  { "PCMA", 8000, 1 },  { "GSM", 8000, 1 },  { "DVI4", 8000, 1 },
                  { "DVI4", 16000, 1 }, { "L16", 44100, 2 }, { "L16", 8000, 1 },
                  { "L8", 8000, 1 } };
  guint i = which % G_N_ELEMENTS (formats);

  return rfl_format_new (96, formats[i].encoding, formats[i].clock_rate, formats[i].channels, NULL);
}

/* A copy of its own, so that the address sanitizer sees each octet read beyond it. */
static void
feed (MixDecoder *decoder, const guint8 *data, gsize len)
{
  g_autofree guint8 *payload = g_memdup2 (data, len);
  g_autofree gint16 *out = NULL;
  guint count = mix_decoder_count (decoder, payload, len), max = MAX (count, 80);
  gint n;

  g_assert_cmpuint (count, <=, MIX_MAX_DECODED);
  out = g_new (gint16, max);
  n = mix_decoder_decode (decoder, payload, len, out, max);
  g_assert_true (n == -1 || (n > 0 && (guint) n == count));
  if (n < 0)
    mix_decoder_conceal (decoder, payload, len, out, max);
  g_assert_cmpint (mix_decoder_decode (decoder, payload, len, out, 0), ==, -1);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (RflFormat) format = choose (size > 0 ? data[0] : 0);
  g_autoptr (MixDecoder) decoder = mix_decoder_new (mix_codec_find (format), format);

  for (gsize i = 1; i < size;)
    {
      gsize len = MIN (data[i], size - i - 1);
      feed (decoder, data + i + 1, len);
      i += 1 + len;
    }
  return 0;
}
