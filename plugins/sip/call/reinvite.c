/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our INVITEs inside calls. What is offered and what the answer does is in proposal.c. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/call/reinvite.h"
#include "plugins/sip/call/proposal.h"
#include "plugins/sip/call/timer.h"

/* Who meets an INVITE of the other side's tries again after 2.1 to 4 s if the Call-ID is his, else
 * within 2 s (RFC 3261 §14.1); it is the caller's. Likewise while the call is busy. */
#define AGAIN_MIN 500  /* ms */
#define AGAIN_MAX 2000 /* ms */
#define MAX_TRIES 10

/* SipProposedFunc */
static void
invite (SipCall *call, const char *sdp)
{
  if (sdp == NULL)
    {
      call->reinvite.sent = 0;
      return;
    }
  if (call->reinvite.sent & SIP_REINVITE_REOFFER)
    rfl_counter_add (call->listener->plugin->counters.reoffers, 1);
  nua_invite (call->nh, SIPTAG_CONTACT_STR (call->contact),
              SIPTAG_CONTENT_TYPE_STR ("application/sdp"), SIPTAG_PAYLOAD_STR (sdp),
              TAG_IF (call->next_hop, NUTAG_PROXY (call->next_hop)), TAG_END ());
}

static void
note_refused_offer (SipCall *call)
{
  const RflLogFields fields = { call->room, call->participant->id, call->peer };
  SipPlugin *plugin = call->listener->plugin;
  guint suppressed = 0;

  rfl_counter_add (plugin->counters.reoffers_refused, 1);
  if (rfl_log_limit_pass (&plugin->refused_log, rfl_core_get_clock (plugin->core), &suppressed))
    rfl_info (&fields, "does not take the session's new codec, and goes on without (%u more)",
              suppressed);
}

static void
finish (SipCall *call, guint purposes, gboolean success)
{
  call->reinvite.tries = 0;
  if (!success && (purposes & SIP_REINVITE_REOFFER))
    note_refused_offer (call);
  if (purposes & SIP_REINVITE_REFRESH)
    sip_timer_refreshed (call, success);
}

static void
try_later (SipCall *call)
{
  guint wanted = call->reinvite.wanted;

  if (++call->reinvite.tries < MAX_TRIES)
    {
      rfl_timer_start (call->reinvite.timer,
                       g_random_int_range (AGAIN_MIN, AGAIN_MAX) * G_TIME_SPAN_MILLISECOND);
      return;
    }
  call->reinvite.wanted = 0;
  finish (call, wanted, FALSE);
}

/* Not before the ACK of theirs, which would be taken for the answer to ours. */
static void
on_timer (gpointer data)
{
  SipCall *call = data;

  if (call->state >= SIP_CALL_ENDING || call->reinvite.wanted == 0 || call->reinvite.sent != 0)
    return;
  if (call->state != SIP_CALL_CONFIRMED || call->request || call->ack_due
      || sip_proposal_is_open (call))
    {
      try_later (call);
      return;
    }
  call->reinvite.sent = call->reinvite.wanted;
  call->reinvite.wanted = 0;
  sip_proposal_make (call, invite);
}

void
sip_reinvite_want (SipCall *call, SipReinvitePurpose purpose)
{
  if (call->reinvite.timer == NULL)
    call->reinvite.timer = rfl_timer_new (rfl_core_get_clock (call->listener->plugin->core),
                                          "sip re-invite", on_timer, call);
  call->reinvite.wanted |= purpose;
  if (call->reinvite.sent == 0 && !rfl_timer_is_running (call->reinvite.timer))
    rfl_timer_start (call->reinvite.timer, 0);
}

gboolean
sip_reinvite_reoffer (RflParticipant *participant, gpointer user_data)
{
  SipCall *call = user_data;

  if (call->state >= SIP_CALL_ENDING)
    return FALSE;
  sip_reinvite_want (call, SIP_REINVITE_REOFFER);
  return TRUE;
}

void
sip_reinvite_answered (SipCall *call, int status, const sip_t *sip)
{
  guint sent = call->reinvite.sent;

  if (status < 200 || sent == 0 || call->state != SIP_CALL_CONFIRMED)
    return;
  call->reinvite.sent = 0;
  if (status < 300 && sip)
    sip_proposal_answered (call, sip);
  else
    sip_proposal_drop (call);
  if (status == 491 || status == 500)
    call->reinvite.wanted |= sent;
  else
    finish (call, sent, status < 300);
  if (call->reinvite.wanted != 0)
    try_later (call);
}

void
sip_reinvite_stop (SipCall *call)
{
  g_clear_pointer (&call->reinvite.timer, rfl_timer_free);
}
