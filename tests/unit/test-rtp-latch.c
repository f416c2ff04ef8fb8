/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom packets are taken to be from. Addresses: 203.0.113.9 is a NAT with clients 10.0.0.x
 * behind it, 203.0.113.1 and .2 are hosts, 198.51.100.66 is a stranger.
 */
#include "plugins/rtp/latch.h"

#define SECOND G_TIME_SPAN_SECOND

typedef struct {
  RtpLatch *latch;
  gint64 now;
} Fixture;

/* What the path would know of a claim's stream. */
typedef struct {
  const char *name;
  guint32 ssrc;
  guint16 seq;
  gint64 seen;
} Owner;

static gboolean
progress (gpointer data, guint32 ssrc, gint64 *last_seen, guint16 *last_seq)
{
  Owner *owner = data;

  *last_seen = owner->seen;
  *last_seq = owner->seq;
  return owner->ssrc == ssrc;
}

static const RtpLatchOps ops = { progress };

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->latch = rtp_latch_new (&ops);
  f->now = 1000 * SECOND;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  rtp_latch_free (f->latch);
}

static RflAddress
at (const char *ip, guint16 port)
{
  RflAddress address;
  g_assert_true (rfl_address_parse (&address, ip, port));
  return address;
}

/* @ssrc 0: none announced */
static RtpClaim *
waiting (Fixture *f, Owner *owner, const char *signalling, const char *sdp_ip, guint16 port,
         guint32 ssrc)
{
  g_autoptr (GArray) ssrcs = g_array_new (FALSE, FALSE, sizeof ssrc);
  const char *const cnames[] = { owner->name, NULL };
  RtpClaimSpec spec = { .kind = g_intern_static_string ("audio"),
                        .signalling = at (signalling, 5060),
                        .sdp_rtp = at (sdp_ip, port),
                        .sdp_rtcp = at (sdp_ip, port + 1),
                        .ssrcs = ssrcs,
                        .cnames = cnames,
                        .sends = TRUE };

  if (ssrc)
    g_array_append_val (ssrcs, ssrc);
  return rtp_claim_new (f->latch, &spec, f->now, owner);
}

static RtpClaim *
claim (Fixture *f, Owner *owner, const char *signalling, const char *sdp_ip, guint16 port,
       guint32 ssrc)
{
  RtpClaim *c = waiting (f, owner, signalling, sdp_ip, port, ssrc);
  rtp_claim_answered (c, FALSE, f->now);
  return c;
}

static RtpVerdict
rtp (Fixture *f, const char *ip, guint16 port, guint32 ssrc, guint16 seq, RtpClaim **out)
{
  RtpSigns signs = {
    .kind = g_intern_static_string ("audio"), .remote = at (ip, port), .ssrc = ssrc, .seq = seq
  };
  RtpClaim *ignored;
  return rtp_latch_rtp (f->latch, &signs, f->now, out ? out : &ignored);
}

static RtpVerdict
rtcp (Fixture *f, const char *ip, guint16 port, guint32 ssrc, const char *cname, RtpClaim **out)
{
  RtpSigns signs = { .kind = g_intern_static_string ("audio"),
                     .remote = at (ip, port),
                     .ssrc = ssrc,
                     .cname = cname,
                     .cname_len = cname ? strlen (cname) : 0 };
  RtpClaim *ignored;
  return rtp_latch_rtcp (f->latch, &signs, f->now, out ? out : &ignored);
}

static void
assert_target (const RtpClaim *c, gboolean of_rtcp, const char *expected)
{
  char text[RFL_ADDRESS_STRLEN] = "nowhere";
  RflAddress target;

  if (of_rtcp ? rtp_claim_get_rtcp_target (c, &target) : rtp_claim_get_rtp_target (c, &target))
    rfl_address_format (&target, text);
  g_assert_cmpstr (text, ==, expected);
}

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
  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xa, 101, &out), ==, RTP_VERDICT_TAKEN);
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
  g_assert_cmpint (rtp (f, "203.0.113.1", 7777, 1, 1, NULL), ==, RTP_VERDICT_UNDECIDED);
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

  g_assert_cmpint (rtcp (f, "203.0.113.1", 6661, 0xa, "alice", NULL), ==, RTP_VERDICT_UNDECIDED);
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

/* ---- behind one NAT ---- */

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

/* ---- moving ---- */

static void
test_no_move_while_heard (Fixture *f, gconstpointer unused)
{
  Owner alice = { "alice", 0xa, 100, f->now };
  RtpClaim *a = claim (f, &alice, "203.0.113.9", "10.0.0.1", 4000, 0);

  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 100, NULL), ==, RTP_VERDICT_LATCHED);
  f->now += 10 * SECOND;
  alice.seen = f->now - RTP_LATCH_SILENCE + 1;
  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xa, 101, NULL), ==, RTP_VERDICT_TAKEN);
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
                     RTP_VERDICT_TAKEN);
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
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30004, 0xa, NULL, &out), ==, RTP_VERDICT_TAKEN);
  g_assert_cmpint (rtp (f, "203.0.113.9", 30002, 0xa, 4, &out), ==, RTP_VERDICT_MOVED);
  g_assert_true (out == a);
  assert_target (a, FALSE, "203.0.113.9:30002");
  /* The old address is nobody's now, and RTCP may follow. */
  g_assert_cmpint (rtp (f, "203.0.113.9", 30001, 0xa, 5, NULL), ==, RTP_VERDICT_TAKEN);
  g_assert_cmpint (rtcp (f, "203.0.113.9", 30004, 0xa, NULL, &out), ==, RTP_VERDICT_MOVED);
  assert_target (a, TRUE, "203.0.113.9:30004");
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
  rtp_claim_update (a, &spec);
  assert_target (a, FALSE, "203.0.113.1:6000");
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 101, NULL), ==, RTP_VERDICT_KNOWN);
  g_assert_cmpint (rtp (f, "203.0.113.1", 6000, 0xa, 102, &out), ==, RTP_VERDICT_MOVED);
  g_assert_true (out == a);
  g_assert_cmpint (rtp (f, "203.0.113.1", 4000, 0xa, 103, NULL), ==, RTP_VERDICT_TAKEN);
  rtp_claim_free (a);
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

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    void (*func) (Fixture *f, gconstpointer unused);
  } tests[] = {
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
    { "nat-alone", test_nat_alone },
    { "two-announce-ssrcs", test_two_announce_ssrcs },
    { "one-announces", test_one_announces },
    { "two-announce-nothing", test_two_announce_nothing },
    { "port-is-the-last-choice", test_port_is_the_last_choice },
    { "rtcp-follows-rtp", test_rtcp_follows_rtp },
    { "no-move-while-heard", test_no_move_while_heard },
    { "no-move-with-other-stream", test_no_move_with_other_stream },
    { "move", test_move },
    { "new-offer-names-new-address", test_new_offer_names_new_address },
    { "turns", test_turns },
    { "no-turn-needed", test_no_turn_needed },
    { "jumped-turn-needs-evidence", test_jumped_turn_needs_evidence },
    { "anything", test_anything },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/rtp/latch/", tests[i].name, NULL);
      g_test_add (path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
  return g_test_run ();
}
