/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The 200 to what changes a call: INVITE, re-INVITE, UPDATE. Refusals are in respond.h. */
#pragma once

#include "plugins/sip/call/call.h"

/* (transfer full): the answer to call->offer: what core has agreed. Keeps what its m-lines look like.
 * @media: (out) (nullable): where the peer's media go, or none */
char *sip_answer_write (SipCall *call, RflAddress *media);
/* call->request gets the answer to call->offer: what core has agreed. */
void sip_answer_send (SipCall *call);
/* call->request gets an offer of ours, see proposal.h. */
void sip_answer_propose (SipCall *call, const char *sdp);
/* @request gets a 200 without media: they stay as they are. */
void sip_answer_confirm (SipCall *call, SipRequest *request);
