/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether there is more to do than can be done: the main loop comes late, or the queue of a socket does
 * not become empty any more. Decides about no request: see gate.h.
 */
#pragma once

#include <reflector/reflector.h>

typedef struct _SipLoad SipLoad;

/* @clock: must outlive it. Looks ten times a second. */
SipLoad *sip_load_new (RflClock *clock);
/* %NULL is allowed. */
void sip_load_free (SipLoad *load);
/* Microseconds that the main loop may come late twice in a row; 0: the load is never high. */
void sip_load_set_limit (SipLoad *load, gint64 lag);
/* @filled: how much of a socket's receive buffer waits to be read, 0 … 1 */
void sip_load_note_queue (SipLoad *load, double filled);
/* How late the main loop was; sip_load_new()'s timer does that. Once is nothing, twice in a row is overload. */
void sip_load_note_lag (SipLoad *load, gint64 lag);
gboolean sip_load_is_high (const SipLoad *load);
/* Microseconds, of the last look. */
gint64 sip_load_get_lag (const SipLoad *load);

/* How much of the receive buffer of @fd is used, 0 … 1; @dropped (out) (optional): datagrams that found
 * no room so far. */
double sip_socket_get_queue (int fd, guint *dropped);
