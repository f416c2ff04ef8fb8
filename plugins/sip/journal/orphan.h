/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* BYE for the calls of a crashed predecessor. Not how they are remembered: see journal.h. */
#pragma once

#include "plugins/sip/journal/journal-record.h"
#include "plugins/sip/stack/stack.h"

SipOrphans *sip_orphans_new (SipPlugin *plugin);
/* Those without an answer yet stay in the journal. %NULL is allowed. */
void sip_orphans_free (SipOrphans *orphans);
/* (transfer full): its BYE is sent when it is its turn. */
void sip_orphans_add (SipOrphans *orphans, SipDialog *dialog);
/* A response to a request of nua_method(); others' are ignored. */
void sip_orphans_answered (SipOrphans *orphans, nua_handle_t *nh, int status);
/* How many are not dealt with yet. */
guint sip_orphans_count (const SipOrphans *orphans);

/* Whether the stack can bear a BYE made of it: whatever the file said, URIs are sip URIs with
 * a host and without headers, and no text can end a line or a header. */
gboolean sip_orphan_is_sound (const SipDialog *dialog);
