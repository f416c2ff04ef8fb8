/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds calls by where they come from and by what their INVITEs said: merged requests, and further calls of somebody who
 * is in the room already (option second_call). Holds no references to calls.
 */
#pragma once

#include "plugins/sip/call/negotiation.h"

/* One for each instance. */
SipIndex *sip_index_new (void);
void sip_index_free (SipIndex *index);

/* @call has its participant, user, room and address. */
void sip_index_add (SipIndex *index, SipCall *call, const sip_t *sip);
void sip_index_remove (SipIndex *index, SipCall *call);

/* @call->remote is another one; of calls that are not in the tables too. */
void sip_index_move (SipIndex *index, SipCall *call);
/* Whether any call's requests come from there, whatever the port. */
gboolean sip_index_has_host (const SipIndex *index, const RflAddress *remote);

/* Whether the same INVITE has come on another path and become a call (RFC 3261 §8.2.2.2). */
gboolean sip_index_is_merged (const SipIndex *index, const sip_t *sip);
/* Returns: (nullable): a call that is not ending, to the same room, by the same From URI and,
 * as far as either has any, the same credentials; lent */
SipCall *sip_index_find_twin (const SipIndex *index, const SipInvite *invite);
/* The other calls like that, if @call is proven to be by the same user: by credentials or
 * by its address. (transfer full) (element-type SipCall) */
GPtrArray *sip_index_list_replaced (const SipIndex *index, SipCall *call);
