/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which media have ICE: an agent for each m-line whose offer has credentials, its part of the answer, and its
 * restarts. Judges no packet: stun.c.
 */
#include "plugins/nat/nat.h"

#define PEER_KEY "nat.peer"

static void
drop_agent (NatPlugin *plugin, NatAgent *agent)
{
  if (agent == NULL)
    return;
  if (plugin)
    g_hash_table_remove (plugin->agents, agent->ufrag);
  nat_agent_free (agent);
}

/* Its agents are gone by then: nat_peer_detach() */
static void
medium_clear (NatPlugin *plugin, NatMedium *m)
{
  if (m->next != m->current)
    drop_agent (plugin, m->next);
  drop_agent (plugin, m->current);
  m->next = m->current = NULL;
}

void
nat_peer_detach (NatPeer *peer)
{
  if (peer->plugin == NULL)
    return;
  for (guint i = 0; i < peer->media->len; i++)
    if (peer->media->pdata[i])
      medium_clear (peer->plugin, peer->media->pdata[i]);
  g_hash_table_remove (peer->plugin->peers, peer);
  peer->plugin = NULL;
}

static void
peer_free (gpointer data)
{
  NatPeer *peer = data;

  nat_peer_detach (peer);
  g_ptr_array_unref (peer->media);
  g_free (peer);
}

static NatPeer *
find_peer (RflParticipant *participant)
{
  NatPeer *peer = rfl_participant_get_data (participant, PEER_KEY);

  return peer && peer->plugin ? peer : NULL;
}

static NatPeer *
get_peer (NatPlugin *plugin, RflParticipant *participant)
{
  NatPeer *peer = find_peer (participant);

  if (peer)
    return peer;
  peer = g_new0 (NatPeer, 1);
  peer->plugin = plugin;
  peer->participant = participant;
  peer->media = g_ptr_array_new_with_free_func (g_free);
  g_hash_table_add (plugin->peers, peer);
  rfl_participant_set_data (participant, PEER_KEY, peer, peer_free);
  return peer;
}

NatMedium *
nat_medium_find (const RflMedium *medium)
{
  NatPeer *peer = find_peer (medium->participant);

  return peer && medium->index < peer->media->len ? peer->media->pdata[medium->index] : NULL;
}

static NatMedium *
get_medium (NatPlugin *plugin, RflMedium *medium)
{
  NatPeer *peer = get_peer (plugin, medium->participant);
  NatMedium *m;

  if (peer->media->len <= medium->index)
    g_ptr_array_set_size (peer->media, (gint) medium->index + 1);
  m = peer->media->pdata[medium->index];
  if (m == NULL)
    {
      m = g_new0 (NatMedium, 1);
      m->medium = medium;
      peer->media->pdata[medium->index] = m;
    }
  return m;
}

/* ---- answers ---- */

static gboolean
names (const RflIceDesc *ice, const RflAddress *address)
{
  for (guint i = 0; i < ice->candidates->len; i++)
    if (rfl_address_equal (&g_array_index (ice->candidates, RflIceCandidate, i).address, address))
      return TRUE;
  return FALSE;
}

/* Somebody on the way has changed the c-line, so it may change more (RFC 8839 §4.2.5). Whoever has told no address
 * yet, or none that could be read here, has no mismatch. */
static gboolean
is_mismatched (const RflMediumDesc *desc)
{
  return desc->ice->complete && desc->ice->candidates->len > 0 && !rfl_address_is_any (&desc->rtp)
         && desc->rtp.port != 0 && !names (desc->ice, &desc->rtp);
}

static void
add_candidate (RflIceDesc *ice, guint component, const RflAddress *address)
{
  RflIceCandidate candidate = { (guint8) component, nat_candidate_priority (component), *address };

  g_array_append_val (ice->candidates, candidate);
}

static RflIceDesc *
describe (const NatAgent *agent, const RflMediumDesc *desc)
{
  RflIceDesc *ice = rfl_ice_desc_new ();

  ice->lite = ice->complete = TRUE;
  ice->ufrag = g_strdup (agent->ufrag);
  ice->pwd = g_strdup (agent->pwd);
  add_candidate (ice, 1, &desc->answer_rtp);
  if (!desc->answer_mux)
    add_candidate (ice, 2, &desc->answer_rtcp);
  return ice;
}

/* Who comes back with other credentials gets others: an answer to a restart is one, too. */
static NatAgent *
choose_agent (NatPlugin *plugin, NatMedium *m, const RflIceDesc *theirs)
{
  NatAgent *agent;

  if (m->current && nat_agent_is_for (m->current, theirs))
    return m->current;
  do
    {
      agent = nat_agent_new (theirs, m->medium);
      if (!g_hash_table_contains (plugin->agents, agent->ufrag))
        break;
      g_clear_pointer (&agent, nat_agent_free);
    }
  while (agent == NULL);
  g_hash_table_insert (plugin->agents, agent->ufrag, agent);
  return agent;
}

static void
set_next (NatPlugin *plugin, NatMedium *m, NatAgent *agent)
{
  if (m->next != m->current && m->next != agent)
    drop_agent (plugin, m->next);
  m->next = agent;
}

static gboolean
has_ice (NatPlugin *plugin, RflMediumDesc *desc)
{
  if (desc->ice == NULL || !desc->accepted || !plugin->ice)
    return FALSE;
  if (desc->ice->lite) /* nobody would check */
    {
      rfl_counter_add (plugin->lite_peers, 1);
      return FALSE;
    }
  if (!is_mismatched (desc))
    return TRUE;
  rfl_counter_add (plugin->mismatches, 1);
  desc->answer_ice = rfl_ice_desc_new ();
  desc->answer_ice->mismatch = TRUE;
  return FALSE;
}

RflHookResult
nat_offer_hook (RflEvent *event, gpointer data, GError **error)
{
  NatPlugin *plugin = data;
  GPtrArray *media = event->participant->media;

  for (guint i = 0; i < media->len && !event->participant->origin; i++)
    {
      RflMedium *medium = media->pdata[i];
      RflMediumDesc *desc = medium->offered;
      NatMedium *m = nat_medium_find (medium);

      if (desc == NULL)
        continue;
      if (!has_ice (plugin, desc))
        {
          if (m)
            set_next (plugin, m, NULL);
          continue;
        }
      m = get_medium (plugin, medium);
      set_next (plugin, m, choose_agent (plugin, m, desc->ice));
      desc->answer_ice = describe (m->next, desc);
    }
  return RFL_HOOK_CONTINUE;
}

/* An offer of ours that says nothing of ICE would end it. */
RflHookResult
nat_wanted_hook (RflEvent *event, gpointer data, GError **error)
{
  GPtrArray *media = event->participant->media;

  for (guint i = 0; i < media->len && i < event->offers->len; i++)
    {
      const NatMedium *m = nat_medium_find (media->pdata[i]);
      RflMediumDesc *desc = event->offers->pdata[i];

      if (m && m->current && desc->accepted && desc->answer_ice == NULL)
        desc->answer_ice = describe (m->current, desc);
    }
  return RFL_HOOK_CONTINUE;
}

/* ---- what was agreed ---- */

/* Whoever comes back with other credentials, or without, is asked anew. */
static void
forget_lost (NatPlugin *plugin, const NatAgent *old)
{
  for (guint component = 1; old && component <= NAT_COMPONENTS; component++)
    if (old->pairs[component - 1].lost && plugin->watch)
      plugin->watch->consent (old->medium, component, TRUE, plugin->watch_data);
}

static void
apply (NatPlugin *plugin, NatMedium *m)
{
  NatAgent *old = m->current;

  if (old == m->next)
    return;
  forget_lost (plugin, old);
  if (old && m->next)
    rfl_counter_add (plugin->restarts, 1);
  m->current = m->next;
  drop_agent (plugin, old);
}

RflHookResult
nat_joined_hook (RflEvent *event, gpointer data, GError **error)
{
  NatPeer *peer = event->participant->origin ? NULL : find_peer (event->participant);

  for (guint i = 0; peer && i < peer->media->len; i++)
    if (peer->media->pdata[i])
      apply (data, peer->media->pdata[i]);
  return RFL_HOOK_CONTINUE;
}

RflHookResult
nat_changed_hook (RflEvent *event, gpointer data, GError **error)
{
  NatMedium *m =
      event->medium && !event->participant->origin ? nat_medium_find (event->medium) : NULL;
  if (m)
    apply (data, m);
  return RFL_HOOK_CONTINUE;
}

RflHookResult
nat_left_hook (RflEvent *event, gpointer data, GError **error)
{
  NatPeer *peer = event->participant->origin ? NULL : find_peer (event->participant);

  if (peer)
    nat_peer_detach (peer);
  return RFL_HOOK_CONTINUE;
}
