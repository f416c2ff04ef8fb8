/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio codecs: payloads of one packet to samples and back, each behind the same few functions.
 * The work is that of libopus and spandsp. Not for packets, their order or their loss: see
 * plugins/mixer/jitter/.
 *
 * Samples are mono, 16 bit; stereo is mixed down. An encoder or decoder belongs to one thread at a time.
 */
#pragma once

#include <reflector/format.h>

G_BEGIN_DECLS

/* What one payload may hold, and the longest gap that is concealed in one step: 120 ms at 48 kHz. */
#define MIX_MAX_DECODED (120 * 48)

typedef struct _MixCodec MixCodec;
typedef struct _MixEncoder MixEncoder;
typedef struct _MixDecoder MixDecoder;

/* Returns: (nullable): the codec that @format names; %NULL: it is not known, or not in that
 * form (clock rate, channels). Any thread. */
const MixCodec *mix_codec_find (const RflFormat *format);
/* Returns: (transfer full) (element-type RflFormat): one of each codec, best first, without
 * payload types. Any thread. */
GPtrArray *mix_codec_list (void);
/* Samples a second that @codec carries in @format: with G.722 twice its RTP clock rate
 * (RFC 3551 §4.5.2), with opus the most that its receiver plays (RFC 7587 §6.1 maxplaybackrate). */
guint mix_codec_get_rate (const MixCodec *codec, const RflFormat *format);
/* Bits a second (RFC 7587 §6.1) */
#define MIX_OPUS_MIN_BITRATE 6000
/* The value of a parameter of a=fmtp ("name=value;…"); @otherwise if there is none, or no number. */
guint mix_fmtp_get_uint (const RflFormat *format, const char *name, guint otherwise);

/* @format: as the receiver asks for it: of its fmtp opus heeds useinbandfec, usedtx, maxplaybackrate,
 * maxaveragebitrate and cbr. Returns: (transfer full): %NULL if the library refuses. */
MixEncoder *mix_encoder_new (const MixCodec *codec, const RflFormat *format);
/* Another encoder in the same state: what either makes next continues what was made before. */
MixEncoder *mix_encoder_copy (const MixEncoder *encoder);
void mix_encoder_free (MixEncoder *encoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MixEncoder, mix_encoder_free)
/**
 * mix_encoder_encode:
 * @n: samples of one packet: 10, 20, 40 or 60 ms; others as the codec can
 *
 * Returns: octets written; 0: not possible (length, @size)
 */
gsize mix_encoder_encode (MixEncoder *encoder, const gint16 *pcm, guint n, guint8 *out, gsize size);

/* @format: what the sender said of it. Returns: (transfer full): %NULL if the library refuses. */
MixDecoder *mix_decoder_new (const MixCodec *codec, const RflFormat *format);
void mix_decoder_free (MixDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MixDecoder, mix_decoder_free)
/* Samples a second that come out: of opus always 48000. */
guint mix_decoder_get_rate (const MixDecoder *decoder);
/* How many samples @payload has, without decoding it. 0: it is no payload of this codec. */
guint mix_decoder_count (const MixDecoder *decoder, const guint8 *payload, gsize len);
/**
 * mix_decoder_decode:
 * @payload: of one packet, from anybody
 *
 * Returns: samples written; -1 if @payload is none of this codec or has more than @max, which must be
 *   concealed then. The decoder can go on.
 */
gint mix_decoder_decode (MixDecoder *decoder, const guint8 *payload, gsize len, gint16 *out,
                         guint max);
/**
 * mix_decoder_conceal:
 * @next, @next_len: (nullable): the payload that follows the missing one, if it has come: opus keeps a
 *   copy of what went before in it (RFC 6716 §2.1.7)
 * @n: samples that are missing, at most MIX_MAX_DECODED
 *
 * Fills @out with what may have been there; it fades as losses follow each other.
 */
void mix_decoder_conceal (MixDecoder *decoder, const guint8 *next, gsize next_len, gint16 *out,
                          guint n);
/* What comes next has nothing to do with what came before. */
void mix_decoder_reset (MixDecoder *decoder);

G_END_DECLS
