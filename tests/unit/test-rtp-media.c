/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets whose packets, and who gets none. 203.0.113.9 is a NAT. */
#include "tests/unit/rtp-fixture.h"

/* ---- strangers ---- */

static void
test_stranger (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflAddress stranger = at ("198.51.100.66", 4000), neighbour = at ("198.51.100.1", 4444);

  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  send_rtp_from (f, &stranger, 5566, 0, 0xa, 2);
  send_rtp_from (f, &stranger, 5566, 0, 0x666, 1);
  send_rtp_from (f, &neighbour, 5566, 0, 0xa, 3);
  send_rtp_from (f, &neighbour, 5566, 0, 0x666, 1);
  send_rtp_from (f, &a->rtp[0], 5567, 0, 0xa, 2); /* RTP on the RTCP port */
  report_from (f, &stranger, 5567, 0xa, "sip:alice@example.net");
  assert_nothing (f, &b->rtp[0]);
  assert_nothing (f, &b->rtcp[0]);
  assert_nothing (f, &stranger);
  assert_nothing (f, &neighbour);
  g_assert_cmpuint (count (f, "rtp.refused_stranger"), >=, 3);
  g_assert_cmpuint (count (f, "rtp.refused_taken"), >=, 1);
}

static void
test_amplification (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) m = client_new (f, "mallory", "198.51.100.66", 4000);
  RflMediumDesc *desc = pcmu (m);
  RflAddress victim = desc->rtp = at ("203.0.113.1", 4000), reports = at ("203.0.113.1", 4001);

  desc->rtcp = reports;
  join (m, "room", desc, NULL);
  assert_joined (m);
  for (guint i = 0; i < 10; i++)
    say (a, 0, 0xa);
  report (a, 0xa);
  say (m, 0, 0x666);
  say (a, 0, 0xa);
  assert_nothing (f, &victim);
  assert_nothing (f, &reports);
  assert_rtp (f, &m->rtp[0], 0, 0xa, 11);
}

/* An INVITE with a forged source brings nothing to whom it names, whatever else is forged. */
static void
test_unconfirmed (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.1", 4000);

  b->participant->confirmed = FALSE;
  join (b, "room", pcmu (b), NULL);
  assert_joined (b);
  say (a, 0, 0xa);
  say (b, 0, 0xb);
  report (a, 0xa);
  say (a, 0, 0xa);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  assert_nothing (f, &b->rtp[0]);
  assert_nothing (f, &b->rtcp[0]);
  rfl_participant_confirm (b->participant);
  settle (f);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 3);
}

static void
test_format_not_agreed (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");

  say (a, 8, 0xa);
  g_assert_cmpuint (count (f, "rtp.refused_format"), ==, 1);
  pass_time (f, SECOND);
  say (a, 0, 0xa);
  say (a, 8, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
  assert_nothing (f, &b->rtp[0]);
}

static void
test_max_sources (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");

  for (guint ssrc = 1; ssrc <= 3; ssrc++)
    say (a, 0, ssrc);
  assert_rtp (f, &b->rtp[0], 0, 1, 1);
  assert_rtp (f, &b->rtp[0], 0, 2, 2);
  assert_nothing (f, &b->rtp[0]);
  g_assert_cmpuint (count (f, "rtp.refused_sources"), ==, 1);
  pass_time (f, 4 * SECOND);
  say (a, 0, 2);
  assert_rtp (f, &b->rtp[0], 0, 2, 4);
  pass_time (f, 2 * SECOND);
  say (a, 0, 3); /* the silent one gives way */
  assert_rtp (f, &b->rtp[0], 0, 3, 5);
}

/* ---- reflection ---- */

static void
test_two_talk (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);
  g_autoptr (Client) c = joined_client (f, "carol", "198.51.100.3", 4000, "other");

  join (a, "room",
        desc_of (a, "audio", FORMATS ("96 opus/48000", "98 GSM/8000", "101 telephone-event/8000")),
        NULL);
  assert_joined (a);
  join (b, "room", desc_of (b, "audio", FORMATS ("3 GSM/8000", "97 telephone-event/8000")), NULL);
  assert_joined (b);
  say (a, 98, 0xa);
  assert_rtp (f, &b->rtp[0], 3, 0xa, 1);
  say (a, 101, 0xa);
  assert_rtp (f, &b->rtp[0], 97, 0xa, 2);
  say (b, 3, 0xb);
  assert_rtp (f, &a->rtp[0], 98, 0xb, 1);
  say (b, 97, 0xb);
  assert_rtp (f, &a->rtp[0], 101, 0xb, 2);
  assert_nothing (f, &a->rtp[0]);
  assert_nothing (f, &b->rtp[0]);
  assert_nothing (f, &c->rtp[0]);
}

static void
test_rtcp_passes (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");

  report (a, 0xa);
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_SDES, 0xa));
  assert_nothing (f, &a->rtcp[0]);
}

static void
test_behind_nat (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 30000);
  RflAddress inside = at ("10.0.0.7", 4000);

  join (b, "room", behind_nat (pcmu (b)), NULL);
  assert_joined (b);
  say (a, 0, 0xa);
  assert_nothing (f, &b->rtp[0]);
  assert_nothing (f, &inside);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
  report (a, 0xa);
  assert_nothing (f, &b->rtcp[0]);
  report (b, 0xb);
  report (a, 0xa);
  g_assert_true (got_rtcp (f, &b->rtcp[0], RFL_RTCP_SDES, 0xa));
  assert_nothing (f, &inside);
}

static void
test_nat_moves (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = client_new (f, "bob", "203.0.113.9", 30000);
  RflAddress old = b->rtp[0];

  join (b, "room", behind_nat (pcmu (b)), NULL);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  b->rtp[0].port = 31000;
  pass_time (f, SECOND);
  say (b, 0, 0xb);
  assert_nothing (f, &a->rtp[0]);
  pass_time (f, SECOND);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 3);
  g_assert_cmpuint (count (f, "rtp.moved"), ==, 1);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  assert_nothing (f, &old);
  /* After so long a silence that the source itself is gone. */
  pass_time (f, 60 * SECOND);
  g_assert_cmpuint (rfl_session_get_route (b->participant->session, "audio")->sources->len, ==, 0);
  b->rtp[0].port = 32000;
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 4);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
}

/* ---- hold, new offers, leaving ---- */

static void
test_hold (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflMediumDesc *hold = pcmu (b);

  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  hold->direction = RFL_DIRECTION_SEND;
  offer (b, hold, NULL);
  say (a, 0, 0xa);
  report (a, 0xa);
  assert_nothing (f, &b->rtp[0]);
  assert_nothing (f, &b->rtcp[0]);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  hold = pcmu (b);
  hold->direction = RFL_DIRECTION_NONE;
  offer (b, hold, NULL);
  say (b, 0, 0xb);
  assert_nothing (f, &a->rtp[0]);
  g_assert_cmpuint (count (f, "rtp.refused_hold"), ==, 1);
  pass_time (f, SECOND);
  offer (b, pcmu (b), NULL);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 3);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 3);
}

static void
test_hold_without_address (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflMediumDesc *hold = pcmu (b);

  say (b, 0, 0xb);
  hold->rtp = at ("0.0.0.0", 4000);
  offer (b, hold, NULL);
  say (a, 0, 0xa);
  assert_nothing (f, &b->rtp[0]);
  offer (b, pcmu (b), NULL);
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 2);
}

static void
test_new_address (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  RflAddress old = b->rtp[0];
  RflMediumDesc *desc;

  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  b->rtp[0].port = 6000;
  desc = desc_of (b, "audio", FORMATS ("0 PCMU/8000", "120 telephone-event/8000"));
  offer (b, desc, NULL);
  say (a, 101, 0xa);
  assert_rtp (f, &b->rtp[0], 120, 0xa, 1);
  say (b, 120, 0xb);
  assert_rtp (f, &a->rtp[0], 101, 0xb, 2);
  assert_nothing (f, &old);
}

static void
test_video_comes_and_goes (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);
  RflMediumDesc *none;

  join (b, "room", pcmu (b), desc_of (b, "video", FORMATS ("96 H264/90000")));
  assert_joined (b);
  show (b, 96, 0xb);
  offer (a, pcmu (a), desc_of (a, "video", FORMATS ("100 H264/90000")));
  show (b, 96, 0xb);
  assert_rtp (f, &a->rtp[1], 100, 0xb, 2);
  none = desc_of (a, "video", FORMATS ("100 H264/90000"));
  none->rtp.port = 0;
  offer (a, pcmu (a), none);
  show (b, 96, 0xb);
  assert_nothing (f, &a->rtp[1]);
}

static void
test_leaving (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  g_autoptr (Client) c = NULL;

  say (a, 0, 0xa);
  say (b, 0, 0xb);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  rfl_participant_leave (b->participant, "bye");
  settle (f);
  say (a, 0, 0xa);
  assert_nothing (f, &b->rtp[0]);
  say (b, 0, 0xb);
  assert_rtp (f, &a->rtp[0], 0, 0xb, 1);
  assert_nothing (f, &a->rtp[0]);
  /* The address is free for the next one there. */
  c = joined_client (f, "carol", "198.51.100.2", 4000, "room");
  say (c, 0, 0xc);
  assert_rtp (f, &a->rtp[0], 0, 0xc, 1);
}

static const RtpTest tests[] = {
  { "stranger", test_stranger },
  { "amplification", test_amplification },
  { "unconfirmed", test_unconfirmed },
  { "format-not-agreed", test_format_not_agreed },
  { "max-sources", test_max_sources, "max_sources = 2;" },
  { "two-talk", test_two_talk },
  { "rtcp-passes", test_rtcp_passes },
  { "behind-nat", test_behind_nat },
  { "nat-moves", test_nat_moves },
  { "hold", test_hold },
  { "hold-without-address", test_hold_without_address },
  { "new-address", test_new_address },
  { "video-comes-and-goes", test_video_comes_and_goes },
  { "leaving", test_leaving },
  { NULL },
};

int
main (int argc, char **argv)
{
  return rtp_tests_run (argc, argv, "media", tests);
}
