/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTCP on the RTP port (RFC 5761): what does not count as agreed, payload types that would be
 * mistaken for it, where it comes from and goes to. Not the answer's text (test-sip-sdp.c).
 */
#include "tests/unit/rtp-fixture.h"

#define ROOM "room"

static RflMediumDesc *
muxed (RflMediumDesc *desc)
{
  desc->rtcp_mux = TRUE;
  return desc;
}

static Client *
mux_client (Fixture *f, const char *name, const char *ip, guint16 port, gboolean nat)
{
  Client *c = client_new (f, name, ip, port);
  RflMediumDesc *desc = muxed (pcmu (c));

  join (c, ROOM, nat ? behind_nat (desc) : desc, NULL);
  assert_joined (c);
  return c;
}

static void
test_not_offered (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = joined_client (f, "alice", "198.51.100.1", 4000, ROOM);
  g_autoptr (Client) bob = joined_client (f, "bob", "198.51.100.2", 4000, ROOM);

  g_assert_false (current (alice, 0)->answer_mux);
  g_assert_cmpuint (current (alice, 0)->answer_rtcp.port, ==, 5567);
  report_from (f, &alice->rtp[0], 5566, 1, "alice"); /* nobody agreed to that */
  g_assert_cmpuint (count (f, "rtp.refused_stranger"), ==, 1);
  g_assert_false (got_rtcp (f, &bob->rtcp[0], RFL_RTCP_RR, 1));
  report (alice, 1);
  report_from (f, &alice->rtcp[0], 5566, 1, "alice"); /* to the wrong one of our ports */
  g_assert_cmpuint (count (f, "rtp.refused_stranger"), ==, 2);
  g_assert_true (got_rtcp (f, &bob->rtcp[0], RFL_RTCP_RR, 1));
}

/* Their packets with the marker bit would be taken for RTCP. */
static void
test_payload_types (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) bob = client_new (f, "bob", "198.51.100.2", 4000);

  join (alice, ROOM, desc_of (alice, "audio", FORMATS ("64 PCMU/8000", "95 PCMA/8000")), NULL);
  g_assert_error (alice->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  join (bob, ROOM, desc_of (bob, "audio", FORMATS ("72 PCMU/8000", "63 PCMU/8000", "96 PCMA/8000")),
        NULL);
  assert_joined (bob);
  g_assert_cmpuint (current (bob, 0)->answer->len, ==, 1);
  g_assert_cmpuint (((RflFormat *) current (bob, 0)->answer->pdata[0])->pt, ==, 63);
}

/* Both ways, and nothing on the RTCP ports. */
static void
test_agreed (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = mux_client (f, "alice", "198.51.100.1", 4000, FALSE);
  g_autoptr (Client) bob = joined_client (f, "bob", "198.51.100.2", 4000, ROOM);

  g_assert_true (current (alice, 0)->answer_mux);
  g_assert_cmpuint (current (alice, 0)->answer_rtp.port, ==, 5566);
  g_assert_cmpuint (current (alice, 0)->answer_rtcp.port, ==, 5566);
  say (alice, 0, 1);
  report_from (f, &alice->rtp[0], 5566, 1, "alice");
  g_assert_true (got_rtcp (f, &bob->rtcp[0], RFL_RTCP_RR, 1));
  report (bob, 2);
  g_assert_true (got_rtcp (f, &alice->rtp[0], RFL_RTCP_RR, 2));
  assert_nothing (f, &alice->rtcp[0]);
  report (alice, 1); /* to and from the ports that it gave up */
  g_assert_cmpuint (count (f, "rtp.refused_stranger"), ==, 1);
}

/* Behind a NAT RTCP opens the one way that there is, also for who only listens. */
static void
test_listener_behind_nat (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = mux_client (f, "alice", "203.0.113.9", 30000, TRUE);
  g_autoptr (Client) bob = joined_client (f, "bob", "198.51.100.2", 4000, ROOM);

  say (bob, 0, 2);
  assert_nothing (f, &alice->rtp[0]);
  report_from (f, &alice->rtp[0], 5566, 1, "sip:alice@example.net");
  say (bob, 0, 2);
  assert_rtp (f, &alice->rtp[0], 0, 2, 2);
  report (bob, 2);
  g_assert_true (got_rtcp (f, &alice->rtp[0], RFL_RTCP_RR, 2));
  say (alice, 0, 1); /* and speaks at last */
  assert_rtp (f, &bob->rtp[0], 0, 1, 1);
  report_from (f, &alice->rtp[0], 5566, 1, "sip:alice@example.net");
  g_assert_true (got_rtcp (f, &bob->rtcp[0], RFL_RTCP_RR, 1));
}

/* Two at one address; RTCP was taken for one's until RTP proved to be the other's. */
static void
test_evidence_of_rtp (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (f, "alice", "203.0.113.9", 30000);
  g_autoptr (Client) bob = client_new (f, "bob", "203.0.113.9", 30010);
  RflMediumDesc *a = behind_nat (muxed (pcmu (alice))), *b = behind_nat (muxed (pcmu (bob)));
  guint32 ssrc = 0xb;

  g_array_append_val (b->ssrcs, ssrc);
  join (alice, ROOM, a, NULL);
  join (bob, ROOM, b, NULL);
  report_from (f, &bob->rtp[0], 5566, 0xa,
               "sip:alice@example.net"); /* a liar's, or a reused port */
  send_rtp_from (f, &bob->rtp[0], 5566, 0, 0xb, 1);
  send_rtp_from (f, &alice->rtp[0], 5566, 0, 0xa, 1);
  assert_rtp (f, &bob->rtp[0], 0, 0xa, 1);
}

/* A later offer gives up or takes up multiplexing. */
static void
test_changes (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = mux_client (f, "alice", "198.51.100.1", 4000, FALSE);
  g_autoptr (Client) bob = joined_client (f, "bob", "198.51.100.2", 4000, ROOM);

  report_from (f, &alice->rtp[0], 5566, 1, "alice");
  g_assert_true (got_rtcp (f, &bob->rtcp[0], RFL_RTCP_RR, 1));
  offer (alice, pcmu (alice), NULL);
  g_assert_false (current (alice, 0)->answer_mux);
  pass_time (f, SECOND);
  report (alice, 1);
  g_assert_true (got_rtcp (f, &bob->rtcp[0], RFL_RTCP_RR, 1));
  report (bob, 2);
  g_assert_true (got_rtcp (f, &alice->rtcp[0], RFL_RTCP_RR, 2));
  offer (alice, muxed (pcmu (alice)), NULL);
  report (bob, 2);
  g_assert_true (got_rtcp (f, &alice->rtp[0], RFL_RTCP_RR, 2));
  report_from (f, &alice->rtp[0], 5566, 1, "alice");
  g_assert_true (got_rtcp (f, &bob->rtcp[0], RFL_RTCP_RR, 1));
}

static void
note_offer (RflParticipant *participant, const GPtrArray *offers, gpointer user_data)
{
  const RflMediumDesc *desc = offers->pdata[0];

  *(gboolean *) user_data =
      desc->answer_mux && desc->answer_rsize && desc->answer_rtcp.port == desc->answer_rtp.port;
}

/* What was agreed is what an offer of ours says. */
static void
test_our_offer (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (f, "alice", "198.51.100.1", 4000);
  RflMediumDesc *desc = muxed (pcmu (alice));
  gboolean as_agreed = FALSE;

  desc->rtcp_rsize = TRUE;
  join (alice, ROOM, desc, NULL);
  rfl_participant_get_offer (alice->participant, note_offer, &as_agreed);
  g_assert_true (as_agreed);
}

/* Without RTP, RTCP on the RTP port keeps a participant alive. */
static void
test_alive (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = mux_client (f, "alice", "198.51.100.1", 4000, FALSE);

  for (guint i = 0; i < 10; i++)
    {
      pass_time (f, 60 * SECOND);
      report_from (f, &alice->rtp[0], 5566, 1, "alice");
      g_assert_null (alice->ended);
    }
  pass_time (f, 130 * SECOND);
  g_assert_nonnull (alice->ended);
}

int
main (int argc, char **argv)
{
  static const RtpTest tests[] = { { "not-offered", test_not_offered },
                                   { "payload-types", test_payload_types },
                                   { "agreed", test_agreed },
                                   { "listener-behind-nat", test_listener_behind_nat },
                                   { "evidence-of-rtp", test_evidence_of_rtp },
                                   { "changes", test_changes },
                                   { "our-offer", test_our_offer },
                                   { "alive", test_alive },
                                   { NULL } };

  return rtp_tests_run (argc, argv, "mux", tests);
}
