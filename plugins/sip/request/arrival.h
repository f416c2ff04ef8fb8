/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One request as it came in, with where it really came from. Not what becomes of it. */
#pragma once

#include "plugins/sip/request/respond.h"

/**
 * SipArrival:
 * @remote: where the packet or connection came from
 * @peer: the same as text
 */
typedef struct {
  SipListener *listener;
  const sip_t *sip;
  RflAddress remote;
  gboolean tcp;
  char peer[RFL_ADDRESS_STRLEN];
} SipArrival;

/* Whether it tells of a request that wants an answer; of ACK and CANCEL not. */
gboolean sip_event_is_request (nua_event_t event);
/* Where @msg came from. @tcp: (out) (nullable). Returns: %FALSE: that is not known */
gboolean sip_msg_get_remote (const msg_t *msg, RflAddress *remote, gboolean *tcp);
/* Where the packet or connection came from that brought @request, or none. */
void sip_request_get_remote (const SipRequest *request, RflAddress *remote, gboolean *tcp);
/* What software sent @sip: User-Agent, of an answer perhaps Server (RFC 3261 §20.35, §20.41).
 * Returns: (nullable): lent */
const char *sip_arrival_get_agent (const sip_t *sip);
void sip_arrival_init (SipArrival *a, SipListener *listener, const SipRequest *request,
                       const sip_t *sip);
/* As sip_request_refuse_with() and sip_request_refuse(), with its listener and peer. */
void sip_arrival_refuse (const SipArrival *a, SipRequest *request, const SipRefusal *refusal,
                         const char *text);
void sip_arrival_refuse_error (const SipArrival *a, SipRequest *request, const GError *error);
