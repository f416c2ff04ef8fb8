/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTCP APP: how many, in whose name, to whom. Not what a plugin makes of it. */
#include "core/core-private.h"
#include "tests/unit/rtcp-fixture.h"

typedef struct {
  Fixture *f;
  End *a, *b, *c, *d; /* a sends SSRC 1, d has a leg of mode `one` */
  guint n_events, hook;
} Room;

static RflHookResult
note_message (RflEvent *event, gpointer user_data, GError **error)
{
  ((Room *) user_data)->n_events++;
  return RFL_HOOK_CONTINUE;
}

static void
set_up (Room *room, gconstpointer data)
{
  RflHook hook = { .name = "test/message",
                   .event = RFL_EVENT_CONTROL_MESSAGE,
                   .func = note_message,
                   .user_data = room };

  room->f = fixture_new (1);
  room->a = end_join (room->f, "a", NULL, RFL_LEG_ALL, 1);
  room->b = end_join (room->f, "b", NULL, RFL_LEG_ALL, 0);
  room->c = end_join (room->f, "c", NULL, RFL_LEG_ALL, 0);
  room->d = end_join (room->f, "d", NULL, RFL_LEG_ONE, 0);
  room->hook = rfl_bus_add_hook (rfl_core_get_bus (room->f->core), &hook, NULL);
}

static void
tear_down (Room *room, gconstpointer data)
{
  rfl_bus_remove_hook (rfl_core_get_bus (room->f->core), room->hook);
  end_free (room->a);
  end_free (room->b);
  end_free (room->c);
  end_free (room->d);
  fixture_free (room->f);
}

static void
in_anothers_name (Room *room, gconstpointer data)
{
  end_send (room->b, "APP 1 CHAT");
  end_send (room->c, "APP 3 CHAT");
  g_assert_cmpuint (fixture_count (room->f, "rtcp.foreign"), ==, 1);
  g_assert_cmpuint (room->n_events, ==, 1);
  end_expect (room->b, "");
}

/* Ten a second, twenty at once; each medium for itself. */
static void
rate (Room *room, gconstpointer data)
{
  for (guint i = 0; i < 30; i++)
    end_send (room->a, "RR 1, APP 1 CHAT");
  g_assert_cmpuint (room->n_events, ==, 20);
  g_assert_cmpuint (fixture_count (room->f, "rtcp.app_limited"), ==, 10);
  end_send (room->b, "APP 2 CHAT");
  g_assert_cmpuint (room->n_events, ==, 21);
  rfl_clock_advance (room->f->clock, 300 * G_TIME_SPAN_MILLISECOND);
  for (guint i = 0; i < 30; i++)
    end_send (room->a, "APP 1 CHAT");
  g_assert_cmpuint (room->n_events, ==, 24);
  g_free (end_take (room->c));
  end_send (room->a, "RR 1, APP 1 CHAT, SDES 1 a"); /* the rest of it passes */
  end_expect (room->c, "RR 1 SDES 1 a |");
}

/* Only to those who have sent one of that name, on legs of both kinds. */
static void
to_whom (Room *room, gconstpointer data)
{
  end_send (room->a, "APP 1 CHAT");
  end_expect (room->b, "");
  end_send (room->b, "APP 2 CHAT");
  end_expect (room->a, "RR 2 APP 2 |");
  end_expect (room->c, "");
  end_send (room->d, "APP 4 CHAT");
  end_send (room->c, "APP 3 PING");
  g_free (end_take (room->a));
  g_free (end_take (room->b));
  end_send (room->a, "SR 1, APP 1 CHAT, SDES 1 a");
  end_expect (room->b, "SR 1 APP 1 SDES 1 a |");
  end_expect (room->c, "SR 1 SDES 1 a |");
  end_expect (room->d, "RR 1 APP 1 |");
}

/* Names that begin with RFL are between a participant and its reflector. */
static void
for_reflectors (Room *room, gconstpointer data)
{
  End *link = end_link (room->f, room->a);

  end_send (room->b, "APP 2 RFLX");
  end_send (room->a, "APP 1 RFLX");
  end_expect (room->b, "");
  end_expect (link, "");
  g_assert_cmpuint (room->n_events, ==, 2);
  end_send (room->a, "APP 1 CHAT");
  end_expect (link, "RR 1 APP 1 |"); /* who knows who knows it there */
  end_free (link);
}

/* From behind a link it passes, but it is no message to this reflector. */
static void
from_afar (Room *room, gconstpointer data)
{
  End *far = end_join (room->f, "far", "other", RFL_LEG_ALL, 0);

  end_send (room->b, "APP 2 CHAT");
  room->n_events = 0;
  end_send (far, "APP 9 CHAT");
  end_expect (room->b, "RR 9 APP 9 |");
  end_expect (room->c, "");
  g_assert_cmpuint (room->n_events, ==, 0);
  end_free (far);
}

/* Eight names; the ninth is sent, but makes nobody known for it. */
static void
many_names (Room *room, gconstpointer data)
{
  for (guint i = 0; i < 12; i++)
    {
      g_autofree char *text = g_strdup_printf ("APP 2 N%03u", i);
      end_send (room->b, text);
    }
  end_send (room->a, "APP 1 N007");
  end_expect (room->b, "RR 1 APP 1 |");
  end_send (room->a, "APP 1 N008");
  end_expect (room->b, "");
}

/* A large session repeats messages all the same. */
static void
summarised (Room *room, gconstpointer data)
{
  room->f->core->rtcp.summary_above = 0;
  end_send (room->b, "RR 2, APP 2 CHAT");
  end_send (room->c, "RR 3, SDES 3 c, APP 3 CHAT");
  end_expect (room->b, "RR 3 APP 3 |");
  end_expect (room->a, "");
}

#define ADD(name, func) g_test_add ("/rtcp-message/" name, Room, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("in-anothers-name", in_anothers_name);
  ADD ("rate", rate);
  ADD ("to-whom", to_whom);
  ADD ("for-reflectors", for_reflectors);
  ADD ("from-afar", from_afar);
  ADD ("many-names", many_names);
  ADD ("summarised", summarised);
  return g_test_run ();
}
