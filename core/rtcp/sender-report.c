/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports of our own on legs of mode `one` and `mix`: that stream's SSRC and RTP timeline are ours, so
 * nobody else can say when it was (RFC 3550 §6.4.1). Not for legs of mode `all`, whose
 * senders report themselves.
 */
#include "core/rtcp/rtcp-private.h"

/* How soon after its first packet a stream gets its first report, without which it cannot be
 * played in step with the other medium; the more legs, and the longer nothing has flown, the
 * later: many thousand silent legs must not keep the main thread busy. */
#define LOOK_SHORTEST (100 * G_TIME_SPAN_MILLISECOND)
#define LOOK_LONGEST (1 * G_TIME_SPAN_SECOND)
#define LOOK_PER_LEG (2 * G_TIME_SPAN_MILLISECOND)
#define LOOK_PER_SILENCE 4
/* Octets of such a report, and nominal bandwidth for RTCP of one stream, octets a second */
#define SIZE 100
#define BANDWIDTH 400

/* Audio and video alike are mapped to our clock and have one CNAME, so that the receiver
 * can play them in step. */
static void
fill_sender_info (const RtcpOne *one, const RflLegStats *stats, RflRtcpSenderInfo *info)
{
  guint rate = rfl_leg_get_clock_rate (one->leg);
  gint64 elapsed = rfl_clock_now (one->state->clock) - stats->last_sent;

  info->ntp = rfl_clock_ntp (one->state->clock);
  info->rtp_timestamp = stats->last_timestamp + (guint32) (elapsed * rate / G_USEC_PER_SEC);
  info->packets = (guint32) stats->packets;
  info->octets = (guint32) stats->octets;
}

static void
report (RtcpOne *one, const RflLegStats *stats)
{
  RtcpState *state = one->state;
  const RtcpLoad load = { 2, 1, BANDWIDTH, SIZE, one->sends };
  RflRtcpSenderInfo info;
  RflRtcpWriter w;
  guint8 data[512];

  rfl_rtcp_writer_init (&w, data, sizeof data);
  if (one->sends)
    {
      fill_sender_info (one, stats, &info);
      rfl_rtcp_write_sr (&w, stats->ssrc, &info, NULL, 0);
    }
  else
    rfl_rtcp_write_rr (&w, stats->ssrc, NULL, 0);
  rfl_rtcp_write_sdes (&w, stats->ssrc, state->cname);
  rfl_counter_add (state->reports_sent, 1);
  rfl_leg_send_rtcp (one->leg, NULL, data, w.len);
  one->due = rfl_clock_now (state->clock) + rtcp_interval (&load, g_random_double ());
}

gint64
rtcp_one_look (guint n_legs, gint64 silent)
{
  gint64 look = MAX (n_legs * LOOK_PER_LEG, silent / LOOK_PER_SILENCE);

  return CLAMP (look, LOOK_SHORTEST, LOOK_LONGEST);
}

static void
start_timer (RtcpOne *one)
{
  gint64 now = rfl_clock_now (one->state->clock), wait = one->due - now;
  gint64 look = rtcp_one_look (g_hash_table_size (one->state->ones), now - one->silent_since);

  rfl_timer_start (one->timer, one->sends ? wait : MIN (wait, look));
}

static void
on_timer (gpointer user_data)
{
  RtcpOne *one = user_data;
  gint64 now = rfl_clock_now (one->state->clock);
  RflLegStats stats;
  gboolean sends;

  rfl_leg_get_stats (one->leg, &stats);
  /* RFC 3550 §6.4: a sender report only of who sent since the last one or the one before */
  sends = stats.last_sent != 0 && now - stats.last_sent < 2 * RTCP_MIN_INTERVAL;
  if (sends)
    one->silent_since = now;
  if (now >= one->due || (sends && !one->sends))
    {
      one->sends = sends;
      report (one, &stats);
    }
  start_timer (one);
}

void
rtcp_one_free (gpointer data)
{
  RtcpOne *one = data;

  rfl_timer_free (one->timer);
  g_free (one);
}

void
rfl_rtcp_watch (RflLeg *leg)
{
  RtcpState *state = rtcp_state_get (rfl_leg_get_route (leg)->session);
  RtcpOne *one = g_new0 (RtcpOne, 1);
  const RtcpLoad load = { 2, 0, BANDWIDTH, SIZE, FALSE };

  one->state = state;
  one->leg = leg;
  one->timer = rfl_timer_new (state->clock, "rtcp sender", on_timer, one);
  one->silent_since = rfl_clock_now (state->clock);
  one->due = one->silent_since + rtcp_interval (&load, g_random_double ());
  g_hash_table_replace (state->ones, rfl_leg_get_owner (leg), one);
  start_timer (one);
}

void
rfl_rtcp_forget_leg (RflLeg *leg)
{
  RtcpState *state = rtcp_state_find (rfl_leg_get_route (leg)->session);
  const RtcpOne *one = state ? g_hash_table_lookup (state->ones, rfl_leg_get_owner (leg)) : NULL;

  if (one != NULL && one->leg == leg)
    g_hash_table_remove (state->ones, rfl_leg_get_owner (leg));
}
