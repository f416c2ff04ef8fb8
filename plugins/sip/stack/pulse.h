/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Monotonic time and timers for Sofia-SIP, whose GLib root goes by the wall clock: an hour forward ended
 * every transaction, an hour back stopped them all. Not the clock of anything else. */
#pragma once

#include <glib.h>
#include <sofia-sip/su_wait.h>

/* From here on all that the stack does is in monotonic time. Before its root is made; process-wide,
 * as the stack's time is. */
void sip_pulse_begin (void);
/* After its root is gone. */
void sip_pulse_end (void);

/* Runs the timers of @root on @context. (transfer full): destroy and unref it before the root. */
GSource *sip_pulse_attach (su_root_t *root, GMainContext *context);
