/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other way round than call.c begins: the phone has offered with its 200, and the ACK answers
 * once it is in the room. What comes later is the same for all calls.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/dialout/call-out.h"
#include "plugins/sip/gate/gate.h"
#include "plugins/sip/call/answer.h"
#include "plugins/sip/call/index.h"
#include "plugins/sip/journal/journal.h"
#include "plugins/sip/request/uri.h"

static GPtrArray *
make_offers (const SipSdp *offer, SipModes modes, RflAddress local)
{
  local.port = 0;
  return sip_sdp_to_offers (offer, modes, &local);
}

static void
acknowledge (nua_handle_t *nh, const char *sdp)
{
  nua_ack (nh, TAG_IF (sdp, SIPTAG_CONTENT_TYPE_STR ("application/sdp")),
           TAG_IF (sdp, SIPTAG_PAYLOAD_STR (sdp)), NUTAG_AUTOACK (1), TAG_END ());
}

void
sip_call_out_decline (nua_handle_t *nh, const SipListener *listener, const SipSdp *offer)
{
  g_auto (SipSdpOrigin) origin = { 0 };
  g_autofree char *sdp = NULL;

  if (offer)
    {
      g_autoptr (GPtrArray) descs = make_offers (offer, (SipModes){ 0 }, listener->local);

      g_ptr_array_set_free_func (descs, (GDestroyNotify) rfl_medium_desc_free);
      sdp = sip_sdp_write_answer (offer, descs, &listener->local, &origin);
    }
  acknowledge (nh, sdp);
  nua_bye (nh, TAG_END ());
}

static void
refuse (SipCall *call)
{
  call->state = SIP_CALL_ENDING;
  rfl_counter_add (call->listener->plugin->counters.refused, 1);
  sip_call_out_decline (call->nh, call->listener, call->offer);
}

static void
let_in (SipCall *call)
{
  g_autofree char *sdp = sip_answer_write (call, NULL);

  call->state = SIP_CALL_CONFIRMED;
  rfl_counter_add (call->listener->plugin->counters.joined, 1);
  acknowledge (call->nh, sdp);
}

/* RflJoinFunc; holds a reference to the call. */
static void
joined (RflParticipant *participant, const GError *error, gpointer user_data)
{
  SipCall *call = user_data;

  if (call->state == SIP_CALL_JOINING && !error)
    let_in (call);
  else if (call->state != SIP_CALL_GONE)
    refuse (call);
  g_clear_pointer (&call->offer, sip_sdp_free);
  sip_call_unref (call);
}

/* The route set of who calls is what the other end has recorded, the other way round (RFC 3261 §12.1.2). */
static gboolean
is_reachable (const sip_record_route_t *recorded)
{
  while (recorded && recorded->r_next)
    recorded = recorded->r_next;
  return recorded && sip_uri_is_numeric (recorded->r_url);
}

static SipCall *
call_new (SipCallOut *out)
{
  SipCall *call = g_new0 (SipCall, 1);
  char peer[RFL_ADDRESS_STRLEN];

  g_atomic_ref_count_init (&call->refs);
  call->listener = out->listener;
  call->nh = g_steal_pointer (&out->nh);
  call->offer = g_steal_pointer (&out->offer);
  call->room = g_strdup (out->room);
  call->user = g_strdup (out->user);
  call->modes = out->modes;
  call->remote = out->remote;
  call->tcp = out->tcp;
  call->peer = g_strdup (rfl_address_format (&out->remote, peer));
  call->routed = out->sip->sip_record_route != NULL;
  call->contact = g_strdup (out->contact);
  call->next_hop = is_reachable (out->sip->sip_record_route) ? NULL : g_strdup (out->next_hop);
  call->since = rfl_clock_now (rfl_core_get_clock (out->listener->plugin->core));
  return call;
}

void
sip_call_out_start (SipCallOut *out)
{
  SipCall *call = call_new (out);

  /* Its answer has what only our INVITE said: it is where it says. */
  sip_call_adopt (call, &(RflParticipantSpec){ .identity = out->identity,
                                               .display_name = out->display_name,
                                               .invited = TRUE });
  sip_gate_know (out->listener->plugin->gate, call);
  sip_index_move (out->listener->plugin->index, call);
  sip_journal_note (out->listener->plugin->journal, call, out->sip);
  rfl_participant_join (call->participant, call->room,
                        make_offers (call->offer, call->modes, call->listener->local), joined,
                        sip_call_ref (call));
}
