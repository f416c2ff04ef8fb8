/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom packets are taken to be from, and where to it is safe to send. Not how those behind one NAT
 * are told apart (test-rtp-latch-nat.c).
 */
#include "tests/unit/latch-fixture.h"

/* ---- strangers ---- */

static void
test_nobody_expected (Fixture *f, gconstpointer unused)
{
  RtpClaim *out;

  g_assert_cmpint (rtp (f, "198.51.100.66", 4000, 1, 1, &out), ==, RTP_VERDICT_STRANGER);
  g_assert_null (out);
  g_assert_cmpint (rtcp (f, "198.51.100.66", 4001, 1, "alice", &out), ==, RTP_VERDICT_STRANGER);
  g_assert_null (out);
}

static void
test_stranger_with_copied_ssrc (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice", 0xa, 100, f->now };
  RtpClaim *a = claim (f, &alice, "203.0.113.1", "203.0.113.1", 4000, 0xa);

  g_assert_cmpint (rtp (f, "198.51.100.66", 4000, 0xa, 1, NULL), ==, RTP_VERDICT_STRANGER);
  g_assert_cmpint (rtcp (f, "198.51.100.66", 4001, 0xa, "alice", NULL), ==, RTP_VERDICT_STRANGER);
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 1, NULL), ==, RTP_VERDICT_LATCHED);
  f->now += 100 * SECOND;
  g_assert_cmpint (rtp (f, "198.51.100.66", 4000, 0xa, 101, NULL), ==, RTP_VERDICT_STRANGER);
  g_assert_cmpint (rtcp (f, "198.51.100.66", 4001, 0xa, "alice", NULL), ==, RTP_VERDICT_STRANGER);
  rtp_claim_free (a);
}

static void
test_neighbour_with_copied_ssrc (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice", 0xa, 100, f->now }, bob = { "bob" };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0), *b, *out;

  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 100, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  b = claim (f, &bob, "203.0.113.9", "10.0.0.2", 4000, 0);
  /* Neither Alice's new address nor Bob's first one. */
  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xa, 101, &out), ==, RTP_VERDICT_ACTIVE);
  g_assert_null (out);
  rtp_claim_free (a);
  rtp_claim_free (b);
}

static void
test_not_before_the_answer (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" };
  RtpClaim *a = waiting (f, &alice, "203.0.113.1", "203.0.113.1", 4000, 0xa);

  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 1, NULL), ==, RTP_VERDICT_STRANGER);
  rtp_claim_answered (a, FALSE, f->now);
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 1, NULL), ==, RTP_VERDICT_LATCHED);
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 2, NULL), ==, RTP_VERDICT_KNOWN);
  rtp_claim_free (a);
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 3, NULL), ==, RTP_VERDICT_STRANGER);
}

static void
test_announced_another_ssrc (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" };
  RtpClaim *a = claim (f, &alice, "203.0.113.1", "203.0.113.1", 4000, 0xa);

  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xb, 1, NULL), ==, RTP_VERDICT_WRONG_SSRC);
  g_assert_cmpint (rtcp (f, "203.0.113.1", 4001, 0xb, "alice", NULL), ==, RTP_VERDICT_WRONG_SSRC);
  rtp_claim_free (a);
}

static void
test_other_kind (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" };
  RtpClaim *a = claim (f, &alice, "203.0.113.1", "203.0.113.1", 4000, 0), *out;
  RtpSigns signs = { .kind = g_intern_static_string ("video"),
                     .remote = at ("203.0.113.1", 4000),
                     .ssrc = 1 };

  g_assert_cmpint (rtp_latch_rtp (f->latch, &signs, f->now, &out), ==, RTP_VERDICT_STRANGER);
  rtp_claim_free (a);
}

/* An SDP that names a victim's address: the victim is not taken for whoever named it. */
static void
test_address_of_another (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" }, mallory = { "mallory" };
  RtpClaim *m = claim (f, &mallory, "198.51.100.66", "203.0.113.1", 4000, 0);
  RtpClaim *a = claim (f, &alice, "203.0.113.1", "203.0.113.1", 4000, 0), *out;

  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 1, 1, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  g_assert_cmpint (rtcp (f, "203.0.113.1", 4001, 1, NULL, &out), ==, RTP_VERDICT_LATCHED);
  g_assert_true (out == a);
  rtp_claim_free (a);
  rtp_claim_free (m);
}

/* ---- amplification ---- */

static void
test_nothing_to_a_victim (Fixture *f, gconstpointer unused)
{
  Owner mallory = { "mallory" };
  RtpClaim *m = claim (f, &mallory, "198.51.100.66", "203.0.113.1", 4000, 0);

  assert_target (m, FALSE, "nowhere");
  assert_target (m, TRUE, "nowhere");
  /* Its own packets latch it, but prove nothing about the victim. */
  g_assert_cmpint (rtp (f, "198.51.100.66", 4444, 1, 1, NULL), ==, RTP_VERDICT_LATCHED);
  assert_target (m, FALSE, "198.51.100.66:4444");
  assert_target (m, TRUE, "nowhere");
  rtp_claim_free (m);
}

static void
test_proxy_in_between (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" };
  RtpClaim *a = claim (f, &alice, "203.0.113.50", "203.0.113.1", 4000, 0);

  assert_target (a, FALSE, "nowhere");
  g_assert_cmpint (rtcp (f, "203.0.113.1", 4009, 1, NULL, NULL), ==, RTP_VERDICT_STRANGER);
  g_assert_cmpint (rtcp (f, "203.0.113.1", 4001, 1, NULL, NULL), ==, RTP_VERDICT_LATCHED);
  assert_target (a, FALSE, "203.0.113.1:4000");
  assert_target (a, TRUE, "203.0.113.1:4001");
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 1, 1, NULL), ==, RTP_VERDICT_LATCHED);
  rtp_claim_free (a);
}

static void
test_plausible_at_once (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" };
  RtpClaim *a = claim (f, &alice, "203.0.113.1", "203.0.113.1", 4000, 0);

  assert_target (a, FALSE, "203.0.113.1:4000");
  assert_target (a, TRUE, "203.0.113.1:4001");
  g_assert_cmpint (rtp (f, "203.0.113.1", 7777, 1, 1, NULL), ==, RTP_VERDICT_EARLY);
  f->now += RTP_LATCH_EXACT;
  g_assert_cmpint (rtp (f, "203.0.113.1", 7777, 1, 1, NULL), ==, RTP_VERDICT_LATCHED);
  assert_target (a, FALSE, "203.0.113.1:7777");
  rtp_claim_free (a);
}

/* A neighbour who was quicker does not keep a client from the address that it named. */
static void
test_named_address_prevails (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" };
  RtpClaim *a = claim (f, &alice, "203.0.113.1", "203.0.113.1", 4000, 0), *out;

  g_assert_cmpint (rtcp (f, "203.0.113.1", 6661, 0xa, "alice", NULL), ==, RTP_VERDICT_EARLY);
  f->now += RTP_LATCH_EXACT_RTCP;
  g_assert_cmpint (rtp (f, "203.0.113.1", 6660, 0x666, 1, NULL), ==, RTP_VERDICT_LATCHED);
  g_assert_cmpint (rtcp (f, "203.0.113.1", 6661, 0x666, NULL, NULL), ==, RTP_VERDICT_LATCHED);
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 1, &out), ==, RTP_VERDICT_MOVED);
  g_assert_true (out == a);
  g_assert_cmpint (rtcp (f, "203.0.113.1", 4001, 0xa, NULL, &out), ==, RTP_VERDICT_MOVED);
  assert_target (a, FALSE, "203.0.113.1:4000");
  assert_target (a, TRUE, "203.0.113.1:4001");
  g_assert_cmpint (rtp (f, "203.0.113.1", 6660, 0x666, 2, NULL), ==, RTP_VERDICT_TAKEN);
  g_assert_cmpint (rtp (f, "203.0.113.1", 6662, 0xb, 2, NULL), ==, RTP_VERDICT_TAKEN);
  rtp_claim_free (a);
}

static void
test_hold_address (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice" };
  RtpClaim *a = claim (f, &alice, "203.0.113.1", "0.0.0.0", 4000, 0);

  assert_target (a, FALSE, "nowhere");
  assert_target (a, TRUE, "nowhere");
  rtp_claim_free (a);
}

/* ---- moving ---- */

static void
test_no_move_while_heard (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice", 0xa, 100, f->now };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0);

  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 100, NULL), ==, RTP_VERDICT_LATCHED);
  f->now += 10 * SECOND;
  alice.seen = f->now - RTP_LATCH_SILENCE + 1;
  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xa, 101, NULL), ==, RTP_VERDICT_ACTIVE);
  rtp_claim_free (a);
}

static void
test_no_move_with_other_stream (Fixture *f, gconstpointer unused)
{
  static const guint16 not_continuing[] = { 100, 99, 0, 100 + 3001, 40000 };
  Owner alice = { "alice", 0xa, 100, f->now };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0);

  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 100, NULL), ==, RTP_VERDICT_LATCHED);
  f->now += 10 * SECOND;
  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xb, 101, NULL), ==, RTP_VERDICT_TAKEN);
  for (guint i = 0; i < G_N_ELEMENTS (not_continuing); i++)
    g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xa, not_continuing[i], NULL), ==,
                     RTP_VERDICT_SEQUENCE);
  rtp_claim_free (a);
}

static void
test_move (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice", 0xa, 65535, f->now };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0), *out;

  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 65535, NULL), ==, RTP_VERDICT_LATCHED);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30003, 0xa, NULL, NULL), ==, RTP_VERDICT_LATCHED);
  f->now += RTP_LATCH_SILENCE;
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30004, 0xa, NULL, &out), ==, RTP_VERDICT_ACTIVE);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xa, 4, &out), ==, RTP_VERDICT_MOVED);
  g_assert_true (out == a);
  assert_target (a, FALSE, "203.0.113.9:30002");
  /* The old address is nobody's now, and RTCP may follow. */
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 5, NULL), ==, RTP_VERDICT_ACTIVE);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30004, 0xa, NULL, &out), ==, RTP_VERDICT_MOVED);
  assert_target (a, TRUE, "203.0.113.9:30004");
  rtp_claim_free (a);
}

/* baresip's first RTCP comes before its RTP; that RTP is known after it is no move that RTCP follows. */
static void
test_rtcp_first (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice", 0xa, 100, f->now };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0);

  g_assert_cmpint (rtcp (f, "203.0.113.9", 30003, 0xa, "alice", NULL), ==, RTP_VERDICT_LATCHED);
  f->now += SECOND / 10;
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 100, NULL), ==, RTP_VERDICT_LATCHED);
  f->now += RTP_LATCH_SILENCE;
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30009, 0xa, "alice", NULL), ==, RTP_VERDICT_ACTIVE);
  assert_target (a, TRUE, "203.0.113.9:30003");
  rtp_claim_free (a);
}

static void
test_new_offer_names_new_address (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice", 0xa, 100, f->now };
  RtpClaim *a = claim (f, &alice, "203.0.113.1", "203.0.113.1", 4000, 0), *out;
  RtpClaimSpec spec = { .kind = g_intern_static_string ("audio"),
                        .signalling = at ("203.0.113.1", 5060),
                        .sdp_rtp = at ("203.0.113.1", 6000),
                        .sdp_rtcp = at ("203.0.113.1", 6001),
                        .sends = TRUE };

  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 100, NULL), ==, RTP_VERDICT_LATCHED);
  rtp_claim_update (a, &spec, f->now);
  assert_target (a, FALSE, "203.0.113.1:6000");
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 101, NULL), ==, RTP_VERDICT_KNOWN);
  g_assert_cmpint (rtp (f, "203.0.113.1", 6000, 0xa, 102, &out), ==, RTP_VERDICT_MOVED);
  g_assert_true (out == a);
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 103, NULL), ==, RTP_VERDICT_ACTIVE);
  rtp_claim_free (a);
}

/* ---- whatever comes, in any order ---- */

#define N_CLAIMS 12

/* What must hold of every claim at any time. */
static void
check_claim (const RtpClaim *c, const RflAddress *signalling, const RflAddress *sdp)
{
  const RflAddress *have = rtp_claim_get_rtp (c);
  RflAddress target;

  /* It may have moved, but only where it could have latched. */
  g_assert_true (have->family == 0 || rfl_address_same_ip (have, signalling)
                 || rfl_address_same_ip (have, sdp));
  g_assert_true (!rtp_claim_get_rtp_target (c, &target) || rfl_address_same_ip (&target, signalling)
                 || rfl_address_same_ip (&target, have)
                 || rfl_address_same_ip (&target, rtp_claim_get_rtcp (c)));
}

static void
test_anything (Fixture *f, gconstpointer unused)
{
  static const char *const ips[] = { "203.0.113.9", "203.0.113.1", "10.0.0.1" };
  Owner owners[N_CLAIMS];
  RtpClaim *claims[N_CLAIMS] = { NULL };
  RflAddress signalling[N_CLAIMS], sdp[N_CLAIMS];

  for (guint step = 0; step < 20000; step++)
    {
      guint n = g_test_rand_int_range (0, N_CLAIMS);
      const char *ip = ips[g_test_rand_int_range (0, G_N_ELEMENTS (ips))];
      guint16 port = g_test_rand_int_range (1, 8);
      guint32 ssrc = g_test_rand_int_range (1, 6);
      RtpClaim *out = NULL;
      RtpVerdict verdict = RTP_VERDICT_STRANGER;

      f->now += g_test_rand_int_range (0, 3 * SECOND);
      switch (g_test_rand_int_range (0, 4))
        {
        case 0:
          g_clear_pointer (&claims[n], rtp_claim_free);
          owners[n] = (Owner){ "x", ssrc, 1, f->now };
          signalling[n] = at (ip, 0);
          sdp[n] = at (ips[ssrc % G_N_ELEMENTS (ips)], port);
          claims[n] = waiting (f, &owners[n], ip, ips[ssrc % G_N_ELEMENTS (ips)], port,
                               port % 2 ? ssrc : 0);
          break;
        case 1:
          if (claims[n])
            rtp_claim_answered (claims[n], port == 1, f->now);
          break;
        case 2:
          verdict = rtp (f, ip, port, ssrc, 2, &out);
          break;
        default:
          verdict = rtcp (f, ip, port, ssrc, port % 2 ? "x" : NULL, &out);
        }
      g_assert_true ((out != NULL) == (verdict <= RTP_VERDICT_MOVED));
      for (guint i = 0; i < N_CLAIMS; i++)
        if (claims[i])
          {
            check_claim (claims[i], &signalling[i], &sdp[i]);
            for (guint k = 0; k < i; k++)
              g_assert_true (claims[k] == NULL || rtp_claim_get_rtp (claims[i])->family == 0
                             || !rfl_address_equal (rtp_claim_get_rtp (claims[i]),
                                                    rtp_claim_get_rtp (claims[k])));
          }
    }
  for (guint i = 0; i < N_CLAIMS; i++)
    rtp_claim_free (claims[i]);
}

/* Hundreds behind one address come and go in any order, and the one who is left is still found. */
static void
test_crowd (Fixture *f, gconstpointer unused)
{
  RtpClaim *crowd[300];
  Owner owner = { "crowd", 0, 0, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (crowd); i++)
    crowd[i] = claim (f, &owner, "203.0.113.9", "203.0.113.9", 4000 + 2 * i, 0x100 + i);
  for (guint i = 0; i < G_N_ELEMENTS (crowd); i++)
    {
      guint next = (i * 77 + 5) % G_N_ELEMENTS (crowd); /* each of them once */
      RtpClaim *out = NULL;

      g_assert_cmpint (rtp (f, "203.0.113.9", 4000 + 2 * next, 0x100 + next, 1, &out), ==,
                       RTP_VERDICT_LATCHED);
      g_assert_true (out == crowd[next]);
      rtp_claim_free (crowd[next]);
      rtp (f, "203.0.113.9", 4000 + 2 * next, 0x100 + next, 2, &out);
      g_assert_null (out);
    }
}

int
main (int argc, char **argv)
{
  static const LatchTest tests[] = {
    { "rtcp-first", test_rtcp_first },
    { "nobody-expected", test_nobody_expected },
    { "stranger-with-copied-ssrc", test_stranger_with_copied_ssrc },
    { "neighbour-with-copied-ssrc", test_neighbour_with_copied_ssrc },
    { "not-before-the-answer", test_not_before_the_answer },
    { "announced-another-ssrc", test_announced_another_ssrc },
    { "other-kind", test_other_kind },
    { "address-of-another", test_address_of_another },
    { "nothing-to-a-victim", test_nothing_to_a_victim },
    { "proxy-in-between", test_proxy_in_between },
    { "plausible-at-once", test_plausible_at_once },
    { "named-address-prevails", test_named_address_prevails },
    { "hold-address", test_hold_address },
    { "no-move-while-heard", test_no_move_while_heard },
    { "no-move-with-other-stream", test_no_move_with_other_stream },
    { "move", test_move },
    { "new-offer-names-new-address", test_new_offer_names_new_address },
    { "crowd", test_crowd },
    { "anything", test_anything },
  };

  return run_tests (argc, argv, tests, G_N_ELEMENTS (tests));
}
