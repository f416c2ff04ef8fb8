/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree of names and values in which core and plugins tell their state; whoever
 * asked for it prints it as JSON. Not for counting: see counter.h.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

/* Main thread. Keys are copied; within an object they must be unique. A value
 * added inside an array has the key %NULL. */
RFL_EXPORT void rfl_status_add_int (RflStatus *status, const char *key, gint64 value);
RFL_EXPORT void rfl_status_add_double (RflStatus *status, const char *key, double value);
RFL_EXPORT void rfl_status_add_bool (RflStatus *status, const char *key, gboolean value);
/* %NULL is written as null; invalid UTF-8 is replaced. */
RFL_EXPORT void rfl_status_add_string (RflStatus *status, const char *key, const char *value);
RFL_EXPORT void rfl_status_begin_object (RflStatus *status, const char *key);
RFL_EXPORT void rfl_status_begin_array (RflStatus *status, const char *key);
RFL_EXPORT void rfl_status_end (RflStatus *status);

/**
 * rfl_core_status:
 *
 * The state of core, of each plugin (its status function) and all counters.
 *
 * Returns: (transfer full): one JSON object, UTF-8, ending in a newline. Main thread.
 */
RFL_EXPORT char *rfl_core_status (RflCore *core);

G_END_DECLS
