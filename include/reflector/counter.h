/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters that the main thread and every worker can add to without sharing a cache
 * line; they are summed when somebody reads. Not for what goes down again: tell that
 * in the plugin's status.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

/**
 * rfl_counter_get:
 * @name: "PLUGIN.what" in lower case with underscores, as --status shows it
 * @help: one line, static
 *
 * Returns: (transfer none): the counter of that name, made on first use; it lives as
 * long as @core. Main thread.
 */
RFL_EXPORT RflCounter *rfl_counter_get (RflCore *core, const char *name, const char *help);
/* Main thread. */
RFL_EXPORT void rfl_counter_add (RflCounter *counter, guint64 n);
/* From the packet path, in worker @worker (0 …). */
RFL_EXPORT void rfl_counter_add_worker (RflCounter *counter, guint worker, guint64 n);
/* Sum over all threads. Any thread; values of running workers may lag. */
RFL_EXPORT guint64 rfl_counter_read (const RflCounter *counter);

G_END_DECLS
