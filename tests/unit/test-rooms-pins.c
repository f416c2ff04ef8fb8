/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin rooms on a core of its own: bad options, wrong PINs, the lobby, the mute code, the moderator. Keys
 * come as events; how they are read is tested in test-rooms-keys.c.
 */
#include "core/config/config.h"
#include "core/core-private.h"
#include "plugins/rooms/instance.h"

#define PINS "pins = ( { room = \"board*\"; pin = \"1234\"; } );"

typedef struct {
  RflClock *clock;
  RflCore *core;
  Rooms *rooms;
  guint hook;
  gboolean events; /* whether telephone-event is agreed on */
  GPtrArray *made;
  GString *played;
} House;

static GPtrArray *
list_nothing (gpointer self)
{
  return g_ptr_array_new ();
}

static gboolean
play (gpointer self, RflSession *session, RflParticipant *only, const char *tone)
{
  House *h = self;

  g_assert_nonnull (only);
  g_string_append_printf (h->played, "%s ", tone);
  return TRUE;
}

static const RflMixer mixer = { .list_formats = list_nothing, .play = play };

/* Stands in for whoever answers offers. */
static RflHookResult
on_offered (RflEvent *event, gpointer data, GError **error)
{
  House *h = data;

  for (guint i = 0; i < event->participant->media->len; i++)
    {
      RflMediumDesc *desc = ((RflMedium *) event->participant->media->pdata[i])->offered;
      desc->accepted = TRUE;
      if (h->events)
        g_ptr_array_add (desc->answer, rfl_format_new (101, "telephone-event", 8000, 1, NULL));
    }
  return RFL_HOOK_CONTINUE;
}

static gboolean
configure (House *h, const char *text, GError **error)
{
  g_autoptr (RflSettings) settings =
      rfl_settings_new_from_text ("rooms", rooms_options, text, error);

  return settings && rooms_instance_configure (h->rooms, settings, error);
}

static House *
house_new (const char *settings)
{
  House *h = g_new0 (House, 1);
  RflCoreOptions options = { .manual_workers = TRUE, .n_workers = 1 };
  RflHook hook = {
    "test/offered", RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, NULL, NULL, on_offered, h
  };
  GError *error = NULL;

  h->clock = options.clock = rfl_clock_new_manual (G_TIME_SPAN_HOUR);
  h->core = rfl_core_new (&options);
  h->events = TRUE;
  h->made = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_participant_unref);
  h->played = g_string_new (NULL);
  g_assert_true (
      rfl_core_offer_service (h->core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION, &mixer, h, NULL));
  h->hook = rfl_bus_add_hook (rfl_core_get_bus (h->core), &hook, NULL);
  h->rooms = rooms_instance_new (h->core);
  configure (h, settings, &error);
  g_assert_no_error (error);
  rooms_instance_start (h->rooms, &error);
  g_assert_no_error (error);
  return h;
}

static void
house_free (House *h)
{
  rooms_instance_stop (h->rooms);
  g_ptr_array_unref (h->made);
  rooms_instance_free (h->rooms);
  rfl_bus_remove_hook (rfl_core_get_bus (h->core), h->hook);
  rfl_core_withdraw_service (h->core, RFL_MIXER_SERVICE);
  rfl_core_free (h->core);
  g_string_free (h->played, TRUE);
  g_free (h);
}

static void
joined (RflParticipant *participant, const GError *error, gpointer data)
{
  *(int *) data = error ? error->code : 0;
}

static void
ended (RflParticipant *participant, const char *reason, gpointer data)
{
}

/* Returns: %NULL: refused with RFL_ERROR_FORBIDDEN */
static RflParticipant *
join (House *h, const char *room, RflParticipantSpec *spec)
{
  static const RflParticipantOps ops = { .ended = ended };
  GPtrArray *offers = g_ptr_array_new ();
  RflParticipant *participant;
  int code = -1;

  spec->identity = "sip:a@h";
  spec->ops = &ops;
  rfl_address_parse (&spec->signalling, "192.0.2.1", 5060);
  participant = rfl_participant_new (h->core, spec);
  g_ptr_array_add (h->made, participant);
  g_ptr_array_add (offers, rfl_medium_desc_new ("audio"));
  g_ptr_array_add (offers, rfl_medium_desc_new ("video"));
  rfl_participant_join (participant, room, offers, joined, &code);
  g_assert_true (code == 0 || code == RFL_ERROR_FORBIDDEN);
  return code == 0 ? participant : NULL;
}

static RflParticipant *
call (House *h, const char *room, const char *pin, const char *origin)
{
  return join (h, room, &(RflParticipantSpec){ .pin = pin, .origin = origin });
}

static RflDirection
blocked (const RflParticipant *participant, guint index)
{
  return ((RflMedium *) participant->media->pdata[index])->blocked;
}

static void
press (House *h, RflParticipant *participant, const char *keys)
{
  for (; *keys; keys++)
    {
      RflEvent *event = rfl_event_new (RFL_EVENT_DIGIT);
      const char name[] = { *keys, '\0' };
      rfl_event_set_participant (event, participant);
      rfl_event_set_name (event, name);
      rfl_bus_emit (rfl_core_get_bus (h->core), event, NULL, NULL);
    }
}

static void
assert_played (House *h, const char *want)
{
  g_assert_cmpstr (h->played->str, ==, want);
  g_string_truncate (h->played, 0);
}

static void
test_options (void)
{
  static const char *const bad[] = { "mute_code = \"6x\";",
                                     "mute_code = \"01234567890123456\";",
                                     "pins = ( { room = \"\"; pin = \"1234\"; } );",
                                     "pins = ( { room = \"a\"; pin = \"12\"; } );",
                                     "pins = ( { room = \"a\"; pin = \"12345678901234567\"; } );",
                                     "pins = ( { room = \"a\"; pin = \"secret!\"; } );" };
  House *h = house_new (PINS);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_false (configure (h, bad[i], &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      g_assert_null (strstr (error->message, "secret"));
    }
  g_assert_cmpuint (rooms_pins_count (h->rooms->pins), ==, 1);
  g_assert_true (rooms_pins_equal ("1234", "1234"));
  g_assert_false (rooms_pins_equal ("1234", "123"));
  g_assert_false (rooms_pins_equal ("1234", ""));
  g_assert_false (rooms_pins_equal ("1234567890123456", "12345678901234567"));
  house_free (h);
}

/* Whom this side has called need not prove that he may come. */
static void
test_invited (void)
{
  House *h = house_new (PINS);
  RflParticipantSpec spec = { .invited = TRUE };
  const RflParticipant *participant = join (h, "board1", &spec);

  g_assert_nonnull (participant);
  g_assert_false (participant->waiting);
  g_assert_cmpuint (blocked (participant, 0), ==, RFL_DIRECTION_NONE);
  assert_played (h, "");
  house_free (h);
}

/* Wrong ones by URI; after ten of them the right one does not help either, for a minute. */
static void
test_uri (void)
{
  House *h = house_new (PINS);

  g_assert_null (call (h, "board1", "", NULL));
  for (guint i = 0; i < 9; i++)
    g_assert_null (call (h, "board1", "1235", NULL));
  g_assert_null (call (h, "board1", "1234", NULL));
  g_assert_null (call (h, "board1", NULL, NULL));
  g_assert_nonnull (call (h, "red", NULL, NULL));
  rfl_clock_advance (h->clock, 61 * G_TIME_SPAN_SECOND);
  g_assert_nonnull (call (h, "board1", "1234", NULL));
  g_assert_nonnull (call (h, "board1", NULL, "elsewhere"));
  assert_played (h, "");
  house_free (h);
}

static void
test_no_events (void)
{
  House *h = house_new (PINS " max_waiting = 1;");

  h->events = FALSE;
  g_assert_null (call (h, "board", NULL, NULL));
  h->events = TRUE;
  g_assert_nonnull (call (h, "board", NULL, NULL));
  g_assert_null (call (h, "board", NULL, NULL)); /* the lobby is full */
  house_free (h);
}

static void
test_lobby (void)
{
  House *h = house_new (PINS);
  RflParticipant *a = call (h, "board", NULL, NULL), *b = call (h, "board", NULL, NULL);

  assert_played (h, "pin pin ");
  g_assert_cmpuint (blocked (a, 0), ==, RFL_DIRECTION_BOTH);
  g_assert_cmpuint (blocked (a, 1), ==, RFL_DIRECTION_BOTH);
  press (h, a, "##12345678901234567890#");
  assert_played (h, "pin ");
  press (h, a, "*6#"); /* no mute code here */
  assert_played (h, "pin ");
  press (h, a, "1234");
  g_assert_cmpuint (blocked (a, 0), ==, RFL_DIRECTION_BOTH);
  press (h, a, "#");
  g_assert_cmpuint (blocked (a, 0), ==, RFL_DIRECTION_NONE);
  g_assert_cmpuint (blocked (a, 1), ==, RFL_DIRECTION_NONE);
  press (h, b, "1#2#3#");
  assert_played (h, "pin pin refused ");
  press (h, b, "1234#");
  g_assert_cmpuint (blocked (b, 0), ==, RFL_DIRECTION_BOTH);
  rfl_clock_advance (h->clock, 3 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (b->state, ==, RFL_PARTICIPANT_LEFT);
  b = call (h, "board", NULL, NULL);
  rfl_clock_advance (h->clock, 61 * G_TIME_SPAN_SECOND);
  assert_played (h, "pin refused ");
  rfl_clock_advance (h->clock, 3 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (b->state, ==, RFL_PARTICIPANT_LEFT);
  g_assert_cmpint (a->state, ==, RFL_PARTICIPANT_JOINED);
  g_assert_cmpuint (h->rooms->waiting->len, ==, 0);
  house_free (h);
}

/* Whoever waits when the plugin stops must not get in by that. */
static void
test_stop (void)
{
  House *h = house_new (PINS);
  RflParticipant *a = call (h, "board", NULL, NULL), *b = call (h, "red", NULL, NULL);

  press (h, b, "*6");
  rooms_instance_stop (h->rooms);
  g_assert_cmpint (a->state, ==, RFL_PARTICIPANT_LEFT);
  g_assert_cmpuint (blocked (b, 0), ==, RFL_DIRECTION_NONE);
  house_free (h);
}

static void
test_mute (void)
{
  House *h = house_new ("");
  RflParticipant *a = call (h, "red", NULL, NULL), *far = call (h, "red", NULL, "elsewhere");
  const RflRooms *service;
  gpointer self;

  service = rfl_core_find_service (h->core, RFL_ROOMS_SERVICE, RFL_ROOMS_VERSION, &self);
  g_assert_false (service->mute (self, far, NULL, TRUE, NULL));
  g_assert_false (service->kick (self, far, "x", NULL));
  g_assert_false (service->mute (self, a, "text", TRUE, NULL));
  press (h, a, "*");
  rfl_clock_advance (h->clock, 4 * G_TIME_SPAN_SECOND);
  press (h, a, "6");
  assert_played (h, "");
  press (h, a, "**6");
  g_assert_cmpuint (blocked (a, 0), ==, RFL_DIRECTION_SEND);
  g_assert_cmpuint (blocked (a, 1), ==, RFL_DIRECTION_NONE);
  g_assert_true (service->is_muted (self, a, "audio"));
  g_assert_true (service->mute (self, a, NULL, TRUE, NULL));
  press (h, a, "*6"); /* does not lift the moderator's */
  assert_played (h, "muted muted ");
  g_assert_cmpuint (blocked (a, 0), ==, RFL_DIRECTION_SEND);
  g_assert_cmpuint (blocked (a, 1), ==, RFL_DIRECTION_SEND);
  g_assert_true (service->is_muted (self, a, NULL));
  g_assert_true (service->mute (self, a, "audio", FALSE, NULL));
  g_assert_cmpuint (blocked (a, 0), ==, RFL_DIRECTION_NONE);
  g_assert_cmpuint (blocked (a, 1), ==, RFL_DIRECTION_SEND);
  press (h, a, "*6");
  press (h, a, "*6");
  assert_played (h, "muted unmuted ");
  g_assert_true (service->kick (self, a, "noise", NULL));
  g_assert_cmpint (a->state, ==, RFL_PARTICIPANT_LEFT);
  g_assert_false (service->mute (self, a, NULL, TRUE, NULL));
  house_free (h);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rooms/options", test_options);
  g_test_add_func ("/rooms/invited", test_invited);
  g_test_add_func ("/rooms/uri", test_uri);
  g_test_add_func ("/rooms/no-events", test_no_events);
  g_test_add_func ("/rooms/lobby", test_lobby);
  g_test_add_func ("/rooms/stop", test_stop);
  g_test_add_func ("/rooms/mute", test_mute);
  return g_test_run ();
}
