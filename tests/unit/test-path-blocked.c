/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* rfl_medium_set_blocked(): what a muted participant sends goes nowhere but to taps, and to whom
 * nothing is to come only frames that are meant for him do. Also who is told. Not RTCP:
 * test-rtcp-blocked.c. */
#include "tests/unit/path-fixture.h"
#include <string.h>

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"
#define C "192.0.2.3:4000"
#define LINK "192.0.2.9:5564"

typedef struct {
  Fixture *f;
  RflMedium *a, *b, *c;
  RflSource *source;
  RflFlow *flow;
  guint tapped, muted, told, hook;
} Room;

static void
tap (RflPacket *packets, guint n, guint worker, gpointer context)
{
  Room *r = context;

  for (guint i = 0; i < n; i++)
    {
      r->tapped++;
      r->muted += packets[i].muted ? 1 : 0;
    }
}

static RflHookResult
on_blocked (RflEvent *event, gpointer user_data, GError **error)
{
  Room *r = user_data;

  g_assert_true (event->medium == r->a || event->medium == r->b);
  g_assert_true (event->participant == event->medium->participant);
  g_assert_nonnull (event->session);
  r->told++;
  return RFL_HOOK_CONTINUE;
}

/* a (SSRC 1) sends, b and c listen */
static Room *
room_new (guint n_workers, const char *kind)
{
  Room *r = g_new0 (Room, 1);
  RflHook hook = {
    .name = "test/blocked", .event = RFL_EVENT_MEDIUM_BLOCKED, .func = on_blocked, .user_data = r
  };

  r->f = fixture_new (n_workers);
  r->a = fixture_join (r->f, "room", "a", NULL, kind);
  r->b = fixture_join (r->f, "room", "b", NULL, kind);
  r->c = fixture_join (r->f, "room", "c", NULL, kind);
  r->hook = rfl_bus_add_hook (rfl_core_get_bus (r->f->core), &hook, NULL);
  r->flow = fixture_add_flow (r->f, A);
  r->source = fixture_add_source (r->f, r->a, r->flow, 1, 1);
  return r;
}

static void
room_free (Room *r)
{
  rfl_bus_remove_hook (rfl_core_get_bus (r->f->core), r->hook);
  fixture_free (r->f);
  g_free (r);
}

static void
add_leg (Room *r, RflMedium *medium, const char *to, RflLegMode mode)
{
  RflLegSpec spec = fixture_leg_spec (r->f, medium, to);

  spec.mode = mode;
  fixture_add_leg_spec (r->f, &spec);
}

/* One packet of a's. Returns: how many copies left */
static guint
say (Room *r, guint16 seq, guint32 ssrc)
{
  g_autoptr (GPtrArray) sent = NULL;

  fixture_send (r->f, A, strcmp (r->a->kind, "video") == 0 ? 96 : 0, seq, 160u * seq, ssrc);
  sent = test_network_take_sent (r->f->net);
  return sent->len;
}

static void
test_elsewhere (void)
{
  if (g_test_subprocess ())
    {
      Room *r = room_new (1, "audio");
      RflMedium *far = fixture_join (r->f, "room", "far", "other.example", "audio");
      rfl_medium_set_blocked (far, RFL_DIRECTION_SEND);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*assertion*origin*failed*");
}

static void
test_muted (void)
{
  Room *r = room_new (2, "audio");
  RflLegSpec link = fixture_leg_spec (r->f, r->b, LINK);
  guint port_tap, route_tap;

  add_leg (r, r->b, B, RFL_LEG_ALL);
  add_leg (r, r->c, C, RFL_LEG_ONE);
  link.owner = NULL;
  link.flags = RFL_LEG_LABELLED | RFL_LEG_LOCAL_ONLY;
  rfl_source_set_label (r->source, fixture_add_leg_spec (r->f, &link), 77);
  route_tap = rfl_route_add_tap (r->a->route, tap, r);
  port_tap = rfl_port_add_stage (r->f->port, RFL_STAGE_TAP, tap, r);
  g_assert_cmpuint (say (r, 1, 1), ==, 3);
  g_assert_cmpuint (r->tapped, ==, 2);
  g_assert_cmpuint (r->muted, ==, 0);
  rfl_medium_set_blocked (r->a, RFL_DIRECTION_SEND);
  g_assert_cmpuint (say (r, 2, 1), ==, 0);
  g_assert_cmpuint (r->tapped, ==, 4);
  g_assert_cmpuint (r->muted, ==, 2);
  g_assert_cmpuint (fixture_count (r->f, "path.muted"), ==, 1);
  fixture_add_source (r->f, r->a, r->flow, 5, 5); /* a later one, too */
  g_assert_cmpuint (say (r, 1, 5), ==, 0);
  rfl_medium_set_blocked (r->a, RFL_DIRECTION_NONE);
  g_assert_cmpuint (say (r, 3, 1), ==, 3);
  g_assert_cmpuint (say (r, 2, 5), ==, 1); /* no label, and c follows the other one */
  g_assert_cmpuint (r->muted, ==, 4);
  g_assert_cmpuint (fixture_count (r->f, "path.muted"), ==, 2);
  rfl_route_remove_tap (r->a->route, route_tap);
  rfl_port_remove_stage (r->f->port, port_tap);
  room_free (r);
}

/* The event comes once for each change, with what is in force then. */
static void
test_told (void)
{
  Room *r = room_new (1, "audio");

  rfl_medium_set_blocked (r->a, RFL_DIRECTION_NONE);
  g_assert_cmpuint (r->told, ==, 0);
  rfl_medium_set_blocked (r->a, RFL_DIRECTION_BOTH);
  rfl_medium_set_blocked (r->a, RFL_DIRECTION_BOTH);
  g_assert_cmpuint (r->told, ==, 1);
  g_assert_cmpuint (r->a->blocked, ==, RFL_DIRECTION_BOTH);
  rfl_medium_set_blocked (r->a, RFL_DIRECTION_SEND);
  g_assert_cmpuint (r->told, ==, 2);
  rfl_participant_leave (r->b->participant, "test");
  rfl_medium_set_blocked (r->b, RFL_DIRECTION_SEND); /* nobody is to be told of who has left */
  g_assert_cmpuint (r->told, ==, 2);
  room_free (r);
}

static void
test_receive (void)
{
  for (guint n_workers = 1; n_workers <= 2; n_workers++)
    {
      Room *r = room_new (n_workers, "audio");

      add_leg (r, r->b, B, RFL_LEG_ALL);
      add_leg (r, r->b, B, RFL_LEG_ONE);
      add_leg (r, r->c, C, RFL_LEG_ALL);
      g_assert_cmpuint (say (r, 1, 1), ==, 3);
      rfl_medium_set_blocked (r->b, RFL_DIRECTION_RECEIVE);
      g_assert_cmpuint (say (r, 2, 1), ==, 1);
      add_leg (r, r->b, B, RFL_LEG_ALL);
      g_assert_cmpuint (say (r, 3, 1), ==, 1);
      rfl_leg_set_active (r->f->legs->pdata[0], FALSE);
      rfl_medium_set_blocked (r->b, RFL_DIRECTION_NONE);
      g_assert_cmpuint (say (r, 4, 1), ==, 3); /* one is on hold besides */
      rfl_leg_set_active (r->f->legs->pdata[0], TRUE);
      g_assert_cmpuint (say (r, 5, 1), ==, 4);
      room_free (r);
    }
}

/* What is for one who gets nothing else: prompts. */
static void
test_frames (void)
{
  Room *r = room_new (1, "audio");
  RflFeed *feed = rfl_feed_new (r->a->route, 8000);
  RflFeeder *feeder = rfl_feeder_new (r->f->path, 8);
  RflFrame frame = { .feed = feed };
  static const struct {
    gboolean only_b, past_block;
    guint n;
  } cases[] = { { FALSE, FALSE, 1 }, { TRUE, FALSE, 0 }, { FALSE, TRUE, 1 }, { TRUE, TRUE, 1 } };

  for (guint i = 0; i < 2; i++)
    {
      RflLegSpec spec = fixture_leg_spec (r->f, i ? r->c : r->b, i ? C : B);
      spec.mode = RFL_LEG_MIX;
      spec.feed = feed;
      fixture_add_leg_spec (r->f, &spec);
    }
  rfl_medium_set_blocked (r->b, RFL_DIRECTION_RECEIVE);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) sent = NULL;
      gboolean to_b = cases[i].only_b && cases[i].past_block;

      frame.only = cases[i].only_b ? r->b : NULL;
      frame.past_block = cases[i].past_block;
      g_assert_true (rfl_feeder_push (feeder, &frame));
      fixture_step (r->f);
      sent = test_network_take_sent (r->f->net);
      g_assert_cmpuint (sent->len, ==, cases[i].n);
      g_assert_cmpuint (sent_to (sent, B, NULL, 0), ==, to_b ? 1 : 0);
    }
  g_ptr_array_set_size (r->f->legs, 0);
  rfl_feed_free (feed);
  rfl_feeder_free (feeder);
  room_free (r);
}

/* ---- what else routes tell ---- */

static RflHookResult
on_formats (RflEvent *event, gpointer user_data, GError **error)
{
  g_assert_cmpstr (event->name, ==, "audio");
  g_assert_nonnull (event->session);
  (*(guint *) user_data)++;
  return RFL_HOOK_CONTINUE;
}

static gboolean
set_formats (RflRoute *route, guint n)
{
  static const char *const names[] = { "PCMU", "telephone-event", "PCMA", "GSM" };
  GPtrArray *formats = g_ptr_array_new ();

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (formats, rfl_format_new (96 + i, names[i % 4], 8000 + i / 4, 1, NULL));
  return rfl_route_set_formats (route, formats);
}

static void
test_formats (void)
{
  guint told = 0;
  RflHook hook = { .name = "test/formats",
                   .event = RFL_EVENT_FORMATS_CHANGED,
                   .func = on_formats,
                   .user_data = &told };
  Fixture *f = fixture_new (1);
  RflMedium *a;
  RflRoute *route;
  guint id = rfl_bus_add_hook (rfl_core_get_bus (f->core), &hook, NULL);

  a = fixture_join (f, "room", "a", NULL, "audio");
  route = fixture_route (a); /* the first ones */
  g_assert_cmpuint (told, ==, 1);
  fixture_add_leg (f, a, A);
  g_assert_false (set_formats (route, 1));
  g_assert_true (set_formats (route, 2));
  g_assert_cmpuint (told, ==, 1);
  g_assert_false (set_formats (route, RFL_ROUTE_MAX_FORMATS + 1));
  g_assert_true (set_formats (route, RFL_ROUTE_MAX_FORMATS));
  g_assert_cmpuint (told, ==, 2);
  rfl_route_set_codec (route, 0);
  g_assert_cmpuint (told, ==, 2);
  rfl_route_set_codec (route, 2);
  g_assert_cmpuint (told, ==, 3);
  rfl_bus_remove_hook (rfl_core_get_bus (f->core), id);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/blocked/elsewhere", test_elsewhere);
  g_test_add_func ("/path/blocked/muted", test_muted);
  g_test_add_func ("/path/blocked/told", test_told);
  g_test_add_func ("/path/blocked/receive", test_receive);
  g_test_add_func ("/path/blocked/frames", test_frames);
  g_test_add_func ("/path/formats-changed", test_formats);
  return g_test_run ();
}
