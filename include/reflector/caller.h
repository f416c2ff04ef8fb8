/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "caller": brings somebody into a session who is known by name, by calling him. Who
 * can be called the provider knows (SIP: who has registered). Not for those who call by themselves.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_CALLER_SERVICE "caller"
#define RFL_CALLER_VERSION 1

/**
 * RflCaller:
 * @call: begins to call @name into @session, which need not exist; who answers joins it as a
 *   participant, nobody hears of who does not. RFL_ERROR_NOT_FOUND (nobody of that name can be
 *   called), RFL_ERROR_LIMIT (called a moment ago, or too many calls), RFL_ERROR_FORBIDDEN (is
 *   there already), RFL_ERROR_UNAVAILABLE (shutting down)
 *
 * Main thread.
 */
typedef struct {
  gboolean (*call) (gpointer self, const char *session, const char *name, GError **error);
} RflCaller;

G_END_DECLS
