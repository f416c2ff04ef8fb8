/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of codecs, and what all have in common. Not for any one of them.
 */
#include "config.h"

#include "plugins/mixer/codec/codec-private.h"
#include "plugins/mixer/codec/plc.h"

#include <string.h>

/* Best first. */
static const MixCodec *const codecs[] = { &mix_codec_opus, &mix_codec_g722, &mix_codec_pcma,
                                          &mix_codec_pcmu, &mix_codec_l16,  &mix_codec_gsm,
                                          &mix_codec_dvi4, &mix_codec_l8 };

/* Of the codecs that have no rate of their own (RFC 3551 §4.5: L8, L16, DVI4). */
static const guint rates[] = { 8000, 16000, 32000, 44100, 48000 };

struct _MixEncoder {
  const MixCodec *codec;
  RflFormat *format;
  gpointer state;
};

struct _MixDecoder {
  const MixCodec *codec;
  RflFormat *format;
  gpointer state;
  MixPlc *plc;
};

static gboolean
is_rate (const MixCodec *codec, guint rate)
{
  if (codec->clock_rate)
    return rate == codec->clock_rate;
  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    if (rates[i] == rate)
      return TRUE;
  return FALSE;
}

const MixCodec *
mix_codec_find (const RflFormat *format)
{
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    if (g_ascii_strcasecmp (codecs[i]->encoding, format->encoding) == 0)
      return is_rate (codecs[i], format->clock_rate) && format->channels >= 1
                     && format->channels <= codecs[i]->channels
                 ? codecs[i]
                 : NULL;
  return NULL;
}

GPtrArray *
mix_codec_list (void)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    {
      const MixCodec *codec = codecs[i];
      guint clock_rate = codec->clock_rate ? codec->clock_rate : 8000;
      guint channels = codec == &mix_codec_opus ? 2 : 1; /* RFC 7587 §7 */
      g_ptr_array_add (list,
                       rfl_format_new (RFL_PT_NONE, codec->encoding, clock_rate, channels, NULL));
    }
  return list;
}

guint
mix_fmtp_get_uint (const RflFormat *format, const char *name, guint otherwise)
{
  g_auto (GStrv) parts = g_strsplit (format->fmtp ? format->fmtp : "", ";", -1);

  for (char **part = parts; *part; part++)
    {
      char *value = strchr (g_strstrip (*part), '=');
      guint64 number;

      if (value == NULL)
        continue;
      *value++ = '\0';
      if (g_ascii_strcasecmp (g_strchomp (*part), name) == 0
          && g_ascii_string_to_unsigned (g_strchug (value), 10, 0, G_MAXUINT, &number, NULL))
        return (guint) number;
    }
  return otherwise;
}

static guint
opus_rate (const RflFormat *format)
{
  static const guint known[] = { 8000, 12000, 16000, 24000 };
  guint most = mix_fmtp_get_uint (format, "maxplaybackrate", 48000);

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (most <= known[i])
      return known[i];
  return 48000;
}

guint
mix_codec_get_rate (const MixCodec *codec, const RflFormat *format)
{
  if (codec == &mix_codec_opus)
    return opus_rate (format);
  return codec->rate ? codec->rate : format->clock_rate;
}

/* ---- encoders ---- */

MixEncoder *
mix_encoder_new (const MixCodec *codec, const RflFormat *format)
{
  g_autoptr (MixEncoder) encoder = g_new0 (MixEncoder, 1);

  encoder->codec = codec;
  encoder->format = rfl_format_copy (format);
  if (codec->state_size)
    {
      encoder->state = g_malloc0 (codec->state_size ());
      if (!codec->open_encoder (encoder->state, format))
        return NULL;
    }
  return g_steal_pointer (&encoder);
}

MixEncoder *
mix_encoder_copy (const MixEncoder *encoder)
{
  MixEncoder *copy = g_memdup2 (encoder, sizeof *encoder);

  copy->format = rfl_format_copy (encoder->format);
  if (encoder->state)
    copy->state = g_memdup2 (encoder->state, encoder->codec->state_size ());
  return copy;
}

void
mix_encoder_free (MixEncoder *encoder)
{
  if (encoder == NULL)
    return;
  g_free (encoder->state);
  rfl_format_free (encoder->format);
  g_free (encoder);
}

gsize
mix_encoder_encode (MixEncoder *encoder, const gint16 *pcm, guint n, guint8 *out, gsize size)
{
  if (n == 0 || n > MIX_MAX_DECODED)
    return 0;
  return encoder->codec->encode (encoder->state, encoder->format, pcm, n, out, size);
}

/* ---- decoders ---- */

MixDecoder *
mix_decoder_new (const MixCodec *codec, const RflFormat *format)
{
  g_autoptr (MixDecoder) decoder = g_new0 (MixDecoder, 1);

  decoder->codec = codec;
  decoder->format = rfl_format_copy (format);
  if (codec->open_decoder && (decoder->state = codec->open_decoder ()) == NULL)
    return NULL;
  if (codec->conceal == NULL)
    {
      decoder->plc = g_new (MixPlc, 1);
      mix_plc_init (decoder->plc, mix_decoder_get_rate (decoder));
    }
  return g_steal_pointer (&decoder);
}

void
mix_decoder_free (MixDecoder *decoder)
{
  if (decoder == NULL)
    return;
  if (decoder->state)
    decoder->codec->close_decoder (decoder->state);
  g_free (decoder->plc);
  rfl_format_free (decoder->format);
  g_free (decoder);
}

guint
mix_decoder_get_rate (const MixDecoder *decoder)
{
  if (decoder->codec == &mix_codec_opus)
    return 48000;
  return mix_codec_get_rate (decoder->codec, decoder->format);
}

guint
mix_decoder_count (const MixDecoder *decoder, const guint8 *payload, gsize len)
{
  guint n = decoder->codec->count (decoder->format, payload, len);

  return n <= MIX_MAX_DECODED ? n : 0;
}

gint
mix_decoder_decode (MixDecoder *decoder, const guint8 *payload, gsize len, gint16 *out, guint max)
{
  guint count = mix_decoder_count (decoder, payload, len);
  gint n;

  if (count == 0 || count > max)
    return -1;
  n = decoder->codec->decode (decoder->state, decoder->format, payload, len, out);
  if (n > 0 && decoder->plc)
    mix_plc_hear (decoder->plc, out, (guint) n);
  return n > 0 ? n : -1;
}

void
mix_decoder_conceal (MixDecoder *decoder, const guint8 *next, gsize next_len, gint16 *out, guint n)
{
  g_return_if_fail (n <= MIX_MAX_DECODED);
  if (n == 0)
    return;
  if (decoder->plc)
    mix_plc_fill (decoder->plc, out, n);
  else
    decoder->codec->conceal (decoder->state, next, next_len, out, n);
}

void
mix_decoder_reset (MixDecoder *decoder)
{
  if (decoder->codec->reset_decoder)
    decoder->codec->reset_decoder (decoder->state);
  if (decoder->plc)
    mix_plc_init (decoder->plc, decoder->plc->rate);
}
