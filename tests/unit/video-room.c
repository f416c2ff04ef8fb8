/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The room of the tests of video legs. Tests nothing itself. */
#include "tests/unit/video-room.h"

const char *const room_encodings[] = { [WIRE_VIDEO_VP8] = "VP8",
                                       [WIRE_VIDEO_VP9] = "VP9",
                                       [WIRE_VIDEO_H264] = "H264",
                                       [WIRE_VIDEO_H265] = "H265" };

static void
on_feedback (RflLeg *leg, RflMedium *from, const guint8 *data, gsize len)
{
  guint *n = rfl_leg_get_user_data (leg);

  g_assert_cmpuint (len, >=, 12);
  (*n)++;
}

RflSource *
room_add_sender (Fixture *f, RflMedium *medium, const char *at, guint32 ssrc, guint *asked)
{
  static const RflLegOps ops = { on_feedback };
  RflSource *source = fixture_add_source (f, medium, fixture_add_flow (f, at), ssrc, ssrc);
  RflLegSpec spec = fixture_leg_spec (f, medium, at);

  spec.ops = &ops;
  spec.user_data = asked;
  rfl_source_set_back (source, fixture_add_leg_spec (f, &spec));
  rfl_leg_set_active (source->back, FALSE);
  return source;
}

/* a and b send, c watches in mode one */
Room *
room_new (guint n_workers, WireVideoCodec codec)
{
  Room *r = g_new0 (Room, 1);
  GPtrArray *formats = g_ptr_array_new ();
  RflMedium *a, *b, *c;
  RflLegSpec spec;

  r->f = fixture_new (n_workers);
  a = fixture_join (r->f, "room", "a", NULL, "video");
  b = fixture_join (r->f, "room", "b", NULL, "video");
  c = fixture_join (r->f, "room", "c", NULL, "video");
  g_ptr_array_add (formats, rfl_format_new (96, room_encodings[codec], 90000, 1, NULL));
  rfl_route_set_formats (rfl_session_get_route (a->participant->session, "video"), formats);
  r->a = room_add_sender (r->f, a, A, 1, &r->asked_a);
  r->b = room_add_sender (r->f, b, B, 2, &r->asked_b);
  spec = fixture_leg_spec (r->f, c, C);
  spec.mode = RFL_LEG_ONE;
  r->leg = fixture_add_leg_spec (r->f, &spec);
  fixture_step (r->f);
  r->sa = (Stream){ .codec = codec, .name = 'a', .ssrc = 1, .seq = 65530, .slices = 5 };
  r->sb = (Stream){ .codec = codec, .name = 'b', .ssrc = 2, .seq = 900, .slices = 7 };
  r->sa.picture = 32760;
  r->sb.picture = 17;
  r->sa.tl0 = 250;
  r->sb.timestamp = 4294960000u;
  r->viewer.codec = codec;
  return r;
}

void
room_free (Room *r)
{
  fixture_free (r->f);
  g_free (r);
}

void
room_inject (Room *r, const Stream *s, const StreamFrame *frame, guint from, guint to)
{
  for (guint i = from; i < to; i++)
    fixture_inject (r->f, s->name == 'a' ? A : B, &frame->packets[i]);
}

/* Returns: how many packets the viewer got */
guint
room_watch (Room *r)
{
  g_autoptr (GPtrArray) sent = NULL;

  fixture_step (r->f);
  sent = test_network_take_sent (r->f->net);
  return viewer_take (&r->viewer, sent, C);
}

guint
room_send (Room *r, const Stream *s, const StreamFrame *frame, guint from, guint to)
{
  room_inject (r, s, frame, from, to);
  return room_watch (r);
}

/* A whole frame, packet by packet. Returns: how many packets the viewer got */
guint
room_say (Room *r, Stream *s, gboolean key)
{
  StreamFrame frame;
  guint n = 0;

  stream_make (s, key, 0, &frame);
  for (guint i = 0; i < frame.n; i++)
    n += room_send (r, s, &frame, i, i + 1);
  return n;
}

void
room_tick (Room *r)
{
  rfl_clock_advance (r->f->clock, 33 * MS);
}

void
room_assert_whole (const Room *r)
{
  g_assert_cmpuint (r->viewer.broken, ==, 0);
  g_assert_cmpuint (r->viewer.gaps, ==, 0);
  g_assert_false (r->viewer.open);
}

guint32
room_following (const Room *r)
{
  RflLegStats stats;

  rfl_leg_get_stats (r->leg, &stats);
  return stats.following;
}
