/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What rooms knows of one participant of this reflector: who has muted it, whether it waits for its PIN, and
 * what it has pressed. Brings all of it together into what is blocked. Not for deciding any of it.
 */
#pragma once

#include <reflector/reflector.h>

#define ROOMS_KEYS_MAX 16

/**
 * RoomsGuest:
 * @all: a moderator has muted everything ...
 * @others: (element-type interned string): ... but these; or nothing but these
 * @own: it has muted its own audio
 * @waits: in the lobby: nothing passes in or out
 * @going: it has lost; it hears so and is ended then
 * @keys, @pressed: the last keys, the latest at the end, and when
 * @entry: a PIN as far as it was pressed
 * @tries: wrong ones
 * @timer: %NULL unless it waits
 */
typedef struct {
  gpointer rooms;
  RflParticipant *participant;
  gboolean all;
  GHashTable *others;
  gboolean own, waits, going;
  char keys[ROOMS_KEYS_MAX];
  gint64 pressed[ROOMS_KEYS_MAX];
  GString *entry;
  guint tries;
  RflTimer *timer;
} RoomsGuest;

/* Made on first use, freed with the participant. @rooms: whose it is */
RoomsGuest *rooms_guest_get (gpointer rooms, RflParticipant *participant);
/* Returns: (nullable) */
RoomsGuest *rooms_guest_find (const RflParticipant *participant);
/* Forgets it; nothing of its participant is blocked then. */
void rooms_guest_forget (RflParticipant *participant);
/* @kind: %NULL: all, present and later ones */
void rooms_guest_mute (RoomsGuest *guest, const char *kind, gboolean muted);
/* By whomever. */
gboolean rooms_guest_is_muted (const RoomsGuest *guest, const char *kind);
/* Puts into force what has changed, for media that came meanwhile too. */
void rooms_guest_apply (RoomsGuest *guest);
/* Returns: whether with @key all of @code has been pressed within three seconds; then it begins anew. */
gboolean rooms_guest_press (RoomsGuest *guest, char key, gint64 now, const char *code);
