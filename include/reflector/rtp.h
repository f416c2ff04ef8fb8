/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTP headers (RFC 3550 §5): a pure parser and writer. Nothing here allocates or keeps
 * state; any thread.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_RTP_MIN_HEADER 12

/**
 * RflRtp:
 * @payload, @payload_len: after CSRCs and extension, without padding
 * @csrc: (nullable): @n_csrc values in network byte order, unaligned
 * @extension: (nullable): the data after the 4-octet extension header
 */
typedef struct {
  gboolean marker;
  guint8 pt;
  guint16 seq;
  guint32 timestamp;
  guint32 ssrc;
  guint8 n_csrc;
  const guint8 *csrc;
  guint16 extension_profile;
  const guint8 *extension;
  gsize extension_len;
  guint16 header_len; /* all before the payload */
  const guint8 *payload;
  gsize payload_len;
} RflRtp;

/* Returns: %FALSE unless @data is a well-formed RTP packet; then @out is unchanged. */
RFL_EXPORT gboolean rfl_rtp_parse (RflRtp *out, const guint8 *data, gsize len);
/* Writes the fixed header (no CSRC, no extension, no padding) from @rtp.
 * Returns: 12, or 0 if @size is too small. */
RFL_EXPORT gsize rfl_rtp_write (const RflRtp *rtp, guint8 *out, gsize size);

/* Element @number of @rtp's header extension (RFC 8285 §4: headers of one octet or of two). @len: (out): its
 * octets. Returns: (nullable): within the packet that was parsed */
RFL_EXPORT const guint8 *rfl_rtp_find_extension (const RflRtp *rtp, guint8 number, gsize *len);

/**
 * RflPacketClass:
 *
 * What the first octets say (RFC 7983, RFC 5761 §4).
 */
typedef enum {
  RFL_CLASS_OTHER,
  RFL_CLASS_STUN,
  RFL_CLASS_DTLS,
  RFL_CLASS_RTP,
  RFL_CLASS_RTCP
} RflPacketClass;

RFL_EXPORT RflPacketClass rfl_packet_classify (const guint8 *data, gsize len);

/* Sequence arithmetic (RFC 1982): how far @a is after @b, negative if before. */
static inline gint16
rfl_seq_diff (guint16 a, guint16 b)
{
  return (gint16) (guint16) (a - b);
}

G_END_DECLS
