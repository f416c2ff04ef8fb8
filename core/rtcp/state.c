/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state that RTCP keeps for each session. Not for packets. */
#include "core/rtcp/rtcp-private.h"

#define DATA_KEY "core/rtcp"

static void
state_free (gpointer data)
{
  RtcpState *state = data;

  rfl_timer_free (state->keyframe_timer);
  rfl_timer_free (state->report_timer);
  g_hash_table_unref (state->keyframes);
  g_free (state);
}

static void
get_counters (RtcpState *state, RflCore *core)
{
  state->received = rfl_counter_get (core, "rtcp.received", "RTCP compounds from participants");
  state->invalid = rfl_counter_get (core, "rtcp.invalid", "malformed RTCP, dropped");
  state->foreign =
      rfl_counter_get (core, "rtcp.foreign", "RTCP packets in another's name, dropped");
  state->ended =
      rfl_counter_get (core, "rtcp.ended", "feedback that ends here (NACK, TMMBR and others)");
  state->messages = rfl_counter_get (core, "rtcp.messages", "RTCP APP packets from participants");
  state->keyframes_sent =
      rfl_counter_get (core, "rtcp.keyframes_sent", "keyframe requests sent to sources");
  state->keyframes_held = rfl_counter_get (core, "rtcp.keyframes_held",
                                           "keyframe requests that came too early after another");
  state->reports_sent =
      rfl_counter_get (core, "rtcp.reports_sent", "reports of our own on legs of mode one");
}

RtcpState *
rtcp_state_get (RflSession *session)
{
  RtcpState *state = rfl_session_get_data (session, DATA_KEY);
  RflCore *core = rfl_session_get_core (session);

  if (state != NULL)
    return state;
  state = g_new0 (RtcpState, 1);
  state->session = session;
  state->clock = rfl_core_get_clock (core);
  state->cname = rfl_core_get_id (core);
  state->ssrc = g_random_int ();
  get_counters (state, core);
  rtcp_keyframe_init (state);
  rtcp_report_init (state);
  rfl_session_set_data (session, DATA_KEY, state, state_free);
  return state;
}

guint32
rtcp_state_own_ssrc (RtcpState *state, const RflRoute *route)
{
  while (state->ssrc == 0 || rfl_route_find_source (route, state->ssrc) != NULL)
    state->ssrc = g_random_int ();
  return state->ssrc;
}

void
rfl_rtcp_watch (RflRoute *route)
{
  rtcp_state_get (route->session);
}
