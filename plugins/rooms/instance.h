/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's functions as its descriptor names them, and what its parts share. Not for other plugins. */
#pragma once

#include "plugins/rooms/guest.h"
#include "plugins/rooms/keys.h"
#include "plugins/rooms/pins.h"

/**
 * Rooms:
 * @waiting: (element-type RoomsGuest): in the lobby
 * @wrong: wrong PINs by address
 */
typedef struct {
  RflCore *core;
  RflClock *clock;
  RoomsPins *pins;
  RoomsKeys *keys;
  GPtrArray *waiting;
  RflRates *wrong;
  gint64 pin_timeout;
  guint pin_tries, max_waiting;
  char *mute_code;
  gboolean offered;
  GArray *hooks;
  RflCounter *pins_right, *pins_wrong, *refused, *ended;
  RflLogLimit log;
} Rooms;

extern const RflOption rooms_options[];

gpointer rooms_instance_new (RflCore *core);
gboolean rooms_instance_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean rooms_instance_start (gpointer self, GError **error);
RflReload rooms_instance_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void rooms_instance_stop (gpointer self);
void rooms_instance_free (gpointer self);
void rooms_instance_status (gpointer self, RflStatus *status);

/* moderator.c: the service */
extern const RflRooms rooms_moderator;

/* A tone of the mixer's for one participant; nothing without a mixer. */
void rooms_play (Rooms *rooms, RflParticipant *participant, const char *tone);

/* lobby.c. Hooks of the admission: */
RflHookResult rooms_lobby_joining (RflEvent *event, gpointer rooms, GError **error);
RflHookResult rooms_lobby_offered (RflEvent *event, gpointer rooms, GError **error);
RflHookResult rooms_lobby_joined (RflEvent *event, gpointer rooms, GError **error);
RflHookResult rooms_lobby_left (RflEvent *event, gpointer rooms, GError **error);
/* A key pressed by one who waits. */
void rooms_lobby_press (RoomsGuest *guest, char key);
