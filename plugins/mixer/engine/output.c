/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From sums to payloads. Not for deciding what is in a sum.
 */
#include "plugins/mixer/engine/output.h"
#include "plugins/mixer/codec/codec.h"
#include "plugins/mixer/dsp/limiter.h"
#include "plugins/mixer/engine/private.h"
#include <speex/speex_resampler.h>
#include <string.h>

/* Milliseconds of silence that are encoded before the last payload is taken again and again. */
#define QUIET 200
/* Longest packet, ms. */
#define MAX_PTIME 60
#define RESAMPLER_QUALITY 3

/**
 * MixOutput:
 * @in_rate: of what @resampler takes
 * @last: what went through the limiter last, at @in_rate: a fork's resampler begins with it
 * @pending: @pending_ms of samples at @rate
 * @silent: ms of silence that have been fed without a break
 * @payload: the last one; @repeats: it is silence and will do for the next silence, too
 */
struct _MixOutput {
  MixStats *stats;
  MixEncoder *encoder;
  Limiter limiter;
  SpeexResamplerState *resampler;
  guint rate, in_rate;
  gint16 last[MIX_MAX_SAMPLES];
  guint last_n;
  gint16 pending[MAX_PTIME * 48];
  guint pending_ms;
  guint silent;
  gboolean repeats;
  guint8 payload[RFL_FRAME_MAX_PAYLOAD];
  gsize payload_len;
};

guint
mix_output_rate_of (const RflFormat *format)
{
  const MixCodec *codec = mix_codec_find (format);

  return codec ? mix_codec_get_rate (codec, format) : 0;
}

MixOutput *
mix_output_new (const RflFormat *format, MixStats *stats)
{
  const MixCodec *codec = mix_codec_find (format);
  MixEncoder *encoder = codec ? mix_encoder_new (codec, format) : NULL;
  MixOutput *output;

  if (!encoder)
    return NULL;
  output = g_new0 (MixOutput, 1);
  output->stats = stats;
  output->encoder = encoder;
  output->rate = mix_codec_get_rate (codec, format);
  output->limiter = (Limiter) LIMITER_INIT;
  return output;
}

void
mix_output_free (MixOutput *output)
{
  if (!output)
    return;
  mix_encoder_free (output->encoder);
  if (output->resampler)
    speex_resampler_destroy (output->resampler);
  g_free (output);
}

/* The resampler has a memory, which a fork fills with what went through last. */
static void
begin_resampler (MixOutput *output, guint rate)
{
  int error;

  g_clear_pointer (&output->resampler, speex_resampler_destroy);
  output->in_rate = rate;
  if (rate != output->rate)
    output->resampler = speex_resampler_init (1, rate, output->rate, RESAMPLER_QUALITY, &error);
}

static void
append (MixOutput *output, const gint16 *pcm, guint n, guint ms)
{
  gint16 *out = output->pending + output->pending_ms * output->rate / 1000;
  spx_uint32_t in_len = n, out_len = ms * output->rate / 1000, wanted = out_len;

  if (!output->resampler)
    memcpy (out, pcm, n * sizeof *pcm);
  else
    {
      speex_resampler_process_int (output->resampler, 0, pcm, &in_len, out, &out_len);
      memset (out + out_len, 0, (wanted - out_len) * sizeof *out);
    }
}

MixOutput *
mix_output_fork (const MixOutput *output)
{
  MixEncoder *encoder = mix_encoder_copy (output->encoder);
  MixOutput *fork = g_memdup2 (output, sizeof *output);
  gint16 scratch[MAX_PTIME * 48];
  spx_uint32_t in_len = output->last_n, out_len = G_N_ELEMENTS (scratch);

  fork->encoder = encoder;
  fork->resampler = NULL;
  if (!output->resampler)
    return fork;
  begin_resampler (fork, output->in_rate);
  if (fork->resampler)
    speex_resampler_process_int (fork->resampler, 0, output->last, &in_len, scratch, &out_len);
  return fork;
}

void
mix_output_feed (MixOutput *output, const gint32 *sum, guint ms, guint rate)
{
  guint n = ms * rate / 1000;

  g_return_if_fail (output->pending_ms + ms <= MAX_PTIME && n <= MIX_MAX_SAMPLES);
  if (sum)
    limiter_run (&output->limiter, sum, output->last, n, rate);
  else
    memset (output->last, 0, n * sizeof *output->last);
  output->last_n = n;
  output->silent = sum ? 0 : MIN (output->silent + ms, 2 * QUIET);
  if (output->in_rate != rate)
    begin_resampler (output, rate);
  append (output, output->last, n, ms);
  output->pending_ms += ms;
}

guint
mix_output_get_pending (const MixOutput *output)
{
  return output->pending_ms;
}

void
mix_output_drop_pending (MixOutput *output)
{
  output->pending_ms = 0;
}

gboolean
mix_output_is_quiet (const MixOutput *output)
{
  return output->silent >= QUIET;
}

gsize
mix_output_encode (MixOutput *output, const guint8 **payload)
{
  guint n = output->pending_ms * output->rate / 1000;
  gboolean quiet = mix_output_is_quiet (output);

  output->pending_ms = 0;
  *payload = output->payload;
  if (quiet && output->repeats)
    return output->payload_len;
  output->payload_len = mix_encoder_encode (output->encoder, output->pending, n, output->payload,
                                            sizeof output->payload);
  output->repeats = quiet;
  METER_ADD (output->stats->encoded, 1);
  return output->payload_len;
}
