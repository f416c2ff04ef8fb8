/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where log lines go. The daemon makes one RflLog and installs it before anything else; tests
 * give it a sink. Writing lines is <reflector/log.h>.
 */
#pragma once

#include <reflector/log.h>

typedef struct _RflLog RflLog;

/* @line is without the time and without a newline. Any thread, one call at a time. */
typedef void (*RflLogSink) (GLogLevelFlags level, const char *line, gpointer user_data);

/* To the journal if standard error is the journal's, else to standard error; messages and
 * worse until rfl_log_set_level(). */
RFL_EXPORT RflLog *rfl_log_new (void);
/* GLib allows this once in a process; @log must live as long as it. */
RFL_EXPORT void rfl_log_install (RflLog *log);
/* The least important level that is written. Any thread. */
RFL_EXPORT void rfl_log_set_level (RflLog *log, GLogLevelFlags level);
/* "error", "warning", "notice", "info", "debug". Returns: 0 if it is none of them. */
RFL_EXPORT GLogLevelFlags rfl_log_level_from_name (const char *name);
/* The same by name, and rfl_log_set_level() has no effect any more: for the command line, which
 * overrules the configuration. Returns: %FALSE if @name is no level. */
RFL_EXPORT gboolean rfl_log_force_level (RflLog *log, const char *name);
/* Lines of any level go to @sink instead; %NULL ends that. */
RFL_EXPORT void rfl_log_set_sink (RflLog *log, RflLogSink sink, gpointer user_data);
/* Lines that standard error could not take (a full disk, a pipe that nobody reads). Any thread. */
RFL_EXPORT guint64 rfl_log_get_lost (RflLog *log);
/* Only after nothing logs any more, or for a log that was not installed. */
RFL_EXPORT void rfl_log_free (RflLog *log);
/* What g_log_set_writer_func() gets; here so that tests can call it. */
RFL_EXPORT GLogWriterOutput rfl_log_write (GLogLevelFlags level, const GLogField *fields,
                                           gsize n_fields, gpointer log);
