/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Legs of RFL_LEG_ONE that carry video: no picture breaks, whoever they are told to follow and whatever
 * is lost, late or begun anew. */
#include "tests/unit/video-room.h"
#include <string.h>

/* Nothing before a keyframe; the wanted one's is waited for, and asked for every half second. */
static void
follow (WireVideoCodec codec, gboolean aggregate)
{
  Room *r = room_new (2, codec);

  r->sa.aggregate = r->sb.aggregate = aggregate;
  g_assert_cmpuint (room_say (r, &r->sa, FALSE), ==, 0);
  g_assert_cmpuint (r->asked_a, ==, 1);
  g_assert_cmpuint (room_following (r), ==, 0);
  room_tick (r);
  g_assert_cmpuint (room_say (r, &r->sa, TRUE), >=, 5);
  g_assert_cmpuint (room_following (r), ==, 1);
  for (guint i = 0; i < 60; i++)
    {
      room_tick (r);
      g_assert_cmpuint (room_say (r, &r->sa, FALSE), ==, 5);
      g_assert_cmpuint (room_say (r, &r->sb, i == 30), ==, 0);
    }
  g_assert_cmpuint (r->asked_b, ==, 0);
  rfl_leg_follow (r->leg, r->b);
  for (guint i = 0; i < 30; i++)
    {
      room_tick (r);
      g_assert_cmpuint (room_say (r, &r->sb, FALSE), ==, 0);
      g_assert_cmpuint (room_say (r, &r->sa, FALSE), ==, 5);
    }
  g_assert_cmpuint (r->asked_b, ==, 2); /* in 30 * 33 ms */
  room_tick (r);
  g_assert_cmpuint (room_say (r, &r->sb, TRUE), >=, 7);
  g_assert_cmpuint (room_following (r), ==, 2);
  for (guint i = 0; i < 100; i++)
    {
      room_tick (r);
      g_assert_cmpuint (room_say (r, &r->sa, i % 10 == 0), ==, 0);
      g_assert_cmpuint (room_say (r, &r->sb, FALSE), ==, 7);
    }
  g_assert_cmpuint (r->viewer.switches, ==, 1);
  g_assert_cmpuint (r->asked_a, ==, 1);
  room_assert_whole (r);
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

  room_say (r, &r->sa, TRUE);
  for (guint round = 0; round < 20; round++)
    {
      Stream *from = round % 2 ? &r->sb : &r->sa, *to = round % 2 ? &r->sa : &r->sb;

      room_tick (r);
      rfl_leg_follow (r->leg, round % 2 ? r->a : r->b);
      stream_make (from, FALSE, 0, &fa);
      stream_make (to, TRUE, 0, &fb);
      room_inject (r, from, &fa, 0, 2);
      room_inject (r, to, &fb, 0, 4);
      room_inject (r, from, &fa, 2, fa.n);
      room_inject (r, to, &fb, 4, fb.n);
      g_assert_cmpuint (room_watch (r), ==, fa.n + fb.n);
      g_assert_cmpuint (room_following (r), ==, round % 2 ? 1 : 2);
    }
  g_assert_cmpuint (r->viewer.switches, ==, 20);
  room_assert_whole (r);
  room_free (r);
}

/* The old source's frame comes to its end before the new one begins; if its end does not come, not for
 * longer than 100 ms. */
static void
test_open_frame (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);
  StreamFrame fa, fb;

  room_say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  stream_make (&r->sa, FALSE, 0, &fa);
  stream_make (&r->sb, TRUE, 0, &fb);
  g_assert_cmpuint (room_send (r, &r->sa, &fa, 0, 3), ==, 3);
  g_assert_cmpuint (room_send (r, &r->sb, &fb, 0, fb.n), ==, 0);
  g_assert_cmpuint (room_send (r, &r->sa, &fa, 3, 5), ==, 2 + fb.n);
  room_assert_whole (r);
  rfl_leg_follow (r->leg, r->a);
  stream_make (&r->sa, TRUE, 0, &fa);
  stream_make (&r->sb, FALSE, 0, &fb);
  g_assert_cmpuint (room_send (r, &r->sb, &fb, 0, 3), ==, 3);
  g_assert_cmpuint (room_send (r, &r->sa, &fa, 0, fa.n - 1), ==, 0);
  rfl_clock_advance (r->f->clock, 100 * MS);
  g_assert_cmpuint (room_send (r, &r->sa, &fa, fa.n - 1, fa.n), ==, fa.n);
  g_assert_cmpuint (r->viewer.broken, ==, 1); /* the one that never ended */
  g_assert_cmpuint (room_following (r), ==, 1);
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

  room_say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  stream_make (&r->sb, TRUE, 0, &frame);
  if (codec == WIRE_VIDEO_H265) /* either of its first two is enough to begin with */
    room_send (r, &r->sb, &frame, 2, frame.n);
  else
    room_send (r, &r->sb, &frame, 1, frame.n);
  g_assert_cmpuint (room_following (r), ==, 1);
  room_tick (r);
  g_assert_cmpuint (room_say (r, &r->sb, FALSE), ==, 0);
  room_tick (r);
  g_assert_cmpuint (room_say (r, &r->sa, FALSE), ==, 5);
  g_assert_cmpuint (r->asked_b, >=, 1);
  room_tick (r);
  stream_make (&r->sb, TRUE, 0, &frame);
  g_assert_cmpuint (room_send (r, &r->sb, &frame, 1, 2), ==, 0);
  room_send (r, &r->sb, &frame, 0, 1);
  room_send (r, &r->sb, &frame, 2, frame.n);
  g_assert_cmpuint (room_following (r), ==, 2);
  g_assert_cmpuint (r->viewer.switches, ==, 1);
  room_assert_whole (r);
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
  room_say (r, &r->sb, TRUE);
  rfl_leg_follow (r->leg, r->a);
  for (guint i = 0; i < 5; i++)
    {
      rfl_clock_advance (r->f->clock, 500 * MS);
      room_say (r, &r->sb, FALSE);
      n = room_say (r, &r->sa, TRUE);
      g_assert_cmpuint (n, ==, i < 4 ? 0 : 5);
    }
  g_assert_cmpuint (room_following (r), ==, 1);
  rfl_leg_follow (r->leg, r->b);
  room_tick (r);
  stream_make (&r->sb, TRUE, 0, &frame);
  room_send (r, &r->sb, &frame, 0, 2); /* SPS, PPS, and then a picture that needs others */
  room_tick (r);
  g_assert_cmpuint (room_say (r, &r->sb, FALSE), ==, 0);
  g_assert_cmpuint (room_following (r), ==, 1);
  room_free (r);
}

/* Nobody is named: the next one that sends is shown once the other has been silent for a second, from a
 * keyframe on. */
static void
test_automatic (void)
{
  Room *r = room_new (2, WIRE_VIDEO_VP8);

  room_say (r, &r->sa, TRUE);
  rfl_clock_advance (r->f->clock, 999 * MS);
  g_assert_cmpuint (room_say (r, &r->sb, TRUE), ==, 0);
  g_assert_cmpuint (r->asked_b, ==, 0);
  rfl_clock_advance (r->f->clock, 1 * MS);
  g_assert_cmpuint (room_say (r, &r->sb, FALSE), ==, 0);
  g_assert_cmpuint (r->asked_b, ==, 1);
  g_assert_cmpuint (room_say (r, &r->sb, TRUE), ==, 7);
  room_tick (r);
  g_assert_cmpuint (room_say (r, &r->sa, TRUE), ==, 0);
  room_assert_whole (r);
  room_free (r);
}

/* Who sends no keyframe lets another one try. */
static void
test_patience (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);

  for (guint i = 0; i < 92; i++)
    {
      g_assert_cmpuint (room_say (r, &r->sa, FALSE), ==, 0);
      g_assert_cmpuint (room_say (r, &r->sb, FALSE), ==, 0);
      room_tick (r);
    }
  g_assert_cmpuint (r->asked_b, >=, 1);
  g_assert_cmpuint (room_say (r, &r->sb, TRUE), ==, 7);
  room_free (r);
}

/* The wanted source vanishes before its keyframe; the one that is carried vanishes. */
static void
test_vanish (void)
{
  Room *r = room_new (2, WIRE_VIDEO_H264);
  StreamFrame frame;

  room_say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  stream_make (&r->sb, TRUE, 0, &frame);
  room_send (r, &r->sb, &frame, 0, 2);
  fixture_drop_source (r->f, r->b);
  room_tick (r);
  g_assert_cmpuint (room_say (r, &r->sa, FALSE), ==, 5);
  fixture_drop_source (r->f, r->a);
  fixture_step (r->f);
  g_assert_cmpuint (room_following (r), ==, 0);
  room_assert_whole (r);
  room_free (r);
}

/* The same SSRC begins anew: a stray packet changes nothing, a keyframe with new numbers does. */
static void
test_restart (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);
  StreamFrame frame;

  room_say (r, &r->sa, TRUE);
  room_tick (r);
  r->sa.seq += 20000;
  stream_make (&r->sa, FALSE, 0, &frame);
  g_assert_cmpuint (room_send (r, &r->sa, &frame, 0, 1), ==, 0);
  r->sa.seq -= 20005;
  r->sa.picture--;
  r->sa.tl0--;
  r->sa.base--;
  g_assert_cmpuint (room_say (r, &r->sa, FALSE), ==, 5);
  room_assert_whole (r);
  room_tick (r);
  r->sa.seq += 30000;
  r->sa.timestamp -= 500000;
  g_assert_cmpuint (room_say (r, &r->sa, FALSE), ==, 0);
  g_assert_cmpuint (r->asked_a, ==, 1);
  room_tick (r);
  g_assert_cmpuint (room_say (r, &r->sa, TRUE), ==, 5);
  room_assert_whole (r);
  room_free (r);
}

/* It is told to follow another one and then, before that one's keyframe, the old one again. */
static void
test_changed_mind (void)
{
  Room *r = room_new (2, WIRE_VIDEO_VP8);
  StreamFrame frame;

  room_say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  room_say (r, &r->sb, FALSE);
  stream_make (&r->sb, TRUE, 0, &frame);
  rfl_leg_follow (r->leg, r->a);
  g_assert_cmpuint (room_send (r, &r->sb, &frame, 0, frame.n), ==, 0);
  room_tick (r);
  g_assert_cmpuint (room_say (r, &r->sa, FALSE), ==, 5);
  g_assert_cmpuint (room_following (r), ==, 1);
  room_assert_whole (r);
  room_free (r);
}

/* Timestamps go on by the time that has passed. */
static void
test_elapsed (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);
  guint32 before;

  room_say (r, &r->sa, TRUE);
  before = r->viewer.timestamp;
  rfl_leg_follow (r->leg, r->b);
  rfl_clock_advance (r->f->clock, 400 * MS);
  room_say (r, &r->sb, TRUE);
  g_assert_cmpuint (r->viewer.timestamp - before, ==, 36000);
  room_free (r);
}

/* Picture ids of 7 bits become 15 and count on over the end of both. */
static void
test_short_ids (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);

  r->sb.short_id = TRUE;
  room_say (r, &r->sa, TRUE);
  for (guint i = 0; i < 300; i++)
    {
      Stream *s = i / 100 % 2 == 0 ? &r->sb : &r->sa;

      room_tick (r);
      rfl_leg_follow (r->leg, s == &r->sb ? r->b : r->a);
      g_assert_cmpuint (room_say (r, s, i % 100 == 0), ==, s->slices);
    }
  room_assert_whole (r);
  room_free (r);
}

/* A header extension stays where it is, before what is rewritten. */
static void
test_extension (void)
{
  static const guint8 extension[] = { 0xbe, 0xde, 0, 1, 0x10, 42, 0, 0 };
  Room *r = room_new (1, WIRE_VIDEO_VP8);

  for (guint i = 0; i < 10; i++)
    {
      StreamFrame frame;

      stream_make (&r->sa, i == 0, 0, &frame);
      for (guint k = 0; k < frame.n; k++)
        {
          TestRtp *rtp = &frame.packets[k];

          memmove (rtp->data + 20, rtp->data + 12, rtp->len - 12);
          memcpy (rtp->data + 12, extension, sizeof extension);
          rtp->data[0] |= 0x10;
          rtp->len += sizeof extension;
        }
      g_assert_cmpuint (room_send (r, &r->sa, &frame, 0, frame.n), ==, frame.n);
      room_tick (r);
    }
  /* headers, descriptors and bodies, and the keyframe's header and nine others in first packets */
  g_assert_cmpuint (r->viewer.octets, ==, 50 * (12 + 8 + 6 + 108) + 10 + 9 * 3);
  room_assert_whole (r);
  room_free (r);
}

/* A keyframe of more packets than are kept. */
static void
test_large (void)
{
  Room *r = room_new (1, WIRE_VIDEO_VP8);
  StreamFrame fa, fb;

  room_say (r, &r->sa, TRUE);
  rfl_leg_follow (r->leg, r->b);
  r->sb.slices = STREAM_MAX_PACKETS;
  stream_make (&r->sa, FALSE, 0, &fa);
  room_send (r, &r->sa, &fa, 0, 1);
  stream_make (&r->sb, TRUE, 0, &fb);
  g_assert_cmpuint (room_send (r, &r->sb, &fb, 0, fb.n), ==, 0);
  stream_make (&r->sb, FALSE, 0, &fb);
  g_assert_cmpuint (room_send (r, &r->sb, &fb, 0, fb.n), ==, 2 * STREAM_MAX_PACKETS);
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
            room_inject (r, &r->sa, &fa, k, k + 1);
          room_inject (r, &r->sb, &fb, k, k + 1);
        }
      room_tick (r);
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
  room_add_sender (f, a, A, 1, &asked);
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
      g_autofree char *path =
          g_strdup_printf ("/path/one-video/%s/%s", name, room_encodings[codec]);
      g_test_add_data_func (path, GUINT_TO_POINTER (codec), func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint what = WIRE_VIDEO_VP8 << 1; what <= (WIRE_VIDEO_H265 << 1 | 1); what++)
    {
      g_autofree char *path =
          g_strdup_printf ("/path/one-video/follow/%s%s", room_encodings[what >> 1],
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
  g_test_add_func ("/path/one-video/extension", test_extension);
  g_test_add_func ("/path/one-video/large", test_large);
  g_test_add_func ("/path/one-video/many", test_many);
  g_test_add_func ("/path/one-video/unread", test_unread);
  return g_test_run ();
}
