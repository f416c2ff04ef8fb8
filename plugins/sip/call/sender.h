/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who sends a request from outside of his call. Not who may call: see digest.h. */
#pragma once

#include "plugins/sip/call/call.h"
#include "plugins/sip/request/arrival.h"

/**
 * sip_sender_find:
 * @user: (nullable): whose credentials the request had
 *
 * Returns: (nullable): the call in @session of who sends @a, lent: he who says to be the same must have the same
 *   credentials, where there are any, and come from the same host
 */
SipCall *sip_sender_find (const RflSession *session, const SipArrival *a, const char *user);
