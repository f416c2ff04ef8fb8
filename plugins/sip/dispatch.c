/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the stack reports, handed to those who deal with it. Nothing is judged here. */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/gate/access.h"
#include "plugins/sip/call/call.h"
#include "plugins/sip/conference/conference.h"
#include "plugins/sip/dialout/dialout.h"
#include "plugins/sip/call/info.h"
#include "plugins/sip/call/invite.h"
#include "plugins/sip/call/negotiation.h"
#include "plugins/sip/gate/gate.h"
#include "plugins/sip/text/message.h"
#include "plugins/sip/journal/orphan.h"
#include "plugins/sip/registrar/registrar.h"
#include "plugins/sip/call/reinvite.h"
#include "plugins/sip/call/timer.h"

/* RFC 3261 §11.2; the stack adds Accept, Allow and Supported. */
static void
on_options (SipListener *listener, nua_handle_t *nh, SipCall *call)
{
  g_autoptr (SipRequest) request = sip_request_save (listener, nh);
  tagi_t tags[] = { { SIPTAG_ACCEPT_ENCODING_STR ("identity") },
                    { SIPTAG_ACCEPT_LANGUAGE_STR ("en") },
                    { TAG_END () } };

  sip_request_respond (request, SIP_200_OK, tags);
  if (call == NULL)
    nua_handle_destroy (nh);
}

static void
on_state (nua_handle_t *nh, SipCall *call, const char *phrase, tagi_t tags[])
{
  int state = nua_callstate_init;

  tl_gets (tags, NUTAG_CALLSTATE_REF (state), TAG_END ());
  if (call == NULL)
    {
      if (state == nua_callstate_terminated)
        nua_handle_destroy (nh);
      return;
    }
  if (state == nua_callstate_ready)
    sip_call_acknowledged (call, NULL);
  else if (state == nua_callstate_terminating)
    sip_call_ending (call, phrase);
  else if (state == nua_callstate_terminated)
    sip_call_gone (call, phrase && *phrase ? phrase : "ended");
}

void
sip_dispatch (nua_event_t event, int status, char const *phrase, nua_t *nua, SipListener *listener,
              nua_handle_t *nh, SipCall *call, sip_t const *sip, tagi_t tags[])
{
  if (call == NULL && sip_dialout_on_event (listener, event, status, nh, sip, tags))
    return;
  if (!sip_gate_admit (listener, event, status, nh, call, sip))
    return;
  if (call == NULL && status < 200 && sip_access_refuses (event, listener, nh, sip))
    return;
  switch (event)
    {
    case nua_i_invite:
      if (status >= 200)
        break;
      if (call)
        sip_invite_change (listener, nh, call, sip);
      else
        sip_invite_receive (listener, nh, sip);
      break;
    case nua_i_update:
      if (status < 200)
        sip_invite_change (listener, nh, call, sip);
      break;
    case nua_i_options:
      if (status < 200)
        on_options (listener, nh, call);
      break;
    case nua_i_register:
      if (status < 200)
        sip_registrar_on_register (listener, nh, call, sip);
      break;
    case nua_i_message:
      if (status < 200)
        sip_messages_on_message (listener, nh, call, sip);
      break;
    case nua_r_message:
      sip_messages_on_answer (call, status);
      break;
    case nua_i_subscribe:
      sip_conference_on_subscribe (listener, nh, call, status, sip);
      break;
    case nua_r_notify:
      sip_conference_on_answer (listener, nh, status, tags);
      break;
    case nua_i_info:
      if (status < 200)
        sip_info_receive (listener, nh, call, sip);
      break;
    case nua_i_ack:
      if (call)
        sip_call_acknowledged (call, sip);
      break;
    case nua_r_invite:
      if (call)
        sip_reinvite_answered (call, status, sip);
      break;
    case nua_r_update:
      if (call)
        sip_timer_updated (call, status);
      break;
    case nua_i_cancel:
      rfl_counter_add (listener->plugin->counters.cancelled, 1);
      if (call)
        sip_negotiation_cancelled (call);
      break;
    case nua_i_state:
      on_state (nh, call, phrase, tags);
      break;
    case nua_r_method:
      sip_orphans_answered (listener->plugin->orphans, nh, status);
      break;
    case nua_r_shutdown:
      listener->down = status >= 200;
      break;
    default:
      break;
    }
}
