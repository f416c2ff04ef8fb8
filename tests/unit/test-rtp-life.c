/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keyframes for newcomers, inactivity, turns and the end. 203.0.113.9 is a NAT. */
#include "tests/unit/rtp-fixture.h"

#include "core/status.h"
#include <string.h>

/* ---- keyframes ---- */

static void
test_keyframe_for_newcomer (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);

  join (a, "room", desc_of (a, "video", FORMATS ("96 VP8/90000")), NULL);
  show (a, 96, 0xa);
  pass_time (f, 2 * SECOND);
  got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0);
  pass_time (f, 2 * SECOND);
  g_assert_false (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
  join (b, "room", desc_of (b, "video", FORMATS ("96 VP8/90000")), NULL);
  g_assert_true (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
  pass_time (f, SECOND / 2);
  g_assert_false (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
  pass_time (f, SECOND);
  g_assert_true (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
  pass_time (f, 10 * SECOND);
  g_assert_false (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
}

/* Whoever only sends gets no media, but is asked for keyframes. */
static void
test_keyframe_from_sender_only (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);
  RflMediumDesc *desc = desc_of (a, "video", FORMATS ("96 VP8/90000"));
  guint8 data[64];
  RflRtcpWriter w;

  desc->direction = RFL_DIRECTION_SEND;
  join (a, "room", desc, NULL);
  join (b, "room", desc_of (b, "video", FORMATS ("96 VP8/90000")), NULL);
  show (a, 96, 0xa);
  show (b, 96, 0xb);
  assert_nothing (f, &a->rtp[1]);
  pass_time (f, 5 * SECOND);
  got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0);
  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_pli (&w, 0xb, 0xa); /* alone, as baresip sends it */
  send_from (f, &b->rtcp[1], 5569, data, w.len);
  g_assert_true (got_rtcp (f, &a->rtcp[1], RFL_RTCP_PSFB, 0));
}

/* ---- activity ---- */

static void
test_silent_from_the_start (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");

  pass_time (f, 119 * SECOND);
  g_assert_null (a->ended);
  pass_time (f, 6 * SECOND);
  g_assert_cmpstr (a->ended, ==, "no RTCP for 120 s");
}

static void
test_rtp_counts_at_first (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");

  for (guint i = 0; i < 30; i++)
    {
      say (a, 0, 0xa);
      pass_time (f, 10 * SECOND);
    }
  g_assert_null (a->ended);
  report (a, 0xa);
  for (guint i = 0; i < 12; i++)
    {
      g_assert_null (a->ended);
      say (a, 0, 0xa);
      pass_time (f, 10 * SECOND);
    }
  pass_time (f, 5 * SECOND);
  g_assert_cmpstr (a->ended, ==, "no RTCP for 120 s");
}

static void
test_alive_on_hold (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  RflMediumDesc *hold = pcmu (a);

  hold->direction = RFL_DIRECTION_NONE;
  offer (a, hold, NULL);
  for (guint i = 0; i < 30; i++)
    {
      report (a, 0xa);
      pass_time (f, 10 * SECOND);
    }
  g_assert_null (a->ended);
}

/* ---- turns ---- */

static void
test_turns_end_with_a_packet (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "203.0.113.9", 30000);
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 31000);
  g_autoptr (Client) c = client_new (f, "carol", "203.0.113.9", 32000);

  join (a, "room", behind_nat (pcmu (a)), NULL);
  join (b, "room", behind_nat (pcmu (b)), NULL);
  join (c, "room", behind_nat (pcmu (c)), NULL);
  g_assert_cmpuint (a->decided, ==, 1);
  g_assert_cmpuint (b->decided + c->decided, ==, 0);
  say (a, 0, 0xa);
  g_assert_cmpuint (b->decided, ==, 1);
  g_assert_cmpuint (c->decided, ==, 0);
  say (b, 0, 0xb);
  assert_joined (c);
  say (c, 0, 0xc);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  assert_rtp (f, &a->rtp[0], 0, 0xc, 1);
  assert_rtp (f, &c->rtp[0], 0, 0xb, 2);
}

static void
test_turns_end_with_time (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "203.0.113.9", 30000);
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 31000);

  join (a, "room", behind_nat (pcmu (a)), NULL);
  join (b, "room", behind_nat (pcmu (b)), NULL);
  pass_time (f, SECOND - 20 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (b->decided, ==, 0);
  pass_time (f, 40 * G_TIME_SPAN_MILLISECOND);
  assert_joined (b);
  say (b, 0, 0xb);
  say (a, 0, 0xa);
  assert_nothing (f, &b->rtp[0]);
  report_from (f, &a->rtcp[0], 5567, 0xa, "sip:alice@example.net");
  pass_time (f, SECOND);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
}

static void
test_giving_up_while_waiting (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "203.0.113.9", 30000);
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 31000);
  g_autoptr (Client) c = client_new (f, "carol", "203.0.113.9", 32000);

  join (a, "room", behind_nat (pcmu (a)), NULL);
  join (b, "room", behind_nat (pcmu (b)), NULL);
  join (c, "room", behind_nat (pcmu (c)), NULL);
  rfl_participant_leave (b->participant, "CANCEL");
  g_assert_error (b->error, RFL_ERROR, RFL_ERROR_CANCELLED);
  say (a, 0, 0xa);
  assert_joined (c);
  say (c, 0, 0xc);
  assert_rtp (f, &a->rtp[0], 0, 0xc, 1);
}

static void
test_crowd (Fixture *f, gconstpointer unused)
{
  Client *crowd[RTP_LATCH_MAX_WAITING + 3];
  guint n = G_N_ELEMENTS (crowd), decided = 0;

  for (guint i = 0; i < n; i++)
    {
      crowd[i] = client_new (f, "crowd", "203.0.113.9", 30000 + 10 * i);
      join (crowd[i], "room", behind_nat (pcmu (crowd[i])), NULL);
      decided += crowd[i]->decided;
    }
  g_assert_cmpuint (decided, ==, 3); /* the first, and the two beyond the limit */
  for (guint i = 0; i < n; i++)
    pass_time (f, SECOND + 20 * G_TIME_SPAN_MILLISECOND);
  for (guint i = 0; i < n; i++)
    {
      assert_joined (crowd[i]);
      client_free (crowd[i]);
    }
}

/* ---- reports ---- */

/* Whoever shares the participant's IP must not be able to have him taken for dead. */
static void
test_reports_through_flood (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflAddress stranger = at ("198.51.100.1", 20000);

  report (a, 0xa);
  report (b, 0xb);
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_RR, 0xa));
  for (; stranger.port < 20600; stranger.port++)
    report_from (f, &stranger, 5567, 0xbad, "nobody");
  g_assert_cmpuint (count (f, "path.strangers_limited"), >, 0);
  g_assert_false (got_rtcp (f, &b->rtcp[0], RFL_RTCP_RR, 0xbad));
  report (a, 0xa);
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_RR, 0xa));
}

/* Many behind one NAT report at once. */
static void
test_reports_of_many_at_one_address (Fixture *f, gconstpointer unused)
{
  Client *crowd[30];
  guint n = G_N_ELEMENTS (crowd);

  for (guint i = 0; i < n; i++)
    {
      crowd[i] = joined_client (f, "crowd", "198.51.100.1", 30000 + 10 * i, "room");
      report (crowd[i], 0x100 + i);
    }
  for (guint k = 0; k < 20; k++)
    for (guint i = 0; i < n; i++)
      report (crowd[i], 0x100 + i);
  g_assert_cmpuint (count (f, "path.strangers_limited"), ==, 0);
  for (guint i = 0; i < n; i++)
    client_free (crowd[i]);
}

/* What one sends too much of is not everybody's burden, on whichever port it comes. */
static void
test_reports_too_many (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  guint64 before;

  say (a, 0, 0xa);
  report (a, 0xa);
  report (b, 0xb);
  before = count (f, "path.main_sent");
  for (guint i = 0; i < 1000; i++)
    report_from (f, i % 2 ? &a->rtcp[0] : &a->rtp[0], i % 2 ? 5567 : 5566, 0xa, "nobody");
  g_assert_cmpuint (count (f, "path.main_sent") - before, <=, 200);
  g_assert_cmpuint (count (f, "rtp.refused_rate"), >=, 800);
  report (b, 0xb);
  g_assert_true (got_rtcp (f, &a->rtcp[0], RFL_RTCP_RR, 0xb));
  pass_time (f, SECOND);
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_RR, 0xa));
  report (a, 0xa);
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_RR, 0xa));
}

/* The way that is known moves along, there and back. */
static void
test_reports_from_elsewhere (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflAddress moved = at ("198.51.100.1", 6001);

  say (a, 0, 0xa);
  report (a, 0xa);
  report (b, 0xb);
  pass_time (f, 16 * SECOND);
  say (a, 0, 0xa);
  report_from (f, &moved, 5567, 0xa, "nobody");
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_RR, 0xa));
  report (b, 0xb);
  g_assert_true (got_rtcp (f, &moved, RFL_RTCP_RR, 0xb));
  report (a, 0xa);
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_RR, 0xa));
  report (b, 0xb);
  g_assert_true (got_rtcp (f, &a->rtcp[0], RFL_RTCP_RR, 0xb));
}

/* ---- the end ---- */

static void
test_stop_while_busy (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 31000);
  g_autoptr (Client) c = client_new (f, "carol", "203.0.113.9", 32000);
  g_autoptr (GError) error = NULL;

  join (b, "room", behind_nat (pcmu (b)), NULL);
  join (c, "room", behind_nat (pcmu (c)), NULL);
  say (a, 0, 0xa);
  rtp_plugin_stop (f->plugin);
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_CANCELLED);
  settle (f);
  rtp_plugin_start (f->plugin, &error);
  g_assert_no_error (error);
}

static void
test_status (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  g_autofree char *text = NULL;
  RflStatus *status = rfl_status_new ();

  g_assert_nonnull (b);
  say (a, 0, 10);
  say (a, 0, 10);
  report (a, 10);
  rfl_status_call (status, "rtp", rtp_plugin_status, f->plugin);
  text = rfl_status_finish (status);
  g_assert_nonnull (strstr (text, "\"name\":\"room\""));
  g_assert_nonnull (strstr (text, "\"identity\":\"sip:alice@example.net\",\"state\":\"joined\""));
  g_assert_nonnull (strstr (
      text,
      "{\"kind\":\"audio\",\"rtp\":\"198.51.100.1:4000\","
      "\"rtcp\":\"198.51.100.1:4001\","
      "\"rtp_target\":\"198.51.100.1:4000\",\"rtcp_mux\":false,"
      "\"second_ports\":false,\"proved\":false,\"consent\":true,\"mode\":\"all\",\"receives\":true,"
      "\"packets_in\":2,\"packets_out\":0,\"sources\":[10]}"));
  g_assert_nonnull (strstr (
      text,
      "{\"kind\":\"audio\",\"rtp\":null,\"rtcp\":null,"
      "\"rtp_target\":\"198.51.100.2:4000\",\"rtcp_mux\":false,"
      "\"second_ports\":false,\"proved\":false,\"consent\":true,\"mode\":\"all\",\"receives\":true,"
      "\"packets_in\":0,\"packets_out\":2,\"sources\":[]}"));
}

static const RtpTest tests[] = {
  { "keyframe-for-newcomer", test_keyframe_for_newcomer },
  { "keyframe-from-sender-only", test_keyframe_from_sender_only },
  { "silent-from-the-start", test_silent_from_the_start },
  { "rtp-counts-at-first", test_rtp_counts_at_first },
  { "alive-on-hold", test_alive_on_hold },
  { "turns-end-with-a-packet", test_turns_end_with_a_packet, "second_ports = 0;" },
  { "turns-end-with-time", test_turns_end_with_time, "second_ports = 0;" },
  { "giving-up-while-waiting", test_giving_up_while_waiting, "second_ports = 0;" },
  { "crowd", test_crowd, "second_ports = 0;" },
  { "reports-through-flood", test_reports_through_flood },
  { "reports-of-many-at-one-address", test_reports_of_many_at_one_address },
  { "reports-too-many", test_reports_too_many },
  { "reports-from-elsewhere", test_reports_from_elsewhere },
  { "stop-while-busy", test_stop_while_busy, "second_ports = 0;" },
  { "status", test_status },
  { NULL },
};

int
main (int argc, char **argv)
{
  return rtp_tests_run (argc, argv, "life", tests);
}
