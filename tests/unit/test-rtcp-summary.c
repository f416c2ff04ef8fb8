/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sources hear in sessions of many, in place of their receivers' reports. Not what passes still
 * (test-rtcp-large.c).
 */
#include "core/wire/bytes.h"
#include "tests/unit/rtcp-room.h"

/* So long everybody has reported, and been reported to, at least once. */
#define ROUND (7 * G_USEC_PER_SEC)

static void
send_report (const End *end, guint32 sender, const RflRtcpReportBlock *block)
{
  guint8 data[64];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, sender, block, 1);
  end_send_raw (end, data, w.len);
}

/* How a linked reflector tells of @receivers; @block: one */
static void
send_link_summary (Room *room, guint32 sender, const RflRtcpReportBlock *block, guint32 receivers)
{
  guint8 data[64];
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, sender, block, 1);
  wire_put32 (data + w.len, receivers);
  wire_put16 (data + 2, (guint16) (w.len / 4));
  rfl_route_receive_rtcp (room->a->medium->route, NULL, data, w.len + 4);
}

/* The @index-th block that @end was handed last, over all its packets. */
static gboolean
get_block (const End *end, guint index, guint32 *sender, RflRtcpReportBlock *out)
{
  GBytes *bytes = end->got->len ? g_ptr_array_index (end->got, end->got->len - 1) : NULL;
  RflRtcpIter iter;
  RflRtcp rtcp;

  if (bytes == NULL)
    return FALSE;
  rfl_rtcp_iter_init (&iter, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  while (rfl_rtcp_iter_next (&iter, &rtcp))
    for (guint i = 0; rfl_rtcp_get_report (&rtcp, i, out); i++)
      if (index-- == 0)
        {
          *sender = rtcp.ssrc;
          return TRUE;
        }
  return FALSE;
}

static void
await (Room *room, const End *end)
{
  for (guint i = 0; i < 800 && end->got->len == 0; i++)
    rfl_clock_advance (room->f->clock, 10 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (end->got->len, ==, 1);
}

/* ---- what sources hear ---- */

static void
send_video (Room *room, guint16 seq)
{
  fixture_send (room->f, "192.0.2.1:4000", 96, seq, 3000u * seq, 1);
}

/* Nothing of those who send nothing and of whom nothing is said. */
static void
nothing (Room *room, gconstpointer data)
{
  rfl_clock_advance (room->f->clock, 3 * ROUND);
  end_send (room->c, "RR 3 of 77 3");
  end_send (room->a, "RR 1 of 1"); /* of itself */
  end_expect (room->b, "RR 1 |");
  end_expect (room->c, "RR 1 |");
  rfl_clock_advance (room->f->clock, 3 * ROUND);
  end_expect (room->a, "");
  end_expect (room->b, "");
  end_expect (room->c, "");
}

/* Our report: what was lost on the way here, its last report's time. */
static void
own_report (Room *room, gconstpointer data)
{
  RflRtcpReportBlock block;
  guint32 sender;

  end_send (room->c, "RR 3"); /* RTCP begins */
  send_video (room, 65534);
  send_video (room, 65535);
  send_video (room, 2); /* 0 and 1 are lost */
  end_send (room->a, "SR 1");
  await (room, room->a);
  g_assert_true (get_block (room->a, 0, &sender, &block));
  g_assert_null (rfl_route_find_source (room->a->medium->route, sender));
  g_assert_cmpuint (block.ssrc, ==, 1);
  g_assert_cmpuint (block.highest_seq, ==, 0x10002);
  g_assert_cmpint (block.cumulative_lost, ==, 2);
  g_assert_cmpuint (block.fraction_lost, ==, 2 * 256 / 5);
  g_assert_cmphex (block.lsr, ==, 0); /* the fixture's SR is of the year 1900 */
  g_assert_cmpuint (block.dlsr, >=, 2 * 65536);
  g_assert_false (get_block (room->a, 1, &sender, &block)); /* nobody reports */
  g_free (end_take (room->a));
  send_video (room, 3);
  await (room, room->a);
  g_assert_true (get_block (room->a, 0, &sender, &block));
  g_assert_cmpuint (block.fraction_lost, ==, 0);
  g_assert_cmpint (block.cumulative_lost, ==, 2);
}

/* The receiver in the middle stands for all, so that one on a bad line harms nobody. */
static void
median (Room *room, gconstpointer data)
{
  const guint8 lost[] = { 10, 255, 0, 20, 30 };
  RflRtcpReportBlock block = { .ssrc = 1, .lsr = 0x10000, .dlsr = 65536 };
  guint32 sender;

  for (guint i = 0; i < G_N_ELEMENTS (lost); i++)
    {
      block.fraction_lost = lost[i];
      block.jitter = 1000 + lost[i];
      send_report (room_add (room, RFL_LEG_ALL), 100, &block); /* all with one SSRC */
    }
  block.fraction_lost = 99;
  send_report (room->a, 1, &block); /* its own word does not count */
  await (room, room->a);
  g_assert_true (get_block (room->a, 0, &sender, &block));
  g_assert_cmpuint (block.ssrc, ==, 1);
  g_assert_cmpuint (block.fraction_lost, ==, 20);
  g_assert_cmpuint (block.jitter, ==, 1020);
  g_assert_cmphex (block.lsr, ==, 0x10000);
  g_assert_cmpuint (block.dlsr, >, 2 * 65536); /* the time that it lay here */
  g_assert_false (get_block (room->a, 1, &sender, &block));
  end_expect (room->b, "RR 1 |");
  g_assert_cmpuint (fixture_count (room->f, "rtcp.reports_summarised"), ==, 5);
}

/* The last word of each counts, for as long as it may be there. */
static void
old_reports (Room *room, gconstpointer data)
{
  RflRtcpReportBlock block = { .ssrc = 1, .fraction_lost = 50 }, got;
  guint32 sender;

  send_report (room->c, 3, &block);
  block.fraction_lost = 7;
  send_report (room->c, 3, &block);
  await (room, room->a);
  g_assert_true (get_block (room->a, 0, &sender, &got));
  g_assert_cmpuint (got.fraction_lost, ==, 7);
  rfl_clock_advance (room->f->clock, 30 * G_USEC_PER_SEC);
  g_free (end_take (room->a));
  rfl_clock_advance (room->f->clock, 2 * ROUND);
  end_expect (room->a, "");
}

/* A source with an alias hears of itself by its own name. */
static void
aliased (Room *room, gconstpointer data)
{
  End *d = end_join (room->f, "d", NULL, RFL_LEG_ALL, 1);
  RflRtcpReportBlock block = { .ssrc = d->source->ssrc, .fraction_lost = 5 };
  guint32 sender;

  g_ptr_array_add (room->more, d);
  send_report (room->c, 3, &block);
  await (room, d);
  g_assert_true (get_block (d, 0, &sender, &block));
  g_assert_cmpuint (block.ssrc, ==, 1);
  end_expect (room->a, "");
}

/* Our names give way to sources, and are not each other's. */
static void
collision (Room *room, gconstpointer data)
{
  RflRtcpReportBlock block = { .ssrc = 1 };
  guint32 own, summary, again;
  End *d;

  send_report (room->c, 3, &block);
  send_video (room, 1);
  await (room, room->a);
  g_assert_true (get_block (room->a, 0, &own, &block));
  g_assert_true (get_block (room->a, 1, &summary, &block));
  g_assert_cmphex (own, !=, summary);
  d = end_join (room->f, "d", NULL, RFL_LEG_ALL, summary);
  g_ptr_array_add (room->more, d);
  g_assert_cmphex (d->source->ssrc, ==, summary);
  g_free (end_take (room->a));
  send_report (room->c, 3, &block);
  await (room, room->a);
  g_assert_true (get_block (room->a, 0, &again, &block));
  g_assert_cmphex (again, !=, summary);
}

/* Reports of `one` receivers end here in small sessions too, and are told. */
static void
ones (Room *room, gconstpointer data)
{
  End *d = room_add (room, RFL_LEG_ONE);
  RflRtcpReportBlock block = { .fraction_lost = 9, .jitter = 3, .highest_seq = 4711, .lsr = 1 };
  RflLegStats stats;
  guint32 sender;

  send_video (room, 5);
  rfl_leg_get_stats (d->leg, &stats);
  block.ssrc = stats.ssrc;
  send_report (d, 4, &block);
  g_free (end_take (room->a)); /* a keyframe was asked for, and an empty RR */
  await (room, room->a);
  g_assert_true (get_block (room->a, 1, &sender, &block));
  g_assert_cmpuint (block.ssrc, ==, 1);
  g_assert_cmpuint (block.fraction_lost, ==, 9);
  g_assert_cmpuint (block.jitter, ==, 3);
  g_assert_cmpuint (block.highest_seq, ==, 5);
  g_assert_cmphex (block.lsr, ==, 0);
}

/* ---- links ---- */

/* To a linked reflector goes one summary with the number of receivers, and nothing of them. */
static void
to_link (Room *room, gconstpointer data)
{
  End *link = end_link (room->f, room->a);
  End *far = end_join (room->f, "far", "other", RFL_LEG_ALL, 0);
  RflRtcpReportBlock block = { .ssrc = 5, .fraction_lost = 40 };
  const guint8 *all;
  guint32 sender;
  gsize len;

  g_ptr_array_add (room->more, far);
  g_ptr_array_add (room->more, link);
  far->flow = fixture_flow (room->f, "198.51.100.1:5564");
  far->source = fixture_source (far->medium, far->flow, 1001, 5);
  rfl_source_set_back (far->source, link->leg);
  send_report (room->c, 3, &block);
  block.fraction_lost = 60;
  send_report (room->b, 4, &block);
  end_send (far, "SR 5, SDES 5 far");
  end_expect (room->c, "SR 5 SDES 5 far |");
  end_expect (link, "");
  await (room, link);
  g_assert_null (g_ptr_array_index (link->from, 0));
  all = g_bytes_get_data (g_ptr_array_index (link->got, 0), &len);
  g_assert_cmpuint (wire_get16 (all + 2), ==, 8);
  g_assert_cmpuint (wire_get32 (all + 32), ==, 2);
  g_assert_true (get_block (link, 0, &sender, &block));
  g_assert_cmpuint (block.ssrc, ==, 5);
  g_assert_cmpuint (block.fraction_lost, ==, 40);
}

/* What a linked reflector says counts for as many as it says, but not for more than there are. */
static void
from_link (Room *room, gconstpointer data)
{
  RflRtcpReportBlock block = { .ssrc = 1, .fraction_lost = 80 };
  guint32 sender;

  for (guint i = 0; i < 6; i++)
    room_add (room, RFL_LEG_ALL);
  for (guint i = 0; i < 2; i++)
    {
      block.fraction_lost = 0;
      send_report (g_ptr_array_index (room->more, i), 3, &block);
    }
  block.fraction_lost = 80;
  send_link_summary (room, 900, &block, 3);
  await (room, room->a);
  g_assert_true (get_block (room->a, 0, &sender, &block));
  g_assert_cmpuint (block.fraction_lost, ==, 80);
  g_free (end_take (room->a));
  send_link_summary (room, 900, &block, 1);
  await (room, room->a);
  g_assert_true (get_block (room->a, 0, &sender, &block));
  g_assert_cmpuint (block.fraction_lost, ==, 0);
}

/* Summaries without a number, of nothing, of a source that did not enter here; and too many. */
static void
bad_from_link (Room *room, gconstpointer data)
{
  End *far = end_join (room->f, "far", "other", RFL_LEG_ALL, 0);
  RflRtcpReportBlock block = { .ssrc = 1, .fraction_lost = 80 };
  static const guint8 bare[] = { 0x80, 201, 0, 1, 0, 0, 0, 1 };
  guint8 data_without[32];
  RflRtcpWriter w;

  g_ptr_array_add (room->more, far);
  far->flow = fixture_flow (room->f, "198.51.100.1:5564");
  far->source = fixture_source (far->medium, far->flow, 1001, 5);
  rfl_route_receive_rtcp (room->a->medium->route, NULL, bare, sizeof bare);
  rfl_rtcp_writer_init (&w, data_without, sizeof data_without);
  rfl_rtcp_write_rr (&w, 900, &block, 1);
  rfl_route_receive_rtcp (room->a->medium->route, NULL, w.data, w.len);
  block.ssrc = 77;
  send_link_summary (room, 900, &block, 5);
  block.ssrc = 5;
  send_link_summary (room, 900, &block, 5);
  g_assert_cmpuint (fixture_count (room->f, "rtcp.reports_summarised"), ==, 0);
  block.ssrc = 1;
  send_link_summary (room, 0, &block, 0);
  send_link_summary (room, 1, &block, G_MAXUINT32);
  g_assert_cmpuint (fixture_count (room->f, "rtcp.reports_summarised"), ==, 2);
  for (guint i = 0; i < 500; i++)
    send_link_summary (room, 1000 + i, &block, 5);
  g_assert_cmpuint (fixture_count (room->f, "rtcp.reports_summarised"), <, 100);
}

/* ---- many ---- */

static guint
count_got (const Room *room)
{
  guint n = room->a->got->len + room->b->got->len + room->c->got->len;

  for (guint i = 0; i < room->more->len; i++)
    n += ((const End *) g_ptr_array_index (room->more, i))->got->len;
  return n;
}

/* 200 take part for a minute and report as clients do: to each receiver go the two senders'
 * reports and no more, to each sender one of ours an interval. */
static void
lecture (Room *room, gconstpointer data)
{
  RflRtcpReportBlock block = { .ssrc = 1 };
  guint32 sender;
  guint n;

  for (guint i = 0; i < 197; i++)
    room_add (room, i % 10 ? RFL_LEG_ALL : RFL_LEG_ONE);
  for (guint round = 0; round < 12; round++)
    {
      for (guint i = 0; i < room->more->len; i++)
        {
          block.fraction_lost = (guint8) i;
          send_report (g_ptr_array_index (room->more, i), 1000 + i, &block);
        }
      end_send (room->a, "SR 1 of 2, SDES 1 a");
      end_send (room->b, "SR 2 of 1, SDES 2 b");
      rfl_clock_advance (room->f->clock, 5 * G_USEC_PER_SEC);
    }
  n = room->c->got->len;
  g_assert_cmpuint (n, ==, 24);
  g_assert_cmpuint (room->a->got->len, >=, 12 + 8);
  g_assert_cmpuint (room->a->got->len, <=, 12 + 25);
  /* `one` legs get our reports instead of theirs; without summaries it were 12 * 200 * 200 */
  g_assert_cmpuint (count_got (room), <, 12 * 2 * 200 + 60 * 25);
  g_free (end_take (room->a));
  await (room, room->a);
  g_assert_true (get_block (room->a, 0, &sender, &block));
  g_assert_cmpuint (block.fraction_lost, >=, 95);
  g_assert_cmpuint (block.fraction_lost, <=, 101);
}

/* Forty senders behind one leg: in several letters, none larger than a datagram. */
static void
many_sources (Room *room, gconstpointer data)
{
  RflFlow *flow = fixture_add_flow (room->f, "192.0.2.77:7000");

  for (guint i = 0; i < 40; i++)
    {
      RflRtcpReportBlock block = { .ssrc = 3000 + i };
      RflSource *source =
          fixture_add_source (room->f, room->c->medium, flow, block.ssrc, block.ssrc);

      rfl_source_set_back (source, room->c->leg);
      send_report (room->b, 2, &block);
    }
  g_free (end_take (room->c));
  for (guint i = 0; i < 800 && room->c->got->len == 0; i++)
    rfl_clock_advance (room->f->clock, 10 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (room->c->got->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    g_assert_cmpuint (g_bytes_get_size (g_ptr_array_index (room->c->got, i)), <=, 1400);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/rtcp-summary/nothing", nothing, 2);
  ADD ("/rtcp-summary/own-report", own_report, 2);
  ADD ("/rtcp-summary/median", median, 2);
  ADD ("/rtcp-summary/old-reports", old_reports, 2);
  ADD ("/rtcp-summary/aliased", aliased, 2);
  ADD ("/rtcp-summary/collision", collision, 2);
  ADD ("/rtcp-summary/ones", ones, 32);
  ADD ("/rtcp-summary/to-link", to_link, 2);
  ADD ("/rtcp-summary/from-link", from_link, 2);
  ADD ("/rtcp-summary/bad-from-link", bad_from_link, 2);
  ADD ("/rtcp-summary/lecture", lecture, 32);
  ADD ("/rtcp-summary/many-sources", many_sources, 2);
  return g_test_run ();
}
