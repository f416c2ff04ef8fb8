/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a request came from, and its refusal. Reads nothing of its content. */
#include "plugins/sip/arrival.h"
#include <sofia-sip/msg_addr.h>
#include <string.h>

void
sip_arrival_init (SipArrival *a, SipListener *listener, const SipRequest *request, const sip_t *sip)
{
  msg_t *msg = nua_saved_event_request (request->saved);
  const su_addrinfo_t *ai = msg ? msg_addrinfo (msg) : NULL;

  memset (a, 0, sizeof *a);
  a->listener = listener;
  a->sip = sip;
  if (ai && ai->ai_addr)
    {
      rfl_address_from_sockaddr (&a->remote, ai->ai_addr, ai->ai_addrlen);
      a->tcp = ai->ai_socktype == SOCK_STREAM;
    }
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
