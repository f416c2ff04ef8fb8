/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers of ours to a call because its session speaks something else by now: an INVITE in the dialog
 * as soon as nothing else is being negotiated. Not for refreshing calls: see timer.h.
 */
#pragma once

#include "plugins/sip/call.h"

/* RflParticipantOps.reoffer: @call is a SipCall. Returns: %FALSE if the call is about to end */
gboolean sip_reoffer (RflParticipant *participant, gpointer call);
/* A final response to an INVITE of ours came. Returns: whether that was one of these, and was
 * refused: then the call goes on as it is. */
gboolean sip_reoffer_refused (SipCall *call, int status);
void sip_reoffer_stop (SipCall *call);
