/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What becomes of an offer of the caller's, or of an INVITE without: it goes to core, and core's word
 * is the answer. Not a parser of anything, and not where offers of ours are made: see proposal.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/call/negotiation.h"
#include "plugins/sip/call/answer.h"
#include "plugins/sip/call/index.h"
#include "plugins/sip/call/proposal.h"
#include "plugins/sip/call/ringing.h"
#include "plugins/sip/call/target.h"
#include "plugins/sip/call/timer.h"
#include "plugins/sip/gate/gate.h"
#include "plugins/sip/request/uri.h"

void
sip_negotiation_end (SipCall *call)
{
  g_clear_pointer (&call->request, sip_request_free);
  g_clear_pointer (&call->offer, sip_sdp_free);
  g_clear_pointer (&call->move, sip_target_free);
}

/* The target moves with a request that succeeds (RFC 3261 §12.2.2). */
static void
move (SipCall *call)
{
  if (call->move)
    sip_target_apply (call, g_steal_pointer (&call->move));
}

static void
refuse (SipCall *call, const GError *error)
{
  sip_request_refuse (call->listener, call->request, call->peer, error);
}

/* The 200 to the first INVITE has been sent. */
static void
answered (SipCall *call)
{
  call->state = SIP_CALL_ANSWERED;
  rfl_counter_add (call->listener->plugin->counters.joined, 1);
  sip_call_log (call, "calls");
  sip_ringing_answered (call);
}

/* SipProposedFunc: of an INVITE without an offer. */
static void
proposed (SipCall *call, const char *sdp)
{
  g_autoptr (GError) error = NULL;

  if (call->request == NULL || call->state >= SIP_CALL_ENDING)
    {
      sip_proposal_drop (call); /* nobody hears of it, and nobody answers */
      return;
    }
  if (sdp)
    {
      move (call);
      sip_answer_propose (call, sdp);
      if (call->state == SIP_CALL_JOINING)
        answered (call);
      sip_negotiation_end (call);
      return;
    }
  g_set_error (&error, RFL_ERROR, RFL_ERROR_NO_CODEC, "There is nothing to offer");
  refuse (call, error);
  sip_negotiation_end (call);
  if (call->state == SIP_CALL_JOINING)
    sip_call_ending (call, error->message);
}

/* RflJoinFunc; holds a reference to the call. */
static void
joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  SipCall *call = user_data;

  if (call->state != SIP_CALL_JOINING || call->request == NULL)
    ;
  else if (error)
    {
      call->state = SIP_CALL_ENDING;
      refuse (call, error);
      sip_negotiation_end (call);
    }
  else if (call->offer)
    {
      sip_answer_send (call);
      answered (call);
      sip_negotiation_end (call);
    }
  else
    sip_proposal_make (call, proposed);
  sip_call_unref (call);
}

/* RflJoinFunc; holds a reference to the call. A refused change leaves the call as it was. */
static void
changed (RflParticipant *participant, const GError *error, gpointer user_data)
{
  SipCall *call = user_data;

  if (call->state != SIP_CALL_GONE && call->request)
    {
      if (error)
        refuse (call, error);
      else
        {
          move (call);
          sip_answer_send (call);
        }
      sip_negotiation_end (call);
    }
  sip_call_unref (call);
}

static GPtrArray *
make_offers (SipCall *call)
{
  RflAddress local = call->listener->local;

  local.port = 0;
  if (call->offer == NULL)
    return g_ptr_array_new ();
  return sip_sdp_to_offers (call->offer, call->modes, &local);
}

static SipCall *
call_new (SipListener *listener, SipInvite *invite)
{
  g_autofree char *identity = sip_uri_get_identity (invite->sip->sip_from);
  g_autofree char *display_name = sip_uri_get_display_name (invite->sip->sip_from);
  g_autofree char *pin = sip_uri_get_pin (invite->sip->sip_request->rq_url);
  SipCall *call = g_new0 (SipCall, 1);

  g_atomic_ref_count_init (&call->refs);
  call->listener = listener;
  call->nh = invite->request->nh;
  call->request = g_steal_pointer (&invite->request);
  call->offer = g_steal_pointer (&invite->offer);
  call->room = g_steal_pointer (&invite->room);
  call->user = g_steal_pointer (&invite->user);
  call->modes = invite->modes;
  sip_ringing_note (call, invite->sip);
  sip_timer_note (call, invite->sip);
  sip_target_apply (call, sip_target_new (call, invite->sip, &invite->remote, invite->tcp));
  call->since = rfl_clock_now (rfl_core_get_clock (listener->plugin->core));
  sip_call_adopt (call, &(RflParticipantSpec){ .identity = identity,
                                               .display_name = display_name,
                                               .pin = pin,
                                               .unconfirmed = !call->tcp });
  sip_index_add (listener->plugin->index, call, invite->sip);
  sip_gate_know (listener->plugin->gate, call);
  return call;
}

void
sip_negotiation_start (SipListener *listener, SipInvite *invite)
{
  SipCall *call = call_new (listener, invite);

  rfl_participant_join (call->participant, call->room, make_offers (call), joined,
                        sip_call_ref (call));
  if (call->state == SIP_CALL_JOINING && call->request)
    sip_ringing_start (call);
}

void
sip_negotiation_change (SipCall *call, SipInvite *invite)
{
  call->move = sip_target_new (call, invite->sip, &invite->remote, invite->tcp);
  sip_timer_note (call, invite->sip);
  call->request = g_steal_pointer (&invite->request);
  call->offer = g_steal_pointer (&invite->offer);
  if (call->offer)
    rfl_participant_offer (call->participant, make_offers (call), changed, sip_call_ref (call));
  else
    sip_proposal_make (call, proposed);
}

void
sip_negotiation_confirm (SipCall *call, SipInvite *invite)
{
  sip_target_apply (call, sip_target_new (call, invite->sip, &invite->remote, invite->tcp));
  sip_timer_note (call, invite->sip);
  sip_answer_confirm (call, invite->request);
}

/* The stack has answered both requests. Without a request the outcome is told to nobody. */
void
sip_negotiation_cancelled (SipCall *call)
{
  if (call->state != SIP_CALL_CONFIRMED || call->request == NULL)
    return;
  sip_negotiation_end (call);
  rfl_participant_withdraw (call->participant);
}
