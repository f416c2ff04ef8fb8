/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RFL_LEG_ONE: one continuous stream, whoever it follows and whatever is left out. */
#include "tests/unit/path-fixture.h"
#include <string.h>

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"
#define C "192.0.2.3:4000"
#define MS G_TIME_SPAN_MILLISECOND

typedef struct {
  Fixture *f;
  RflSource *a, *b;
  RflLeg *leg;
  guint n;
  RflRtp last;
} Room;

/* a (SSRC 1, at A) and b (2, at B) send, c listens in mode one */
static Room
room_new (guint n_workers, const char *kind)
{
  Room r = { .f = fixture_new (n_workers) };
  RflMedium *a = fixture_join (r.f, "room", "a", NULL, kind);
  RflMedium *b = fixture_join (r.f, "room", "b", NULL, kind);
  RflMedium *c = fixture_join (r.f, "room", "c", NULL, kind);
  RflLegSpec spec = fixture_leg_spec (r.f, c, C);

  r.a = fixture_add_source (r.f, a, fixture_add_flow (r.f, A), 1, 1);
  r.b = fixture_add_source (r.f, b, fixture_add_flow (r.f, B), 2, 2);
  spec.mode = RFL_LEG_ONE;
  r.leg = fixture_add_leg_spec (r.f, &spec);
  fixture_step (r.f);
  return r;
}

/* Returns: whether the packet went out, into r->last */
static gboolean
say (Room *r, RflSource *source, guint8 pt, guint16 seq, guint32 timestamp)
{
  g_autoptr (GPtrArray) sent = NULL;
  TestDatagram *kept;

  g_assert_nonnull (source);
  fixture_send (r->f, source == r->a ? A : B, pt, seq, timestamp, source->ssrc);
  sent = test_network_take_sent (r->f->net);
  g_assert_cmpuint (sent->len, <=, 1);
  if (sent->len == 0)
    return FALSE;
  kept = sent->pdata[0];
  g_assert_true (rfl_rtp_parse (&r->last, kept->data, kept->len));
  r->last.payload = NULL;
  r->n++;
  return TRUE;
}

static void
test_follows (void)
{
  Room r = room_new (1, "audio");
  RflLegStats stats;
  guint16 seq;
  guint32 ts, ssrc;

  g_assert_true (say (&r, r.a, 0, 100, 1000));
  g_assert_true (r.last.marker);
  ssrc = r.last.ssrc;
  seq = r.last.seq;
  ts = r.last.timestamp;
  g_assert_cmpuint (ssrc, !=, 1);
  rfl_leg_get_stats (r.leg, &stats);
  g_assert_cmpuint (stats.ssrc, ==, ssrc);
  g_assert_cmpuint (stats.following, ==, 1);
  g_assert_cmpuint (stats.last_timestamp, ==, ts);
  g_assert_false (say (&r, r.b, 0, 5, 5)); /* a speaks */
  rfl_clock_advance (r.f->clock, 20 * MS);
  g_assert_true (say (&r, r.a, 0, 101, 1160));
  g_assert_false (r.last.marker);
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 1));
  g_assert_cmpuint (r.last.timestamp, ==, ts + 160);
  rfl_clock_advance (r.f->clock, 499 * MS);
  g_assert_false (say (&r, r.b, 0, 6, 5));
  rfl_clock_advance (r.f->clock, 1 * MS);
  g_assert_true (say (&r, r.b, 0, 7, 5));
  g_assert_true (r.last.marker);
  g_assert_cmpuint (r.last.ssrc, ==, ssrc);
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 2));
  g_assert_cmpuint (r.last.timestamp, ==, ts + 160 + 4000); /* 500 ms at 8 kHz */
  rfl_leg_get_stats (r.leg, &stats);
  g_assert_cmpuint (stats.following, ==, 2);
  g_assert_cmpint (stats.last_sent, ==, rfl_clock_now (r.f->clock));
  g_assert_false (say (&r, r.b, 0, 6, 5)); /* from before the switch */
  fixture_free (r.f);
}

static void
test_vanished (void)
{
  Room r = room_new (2, "audio");
  guint16 seq;

  g_assert_true (say (&r, r.a, 0, 1, 1));
  seq = r.last.seq;
  fixture_drop_source (r.f, r.a);
  r.a = NULL;
  rfl_clock_advance (r.f->clock, 10 * MS);
  g_assert_true (say (&r, r.b, 0, 9, 9));
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 1));
  fixture_free (r.f);
}

/* Far beyond one round of the sequence numbers, with losses and a late packet. */
static void
test_wraps (void)
{
  Room r = room_new (1, "audio");
  guint32 ts;
  guint16 seq;

  g_assert_true (say (&r, r.a, 0, 65000, 4294967000u));
  seq = r.last.seq;
  ts = r.last.timestamp;
  for (guint i = 1; i < 70000; i += 1 + (i % 7 == 0))
    {
      g_assert_true (say (&r, r.a, 0, (guint16) (65000 + i), 4294967000u + 160 * i));
      g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + i));
      g_assert_cmpuint (r.last.timestamp, ==, ts + 160 * i);
    }
  g_assert_true (say (&r, r.a, 0, (guint16) (65000 + 69997), 4294967000u + 160 * 69997));
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 69997));
  fixture_free (r.f);
}

/* The same source starts anew with other numbers: the leg's go on. */
static void
test_restarts (void)
{
  Room r = room_new (1, "audio");
  guint16 seq;
  guint32 ts;

  g_assert_true (say (&r, r.a, 0, 100, 1000));
  seq = r.last.seq;
  ts = r.last.timestamp;
  rfl_clock_advance (r.f->clock, 100 * MS);
  g_assert_true (say (&r, r.a, 0, 40000, 77));
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 1));
  g_assert_cmpuint (r.last.timestamp, ==, ts + 800);
  g_assert_true (r.last.marker);
  fixture_free (r.f);
}

/* A format that the leg does not take leaves no gap, and does not let a source in. */
static void
test_left_out (void)
{
  Room r = room_new (1, "audio");
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  guint16 seq;

  memset (pt, RFL_PT_NONE, sizeof pt);
  pt[0] = 8;
  rfl_leg_set_pt (r.leg, pt);
  g_assert_false (say (&r, r.b, 101, 1, 1));
  g_assert_true (say (&r, r.a, 0, 10, 1));
  g_assert_cmpuint (r.last.pt, ==, 8);
  seq = r.last.seq;
  g_assert_false (say (&r, r.a, 101, 11, 1));
  g_assert_true (say (&r, r.a, 0, 12, 2));
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 1));
  g_assert_false (say (&r, r.a, 101, 14, 1));
  g_assert_true (say (&r, r.a, 0, 13, 1)); /* late, but its place is known */
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 2));
  g_assert_true (say (&r, r.a, 0, 15, 3));
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 3));
  fixture_free (r.f);
}

static void
test_hold (void)
{
  Room r = room_new (1, "audio");
  guint16 seq;
  guint32 ts;

  g_assert_true (say (&r, r.a, 0, 10, 1000));
  seq = r.last.seq;
  ts = r.last.timestamp;
  rfl_leg_set_active (r.leg, FALSE);
  g_assert_false (say (&r, r.a, 0, 11, 1160));
  rfl_leg_set_active (r.leg, TRUE);
  rfl_clock_advance (r.f->clock, 1000 * MS);
  g_assert_true (say (&r, r.a, 0, 60, 9000));
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 1));
  g_assert_cmpuint (r.last.timestamp, ==, ts + 8000);
  fixture_free (r.f);
}

/* Whom it is told to follow it takes at once, whoever sends; nobody else as long as it does. */
static void
test_told (void)
{
  Room r = room_new (2, "audio");
  guint16 seq;

  g_assert_true (say (&r, r.a, 0, 1, 1));
  seq = r.last.seq;
  rfl_leg_follow (r.leg, r.b);
  g_assert_true (say (&r, r.a, 0, 2, 161)); /* b has yet to send */
  g_assert_true (say (&r, r.b, 0, 50, 1));
  g_assert_true (r.last.marker);
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 2));
  g_assert_false (say (&r, r.a, 0, 3, 321));
  rfl_clock_advance (r.f->clock, 10000 * MS);
  g_assert_false (say (&r, r.a, 0, 4, 481));
  rfl_leg_follow (r.leg, NULL);
  g_assert_true (say (&r, r.a, 0, 5, 641));
  g_assert_cmpuint (r.last.seq, ==, (guint16) (seq + 3));
  fixture_free (r.f);
}

/* The followed one vanishes: as if nobody had been named. A leg on hold forgets it, too. */
static void
test_told_vanishes (void)
{
  Room r = room_new (2, "audio");

  rfl_leg_follow (r.leg, r.b);
  g_assert_true (say (&r, r.b, 0, 50, 1));
  rfl_leg_set_active (r.leg, FALSE);
  fixture_drop_source (r.f, r.b);
  r.b = NULL;
  rfl_leg_set_active (r.leg, TRUE);
  g_assert_true (say (&r, r.a, 0, 3, 321));
  g_assert_true (say (&r, r.a, 0, 4, 481));
  fixture_free (r.f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/one/left-out", test_left_out);
  g_test_add_func ("/path/one/restarts", test_restarts);
  g_test_add_func ("/path/one/follows", test_follows);
  g_test_add_func ("/path/one/vanished", test_vanished);
  g_test_add_func ("/path/one/wraps", test_wraps);
  g_test_add_func ("/path/one/hold", test_hold);
  g_test_add_func ("/path/one/told", test_told);
  g_test_add_func ("/path/one/told-vanishes", test_told_vanishes);
  return g_test_run ();
}
