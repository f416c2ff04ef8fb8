/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One end of ICE: which checks move it, and when consent ends. */
#include "plugins/nat/agent.h"
#include <string.h>

#define SECOND G_TIME_SPAN_SECOND
#define START (1000 * SECOND)

static RflIceDesc *
theirs (const char *ufrag)
{
  RflIceDesc *desc = rfl_ice_desc_new ();

  desc->ufrag = g_strdup (ufrag);
  desc->pwd = g_strdup ("their password of 22 c");
  return desc;
}

static NatAgent *
agent_new (void)
{
  g_autoptr (RflIceDesc) desc = theirs ("abcd");

  return nat_agent_new (desc, NULL);
}

static gboolean
take (NatAgent *agent, guint16 port, guint32 priority, gboolean nominates, gint64 now)
{
  NatCheck check = { .component = 1, .priority = priority, .nominates = nominates };

  rfl_address_parse (&check.remote, "203.0.113.1", port);
  return nat_agent_take (agent, &check, now);
}

static guint16
chosen (const NatAgent *agent)
{
  return agent->pairs[0].remote.port;
}

static void
credentials (void)
{
  NatAgent *one = agent_new (), *two = agent_new ();
  g_autoptr (RflIceDesc) same = theirs ("abcd");
  g_autoptr (RflIceDesc) other = theirs ("efgh");

  g_assert_cmpuint (strlen (one->ufrag), >=, RFL_ICE_MIN_UFRAG);
  g_assert_cmpuint (strlen (one->pwd), >=, RFL_ICE_MIN_PWD);
  g_assert_cmpstr (one->ufrag, !=, two->ufrag);
  g_assert_cmpstr (one->pwd, !=, two->pwd);
  g_assert_true (nat_agent_is_for (one, same));
  g_assert_false (nat_agent_is_for (one, other));
  nat_agent_free (one);
  nat_agent_free (two);
}

/* Regular nomination: the first address will do until one is nominated. */
static void
nomination (void)
{
  NatAgent *agent = agent_new ();

  g_assert_true (take (agent, 4000, 10, FALSE, START));
  g_assert_false (take (agent, 4001, 99, FALSE, START));
  g_assert_cmpuint (chosen (agent), ==, 4000);
  g_assert_true (take (agent, 4002, 5, TRUE, START));
  g_assert_cmpuint (chosen (agent), ==, 4002);
  g_assert_false (take (agent, 4000, 99, FALSE, START));
  g_assert_cmpuint (chosen (agent), ==, 4002);
  nat_agent_free (agent);
}

/* Aggressive nomination: of those that come together the highest priority stays. */
static void
aggressive (void)
{
  NatAgent *agent = agent_new ();

  g_assert_true (take (agent, 4000, 10, TRUE, START));
  g_assert_true (take (agent, 4001, 20, TRUE, START + 1));
  g_assert_false (take (agent, 4002, 15, TRUE, START + 2));
  g_assert_cmpuint (chosen (agent), ==, 4001);
  /* whoever has moved nominates what has a lower priority, and no longer the old one */
  g_assert_true (take (agent, 4002, 15, TRUE, START + 1 + NAT_CHOICE_STALE));
  nat_agent_free (agent);
}

static void
consent (void)
{
  NatAgent *agent = agent_new ();
  NatPair *pair = &agent->pairs[0];
  gint64 now = START;

  g_assert_true (nat_pair_has_consent (pair, 0, now)); /* nothing proved, nothing to lose */
  take (agent, 4000, 10, TRUE, now);
  g_assert_true (nat_pair_has_consent (pair, 0, now + NAT_CONSENT_TIME - 1));
  g_assert_false (nat_pair_has_consent (pair, 0, now + NAT_CONSENT_TIME));
  /* a client of RFC 5245 checks no more and sends media */
  g_assert_true (nat_pair_has_consent (pair, now + NAT_CONSENT_TIME, now + NAT_CONSENT_TIME));
  /* of one that goes on checking only checks count */
  now += NAT_RENEWS_AFTER;
  take (agent, 4000, 10, TRUE, now);
  g_assert_true (pair->renews);
  g_assert_true (nat_pair_has_consent (pair, 0, now + NAT_CONSENT_TIME - 1));
  g_assert_false (nat_pair_has_consent (pair, now + NAT_CONSENT_TIME, now + NAT_CONSENT_TIME));
  nat_agent_free (agent);
}

static void
rate (void)
{
  NatAgent *agent = agent_new ();
  guint n = 0;

  while (n < 1000 && nat_agent_may_check (agent, 50, START))
    n++;
  g_assert_cmpuint (n, ==, 100);
  g_assert_true (nat_agent_may_check (agent, 50, START + SECOND));
  nat_agent_free (agent);
}

/* RFC 8445 §5.1.2.1 */
static void
priority (void)
{
  g_assert_cmpuint (nat_candidate_priority (1), ==, 2130706431u);
  g_assert_cmpuint (nat_candidate_priority (2), ==, 2130706430u);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nat/agent/credentials", credentials);
  g_test_add_func ("/nat/agent/nomination", nomination);
  g_test_add_func ("/nat/agent/aggressive", aggressive);
  g_test_add_func ("/nat/agent/consent", consent);
  g_test_add_func ("/nat/agent/rate", rate);
  g_test_add_func ("/nat/agent/priority", priority);
  return g_test_run ();
}
