/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a packet of video says about its frame without being decoded: whether a decoder can begin
 * here, whether others depend on it, where its picture numbers stand. Pure, without state; any thread.
 * Not for decoding, and not for deciding what is done with it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @WIRE_VIDEO_NONE: one that is not read: nothing is known of its packets */
typedef enum {
  WIRE_VIDEO_NONE,
  WIRE_VIDEO_VP8,  /* RFC 7741 */
  WIRE_VIDEO_VP9,  /* RFC 9628 */
  WIRE_VIDEO_H264, /* RFC 6184, packetization modes 0 and 1 */
  WIRE_VIDEO_H265  /* RFC 7798, without DONL */
} WireVideoCodec;

/**
 * WireVideo:
 * @begins: a decoder can begin with this packet, provided that a packet with @key comes in the same frame:
 *   parameter sets (H.264, H.265), else the keyframe's own first packet
 * @key: the first slice or partition of a keyframe begins in this packet
 * @slice: carries a part of a picture, unlike parameter sets and messages of their own
 * @discardable: no frame depends on it
 * @sync: decoding may go up to this frame's layer here although frames of that layer were left out before
 * @tid: temporal layer
 * @picture_at: offset of the picture id in the payload, 0: none; @picture_bits: 7 or 15
 * @tl0_at: offset of TL0PICIDX, 0: none
 * @key_at: offset of the octet whose lower 5 bits are KEYIDX (VP8), 0: none
 */
typedef struct {
  gboolean begins, key, slice, discardable, sync;
  guint8 tid;
  guint8 picture_at, picture_bits;
  guint8 tl0_at, key_at;
} WireVideo;

/* @encoding: as in a=rtpmap; (nullable) */
WireVideoCodec wire_video_find (const char *encoding);
/* Returns: %FALSE if @payload is no whole payload of @codec or @codec is not read; then all in @out is zero. */
gboolean wire_video_read (WireVideoCodec codec, const guint8 *payload, gsize len, WireVideo *out);

/* Each codec's own; @out is all zero before. */
gboolean wire_vp8_read (const guint8 *payload, gsize len, WireVideo *out);
gboolean wire_vp9_read (const guint8 *payload, gsize len, WireVideo *out);
gboolean wire_h264_read (const guint8 *payload, gsize len, WireVideo *out);
gboolean wire_h265_read (const guint8 *payload, gsize len, WireVideo *out);

G_END_DECLS
