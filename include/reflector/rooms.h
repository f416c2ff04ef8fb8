/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "rooms": what a moderator does. Who may be one is for whoever asks: this service obeys.
 * Not for admission by network address or password.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_ROOMS_SERVICE "rooms"
#define RFL_ROOMS_VERSION 1

/**
 * RflRooms:
 * @mute: what @participant, who called this reflector, sends of @kind ("audio", "video"; %NULL: all) is
 *   heard by nobody until it is unmuted. RFL_ERROR_NOT_FOUND: it is in no session, has no such medium, or
 *   called another reflector
 * @is_muted: by this service or by itself (`*6`)
 * @kick: ends it; @reason is for log and events
 *
 * Main thread.
 */
typedef struct {
  gboolean (*mute) (gpointer self, RflParticipant *participant, const char *kind, gboolean muted,
                    GError **error);
  gboolean (*is_muted) (gpointer self, const RflParticipant *participant, const char *kind);
  gboolean (*kick) (gpointer self, RflParticipant *participant, const char *reason, GError **error);
} RflRooms;

G_END_DECLS
