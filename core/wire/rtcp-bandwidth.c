/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What receivers say about how much they can get: TMMBR and TMMBN (RFC 5104 §4.2), REMB
 * (draft-alvestrand-rmcat-remb-03 §2). Not for what is done about it.
 */
#include <reflector/rtcp.h>
#include <string.h>

#include "core/wire/bytes.h"

#define ENTRY 8
#define MAX_MANTISSA 0x1ffff
#define REMB_HEAD 12 /* media SSRC, "REMB", number of SSRCs and the rate */

/* No link is as fast as what 17 or 18 bits shifted by 63 can say. */
static guint64
scale (guint32 mantissa, guint exponent)
{
  return exponent > 40 ? (guint64) (mantissa > 0) << 57 : (guint64) mantissa << exponent;
}

gboolean
rfl_rtcp_get_tmmbr (const RflRtcp *rtcp, guint index, RflRtcpBitrate *out)
{
  const guint8 *p;
  guint32 bits;

  if (rtcp->type != RFL_RTCP_RTPFB
      || (rtcp->count != RFL_RTPFB_TMMBR && rtcp->count != RFL_RTPFB_TMMBN) || rtcp->body_len < 4
      || index >= (rtcp->body_len - 4) / ENTRY)
    return FALSE;
  p = rtcp->body + 4 + ENTRY * (gsize) index;
  bits = wire_get32 (p + 4);
  out->ssrc = wire_get32 (p);
  out->bits_per_second = scale (bits >> 9 & MAX_MANTISSA, bits >> 26);
  out->overhead = bits & 0x1ff;
  return TRUE;
}

gboolean
rfl_rtcp_get_remb (const RflRtcp *rtcp, guint64 *bits_per_second)
{
  const guint8 *p = rtcp->body;
  guint32 rate;

  if (rtcp->type != RFL_RTCP_PSFB || rtcp->count != RFL_PSFB_AFB || rtcp->body_len < REMB_HEAD
      || memcmp (p + 4, "REMB", 4) != 0 || rtcp->body_len < REMB_HEAD + 4 * (gsize) p[8])
    return FALSE;
  rate = wire_get24 (p + 9);
  *bits_per_second = scale (rate & 0x3ffff, rate >> 18);
  return TRUE;
}

gboolean
rfl_rtcp_get_remb_ssrc (const RflRtcp *rtcp, guint index, guint32 *ssrc)
{
  guint64 rate;

  if (!rfl_rtcp_get_remb (rtcp, &rate) || index >= rtcp->body[8])
    return FALSE;
  *ssrc = wire_get32 (rtcp->body + REMB_HEAD + 4 * (gsize) index);
  return TRUE;
}

void
rfl_rtcp_write_tmmbn (RflRtcpWriter *w, guint32 sender, const RflRtcpBitrate *owner)
{
  const guint8 head[] = { 0x80 | RFL_RTPFB_TMMBN, RFL_RTCP_RTPFB, 0, 4 };
  guint64 mantissa = owner->bits_per_second;
  guint8 packet[20] = { 0 };
  guint exponent = 0;

  for (; mantissa > MAX_MANTISSA; mantissa >>= 1)
    exponent++;
  memcpy (packet, head, sizeof head);
  wire_put32 (packet + 4, sender);
  wire_put32 (packet + 12, owner->ssrc);
  wire_put32 (packet + 16,
              (guint32) exponent << 26 | (guint32) mantissa << 9 | (owner->overhead & 0x1ff));
  rfl_rtcp_write_raw (w, packet, sizeof packet);
}
