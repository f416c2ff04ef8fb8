/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several behind one NAT: by what they are told apart, and who waits for whose packets. Not the
 * latch's defences (test-rtp-latch.c).
 */
#include "tests/unit/latch-fixture.h"

/* ---- told apart ---- */

static void
test_nat_alone (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0), *out;

  assert_target (a, FALSE, "nowhere");
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 1, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  assert_target (a, FALSE, "203.0.113.9:30001");
  assert_target (a, TRUE, "nowhere");
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30005, 1, NULL, &out), ==, RTP_VERDICT_LATCHED);
  assert_target (a, TRUE, "203.0.113.9:30005");
  rtp_claim_free (a);
}

static void
test_two_announce_ssrcs (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" }, bob = { "bob" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0xa);
  RtpClaim *b = claim (f, &bob, "203.0.113.9", "10.0.0.2", 4000, 0xb), *out;

  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xb, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == b);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30004, 0xa, NULL, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30003, 0xc, 1, &out), ==, RTP_VERDICT_WRONG_SSRC);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  rtp_claim_free (a);
  rtp_claim_free (b);
}

static void
test_one_announces (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" }, bob = { "bob" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0xa);
  RtpClaim *b = claim (f, &bob, "203.0.113.9", "10.0.0.2", 4000, 0), *out;

  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xb, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == b);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  rtp_claim_free (a);
  rtp_claim_free (b);
}

/* The later one is the undecided one; the silent one before it needs its CNAME. */
static void
test_two_announce_nothing (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" }, bob = { "bob" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0);
  RtpClaim *b = claim (f, &bob, "203.0.113.9", "10.0.0.2", 4002, 0), *out;

  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xb, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == b);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 1, &out), ==, RTP_VERDICT_UNDECIDED);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30003, 0xa, "somebody", &out), ==,
                   RTP_VERDICT_UNDECIDED);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30003, 0xa, "alice", &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  rtp_claim_free (a);
  rtp_claim_free (b);
}

static void
test_port_is_the_last_choice (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" }, bob = { "bob" }, carol = { "carol" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0);
  RtpClaim *b = claim (f, &bob, "203.0.113.9", "10.0.0.2", 4000, 0);
  RtpClaim *c = claim (f, &carol, "203.0.113.9", "10.0.0.3", 4002, 0), *out;

  g_assert_cmpint (rtp (f, "203.0.113.9", 30000, 0xc, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == c);
  g_assert_cmpint (rtp (f, "203.0.113.9", 4000, 0xa, 1, &out), ==, RTP_VERDICT_UNDECIDED);
  rtp_claim_free (b);
  g_assert_cmpint (rtp (f, "203.0.113.9", 4000, 0xa, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  rtp_claim_free (a);
  rtp_claim_free (c);
}

static void
test_rtcp_follows_rtp (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" }, bob = { "bob" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0), *b, *out;

  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 1, NULL), ==, RTP_VERDICT_LATCHED);
  b = claim (f, &bob, "203.0.113.9", "10.0.0.2", 4000, 0);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xb, 1, NULL), ==, RTP_VERDICT_LATCHED);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30007, 0xc, NULL, &out), ==, RTP_VERDICT_UNDECIDED);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30009, 0xb, NULL, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == b);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30008, 0xa, NULL, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  rtp_claim_free (a);
  rtp_claim_free (b);
}

/* ---- turns ---- */

static void
test_turns (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" }, bob = { "bob" }, carol = { "carol" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0);
  RtpClaim *b = waiting (f, &bob, "203.0.113.9", "10.0.0.2", 4000, 0), *c, *out;
  gint64 until, start = f->now;

  f->now += SECOND / 2;
  c = waiting (f, &carol, "203.0.113.9", "10.0.0.3", 4000, 0);
  g_assert_cmpuint (rtp_claim_count_waiting (c), ==, 1);
  g_assert_false (rtp_claim_may_answer (b, f->now, &until));
  g_assert_cmpint (until, ==, start + RTP_LATCH_TURN);
  g_assert_false (rtp_claim_may_answer (c, start + 100 * SECOND, &until));
  g_assert_cmpint (until, ==, G_MAXINT64);
  /* Alice is heard: Bob's turn at once, and Carol waits for Bob from then on. */
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a && rtp_claim_may_answer (b, f->now, &until));
  f->now += 10 * SECOND;
  rtp_claim_answered (b, FALSE, f->now);
  g_assert_false (rtp_claim_may_answer (c, f->now, &until));
  g_assert_cmpint (until, ==, f->now + RTP_LATCH_TURN);
  g_assert_true (rtp_claim_may_answer (c, until, &until));
  rtp_claim_answered (c, FALSE, f->now + RTP_LATCH_TURN);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30003, 0xc, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == c);
  rtp_claim_free (a);
  rtp_claim_free (b);
  rtp_claim_free (c);
}

static void
test_no_turn_needed (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" }, other = { "other" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0);
  RtpClaim *others[] = {
    waiting (f, &other, "203.0.113.9", "10.0.0.2", 4000, 0xb),  /* announces its SSRC */
    waiting (f, &other, "203.0.113.9", "203.0.113.9", 4000, 0), /* knows its address */
    waiting (f, &other, "203.0.113.1", "10.0.0.2", 4000, 0),    /* is elsewhere */
  };
  gint64 until;

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_assert_true (rtp_claim_may_answer (others[i], f->now, &until));
      rtp_claim_free (others[i]);
    }
  rtp_claim_free (a);
}

static void
test_jumped_turn_needs_evidence (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" }, bob = { "bob" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0);
  RtpClaim *b = waiting (f, &bob, "203.0.113.9", "10.0.0.2", 4000, 0), *out;

  rtp_claim_answered (b, TRUE, f->now);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xb, 1, &out), ==, RTP_VERDICT_UNDECIDED);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30003, 0xb, "bob", &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == b);
  rtp_claim_free (a);
  rtp_claim_free (b);
}

/* RFC 3264 §8.4: c=0.0.0.0 holds. The same address as before it opens nothing for a neighbour
 * behind the same NAT, nor does it make him one of two who could have sent his packets. */
static void
test_resumed_from_hold_address (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice", 0xa, 100, f->now }, bob = { "bob" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0), *b, *out;
  RtpClaimSpec held = { .kind = g_intern_static_string ("audio"),
                        .signalling = at ("203.0.113.9", 5060) };
  RtpClaimSpec resumed = held;

  resumed.sdp_rtp = at ("10.0.0.1", 4000);
  resumed.sdp_rtcp = at ("10.0.0.1", 4001);
  resumed.sends = TRUE;
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 100, NULL), ==, RTP_VERDICT_LATCHED);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30002, 0xa, NULL, NULL), ==, RTP_VERDICT_LATCHED);
  rtp_claim_update (a, &held, f->now);
  rtp_claim_update (a, &resumed, f->now);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30009, 0x99, 1, NULL), ==, RTP_VERDICT_TAKEN);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30010, 0x99, NULL, NULL), ==, RTP_VERDICT_TAKEN);
  b = claim (f, &bob, "203.0.113.9", "10.0.0.2", 4000, 0);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30003, 0xb, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == b);
  rtp_claim_free (a);
  rtp_claim_free (b);
}

/* A private address cannot be seen from here, so no packet shows that its owner has not moved: he
 * may for a while, and then a neighbour cannot pass for him any more. */
static void
test_other_private_address (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice", 0xa, 100, f->now };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0), *out;
  RtpClaimSpec other = { .kind = g_intern_static_string ("audio"),
                         .signalling = at ("203.0.113.9", 5060),
                         .sdp_rtp = at ("10.0.0.1", 6000),
                         .sdp_rtcp = at ("10.0.0.1", 6001),
                         .sends = TRUE };

  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 100, NULL), ==, RTP_VERDICT_LATCHED);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30002, 0xa, NULL, NULL), ==, RTP_VERDICT_LATCHED);
  rtp_claim_update (a, &other, f->now);
  f->now += RTP_LATCH_REOPENED;
  alice.seen = f->now;
  g_assert_cmpint (rtp (f, "203.0.113.9", 30009, 0x99, 1, NULL), ==, RTP_VERDICT_TAKEN);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30010, 0x99, NULL, NULL), ==, RTP_VERDICT_TAKEN);
  /* Each offer that names it opens the way once more, for who has waited on hold. */
  rtp_claim_update (a, &other, f->now);
  f->now += RTP_LATCH_REOPENED - 1;
  g_assert_cmpint (rtp (f, "203.0.113.9", 30003, 0xaa, 1, &out), ==, RTP_VERDICT_MOVED);
  g_assert_true (out == a);
  rtp_claim_update (a, &other, f->now);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30009, 0x99, 2, NULL), ==, RTP_VERDICT_TAKEN);
  rtp_claim_free (a);
}

int
main (int argc, char **argv)
{
  static const LatchTest tests[] = {
    { "nat-alone", test_nat_alone },
    { "two-announce-ssrcs", test_two_announce_ssrcs },
    { "one-announces", test_one_announces },
    { "two-announce-nothing", test_two_announce_nothing },
    { "port-is-the-last-choice", test_port_is_the_last_choice },
    { "rtcp-follows-rtp", test_rtcp_follows_rtp },
    { "turns", test_turns },
    { "no-turn-needed", test_no_turn_needed },
    { "jumped-turn-needs-evidence", test_jumped_turn_needs_evidence },
    { "resumed-from-hold-address", test_resumed_from_hold_address },
    { "other-private-address", test_other_private_address },
  };

  return run_tests (argc, argv, tests, G_N_ELEMENTS (tests));
}
