/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers of ours inside a call (RFC 3264; RFC 3261 §13.2.1): made, and their answers put into
 * force. Not how they travel: in a 200 to an INVITE without an offer, or in a request.
 */
#pragma once

#include "plugins/sip/call/call.h"

/* @sdp: the offer, lent; %NULL: there is nothing to offer, or the call has ended */
typedef void (*SipProposedFunc) (SipCall *call, const char *sdp);

/* Asks core what to offer, then calls @func once, perhaps before this returns. */
void sip_proposal_make (SipCall *call, SipProposedFunc func);
/* @sip has the answer: an ACK, or a 2xx to a request of ours. One in an ACK that cannot
 * be taken ends the call; a missing one does if nothing was agreed before. Nothing if none is
 * expected. */
void sip_proposal_answered (SipCall *call, const sip_t *sip);
/* The offer was refused or will not be answered. */
void sip_proposal_drop (SipCall *call);
/* An offer of ours has no answer yet, or that is not in force yet. */
gboolean sip_proposal_is_open (const SipCall *call);
