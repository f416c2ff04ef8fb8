/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What receivers say about how much they can get is a limit of their own leg, where that has a stream of
 * its own: TMMBR (RFC 5104 §3.5.4), answered by TMMBN, and REMB. Nothing of it passes to who sends.
 * Not for how a limit is kept: core/path/one-budget.c.
 */
#include "core/rtcp/rtcp-private.h"
#include <string.h>

/* Less would show nothing at all, which is what hold is for; bit/s. */
#define LOWEST 16000
#define ANSWER_INTERVAL (200 * G_TIME_SPAN_MILLISECOND)

static void
limit (RtcpState *state, const RtcpCompound *in, guint64 bits, guint overhead)
{
  rfl_counter_add (state->limits, 1);
  rfl_leg_ask_bandwidth (in->one, (guint) CLAMP (bits, LOWEST, G_MAXUINT), overhead);
}

/* RFC 5104 §4.2.2.2: who sends the media says what it goes by. There is but one receiver. */
static void
answer (RtcpState *state, const RtcpCompound *in, guint32 requester, const RflRtcpBitrate *asked)
{
  RtcpOne *one = g_hash_table_lookup (state->ones, in->from);
  RflRtcpBitrate owner = *asked;
  gint64 now = rfl_clock_now (state->clock);
  guint8 data[512];
  RflRtcpWriter w;

  if (one == NULL || (one->answered && now - one->answered < ANSWER_INTERVAL))
    return; /* it is repeated until it is answered */
  one->answered = now;
  owner.ssrc = requester;
  rfl_rtcp_writer_init (&w, data, sizeof data);
  if (!rfl_leg_takes_reduced_rtcp (in->one))
    {
      rfl_rtcp_write_rr (&w, in->one_ssrc, NULL, 0);
      rfl_rtcp_write_sdes (&w, in->one_ssrc, state->cname);
    }
  rfl_rtcp_write_tmmbn (&w, in->one_ssrc, &owner);
  rfl_leg_send_rtcp (in->one, NULL, data, w.len);
}

static gboolean
receive_tmmbr (RtcpState *state, const RtcpCompound *in, const RflRtcp *rtcp)
{
  RflRtcpBitrate asked;

  if (rtcp->count != RFL_RTPFB_TMMBR)
    return FALSE;
  for (guint i = 0; rfl_rtcp_get_tmmbr (rtcp, i, &asked); i++)
    {
      if (asked.ssrc != in->one_ssrc)
        continue;
      limit (state, in, asked.bits_per_second, asked.overhead);
      answer (state, in, rtcp->ssrc, &asked);
      return TRUE;
    }
  return FALSE;
}

/* Of all that it gets from us; what else there is, audio, is little. */
static gboolean
receive_remb (RtcpState *state, const RtcpCompound *in, const RflRtcp *rtcp)
{
  guint64 bits;
  guint32 ssrc;

  if (!rfl_rtcp_get_remb (rtcp, &bits))
    return FALSE;
  for (guint i = 0; rfl_rtcp_get_remb_ssrc (rtcp, i, &ssrc); i++)
    if (ssrc == in->one_ssrc)
      {
        limit (state, in, bits, 0);
        return TRUE;
      }
  return FALSE;
}

gboolean
rtcp_bandwidth_receive (RtcpState *state, const RtcpCompound *in, const RflRtcp *rtcp)
{
  if (in->one == NULL || strcmp (in->route->kind, "video") != 0)
    return FALSE;
  return rtcp->type == RFL_RTCP_RTPFB ? receive_tmmbr (state, in, rtcp)
                                      : receive_remb (state, in, rtcp);
}
