/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds and legs of RFL_LEG_MIX: who gets which frame, under which numbers, and what becomes of
 * frames that nobody can take. */
#include "tests/unit/path-fixture.h"
#include <errno.h>
#include <string.h>

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"
#define C "192.0.2.3:4000"
#define CAPACITY 4

static const char *const addresses[] = { A, B, C };

typedef struct {
  Fixture *f;
  RflMedium *media[3];
  RflLeg *legs[3];
  RflRoute *route;
  RflFeed *feed;
  RflFeeder *feeder;
  guint8 payload[RFL_FRAME_MAX_PAYLOAD + 1];
} Room;

static RflLegSpec
mix_spec (Room *r, guint i)
{
  RflLegSpec spec = fixture_leg_spec (r->f, r->media[i], addresses[i]);

  spec.mode = RFL_LEG_MIX;
  spec.feed = r->feed;
  spec.pt[0] = 100;
  spec.pt[1] = 13;
  return spec;
}

/* a, b and c hear the mix, at A, B and C */
static Room *
room_new (guint n_workers)
{
  Room *r = g_new0 (Room, 1);

  r->f = fixture_new (n_workers);
  for (guint i = 0; i < 3; i++)
    r->media[i] = fixture_join (r->f, "room", addresses[i], NULL, "audio");
  r->route = fixture_route (r->media[0]);
  r->feed = rfl_feed_new (r->route, 48000);
  r->feeder = rfl_feeder_new (r->f->path, CAPACITY - 1); /* is rounded up */
  for (guint i = 0; i < 3; i++)
    {
      RflLegSpec spec = mix_spec (r, i);
      r->legs[i] = fixture_add_leg_spec (r->f, &spec);
    }
  for (gsize i = 0; i < sizeof r->payload; i++)
    r->payload[i] = (guint8) i;
  fixture_step (r->f);
  return r;
}

static void
room_free (Room *r)
{
  g_ptr_array_set_size (r->f->legs, 0);
  rfl_feed_free (r->feed);
  rfl_feeder_free (r->feeder);
  fixture_free (r->f);
  g_free (r);
}

static RflFrame
make_frame (Room *r, guint32 timestamp)
{
  return (RflFrame){ .feed = r->feed, .timestamp = timestamp, .payload = r->payload, .len = 80 };
}

/* Returns: (transfer full): what was sent */
static GPtrArray *
play (Room *r, const RflFrame *frame)
{
  g_assert_true (rfl_feeder_push (r->feeder, frame));
  rfl_feeder_flush (r->feeder);
  fixture_step (r->f);
  return test_network_take_sent (r->f->net);
}

/* Who gets @frame: the sum of 1, 2 and 4 */
static guint
who_gets (Room *r, const RflFrame *frame)
{
  g_autoptr (GPtrArray) sent = play (r, frame);
  guint who = 0;

  for (guint i = 0; i < 3; i++)
    {
      guint n = sent_to (sent, addresses[i], NULL, 0);
      g_assert_cmpuint (n, <=, 1);
      who |= n << i;
    }
  return who;
}

static void
assert_refused (Room *r, const RflFrame *frame)
{
  guint64 before = fixture_count (r->f, "path.frames_refused");
  g_autoptr (GPtrArray) sent = NULL;

  g_assert_false (rfl_feeder_push (r->feeder, frame));
  rfl_feeder_flush (r->feeder);
  fixture_step (r->f);
  sent = test_network_take_sent (r->f->net);
  g_assert_cmpuint (sent->len, ==, 0);
  g_assert_cmpuint (fixture_count (r->f, "path.frames_refused"), ==, before + 1);
}

static void
test_refused (void)
{
  Room *r = room_new (1);
  guint32 csrc[RFL_FRAME_MAX_CSRC + 1] = { 0 };
  const RflMedium *except[RFL_FRAME_MAX_EXCEPT + 1] = { NULL };
  const RflFrame good = make_frame (r, 0);
  RflFrame bad = good;

  bad.format = RFL_ROUTE_MAX_FORMATS;
  assert_refused (r, &bad);
  bad.format = RFL_PT_NONE;
  assert_refused (r, &bad);
  bad = good;
  bad.len = RFL_FRAME_MAX_PAYLOAD + 1;
  assert_refused (r, &bad);
  bad.len = G_MAXSIZE;
  assert_refused (r, &bad);
  bad = good;
  bad.payload = NULL;
  assert_refused (r, &bad);
  bad = good;
  bad.csrc = csrc;
  bad.n_csrc = RFL_FRAME_MAX_CSRC + 1;
  assert_refused (r, &bad);
  bad.csrc = NULL;
  bad.n_csrc = 1;
  assert_refused (r, &bad);
  bad = good;
  bad.except = except;
  bad.n_except = RFL_FRAME_MAX_EXCEPT + 1;
  assert_refused (r, &bad);
  bad.except = NULL;
  bad.n_except = 1;
  assert_refused (r, &bad);
  g_assert_cmpuint (who_gets (r, &good), ==, 7);
  room_free (r);
}

/* The greatest frame there may be, and an empty one. */
static void
test_sizes (void)
{
  Room *r = room_new (1);
  guint32 csrc[RFL_FRAME_MAX_CSRC];
  RflFrame frame = make_frame (r, 0);
  g_autoptr (GPtrArray) sent = NULL, empty = NULL;
  const TestDatagram *d;
  RflRtp rtp;

  for (guint i = 0; i < RFL_FRAME_MAX_CSRC; i++)
    csrc[i] = 0x10203040 + i;
  frame.len = RFL_FRAME_MAX_PAYLOAD;
  frame.csrc = csrc;
  frame.n_csrc = RFL_FRAME_MAX_CSRC;
  sent = play (r, &frame);
  g_assert_cmpuint (sent->len, ==, 3);
  g_assert_cmpuint (sent_to (sent, B, &rtp, 1), ==, 1);
  d = sent->pdata[0];
  g_assert_cmpuint (d->len, ==, 12 + 4 * RFL_FRAME_MAX_CSRC + RFL_FRAME_MAX_PAYLOAD);
  g_assert_cmpuint (d->data[0], ==, 0x8f);
  for (guint i = 0; i < RFL_FRAME_MAX_CSRC; i++)
    {
      guint32 be;
      memcpy (&be, d->data + 12 + 4 * i, 4);
      g_assert_cmpuint (g_ntohl (be), ==, csrc[i]);
    }
  g_assert_cmpmem (rtp.payload, rtp.payload_len, r->payload, RFL_FRAME_MAX_PAYLOAD);
  frame = (RflFrame){ .feed = r->feed };
  empty = play (r, &frame);
  g_assert_cmpuint (empty->len, ==, 3);
  g_assert_cmpuint (((TestDatagram *) empty->pdata[0])->len, ==, 12);
  room_free (r);
}

static void
test_numbers (void)
{
  Room *r = room_new (1);
  RflFrame frame = make_frame (r, 1000);
  RflRtp first[3], next;
  RflLegStats stats;

  {
    g_autoptr (GPtrArray) sent = play (r, &frame);
    for (guint i = 0; i < 3; i++)
      g_assert_cmpuint (sent_to (sent, addresses[i], &first[i], 1), ==, 1);
  }
  g_assert_cmpuint (first[0].ssrc, !=, first[1].ssrc);
  g_assert_cmpuint (first[1].ssrc, !=, first[2].ssrc);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (first[i].marker); /* whatever the frame says */
      g_assert_cmpuint (first[i].pt, ==, 100);
    }
  frame.timestamp += 960;
  frame.format = 1;
  rfl_clock_advance (r->f->clock, 20 * G_TIME_SPAN_MILLISECOND);
  for (guint n = 0; n < 3; n++) /* frames may be far apart, a leg's numbers go on */
    {
      g_autoptr (GPtrArray) sent = play (r, &frame);
      for (guint i = 0; i < 3; i++)
        {
          g_assert_cmpuint (sent_to (sent, addresses[i], &next, 1), ==, 1);
          g_assert_cmpuint (next.ssrc, ==, first[i].ssrc);
          g_assert_cmpuint (next.seq, ==, (guint16) (first[i].seq + 1 + n));
          g_assert_cmpuint (next.timestamp - first[i].timestamp, ==, frame.timestamp - 1000);
          g_assert_false (next.marker);
          g_assert_cmpuint (next.pt, ==, 13);
          rfl_leg_get_stats (r->legs[i], &stats);
          g_assert_cmpuint (stats.ssrc, ==, next.ssrc);
          g_assert_cmpuint (stats.last_timestamp, ==, next.timestamp);
          g_assert_cmpint (stats.last_sent, ==, rfl_clock_now (r->f->clock));
          g_assert_cmpuint (stats.packets, ==, 2 + n);
          g_assert_cmpuint (stats.octets, ==, 80 * stats.packets);
        }
      frame.timestamp += 3u << 30;
    }
  frame.marker = TRUE;
  {
    g_autoptr (GPtrArray) sent = play (r, &frame);
    sent_to (sent, A, &next, 1);
    g_assert_true (next.marker);
  }
  room_free (r);
}

static void
test_only_except (void)
{
  Room *r = room_new (2);
  RflFrame frame = make_frame (r, 0);
  const RflMedium *except[RFL_FRAME_MAX_EXCEPT] = { r->media[0], r->media[2] };

  g_assert_cmpuint (who_gets (r, &frame), ==, 7);
  frame.except = except;
  frame.n_except = 1;
  g_assert_cmpuint (who_gets (r, &frame), ==, 6);
  frame.n_except = 2;
  g_assert_cmpuint (who_gets (r, &frame), ==, 2);
  for (guint i = 2; i < RFL_FRAME_MAX_EXCEPT; i++)
    except[i] = r->media[1];
  frame.n_except = RFL_FRAME_MAX_EXCEPT;
  g_assert_cmpuint (who_gets (r, &frame), ==, 0);
  frame = make_frame (r, 0);
  frame.only = r->media[1];
  g_assert_cmpuint (who_gets (r, &frame), ==, 2);
  frame.only = (const RflMedium *) r; /* somebody who has no leg here: it is only compared */
  g_assert_cmpuint (who_gets (r, &frame), ==, 0);
  room_free (r);
}

static void
test_changes (void)
{
  Room *r = room_new (2);
  RflFrame frame = make_frame (r, 0);
  RflAddress d = test_address ("192.0.2.4:4000");
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  RflRtp before, after;

  {
    g_autoptr (GPtrArray) sent = play (r, &frame);
    sent_to (sent, B, &before, 1);
  }
  rfl_leg_set_active (r->legs[1], FALSE);
  g_assert_cmpuint (who_gets (r, &frame), ==, 5);
  rfl_leg_set_active (r->legs[1], TRUE);
  {
    g_autoptr (GPtrArray) sent = play (r, &frame);
    g_assert_cmpuint (sent_to (sent, B, &after, 1), ==, 1);
    g_assert_true (after.marker);
    g_assert_cmpuint (after.seq, ==, (guint16) (before.seq + 1));
    g_assert_cmpuint (after.ssrc, ==, before.ssrc);
  }
  rfl_leg_set_remote (r->legs[1], NULL, &d);
  g_assert_cmpuint (who_gets (r, &frame), ==, 5);
  memset (pt, RFL_PT_NONE, sizeof pt);
  pt[3] = 77;
  rfl_leg_set_pt (r->legs[1], pt);
  {
    g_autoptr (GPtrArray) sent = play (r, &frame);
    g_assert_cmpuint (sent_to (sent, "192.0.2.4:4000", NULL, 0), ==, 0);
    g_assert_cmpuint (fixture_count (r->f, "path.leg_format_missing"), ==, 1);
  }
  frame.format = 3;
  {
    g_autoptr (GPtrArray) sent = play (r, &frame);
    g_assert_cmpuint (sent_to (sent, "192.0.2.4:4000", &after, 1), ==, 1);
    g_assert_cmpuint (after.pt, ==, 77);
  }
  fixture_drop_leg (r->f, r->legs[0]);
  frame.format = 0;
  g_assert_cmpuint (who_gets (r, &frame), ==, 4);
  room_free (r);
}

/* What a participant sends does not reach legs that hang on a feed, nor other workers for their
 * sake. */
static void
test_no_sources (void)
{
  Room *r = room_new (3);
  g_autoptr (GPtrArray) sent = NULL;

  fixture_add_source (r->f, r->media[0], fixture_add_flow (r->f, A), 1, 1);
  for (guint16 seq = 0; seq < 3; seq++)
    fixture_send (r->f, A, 0, seq, 0, 1);
  sent = test_network_take_sent (r->f->net);
  g_assert_cmpuint (sent->len, ==, 0);
  g_assert_cmpuint (fixture_count (r->f, "path.received"), ==, 3);
  room_free (r);
}

static void
test_full (void)
{
  Room *r = room_new (2);
  RflFrame frame = make_frame (r, 0);
  g_autoptr (GPtrArray) sent = NULL;
  RflRtp got[CAPACITY];

  for (guint i = 0; i < CAPACITY; i++, frame.timestamp += 160)
    g_assert_true (rfl_feeder_push (r->feeder, &frame));
  for (guint i = 0; i < 3; i++)
    g_assert_false (rfl_feeder_push (r->feeder, &frame));
  rfl_feeder_flush (r->feeder);
  fixture_step (r->f);
  sent = test_network_take_sent (r->f->net);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (sent_to (sent, addresses[i], got, CAPACITY), ==, CAPACITY);
      for (guint k = 1; k < CAPACITY; k++)
        g_assert_cmpuint (got[k].timestamp - got[k - 1].timestamp, ==, 160);
    }
  /* both workers had legs and no room */
  g_assert_cmpuint (fixture_count (r->f, "path.frames_dropped"), ==, 6);
  g_assert_cmpuint (who_gets (r, &frame), ==, 7);
  room_free (r);
}

/* Frames that are on their way when their feed, or the feeder, goes. */
static void
test_gone (void)
{
  Room *r = room_new (2);
  RflFrame frame = make_frame (r, 0);
  g_autoptr (GPtrArray) sent = NULL;
  RflFeed *other = rfl_feed_new (r->route, 8000);

  g_assert_true (rfl_feeder_push (r->feeder, &frame));
  g_ptr_array_set_size (r->f->legs, 0);
  rfl_feed_free (r->feed);
  fixture_step (r->f);
  sent = test_network_take_sent (r->f->net);
  g_assert_cmpuint (sent->len, ==, 0);
  r->feed = other;
  frame.feed = other;
  g_assert_true (rfl_feeder_push (r->feeder, &frame)); /* nobody listens: that is fine */
  for (guint i = 0; i < 3; i++)
    {
      RflLegSpec spec = mix_spec (r, i);
      fixture_add_leg_spec (r->f, &spec);
    }
  g_assert_true (rfl_feeder_push (r->feeder, &frame));
  rfl_feeder_free (r->feeder);
  fixture_step (r->f);
  g_clear_pointer (&sent, g_ptr_array_unref);
  sent = test_network_take_sent (r->f->net);
  g_assert_cmpuint (sent->len, ==, 0);
  r->feeder = rfl_feeder_new (r->f->path, CAPACITY);
  g_assert_cmpuint (who_gets (r, &frame), ==, 7); /* before the worker has heard of the feeder */
  room_free (r);
}

static void
test_failed (void)
{
  Room *r = room_new (1);
  RflFrame frame = make_frame (r, 0);
  RflLegStats stats;
  guint64 failed = 0, packets = 0;

  test_network_fail (r->f->net, 1, EPERM);
  g_assert_cmpuint (__builtin_popcount (who_gets (r, &frame)), ==, 2);
  for (guint i = 0; i < 3; i++)
    {
      rfl_leg_get_stats (r->legs[i], &stats);
      failed += stats.failed;
      packets += stats.packets;
    }
  g_assert_cmpuint (failed, ==, 1);
  g_assert_cmpuint (packets, ==, 2);
  g_assert_cmpuint (fixture_count (r->f, "path.sent"), ==, 2);
  room_free (r);
}

/* More legs than fit into one call of the kernel, and stages on some. */
#define N_LEGS 150

static void
append_mark (RflPacket *packets, guint n, guint worker, gpointer context)
{
  for (guint i = 0; i < n; i++)
    if (packets[i].ssrc == GPOINTER_TO_UINT (context))
      packets[i].verdict = RFL_VERDICT_DROP;
    else
      packets[i].data[packets[i].len++] = 0xee;
}

static void
test_stages (void)
{
  Room *r = room_new (2);
  RflFrame frame = make_frame (r, 0);
  RflLegStats stats;
  guint plain = 0, staged = 0;

  for (guint i = 0; i < N_LEGS; i++)
    {
      RflLegSpec spec = mix_spec (r, i % 3);
      RflLeg *leg;
      spec.remote.port = 5000 + i;
      leg = fixture_add_leg_spec (r->f, &spec);
      rfl_leg_get_stats (leg, &stats);
      if (i % 2)
        rfl_leg_add_stage (leg, append_mark,
                           i == 1 ? GUINT_TO_POINTER (stats.ssrc) : NULL); /* one gets nothing */
    }
  for (guint round = 0; round < 2; round++)
    {
      g_autoptr (GPtrArray) sent = play (r, &frame);
      for (guint i = 0; i < sent->len; i++)
        {
          const TestDatagram *d = sent->pdata[i];
          g_assert_cmpmem (d->data + 12, 80, r->payload, 80);
          g_assert_cmpuint (d->len, ==, d->to.port % 2 && d->to.port >= 5000 ? 93 : 92);
          if (d->len == 93)
            {
              g_assert_cmpuint (d->data[92], ==, 0xee);
              staged++;
            }
          else
            plain++;
        }
    }
  g_assert_cmpuint (plain, ==, 2 * (N_LEGS / 2 + 3));
  g_assert_cmpuint (staged, ==, 2 * (N_LEGS / 2 - 1));
  g_assert_cmpuint (fixture_count (r->f, "path.stage_dropped"), ==, 2);
  room_free (r);
}

static void
test_spec (void)
{
  if (g_test_subprocess ())
    {
      Room *r = room_new (1);
      RflLegSpec spec = mix_spec (r, 0);
      spec.feed = NULL;
      rfl_leg_new (&spec);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*assertion*feed*failed*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/feed/refused", test_refused);
  g_test_add_func ("/path/feed/sizes", test_sizes);
  g_test_add_func ("/path/feed/spec", test_spec);
  g_test_add_func ("/path/feed/full", test_full);
  g_test_add_func ("/path/feed/gone", test_gone);
  g_test_add_func ("/path/feed/failed", test_failed);
  g_test_add_func ("/path/feed/numbers", test_numbers);
  g_test_add_func ("/path/feed/only-except", test_only_except);
  g_test_add_func ("/path/feed/changes", test_changes);
  g_test_add_func ("/path/feed/no-sources", test_no_sources);
  g_test_add_func ("/path/feed/stages", test_stages);
  return g_test_run ();
}
