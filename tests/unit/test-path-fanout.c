/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets a packet, and under which payload type, SSRC and message. */
#include "tests/unit/path-fixture.h"
#include <errno.h>
#include <string.h>

static void
test_not_echoed (void)
{
  Fixture *f = fixture_new (1);
  RflMedium *a = fixture_join (f, "room", "a", NULL, "audio");
  RflMedium *b = fixture_join (f, "room", "b", NULL, "audio");
  RflFlow *flow = fixture_flow (f, "192.0.2.1:4000");
  RflSource *source = fixture_source (a, flow, 1, 1);
  RflLeg *la = fixture_leg (f, a, "192.0.2.1:4000"), *lb = fixture_leg (f, b, "192.0.2.2:4000");
  g_autoptr (GPtrArray) sent = NULL;
  RflSourceStats source_stats;
  RflLegStats leg_stats;
  RflRtp rtp;

  fixture_send (f, "192.0.2.1:4000", 0, 7, 1000, 1);
  sent = test_network_take_sent (f->net);
  g_assert_cmpuint (sent->len, ==, 1);
  g_assert_cmpuint (sent_to (sent, "192.0.2.2:4000", &rtp, 1), ==, 1);
  g_assert_cmpuint (rtp.seq, ==, 7);
  g_assert_cmpuint (rtp.ssrc, ==, 1);
  g_assert_cmpuint (rtp.timestamp, ==, 1000);
  g_assert_cmpuint (rtp.payload_len, ==, 160);
  g_assert_cmpuint (rtp.payload[0], ==, 7);
  rfl_source_get_stats (source, &source_stats);
  g_assert_cmpuint (source_stats.packets, ==, 1);
  g_assert_cmpuint (source_stats.octets, ==, 160);
  g_assert_cmpuint (source_stats.last_seq, ==, 7);
  g_assert_cmpint (source_stats.last_seen, ==, rfl_clock_now (f->clock));
  rfl_leg_get_stats (lb, &leg_stats);
  g_assert_cmpuint (leg_stats.packets, ==, 1);
  g_assert_cmpuint (leg_stats.octets, ==, 160);
  g_assert_cmpint (rfl_flow_last_seen (flow), ==, rfl_clock_now (f->clock));
  rfl_leg_free (la);
  rfl_leg_free (lb);
  rfl_source_free (source);
  rfl_flow_free (flow);
  fixture_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/fanout/not-echoed", test_not_echoed);
  return g_test_run ();
}
