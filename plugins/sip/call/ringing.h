/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The 180 while an answer waits (RFC 3261 §13.3.1.1), reliable for callers who want that
 * (RFC 3262). Never with a session description.
 */
#pragma once

#include "plugins/sip/call/call.h"

/* What the INVITE says about reliability. */
void sip_ringing_note (SipCall *call, const sip_t *invite);
/* The INVITE could not be answered at once. */
void sip_ringing_start (SipCall *call);
/* It has been answered. */
void sip_ringing_answered (SipCall *call);
void sip_ringing_stop (SipCall *call);
