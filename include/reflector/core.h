/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core object that every plugin gets, and what hangs on it. Not the place
 * where anything happens: bus, path, sessions and the others have their headers.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

/* All lend; main thread. */
RFL_EXPORT RflBus *rfl_core_get_bus (RflCore *core);
RFL_EXPORT RflPath *rfl_core_get_path (RflCore *core);
RFL_EXPORT RflClock *rfl_core_get_clock (RflCore *core);
RFL_EXPORT GMainContext *rfl_core_get_context (RflCore *core);
/* This reflector's identity among its peers: configured, or made from the host's
 * name and a random part at each start. Not %NULL, 1 to 64 printable ASCII. */
RFL_EXPORT const char *rfl_core_get_id (RflCore *core);
/* Chosen anew at each start, so that a peer notices a restart. Not 0. */
RFL_EXPORT guint64 rfl_core_get_epoch (RflCore *core);
/* Whether the daemon is draining: newcomers are refused (RFL_ERROR_UNAVAILABLE). */
RFL_EXPORT gboolean rfl_core_is_draining (RflCore *core);

/**
 * rfl_core_offer_service:
 * @name: the service's name, as in another plugin's `requires` or `wants`
 * @version: of the interface
 * @interface: a table of functions as its header in include/reflector/ defines
 * @self: first argument of those functions
 *
 * Offers an interface from start() until rfl_core_withdraw_service() in stop().
 * Returns: %FALSE if somebody offers @name already. Main thread.
 */
RFL_EXPORT gboolean rfl_core_offer_service (RflCore *core, const char *name, guint version,
                                            gconstpointer interface, gpointer self, GError **error);
RFL_EXPORT void rfl_core_withdraw_service (RflCore *core, const char *name);
/**
 * rfl_core_find_service:
 * @version: the version the caller was built for; equal versions only
 * @self: (out): to pass to each function of the interface
 *
 * Ask anew at each use or once in start(): a provider that is required or wanted
 * outlives the asker. Returns: (nullable): the interface, lent. Main thread.
 */
RFL_EXPORT gconstpointer rfl_core_find_service (RflCore *core, const char *name, guint version,
                                                gpointer *self);

G_END_DECLS
