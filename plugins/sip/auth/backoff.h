/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who has given wrong passwords, and for how long nobody looks at what he says: one entry for each pair of address and
 * user name, so that neither colleagues behind the same NAT nor the user elsewhere suffer. Judges no password.
 *
 * The table is bounded. Names with few wrong passwords are forgotten before those that have to wait, each kind
 * in the order of its last wrong one; and all an hour after it.
 */
#pragma once

#include <reflector/reflector.h>

typedef struct _SipBackoff SipBackoff;

/* @clock: must outlive it. Main thread. */
SipBackoff *sip_backoff_new (RflClock *clock);
/* %NULL is allowed. */
void sip_backoff_free (SipBackoff *backoff);
/**
 * sip_backoff_set:
 * @attempts: wrong passwords before the first wait; 0: nobody ever waits
 * @longest: of the waits, microseconds; the first is a second, each further one twice as long
 * @max: entries
 */
void sip_backoff_set (SipBackoff *backoff, guint attempts, gint64 longest, guint max);
/* Returns: seconds, rounded up, that @user at @remote must wait; 0: none. Asking costs him nothing. */
guint sip_backoff_wait (const SipBackoff *backoff, const RflAddress *remote, const char *user);
void sip_backoff_note_wrong (SipBackoff *backoff, const RflAddress *remote, const char *user);
/* Forgets what was wrong. */
void sip_backoff_note_right (SipBackoff *backoff, const RflAddress *remote, const char *user);
/* Entries, and how many of them have got a wait. */
guint sip_backoff_count (const SipBackoff *backoff);
guint sip_backoff_count_waiting (const SipBackoff *backoff);
