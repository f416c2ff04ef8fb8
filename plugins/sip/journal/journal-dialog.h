/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a call to its record. */
#pragma once

#include "plugins/sip/journal/journal-record.h"
#include "plugins/sip/stack/stack.h"

/**
 * sip_dialog_from_call:
 * @sip: the request that the call is answering, or the 2xx to its own INVITE
 *
 * Returns: (transfer full) (nullable): without id and time; %NULL where @sip says too little
 */
SipDialog *sip_dialog_from_call (const SipCall *call, const sip_t *sip);
