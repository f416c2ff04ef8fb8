/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What RTCP costs the main thread: reports of receivers that are summarised, reports of senders
 * that go to everybody, and the summaries, in sessions of several sizes. Sending itself is left out
 * (the network is in memory). Measures the policy, not the kernel: that does bench-fanout.
 */
#include "core/core-private.h"
#include "tests/unit/rtcp-fixture.h"

#include <string.h>

#define SECONDS 1.0

typedef struct {
  Fixture *f;
  GPtrArray *ends;
  guint n_senders;
} Room;

static void
drop_rtcp (RflLeg *leg, RflMedium *from, const guint8 *data, gsize len)
{
  guint64 *n = rfl_leg_get_user_data (leg);
  (*n)++;
}

static guint64 n_sent_to[1];

static RflMedium *
join (Room *room, guint i)
{
  static const RflLegOps ops = { drop_rtcp };
  g_autofree char *remote = g_strdup_printf ("10.%u.%u.1:4000", i / 250, i % 250 + 1);
  RflMedium *medium = fixture_join (room->f, "room", "x", NULL, "video");
  RflLegSpec spec = fixture_leg_spec (room->f, medium, remote);
  RflLeg *leg;

  spec.ops = &ops;
  spec.user_data = n_sent_to;
  leg = fixture_add_leg_spec (room->f, &spec);
  if (i < room->n_senders)
    rfl_source_set_back (fixture_add_source (room->f, medium, fixture_add_flow (room->f, remote),
                                             i + 1, i + 1),
                         leg);
  return medium;
}

static gsize
write_compound (guint8 *data, gsize size, guint32 ssrc, gboolean sender, guint n_blocks)
{
  const RflRtcpSenderInfo info = { 1, 2, 3, 4 };
  RflRtcpReportBlock blocks[31] = { { 0 } };
  RflRtcpWriter w;

  for (guint i = 0; i < n_blocks; i++)
    blocks[i] = (RflRtcpReportBlock){ .ssrc = i + 1, .fraction_lost = (guint8) ssrc };
  rfl_rtcp_writer_init (&w, data, size);
  if (sender)
    rfl_rtcp_write_sr (&w, ssrc, &info, blocks, n_blocks);
  else
    rfl_rtcp_write_rr (&w, ssrc, blocks, n_blocks);
  rfl_rtcp_write_sdes (&w, ssrc, "somebody@example.org");
  return w.len;
}

/* Returns: compounds a second that @first to @last of the participants send in turn */
static double
measure (const Room *room, guint first, guint last, gboolean sender)
{
  guint8 data[1200];
  gint64 begin = g_get_monotonic_time (), now;
  guint64 n = 0;

  do
    {
      for (guint i = first; i < last; i++, n++)
        {
          RflMedium *medium = room->ends->pdata[i];
          gsize len = write_compound (data, sizeof data, i + 1, sender, MIN (room->n_senders, 31));

          rfl_route_receive_rtcp (medium->route, medium, data, len);
        }
      now = g_get_monotonic_time ();
    }
  while ((double) (now - begin) < SECONDS * G_USEC_PER_SEC);
  return (double) n * G_USEC_PER_SEC / (double) (now - begin);
}

static void
bench (guint n, guint n_senders)
{
  Room room = { .f = fixture_new (1), .ends = g_ptr_array_new (), .n_senders = n_senders };
  double receivers, senders;
  gint64 begin;

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (room.ends, join (&room, i));
  receivers = measure (&room, n_senders, n, FALSE);
  senders = measure (&room, 0, n_senders, TRUE);
  begin = g_get_monotonic_time ();
  rfl_clock_advance (room.f->clock, 7 * G_USEC_PER_SEC);
  g_print (
      "%5u participants, %4u send: %9.0f receivers' reports/s, %7.0f senders' (%.0f copies/s), "
      "summaries %.2f ms\n",
      n, n_senders, receivers, senders, senders * (n - 1),
      (double) (g_get_monotonic_time () - begin) / 1000);
  g_ptr_array_unref (room.ends);
  fixture_free (room.f);
}

int
main (int argc, char **argv)
{
  bench (20, 2);
  for (guint n = 100; n <= 10000; n *= 10)
    bench (n, 2);
  bench (1000, 30);
  bench (1000, 900);
  return 0;
}
