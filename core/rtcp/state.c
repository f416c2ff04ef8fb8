/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The state that RTCP keeps for each session and each source, and how many reports a session
 * bears. Not for packets.
 */
#include "core/rtcp/rtcp-private.h"
#include "core/session-private.h"

#define DATA_KEY "core/rtcp"

static void
state_free (gpointer data)
{
  RtcpState *state = data;

  rfl_timer_free (state->keyframe_timer);
  rfl_timer_free (state->report_timer);
  g_hash_table_unref (state->asked);
  g_hash_table_unref (state->sources);
  g_hash_table_unref (state->ones);
  g_free (state);
}

static void
get_counters (RtcpState *state)
{
  RflCore *core = state->core;

  state->received = rfl_counter_get (core, "rtcp.received", "RTCP compounds from participants");
  state->invalid = rfl_counter_get (core, "rtcp.invalid", "malformed RTCP, dropped");
  state->foreign =
      rfl_counter_get (core, "rtcp.foreign", "RTCP packets in another's name, dropped");
  state->ended = rfl_counter_get (core, "rtcp.ended", "feedback that ends here (NACK and others)");
  state->messages = rfl_counter_get (core, "rtcp.messages", "RTCP APP packets from participants");
  state->unknown = rfl_counter_get (core, "rtcp.blocks_unknown",
                                    "report blocks about what no source sends, left out");
  state->keyframes_sent =
      rfl_counter_get (core, "rtcp.keyframes_sent", "keyframe requests sent to sources");
  state->keyframes_held = rfl_counter_get (core, "rtcp.keyframes_held",
                                           "keyframe requests that came too early after another");
  state->reports_sent = rfl_counter_get (core, "rtcp.reports_sent", "reports of our own");
  state->limits = rfl_counter_get (core, "rtcp.limits",
                                   "limits that receivers set to what they get (TMMBR, REMB)");
  state->summarised_reports = rfl_counter_get (core, "rtcp.reports_summarised",
                                               "report blocks of receivers that ended here");
}

static void source_free (gpointer data);

RtcpState *
rtcp_state_find (RflSession *session)
{
  return rfl_session_get_data (session, DATA_KEY);
}

RtcpState *
rtcp_state_get (RflSession *session)
{
  RtcpState *state = rtcp_state_find (session);

  if (state != NULL)
    return state;
  state = g_new0 (RtcpState, 1);
  state->session = session;
  state->core = rfl_session_get_core (session);
  state->clock = rfl_core_get_clock (state->core);
  state->cname = rfl_core_get_id (state->core);
  state->sources = g_hash_table_new_full (NULL, NULL, NULL, source_free);
  state->asked = g_hash_table_new (NULL, NULL);
  state->ones = g_hash_table_new_full (NULL, NULL, NULL, rtcp_one_free);
  get_counters (state);
  rtcp_keyframe_init (state);
  rtcp_report_init (state);
  rfl_session_set_data (session, DATA_KEY, state, state_free);
  return state;
}

guint32
rtcp_state_own_ssrc (RtcpState *state, const RflRoute *route, guint what)
{
  guint32 *ssrc = &state->ssrcs[what];

  while (*ssrc == 0 || rfl_route_find_source (route, *ssrc) != NULL
         || *ssrc == state->ssrcs[1 - what])
    *ssrc = g_random_int ();
  return *ssrc;
}

/* ---- how many reports ---- */

/* Once they are summarised, a quarter of the participants has to leave before they are not,
 * so that somebody who comes and goes changes nothing. */
gboolean
rtcp_state_summarises (RtcpState *state)
{
  guint n = state->session->participants->len, above = state->core->rtcp.summary_above;
  gboolean summarises = n > (state->summarised ? above - above / 4 : above);

  if (summarises != state->summarised)
    session_note (state->core, RFL_CORE_LOG_SUMMARY, state->session->name, NULL,
                  summarises ? "from now on in summary" : "from now on as they are");
  state->summarised = summarises;
  return summarises;
}

/* ---- sources ---- */

static void
source_free (gpointer data)
{
  RtcpSource *source = data;

  g_clear_pointer (&source->firs, g_hash_table_unref);
  g_clear_pointer (&source->reports, g_hash_table_unref);
  g_free (source);
}

RtcpSource *
rtcp_source_get (RtcpState *state, RflSource *source)
{
  RtcpSource *record = g_hash_table_lookup (state->sources, source);

  if (record != NULL || rfl_source_has_vanished (source))
    return record;
  record = g_new0 (RtcpSource, 1);
  record->source = source;
  record->fir_seq = (guint8) g_random_int ();
  g_hash_table_insert (state->sources, source, record);
  return record;
}

void
rfl_rtcp_forget_source (RflSource *source)
{
  RtcpState *state = rtcp_state_find (source->route->session);
  RtcpSource *record = state ? g_hash_table_lookup (state->sources, source) : NULL;

  if (record == NULL)
    return;
  g_hash_table_remove (state->asked, record);
  g_hash_table_remove (state->sources, source);
}
