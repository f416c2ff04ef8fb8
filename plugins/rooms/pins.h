/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which rooms have a PIN, and whether one is right. Not for who has tried how often: see lobby.h. */
#pragma once

#include <reflector/reflector.h>

#define ROOMS_PIN_MIN 3
#define ROOMS_PIN_MAX 16

typedef struct _RoomsPins RoomsPins;

extern const RflOption rooms_pin_members[];

/* What the option `pins` says. Warns if everybody may read the file that it stands in.
 * Returns: (transfer full): %NULL with @error */
RoomsPins *rooms_pins_new (const RflSettings *settings, GError **error);
/* %NULL is allowed. */
void rooms_pins_free (RoomsPins *pins);
guint rooms_pins_count (const RoomsPins *pins);
/* Returns: (nullable): the PIN of @room: that of the first pattern it matches */
const char *rooms_pins_find (const RoomsPins *pins, const char *room);
/* Takes the same time whatever @given has in common with @pin. */
gboolean rooms_pins_equal (const char *pin, const char *given);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RoomsPins, rooms_pins_free)
