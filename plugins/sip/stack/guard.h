/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A SIP parser that refuses what Sofia-SIP's upper layers cannot bear. Not a policy of who
 * may call: what it refuses is malformed or would bring the process down.
 */
#pragma once

#include <glib.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/sip.h>

typedef struct _SipGuard SipGuard;

/* Called with each complete request that is not malformed. Returns: whether anybody shall see it;
 * if not, it is as good as never received. */
typedef gboolean (*SipGuardFunc) (msg_t *msg, sip_t *sip, gpointer user_data);

SipGuard *sip_guard_new (void);
/* Whether a message is to be dropped before its first line is read; its sender's address is known. */
typedef gboolean (*SipGuardDropFunc) (msg_t *msg, gpointer data);
void sip_guard_set_drop (SipGuard *guard, SipGuardDropFunc drop, gpointer data);
/* Lent; everything parsed with it must be gone before sip_guard_free(). */
const msg_mclass_t *sip_guard_get_parser (const SipGuard *guard);
/* %NULL: all pass. */
void sip_guard_set_func (SipGuard *guard, SipGuardFunc func, gpointer user_data);
gboolean sip_guard_has_func (const SipGuard *guard);
/* %NULL is allowed. */
void sip_guard_free (SipGuard *guard);
