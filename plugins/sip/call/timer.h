/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Session timers (RFC 4028). Sofia-SIP negotiates, refreshes by UPDATE and ends what was not
 * refreshed; here is what it is told for each call, and the refresh by INVITE, which
 * it would send without an offer.
 */
#pragma once

#include "plugins/sip/call/call.h"

/* A request of the peer's that may be answered with 200: what it says about refreshing. */
void sip_timer_note (SipCall *call, const sip_t *sip);
/* The 200 is on its way. */
void sip_timer_start (SipCall *call);
/* A response to the stack's UPDATE came. */
void sip_timer_updated (SipCall *call, int status);
/* Our INVITE was answered, or refused. */
void sip_timer_refreshed (SipCall *call, gboolean success);
void sip_timer_stop (SipCall *call);
