/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* INFO inside a call (RFC 6086, RFC 5168), keys too. Not any other package. */
#pragma once

#include "plugins/sip/call/call.h"

/* @call: %NULL: outside of any */
void sip_info_receive (SipListener *listener, nua_handle_t *nh, SipCall *call, const sip_t *sip);
