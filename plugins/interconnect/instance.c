/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of the plugin: configuration, the two relay ports, the peers. Not for what a peer
 * does: see peer.c.
 */
#include "plugins/interconnect/link.h"

gpointer
link_plugin_new (RflCore *core)
{
  LinkPlugin *plugin = g_new0 (LinkPlugin, 1);

  plugin->core = core;
  plugin->peers = g_ptr_array_new_with_free_func ((GDestroyNotify) link_peer_free);
  plugin->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  plugin->listeners = link_service_listeners_new ();
  plugin->ssrc = g_random_int ();
  link_counters_init (plugin);
  return plugin;
}

gboolean
link_plugin_configure (gpointer self, const RflSettings *settings, GError **error)
{
  LinkPlugin *plugin = self;
  LinkConfig config;

  if (!link_config_read (&config, settings, error))
    {
      link_config_clear (&config);
      return FALSE;
    }
  link_config_clear (&plugin->config);
  plugin->config = config;
  return TRUE;
}

/* Only what comes from a peer's relay port itself is looked at. */
static LinkPeer *
find_peer (LinkPlugin *plugin, const RflArrival *arrival)
{
  char from[RFL_ADDRESS_STRLEN];

  if (arrival->flow)
    return rfl_flow_get_user_data (arrival->flow);
  link_complain (plugin, LINK_COUNT_STRANGER, NULL, "%s is no peer's relay port",
                 rfl_address_format (&arrival->remote, from));
  return NULL;
}

static void
misplaced (const RflArrival *arrival, gpointer user_data)
{
  LinkPlugin *plugin = user_data;

  if (find_peer (plugin, arrival))
    link_count (plugin, LINK_COUNT_MISPLACED);
  if (arrival->ticket)
    rfl_port_discard (arrival->port, arrival->ticket);
}

static void
unknown_rtp (const RflArrival *arrival, gpointer user_data)
{
  LinkPeer *peer = find_peer (user_data, arrival);

  if (peer)
    link_media_unknown_label (peer, arrival->ssrc, arrival->ticket);
  else
    rfl_port_discard (arrival->port, arrival->ticket);
}

static void
relayed_rtcp (const RflArrival *arrival, gpointer user_data)
{
  LinkPlugin *plugin = user_data;
  LinkPeer *peer = find_peer (plugin, arrival);

  if (!peer)
    return;
  if (link_peer_allows (peer))
    link_peer_receive (peer, arrival->data, arrival->len);
  else
    link_complain (plugin, LINK_COUNT_OVER_RATE, peer->name,
                   "%s sends more datagrams than max_rate", peer->name);
}

static gboolean
open_ports (LinkPlugin *plugin, GError **error)
{
  RflPath *path = rfl_core_get_path (plugin->core);
  const char *const addresses[] = { plugin->config.address, NULL };
  RflPortSpec spec = {
    .name = "link.rtp",
    .port = plugin->config.port,
    .addresses = plugin->config.address ? addresses : NULL,
    .unknown = unknown_rtp,
    .rtcp = misplaced,
    .other = misplaced,
    .user_data = plugin,
  };

  plugin->rtp_port = rfl_port_open (path, &spec, error);
  if (!plugin->rtp_port)
    return FALSE;
  spec.name = "link.rtcp";
  spec.port++;
  spec.unknown = misplaced;
  spec.rtcp = relayed_rtcp;
  plugin->rtcp_port = rfl_port_open (path, &spec, error);
  return plugin->rtcp_port != NULL;
}

static gboolean
start_peers (LinkPlugin *plugin, GError **error)
{
  const GArray *addresses = plugin->config.peers;

  for (guint i = 0; i < addresses->len; i++)
    {
      LinkPeer *peer = link_peer_new (plugin, &g_array_index (addresses, RflAddress, i));
      const RflLogFields fields = { .peer = peer->name };
      g_ptr_array_add (plugin->peers, peer);
      if (!link_peer_start (peer, error))
        return FALSE;
      rfl_notice (&fields,
                  "link with %s: plain text, without authentication, between two addresses that "
                  "the firewall has to vouch for",
                  peer->name);
    }
  return TRUE;
}

gboolean
link_plugin_start (gpointer self, GError **error)
{
  LinkPlugin *plugin = self;

  if (!link_service_offer (plugin, error))
    return FALSE;
  if (plugin->config.peers->len == 0)
    return TRUE;
  if (link_presence_add_hooks (plugin, error) && link_media_add_hooks (plugin, error)
      && link_text_add_hooks (plugin, error) && open_ports (plugin, error)
      && start_peers (plugin, error))
    return TRUE;
  link_plugin_stop (plugin);
  return FALSE;
}

RflReload
link_plugin_reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  LinkPlugin *plugin = self;
  LinkConfig config;

  if (!link_config_read (&config, settings, error))
    {
      link_config_clear (&config);
      return RFL_RELOAD_FAILED;
    }
  gboolean same = link_config_same_network (&plugin->config, &config);
  if (same)
    {
      plugin->config.limits = config.limits;
      plugin->config.hello_interval = config.hello_interval;
      plugin->config.dead_after = config.dead_after;
      plugin->config.digest_interval = config.digest_interval;
    }
  link_config_clear (&config);
  for (guint i = 0; same && i < plugin->peers->len; i++)
    {
      LinkPeer *peer = plugin->peers->pdata[i];
      link_channel_set_times (peer->channel, plugin->config.hello_interval,
                              plugin->config.dead_after);
      link_channel_set_max_messages (peer->channel, plugin->config.limits.messages);
    }
  return same ? RFL_RELOAD_APPLIED : RFL_RELOAD_RESTART;
}

void
link_plugin_kick (LinkPlugin *plugin)
{
  for (guint i = 0; i < plugin->peers->len; i++)
    link_peer_kick (plugin->peers->pdata[i]);
}

void
link_plugin_stop (gpointer self)
{
  LinkPlugin *plugin = self;

  link_service_withdraw (plugin);
  for (guint i = 0; i < plugin->peers->len; i++)
    link_peer_stop (plugin->peers->pdata[i]);
  g_ptr_array_set_size (plugin->peers, 0);
  rfl_bus_remove_hooks (rfl_core_get_bus (plugin->core), plugin->hooks);
  g_clear_pointer (&plugin->rtcp_port, rfl_port_close);
  g_clear_pointer (&plugin->rtp_port, rfl_port_close);
}

void
link_plugin_free (gpointer self)
{
  LinkPlugin *plugin = self;

  link_plugin_stop (plugin);
  link_config_clear (&plugin->config);
  g_ptr_array_unref (plugin->peers);
  g_array_unref (plugin->hooks);
  g_array_unref (plugin->listeners);
  g_free (plugin);
}
