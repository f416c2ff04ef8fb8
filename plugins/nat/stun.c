/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What STUN gets for an answer: a plain Binding request the address it came from (RFC 8489), a check of ICE the
 * same or the error that RFC 8445 §7.3 wants. Opens no socket; does not choose among addresses: agent.c.
 */
#define RFL_LOG_DOMAIN "nat"
#include "plugins/nat/nat.h"

#include <string.h>

static const struct {
  const char *name, *text;
} words[NAT_N_REFUSED] = {
  [NAT_REFUSED_MALFORMED] = { "malformed", "malformed STUN" },
  [NAT_REFUSED_OTHER] = { "other", "no request" },
  [NAT_REFUSED_RATE] = { "rate", "more requests than an address may send" },
  [NAT_REFUSED_UNKNOWN] = { "unknown", "a user name of nobody here" },
  [NAT_REFUSED_INTEGRITY] = { "integrity", "its integrity is wrong" },
  [NAT_REFUSED_ROLE] = { "role", "both sides are controlled" },
  [NAT_REFUSED_ATTRIBUTE] = { "attribute", "an attribute that is not known must be understood" },
  [NAT_REFUSED_PORT] = { "port", "a check for another port than it was told" },
};

const char *
nat_refused_name (NatRefused reason)
{
  return words[reason].name;
}

static void
refuse (NatPlugin *plugin, NatRefused reason, const RflAddress *remote)
{
  char peer[RFL_ADDRESS_STRLEN];
  RflLogFields fields = { .peer = rfl_address_format (remote, peer) };
  guint suppressed;

  rfl_counter_add (plugin->refused[reason], 1);
  if (rfl_log_limit_pass (&plugin->refused_log, plugin->clock, &suppressed))
    rfl_info (&fields, "STUN from %s refused: %s (%u more such lines held back)", peer,
              words[reason].text, suppressed);
}

static void
send_stun (const RflArrival *arrival, const RflStunWriter *w)
{
  rfl_port_send (arrival->port, &arrival->local, &arrival->remote, w->data, w->len);
}

/* @pwd: (nullable): of who has proved to know it; others get no integrity */
static void
send_error (NatPlugin *plugin, const RflArrival *arrival, const RflStun *stun, guint16 code,
            const char *reason, const char *pwd)
{
  RflStunWriter w;

  rfl_stun_write_begin (&w, RFL_STUN_BINDING_ERROR, stun->transaction);
  rfl_stun_write_error (&w, code, reason);
  if (code == 420)
    rfl_stun_write_unknown (&w, stun->unknown, stun->n_unknown);
  if (pwd)
    rfl_stun_write_integrity (&w, pwd);
  if (stun->fingerprint)
    rfl_stun_write_fingerprint (&w);
  send_stun (arrival, &w);
}

static void
send_success (const RflArrival *arrival, const RflStun *stun, const char *pwd)
{
  RflStunWriter w;

  rfl_stun_write_begin (&w, RFL_STUN_BINDING_SUCCESS, stun->transaction);
  rfl_stun_write_xor_mapped (&w, &arrival->remote);
  if (pwd)
    rfl_stun_write_integrity (&w, pwd);
  if (stun->fingerprint)
    rfl_stun_write_fingerprint (&w);
  send_stun (arrival, &w);
}

/* What costs an answer and proves nothing: the sender's address may be forged. */
static gboolean
may_answer (NatPlugin *plugin, const RflArrival *arrival)
{
  if (rfl_rates_take (plugin->rates, &arrival->remote))
    return TRUE;
  refuse (plugin, NAT_REFUSED_RATE, &arrival->remote);
  return FALSE;
}

static void
answer_plain (NatPlugin *plugin, const RflArrival *arrival, const RflStun *stun)
{
  if (!may_answer (plugin, arrival))
    return;
  if (stun->n_unknown > 0)
    {
      refuse (plugin, NAT_REFUSED_ATTRIBUTE, &arrival->remote);
      send_error (plugin, arrival, stun, 420, "Unknown Attribute", NULL);
      return;
    }
  rfl_counter_add (plugin->answered, 1);
  send_success (arrival, stun, NULL);
}

/* Our part of the user name is what stands before the colon. */
static NatAgent *
find_agent (NatPlugin *plugin, const RflStun *stun)
{
  const char *colon = memchr (stun->username, ':', stun->username_len);
  g_autofree char *ufrag = NULL;

  if (colon == NULL)
    return NULL;
  ufrag = g_strndup (stun->username, (gsize) (colon - stun->username));
  return g_hash_table_lookup (plugin->agents, ufrag);
}

static guint
component_of (const RflMedium *medium, const RflArrival *arrival)
{
  const RflMediumDesc *desc = medium->offered ? medium->offered : medium->current;
  guint16 port = rfl_port_get_number (arrival->port);

  if (desc == NULL || !desc->accepted)
    return 0;
  if (port == desc->answer_rtp.port)
    return 1;
  return port == desc->answer_rtcp.port && !desc->answer_mux ? 2 : 0;
}

static void
take_check (NatPlugin *plugin, NatAgent *agent, const RflArrival *arrival, const RflStun *stun,
            guint component)
{
  NatCheck check = { component, arrival->remote, stun->priority, stun->use_candidate };
  NatMedium *m = nat_medium_find (agent->medium);
  gint64 now = rfl_clock_now (plugin->clock);

  if (m == NULL)
    return;
  rfl_counter_add (plugin->checks, 1);
  m->ports[component - 1] = arrival->port;
  if (nat_agent_take (agent, &check, now) && plugin->watch)
    plugin->watch->proved (agent->medium, component, arrival, plugin->watch_data);
  if (rfl_address_equal (&agent->pairs[component - 1].remote, &arrival->remote))
    nat_consent_given (plugin, m, component);
}

/* Its sender knows the credentials. Order as in RFC 8489 §6.3.1 and RFC 8445 §7.3.1.1: as lite this side is always
 * controlled. */
static void
answer_proved (NatPlugin *plugin, NatAgent *agent, const RflArrival *arrival, const RflStun *stun)
{
  guint component = component_of (agent->medium, arrival);
  NatRefused reason = NAT_N_REFUSED;

  if (stun->n_unknown > 0)
    {
      reason = NAT_REFUSED_ATTRIBUTE;
      send_error (plugin, arrival, stun, 420, "Unknown Attribute", agent->pwd);
    }
  else if (stun->controlled)
    {
      reason = NAT_REFUSED_ROLE;
      send_error (plugin, arrival, stun, 487, "Role Conflict", agent->pwd);
    }
  else if (component == 0)
    {
      reason = NAT_REFUSED_PORT;
      send_error (plugin, arrival, stun, 400, "Bad Request", agent->pwd);
    }
  if (reason != NAT_N_REFUSED)
    {
      refuse (plugin, reason, &arrival->remote);
      return;
    }
  send_success (arrival, stun, agent->pwd);
  take_check (plugin, agent, arrival, stun, component);
}

static void
answer_check (NatPlugin *plugin, const RflArrival *arrival, const RflStun *stun)
{
  NatAgent *agent = find_agent (plugin, stun);
  gboolean proved = agent && rfl_stun_check_integrity (stun, agent->pwd);

  if (proved && nat_agent_may_check (agent, plugin->check_rate, rfl_clock_now (plugin->clock)))
    answer_proved (plugin, agent, arrival, stun);
  else if (proved)
    refuse (plugin, NAT_REFUSED_RATE, &arrival->remote);
  else if (may_answer (plugin, arrival))
    {
      refuse (plugin, agent ? NAT_REFUSED_INTEGRITY : NAT_REFUSED_UNKNOWN, &arrival->remote);
      if (stun->integrity)
        send_error (plugin, arrival, stun, 401, "Unauthenticated", NULL);
      else
        send_error (plugin, arrival, stun, 400, "Bad Request", NULL);
    }
}

void
nat_receive (gpointer self, const RflArrival *arrival)
{
  NatPlugin *plugin = self;
  RflStun stun;

  if (rfl_packet_classify (arrival->data, arrival->len) != RFL_CLASS_STUN)
    refuse (plugin, NAT_REFUSED_OTHER, &arrival->remote);
  else if (!rfl_stun_parse (&stun, arrival->data, arrival->len))
    refuse (plugin, NAT_REFUSED_MALFORMED, &arrival->remote);
  else if (stun.type == RFL_STUN_BINDING_INDICATION)
    rfl_counter_add (plugin->indications, 1); /* a keep-alive (RFC 8445 §11) */
  else if (stun.type != RFL_STUN_BINDING_REQUEST)
    refuse (plugin, NAT_REFUSED_OTHER, &arrival->remote);
  else if (stun.username)
    answer_check (plugin, arrival, &stun);
  else
    answer_plain (plugin, arrival, &stun);
}
