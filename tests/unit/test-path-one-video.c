/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Legs of RFL_LEG_ONE that carry video: no picture breaks, whoever they are told to follow and whatever
 * is lost, late or begun anew. */
#include "tests/unit/video-stream.h"
#include <string.h>

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"
#define C "192.0.2.3:4000"
#define MS G_TIME_SPAN_MILLISECOND

typedef struct {
  Fixture *f;
  RflSource *a, *b;
  RflLeg *leg;
  Stream sa, sb;
  Viewer viewer;
  guint asked_a, asked_b;
} Room;

static const char *const encodings[] = { [WIRE_VIDEO_VP8] = "VP8",
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

static RflSource *
add_sender (Fixture *f, RflMedium *medium, const char *at, guint32 ssrc, guint *asked)
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
static Room *
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
  g_ptr_array_add (formats, rfl_format_new (96, encodings[codec], 90000, 1, NULL));
  rfl_route_set_formats (rfl_session_get_route (a->participant->session, "video"), formats);
  r->a = add_sender (r->f, a, A, 1, &r->asked_a);
  r->b = add_sender (r->f, b, B, 2, &r->asked_b);
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

static void
room_free (Room *r)
{
  fixture_free (r->f);
  g_free (r);
}

static void
inject (Room *r, const Stream *s, const StreamFrame *frame, guint from, guint to)
{
  for (guint i = from; i < to; i++)
    fixture_inject (r->f, s->name == 'a' ? A : B, &frame->packets[i]);
}

/* Returns: how many packets the viewer got */
static guint
watch (Room *r)
{
  g_autoptr (GPtrArray) sent = NULL;

  fixture_step (r->f);
  sent = test_network_take_sent (r->f->net);
  return viewer_take (&r->viewer, sent, C);
}

static guint
send_part (Room *r, const Stream *s, const StreamFrame *frame, guint from, guint to)
{
  inject (r, s, frame, from, to);
  return watch (r);
}

/* A whole frame, packet by packet. Returns: how many packets the viewer got */
static guint
say (Room *r, Stream *s, gboolean key)
{
  StreamFrame frame;
  guint n = 0;

  stream_make (s, key, 0, &frame);
  for (guint i = 0; i < frame.n; i++)
    n += send_part (r, s, &frame, i, i + 1);
  return n;
}

static void
tick (Room *r)
{
  rfl_clock_advance (r->f->clock, 33 * MS);
}

static void
assert_whole (const Room *r)
{
  g_assert_cmpuint (r->viewer.broken, ==, 0);
  g_assert_cmpuint (r->viewer.gaps, ==, 0);
  g_assert_false (r->viewer.open);
}

static guint32
following (const Room *r)
{
  RflLegStats stats;

  rfl_leg_get_stats (r->leg, &stats);
  return stats.following;
}

/* Nothing before a keyframe; the wanted one's is waited for, and asked for every half second. */
static void
follow (WireVideoCodec codec, gboolean aggregate)
{
  Room *r = room_new (2, codec);

  r->sa.aggregate = r->sb.aggregate = aggregate;
  g_assert_cmpuint (say (r, &r->sa, FALSE), ==, 0);
  g_assert_cmpuint (r->asked_a, ==, 1);
  g_assert_cmpuint (following (r), ==, 0);
  tick (r);
  g_assert_cmpuint (say (r, &r->sa, TRUE), >=, 5);
  g_assert_cmpuint (following (r), ==, 1);
  for (guint i = 0; i < 60; i++)
    {
      tick (r);
      g_assert_cmpuint (say (r, &r->sa, FALSE), ==, 5);
      g_assert_cmpuint (say (r, &r->sb, i == 30), ==, 0);
    }
  g_assert_cmpuint (r->asked_b, ==, 0);
  rfl_leg_follow (r->leg, r->b);
  for (guint i = 0; i < 30; i++)
    {
      tick (r);
      g_assert_cmpuint (say (r, &r->sb, FALSE), ==, 0);
      g_assert_cmpuint (say (r, &r->sa, FALSE), ==, 5);
    }
  g_assert_cmpuint (r->asked_b, ==, 2); /* in 30 * 33 ms */
  tick (r);
  g_assert_cmpuint (say (r, &r->sb, TRUE), >=, 7);
  g_assert_cmpuint (following (r), ==, 2);
  for (guint i = 0; i < 100; i++)
    {
      tick (r);
      g_assert_cmpuint (say (r, &r->sa, i % 10 == 0), ==, 0);
      g_assert_cmpuint (say (r, &r->sb, FALSE), ==, 7);
    }
  g_assert_cmpuint (r->viewer.switches, ==, 1);
  g_assert_cmpuint (r->asked_a, ==, 1);
  assert_whole (r);
  room_free (r);
}

static void
test_follow (gconstpointer data)
{
  guint what = GPOINTER_TO_UINT (data);
  follow (what >> 1, what & 1);
}

/* All of a frame and of the next source's keyframe in one batch, interleaved. */
static void
test_batch (gconstpointer data)
{
  Room *r = room_new (1, GPOINTER_TO_UINT (data));
  StreamFrame fa, fb;

  say (r, &r->sa, TRUE);
  for (guint round = 0; round < 20; round++)
    {
      Stream *from = round % 2 ? &r->sb : &r->sa, *to = round % 2 ? &r->sa : &r->sb;

      tick (r);
      rfl_leg_follow (r->leg, round % 2 ? r->a : r->b);
      stream_make (from, FALSE, 0, &fa);
      stream_make (to, TRUE, 0, &fb);
      inject (r, from, &fa, 0, 2);
      inject (r, to, &fb, 0, 4);
      inject (r, from, &fa, 2, fa.n);
      inject (r, to, &fb, 4, fb.n);
      g_assert_cmpuint (watch (r), ==, fa.n + fb.n);
      g_assert_cmpuint (following (r), ==, round % 2 ? 1 : 2);
    }
  g_assert_cmpuint (r->viewer.switches, ==, 20);
  assert_whole (r);
  room_free (r);
}

/* The old source's frame comes to its end before the new one begins; if its end does not come, not for
 * longer than 100 ms. */
static void
test_open_frame (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);
  StreamFrame fa, fb;

  say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  stream_make (&r->sa, FALSE, 0, &fa);
  stream_make (&r->sb, TRUE, 0, &fb);
  g_assert_cmpuint (send_part (r, &r->sa, &fa, 0, 3), ==, 3);
  g_assert_cmpuint (send_part (r, &r->sb, &fb, 0, fb.n), ==, 0);
  g_assert_cmpuint (send_part (r, &r->sa, &fa, 3, 5), ==, 2 + fb.n);
  assert_whole (r);
  rfl_leg_follow (r->leg, r->a);
  stream_make (&r->sa, TRUE, 0, &fa);
  stream_make (&r->sb, FALSE, 0, &fb);
  g_assert_cmpuint (send_part (r, &r->sb, &fb, 0, 3), ==, 3);
  g_assert_cmpuint (send_part (r, &r->sa, &fa, 0, fa.n - 1), ==, 0);
  rfl_clock_advance (r->f->clock, 100 * MS);
  g_assert_cmpuint (send_part (r, &r->sa, &fa, fa.n - 1, fa.n), ==, fa.n);
  g_assert_cmpuint (r->viewer.broken, ==, 1); /* the one that never ended */
  g_assert_cmpuint (following (r), ==, 1);
  room_free (r);
}

/* The keyframe's first packet is lost: the next keyframe is waited for. The second overtakes the first:
 * they go out in order. */
static void
test_lost_and_late (gconstpointer data)
{
  WireVideoCodec codec = GPOINTER_TO_UINT (data);
  Room *r = room_new (1, codec);
  StreamFrame frame;

  say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  stream_make (&r->sb, TRUE, 0, &frame);
  if (codec == WIRE_VIDEO_H265) /* either of its first two is enough to begin with */
    send_part (r, &r->sb, &frame, 2, frame.n);
  else
    send_part (r, &r->sb, &frame, 1, frame.n);
  g_assert_cmpuint (following (r), ==, 1);
  tick (r);
  g_assert_cmpuint (say (r, &r->sb, FALSE), ==, 0);
  tick (r);
  g_assert_cmpuint (say (r, &r->sa, FALSE), ==, 5);
  g_assert_cmpuint (r->asked_b, >=, 1);
  tick (r);
  stream_make (&r->sb, TRUE, 0, &frame);
  g_assert_cmpuint (send_part (r, &r->sb, &frame, 1, 2), ==, 0);
  send_part (r, &r->sb, &frame, 0, 1);
  send_part (r, &r->sb, &frame, 2, frame.n);
  g_assert_cmpuint (following (r), ==, 2);
  g_assert_cmpuint (r->viewer.switches, ==, 1);
  assert_whole (r);
  room_free (r);
}

/* Parameter sets alone are no keyframe; a keyframe that never has any will do after a while. */
static void
test_parameters (void)
{
  Room *r = room_new (1, WIRE_VIDEO_H264);
  StreamFrame frame;
  guint n = 0;

  r->sa.bare = TRUE;
  say (r, &r->sb, TRUE);
  rfl_leg_follow (r->leg, r->a);
  for (guint i = 0; i < 5; i++)
    {
      rfl_clock_advance (r->f->clock, 500 * MS);
      say (r, &r->sb, FALSE);
      n = say (r, &r->sa, TRUE);
      g_assert_cmpuint (n, ==, i < 4 ? 0 : 5);
    }
  g_assert_cmpuint (following (r), ==, 1);
  rfl_leg_follow (r->leg, r->b);
  tick (r);
  stream_make (&r->sb, TRUE, 0, &frame);
  send_part (r, &r->sb, &frame, 0, 2); /* SPS, PPS, and then a picture that needs others */
  tick (r);
  g_assert_cmpuint (say (r, &r->sb, FALSE), ==, 0);
  g_assert_cmpuint (following (r), ==, 1);
  room_free (r);
}

/* Nobody is named: the next one that sends is shown once the other has been silent for a second, from a
 * keyframe on. */
static void
test_automatic (void)
{
  Room *r = room_new (2, WIRE_VIDEO_VP8);

  say (r, &r->sa, TRUE);
  rfl_clock_advance (r->f->clock, 999 * MS);
  g_assert_cmpuint (say (r, &r->sb, TRUE), ==, 0);
  g_assert_cmpuint (r->asked_b, ==, 0);
  rfl_clock_advance (r->f->clock, 1 * MS);
  g_assert_cmpuint (say (r, &r->sb, FALSE), ==, 0);
  g_assert_cmpuint (r->asked_b, ==, 1);
  g_assert_cmpuint (say (r, &r->sb, TRUE), ==, 7);
  tick (r);
  g_assert_cmpuint (say (r, &r->sa, TRUE), ==, 0);
  assert_whole (r);
  room_free (r);
}

/* Who sends no keyframe lets another one try. */
static void
test_patience (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);

  for (guint i = 0; i < 92; i++)
    {
      g_assert_cmpuint (say (r, &r->sa, FALSE), ==, 0);
      g_assert_cmpuint (say (r, &r->sb, FALSE), ==, 0);
      tick (r);
    }
  g_assert_cmpuint (r->asked_b, >=, 1);
  g_assert_cmpuint (say (r, &r->sb, TRUE), ==, 7);
  room_free (r);
}

/* The wanted source vanishes before its keyframe; the one that is carried vanishes. */
static void
test_vanish (void)
{
  Room *r = room_new (2, WIRE_VIDEO_H264);
  StreamFrame frame;

  say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  stream_make (&r->sb, TRUE, 0, &frame);
  send_part (r, &r->sb, &frame, 0, 2);
  fixture_drop_source (r->f, r->b);
  tick (r);
  g_assert_cmpuint (say (r, &r->sa, FALSE), ==, 5);
  fixture_drop_source (r->f, r->a);
  fixture_step (r->f);
  g_assert_cmpuint (following (r), ==, 0);
  assert_whole (r);
  room_free (r);
}

/* The same SSRC begins anew: a stray packet changes nothing, a keyframe with new numbers does. */
static void
test_restart (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);
  StreamFrame frame;

  say (r, &r->sa, TRUE);
  tick (r);
  r->sa.seq += 20000;
  stream_make (&r->sa, FALSE, 0, &frame);
  g_assert_cmpuint (send_part (r, &r->sa, &frame, 0, 1), ==, 0);
  r->sa.seq -= 20005;
  r->sa.picture--;
  r->sa.tl0--;
  g_assert_cmpuint (say (r, &r->sa, FALSE), ==, 5);
  assert_whole (r);
  tick (r);
  r->sa.seq += 30000;
  r->sa.timestamp -= 500000;
  g_assert_cmpuint (say (r, &r->sa, FALSE), ==, 0);
  g_assert_cmpuint (r->asked_a, ==, 1);
  tick (r);
  g_assert_cmpuint (say (r, &r->sa, TRUE), ==, 5);
  assert_whole (r);
  room_free (r);
}

/* It is told to follow another one and then, before that one's keyframe, the old one again. */
static void
test_changed_mind (void)
{
  Room *r = room_new (2, WIRE_VIDEO_VP8);
  StreamFrame frame;

  say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  say (r, &r->sb, FALSE);
  stream_make (&r->sb, TRUE, 0, &frame);
  rfl_leg_follow (r->leg, r->a);
  g_assert_cmpuint (send_part (r, &r->sb, &frame, 0, frame.n), ==, 0);
  tick (r);
  g_assert_cmpuint (say (r, &r->sa, FALSE), ==, 5);
  g_assert_cmpuint (following (r), ==, 1);
  assert_whole (r);
  room_free (r);
}

/* Timestamps go on by the time that has passed. */
static void
test_elapsed (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);
  guint32 before;

  say (r, &r->sa, TRUE);
  before = r->viewer.timestamp;
  rfl_leg_follow (r->leg, r->b);
  rfl_clock_advance (r->f->clock, 400 * MS);
  say (r, &r->sb, TRUE);
  g_assert_cmpuint (r->viewer.timestamp - before, ==, 36000);
  room_free (r);
}

/* Picture ids of 7 bits become 15 and count on over the end of both. */
static void
test_short_ids (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);

  r->sb.short_id = TRUE;
  say (r, &r->sa, TRUE);
  for (guint i = 0; i < 300; i++)
    {
      Stream *s = i / 100 % 2 == 0 ? &r->sb : &r->sa;

      tick (r);
      rfl_leg_follow (r->leg, s == &r->sb ? r->b : r->a);
      g_assert_cmpuint (say (r, s, i % 100 == 0), ==, s->slices);
    }
  assert_whole (r);
  room_free (r);
}

/* A keyframe of more packets than are kept. */
static void
test_large (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);
  StreamFrame fa, fb;

  say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  r->sb.slices = STREAM_MAX_PACKETS;
  stream_make (&r->sa, FALSE, 0, &fa);
  send_part (r, &r->sa, &fa, 0, 1);
  stream_make (&r->sb, TRUE, 0, &fb);
  g_assert_cmpuint (send_part (r, &r->sb, &fb, 0, fb.n), ==, 0);
  stream_make (&r->sb, FALSE, 0, &fb);
  g_assert_cmpuint (send_part (r, &r->sb, &fb, 0, fb.n), ==, 2 * STREAM_MAX_PACKETS);
  g_assert_cmpuint (r->viewer.gaps, ==, 0);
  g_assert_cmpuint (r->viewer.broken, ==, 1);
  room_free (r);
}

/* Other watchers' legs, on hold and not: each has numbers of its own. */
static void
test_many (void)
{
  Room *r = room_new (3, WIRE_VIDEO_VP8);
  Viewer viewers[9] = { { 0 } };
  RflLeg *legs[9];

  for (guint i = 0; i < 9; i++)
    {
      g_autofree char *at = g_strdup_printf ("192.0.2.%u:4000", 10 + i);
      g_autofree char *name = g_strdup_printf ("w%u", i);
      RflLegSpec spec =
          fixture_leg_spec (r->f, fixture_join (r->f, "room", name, NULL, "video"), at);

      spec.mode = RFL_LEG_ONE;
      legs[i] = fixture_add_leg_spec (r->f, &spec);
      viewers[i].codec = WIRE_VIDEO_VP8;
    }
  for (guint i = 0; i < 90; i++)
    {
      g_autoptr (GPtrArray) sent = NULL;
      StreamFrame fa, fb;

      rfl_leg_follow (legs[i % 9], i % 2 ? r->a : r->b);
      stream_make (&r->sa, i % 3 == 0, 0, &fa);
      stream_make (&r->sb, i % 4 == 0, 0, &fb);
      for (guint k = 0; k < fb.n; k++)
        {
          if (k < fa.n)
            inject (r, &r->sa, &fa, k, k + 1);
          inject (r, &r->sb, &fb, k, k + 1);
        }
      tick (r);
      fixture_step (r->f);
      sent = test_network_take_sent (r->f->net);
      for (guint k = 0; k < 9; k++)
        {
          g_autofree char *at = g_strdup_printf ("192.0.2.%u:4000", 10 + k);
          viewer_take (&viewers[k], sent, at);
        }
    }
  for (guint k = 0; k < 9; k++)
    {
      g_assert_cmpuint (viewers[k].n_frames, >=, 60);
      g_assert_cmpuint (viewers[k].switches, >=, 3);
      g_assert_cmpuint (viewers[k].broken + viewers[k].gaps, ==, 0);
    }
  room_free (r);
}

/* A codec that cannot be read: what it is told, at once. */
static void
test_unread (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "video");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "video");
  GPtrArray *formats = g_ptr_array_new ();
  g_autoptr (GPtrArray) sent = NULL;
  guint asked = 0;
  RflLegSpec spec;

  g_ptr_array_add (formats, rfl_format_new (96, "H263-1998", 90000, 1, NULL));
  rfl_route_set_formats (rfl_session_get_route (a->participant->session, "video"), formats);
  add_sender (f, a, A, 1, &asked);
  spec = fixture_leg_spec (f, b, C);
  spec.mode = RFL_LEG_ONE;
  fixture_add_leg_spec (f, &spec);
  fixture_step (f);
  fixture_send (f, A, 96, 1, 1, 1);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 1);
  g_assert_cmpuint (asked, ==, 1);
  fixture_free (f);
}

static void
add_for_all (const char *name, GTestDataFunc func)
{
  for (guint codec = WIRE_VIDEO_VP8; codec <= WIRE_VIDEO_H265; codec++)
    {
      g_autofree char *path = g_strdup_printf ("/path/one-video/%s/%s", name, encodings[codec]);
      g_test_add_data_func (path, GUINT_TO_POINTER (codec), func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint what = WIRE_VIDEO_VP8 << 1; what <= (WIRE_VIDEO_H265 << 1 | 1); what++)
    {
      g_autofree char *path = g_strdup_printf ("/path/one-video/follow/%s%s", encodings[what >> 1],
                                               what & 1 ? "-aggregated" : "");
      g_test_add_data_func (path, GUINT_TO_POINTER (what), test_follow);
    }
  add_for_all ("batch", test_batch);
  add_for_all ("lost-and-late", test_lost_and_late);
  g_test_add_func ("/path/one-video/open-frame", test_open_frame);
  g_test_add_func ("/path/one-video/parameters", test_parameters);
  g_test_add_func ("/path/one-video/automatic", test_automatic);
  g_test_add_func ("/path/one-video/patience", test_patience);
  g_test_add_func ("/path/one-video/vanish", test_vanish);
  g_test_add_func ("/path/one-video/restart", test_restart);
  g_test_add_func ("/path/one-video/changed-mind", test_changed_mind);
  g_test_add_func ("/path/one-video/elapsed", test_elapsed);
  g_test_add_func ("/path/one-video/short-ids", test_short_ids);
  g_test_add_func ("/path/one-video/large", test_large);
  g_test_add_func ("/path/one-video/many", test_many);
  g_test_add_func ("/path/one-video/unread", test_unread);
  return g_test_run ();
}
