/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing RTCP packets into a caller's buffer. Not for choosing what goes together: a
 * compound is valid if the caller starts it with an SR or RR.
 */
#include <reflector/rtcp.h>
#include <string.h>

#include "core/wire/bytes.h"

#define MAX_COUNT 31

void
rfl_rtcp_writer_init (RflRtcpWriter *w, guint8 *data, gsize size)
{
  w->data = data;
  w->size = size;
  w->len = 0;
  w->overflow = FALSE;
}

/* Reserves a packet of @body octets after the header and writes the header. Returns: where
 * the body goes, all zero; %NULL if it does not fit. */
static guint8 *
begin_packet (RflRtcpWriter *w, RflRtcpType type, guint count, gsize body)
{
  gsize size = 4 + body;
  guint8 *p = w->data + w->len;

  if (size > w->size - w->len)
    {
      w->overflow = TRUE;
      return NULL;
    }
  memset (p, 0, size);
  p[0] = (guint8) (0x80 | count);
  p[1] = type;
  wire_put16 (p + 2, (guint16) (body / 4));
  w->len += size;
  return p + 4;
}

static void
put_report (guint8 *p, const RflRtcpReportBlock *block)
{
  /* RFC 3550 §A.3: clamped to what 24 bits hold */
  gint32 lost = CLAMP (block->cumulative_lost, -0x800000, 0x7fffff);

  wire_put32 (p, block->ssrc);
  p[4] = block->fraction_lost;
  wire_put24 (p + 5, (guint32) lost & 0xffffff);
  wire_put32 (p + 8, block->highest_seq);
  wire_put32 (p + 12, block->jitter);
  wire_put32 (p + 16, block->lsr);
  wire_put32 (p + 20, block->dlsr);
}

void
rfl_rtcp_write_sr (RflRtcpWriter *w, guint32 ssrc, const RflRtcpSenderInfo *info,
                   const RflRtcpReportBlock *blocks, guint n_blocks)
{
  guint8 *p;

  g_return_if_fail (n_blocks <= MAX_COUNT);
  p = begin_packet (w, RFL_RTCP_SR, n_blocks, 24 + 24 * (gsize) n_blocks);
  if (p == NULL)
    return;
  wire_put32 (p, ssrc);
  wire_put32 (p + 4, (guint32) (info->ntp >> 32));
  wire_put32 (p + 8, (guint32) info->ntp);
  wire_put32 (p + 12, info->rtp_timestamp);
  wire_put32 (p + 16, info->packets);
  wire_put32 (p + 20, info->octets);
  for (guint i = 0; i < n_blocks; i++)
    put_report (p + 24 + 24 * i, &blocks[i]);
}

void
rfl_rtcp_write_rr (RflRtcpWriter *w, guint32 ssrc, const RflRtcpReportBlock *blocks, guint n_blocks)
{
  guint8 *p;

  g_return_if_fail (n_blocks <= MAX_COUNT);
  p = begin_packet (w, RFL_RTCP_RR, n_blocks, 4 + 24 * (gsize) n_blocks);
  if (p == NULL)
    return;
  wire_put32 (p, ssrc);
  for (guint i = 0; i < n_blocks; i++)
    put_report (p + 4 + 24 * i, &blocks[i]);
}

void
rfl_rtcp_write_sdes (RflRtcpWriter *w, guint32 ssrc, const char *cname)
{
  gsize len = strlen (cname);
  guint8 *p;

  g_return_if_fail (len <= 255);
  /* SSRC, type and length, text, and one to four nulls up to the next word */
  p = begin_packet (w, RFL_RTCP_SDES, 1, 4 + (2 + len) / 4 * 4 + 4);
  if (p == NULL)
    return;
  wire_put32 (p, ssrc);
  p[4] = 1;
  p[5] = (guint8) len;
  memcpy (p + 6, cname, len);
}

void
rfl_rtcp_write_bye (RflRtcpWriter *w, guint32 ssrc, const char *reason)
{
  gsize len = reason ? strlen (reason) : 0;
  guint8 *p;

  g_return_if_fail (len <= 255);
  p = begin_packet (w, RFL_RTCP_BYE, 1, 4 + (reason ? (1 + len + 3) / 4 * 4 : 0));
  if (p == NULL)
    return;
  wire_put32 (p, ssrc);
  if (reason == NULL)
    return;
  p[4] = (guint8) len;
  memcpy (p + 5, reason, len);
}

void
rfl_rtcp_write_pli (RflRtcpWriter *w, guint32 sender, guint32 media)
{
  guint8 *p = begin_packet (w, RFL_RTCP_PSFB, RFL_PSFB_PLI, 8);

  if (p == NULL)
    return;
  wire_put32 (p, sender);
  wire_put32 (p + 4, media);
}

void
rfl_rtcp_write_fir (RflRtcpWriter *w, guint32 sender, guint32 media, guint8 seq)
{
  guint8 *p = begin_packet (w, RFL_RTCP_PSFB, RFL_PSFB_FIR, 16);

  if (p == NULL)
    return;
  wire_put32 (p, sender);
  wire_put32 (p + 8, media); /* in the entry; the header's is 0 (RFC 5104 §4.3.1.2) */
  p[12] = seq;
}

void
rfl_rtcp_write_app (RflRtcpWriter *w, guint8 subtype, guint32 ssrc, const char name[4],
                    const guint8 *data, gsize len)
{
  guint8 *p;

  g_return_if_fail (subtype <= MAX_COUNT && len % 4 == 0 && len <= 4 * (G_MAXUINT16 - 2));
  p = begin_packet (w, RFL_RTCP_APP, subtype, 8 + len);
  if (p == NULL)
    return;
  wire_put32 (p, ssrc);
  memcpy (p + 4, name, 4);
  if (len > 0)
    memcpy (p + 8, data, len);
}

void
rfl_rtcp_write_raw (RflRtcpWriter *w, const guint8 *data, gsize len)
{
  if (len > w->size - w->len)
    {
      w->overflow = TRUE;
      return;
    }
  if (len > 0)
    memcpy (w->data + w->len, data, len);
  w->len += len;
}
