/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One participant's state. Decides nothing: see lobby.c and moderator.c. */
#include "plugins/rooms/guest.h"

#include <string.h>

#define KEY "rooms.guest"
#define CODE_TIME (3 * G_TIME_SPAN_SECOND)

static void
guest_free (gpointer data)
{
  RoomsGuest *guest = data;

  rfl_timer_free (guest->timer);
  g_hash_table_unref (guest->others);
  g_string_free (guest->entry, TRUE);
  g_free (guest);
}

RoomsGuest *
rooms_guest_find (const RflParticipant *participant)
{
  return rfl_participant_get_data ((RflParticipant *) participant, KEY);
}

RoomsGuest *
rooms_guest_get (gpointer rooms, RflParticipant *participant)
{
  RoomsGuest *guest = rooms_guest_find (participant);

  if (guest)
    return guest;
  guest = g_new0 (RoomsGuest, 1);
  guest->rooms = rooms;
  guest->participant = participant;
  guest->others = g_hash_table_new (NULL, NULL);
  guest->entry = g_string_new (NULL);
  rfl_participant_set_data (participant, KEY, guest, guest_free);
  return guest;
}

static void
block (RflParticipant *participant, const RoomsGuest *guest)
{
  for (guint i = 0; i < participant->media->len; i++)
    {
      RflMedium *medium = participant->media->pdata[i];
      RflDirection blocked = RFL_DIRECTION_NONE;

      if (guest && guest->waits)
        blocked = RFL_DIRECTION_BOTH;
      else if (guest && rooms_guest_is_muted (guest, medium->kind))
        blocked = RFL_DIRECTION_SEND;
      rfl_medium_set_blocked (medium, blocked);
    }
}

void
rooms_guest_apply (RoomsGuest *guest)
{
  block (guest->participant, guest);
}

void
rooms_guest_forget (RflParticipant *participant)
{
  if (!rooms_guest_find (participant))
    return;
  rfl_participant_set_data (participant, KEY, NULL, NULL);
  block (participant, NULL);
}

void
rooms_guest_mute (RoomsGuest *guest, const char *kind, gboolean muted)
{
  if (!kind)
    {
      guest->all = muted;
      g_hash_table_remove_all (guest->others);
    }
  else if (muted != guest->all)
    g_hash_table_add (guest->others, (gpointer) g_intern_string (kind));
  else
    g_hash_table_remove (guest->others, g_intern_string (kind));
}

gboolean
rooms_guest_is_muted (const RoomsGuest *guest, const char *kind)
{
  gboolean other = g_hash_table_contains (guest->others, g_intern_string (kind));

  return guest->all != other || (guest->own && strcmp (kind, "audio") == 0);
}

gboolean
rooms_guest_press (RoomsGuest *guest, char key, gint64 now, const char *code)
{
  gsize n = strlen (code), first = ROOMS_KEYS_MAX - n;

  memmove (guest->keys, guest->keys + 1, ROOMS_KEYS_MAX - 1);
  memmove (guest->pressed, guest->pressed + 1, sizeof guest->pressed - sizeof *guest->pressed);
  guest->keys[ROOMS_KEYS_MAX - 1] = key;
  guest->pressed[ROOMS_KEYS_MAX - 1] = now;
  if (n == 0 || memcmp (guest->keys + first, code, n) != 0
      || now - guest->pressed[first] > CODE_TIME)
    return FALSE;
  memset (guest->keys, 0, sizeof guest->keys);
  return TRUE;
}
