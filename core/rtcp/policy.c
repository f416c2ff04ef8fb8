/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of a participant's RTCP in a route. Not for whose it is: whoever calls
 * rfl_route_receive_rtcp() has found that out.
 *
 * - SR, RR, SDES, XR and BYE pass to every other active leg, to links only from participants
 *   of this reflector. SSRCs that were aliased on entry are rewritten both ways; report blocks
 *   about what no source sends are left out.
 * - In a session of many participants only what senders say of themselves passes. What receivers
 *   report ends here, and each source gets our report about it and a summary (summary.c, report.c).
 * - A leg of mode `one` or `mix` gets reports of ours (sender-report.c) and what others report about
 *   its owner's own sources; reports about the stream that only it has end here.
 * - What a muted participant sends has no sender reports; whom it is and what it receives passes. To whom
 *   nothing is to come (rfl_medium_set_blocked()) no RTCP of others comes either. Nobody gets any of who waits
 *   to be let in.
 * - Packets that speak in the name of another participant's source are dropped.
 * - PLI and FIR go to the source that they are about, of a `one` leg the source that it
 *   follows, at most one in 500 ms (keyframe.c). TMMBR and REMB about the stream that only a `one`
 *   leg has are that leg's limit (bandwidth.c). Other feedback ends here.
 * - BYE ends the sources it names where they enter; behind a link that is its origin's work.
 * - APP becomes RFL_EVENT_CONTROL_MESSAGE where it enters, and passes to those who have sent one
 *   of that name themselves, so that nobody gets what he does not understand. Names that
 *   begin with RFL are for reflectors.
 */
#include "core/rtcp/rtcp-private.h"

/* Which source of the route a feedback packet means by @ssrc. With an SSRC that does not exist
 * (some clients leave 0) it means the only one there is. */
static RflSource *
find_target (const RtcpCompound *in, guint32 ssrc)
{
  RflSource *source, *only = NULL;

  if (in->one != NULL && ssrc == in->one_ssrc)
    {
      if (rfl_leg_get_mode (in->one) == RFL_LEG_MIX) /* there is nobody to ask */
        return NULL;
      ssrc = in->following;
    }
  source = rfl_route_find_source (in->route, ssrc);
  if (source != NULL)
    return source->owner != in->from ? source : NULL;
  for (guint i = 0; i < in->route->sources->len; i++)
    {
      source = g_ptr_array_index (in->route->sources, i);
      if (source->owner == in->from)
        continue;
      if (only != NULL)
        return NULL;
      only = source;
    }
  return only;
}

static void
receive_feedback (RtcpState *state, const RtcpCompound *in, const RflRtcp *rtcp)
{
  gboolean fir = rtcp->count == RFL_PSFB_FIR;
  RtcpFir how = fir ? RTCP_FIR_NEW : RTCP_FIR_NONE;
  guint32 ssrc;
  guint8 seq;

  if (rtcp_bandwidth_receive (state, in, rtcp))
    return;
  if (rtcp->type != RFL_RTCP_PSFB || (rtcp->count != RFL_PSFB_PLI && !fir))
    {
      rfl_counter_add (state->ended, 1);
      return;
    }
  for (guint i = 0; rfl_rtcp_get_feedback_ssrc (rtcp, i, &ssrc); i++)
    {
      RflSource *source = find_target (in, ssrc);

      if (source == NULL)
        continue;
      if (rfl_rtcp_get_fir_seq (rtcp, i, &seq))
        how = rtcp_keyframe_note_fir (state, source, in->from, rtcp->ssrc, seq);
      rtcp_keyframe_request (state, source, in->from, how);
    }
}

static void
receive_message (RtcpState *state, const RtcpCompound *in, const RflRtcp *rtcp)
{
  RflEvent *event = rfl_event_new (RFL_EVENT_CONTROL_MESSAGE);
  g_autoptr (GBytes) data = g_bytes_new (rtcp->data, rtcp->len);

  rfl_counter_add (state->messages, 1);
  rfl_event_set_participant (event, in->from->participant);
  rfl_event_set_medium (event, in->from);
  rfl_event_set_data (event, data);
  rfl_bus_emit (rfl_core_get_bus (rfl_session_get_core (state->session)), event, NULL, NULL);
}

static void
receive_bye (const RtcpCompound *in, const RflRtcp *rtcp)
{
  guint32 wire_ssrc, ssrc;

  for (guint i = 0; rfl_rtcp_get_bye (rtcp, i, &wire_ssrc); i++)
    {
      RflSource *source = rtcp_map_sender (in->route, in->from, wire_ssrc, &ssrc)
                              ? rfl_route_find_source (in->route, ssrc)
                              : NULL;

      if (source != NULL && source->owner == in->from)
        rfl_source_free (source);
    }
}

/* Hooks may have taken the sender out of the session, and the route with it. */
static gboolean
is_there (const RtcpCompound *in)
{
  return in->from->participant->state != RFL_PARTICIPANT_LEFT && in->from->route == in->route;
}

static void
receive_packets (RtcpState *state, const RtcpCompound *in)
{
  for (guint i = 0; i < in->n && is_there (in); i++)
    {
      const RflRtcp *rtcp = &in->packets[i];

      if (rtcp->type == RFL_RTCP_RTPFB || rtcp->type == RFL_RTCP_PSFB)
        receive_feedback (state, in, rtcp);
      else if (rtcp->type == RFL_RTCP_APP && rtcp_is_local (in->from))
        receive_message (state, in, rtcp);
      else if (rtcp->type == RFL_RTCP_BYE && rtcp_is_local (in->from))
        receive_bye (in, rtcp);
    }
}

/* From a linked reflector itself, which is no participant: requests for keyframes and what its
 * receivers report, no more */
static void
receive_from_link (RtcpState *state, RflRoute *route, const guint8 *data, gsize len)
{
  RtcpCompound in = { .state = state, .route = route };
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, data, len);
  while (rfl_rtcp_iter_next (&iter, &rtcp))
    if (rtcp.type == RFL_RTCP_PSFB)
      receive_feedback (state, &in, &rtcp);
    else
      rtcp_summary_note_link (state, route, &rtcp);
}

/* Hooks may do away with whom and what this is about; it is held until the end. */
static void
receive_from_participant (RtcpState *state, RflRoute *route, RflMedium *from, const guint8 *data,
                          gsize len)
{
  RflSession *session = rfl_session_ref (state->session);
  RflParticipant *sender = rfl_participant_hold (from->participant);
  RtcpCompound in = { .state = state, .route = route, .from = from };

  rtcp_compound_read (&in, data, len);
  rtcp_summary_note (&in);
  rtcp_compound_forward (&in);
  receive_packets (state, &in);
  rfl_participant_drop (sender);
  rfl_session_unref (session);
}

void
rfl_route_receive_rtcp (RflRoute *route, RflMedium *from, const guint8 *data, gsize len)
{
  RtcpState *state;

  g_return_if_fail (route != NULL && (from == NULL || from->route == route));
  state = rtcp_state_get (route->session);
  rfl_counter_add (state->received, 1);
  if (!rfl_rtcp_validate (data, len))
    rfl_counter_add (state->invalid, 1);
  else if (from == NULL)
    receive_from_link (state, route, data, len);
  else
    receive_from_participant (state, route, from, data, len);
}
