/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bandwidth of a leg: what it leaves out, and that the rest can be decoded. */
#include "tests/unit/video-room.h"

#define LAYERS 4
static const guint8 layers[LAYERS] = { 0, 2, 1, 2 };

/* @seconds of three temporal layers, 30 frames a second. Returns: bits a second that the viewer got */
static guint
play (Room *r, Stream *s, guint seconds, gboolean layered)
{
  guint64 before = r->viewer.octets;

  for (guint i = 0; i < seconds * 30; i++)
    {
      StreamFrame frame;

      stream_make (s, FALSE, layered ? layers[i % LAYERS] : 0, &frame);
      room_send (r, s, &frame, 0, frame.n);
      rfl_clock_advance (r->f->clock, G_USEC_PER_SEC / 30);
    }
  return (guint) ((r->viewer.octets - before) * 8 / seconds);
}

static guint64
left_out (const Room *r)
{
  RflLegStats stats;

  rfl_leg_get_stats (r->leg, &stats);
  g_assert_cmpuint (fixture_count (r->f, "path.left_out"), ==, stats.left_out);
  return stats.left_out;
}

/* Enough: everything. Half of it: without the upper layers, and no picture breaks. Lifted: everything
 * again. */
static void
test_layers (gconstpointer data)
{
  Room *r = room_new (2, GPOINTER_TO_UINT (data));
  guint all, got, base;

  room_say (r, &r->sa, TRUE);
  all = play (r, &r->sa, 4, TRUE);
  g_assert_cmpuint (r->viewer.n_frames, ==, 121);
  rfl_leg_set_bandwidth (r->leg, 2 * all);
  play (r, &r->sa, 4, TRUE);
  g_assert_cmpuint (left_out (r), ==, 0);
  base = r->viewer.n_layer[0];
  rfl_leg_set_bandwidth (r->leg, all / 2);
  got = play (r, &r->sa, 20, TRUE);
  g_assert_cmpuint (got, <=, all / 2 + all / 20);
  g_assert_cmpuint (got, >=, all / 4);
  g_assert_cmpuint (r->viewer.n_layer[0] - base, ==, 150);
  g_assert_cmpuint (left_out (r), >, 0);
  room_assert_whole (r);
  g_assert_cmpuint (r->asked_a, ==, 0);
  rfl_leg_set_bandwidth (r->leg, 0);
  room_say (r, &r->sa, TRUE);
  g_assert_cmpuint (play (r, &r->sa, 4, TRUE), ==, all);
  room_assert_whole (r);
  room_free (r);
}

/* Without layers whole frames are left out, up to the next keyframe, which is asked for when there is room
 * for it. */
static void
test_whole_frames (gconstpointer data)
{
  Room *r = room_new (1, GPOINTER_TO_UINT (data));
  guint all, sent = 0, keys;
  guint64 before;

  room_say (r, &r->sa, TRUE);
  all = play (r, &r->sa, 2, FALSE);
  rfl_leg_set_bandwidth (r->leg, all / 3);
  before = r->viewer.octets;
  keys = r->viewer.n_keys;
  for (guint i = 0; i < 600; i++)
    {
      guint asked = r->asked_a;

      room_say (r, &r->sa, asked > sent);
      sent = asked;
      rfl_clock_advance (r->f->clock, G_USEC_PER_SEC / 30);
    }
  g_assert_cmpuint ((r->viewer.octets - before) * 8 / 20, <=, all / 3 + all / 15);
  g_assert_cmpuint ((r->viewer.octets - before) * 8 / 20, >=, all / 6);
  g_assert_cmpuint (r->viewer.n_keys - keys, >=, 3);
  room_assert_whole (r);
  room_free (r);
}

/* A switch in the middle of debts begins with the whole keyframe. */
static void
test_switch (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);
  guint n;

  room_say (r, &r->sa, TRUE);
  rfl_leg_set_bandwidth (r->leg, 20000);
  play (r, &r->sa, 4, TRUE);
  n = r->viewer.n_frames;
  rfl_leg_follow (r->leg, r->b);
  r->sb.slices = 30;
  g_assert_cmpuint (room_say (r, &r->sb, TRUE), ==, 30);
  g_assert_cmpuint (r->viewer.n_frames, ==, n + 1);
  room_assert_whole (r);
  room_free (r);
}

/* Never audio. */
static void
test_audio (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflLegSpec spec = fixture_leg_spec (f, fixture_join (f, "room", "b", NULL, "audio"), B);
  RflLegStats stats;
  RflLeg *leg;

  spec.mode = RFL_LEG_ONE;
  leg = fixture_add_leg_spec (f, &spec);
  fixture_add_source (f, a, fixture_add_flow (f, A), 1, 1);
  rfl_leg_set_bandwidth (leg, 1);
  fixture_step (f);
  for (guint i = 0; i < 500; i++)
    fixture_send (f, A, 0, (guint16) i, 160 * i, 1);
  rfl_leg_get_stats (leg, &stats);
  g_assert_cmpuint (stats.packets, ==, 500);
  g_assert_cmpuint (stats.left_out, ==, 0);
  fixture_free (f);
}

static void
add_for_all (const char *name, GTestDataFunc func)
{
  for (guint codec = WIRE_VIDEO_VP8; codec <= WIRE_VIDEO_H265; codec++)
    {
      g_autofree char *path = g_strdup_printf ("/path/budget/%s/%s", name, room_encodings[codec]);
      g_test_add_data_func (path, GUINT_TO_POINTER (codec), func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_for_all ("layers", test_layers);
  add_for_all ("whole-frames", test_whole_frames);
  g_test_add_func ("/path/budget/switch", test_switch);
  g_test_add_func ("/path/budget/audio", test_audio);
  return g_test_run ();
}
