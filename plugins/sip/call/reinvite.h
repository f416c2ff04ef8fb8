/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* INVITEs of ours inside a call: they offer what core would. For refreshing a session (see
 * timer.h), and when the session speaks something else by now. Not for calls that we begin.
 */
#pragma once

#include "plugins/sip/call/call.h"

/* What one is for; may be combined. */
typedef enum {
  SIP_REINVITE_REFRESH = 1 << 0,
  SIP_REINVITE_REOFFER = 1 << 1
} SipReinvitePurpose;

/* Sends one as soon as nothing else is being negotiated; several wishes make one INVITE. */
void sip_reinvite_want (SipCall *call, SipReinvitePurpose purpose);
/* RflParticipantOps.reoffer: @call is a SipCall. Returns: %FALSE if the call is about to end */
gboolean sip_reinvite_reoffer (RflParticipant *participant, gpointer call);
/* A response came. @sip: (nullable): the stack made it up. A refusal ends nothing. */
void sip_reinvite_answered (SipCall *call, int status, const sip_t *sip);
void sip_reinvite_stop (SipCall *call);
