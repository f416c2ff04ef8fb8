/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Session timers (RFC 4028). Sofia-SIP negotiates, refreshes by UPDATE and ends what was not
 * refreshed; here is what it is told for each call, and the refresh by INVITE, which
 * it would send without an offer.
 */
#pragma once

#include "plugins/sip/call.h"

/* A request of the peer's that may be answered with 200: what it says about refreshing. */
void sip_timer_note (SipCall *call, const sip_t *sip);
/* The 200 is on its way. */
void sip_timer_start (SipCall *call);
/* Sends an INVITE inside the call with this offer; nothing if the call cannot have one now. */
void sip_timer_invite (SipCall *call, const char *sdp);
/* A response to an INVITE of ours came. @sip: %NULL: one that the stack made up */
void sip_timer_invited (SipCall *call, int status, const sip_t *sip);
void sip_timer_updated (SipCall *call, int status);
void sip_timer_stop (SipCall *call);
