/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests that begin or change calls. What then happens is in call.h. */
#pragma once

#include "plugins/sip/call/call.h"

/* An INVITE outside of any dialog. */
void sip_invite_receive (SipListener *listener, nua_handle_t *nh, const sip_t *sip);
/* INVITE or UPDATE inside of one; @call: %NULL: that is over */
void sip_invite_change (SipListener *listener, nua_handle_t *nh, SipCall *call, const sip_t *sip);
