/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our reports on legs of mode `one`: how soon, on which clock, how often. Not what passes to
 * them of others (test-rtcp-policy.c).
 */
#include "core/rtcp/rtcp-private.h"
#include "tests/unit/rtcp-fixture.h"

#define MS G_TIME_SPAN_MILLISECOND

typedef struct {
  Fixture *f;
  End *a, *d; /* a sends SSRC 1, d has a leg of mode `one` */
  guint16 seq;
} Room;

static void
set_up (Room *room, gconstpointer data)
{
  room->f = fixture_new (1);
  room->a = end_join (room->f, "a", NULL, RFL_LEG_ALL, 1);
  room->d = end_join (room->f, "d", NULL, RFL_LEG_ONE, 0);
}

static void
tear_down (Room *room, gconstpointer data)
{
  end_free (room->a);
  end_free (room->d);
  fixture_free (room->f);
}

static void
send_video (Room *room)
{
  room->seq++;
  fixture_send (room->f, "192.0.2.1:4000", 96, room->seq, 3000u * room->seq, 1);
}

static RflLegStats
stats_of (const End *end)
{
  RflLegStats stats;

  rfl_leg_get_stats (end->leg, &stats);
  return stats;
}

/* The first packet of what @end was handed last. */
static RflRtcp
last (const End *end)
{
  GBytes *bytes = g_ptr_array_index (end->got, end->got->len - 1);
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  return rtcp;
}

/* Moves the clock until @end is handed something. Returns: how long that took */
static gint64
await (Room *room, const End *end, gint64 most)
{
  gint64 waited = 0;

  for (; end->got->len == 0 && waited < most; waited += 10 * MS)
    rfl_clock_advance (room->f->clock, 10 * MS);
  g_assert_cmpuint (end->got->len, ==, 1);
  return waited;
}

static void
expect_report (Room *room, const char *type)
{
  const char *id = rfl_core_get_id (room->f->core);
  guint32 ssrc = stats_of (room->d).ssrc;
  g_autofree char *text = g_strdup_printf ("%s %u SDES %u %s |", type, ssrc, ssrc, id);

  end_expect (room->d, text);
}

/* Of a stream that does not flow: that we are there, every few seconds. */
static void
silent (Room *room, gconstpointer data)
{
  for (guint i = 0; i < 5; i++)
    {
      gint64 waited = await (room, room->d, 7 * G_USEC_PER_SEC);

      g_assert_cmpint (waited, >=, 2000 * MS);
      g_assert_cmpint (waited, <=, 6200 * MS);
      expect_report (room, "RR");
    }
  end_expect (room->a, "");
}

/* Soon after its first packet, so that it can be played in step with the other medium. */
static void
first (Room *room, gconstpointer data)
{
  rfl_clock_advance (room->f->clock, 300 * MS);
  send_video (room);
  g_assert_cmpint (await (room, room->d, 7 * G_USEC_PER_SEC), <=, 200 * MS);
  expect_report (room, "SR");
  for (guint i = 0; i < 20; i++)
    {
      send_video (room);
      rfl_clock_advance (room->f->clock, 100 * MS);
    }
  end_expect (room->d, ""); /* and then at its pace */
}

/* Timestamp of the very moment, on our clock; all that was sent, headers not counted. */
static void
numbers (Room *room, gconstpointer data)
{
  RflRtcpSenderInfo info;
  RflLegStats stats;
  RflRtcp rtcp;

  for (guint i = 0; i < 3; i++)
    send_video (room);
  await (room, room->d, 7 * G_USEC_PER_SEC);
  expect_report (room, "SR");
  send_video (room);
  stats = stats_of (room->d);
  await (room, room->d, 7 * G_USEC_PER_SEC);
  rtcp = last (room->d);
  g_assert_true (rfl_rtcp_get_sender_info (&rtcp, &info));
  g_assert_cmphex (info.ntp, ==, rfl_clock_ntp (room->f->clock));
  g_assert_cmpuint (info.rtp_timestamp, ==,
                    stats.last_timestamp
                        + (guint32) ((rfl_clock_now (room->f->clock) - stats.last_sent) * 90000
                                     / G_USEC_PER_SEC));
  g_assert_cmpuint (info.packets, ==, 4);
  g_assert_cmpuint (info.octets, ==, 4 * 160);
}

/* The session has taken over another codec: the stream's time runs at that one's rate. */
static void
other_codec (Room *room, gconstpointer data)
{
  RflRoute *route = room->d->medium->route;
  GPtrArray *formats = g_ptr_array_new ();
  RflRtcpSenderInfo info;
  RflLegStats stats;
  RflRtcp rtcp;

  g_ptr_array_add (formats, rfl_format_copy (route->formats->pdata[0]));
  g_ptr_array_add (formats, rfl_format_new (97, "X-SLOW", 8000, 1, NULL));
  g_assert_true (rfl_route_set_formats (route, formats));
  rfl_route_set_codec (route, 1);
  send_video (room);
  stats = stats_of (room->d);
  await (room, room->d, 7 * G_USEC_PER_SEC);
  rtcp = last (room->d);
  g_assert_true (rfl_rtcp_get_sender_info (&rtcp, &info));
  g_assert_cmpuint (info.rtp_timestamp - stats.last_timestamp, ==,
                    (rfl_clock_now (room->f->clock) - stats.last_sent) * 8000 / G_USEC_PER_SEC);
}

/* A stream that ceased is no sender's; when it flows again that is told within a second: it is the
 * same timeline as before. */
static void
again (Room *room, gconstpointer data)
{
  send_video (room);
  await (room, room->d, G_USEC_PER_SEC);
  g_free (end_take (room->d));
  for (guint i = 0; i < 2 || last (room->d).type == RFL_RTCP_SR; i++)
    {
      g_free (end_take (room->d));
      await (room, room->d, 7 * G_USEC_PER_SEC);
      g_assert_cmpuint (i, <, 8);
    }
  expect_report (room, "RR");
  rfl_clock_advance (room->f->clock, 500 * MS);
  g_free (end_take (room->d));
  send_video (room);
  g_assert_cmpint (await (room, room->d, 7 * G_USEC_PER_SEC), <=, 1100 * MS);
  expect_report (room, "SR");
}

/* How often it is looked whether a silent stream flows: many of them once kept the main thread busy. */
static void
look (Room *room, gconstpointer data)
{
  static const struct {
    guint n_legs;
    gint64 silent, wait;
  } rows[] = { { 1, 0, 100 },        { 5, 400, 100 },   { 5, 2000, 500 },
               { 5, 3600000, 1000 }, { 200, 0, 400 },   { 200, 800, 400 },
               { 200, 3000, 750 },   { 5000, 0, 1000 }, { 5000, 5, 1000 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (rtcp_one_look (rows[i].n_legs, rows[i].silent * MS), ==, rows[i].wait * MS);
}

/* The source hears of its receiver: loss and jitter are the line's, the numbers are ours. */
static void
about_source (Room *room, gconstpointer data)
{
  g_autofree char *text = NULL;
  RflRtcpReportBlock block;
  RflRtcp rtcp;

  send_video (room);
  fixture_step (room->f);
  g_free (end_take (room->a)); /* the keyframe that was asked for */
  text = g_strdup_printf ("RR 4 of %u", stats_of (room->d).ssrc);
  end_send (room->d, text);
  end_expect (room->a, "RR 4 |");
  rfl_clock_advance (room->f->clock, 7 * G_USEC_PER_SEC);
  g_assert_cmpuint (room->a->got->len, >=, 1);
  rtcp = last (room->a);
  g_assert_true (rfl_rtcp_get_report (&rtcp, 0, &block));
  g_assert_cmpuint (block.ssrc, ==, 1);
  g_assert_cmpuint (block.highest_seq, ==, 1);
  g_assert_false (rfl_rtcp_get_report (&rtcp, 1, &block));
}

/* A leg in place of another, as a new offer makes it; and one without a session. */
static void
replaced (Room *room, gconstpointer data)
{
  RflLegSpec spec = fixture_leg_spec (room->f, room->d->medium, "192.0.2.2:6000");
  RflLeg *second;

  spec.mode = RFL_LEG_ONE;
  second = rfl_leg_new (&spec);
  rfl_leg_free (room->d->leg); /* no more the one that counts */
  rfl_clock_advance (room->f->clock, 20 * G_USEC_PER_SEC);
  end_expect (room->d, "");
  rfl_leg_free (second);
  room->d->leg = NULL;
  g_assert_cmpuint (fixture_count (room->f, "rtcp.reports_sent"), >=, 3);
}

/* RFC 3550 §6.3.1: five seconds but for what is random, longer for many on a thin line. */
static void
interval (Room *room, gconstpointer data)
{
  static const struct {
    RtcpLoad load;
    double random, seconds;
  } rows[] = {
    { { 2, 1, 400, 100, TRUE }, 0.5, 5 },
    { { 2, 1, 400, 100, TRUE }, 0, 2.5 },
    { { 2, 1, 400, 100, TRUE }, 1, 7.5 },
    { { 0, 0, 0, 0, FALSE }, 0.5, 5 },
    { { 1000, 2, 400, 100, TRUE }, 0.5, 5 },      /* senders share a quarter */
    { { 1000, 200, 400, 100, TRUE }, 0.5, 200 },  /* 200 * 100 / (400 / 4) */
    { { 1000, 200, 400, 150, FALSE }, 0.5, 400 }, /* 800 * 150 / (400 * 3 / 4) */
    { { 1000, 500, 400, 100, TRUE }, 0.5, 250 },  /* all alike */
    { { 5001, 5000, 5000 * 400, 200, FALSE }, 0.5, 5 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gint64 got = rtcp_interval (&rows[i].load, rows[i].random);
      double expected = rows[i].seconds / 1.21828 * G_USEC_PER_SEC;

      g_assert_cmpfloat (ABS ((double) got - expected), <, 2);
    }
}

/* A mixer's stream has the clock rate of its feed, whatever the session speaks. */
static void
mixed (Room *room, gconstpointer data)
{
  RflFeed *feed = rfl_feed_new (room->a->medium->route, 48000);
  RflFeeder *feeder = rfl_feeder_new (room->f->path, 4);
  RflFrame frame = { .feed = feed, .payload = (const guint8 *) "abcde", .len = 5 };
  RflMedium *medium = room->d->medium;
  RflLegSpec spec = fixture_leg_spec (room->f, medium, "192.0.2.2:4000");
  RflRtcpSenderInfo info;
  RflLegStats stats;
  RflRtcp rtcp;

  spec.mode = RFL_LEG_MIX;
  spec.feed = feed;
  spec.ops = end_ops ();
  spec.user_data = room->d;
  rfl_leg_free (room->d->leg);
  room->d->leg = rfl_leg_new (&spec);
  g_assert_true (rfl_feeder_push (feeder, &frame));
  fixture_step (room->f);
  stats = stats_of (room->d);
  await (room, room->d, 7 * G_USEC_PER_SEC);
  rtcp = last (room->d);
  g_assert_true (rfl_rtcp_get_sender_info (&rtcp, &info));
  expect_report (room, "SR");
  g_assert_cmpuint (info.packets, ==, 1);
  g_assert_cmpuint (info.octets, ==, 5);
  g_assert_cmpuint (info.rtp_timestamp, ==,
                    stats.last_timestamp
                        + (guint32) ((rfl_clock_now (room->f->clock) - stats.last_sent) * 48000
                                     / G_USEC_PER_SEC));
  g_clear_pointer (&room->d->leg, rfl_leg_free);
  rfl_feed_free (feed);
  rfl_feeder_free (feeder);
}

#define ADD(name, func) g_test_add ("/rtcp-one/" name, Room, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("silent", silent);
  ADD ("first", first);
  ADD ("numbers", numbers);
  ADD ("other-codec", other_codec);
  ADD ("again", again);
  ADD ("look", look);
  ADD ("about-source", about_source);
  ADD ("replaced", replaced);
  ADD ("mixed", mixed);
  ADD ("interval", interval);
  return g_test_run ();
}
