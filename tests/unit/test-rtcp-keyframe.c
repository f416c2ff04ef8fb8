/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests for keyframes: to whom they do not go, how often they go, what they say. */
#include "tests/unit/rtcp-fixture.h"

#define MS G_TIME_SPAN_MILLISECOND

typedef struct {
  Fixture *f;
  End *a, *b, *c; /* a sends SSRC 1, b SSRC 2, c nothing */
} Room;

static void
set_up (Room *room, gconstpointer data)
{
  room->f = fixture_new (1);
  room->a = end_join (room->f, "a", NULL, RFL_LEG_ALL, 1);
  room->b = end_join (room->f, "b", NULL, RFL_LEG_ALL, 2);
  room->c = end_join (room->f, "c", NULL, RFL_LEG_ALL, 0);
}

static void
tear_down (Room *room, gconstpointer data)
{
  end_free (room->a);
  end_free (room->b);
  end_free (room->c);
  fixture_free (room->f);
}

/* The requests among what @end was handed, without our own name: "PLI 1 FIR 1 ". */
static char *
take_requests (End *end)
{
  g_autofree char *all = end_take (end);
  g_auto (GStrv) words = g_strsplit (all, " ", -1);
  GString *out = g_string_new (NULL);

  for (guint i = 0; words[i] != NULL; i++)
    if (g_str_equal (words[i], "PLI") || g_str_equal (words[i], "FIR"))
      g_string_append_printf (out, "%s %s ", words[i], words[i + 2]);
  return g_string_free (out, FALSE);
}

#define expect(end, text)                                                                          \
  do                                                                                               \
    {                                                                                              \
      g_autofree char *got_ = take_requests (end);                                                 \
      g_assert_cmpstr (got_, ==, text);                                                            \
    }                                                                                              \
  while (0)

static void
to_nobody (Room *room, gconstpointer data)
{
  end_send (room->a, "PLI 1 1");  /* of itself */
  end_send (room->c, "PLI 3 99"); /* of one of two, but which */
  end_send (room->c, "PLI 3 0");
  expect (room->a, "");
  expect (room->b, "");
  rfl_source_set_back (room->a->source, NULL); /* no way to tell it */
  end_send (room->c, "PLI 3 1");
  rfl_source_request_keyframe (room->a->source);
  rfl_clock_advance (room->f->clock, 600 * MS);
  expect (room->a, "");
  g_assert_cmpuint (fixture_count (room->f, "rtcp.keyframes_sent"), ==, 0);
}

/* An RR and our CNAME before it; the source on its own wire; nothing to anybody else. */
static void
what_is_said (Room *room, gconstpointer data)
{
  const char *id = rfl_core_get_id (room->f->core);
  g_autofree char *got = NULL, *expected = NULL;
  guint32 own;

  end_send (room->c, "PLI 3 1");
  g_assert_true (g_ptr_array_index (room->a->from, 0) == room->c->medium);
  got = end_take (room->a);
  own = (guint32) g_ascii_strtoull (got + 3, NULL, 10);
  expected = g_strdup_printf ("RR %u SDES %u %s PLI %u 1 |", own, own, id, own);
  g_assert_cmpstr (got, ==, expected);
  g_assert_null (rfl_route_find_source (room->a->medium->route, own));
  end_expect (room->b, "");
}

/* The number of the FIR that @end was handed last. */
static guint8
take_number (End *end)
{
  gsize len;
  const guint8 *all = g_bytes_get_data (g_ptr_array_index (end->got, end->got->len - 1), &len);
  guint8 number = all[len - 4];

  expect (end, "PLI 1 FIR 1 ");
  return number;
}

/* FIR goes along where it was used; a new request has a new number, one that is repeated keeps
 * it, whoever else asked meanwhile (RFC 5104 §4.3.1.2). */
static void
by_fir (Room *room, gconstpointer data)
{
  static const struct {
    const char *text;
    guint8 step;
  } rows[] = { { "RR 3, FIR 3 1 7", 1 }, { "FIR 3 1 7", 0 }, { "FIR 3 1 8", 1 },
               { "FIR 4 1 8", 1 },       { "FIR 3 1 8", 0 }, { "FIR 3 1 255, FIR 4 1 8", 1 },
               { "FIR 3 1 0", 1 },       { "FIR 3 1 0", 0 } };
  guint8 before = 0;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      guint8 number;

      end_send (room->c, rows[i].text);
      if (i == 5)
        rfl_clock_advance (room->f->clock, 100 * MS);
      number = take_number (room->a);
      if (i > 0)
        g_assert_cmpuint ((guint8) (number - before), ==, rows[i].step);
      before = number;
      rfl_clock_advance (room->f->clock, 1200 * MS);
      g_free (end_take (room->a)); /* what was held in row 5 */
    }
}

/* Held back with a new number and a repetition: one request, one number. */
static void
fir_held (Room *room, gconstpointer data)
{
  guint8 before;

  end_send (room->c, "FIR 3 1 1");
  before = take_number (room->a);
  end_send (room->c, "FIR 3 1 1");
  end_send (room->b, "FIR 2 1 9");
  end_send (room->b, "PLI 2 1");
  rfl_clock_advance (room->f->clock, 510 * MS);
  g_assert_cmpuint ((guint8) (take_number (room->a) - before), ==, 1);
}

/* So many requesters at one source, and no more, are told from each other. */
static void
many_firs (Room *room, gconstpointer data)
{
  for (guint i = 1; i <= 3000; i++)
    {
      g_autofree char *text = g_strdup_printf ("FIR %u 1 1", 100 + i);
      end_send (room->c, text);
    }
  rfl_clock_advance (room->f->clock, 1000 * MS);
  expect (room->a, "PLI 1 FIR 1 PLI 1 FIR 1 ");
}

/* Entries that lie, or name their source in the header alone. */
static void
odd_firs (Room *room, gconstpointer data)
{
  static const guint8 header_only[] = { 0x84, 206, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1 };
  static const guint8 half[] = { 0x84, 206, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2 };
  static const guint8 several[] = { 0x84, 206, 0, 6, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0,
                                    0,    99,  1, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0 };

  rfl_route_receive_rtcp (room->c->medium->route, room->c->medium, header_only, sizeof header_only);
  expect (room->a, "PLI 1 FIR 1 ");
  rfl_clock_advance (room->f->clock, 600 * MS);
  rfl_route_receive_rtcp (room->c->medium->route, room->c->medium, half, sizeof half);
  expect (room->a, "PLI 1 FIR 1 ");
  expect (room->b, "");
  rfl_route_receive_rtcp (room->c->medium->route, room->c->medium, several, sizeof several);
  expect (room->b, "PLI 2 FIR 2 ");
}

/* One in 500 ms; what comes between is done at their end, once. */
static void
limit (Room *room, gconstpointer data)
{
  end_send (room->b, "PLI 2 1");
  expect (room->a, "PLI 1 ");
  for (guint i = 0; i < 4; i++)
    {
      rfl_clock_advance (room->f->clock, 100 * MS);
      end_send (room->c, i == 2 ? "FIR 3 1" : "PLI 3 1");
      rfl_source_request_keyframe (room->a->source);
      expect (room->a, "");
    }
  end_send (room->c, "PLI 3 2"); /* another source has a limit of its own */
  expect (room->b, "PLI 2 ");
  rfl_clock_advance (room->f->clock, 90 * MS);
  expect (room->a, "");
  rfl_clock_advance (room->f->clock, 30 * MS);
  expect (room->a, "PLI 1 FIR 1 ");
  rfl_clock_advance (room->f->clock, 5000 * MS);
  expect (room->a, "");
  g_assert_cmpuint (fixture_count (room->f, "rtcp.keyframes_held"), ==, 8);
  g_assert_cmpuint (fixture_count (room->f, "rtcp.keyframes_sent"), ==, 3);
  rfl_source_request_keyframe (room->a->source);
  expect (room->a, "PLI 1 ");
}

/* What was held back starts 500 ms anew. */
static void
limit_after_held (Room *room, gconstpointer data)
{
  end_send (room->b, "PLI 2 1");
  end_send (room->b, "PLI 2 1");
  rfl_clock_advance (room->f->clock, 510 * MS);
  expect (room->a, "PLI 1 PLI 1 ");
  end_send (room->b, "PLI 2 1");
  rfl_clock_advance (room->f->clock, 400 * MS);
  expect (room->a, "");
  rfl_clock_advance (room->f->clock, 120 * MS);
  expect (room->a, "PLI 1 ");
}

static void
source_gone (Room *room, gconstpointer data)
{
  end_send (room->b, "PLI 2 1");
  end_send (room->b, "PLI 2 1");
  rfl_source_free (g_steal_pointer (&room->a->source));
  rfl_clock_advance (room->f->clock, 600 * MS);
  expect (room->a, "PLI 1 ");
}

static void
receivers_gone (Room *room, gconstpointer data)
{
  end_send (room->b, "PLI 2 1");
  end_send (room->b, "PLI 2 1");
  rfl_leg_free (g_steal_pointer (&room->b->leg));
  rfl_leg_set_active (room->c->leg, FALSE);
  rfl_clock_advance (room->f->clock, 600 * MS);
  expect (room->a, "PLI 1 ");
}

static void
session_gone (Room *room, gconstpointer data)
{
  end_send (room->b, "PLI 2 1");
  end_send (room->b, "PLI 2 1");
  room->a->source = room->b->source = NULL; /* they go with their owners */
  g_clear_pointer (&room->a->leg, rfl_leg_free);
  g_clear_pointer (&room->b->leg, rfl_leg_free);
  g_clear_pointer (&room->c->leg, rfl_leg_free);
  g_ptr_array_set_size (room->f->participants, 0);
  rfl_clock_advance (room->f->clock, 6000 * MS);
  expect (room->a, "PLI 1 ");
}

/* Its stream's SSRC is the leg's; that means the source behind it. */
static void
from_one (Room *room, gconstpointer data)
{
  End *d = end_join (room->f, "d", NULL, RFL_LEG_ONE, 0);
  RflLegStats stats;
  g_autofree char *text = NULL;

  fixture_send (room->f, "192.0.2.2:4000", 96, 1, 3000, 2);
  rfl_leg_get_stats (d->leg, &stats);
  g_assert_cmpuint (stats.following, ==, 2);
  rfl_clock_advance (room->f->clock, 600 * MS); /* the path asked when it switched */
  g_free (take_requests (room->b));
  text = g_strdup_printf ("PLI 4 %u", stats.ssrc);
  end_send (d, text);
  expect (room->b, "PLI 2 ");
  expect (room->a, "");
  end_free (d);
}

/* The sender of an aliased source knows its own SSRC only; a link knows ours. */
static void
names (Room *room, gconstpointer data)
{
  End *d = end_join (room->f, "d", NULL, RFL_LEG_ALL, 1);
  End *link = end_link (room->f, room->a);
  End *far = end_join (room->f, "far", "other", RFL_LEG_ALL, 0);

  rfl_source_request_keyframe (d->source);
  expect (d, "PLI 1 ");
  far->flow = fixture_flow (room->f, "198.51.100.1:5564");
  far->source = fixture_source (far->medium, far->flow, 1001, 5);
  rfl_source_set_back (far->source, link->leg);
  end_send (room->c, "PLI 3 5");
  expect (link, "PLI 5 ");
  end_free (far);
  end_free (link);
  end_free (d);
}

/* A reflector asks in nobody's name; and may do no more than that. */
static void
from_link (Room *room, gconstpointer data)
{
  static const guint8 text[] = { 0x80, 201, 0, 1, 0, 0, 0,    9,   0x81, 206, 0, 2, 0, 0,
                                 0,    9,   0, 0, 0, 1, 0x81, 203, 0,    1,   0, 0, 0, 2 };

  rfl_route_receive_rtcp (room->a->medium->route, NULL, text, sizeof text);
  expect (room->a, "PLI 1 ");
  end_expect (room->b, "");
  g_assert_nonnull (rfl_route_find_source (room->a->medium->route, 2));
}

/* Every video source that the medium gets, itself not; of a `one` leg the one it follows. */
static void
by_medium (Room *room, gconstpointer data)
{
  End *d = end_join (room->f, "d", NULL, RFL_LEG_ONE, 4);

  rfl_medium_request_keyframe (room->a->medium);
  expect (room->a, "");
  expect (room->b, "PLI 2 ");
  expect (d, "PLI 4 ");
  rfl_medium_request_keyframe (d->medium); /* it follows nobody yet */
  rfl_clock_advance (room->f->clock, 600 * MS);
  fixture_send (room->f, "192.0.2.1:4000", 96, 1, 3000, 1);
  expect (room->a, ""); /* it came with a keyframe */
  rfl_medium_request_keyframe (d->medium);
  expect (room->a, "PLI 1 ");
  rfl_medium_request_keyframe (d->medium);
  rfl_clock_advance (room->f->clock, 510 * MS);
  expect (room->a, "PLI 1 ");
  expect (room->b, "");
  end_free (d);
}

/* Audio has no pictures; a medium that was never accepted has no route. */
static void
by_other_medium (Room *room, gconstpointer data)
{
  RflMedium *audio = fixture_join (room->f, "room", "e", NULL, "audio"), none = { 0 };
  RflMedium *other = fixture_join (room->f, "room", "f", NULL, "audio");
  RflFlow *flow = fixture_add_flow (room->f, "192.0.2.9:5000");
  RflSource *source = fixture_add_source (room->f, other, flow, 9, 9);

  rfl_source_set_back (source, room->a->leg);
  rfl_medium_request_keyframe (audio);
  rfl_medium_request_keyframe (&none);
  g_assert_cmpuint (fixture_count (room->f, "rtcp.keyframes_sent"), ==, 0);
}

/* Where reports need not come first they do not. */
static void
reduced (Room *room, gconstpointer data)
{
  RflRtcpIter iter;
  RflRtcp rtcp;
  gsize len;
  const guint8 *all;

  rfl_leg_set_reduced_rtcp (room->a->leg, TRUE);
  end_send (room->c, "FIR 3 1 5");
  all = g_bytes_get_data (g_ptr_array_index (room->a->got, 0), &len);
  rfl_rtcp_iter_init (&iter, all, len);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  g_assert_cmpint (rtcp.type, ==, RFL_RTCP_PSFB);
  g_assert_cmpuint (len, ==, 12 + 20);
  g_ptr_array_set_size (room->a->got, 0);
  end_send (room->b, "SDES 2 b"); /* what others say keeps its form */
  end_expect (room->a, "RR 2 SDES 2 b |");
}

#define ADD(name, func) g_test_add ("/rtcp-keyframe/" name, Room, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("to-nobody", to_nobody);
  ADD ("what-is-said", what_is_said);
  ADD ("by-fir", by_fir);
  ADD ("fir-held", fir_held);
  ADD ("many-firs", many_firs);
  ADD ("odd-firs", odd_firs);
  ADD ("by-medium", by_medium);
  ADD ("by-other-medium", by_other_medium);
  ADD ("reduced", reduced);
  ADD ("limit", limit);
  ADD ("limit-after-held", limit_after_held);
  ADD ("source-gone", source_gone);
  ADD ("receivers-gone", receivers_gone);
  ADD ("session-gone", session_gone);
  ADD ("from-one", from_one);
  ADD ("names", names);
  ADD ("from-link", from_link);
  return g_test_run ();
}
