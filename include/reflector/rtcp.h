/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTCP (RFC 3550 §6, RFC 4585, RFC 5104): a cursor over a compound packet and a writer.
 * Pure, without state; any thread. Accepts what real clients send: a lone APP or PLI,
 * reduced size (RFC 5506). Policy (what passes to whom) is not here.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

typedef enum {
  RFL_RTCP_SR = 200,
  RFL_RTCP_RR = 201,
  RFL_RTCP_SDES = 202,
  RFL_RTCP_BYE = 203,
  RFL_RTCP_APP = 204,
  RFL_RTCP_RTPFB = 205, /* RFC 4585 §6.2; NACK fmt 1, TMMBR 3, TMMBN 4 */
  RFL_RTCP_PSFB = 206,  /* RFC 4585 §6.3; PLI fmt 1, FIR 4, AFB 15 */
  RFL_RTCP_XR = 207     /* RFC 3611 */
} RflRtcpType;

#define RFL_RTPFB_NACK 1
#define RFL_RTPFB_TMMBR 3
#define RFL_RTPFB_TMMBN 4
#define RFL_PSFB_PLI 1
#define RFL_PSFB_FIR 4
#define RFL_PSFB_AFB 15

/**
 * RflRtcp:
 * @data, @len: this packet of the compound, header included, padding included
 * @count: RC, SC, subtype or FMT
 * @ssrc: the first SSRC (sender; for SDES of the first chunk), 0 if there is none
 * @body, @body_len: after header and first SSRC (SDES: from the first chunk on; BYE: from
 *   the first SSRC on), without padding
 */
typedef struct {
  RflRtcpType type;
  guint8 count;
  guint32 ssrc;
  const guint8 *data;
  gsize len;
  const guint8 *body;
  gsize body_len;
} RflRtcp;

typedef struct {
  const guint8 *data;
  gsize len;
} RflRtcpIter;

/**
 * rfl_rtcp_validate:
 *
 * Whether @data is a chain of well-formed RTCP packets that fills @len exactly (version 2,
 * lengths fit, padding only in the last one). Packet types beyond those of #RflRtcpType
 * are allowed and skipped over.
 */
RFL_EXPORT gboolean rfl_rtcp_validate (const guint8 *data, gsize len);
RFL_EXPORT void rfl_rtcp_iter_init (RflRtcpIter *iter, const guint8 *data, gsize len);
/* Returns: %FALSE at the end or at the first malformed packet. */
RFL_EXPORT gboolean rfl_rtcp_iter_next (RflRtcpIter *iter, RflRtcp *out);

typedef struct {
  guint64 ntp;
  guint32 rtp_timestamp, packets, octets;
} RflRtcpSenderInfo;
RFL_EXPORT gboolean rfl_rtcp_get_sender_info (const RflRtcp *rtcp, RflRtcpSenderInfo *out);

typedef struct {
  guint32 ssrc;
  guint8 fraction_lost;
  gint32 cumulative_lost;
  guint32 highest_seq, jitter, lsr, dlsr;
} RflRtcpReportBlock;
/* The @index-th block of an SR or RR. */
RFL_EXPORT gboolean rfl_rtcp_get_report (const RflRtcp *rtcp, guint index, RflRtcpReportBlock *out);

/* Finds the CNAME of @ssrc (0: of any chunk) in an SDES packet. Returns: (nullable): start
 * of @len octets inside the packet, not terminated. */
RFL_EXPORT const char *rfl_rtcp_get_cname (const RflRtcp *rtcp, guint32 ssrc, gsize *len);
/* The @index-th SSRC of a BYE. */
RFL_EXPORT gboolean rfl_rtcp_get_bye (const RflRtcp *rtcp, guint index, guint32 *ssrc);
/* APP: four characters of @name and the data (a multiple of four octets). */
RFL_EXPORT gboolean rfl_rtcp_get_app (const RflRtcp *rtcp, char name[5], const guint8 **data,
                                      gsize *len);
/* The @index-th media SSRC that a feedback packet is about (PLI, NACK: one; FIR, TMMBR:
 * one per entry). */
RFL_EXPORT gboolean rfl_rtcp_get_feedback_ssrc (const RflRtcp *rtcp, guint index, guint32 *ssrc);

/* The number of the @index-th request of a FIR (RFC 5104 §4.3.1.1). */
RFL_EXPORT gboolean rfl_rtcp_get_fir_seq (const RflRtcp *rtcp, guint index, guint8 *seq);
/* Moves @offset, 0 at first, to the next SSRC that a block of an XR is about, in octets from
 * rtcp->data: of DLRR each of its receivers, of others their source (RFC 3611 §4).
 * Returns: %FALSE at the end or at a malformed block. */
RFL_EXPORT gboolean rfl_rtcp_next_xr_ssrc (const RflRtcp *rtcp, gsize *offset);

/**
 * RflRtcpBitrate:
 * @ssrc: of a TMMBR the media sender's, of a TMMBN the receiver's who asked for it
 * @overhead: octets of each packet that count beside RTP
 */
typedef struct {
  guint32 ssrc;
  guint64 bits_per_second;
  guint overhead;
} RflRtcpBitrate;
/* The @index-th entry of a TMMBR or TMMBN (RFC 5104 §4.2). */
RFL_EXPORT gboolean rfl_rtcp_get_tmmbr (const RflRtcp *rtcp, guint index, RflRtcpBitrate *out);
/* REMB (draft-alvestrand-rmcat-remb): the rate, and the @index-th SSRC that it is for. */
RFL_EXPORT gboolean rfl_rtcp_get_remb (const RflRtcp *rtcp, guint64 *bits_per_second);
RFL_EXPORT gboolean rfl_rtcp_get_remb_ssrc (const RflRtcp *rtcp, guint index, guint32 *ssrc);

/* Appends packets to a buffer the caller owns. A packet that does not fit sets
 * `overflow` and leaves the buffer as it was. */
typedef struct {
  guint8 *data;
  gsize size, len;
  gboolean overflow;
} RflRtcpWriter;

RFL_EXPORT void rfl_rtcp_writer_init (RflRtcpWriter *w, guint8 *data, gsize size);
RFL_EXPORT void rfl_rtcp_write_sr (RflRtcpWriter *w, guint32 ssrc, const RflRtcpSenderInfo *info,
                                   const RflRtcpReportBlock *blocks, guint n_blocks);
RFL_EXPORT void rfl_rtcp_write_rr (RflRtcpWriter *w, guint32 ssrc, const RflRtcpReportBlock *blocks,
                                   guint n_blocks);
/* One chunk with CNAME; @cname at most 255 octets. */
RFL_EXPORT void rfl_rtcp_write_sdes (RflRtcpWriter *w, guint32 ssrc, const char *cname);
/* @reason may be %NULL. */
RFL_EXPORT void rfl_rtcp_write_bye (RflRtcpWriter *w, guint32 ssrc, const char *reason);
RFL_EXPORT void rfl_rtcp_write_pli (RflRtcpWriter *w, guint32 sender, guint32 media);
RFL_EXPORT void rfl_rtcp_write_fir (RflRtcpWriter *w, guint32 sender, guint32 media, guint8 seq);
/* One entry; a rate that is no mantissa of 17 bits becomes the next lower one. */
RFL_EXPORT void rfl_rtcp_write_tmmbn (RflRtcpWriter *w, guint32 sender,
                                      const RflRtcpBitrate *owner);
/* @len must be a multiple of four. */
RFL_EXPORT void rfl_rtcp_write_app (RflRtcpWriter *w, guint8 subtype, guint32 ssrc,
                                    const char name[4], const guint8 *data, gsize len);
/* A whole well-formed packet as it is. */
RFL_EXPORT void rfl_rtcp_write_raw (RflRtcpWriter *w, const guint8 *data, gsize len);

G_END_DECLS
