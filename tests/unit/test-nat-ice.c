/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICE on media ports: what a check must bring, what it proves, consent, restarts, and that a neighbour who knows
 * SSRC and CNAME gets nothing by them.
 */
#include "tests/unit/nat-fixture.h"

#include <string.h>

static const CheckSpec good = { .priority = 100, .use_candidate = TRUE };

/* Somebody who hears what the others say. */
static Client *
listener (NatFixture *f)
{
  return joined_client (&f->rtp, "bob", "198.51.100.2", 4000, "room");
}

static void
refused (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, TRUE);
  CheckSpec wrong = { .pwd = "bbbbbbbbbbbbbbbbbbbbbbbb" };
  CheckSpec nobody = { .ufrag = "nobody" };
  CheckSpec role = { .controlled = TRUE };
  CheckSpec unknown = { .unknown = TRUE };

  g_assert_cmpint (check (f, alice, &alice->rtp[0], 5566, &wrong), ==, 401);
  g_assert_cmpint (check (f, alice, &alice->rtp[0], 5566, &nobody), ==, 401);
  g_assert_cmpint (check (f, alice, &alice->rtp[0], 5566, &role), ==, 487);
  g_assert_cmpint (check (f, alice, &alice->rtp[0], 5568, &good), ==, 400);
  g_assert_cmpint (check (f, alice, &alice->rtp[0], 5566, &unknown), ==, 0);
  g_assert_cmpuint (count (&f->rtp, "nat.refused_integrity"), ==, 1);
  g_assert_cmpuint (count (&f->rtp, "nat.refused_unknown"), ==, 1);
  g_assert_cmpuint (count (&f->rtp, "nat.refused_role"), ==, 1);
  g_assert_cmpuint (count (&f->rtp, "nat.refused_port"), ==, 1);
}

/* A user name without a sum. */
static void
no_integrity (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, TRUE);
  g_autofree char *name = g_strconcat (current (alice, 0)->answer_ice->ufrag, ":abcd", NULL);
  guint8 room[RFL_STUN_MAX], transaction[RFL_STUN_TRANSACTION] = { 0 };
  RflStunWriter w;
  RflStun answer;

  rfl_stun_write_begin (&w, RFL_STUN_BINDING_REQUEST, transaction);
  rfl_stun_write_username (&w, name);
  g_assert_cmpint (ask (f, &alice->rtp[0], 5566, w.data, w.len, &answer, room), ==, 400);
  g_assert_cmpuint (count (&f->rtp, "rtp.proved"), ==, 0);
}

static void
answered (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, FALSE);
  const RflIceDesc *ice = current (alice, 0)->answer_ice;
  const RflIceCandidate *c = (RflIceCandidate *) ice->candidates->data;

  g_assert_true (ice->lite && !ice->mismatch);
  g_assert_cmpuint (ice->candidates->len, ==, 2);
  g_assert_true (c[0].component == 1 && c[0].address.port == 5566);
  g_assert_true (c[1].component == 2 && c[1].address.port == 5567);
  g_assert_true (rfl_address_same_ip (&c[0].address, &current (alice, 0)->answer_rtp));
}

/* The default address is none of the candidates: somebody has rewritten it. */
static void
mismatch (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (&f->rtp, "alice", "198.51.100.1", 4000);
  RflMediumDesc *desc = with_ice (pcmu (alice), THEIR_UFRAG);

  g_array_index (desc->ice->candidates, RflIceCandidate, 0).address.port++;
  join (alice, "room", desc, NULL);
  g_assert_true (current (alice, 0)->answer_ice->mismatch);
  g_assert_cmpuint (count (&f->rtp, "nat.ice_mismatches"), ==, 1);
  say (alice, 0, 1); /* and goes on without */
  g_assert_cmpuint (count (&f->rtp, "rtp.latched"), ==, 1);
}

static void
lite_peer (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (&f->rtp, "alice", "198.51.100.1", 4000);
  RflMediumDesc *desc = with_ice (pcmu (alice), THEIR_UFRAG);

  desc->ice->lite = TRUE;
  join (alice, "room", desc, NULL);
  g_assert_null (current (alice, 0)->answer_ice);
}

static void
switched_off (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (&f->rtp, "alice", "198.51.100.1", 4000);

  join (alice, "room", with_ice (pcmu (alice), THEIR_UFRAG), NULL);
  g_assert_null (current (alice, 0)->answer_ice);
}

/* Before its first packet, and though its SDP names nothing that can be reached. */
static void
proves (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, TRUE);
  g_autoptr (Client) bob = listener (f);

  say (bob, 0, 2);
  assert_nothing (&f->rtp, &alice->rtp[0]);
  g_assert_cmpint (check (f, alice, &alice->rtp[0], 5566, &good), ==, 0);
  g_assert_cmpuint (count (&f->rtp, "rtp.proved"), ==, 1);
  say (bob, 0, 2);
  assert_rtp (&f->rtp, &alice->rtp[0], 0, 2, bob->seq);
  say (alice, 0, 1);
  assert_rtp (&f->rtp, &bob->rtp[0], 0, 1, alice->seq);
  g_assert_cmpint (check (f, alice, &alice->rtcp[0], 5567, &good), ==, 0);
  report (bob, 2);
  g_assert_true (got_rtcp (&f->rtp, &alice->rtcp[0], RFL_RTCP_RR, 2));
}

/* Two with ICE behind one NAT, whose clients announce nothing: nobody waits, each is told apart. */
static void
one_nat (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "203.0.113.1", 4000, TRUE);
  g_autoptr (Client) carol = ice_client (f, "carol", "203.0.113.1", 5000, TRUE);

  g_assert_cmpint (check (f, carol, &carol->rtp[0], 5566, &good), ==, 0);
  g_assert_cmpint (check (f, alice, &alice->rtp[0], 5566, &good), ==, 0);
  say (alice, 0, 1);
  assert_rtp (&f->rtp, &carol->rtp[0], 0, 1, alice->seq);
  say (carol, 0, 2);
  assert_rtp (&f->rtp, &alice->rtp[0], 0, 2, carol->seq);
  assert_nothing (&f->rtp, &carol->rtp[0]);
}

/* Who offers ICE gets nothing on weak evidence, and takes nobody else's packets. */
static void
not_weakly (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "203.0.113.1", 4000, TRUE);
  RflAddress forger = at ("203.0.113.1", 6666);

  g_assert_null (alice->ended);
  send_rtp_from (&f->rtp, &forger, 5566, 0, 0x66, 1);
  g_assert_cmpuint (count (&f->rtp, "rtp.latched"), ==, 0);
  g_assert_cmpuint (count (&f->rtp, "rtp.refused_undecided"), ==, 1);
}

/* A proof needs no silence; what is no proof moves nothing that was proved. */
static void
moves (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, TRUE);
  g_autoptr (Client) bob = listener (f);
  RflAddress elsewhere = at ("192.0.2.77", 7000), forger = at ("192.0.2.77", 7002);

  check (f, alice, &alice->rtp[0], 5566, &good);
  say (alice, 0, 1);
  g_assert_cmpint (check (f, alice, &elsewhere, 5566, &good), ==, 0);
  say (bob, 0, 2);
  assert_rtp (&f->rtp, &elsewhere, 0, 2, bob->seq);
  assert_nothing (&f->rtp, &alice->rtp[0]);
  pass_time (&f->rtp, 5 * SECOND);
  send_rtp_from (&f->rtp, &forger, 5566, 0, 1, (guint16) (alice->seq + 1));
  say (bob, 0, 2);
  assert_rtp (&f->rtp, &elsewhere, 0, 2, bob->seq);
  assert_nothing (&f->rtp, &forger);
  assert_rtp (&f->rtp, &bob->rtp[0], 0, 1, alice->seq);
  assert_nothing (&f->rtp, &bob->rtp[0]);
}

/* An address that weaker evidence gave to somebody else. */
static void
takes_over (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = client_new (&f->rtp, "alice", "203.0.113.1", 4000);
  g_autoptr (Client) carol = NULL;
  g_autoptr (Client) bob = listener (f);

  join (alice, "room", behind_nat (pcmu (alice)), NULL);
  say (alice, 0, 1);
  assert_rtp (&f->rtp, &bob->rtp[0], 0, 1, alice->seq);
  carol = ice_client (f, "carol", "203.0.113.1", 5000, TRUE);
  g_assert_cmpint (check (f, carol, &alice->rtp[0], 5566, &good), ==, 0);
  say (bob, 0, 2);
  assert_rtp (&f->rtp, &alice->rtp[0], 0, 2, bob->seq);
  assert_nothing (&f->rtp, &alice->rtp[0]); /* once, for one of them */
}

static void
consent_ends (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, FALSE);
  g_autoptr (Client) bob = listener (f);

  check (f, alice, &alice->rtp[0], 5566, &good);
  pass_time (&f->rtp, 11 * SECOND);
  check (f, alice, &alice->rtp[0], 5566, &good);
  for (guint i = 0; i < 29; i++)
    {
      pass_time (&f->rtp, SECOND);
      say (alice, 0, 1);
    }
  say (bob, 0, 2);
  assert_rtp (&f->rtp, &alice->rtp[0], 0, 2, bob->seq);
  pass_time (&f->rtp, 2 * SECOND); /* packets of its own do not count for who checks */
  g_assert_cmpuint (count (&f->rtp, "nat.consent_lost"), ==, 1);
  say (bob, 0, 2);
  assert_nothing (&f->rtp, &alice->rtp[0]);
  check (f, alice, &alice->rtp[0], 5566, &good);
  g_assert_cmpuint (count (&f->rtp, "nat.consent_back"), ==, 1);
  say (bob, 0, 2);
  assert_rtp (&f->rtp, &alice->rtp[0], 0, 2, bob->seq);
}

/* A client of RFC 5245 checks once; what it sends keeps it. */
static void
consent_of_old (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, FALSE);
  g_autoptr (Client) bob = listener (f);

  check (f, alice, &alice->rtp[0], 5566, &good);
  for (guint i = 0; i < 60; i++)
    {
      pass_time (&f->rtp, SECOND);
      say (alice, 0, 1);
    }
  g_assert_cmpuint (count (&f->rtp, "nat.consent_lost"), ==, 0);
  pass_time (&f->rtp, 31 * SECOND);
  g_assert_cmpuint (count (&f->rtp, "nat.consent_lost"), ==, 1);
  say (alice, 0, 1); /* and brings it back, since it will not check any more */
  pass_time (&f->rtp, SECOND);
  g_assert_cmpuint (count (&f->rtp, "nat.consent_back"), ==, 1);
  say (bob, 0, 2);
  assert_rtp (&f->rtp, &alice->rtp[0], 0, 2, bob->seq);
}

/* Another ufrag in a re-INVITE: the old address serves until the new credentials prove another one. */
static void
restart (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, FALSE);
  g_autoptr (Client) bob = listener (f);
  g_autofree char *ufrag = g_strdup (current (alice, 0)->answer_ice->ufrag);
  RflAddress elsewhere = at ("192.0.2.77", 7000);
  CheckSpec old = { .ufrag = ufrag };

  check (f, alice, &alice->rtp[0], 5566, &good);
  offer (alice, with_ice (pcmu (alice), THEIR_UFRAG), NULL);
  g_assert_cmpstr (current (alice, 0)->answer_ice->ufrag, ==, ufrag);
  offer (alice, with_ice (pcmu (alice), "other"), NULL);
  g_assert_cmpstr (current (alice, 0)->answer_ice->ufrag, !=, ufrag);
  g_assert_cmpuint (count (&f->rtp, "nat.ice_restarts"), ==, 1);
  say (bob, 0, 2);
  assert_rtp (&f->rtp, &alice->rtp[0], 0, 2, bob->seq);
  g_assert_cmpint (check (f, alice, &elsewhere, 5566, &old), ==, 401);
  g_assert_cmpint (check (f, alice, &elsewhere, 5566, &good), ==, 0);
  say (bob, 0, 2);
  assert_rtp (&f->rtp, &elsewhere, 0, 2, bob->seq);
}

/* A refused offer changes nothing, and a later one without ICE ends it. */
static void
ends (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, FALSE);
  g_autofree char *ufrag = g_strdup (current (alice, 0)->answer_ice->ufrag);
  CheckSpec old = { .ufrag = ufrag, .pwd = "x" };

  offer (alice, pcmu (alice), NULL);
  g_assert_null (current (alice, 0)->answer_ice);
  g_assert_cmpuint (g_hash_table_size (f->nat->agents), ==, 0);
  offer (alice, with_ice (pcmu (alice), THEIR_UFRAG), NULL);
  g_assert_cmpint (check (f, alice, &alice->rtp[0], 5566, &old), ==, 401);
}

/* An offer of ours says the same as the answer that is in force. */
static void
offered (RflParticipant *participant, const GPtrArray *offers, gpointer data)
{
  const RflMediumDesc *desc = offers->pdata[0];

  g_assert_nonnull (desc->answer_ice);
  g_assert_cmpstr (desc->answer_ice->ufrag, ==, data);
}

static void
our_offer (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, FALSE);

  rfl_participant_get_offer (alice->participant, offered, current (alice, 0)->answer_ice->ufrag);
}

static void
limited (NatFixture *f, gconstpointer unused)
{
  g_autoptr (Client) alice = ice_client (f, "alice", "198.51.100.1", 4000, FALSE);

  for (guint i = 0; i < 10; i++)
    g_assert_cmpint (check (f, alice, &alice->rtp[0], 5566, &good), ==, i < 7 ? 0 : -1);
  g_assert_cmpuint (count (&f->rtp, "nat.refused_rate"), ==, 3);
}

int
main (int argc, char **argv)
{
  static const NatTest tests[] = {
    { "refused", refused, "" },
    { "no-integrity", no_integrity, "" },
    { "answered", answered, "" },
    { "mismatch", mismatch, "" },
    { "lite-peer", lite_peer, "" },
    { "switched-off", switched_off, "ice = false;" },
    { "proves", proves, "" },
    { "one-nat", one_nat, "" },
    { "not-weakly", not_weakly, "" },
    { "moves", moves, "" },
    { "takes-over", takes_over, "" },
    { "consent-ends", consent_ends, "" },
    { "consent-of-old", consent_of_old, "" },
    { "restart", restart, "" },
    { "ends", ends, "" },
    { "our-offer", our_offer, "" },
    { "limited", limited, "check_rate = 3;" },
    { NULL },
  };

  return nat_tests_run (argc, argv, "ice", tests);
}
