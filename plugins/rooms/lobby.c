/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rooms with a PIN: who brings it is let in, who can press it waits until he has. A participant of another
 * reflector was checked there. Does not read keys from packets: see keys.c.
 */
#define RFL_LOG_DOMAIN "rooms"
#include "plugins/rooms/instance.h"

#include <string.h>

/* What the tone "refused" takes. */
#define LAST_WORDS (2 * G_TIME_SPAN_SECOND)

static RflHookResult
refuse (Rooms *rooms, const RflParticipant *participant, const char *why, GError **error)
{
  char text[RFL_ADDRESS_STRLEN];
  guint held_back;

  rfl_counter_add (rooms->refused, 1);
  if (rfl_log_limit_pass (&rooms->log, rooms->clock, &held_back))
    rfl_info (&(RflLogFields){ participant->session->name, participant->id,
                               rfl_address_format (&participant->signalling, text) },
              "not let in: %s (%u more)", why, held_back);
  g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "%s", why);
  return RFL_HOOK_REFUSE;
}

static void
note_wrong (Rooms *rooms, const RflParticipant *participant)
{
  rfl_counter_add (rooms->pins_wrong, 1);
  if (participant->signalling.family != 0)
    rfl_rates_take (rooms->wrong, &participant->signalling);
}

static gboolean
must_wait (Rooms *rooms, const RflParticipant *participant)
{
  return participant->signalling.family != 0
         && rfl_rates_wait (rooms->wrong, &participant->signalling) > 0;
}

RflHookResult
rooms_lobby_joining (RflEvent *event, gpointer data, GError **error)
{
  Rooms *rooms = data;
  RflParticipant *participant = event->participant;
  const char *pin = rooms_pins_find (rooms->pins, participant->session->name);

  if (!pin || participant->invited)
    return RFL_HOOK_CONTINUE;
  if (must_wait (rooms, participant))
    return refuse (rooms, participant, "Too many wrong PINs from this address", error);
  if (!participant->pin)
    {
      rooms_guest_get (rooms, participant)->waits = TRUE;
      rfl_participant_set_waiting (participant, TRUE);
      return RFL_HOOK_CONTINUE;
    }
  if (!rooms_pins_equal (pin, participant->pin))
    {
      note_wrong (rooms, participant);
      return refuse (rooms, participant, "The PIN is wrong", error);
    }
  rfl_counter_add (rooms->pins_right, 1);
  return RFL_HOOK_CONTINUE;
}

/* ---- the lobby ---- */

static gboolean
can_press (const RflParticipant *participant)
{
  for (guint i = 0; i < participant->media->len; i++)
    {
      const RflMediumDesc *desc = ((RflMedium *) participant->media->pdata[i])->offered;

      if (!desc || !desc->accepted || strcmp (desc->kind, "audio") != 0)
        continue;
      for (guint j = 0; j < desc->answer->len; j++)
        {
          const RflFormat *format = desc->answer->pdata[j];
          if (g_ascii_strcasecmp (format->encoding, "telephone-event") == 0)
            return TRUE;
        }
    }
  return FALSE;
}

/* Before any of the media is in force, so that no packet passes. */
RflHookResult
rooms_lobby_offered (RflEvent *event, gpointer data, GError **error)
{
  Rooms *rooms = data;
  RoomsGuest *guest = rooms_guest_find (event->participant);

  if (!guest)
    return RFL_HOOK_CONTINUE;
  if (guest->waits && !can_press (event->participant))
    return refuse (rooms, event->participant, "This room needs a PIN", error);
  if (guest->waits && event->participant->state == RFL_PARTICIPANT_JOINING
      && rooms->waiting->len >= rooms->max_waiting)
    return refuse (rooms, event->participant, "Too many wait for their PIN", error);
  rooms_guest_apply (guest);
  return RFL_HOOK_CONTINUE;
}

static void
overdue (gpointer data)
{
  RoomsGuest *guest = data;
  Rooms *rooms = guest->rooms;

  if (guest->going)
    {
      rfl_participant_end (guest->participant, "no right PIN");
      return;
    }
  guest->going = TRUE;
  rfl_counter_add (rooms->ended, 1);
  rooms_play (rooms, guest->participant, "refused");
  rfl_timer_start (guest->timer, LAST_WORDS);
}

RflHookResult
rooms_lobby_joined (RflEvent *event, gpointer data, GError **error)
{
  Rooms *rooms = data;
  RoomsGuest *guest = rooms_guest_find (event->participant);

  if (!guest || !guest->waits || event->participant->state != RFL_PARTICIPANT_JOINED)
    return RFL_HOOK_CONTINUE;
  g_ptr_array_add (rooms->waiting, guest);
  guest->timer = rfl_timer_new (rooms->clock, "rooms pin", overdue, guest);
  rfl_timer_start (guest->timer, rooms->pin_timeout);
  rooms_guest_apply (guest);
  rooms_play (rooms, event->participant, "pin");
  return RFL_HOOK_CONTINUE;
}

RflHookResult
rooms_lobby_left (RflEvent *event, gpointer data, GError **error)
{
  Rooms *rooms = data;
  RoomsGuest *guest = rooms_guest_find (event->participant);

  if (!guest)
    return RFL_HOOK_CONTINUE;
  g_ptr_array_remove (rooms->waiting, guest);
  g_clear_pointer (&guest->timer, rfl_timer_free);
  guest->waits = FALSE;
  return RFL_HOOK_CONTINUE;
}

static void
let_in (Rooms *rooms, RoomsGuest *guest)
{
  guest->waits = FALSE;
  g_ptr_array_remove (rooms->waiting, guest);
  g_clear_pointer (&guest->timer, rfl_timer_free);
  rfl_counter_add (rooms->pins_right, 1);
  rooms_guest_apply (guest);
  rfl_participant_set_waiting (guest->participant, FALSE);
}

static void
judge (RoomsGuest *guest, const char *entry)
{
  Rooms *rooms = guest->rooms;
  const char *pin = rooms_pins_find (rooms->pins, guest->participant->session->name);

  /* without a PIN: the configuration has changed */
  if (!pin || (!must_wait (rooms, guest->participant) && rooms_pins_equal (pin, entry)))
    {
      let_in (rooms, guest);
      return;
    }
  note_wrong (rooms, guest->participant);
  if (++guest->tries >= rooms->pin_tries || must_wait (rooms, guest->participant))
    overdue (guest);
  else
    rooms_play (rooms, guest->participant, "pin");
}

void
rooms_lobby_press (RoomsGuest *guest, char key)
{
  if (guest->going || !guest->timer)
    return;
  if (key != '#')
    {
      if (guest->entry->len <= ROOMS_PIN_MAX)
        g_string_append_c (guest->entry, key);
      return;
    }
  if (guest->entry->len == 0)
    return;
  judge (guest, guest->entry->str);
  memset (guest->entry->str, 0, guest->entry->len);
  g_string_truncate (guest->entry, 0);
}
