/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Provisional responses. The final one and whether there is any are decided elsewhere. */
#include "plugins/sip/call/ringing.h"
#include "plugins/sip/call/target.h"
#include <sofia-sip/sip_header.h>

#define DELAY (200 * G_TIME_SPAN_MILLISECOND)

void
sip_ringing_note (SipCall *call, const sip_t *invite)
{
  if (sip_has_feature (invite->sip_require, "100rel"))
    call->caller_100rel = SIP_100REL_REQUIRED;
  else if (sip_has_feature (invite->sip_supported, "100rel"))
    call->caller_100rel = SIP_100REL_SUPPORTED;
}

/* The stack holds the 200 back until the PRACK has come, and gives up waiting after 64*T1; a
 * PRACK that it refuses stops that, and the call would stay for ever. */
static gint64
patience (const SipCall *call)
{
  return call->listener->plugin->settings.transaction_timeout * 2 * G_TIME_SPAN_SECOND;
}

/* RFC 3262 §3: to a caller who requires it everything is reliable, and the first reliable
 * response to an INVITE without an offer would have to offer. */
static void
ring (SipCall *call)
{
  RflAddress none = { 0 };
  g_autofree char *contact = sip_target_make_contact (call, &none);
  gboolean reliable = call->caller_100rel != SIP_100REL_NO && call->offer;
  tagi_t tags[] = { { SIPTAG_CONTACT_STR (contact) },
                    { TAG_IF (reliable, SIPTAG_REQUIRE_STR ("100rel")) },
                    { TAG_IF (call->next_hop, NUTAG_PROXY (call->next_hop)) },
                    { TAG_END () } };

  if (call->caller_100rel == SIP_100REL_REQUIRED && !reliable)
    return;
  call->ringing_reliably = reliable;
  sip_request_respond (call->request, SIP_180_RINGING, tags);
}

static void
on_timer (gpointer data)
{
  SipCall *call = data;

  if (call->state == SIP_CALL_JOINING && call->request)
    ring (call);
  else if (call->state == SIP_CALL_ANSWERED)
    sip_call_gone (call, "the caller confirms nothing");
}

void
sip_ringing_start (SipCall *call)
{
  call->ringing = rfl_timer_new (rfl_core_get_clock (call->listener->plugin->core), "sip ringing",
                                 on_timer, call);
  rfl_timer_start (call->ringing, DELAY);
}

void
sip_ringing_answered (SipCall *call)
{
  if (call->ringing && call->ringing_reliably)
    rfl_timer_start (call->ringing, patience (call));
  else
    sip_ringing_stop (call);
}

void
sip_ringing_stop (SipCall *call)
{
  g_clear_pointer (&call->ringing, rfl_timer_free);
}
