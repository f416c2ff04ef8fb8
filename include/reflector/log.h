/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Structured log lines with the fields an operator searches by. Each plugin defines
 * RFL_LOG_DOMAIN to its name before including this. Not for the packet path: that
 * only counts. Never log a credential or a passkey.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

#ifndef RFL_LOG_DOMAIN
#define RFL_LOG_DOMAIN "reflectord"
#endif

/* Whom a line is about; any member may be %NULL: a session's name, a participant's id (not its
 * identity), a peer's address. */
typedef struct {
  const char *session, *participant, *peer;
} RflLogFields;

RFL_EXPORT void rfl_log_full (const char *domain, GLogLevelFlags level, const RflLogFields *fields,
                              const char *format, ...) G_GNUC_PRINTF (4, 5);

#define rfl_error_line(fields, ...)                                                                \
  rfl_log_full (RFL_LOG_DOMAIN, G_LOG_LEVEL_CRITICAL, fields, __VA_ARGS__)
#define rfl_warning(fields, ...)                                                                   \
  rfl_log_full (RFL_LOG_DOMAIN, G_LOG_LEVEL_WARNING, fields, __VA_ARGS__)
#define rfl_notice(fields, ...)                                                                    \
  rfl_log_full (RFL_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, fields, __VA_ARGS__)
#define rfl_info(fields, ...) rfl_log_full (RFL_LOG_DOMAIN, G_LOG_LEVEL_INFO, fields, __VA_ARGS__)
#define rfl_debug(fields, ...) rfl_log_full (RFL_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, fields, __VA_ARGS__)

/**
 * RflLogLimit:
 *
 * A token bucket for lines that a peer can trigger: at most ten, then one a second;
 * what was held back is told with the next line. Zero-initialise one per kind of line,
 * in the plugin's instance.
 */
typedef struct {
  gint64 last;
  gint32 tokens;
  guint32 suppressed;
} RflLogLimit;

/* Returns: whether to log now; then @suppressed (out) lines were held back. Main thread. */
RFL_EXPORT gboolean rfl_log_limit_pass (RflLogLimit *limit, RflClock *clock, guint *suppressed);

G_END_DECLS
