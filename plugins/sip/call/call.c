/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call from its participant to its BYE: is adopted, acknowledged, ends. Not about offers and
 * answers: see negotiation.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/call/call.h"
#include "plugins/sip/call/index.h"
#include "plugins/sip/conference/conference.h"
#include "plugins/sip/gate/gate.h"
#include "plugins/sip/journal/journal.h"
#include "plugins/sip/text/message.h"
#include "plugins/sip/call/negotiation.h"
#include "plugins/sip/call/proposal.h"
#include "plugins/sip/call/reinvite.h"
#include "plugins/sip/call/ringing.h"
#include "plugins/sip/call/target.h"
#include "plugins/sip/call/timer.h"
#include <string.h>

#define CALL_KEY "sip/call"

SipCall *
sip_call_ref (SipCall *call)
{
  g_atomic_ref_count_inc (&call->refs);
  return call;
}

void
sip_call_unref (SipCall *call)
{
  if (!g_atomic_ref_count_dec (&call->refs))
    return;
  g_clear_pointer (&call->participant, rfl_participant_unref);
  g_clear_pointer (&call->request, sip_request_free);
  g_clear_pointer (&call->offer, sip_sdp_free);
  g_clear_pointer (&call->proposal, g_ptr_array_unref);
  sip_target_free (call->move);
  sip_sdp_origin_clear (&call->origin);
  g_strfreev (call->heads);
  g_free (call->room);
  g_free (call->peer);
  g_free (call->user);
  g_free (call->contact);
  g_free (call->next_hop);
  g_free (call->farewell);
  g_free (call);
}

static void
unref_call (gpointer call)
{
  sip_call_unref (call);
}

const char *
sip_call_state_name (SipCallState state)
{
  static const char *const names[] = { "joining", "answered", "confirmed", "ending", "gone" };

  return names[state];
}

void
sip_call_log (SipCall *call, const char *what)
{
  SipPlugin *plugin = call->listener->plugin;
  guint suppressed = 0;

  if (rfl_log_limit_pass (&plugin->call_log, rfl_core_get_clock (plugin->core), &suppressed))
    rfl_debug (&(RflLogFields){ call->room, call->participant->id, call->peer }, "%s: %s (%u more)",
               call->participant->identity, what, suppressed);
}

void
sip_call_note_heads (SipCall *call, const SipSdp *sdp)
{
  g_strfreev (call->heads);
  call->heads = sip_sdp_get_heads (sdp);
}

/* RflParticipantOps: somebody else ended the participant. */
static void
ended (RflParticipant *participant, const char *reason, gpointer user_data)
{
  sip_call_end (user_data, reason);
}

static const RflParticipantOps participant_ops = { .ended = ended,
                                                   .reoffer = sip_reinvite_reoffer };

void
sip_call_adopt (SipCall *call, const RflParticipantSpec *who)
{
  SipPlugin *plugin = call->listener->plugin;
  RflParticipantSpec spec = *who;

  spec.cname = who->identity;
  spec.signalling = call->remote;
  spec.ops = &participant_ops;
  spec.user_data = call;
  call->participant = rfl_participant_new (plugin->core, &spec);
  rfl_participant_set_data (call->participant, CALL_KEY, call, NULL);
  rfl_participant_set_local (call->participant, &call->listener->local);
  g_hash_table_add (plugin->calls, call);
  nua_handle_bind (call->nh, call);
}

/* ---- ending ---- */

/* Returns: (transfer full): a Reason header (RFC 3326) */
static char *
make_reason (guint cause, const char *reason)
{
  g_autofree char *text = sip_text_to_quote (reason, strlen (reason));

  return g_strdup_printf ("SIP;cause=%u;text=\"%s\"", cause, text);
}

static void
say_goodbye (SipCall *call, const char *header)
{
  call->state = SIP_CALL_ENDING;
  nua_bye (call->nh, SIPTAG_REASON_STR (header), TAG_END ());
}

static void
leave (SipCall *call, const char *reason)
{
  rfl_participant_leave (call->participant, reason);
}

/* Not before the ACK: whoever forges an address does not end the calls made from there. */
static void
replace_others (SipCall *call)
{
  SipPlugin *plugin = call->listener->plugin;
  g_autoptr (GPtrArray) others = NULL;

  if (plugin->settings.second_call != SIP_SECOND_CALL_REPLACE)
    return;
  others = sip_index_list_replaced (plugin->index, call);
  for (guint i = 0; i < others->len; i++)
    {
      rfl_counter_add (plugin->counters.replaced, 1);
      sip_call_end (others->pdata[i], "Replaced by another call of the same user");
    }
}

void
sip_call_acknowledged (SipCall *call, const sip_t *sip)
{
  sip_call_ref (call);
  call->ack_due = FALSE;
  if (call->state == SIP_CALL_ANSWERED)
    {
      call->state = SIP_CALL_CONFIRMED;
      sip_ringing_stop (call);
      if (call->farewell)
        say_goodbye (call, call->farewell);
      else
        {
          rfl_participant_confirm (call->participant);
          replace_others (call);
          sip_messages_on_ack (call);
        }
    }
  if (sip)
    sip_proposal_answered (call, sip);
  sip_call_unref (call);
}

void
sip_call_end_with (SipCall *call, guint cause, const char *reason)
{
  g_autofree char *header = make_reason (cause, reason);

  sip_call_ref (call);
  switch (call->state)
    {
    case SIP_CALL_JOINING:
      call->state = SIP_CALL_ENDING;
      if (call->request)
        sip_request_respond (call->request, SIP_480_TEMPORARILY_UNAVAILABLE, NULL);
      break;
    case SIP_CALL_ANSWERED:
      /* RFC 3261 §15: no BYE from this side before the ACK. */
      if (call->farewell == NULL)
        call->farewell = g_steal_pointer (&header);
      break;
    case SIP_CALL_CONFIRMED:
      say_goodbye (call, header);
      break;
    default:
      break;
    }
  leave (call, reason);
  sip_call_unref (call);
}

void
sip_call_end (SipCall *call, const char *reason)
{
  sip_call_end_with (call, 200, reason);
}

void
sip_call_ending (SipCall *call, const char *reason)
{
  if (call->state >= SIP_CALL_ENDING)
    return;
  call->state = SIP_CALL_ENDING;
  leave (call, reason);
}

void
sip_call_gone (SipCall *call, const char *reason)
{
  nua_handle_t *nh = call->nh;

  if (call->state == SIP_CALL_GONE)
    return;
  sip_call_ref (call);
  sip_call_log (call, reason);
  call->state = SIP_CALL_GONE;
  rfl_counter_add (call->listener->plugin->counters.ended, 1);
  sip_negotiation_end (call);
  sip_journal_forget (call->listener->plugin->journal, call);
  sip_ringing_stop (call);
  sip_timer_stop (call);
  sip_reinvite_stop (call);
  sip_index_remove (call->listener->plugin->index, call);
  sip_gate_forget (call->listener->plugin->gate, call);
  rfl_participant_set_data (call->participant, CALL_KEY, NULL, NULL);
  g_clear_pointer (&call->talk, sip_talk_free);
  g_hash_table_remove (call->listener->plugin->calls, call);
  nua_handle_bind (nh, NULL);
  if (!sip_conference_take_handle (call->listener->plugin->conference, call))
    nua_handle_destroy (nh);
  call->nh = NULL;
  leave (call, reason);
  sip_call_unref (call);
}

SipCall *
sip_call_find (RflParticipant *participant)
{
  return rfl_participant_get_data (participant, CALL_KEY);
}

/* Ending one call may end others (hooks), so the list is taken first. */
static GPtrArray *
list_calls (SipPlugin *plugin)
{
  GPtrArray *calls = g_ptr_array_new_with_free_func (unref_call);
  GHashTableIter iter;
  gpointer call;

  g_hash_table_iter_init (&iter, plugin->calls);
  while (g_hash_table_iter_next (&iter, &call, NULL))
    g_ptr_array_add (calls, sip_call_ref (call));
  return calls;
}

void
sip_calls_end_all (SipPlugin *plugin, const char *reason)
{
  g_autoptr (GPtrArray) calls = list_calls (plugin);

  for (guint i = 0; i < calls->len; i++)
    sip_call_end (calls->pdata[i], reason);
}

void
sip_calls_drop_all (SipPlugin *plugin)
{
  g_autoptr (GPtrArray) calls = list_calls (plugin);

  for (guint i = 0; i < calls->len; i++)
    sip_call_gone (calls->pdata[i], "stopped");
}

GHashTable *
sip_calls_new (void)
{
  return g_hash_table_new_full (NULL, NULL, unref_call, NULL);
}
