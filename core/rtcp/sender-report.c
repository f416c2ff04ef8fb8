/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports of our own on legs of mode `one`: that stream's SSRC and RTP timeline are ours, so
 * nobody else can say when it was (RFC 3550 §6.4.1). Not for legs of mode `all`, whose
 * senders report themselves.
 */
#include "core/rtcp/rtcp-private.h"

#define INTERVAL (5 * G_TIME_SPAN_SECOND)

/* Audio and video alike are mapped to our clock and have one CNAME, so that the receiver
 * can play them in step. */
static void
fill_sender_info (RtcpState *state, RflLeg *leg, const RflLegStats *stats, RflRtcpSenderInfo *info)
{
  GPtrArray *formats = rfl_leg_get_route (leg)->formats;
  guint rate = formats->len > 0 ? ((RflFormat *) g_ptr_array_index (formats, 0))->clock_rate : 0;
  gint64 elapsed = rfl_clock_now (state->clock) - stats->last_sent;

  info->ntp = rfl_clock_ntp (state->clock);
  info->rtp_timestamp = stats->last_timestamp + (guint32) (elapsed * rate / G_USEC_PER_SEC);
  info->packets = (guint32) stats->packets;
  info->octets = (guint32) stats->octets;
}

static void
report (RtcpState *state, RflLeg *leg)
{
  RflRtcpSenderInfo info;
  RflLegStats stats;
  RflRtcpWriter w;
  guint8 data[512];

  rfl_leg_get_stats (leg, &stats);
  if (stats.ssrc == 0)
    return;
  rfl_rtcp_writer_init (&w, data, sizeof data);
  /* RFC 3550 §6.4: a sender report only of who sent since the last one or the one before */
  if (stats.last_sent != 0 && rfl_clock_now (state->clock) - stats.last_sent < 2 * INTERVAL)
    {
      fill_sender_info (state, leg, &stats, &info);
      rfl_rtcp_write_sr (&w, stats.ssrc, &info, NULL, 0);
    }
  else
    rfl_rtcp_write_rr (&w, stats.ssrc, NULL, 0);
  rfl_rtcp_write_sdes (&w, stats.ssrc, state->cname);
  rfl_counter_add (state->reports_sent, 1);
  rfl_leg_send_rtcp (leg, NULL, data, w.len);
}

static void
on_timer (gpointer user_data)
{
  RtcpState *state = user_data;

  for (guint i = 0; i < state->session->routes->len; i++)
    {
      RflRoute *route = g_ptr_array_index (state->session->routes, i);

      for (guint k = 0; k < route->legs->len; k++)
        {
          RflLeg *leg = g_ptr_array_index (route->legs, k);

          if (rfl_leg_get_mode (leg) == RFL_LEG_ONE)
            report (state, leg);
        }
    }
}

void
rtcp_report_init (RtcpState *state)
{
  state->report_timer = rfl_timer_new (state->clock, "rtcp reports", on_timer, state);
  rfl_timer_repeat (state->report_timer, INTERVAL);
}
