/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time: one monotonic clock and one timer wheel for the main thread. Tests move the
 * clock by hand, so two minutes take milliseconds. Not for wall-clock dates, except
 * the NTP time that RTCP needs.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

/* Microseconds, monotonic. Any thread. */
RFL_EXPORT gint64 rfl_clock_now (RflClock *clock);
/* NTP timestamp (RFC 5905: seconds since 1900 in 32.32 fixed point). Any thread. */
RFL_EXPORT guint64 rfl_clock_ntp (RflClock *clock);

typedef void (*RflTimerFunc) (gpointer user_data);

/**
 * rfl_timer_new:
 * @name: for the log, static
 *
 * Makes a stopped timer on the wheel (resolution 10 ms, never early). Its function
 * runs on the main thread and may start, stop or free any timer, itself too.
 */
RFL_EXPORT RflTimer *rfl_timer_new (RflClock *clock, const char *name, RflTimerFunc func,
                                    gpointer user_data);
/* Once after @delay microseconds; starts anew if it runs already. */
RFL_EXPORT void rfl_timer_start (RflTimer *timer, gint64 delay);
/* Every @interval microseconds. */
RFL_EXPORT void rfl_timer_repeat (RflTimer *timer, gint64 interval);
RFL_EXPORT void rfl_timer_stop (RflTimer *timer);
RFL_EXPORT gboolean rfl_timer_is_running (const RflTimer *timer);
/* %NULL is allowed. */
RFL_EXPORT void rfl_timer_free (RflTimer *timer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflTimer, rfl_timer_free)

G_END_DECLS
