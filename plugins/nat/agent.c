/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What checks do to one medium's end of ICE. Whether a check is true has been found out before. */
#include "plugins/nat/agent.h"

#include <string.h>
#include <sys/random.h>

/* Octets of randomness; of each a character comes: 48 and 144 bits (RFC 8445 §5.3 wants 24 and 128). */
#define UFRAG_LEN 8
#define PWD_LEN 24
#define HOST_PREFERENCE 126
#define LOCAL_PREFERENCE 65535

static char *
random_text (gsize len)
{
  static const char ice_chars[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *text = g_malloc0 (len + 1);

  if (getrandom (text, len, 0) != (gssize) len)
    g_error ("getrandom failed"); /* never for so few octets once the system is up */
  for (gsize i = 0; i < len; i++)
    text[i] = ice_chars[(guint8) text[i] % 64];
  return text;
}

NatAgent *
nat_agent_new (const RflIceDesc *theirs, RflMedium *medium)
{
  NatAgent *agent = g_new0 (NatAgent, 1);

  agent->ufrag = random_text (UFRAG_LEN);
  agent->pwd = random_text (PWD_LEN);
  agent->theirs = rfl_ice_desc_copy (theirs);
  agent->medium = medium;
  return agent;
}

void
nat_agent_free (NatAgent *agent)
{
  if (agent == NULL)
    return;
  g_free (agent->ufrag);
  g_free (agent->pwd);
  rfl_ice_desc_free (agent->theirs);
  g_free (agent);
}

gboolean
nat_agent_is_for (const NatAgent *agent, const RflIceDesc *theirs)
{
  return strcmp (agent->theirs->ufrag, theirs->ufrag) == 0
         && strcmp (agent->theirs->pwd, theirs->pwd) == 0;
}

gboolean
nat_agent_may_check (NatAgent *agent, guint per_second, gint64 now)
{
  gint64 due = MAX (agent->due, now);

  if (due - now >= 2 * G_TIME_SPAN_SECOND)
    return FALSE;
  agent->due = due + G_TIME_SPAN_SECOND / per_second;
  return TRUE;
}

static void
confirm (NatPair *pair, const NatCheck *check, gint64 now)
{
  pair->checked = now;
  pair->renews |= now - pair->since >= NAT_RENEWS_AFTER;
  pair->nominated |= check->nominates;
  pair->priority = MAX (pair->priority, check->priority);
}

/* Of several nominations (aggressive ones, RFC 5245 §8.1.1.2) the highest priority counts; ours are all alike. Before
 * any the first address will do. */
static gboolean
is_better (const NatPair *pair, const NatCheck *check, gint64 now)
{
  if (pair->remote.family == 0)
    return TRUE;
  return check->nominates
         && (!pair->nominated || check->priority >= pair->priority
             || now - pair->checked >= NAT_CHOICE_STALE);
}

gboolean
nat_agent_take (NatAgent *agent, const NatCheck *check, gint64 now)
{
  NatPair *pair;

  g_return_val_if_fail (check->component >= 1 && check->component <= NAT_COMPONENTS, FALSE);
  pair = &agent->pairs[check->component - 1];
  if (rfl_address_equal (&pair->remote, &check->remote))
    {
      confirm (pair, check, now);
      return FALSE;
    }
  if (!is_better (pair, check, now))
    return FALSE;
  *pair = (NatPair){ .remote = check->remote,
                     .priority = check->priority,
                     .nominated = check->nominates,
                     .since = now,
                     .checked = now,
                     .lost = pair->lost };
  return TRUE;
}

gboolean
nat_pair_has_consent (const NatPair *pair, gint64 heard, gint64 now)
{
  gint64 last = pair->renews ? pair->checked : MAX (pair->checked, heard);

  return pair->remote.family == 0 || now - last < NAT_CONSENT_TIME;
}

guint32
nat_candidate_priority (guint component)
{
  return (guint32) HOST_PREFERENCE << 24 | LOCAL_PREFERENCE << 8 | (256 - component);
}
