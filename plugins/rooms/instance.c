/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin from new() to free(), its options and status. What is done with PINs is in lobby.c, with keys in
 * keys.c.
 */
#define RFL_LOG_DOMAIN "rooms"
#include "plugins/rooms/instance.h"

#include <string.h>

const RflOption rooms_options[] = {
  { .name = "pins",
    .type = RFL_OPTION_GROUPS,
    .members = rooms_pin_members,
    .help = "Rooms that need a PIN; of patterns that match the first counts" },
  { .name = "pin_timeout",
    .type = RFL_OPTION_INT,
    .fallback = "60",
    .min = 5,
    .max = 3600,
    .help = "Seconds that somebody may wait in the lobby without the right PIN" },
  { .name = "pin_tries",
    .type = RFL_OPTION_INT,
    .fallback = "3",
    .min = 1,
    .max = 100,
    .help = "Wrong PINs that somebody in the lobby may press before he is ended" },
  { .name = "pin_attempts",
    .type = RFL_OPTION_INT,
    .fallback = "10",
    .min = 1,
    .max = 100000,
    .help = "Wrong PINs of one address before it has to wait" },
  { .name = "pin_wait",
    .type = RFL_OPTION_INT,
    .fallback = "60",
    .min = 1,
    .max = 86400,
    .help = "Seconds after which such an address may try once more" },
  { .name = "max_waiting",
    .type = RFL_OPTION_INT,
    .fallback = "100",
    .min = 0,
    .max = 100000,
    .help = "Participants that wait for their PIN at the same time" },
  { .name = "mute_code",
    .type = RFL_OPTION_STRING,
    .fallback = "\"*6\"",
    .help = "Keys, pressed within 3 s, by which a participant mutes and unmutes its audio; empty: "
            "none" },
  { .name = "digit_rate",
    .type = RFL_OPTION_INT,
    .fallback = "20",
    .min = 1,
    .max = 1000,
    .help = "Keys that are heard of one participant in a second" },
  RFL_OPTION_END
};

void
rooms_play (Rooms *rooms, RflParticipant *participant, const char *tone)
{
  gpointer self;
  const RflMixer *mixer =
      rfl_core_find_service (rooms->core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION, &self);

  if (mixer && participant->session)
    mixer->play (self, participant->session, participant, tone);
}

static void
toggle_mute (Rooms *rooms, RoomsGuest *guest)
{
  guest->own = !guest->own;
  rooms_guest_apply (guest);
  rooms_play (rooms, guest->participant,
              rooms_guest_is_muted (guest, "audio") ? "muted" : "unmuted");
}

static RflHookResult
on_digit (RflEvent *event, gpointer data, GError **error)
{
  Rooms *rooms = data;
  RflParticipant *participant = event->participant;
  RoomsGuest *guest;

  if (participant->origin || participant->state != RFL_PARTICIPANT_JOINED || !event->name)
    return RFL_HOOK_CONTINUE;
  guest = rooms_guest_get (rooms, participant);
  if (guest->waits)
    rooms_lobby_press (guest, event->name[0]);
  else if (rooms_guest_press (guest, event->name[0], rfl_clock_now (rooms->clock),
                              rooms->mute_code))
    toggle_mute (rooms, guest);
  return RFL_HOOK_CONTINUE;
}

gpointer
rooms_instance_new (RflCore *core)
{
  Rooms *rooms = g_new0 (Rooms, 1);

  rooms->core = core;
  rooms->clock = rfl_core_get_clock (core);
  rooms->keys = rooms_keys_new (core);
  rooms->waiting = g_ptr_array_new ();
  rooms->wrong = rfl_rates_new (rooms->clock, 1, 1);
  rooms->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  rooms->pins_right = rfl_counter_get (core, "rooms.pins_right", "right PINs");
  rooms->pins_wrong = rfl_counter_get (core, "rooms.pins_wrong", "wrong PINs");
  rooms->refused = rfl_counter_get (core, "rooms.refused", "calls refused for want of a PIN");
  rooms->ended = rfl_counter_get (core, "rooms.ended", "participants ended in the lobby");
  return rooms;
}

static gboolean
check_code (const RflSettings *settings, GError **error)
{
  const char *code = rfl_settings_get_string (settings, "mute_code");

  if (strlen (code) <= ROOMS_KEYS_MAX && strspn (code, "0123456789*#ABCD") == strlen (code))
    return TRUE;
  return rfl_settings_set_error (settings, "mute_code", error,
                                 "must be at most %d keys of 0-9, *, #, A-D", ROOMS_KEYS_MAX);
}

gboolean
rooms_instance_configure (gpointer self, const RflSettings *settings, GError **error)
{
  Rooms *rooms = self;
  RoomsPins *pins;

  if (!check_code (settings, error) || !(pins = rooms_pins_new (settings, error)))
    return FALSE;
  rooms_pins_free (rooms->pins);
  rooms->pins = pins;
  rooms->pin_timeout = rfl_settings_get_int (settings, "pin_timeout") * G_TIME_SPAN_SECOND;
  rooms->pin_tries = (guint) rfl_settings_get_int (settings, "pin_tries");
  rooms->max_waiting = (guint) rfl_settings_get_int (settings, "max_waiting");
  rfl_rates_set (rooms->wrong, 1.0 / (double) rfl_settings_get_int (settings, "pin_wait"),
                 (double) rfl_settings_get_int (settings, "pin_attempts"));
  g_free (rooms->mute_code);
  rooms->mute_code = g_strdup (rfl_settings_get_string (settings, "mute_code"));
  rooms_keys_set_rate (rooms->keys, (guint) rfl_settings_get_int (settings, "digit_rate"));
  return TRUE;
}

/* Of newcomers, and of those who wait; whoever is in stays. */
RflReload
rooms_instance_reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  return rooms_instance_configure (self, settings, error) ? RFL_RELOAD_APPLIED : RFL_RELOAD_FAILED;
}

static gboolean
add_hooks (Rooms *rooms, GError **error)
{
  const RflHook hooks[] = { { "rooms/joining", RFL_EVENT_PARTICIPANT_JOINING, RFL_HOOK_EARLY, NULL,
                              NULL, rooms_lobby_joining, rooms },
                            { "rooms/offered", RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_LATE, NULL, NULL,
                              rooms_lobby_offered, rooms },
                            { "rooms/joined", RFL_EVENT_PARTICIPANT_JOINED, RFL_HOOK_LATE, NULL,
                              NULL, rooms_lobby_joined, rooms },
                            { "rooms/left", RFL_EVENT_PARTICIPANT_LEFT, RFL_HOOK_NORMAL, NULL, NULL,
                              rooms_lobby_left, rooms },
                            { "rooms/digit", RFL_EVENT_DIGIT, RFL_HOOK_NORMAL, NULL, NULL, on_digit,
                              rooms } };

  return rfl_bus_add_hooks (rfl_core_get_bus (rooms->core), hooks, G_N_ELEMENTS (hooks),
                            rooms->hooks, error);
}

gboolean
rooms_instance_start (gpointer self, GError **error)
{
  Rooms *rooms = self;

  rooms->offered = add_hooks (rooms, error) && rooms_keys_start (rooms->keys, error)
                   && rfl_core_offer_service (rooms->core, RFL_ROOMS_SERVICE, RFL_ROOMS_VERSION,
                                              &rooms_moderator, rooms, error);
  if (!rooms->offered)
    rooms_instance_stop (rooms);
  return rooms->offered;
}

/* (transfer container) (element-type RoomsGuest) */
static GPtrArray *
list_guests (Rooms *rooms)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (rooms->core);
  GPtrArray *guests = g_ptr_array_new ();

  for (guint i = 0; i < sessions->len; i++)
    {
      const RflSession *session = sessions->pdata[i];
      for (guint j = 0; j < session->participants->len; j++)
        {
          RoomsGuest *guest = rooms_guest_find (session->participants->pdata[j]);
          if (guest)
            g_ptr_array_add (guests, guest);
        }
    }
  return guests;
}

/* Nobody would let them in any more. */
static void
end_waiting (Rooms *rooms)
{
  while (rooms->waiting->len > 0)
    {
      RoomsGuest *guest = g_ptr_array_remove_index (rooms->waiting, rooms->waiting->len - 1);
      g_clear_pointer (&guest->timer, rfl_timer_free);
      rfl_participant_end (guest->participant, "the room's PIN is not asked for any more");
    }
}

void
rooms_instance_stop (gpointer self)
{
  Rooms *rooms = self;
  g_autoptr (GPtrArray) guests = NULL;

  rfl_bus_remove_hooks (rfl_core_get_bus (rooms->core), rooms->hooks);
  rooms_keys_stop (rooms->keys);
  if (rooms->offered)
    rfl_core_withdraw_service (rooms->core, RFL_ROOMS_SERVICE);
  rooms->offered = FALSE;
  end_waiting (rooms);
  guests = list_guests (rooms);
  for (guint i = 0; i < guests->len; i++)
    rooms_guest_forget (((RoomsGuest *) guests->pdata[i])->participant);
}

void
rooms_instance_free (gpointer self)
{
  Rooms *rooms = self;

  rooms_instance_stop (rooms);
  rooms_keys_free (rooms->keys);
  rooms_pins_free (rooms->pins);
  rfl_rates_free (rooms->wrong);
  g_ptr_array_unref (rooms->waiting);
  g_array_unref (rooms->hooks);
  g_free (rooms->mute_code);
  g_free (rooms);
}

static void
tell_guest (RflStatus *status, const RoomsGuest *guest)
{
  const RflParticipant *participant = guest->participant;

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "id", participant->id);
  rfl_status_add_string (status, "session", participant->session->name);
  rfl_status_add_bool (status, "waits", guest->waits);
  rfl_status_add_bool (status, "by_itself", guest->own);
  rfl_status_begin_array (status, "muted");
  for (guint i = 0; i < participant->media->len; i++)
    {
      const RflMedium *medium = participant->media->pdata[i];
      if (rooms_guest_is_muted (guest, medium->kind))
        rfl_status_add_string (status, NULL, medium->kind);
    }
  rfl_status_end (status);
  rfl_status_end (status);
}

void
rooms_instance_status (gpointer self, RflStatus *status)
{
  Rooms *rooms = self;
  g_autoptr (GPtrArray) guests = list_guests (rooms);

  rfl_status_add_int (status, "pins", rooms_pins_count (rooms->pins));
  rfl_status_add_int (status, "waiting", rooms->waiting->len);
  rfl_status_add_int (status, "addresses", rfl_rates_count (rooms->wrong));
  rfl_status_begin_array (status, "participants");
  for (guint i = 0; i < guests->len; i++)
    {
      const RoomsGuest *guest = guests->pdata[i];
      if (guest->waits || guest->own || guest->all || g_hash_table_size (guest->others) > 0)
        tell_guest (status, guest);
    }
  rfl_status_end (status);
}
