/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A SIP parser that refuses what Sofia-SIP's upper layers cannot bear. Not a policy of who
 * may call: what it refuses is malformed or would bring the process down.
 */
#pragma once

#include <glib.h>
#include <sofia-sip/msg_mclass.h>

typedef struct _SipGuard SipGuard;

SipGuard *sip_guard_new (void);
/* Whether a message is to be dropped before its first line is read; its sender's address is known. */
typedef gboolean (*SipGuardDropFunc) (msg_t *msg, gpointer data);
void sip_guard_set_drop (SipGuard *guard, SipGuardDropFunc drop, gpointer data);
/* Lent; everything parsed with it must be gone before sip_guard_free(). */
const msg_mclass_t *sip_guard_get_parser (const SipGuard *guard);
/* %NULL is allowed. */
void sip_guard_free (SipGuard *guard);
