/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks after the consent of those who have proved where they are (RFC 7675): whose consent ends gets nothing until
 * it returns. When it ends is agent.c's to say.
 */
#define RFL_LOG_DOMAIN "nat"
#include "plugins/nat/nat.h"

static void
tell (NatPlugin *plugin, const NatMedium *m, guint component, gboolean given)
{
  const RflParticipant *p = m->medium->participant;
  char peer[RFL_ADDRESS_STRLEN];
  const RflAddress *remote = &m->current->pairs[component - 1].remote;
  RflLogFields fields = { .session = p->session ? p->session->name : NULL,
                          .participant = p->id,
                          .peer = rfl_address_format (remote, peer) };
  guint held_back;

  rfl_counter_add (given ? plugin->consent_back : plugin->consent_lost, 1);
  if (rfl_log_limit_pass (&plugin->consent_log, plugin->clock, &held_back))
    rfl_info (&fields, "%s: %s for %s component %u at %s (%u more such lines held back)",
              p->identity, given ? "consent is back" : "consent has ended", m->medium->kind,
              component, peer, held_back);
  if (plugin->watch)
    plugin->watch->consent (m->medium, component, given, plugin->watch_data);
}

static gint64
last_heard (const NatMedium *m, guint component, const RflAddress *remote)
{
  RflPort *port = m->ports[component - 1];
  const RflFlow *flow = port ? rfl_port_find_flow (port, remote) : NULL;

  return flow ? rfl_flow_last_seen (flow) : 0;
}

static void
look (NatPlugin *plugin, NatMedium *m, gint64 now)
{
  for (guint component = 1; m->current && component <= NAT_COMPONENTS; component++)
    {
      NatPair *pair = &m->current->pairs[component - 1];
      gboolean given = nat_pair_has_consent (pair, last_heard (m, component, &pair->remote), now);

      if (given == !pair->lost)
        continue;
      pair->lost = !given;
      tell (plugin, m, component, given);
    }
}

void
nat_consent_timer (gpointer data)
{
  NatPlugin *plugin = data;
  gint64 now = rfl_clock_now (plugin->clock);
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, plugin->peers);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const NatPeer *peer = key;
      for (guint i = 0; i < peer->media->len; i++)
        if (peer->media->pdata[i])
          look (plugin, peer->media->pdata[i], now);
    }
}

void
nat_consent_given (NatPlugin *plugin, NatMedium *m, guint component)
{
  NatPair *pair = m->current ? &m->current->pairs[component - 1] : NULL;

  if (pair == NULL || !pair->lost)
    return;
  pair->lost = FALSE;
  tell (plugin, m, component, TRUE);
}
