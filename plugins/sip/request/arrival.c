/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a request came from, and its refusal. Reads nothing of its content. */
#include "plugins/sip/request/arrival.h"
#include <sofia-sip/msg_addr.h>
#include <string.h>

gboolean
sip_event_is_request (nua_event_t event)
{
  switch (event)
    {
    case nua_i_invite:
    case nua_i_update:
    case nua_i_options:
    case nua_i_register:
    case nua_i_message:
    case nua_i_info:
    case nua_i_prack:
    case nua_i_subscribe:
    case nua_i_refer:
    case nua_i_publish:
    case nua_i_method:
      return TRUE;
    default:
      return FALSE;
    }
}

gboolean
sip_msg_get_remote (const msg_t *msg, RflAddress *remote, gboolean *tcp)
{
  const su_addrinfo_t *ai = msg ? msg_addrinfo ((msg_t *) msg) : NULL;

  if (ai == NULL || ai->ai_addr == NULL
      || !rfl_address_from_sockaddr (remote, ai->ai_addr, ai->ai_addrlen))
    return FALSE;
  if (tcp)
    *tcp = ai->ai_socktype == SOCK_STREAM;
  return TRUE;
}

void
sip_request_get_remote (const SipRequest *request, RflAddress *remote, gboolean *tcp)
{
  memset (remote, 0, sizeof *remote);
  *tcp = FALSE;
  sip_msg_get_remote (nua_saved_event_request (request->saved), remote, tcp);
}

const char *
sip_arrival_get_agent (const sip_t *sip)
{
  if (sip->sip_user_agent)
    return sip->sip_user_agent->g_string;
  return sip->sip_server ? sip->sip_server->g_string : NULL;
}

void
sip_arrival_init (SipArrival *a, SipListener *listener, const SipRequest *request, const sip_t *sip)
{
  memset (a, 0, sizeof *a);
  a->listener = listener;
  a->sip = sip;
  sip_request_get_remote (request, &a->remote, &a->tcp);
  rfl_address_format (&a->remote, a->peer);
}

void
sip_arrival_refuse (const SipArrival *a, SipRequest *request, const SipRefusal *refusal,
                    const char *text)
{
  sip_request_refuse_with (a->listener, request, a->peer, refusal, text);
}

void
sip_arrival_refuse_error (const SipArrival *a, SipRequest *request, const GError *error)
{
  sip_request_refuse (a->listener, request, a->peer, error);
}
