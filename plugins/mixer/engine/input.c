/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a source's packets to the room's samples. Not for order, delay and loss: the jitter buffer
 * sees to those.
 */
#include "plugins/mixer/engine/input.h"
#include "plugins/mixer/engine/private.h"
#include "plugins/mixer/jitter/jitter.h"
#include <speex/speex_resampler.h>
#include <string.h>

#define RESAMPLER_QUALITY 3

/* @out_rate: of what @resampler makes; %NULL: no resampling */
struct _MixInput {
  MixJitter *jitter;
  guint rate, out_rate;
  SpeexResamplerState *resampler;
};

MixInput *
mix_input_new (const RflFormat *format)
{
  const MixCodec *codec = mix_codec_find (format);
  MixJitter *jitter = codec ? mix_jitter_new (codec, format) : NULL;
  MixInput *input;

  if (!jitter)
    return NULL;
  input = g_new0 (MixInput, 1);
  input->jitter = jitter;
  input->rate = mix_jitter_get_rate (jitter);
  return input;
}

void
mix_input_free (MixInput *input)
{
  if (!input)
    return;
  mix_jitter_free (input->jitter);
  g_clear_pointer (&input->resampler, speex_resampler_destroy);
  g_free (input);
}

guint
mix_input_get_rate (const MixInput *input)
{
  return input->rate;
}

void
mix_input_put (MixInput *input, const RflRtp *rtp, gboolean noise)
{
  mix_jitter_put (input->jitter, rtp, noise);
}

void
mix_input_reset (MixInput *input)
{
  mix_jitter_reset (input->jitter);
}

static void
set_out_rate (MixInput *input, guint rate)
{
  int error;

  if (input->out_rate == rate)
    return;
  g_clear_pointer (&input->resampler, speex_resampler_destroy);
  input->out_rate = rate;
  if (rate != input->rate)
    input->resampler = speex_resampler_init (1, input->rate, rate, RESAMPLER_QUALITY, &error);
}

gboolean
mix_input_pull (MixInput *input, guint ms, guint rate, gint16 *out)
{
  gint16 pcm[MIX_MAX_SAMPLES];
  spx_uint32_t in_len = ms * input->rate / 1000, wanted = ms * rate / 1000, out_len = wanted;

  set_out_rate (input, rate);
  if (!input->resampler)
    return mix_jitter_pull (input->jitter, ms, out);
  if (!mix_jitter_pull (input->jitter, ms, pcm))
    return FALSE;
  speex_resampler_process_int (input->resampler, 0, pcm, &in_len, out, &out_len);
  memset (out + out_len, 0, (wanted - out_len) * sizeof *out);
  return TRUE;
}

void
mix_input_tell (const MixInput *input, MixMeter *meter)
{
  MixJitterStats stats;

  mix_jitter_get_stats (input->jitter, &stats);
  METER_SET (meter->delay, stats.delay);
  METER_SET (meter->lost, stats.lost);
  METER_SET (meter->late, stats.late);
  METER_SET (meter->undecodable, stats.refused);
}
