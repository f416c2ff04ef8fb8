/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin control beside rtp on a network in memory: what hostile and silent participants cost, who is spoken
 * with and who never, messages both ways, and what other plugins hear of it.
 */
#include "tests/unit/rtp-fixture.h"

#include "plugins/control/instance.h"

#include <string.h>

#define ROOM "room"
#define TEST_SETTINGS "max_messages = 20; max_queue = 8; give_up = 5;"

/* @ready: how often somebody began to speak; @got: texts of messages to the service TEST */
typedef struct {
  Fixture f;
  ControlInstance *control;
  guint listener, hook, ready;
  GPtrArray *got;
  gboolean kick;
} World;

/* A client's end of the channel. @speaks_on: which of its media */
typedef struct {
  World *world;
  Client *client;
  RflControlChannel *channel;
  guint speaks_on;
  GPtrArray *got;
  guint ups, downs, datagrams;
} Talker;

/* ---- a client that speaks ---- */

static void
transmit (const guint8 *data, gsize len, gpointer user_data)
{
  Talker *t = user_data;
  g_autoptr (GByteArray) compound = rfl_control_wrap (77, "client", data, len);

  send_from (&t->world->f, &t->client->rtcp[t->speaks_on], t->speaks_on ? 5569 : 5567,
             compound->data, compound->len);
}

static void
deliver (const char *service, guint8 type, const guint8 *body, gsize len, gpointer user_data)
{
  Talker *t = user_data;

  g_ptr_array_add (t->got, g_strdup_printf ("%s %u %.*s", service, type, (int) len, body));
}

static void
changed (gboolean up, const char *why, gpointer user_data)
{
  Talker *t = user_data;

  if (up)
    t->ups++;
  else
    t->downs++;
}

static const RflControlChannelOps ops = { transmit, deliver, changed };

static gint64
now_of (World *world)
{
  return rfl_clock_now (rfl_core_get_clock (world->f.core));
}

static void
talker_start (Talker *t, guint32 epoch)
{
  RflControlChannelConfig config = { .epoch = epoch, .active = TRUE };

  rfl_control_channel_free (t->channel);
  t->channel = rfl_control_channel_new (&config, &ops, t);
}

static Talker *
talker_new (World *world, Client *client)
{
  Talker *t = g_new0 (Talker, 1);

  t->world = world;
  t->client = client;
  t->got = g_ptr_array_new_with_free_func (g_free);
  talker_start (t, 1000);
  return t;
}

static void
talker_free (Talker *t)
{
  rfl_control_channel_free (t->channel);
  g_ptr_array_unref (t->got);
  g_free (t);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Talker, talker_free)

static void
take (Talker *t, const guint8 *data, gsize len)
{
  RflRtcpIter iter;
  RflRtcp rtcp;
  gsize n;

  g_assert_true (rfl_rtcp_validate (data, len));
  rfl_rtcp_iter_init (&iter, data, len);
  while (rfl_rtcp_iter_next (&iter, &rtcp))
    {
      const guint8 *app = rfl_control_get_data (rtcp.data, rtcp.len, &n);
      if (!app)
        continue;
      t->datagrams++;
      rfl_control_channel_receive (t->channel, app, n, now_of (t->world));
    }
}

static void
talk (Talker *t)
{
  for (guint i = 0; i < 2; i++)
    for (;;)
      {
        g_autoptr (GBytes) packet = next_at (&t->world->f, &t->client->rtcp[i]);
        gsize len;
        if (!packet)
          break;
        const guint8 *data = g_bytes_get_data (packet, &len);
        take (t, data, len);
      }
  rfl_control_channel_poll (t->channel, now_of (t->world));
}

static void
run (Talker *t, gint64 time)
{
  for (gint64 gone = 0; gone < time; gone += 20 * G_TIME_SPAN_MILLISECOND)
    {
      pass_time (&t->world->f, 20 * G_TIME_SPAN_MILLISECOND);
      talk (t);
    }
}

static void
say_to_service (Talker *t, const char *service, const char *text)
{
  g_assert_true (rfl_control_channel_send (t->channel, service, 3, (const guint8 *) text,
                                           strlen (text), NULL));
}

static void
assert_list (GPtrArray *got, guint n, const char *last)
{
  g_assert_cmpuint (got->len, ==, n);
  if (n > 0)
    g_assert_cmpstr (got->pdata[n - 1], ==, last);
}

/* ---- a plugin that uses the service ---- */

static const RflControl *
find_service (World *world, gpointer *self)
{
  const RflControl *service =
      rfl_core_find_service (world->f.core, RFL_CONTROL_SERVICE, RFL_CONTROL_VERSION, self);

  g_assert_nonnull (service);
  return service;
}

static gboolean
send_to (World *world, Client *c, const char *text, GError **error)
{
  gpointer self;
  const RflControl *service = find_service (world, &self);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));

  return service->send (self, c->participant, "TEST", 4, body, error);
}

static void
assert_refused (World *world, Client *c, const char *text, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (send_to (world, c, text, &error));
  g_assert_error (error, RFL_ERROR, code);
}

static void
listen_to (RflParticipant *participant, guint8 type, const guint8 *body, gsize len,
           gpointer user_data)
{
  World *world = user_data;

  g_ptr_array_add (world->got, g_strdup_printf ("%u %.*s", type, (int) len, body));
  if (world->kick)
    rfl_participant_end (participant, "kicked");
}

/* Whoever is ready is told something at once. */
static RflHookResult
on_ready (RflEvent *event, gpointer user_data, GError **error)
{
  World *world = user_data;
  gpointer self;
  const RflControl *service = find_service (world, &self);
  g_autoptr (GBytes) body = g_bytes_new_static ("welcome", 7);

  world->ready++;
  g_assert_true (service->speaks (self, event->participant));
  g_assert_true (service->send (self, event->participant, "TEST", 9, body, NULL));
  return RFL_HOOK_CONTINUE;
}

static void
set_up_world (World *world, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) settings =
      rfl_settings_new_from_text ("control", control_options, TEST_SETTINGS, &error);
  const RflHook hook = { .name = "test/ready",
                         .event = RFL_EVENT_CONTROL_READY,
                         .stage = RFL_HOOK_NORMAL,
                         .func = on_ready,
                         .user_data = world };
  gpointer self;

  g_assert_no_error (error);
  set_up (&world->f, NULL);
  world->got = g_ptr_array_new_with_free_func (g_free);
  world->control = control_instance_new (world->f.core);
  g_assert_true (control_instance_configure (world->control, settings, &error));
  g_assert_true (control_instance_start (world->control, &error));
  world->hook = rfl_bus_add_hook (rfl_core_get_bus (world->f.core), &hook, &error);
  g_assert_no_error (error);
  world->listener = find_service (world, &self)->add (self, "TEST", listen_to, world);
  g_assert_cmpuint (world->listener, !=, 0);
}

static void
tear_down_world (World *world, gconstpointer unused)
{
  rfl_bus_remove_hook (rfl_core_get_bus (world->f.core), world->hook);
  control_instance_stop (world->control);
  control_instance_free (world->control);
  g_ptr_array_unref (world->got);
  tear_down (&world->f, NULL);
}

/* ---- */

static void
send_app (World *world, Client *c, const char *name, const guint8 *data, gsize len)
{
  guint8 buffer[1500];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, buffer, sizeof buffer);
  rfl_rtcp_write_rr (&w, 5, NULL, 0);
  rfl_rtcp_write_app (&w, 0, 5, name, data, len);
  send_from (&world->f, &c->rtcp[0], 5567, buffer, w.len);
}

/* Others' APP, broken ones, too many: no answer, no harm, counted. */
static void
hostile (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  guint8 junk[64] = { 9 };

  send_app (world, alice, "PING", junk, 0);
  g_assert_cmpuint (g_hash_table_size (world->control->talkers), ==, 0);
  for (guint i = 0; i < 500; i++)
    {
      send_app (world, alice, "RFLC", junk, 4 * (i % 17));
      pass_time (&world->f, 200 * G_TIME_SPAN_MILLISECOND);
    }
  g_assert_cmpuint (count (&world->f, "control.malformed"), ==, 500);
  g_assert_false (got_rtcp (&world->f, &alice->rtcp[0], RFL_RTCP_APP, 0));
  assert_refused (world, alice, "x", RFL_ERROR_UNAVAILABLE);
  g_assert_cmpuint (world->ready, ==, 0);
}

/* Whoever has not spoken gets nothing, and cannot be told anything. */
static void
never_to_phones (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Client) phone = joined_client (&world->f, "phone", "198.51.100.2", 4000, ROOM);
  g_autoptr (Talker) t = talker_new (world, alice);
  gpointer self;

  report (phone, 3);
  run (t, SECOND);
  say_to_service (t, "TEST", "hello");
  run (t, 30 * SECOND);
  assert_list (world->got, 1, "3 hello");
  assert_refused (world, phone, "x", RFL_ERROR_UNAVAILABLE);
  g_assert_false (find_service (world, &self)->speaks (self, phone->participant));
  g_assert_false (got_rtcp (&world->f, &phone->rtcp[0], RFL_RTCP_APP, 0));
}

static void
both_ways (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Talker) t = talker_new (world, alice);
  g_autofree char *longest = g_strnfill (RFL_CONTROL_MAX_BODY, 'x');

  run (t, SECOND);
  g_assert_cmpuint (world->ready, ==, 1);
  g_assert_cmpuint (t->ups, ==, 1);
  assert_list (t->got, 1, "TEST 9 welcome");
  for (guint i = 0; i < 5; i++)
    g_assert_true (send_to (world, alice, longest, NULL));
  g_assert_true (send_to (world, alice, "last", NULL));
  say_to_service (t, "TEST", "one");
  say_to_service (t, "TEST", "two");
  run (t, SECOND);
  assert_list (t->got, 7, "TEST 4 last");
  assert_list (world->got, 2, "3 two");
  g_assert_cmpuint (count (&world->f, "control.messages_out"), ==, 7);
  g_assert_cmpuint (count (&world->f, "control.messages_in"), ==, 2);
}

/* So that a client can tell its user. */
static void
unknown_service (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Talker) t = talker_new (world, alice);
  static const char answer[] = "CTRL 1 \0\1\0\4NOPE";
  gpointer self;
  const RflControl *service = find_service (world, &self);

  run (t, SECOND);
  say_to_service (t, "NOPE", "x");
  run (t, SECOND);
  g_assert_cmpuint (t->got->len, ==, 2);
  g_assert_cmpmem (t->got->pdata[1], 7, answer, 7);
  g_assert_cmpuint (count (&world->f, "control.unknown_service"), ==, 1);
  g_assert_cmpuint (service->add (self, "TEST", listen_to, world), ==, 0);
  service->remove (self, world->listener);
  say_to_service (t, "TEST", "x");
  run (t, SECOND);
  g_assert_cmpuint (world->got->len, ==, 0);
  g_assert_cmpuint (count (&world->f, "control.unknown_service"), ==, 2);
}

static RflHookResult
let_wait (RflEvent *event, gpointer user_data, GError **error)
{
  rfl_participant_set_waiting (event->participant, TRUE);
  return RFL_HOOK_CONTINUE;
}

/* Whoever waits for the PIN is neither heard nor told; who is let in is, even if nothing of its media passes. */
static void
not_admitted (World *world, gconstpointer unused)
{
  RflHook hook = {
    "test/joining", RFL_EVENT_PARTICIPANT_JOINING, RFL_HOOK_NORMAL, NULL, NULL, let_wait, NULL
  };
  RflBus *bus = rfl_core_get_bus (world->f.core);
  guint id = rfl_bus_add_hook (bus, &hook, NULL);
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Talker) t = talker_new (world, alice);

  rfl_bus_remove_hook (bus, id);
  run (t, 20 * SECOND);
  g_assert_cmpuint (world->ready, ==, 0);
  g_assert_cmpuint (t->datagrams, ==, 0);
  g_assert_cmpuint (count (&world->f, "control.not_admitted"), >, 3);
  rfl_participant_set_waiting (alice->participant, FALSE);
  rfl_medium_set_blocked (alice->participant->media->pdata[0], RFL_DIRECTION_BOTH);
  run (t, 10 * SECOND);
  g_assert_cmpuint (world->ready, ==, 1);
  assert_list (t->got, 1, "TEST 9 welcome");
}

static void
limits (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Talker) t = talker_new (world, alice);

  run (t, SECOND);
  for (guint i = 0; i < 8; i++)
    g_assert_true (send_to (world, alice, "x", NULL));
  assert_refused (world, alice, "x", RFL_ERROR_LIMIT);
  g_assert_cmpuint (count (&world->f, "control.queue_full"), ==, 1);
  for (guint i = 0; i < 100; i++)
    say_to_service (t, "TEST", "x");
  run (t, SECOND);
  g_assert_cmpuint (world->got->len, <=, 41);
  g_assert_cmpuint (count (&world->f, "control.over_rate"), >, 0);
  run (t, 30 * SECOND);
  g_assert_cmpuint (world->got->len, ==, 100);
  g_assert_cmpuint (t->got->len, ==, 9);
}

/* Behind a NAT, without any RTP: RTCP alone opens the way. A second medium serves as well. */
static void
behind_a_nat (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (&world->f, "alice", "203.0.113.9", 30000);
  g_autoptr (Talker) t = talker_new (world, alice);

  join (alice, ROOM, behind_nat (pcmu (alice)), NULL);
  assert_joined (alice);
  run (t, 5 * SECOND);
  g_assert_cmpuint (world->ready, ==, 1);
  assert_list (t->got, 1, "TEST 9 welcome");
}

/* Its medium is given up by a later offer: messages go where there is a way. */
static void
other_medium (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (&world->f, "alice", "198.51.100.1", 4000);
  g_autoptr (Talker) t = talker_new (world, alice);
  RflMediumDesc *gone;

  t->speaks_on = 1;
  join (alice, ROOM, pcmu (alice), desc_of (alice, "video", FORMATS ("96 VP8/90000")));
  assert_joined (alice);
  run (t, SECOND);
  assert_list (t->got, 1, "TEST 9 welcome");
  gone = desc_of (alice, "video", FORMATS ("96 VP8/90000"));
  gone->rtp.port = gone->rtcp.port = 0;
  offer_list (alice, list_of (pcmu (alice), gone));
  t->speaks_on = 0;
  g_assert_true (send_to (world, alice, "x", NULL));
  run (t, 5 * SECOND);
  assert_list (t->got, 2, "TEST 4 x");
}

/* Each mode of leg, and a direction in which nothing is to come. */
static void
any_leg (World *world, gconstpointer unused)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (Client) alice =
          client_new (&world->f, "alice", "198.51.100.1", (guint16) (4000 + 10 * i));
      g_autoptr (Talker) t = talker_new (world, alice);
      RflMediumDesc *desc = pcmu (alice);

      if (i == 0)
        desc->mode = RFL_LEG_ONE;
      else
        desc->direction = RFL_DIRECTION_SEND;
      join (alice, ROOM, desc, NULL);
      assert_joined (alice);
      run (t, 3 * SECOND);
      assert_list (t->got, 1, "TEST 9 welcome");
    }
}

static void
restart (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Talker) t = talker_new (world, alice);

  run (t, SECOND);
  talker_start (t, 2000);
  run (t, SECOND);
  g_assert_cmpuint (world->ready, ==, 2);
  assert_list (t->got, 2, "TEST 9 welcome");
}

static void
given_up (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Talker) t = talker_new (world, alice);

  run (t, SECOND);
  g_assert_true (send_to (world, alice, "x", NULL));
  for (guint i = 0; i < 60; i++)
    pass_time (&world->f, 100 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (count (&world->f, "control.given_up"), ==, 1);
  assert_refused (world, alice, "x", RFL_ERROR_UNAVAILABLE);
  run (t, 15 * SECOND);
  g_assert_cmpuint (world->ready, ==, 2);
}

/* Its message has it ended; nothing is left of it. */
static void
leaves (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Talker) t = talker_new (world, alice);

  run (t, SECOND);
  world->kick = TRUE;
  say_to_service (t, "TEST", "kick me");
  say_to_service (t, "TEST", "again");
  run (t, SECOND);
  g_assert_cmpuint (world->got->len, >=, 1);
  g_assert_nonnull (alice->ended);
  g_assert_cmpuint (g_hash_table_size (world->control->talkers), ==, 0);
  assert_refused (world, alice, "x", RFL_ERROR_UNAVAILABLE);
}

static void
stops (World *world, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (&world->f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Talker) t = talker_new (world, alice);
  gpointer self;

  run (t, SECOND);
  control_instance_stop (world->control);
  talk (t);
  g_assert_cmpuint (t->downs, ==, 1);
  g_assert_null (
      rfl_core_find_service (world->f.core, RFL_CONTROL_SERVICE, RFL_CONTROL_VERSION, &self));
  run (t, 30 * SECOND);
  g_assert_cmpuint (t->ups, ==, 1);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*func) (World *world, gconstpointer unused);
  } tests[] = { { "hostile", hostile },
                { "never-to-phones", never_to_phones },
                { "unknown-service", unknown_service },
                { "not-admitted", not_admitted },
                { "limits", limits },
                { "both-ways", both_ways },
                { "behind-a-nat", behind_a_nat },
                { "other-medium", other_medium },
                { "any-leg", any_leg },
                { "restart", restart },
                { "given-up", given_up },
                { "leaves", leaves },
                { "stops", stops } };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL); /* warnings are expected */
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/control-plugin/", tests[i].name, NULL);
      g_test_add (path, World, NULL, set_up_world, tests[i].func, tear_down_world);
    }
  return g_test_run ();
}
