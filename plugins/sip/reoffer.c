/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks callers to negotiate again when their session has another codec. A refusal ends nothing. Not for what
 * is offered: that is asked of core (proposal.c).
 */
#include "plugins/sip/reoffer.h"
#include "plugins/sip/proposal.h"
#include "plugins/sip/timer.h"

/* While the call is busy, and after both sides asked at once (RFC 3261 §14.1: the one that does not own
 * the Call-ID waits for up to 2 s) */
#define AGAIN (2 * G_TIME_SPAN_SECOND)
#define MAX_TRIES 10

/* SipProposedFunc */
static void
propose (SipCall *call, const char *sdp)
{
  if (sdp == NULL || call->state != SIP_CALL_CONFIRMED)
    return;
  call->reoffer.under_way = TRUE;
  rfl_counter_add (call->listener->plugin->counters.reoffers, 1);
  sip_timer_invite (call, sdp);
}

static void
give_up (SipCall *call)
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
try_later (SipCall *call)
{
  if (call->reoffer.tries >= MAX_TRIES)
    give_up (call);
  else
    rfl_timer_start (call->reoffer.timer, AGAIN);
}

static void
on_timer (gpointer data)
{
  SipCall *call = data;

  if (call->state >= SIP_CALL_ENDING)
    return;
  call->reoffer.tries++;
  if (call->state != SIP_CALL_CONFIRMED || call->request || sip_proposal_is_open (call))
    try_later (call);
  else
    sip_proposal_make (call, propose);
}

gboolean
sip_reoffer (RflParticipant *participant, gpointer user_data)
{
  SipCall *call = user_data;

  if (call->state >= SIP_CALL_ENDING)
    return FALSE;
  if (call->reoffer.timer == NULL)
    call->reoffer.timer = rfl_timer_new (rfl_core_get_clock (call->listener->plugin->core),
                                         "sip reoffer", on_timer, call);
  call->reoffer.tries = 0;
  rfl_timer_start (call->reoffer.timer, 0);
  return TRUE;
}

gboolean
sip_reoffer_refused (SipCall *call, int status)
{
  gboolean ours = call->reoffer.under_way;

  call->reoffer.under_way = FALSE;
  if (!ours || status < 300)
    return FALSE;
  sip_proposal_drop (call);
  if (status == 491 || status == 500)
    try_later (call);
  else
    give_up (call);
  return TRUE;
}

void
sip_reoffer_stop (SipCall *call)
{
  g_clear_pointer (&call->reoffer.timer, rfl_timer_free);
}
