/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a codec has to bring. Only for the files of this folder. */
#pragma once

#include "plugins/mixer/codec/codec.h"

#include <spandsp.h>
#include <spandsp/expose.h>

/**
 * MixCodec:
 * @clock_rate: of the RTP timestamp; 0: any of those that @rates says
 * @channels: the most there may be
 * @state_size: octets of an encoder's state, which is flat: it may be copied
 * @open_encoder, @close_encoder: of its state; (nullable)
 * @open_decoder, @close_decoder: likewise; the former returns %NULL if the library refuses
 * @count: samples in a payload, 0: it is none
 * @decode: of a payload with a count of at most MIX_MAX_DECODED. Returns: samples, or -1
 * @conceal: (nullable): without it that of plc.h is used
 */
struct _MixCodec {
  const char *encoding;
  guint clock_rate, channels, rate;
  gsize (*state_size) (void);
  gboolean (*open_encoder) (gpointer state, const RflFormat *format);
  gsize (*encode) (gpointer state, const RflFormat *format, const gint16 *pcm, guint n, guint8 *out,
                   gsize size);
  gpointer (*open_decoder) (void);
  void (*close_decoder) (gpointer state);
  void (*reset_decoder) (gpointer state);
  guint (*count) (const RflFormat *format, const guint8 *payload, gsize len);
  gint (*decode) (gpointer state, const RflFormat *format, const guint8 *payload, gsize len,
                  gint16 *out);
  void (*conceal) (gpointer state, const guint8 *next, gsize next_len, gint16 *out, guint n);
};

extern const MixCodec mix_codec_opus, mix_codec_g722, mix_codec_pcmu, mix_codec_pcma, mix_codec_gsm,
    mix_codec_dvi4, mix_codec_l16, mix_codec_l8;
