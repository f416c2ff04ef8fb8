/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walks a compound with every getter; what is read, written again, must validate. */
#include <reflector/rtcp.h>

#include "tests/fuzz/fuzz.h"

static void
rewrite_report (const RflRtcp *rtcp, RflRtcpWriter *w)
{
  RflRtcpReportBlock blocks[31];
  RflRtcpSenderInfo info;
  guint n = 0;

  while (rfl_rtcp_get_report (rtcp, n, &blocks[n]))
    n++;
  if (rfl_rtcp_get_sender_info (rtcp, &info))
    rfl_rtcp_write_sr (w, rtcp->ssrc, &info, blocks, n);
  else if (rtcp->type == RFL_RTCP_RR)
    rfl_rtcp_write_rr (w, rtcp->ssrc, blocks, n);
}

static void
rewrite_text (const RflRtcp *rtcp, RflRtcpWriter *w)
{
  gsize len;
  const char *cname = rfl_rtcp_get_cname (rtcp, 0, &len);
  g_autofree char *text = cname ? g_strndup (cname, len) : NULL;
  const guint8 *data;
  char name[5];

  if (text != NULL)
    rfl_rtcp_write_sdes (w, rtcp->ssrc, text);
  if (rfl_rtcp_get_app (rtcp, name, &data, &len))
    rfl_rtcp_write_app (w, rtcp->count, rtcp->ssrc, name, data, len);
}

static void
rewrite_ssrcs (const RflRtcp *rtcp, RflRtcpWriter *w)
{
  guint32 ssrc;

  for (guint i = 0; rfl_rtcp_get_bye (rtcp, i, &ssrc); i++)
    rfl_rtcp_write_bye (w, ssrc, i ? "reason" : NULL);
  for (guint i = 0; rfl_rtcp_get_feedback_ssrc (rtcp, i, &ssrc); i++)
    {
      rfl_rtcp_write_pli (w, rtcp->ssrc, ssrc);
      rfl_rtcp_write_fir (w, rtcp->ssrc, ssrc, (guint8) i);
    }
}

static void
rewrite_rates (const RflRtcp *rtcp, RflRtcpWriter *w)
{
  RflRtcpBitrate rate;
  guint64 bits;
  guint32 ssrc;

  for (guint i = 0; rfl_rtcp_get_tmmbr (rtcp, i, &rate); i++)
    rfl_rtcp_write_tmmbn (w, rtcp->ssrc, &rate);
  for (guint i = 0; rfl_rtcp_get_remb_ssrc (rtcp, i, &ssrc); i++)
    g_assert_true (rfl_rtcp_get_remb (rtcp, &bits));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree guint8 *out = g_malloc (2048);
  gsize seen = 0;
  RflRtcpWriter w;
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_writer_init (&w, out, 2048);
  rfl_rtcp_iter_init (&iter, data, size);
  while (rfl_rtcp_iter_next (&iter, &rtcp))
    {
      g_assert_true (rtcp.data >= data + seen && rtcp.data + rtcp.len <= data + size);
      g_assert_true (rtcp.body >= rtcp.data && rtcp.body + rtcp.body_len <= rtcp.data + rtcp.len);
      seen = rtcp.data + rtcp.len - data;
      rewrite_report (&rtcp, &w);
      rewrite_text (&rtcp, &w);
      rewrite_ssrcs (&rtcp, &w);
      rewrite_rates (&rtcp, &w);
    }
  g_assert_true (w.len == 0 || rfl_rtcp_validate (out, w.len));
  g_assert_true (!rfl_rtcp_validate (data, size) || seen <= size);
  return 0;
}
