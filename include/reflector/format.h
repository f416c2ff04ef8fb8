/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A codec as SDP names it: payload type number, encoding, clock rate, channels and
 * format parameters. Not a codec: nothing here encodes or decodes.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_PT_NONE 0xff

/**
 * RflFormat:
 * @pt: RTP payload type, 0 to 127
 * @encoding: as in a=rtpmap, compared without case
 * @clock_rate: Hz, as in a=rtpmap (8000 for G722, RFC 3551 §4.5.2)
 * @channels: 1 when absent
 * @fmtp: parameters of a=fmtp as written, or %NULL
 */
typedef struct {
  guint8 pt;
  char *encoding;
  guint clock_rate;
  guint channels;
  char *fmtp;
} RflFormat;

RFL_EXPORT RflFormat *rfl_format_new (guint8 pt, const char *encoding, guint clock_rate,
                                      guint channels, const char *fmtp);
RFL_EXPORT RflFormat *rfl_format_copy (const RflFormat *format);
RFL_EXPORT void rfl_format_free (RflFormat *format);
/* The assignment of RFC 3551 §6 for a static @pt, or %NULL. (transfer full) */
RFL_EXPORT RflFormat *rfl_format_from_static (guint8 pt);
/**
 * rfl_format_matches:
 *
 * Whether what one side encodes the other decodes: same encoding, rate and channels,
 * and for H264 the same packetization-mode (absent is 0, RFC 6184 §8.1) and the same
 * profile_idc where both name one. Opus matches whatever its parameters.
 */
RFL_EXPORT gboolean rfl_format_matches (const RflFormat *a, const RflFormat *b);
/* telephone-event, CN, red and the like, which accompany a codec. */
RFL_EXPORT gboolean rfl_format_is_auxiliary (const RflFormat *format);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflFormat, rfl_format_free)

G_END_DECLS
