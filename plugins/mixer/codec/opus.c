/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opus (RFC 6716, RFC 7587) by libopus. Encodes mono, whatever its receiver could play. */
#include "config.h"

#include "plugins/mixer/codec/codec-private.h"

#include <opus/opus.h>
#include <string.h>

#define RATE 48000
/* RFC 7587 §6.1 */
#define MAX_BITRATE 510000
/* Of whom nothing is known. */
#define DEFAULT_BITRATE 32000
/* Speech at this one costs a third of the highest and sounds nearly alike. */
#define COMPLEXITY 5
/* What receivers tell of their losses ends at the reflector: in-band FEC is made for this many per cent. */
#define ASSUMED_LOSS 5

static gsize
encoder_size (void)
{
  return (gsize) opus_encoder_get_size (1);
}

static gboolean
open_encoder (gpointer state, const RflFormat *format)
{
  guint rate = mix_codec_get_rate (&mix_codec_opus, format);
  guint bitrate = mix_fmtp_get_uint (format, "maxaveragebitrate", DEFAULT_BITRATE);
  gboolean fec = mix_fmtp_get_uint (format, "useinbandfec", 0) == 1;

  if (opus_encoder_init (state, (opus_int32) rate, 1, OPUS_APPLICATION_VOIP) != OPUS_OK)
    return FALSE;
  opus_encoder_ctl ((OpusEncoder *) state, OPUS_SET_COMPLEXITY (COMPLEXITY));
  opus_encoder_ctl ((OpusEncoder *) state,
                    OPUS_SET_BITRATE (
                        (opus_int32) CLAMP (bitrate, MIX_OPUS_MIN_BITRATE, MAX_BITRATE)));
  opus_encoder_ctl ((OpusEncoder *) state, OPUS_SET_INBAND_FEC (fec));
  opus_encoder_ctl ((OpusEncoder *) state, OPUS_SET_PACKET_LOSS_PERC (fec ? ASSUMED_LOSS : 0));
  opus_encoder_ctl ((OpusEncoder *) state,
                    OPUS_SET_DTX (mix_fmtp_get_uint (format, "usedtx", 0) == 1));
  opus_encoder_ctl ((OpusEncoder *) state,
                    OPUS_SET_VBR (mix_fmtp_get_uint (format, "cbr", 0) != 1));
  return TRUE;
}

static gsize
encode (gpointer state, const RflFormat *format, const gint16 *pcm, guint n, guint8 *out,
        gsize size)
{
  opus_int32 len = opus_encode (state, pcm, (int) n, out, (opus_int32) MIN (size, G_MAXINT16));

  return len > 0 ? (gsize) len : 0;
}

static gpointer
open_decoder (void)
{
  int error;

  return opus_decoder_create (RATE, 1, &error);
}

static void
close_decoder (gpointer state)
{
  opus_decoder_destroy (state);
}

static void
reset_decoder (gpointer state)
{
  opus_decoder_ctl ((OpusDecoder *) state, OPUS_RESET_STATE);
}

static guint
count (const RflFormat *format, const guint8 *payload, gsize len)
{
  int n = len > 0 && len <= G_MAXINT16
              ? opus_packet_get_nb_samples (payload, (opus_int32) len, RATE)
              : -1;

  return n > 0 ? (guint) n : 0;
}

static gint
decode (gpointer state, const RflFormat *format, const guint8 *payload, gsize len, gint16 *out)
{
  return opus_decode (state, payload, (opus_int32) len, out, MIX_MAX_DECODED, 0);
}

/* The library wants steps of 2.5 ms, and no more than the last packet had of its own. */
static void
fill (OpusDecoder *decoder, gint16 *out, guint n)
{
  const guint step = RATE / 400;
  gint16 rest[RATE / 400] = { 0 };

  while (n > 0)
    {
      guint part = MIN (n - n % step, 20 * RATE / 1000);
      gint16 *to = part ? out : rest;
      int made = opus_decode (decoder, NULL, 0, to, (int) (part ? part : step), 0);
      guint take = MIN (n, part ? part : step);

      if (made < 0)
        memset (out, 0, take * sizeof *out);
      else if (!part)
        memcpy (out, rest, take * sizeof *out);
      out += take;
      n -= take;
    }
}

static void
conceal (gpointer state, const guint8 *next, gsize next_len, gint16 *out, guint n)
{
  guint had = next ? count (NULL, next, next_len) : 0;

  if (had > 0 && had <= n)
    {
      guint before = n - had;
      fill (state, out, before);
      if (opus_decode (state, next, (opus_int32) next_len, out + before, (int) had, 1) == (int) had)
        return;
      out += before;
      n = had;
    }
  fill (state, out, n);
}

const MixCodec mix_codec_opus = { .encoding = "opus",
                                  .clock_rate = 48000,
                                  .channels = 2,
                                  .rate = RATE,
                                  .state_size = encoder_size,
                                  .open_encoder = open_encoder,
                                  .encode = encode,
                                  .open_decoder = open_decoder,
                                  .close_decoder = close_decoder,
                                  .reset_decoder = reset_decoder,
                                  .count = count,
                                  .decode = decode,
                                  .conceal = conceal };
