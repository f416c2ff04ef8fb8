/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TMMBR, TMMBN and REMB: what they say, and what becomes of them. */
#include "core/wire/bytes.h"
#include "tests/unit/rtcp-fixture.h"
#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND

static RflRtcp
parse (const guint8 *data, gsize len)
{
  RflRtcpIter iter;
  RflRtcp rtcp;

  g_assert_true (rfl_rtcp_validate (data, len));
  rfl_rtcp_iter_init (&iter, data, len);
  g_assert_true (rfl_rtcp_iter_next (&iter, &rtcp));
  return rtcp;
}

static void
test_tmmbr (void)
{
  /* 400,000 = 100,000 << 2, 60 octets of overhead */
  guint8 data[] = { 0x83, 205, 0, 4, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7, 0x0b, 0x0d, 0x40, 0x3c };
  guint8 none[] = { 0x83, 205, 0, 2, 0, 0, 0, 9, 0, 0, 0, 0 };
  RflRtcp rtcp = parse (none, sizeof none);
  RflRtcpBitrate rate;

  g_assert_false (rfl_rtcp_get_tmmbr (&rtcp, 0, &rate));
  rtcp = parse (data, sizeof data);
  g_assert_false (rfl_rtcp_get_tmmbr (&rtcp, 1, &rate));
  g_assert_true (rfl_rtcp_get_tmmbr (&rtcp, 0, &rate));
  g_assert_cmpuint (rate.ssrc, ==, 7);
  g_assert_cmpuint (rate.bits_per_second, ==, 400000);
  g_assert_cmpuint (rate.overhead, ==, 60);
  memset (data + 16, 0xff, 4);
  rtcp = parse (data, sizeof data);
  g_assert_true (rfl_rtcp_get_tmmbr (&rtcp, 0, &rate));
  g_assert_cmpuint (rate.bits_per_second, >, G_MAXUINT32);
  data[0] = 0x81; /* NACK */
  rtcp = parse (data, sizeof data);
  g_assert_false (rfl_rtcp_get_tmmbr (&rtcp, 0, &rate));
}

static void
test_tmmbn (void)
{
  const RflRtcpBitrate rates[] = {
    { 5, 0, 0 }, { 5, 0x1ffff, 511 }, { 5, 400000, 60 }, { 5, G_MAXUINT32, 0 }
  };
  guint8 data[64];
  RflRtcpWriter w;

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      RflRtcpBitrate read;
      RflRtcp rtcp;

      rfl_rtcp_writer_init (&w, data, sizeof data);
      rfl_rtcp_write_tmmbn (&w, 3, &rates[i]);
      rtcp = parse (data, w.len);
      g_assert_cmpuint (rtcp.ssrc, ==, 3);
      g_assert_true (rfl_rtcp_get_tmmbr (&rtcp, 0, &read));
      g_assert_cmpuint (read.ssrc, ==, 5);
      g_assert_cmpuint (read.overhead, ==, rates[i].overhead);
      g_assert_cmpuint (read.bits_per_second, <=, rates[i].bits_per_second);
      g_assert_cmpuint (read.bits_per_second, >=,
                        rates[i].bits_per_second - rates[i].bits_per_second / 0x10000);
    }
  rfl_rtcp_writer_init (&w, data, 19);
  rfl_rtcp_write_tmmbn (&w, 3, &rates[0]);
  g_assert_true (w.overflow);
}

static gsize
write_remb (guint8 *data, guint32 sender, guint32 ssrc, guint mantissa, guint exponent)
{
  const guint8 head[] = { 0x8f, 206, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 'R', 'E', 'M', 'B', 1 };

  memcpy (data, head, sizeof head);
  wire_put32 (data + 4, sender);
  wire_put24 (data + 17, exponent << 18 | mantissa);
  wire_put32 (data + 20, ssrc);
  return 24;
}

static void
test_remb (void)
{
  guint8 data[24];
  RflRtcp rtcp;
  guint64 rate;
  guint32 ssrc;

  write_remb (data, 9, 7, 0x20000, 3);
  rtcp = parse (data, sizeof data);
  g_assert_true (rfl_rtcp_get_remb (&rtcp, &rate));
  g_assert_cmpuint (rate, ==, 1048576);
  g_assert_true (rfl_rtcp_get_remb_ssrc (&rtcp, 0, &ssrc));
  g_assert_cmpuint (ssrc, ==, 7);
  g_assert_false (rfl_rtcp_get_remb_ssrc (&rtcp, 1, &ssrc));
  data[16] = 2; /* says more SSRCs than there are */
  g_assert_false (rfl_rtcp_get_remb (&rtcp, &rate));
  data[16] = 1;
  data[12] = 'X';
  g_assert_false (rfl_rtcp_get_remb (&rtcp, &rate));
  g_assert_false (rfl_rtcp_get_remb_ssrc (&rtcp, 0, &ssrc));
}

/* ---- what becomes of them ---- */

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

/* Thirty keyframes a second for @seconds, 172 octets each. Returns: how many d got */
static guint
play (Room *room, guint seconds)
{
  RflLegStats before, after;

  rfl_leg_get_stats (room->d->leg, &before);
  for (guint i = 0; i < 30 * seconds; i++)
    {
      room->seq++;
      fixture_send (room->f, "192.0.2.1:4000", 96, room->seq, 3000u * room->seq, 1);
      rfl_clock_advance (room->f->clock, G_USEC_PER_SEC / 30);
    }
  rfl_leg_get_stats (room->d->leg, &after);
  g_assert_cmpuint (after.packets - before.packets + after.left_out - before.left_out, ==,
                    30 * seconds);
  return (guint) (after.packets - before.packets);
}

static guint32
stream_of (const End *end)
{
  RflLegStats stats;

  rfl_leg_get_stats (end->leg, &stats);
  return stats.ssrc;
}

static void
send_tmmbr (const Room *room, const End *from, guint32 ssrc, guint bits, guint overhead)
{
  guint8 data[20];
  RflRtcpWriter w;
  const RflRtcpBitrate rate = { ssrc, bits, overhead };

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_tmmbn (&w, 77, &rate);
  data[0] = 0x80 | RFL_RTPFB_TMMBR;
  rfl_route_receive_rtcp (from->medium->route, from->medium, data, w.len);
  fixture_step (room->f);
}

/* The TMMBN among what @end was handed. Returns: whether there was one */
static gboolean
take_answer (End *end, RflRtcpBitrate *out)
{
  gboolean found = FALSE;

  for (guint i = 0; i < end->got->len; i++)
    {
      GBytes *bytes = g_ptr_array_index (end->got, i);
      RflRtcpIter iter;
      RflRtcp rtcp;

      rfl_rtcp_iter_init (&iter, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      while (rfl_rtcp_iter_next (&iter, &rtcp))
        if (rtcp.type == RFL_RTCP_RTPFB && rtcp.count == RFL_RTPFB_TMMBN)
          found = rtcp.ssrc == stream_of (end) && rfl_rtcp_get_tmmbr (&rtcp, 0, out);
    }
  g_ptr_array_set_size (end->got, 0);
  return found;
}

/* 172 octets and 28 more are 48,000 bit/s at 30 a second: half of that passes half of it. */
static void
becomes_tmmbr (Room *room, gconstpointer data)
{
  RflRtcpBitrate answer;

  g_assert_cmpuint (play (room, 2), ==, 60);
  g_ptr_array_set_size (room->a->got, 0);
  send_tmmbr (room, room->d, stream_of (room->d), 24000, 28);
  g_assert_true (take_answer (room->d, &answer));
  g_assert_cmpuint (answer.ssrc, ==, 77);
  g_assert_cmpuint (answer.bits_per_second, ==, 24000);
  g_assert_cmpuint (answer.overhead, ==, 28);
  send_tmmbr (room, room->d, stream_of (room->d), 24000, 28);
  g_assert_false (take_answer (room->d, &answer)); /* has just been answered */
  play (room, 4);
  g_assert_cmpuint (play (room, 10), <=, 155);
  g_assert_cmpuint (room->a->got->len, ==, 0);
  send_tmmbr (room, room->d, stream_of (room->d), 1000000, 28);
  g_assert_true (take_answer (room->d, &answer));
  play (room, 4);
  g_assert_cmpuint (play (room, 10), ==, 300);
  g_assert_cmpuint (fixture_count (room->f, "rtcp.limits"), ==, 3);
}

/* The lower one counts of what is configured and what is asked for. */
static void
lower_one (Room *room, gconstpointer data)
{
  guint8 remb[24];
  guint got;

  play (room, 1);
  rfl_leg_set_bandwidth (room->d->leg, 20640); /* half */
  write_remb (remb, 77, stream_of (room->d), 100000, 3);
  rfl_route_receive_rtcp (room->d->medium->route, room->d->medium, remb, sizeof remb);
  play (room, 4);
  got = play (room, 10);
  g_assert_cmpuint (got, <=, 155);
  g_assert_cmpuint (got, >=, 100);
  rfl_leg_set_bandwidth (room->d->leg, 0);
  play (room, 4);
  g_assert_cmpuint (play (room, 10), ==, 300);
  write_remb (remb, 77, stream_of (room->d), 20640, 0);
  rfl_route_receive_rtcp (room->d->medium->route, room->d->medium, remb, sizeof remb);
  play (room, 4);
  g_assert_cmpuint (play (room, 10), <=, 155);
}

/* About another stream than its own, and of one who gets all of them: ends here. */
static void
of_others (Room *room, gconstpointer data)
{
  guint8 remb[24];
  RflRtcpBitrate answer;
  guint64 ended = fixture_count (room->f, "rtcp.ended");

  play (room, 1);
  g_ptr_array_set_size (room->a->got, 0);
  send_tmmbr (room, room->d, 1, 20000, 0);
  send_tmmbr (room, room->a, stream_of (room->d), 20000, 0);
  write_remb (remb, 77, 1, 1000, 0);
  rfl_route_receive_rtcp (room->d->medium->route, room->d->medium, remb, sizeof remb);
  g_assert_false (take_answer (room->d, &answer));
  g_assert_false (take_answer (room->a, &answer));
  g_assert_cmpuint (fixture_count (room->f, "rtcp.ended") - ended, ==, 3);
  g_assert_cmpuint (fixture_count (room->f, "rtcp.limits"), ==, 0);
  g_assert_cmpuint (play (room, 5), ==, 150);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rtcp/bandwidth/tmmbr", test_tmmbr);
  g_test_add_func ("/rtcp/bandwidth/tmmbn", test_tmmbn);
  g_test_add_func ("/rtcp/bandwidth/remb", test_remb);
  g_test_add ("/rtcp/bandwidth/becomes-tmmbr", Room, NULL, set_up, becomes_tmmbr, tear_down);
  g_test_add ("/rtcp/bandwidth/lower-one", Room, NULL, set_up, lower_one, tear_down);
  g_test_add ("/rtcp/bandwidth/of-others", Room, NULL, set_up, of_others, tear_down);
  return g_test_run ();
}
