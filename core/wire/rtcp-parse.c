/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading RTCP (RFC 3550 §6, RFC 4585 §6, RFC 5104 §4). Not for writing it, and not for
 * what is done about it.
 */
#include <reflector/rtcp.h>

#include "core/wire/bytes.h"
#include "core/wire/sdes.h"

#define HEADER 4
#define SENDER_INFO 20
#define REPORT_BLOCK 24
#define FCI_ENTRY 8 /* of FIR, TMMBR and TMMBN: SSRC and four octets */
#define SDES_END 0
#define SDES_CNAME 1

/* Some senders leave out the null item when the packet ends right after the text, which is
 * accepted. */
gboolean
wire_sdes_next (const guint8 **at, const guint8 *end, WireSdesChunk *chunk)
{
  const guint8 *p = *at;

  if (end - p < 4)
    return FALSE;
  chunk->data = p;
  chunk->ssrc = wire_get32 (p);
  chunk->items = p += 4;
  while (p < end && *p != SDES_END)
    {
      if (end - p < 2 || end - p - 2 < p[1])
        return FALSE;
      p += 2 + p[1];
    }
  chunk->end = p;
  p += 4 - (p - *at) % 4; /* at least one null, up to the next word */
  *at = p > end ? end : p;
  return TRUE;
}

static gboolean
sdes_is_well_formed (const guint8 *body, gsize len, guint count)
{
  const guint8 *at = body;
  WireSdesChunk chunk;

  for (guint i = 0; i < count; i++)
    if (!wire_sdes_next (&at, body + len, &chunk))
      return FALSE;
  return TRUE;
}

static gboolean
bye_is_well_formed (const guint8 *body, gsize len, guint count)
{
  gsize ssrcs = 4 * (gsize) count;

  return len >= ssrcs && (len == ssrcs || len - ssrcs - 1 >= body[ssrcs]);
}

/* Whether what the header promises is there; @len octets after the header, no padding. */
static gboolean
is_well_formed (guint type, guint count, const guint8 *body, gsize len)
{
  switch (type)
    {
    case RFL_RTCP_SR:
      return len >= 4 + SENDER_INFO + REPORT_BLOCK * (gsize) count;
    case RFL_RTCP_RR:
      return len >= 4 + REPORT_BLOCK * (gsize) count;
    case RFL_RTCP_SDES:
      return sdes_is_well_formed (body, len, count);
    case RFL_RTCP_BYE:
      return bye_is_well_formed (body, len, count);
    case RFL_RTCP_APP:
    case RFL_RTCP_RTPFB:
    case RFL_RTCP_PSFB:
      return len >= 8;
    case RFL_RTCP_XR:
      return len >= 4;
    default:
      return type >= 192 && type <= 223; /* RFC 5761 §4 */
    }
}

/* Octets of padding in a packet of @len octets, -1 if they are not well-formed. */
static gssize
get_padding (const guint8 *data, gsize len)
{
  guint8 padding = data[len - 1];

  if (!(data[0] & 0x20))
    return 0;
  return padding == 0 || padding % 4 != 0 || padding > len - HEADER ? -1 : padding;
}

static void
set_body (RflRtcp *out, gsize padding)
{
  gboolean has_ssrc = TRUE;

  out->body = out->data + HEADER;
  out->body_len = out->len - HEADER - padding;
  out->ssrc = 0;
  if (out->type == RFL_RTCP_SDES || out->type == RFL_RTCP_BYE)
    has_ssrc = out->count > 0;
  else if (out->type < RFL_RTCP_SR || out->type > RFL_RTCP_XR)
    has_ssrc = FALSE;
  if (!has_ssrc)
    return;
  out->ssrc = wire_get32 (out->body);
  if (out->type == RFL_RTCP_SDES || out->type == RFL_RTCP_BYE)
    return;
  out->body += 4;
  out->body_len -= 4;
}

/* Takes one packet off the front of @data, of any type. */
static gboolean
take_packet (const guint8 *data, gsize len, RflRtcp *out)
{
  gsize size;
  gssize padding;

  if (len < HEADER || data[0] >> 6 != 2)
    return FALSE;
  size = HEADER + 4 * (gsize) wire_get16 (data + 2);
  if (size > len || ((data[0] & 0x20) && size < len))
    return FALSE;
  padding = get_padding (data, size);
  if (padding < 0
      || !is_well_formed (data[1], data[0] & 0x1f, data + HEADER, size - HEADER - padding))
    return FALSE;
  out->type = data[1];
  out->count = data[0] & 0x1f;
  out->data = data;
  out->len = size;
  set_body (out, padding);
  return TRUE;
}

gboolean
rfl_rtcp_validate (const guint8 *data, gsize len)
{
  RflRtcp rtcp;

  if (len == 0)
    return FALSE;
  for (; len > 0; data += rtcp.len, len -= rtcp.len)
    if (!take_packet (data, len, &rtcp))
      return FALSE;
  return TRUE;
}

void
rfl_rtcp_iter_init (RflRtcpIter *iter, const guint8 *data, gsize len)
{
  iter->data = data;
  iter->len = len;
}

gboolean
rfl_rtcp_iter_next (RflRtcpIter *iter, RflRtcp *out)
{
  RflRtcp rtcp;

  while (iter->len > 0)
    {
      if (!take_packet (iter->data, iter->len, &rtcp))
        {
          iter->len = 0;
          return FALSE;
        }
      iter->data += rtcp.len;
      iter->len -= rtcp.len;
      if (rtcp.type >= RFL_RTCP_SR && rtcp.type <= RFL_RTCP_XR)
        {
          *out = rtcp;
          return TRUE;
        }
    }
  return FALSE;
}

gboolean
rfl_rtcp_get_sender_info (const RflRtcp *rtcp, RflRtcpSenderInfo *out)
{
  const guint8 *p = rtcp->body;

  if (rtcp->type != RFL_RTCP_SR)
    return FALSE;
  out->ntp = (guint64) wire_get32 (p) << 32 | wire_get32 (p + 4);
  out->rtp_timestamp = wire_get32 (p + 8);
  out->packets = wire_get32 (p + 12);
  out->octets = wire_get32 (p + 16);
  return TRUE;
}

gboolean
rfl_rtcp_get_report (const RflRtcp *rtcp, guint index, RflRtcpReportBlock *out)
{
  const guint8 *p = rtcp->body;

  if ((rtcp->type != RFL_RTCP_SR && rtcp->type != RFL_RTCP_RR) || index >= rtcp->count)
    return FALSE;
  p += (rtcp->type == RFL_RTCP_SR ? SENDER_INFO : 0) + REPORT_BLOCK * (gsize) index;
  out->ssrc = wire_get32 (p);
  out->fraction_lost = p[4];
  out->cumulative_lost = (gint32) wire_get24 (p + 5);
  if (out->cumulative_lost & 0x800000)
    out->cumulative_lost -= 0x1000000;
  out->highest_seq = wire_get32 (p + 8);
  out->jitter = wire_get32 (p + 12);
  out->lsr = wire_get32 (p + 16);
  out->dlsr = wire_get32 (p + 20);
  return TRUE;
}

const char *
rfl_rtcp_get_cname (const RflRtcp *rtcp, guint32 ssrc, gsize *len)
{
  const guint8 *at = rtcp->body, *end = rtcp->body + rtcp->body_len;
  WireSdesChunk chunk;

  *len = 0;
  if (rtcp->type != RFL_RTCP_SDES)
    return NULL;
  for (guint i = 0; i < rtcp->count && wire_sdes_next (&at, end, &chunk); i++)
    {
      if (ssrc != 0 && chunk.ssrc != ssrc)
        continue;
      for (const guint8 *item = chunk.items; item < chunk.end; item += 2 + item[1])
        if (item[0] == SDES_CNAME)
          {
            *len = item[1];
            return (const char *) item + 2;
          }
    }
  return NULL;
}

gboolean
rfl_rtcp_get_bye (const RflRtcp *rtcp, guint index, guint32 *ssrc)
{
  if (rtcp->type != RFL_RTCP_BYE || index >= rtcp->count)
    return FALSE;
  *ssrc = wire_get32 (rtcp->body + 4 * (gsize) index);
  return TRUE;
}

gboolean
rfl_rtcp_get_app (const RflRtcp *rtcp, char name[5], const guint8 **data, gsize *len)
{
  if (rtcp->type != RFL_RTCP_APP)
    return FALSE;
  for (guint i = 0; i < 4; i++)
    name[i] = (char) rtcp->body[i];
  name[4] = '\0';
  *data = rtcp->body + 4;
  *len = rtcp->body_len - 4;
  return TRUE;
}

static gboolean
has_entries (const RflRtcp *rtcp)
{
  return (rtcp->type == RFL_RTCP_PSFB && rtcp->count == RFL_PSFB_FIR)
         || (rtcp->type == RFL_RTCP_RTPFB
             && (rtcp->count == RFL_RTPFB_TMMBR || rtcp->count == RFL_RTPFB_TMMBN));
}

gboolean
rfl_rtcp_get_feedback_ssrc (const RflRtcp *rtcp, guint index, guint32 *ssrc)
{
  gsize n_entries;

  if (rtcp->type != RFL_RTCP_RTPFB && rtcp->type != RFL_RTCP_PSFB)
    return FALSE;
  n_entries = has_entries (rtcp) ? (rtcp->body_len - 4) / FCI_ENTRY : 0;
  if (n_entries == 0) /* also a FIR that names its media source in the header only */
    {
      *ssrc = wire_get32 (rtcp->body);
      return index == 0;
    }
  if (index >= n_entries)
    return FALSE;
  *ssrc = wire_get32 (rtcp->body + 4 + FCI_ENTRY * (gsize) index);
  return TRUE;
}

gboolean
rfl_rtcp_get_fir_seq (const RflRtcp *rtcp, guint index, guint8 *seq)
{
  if (rtcp->type != RFL_RTCP_PSFB || rtcp->count != RFL_PSFB_FIR
      || index >= (rtcp->body_len - 4) / FCI_ENTRY)
    return FALSE;
  *seq = rtcp->body[4 + FCI_ENTRY * (gsize) index + 4];
  return TRUE;
}
