/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTP headers (RFC 3550 §5) and what the first octets of a packet say. Not for deciding
 * whether a packet is welcome.
 */
#include <reflector/rtp.h>

#include "core/wire/bytes.h"

gboolean
rfl_rtp_parse (RflRtp *out, const guint8 *data, gsize len)
{
  RflRtp rtp = { 0 };
  gsize at = RFL_RTP_MIN_HEADER, end = len;

  if (len < RFL_RTP_MIN_HEADER || data[0] >> 6 != 2)
    return FALSE;
  rtp.n_csrc = data[0] & 0x0f;
  rtp.csrc = rtp.n_csrc > 0 ? data + at : NULL;
  at += 4 * rtp.n_csrc;
  if (data[0] & 0x10)
    {
      if (at + 4 > len)
        return FALSE;
      rtp.extension_profile = wire_get16 (data + at);
      rtp.extension_len = 4 * (gsize) wire_get16 (data + at + 2);
      rtp.extension = data + at + 4;
      at += 4 + rtp.extension_len;
    }
  if (at > len)
    return FALSE;
  if (data[0] & 0x20)
    {
      if (at == len || data[len - 1] == 0 || data[len - 1] > len - at)
        return FALSE;
      end = len - data[len - 1];
    }
  if (at > G_MAXUINT16) /* more than header_len holds, and than a datagram does */
    return FALSE;

  rtp.marker = data[1] >> 7;
  rtp.pt = data[1] & 0x7f;
  rtp.seq = wire_get16 (data + 2);
  rtp.timestamp = wire_get32 (data + 4);
  rtp.ssrc = wire_get32 (data + 8);
  rtp.header_len = (guint16) at;
  rtp.payload = data + at;
  rtp.payload_len = end - at;
  *out = rtp;
  return TRUE;
}

gsize
rfl_rtp_write (const RflRtp *rtp, guint8 *out, gsize size)
{
  if (size < RFL_RTP_MIN_HEADER)
    return 0;
  out[0] = 0x80;
  out[1] = (guint8) ((rtp->marker ? 0x80 : 0) | (rtp->pt & 0x7f));
  wire_put16 (out + 2, rtp->seq);
  wire_put32 (out + 4, rtp->timestamp);
  wire_put32 (out + 8, rtp->ssrc);
  return RFL_RTP_MIN_HEADER;
}

RflPacketClass
rfl_packet_classify (const guint8 *data, gsize len)
{
  if (len < 2)
    return RFL_CLASS_OTHER;
  if (data[0] <= 3)
    return RFL_CLASS_STUN;
  if (data[0] >= 20 && data[0] <= 63)
    return RFL_CLASS_DTLS;
  if (data[0] >= 128 && data[0] <= 191)
    return data[1] >= 192 && data[1] <= 223 ? RFL_CLASS_RTCP : RFL_CLASS_RTP;
  return RFL_CLASS_OTHER;
}
