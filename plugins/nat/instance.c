/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's life: options, hooks, the service "ice". What they are for is in the files they name. */
#include "plugins/nat/nat.h"

gpointer
nat_plugin_new (RflCore *core)
{
  NatPlugin *plugin = g_new0 (NatPlugin, 1);

  plugin->core = core;
  plugin->clock = rfl_core_get_clock (core);
  plugin->agents = g_hash_table_new (g_str_hash, g_str_equal);
  plugin->peers = g_hash_table_new (NULL, NULL);
  plugin->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  return plugin;
}

static void
read_settings (NatPlugin *plugin, const RflSettings *s, CheckipSpec *checkip)
{
  plugin->ice = rfl_settings_get_bool (s, "ice");
  plugin->check_rate = (guint) rfl_settings_get_int (s, "check_rate");
  plugin->stun_rate = (double) rfl_settings_get_int (s, "stun_rate");
  *checkip = (CheckipSpec){
    .port = (guint16) rfl_settings_get_int (s, "checkip_port"),
    .max_clients = (guint) rfl_settings_get_int (s, "checkip_clients"),
    .max_per_address = (guint) rfl_settings_get_int (s, "checkip_clients_per_address"),
    .patience = rfl_settings_get_int (s, "checkip_patience") * G_TIME_SPAN_MILLISECOND,
    .deadline = rfl_settings_get_int (s, "checkip_deadline") * G_TIME_SPAN_SECOND
  };
}

gboolean
nat_plugin_configure (gpointer self, const RflSettings *s, GError **error)
{
  NatPlugin *plugin = self;

  read_settings (plugin, s, &plugin->checkip_spec);
  return TRUE;
}

/* Who has ICE keeps it; it is newcomers that the option is about. */
RflReload
nat_plugin_reconfigure (gpointer self, const RflSettings *s, GError **error)
{
  NatPlugin *plugin = self;
  CheckipSpec checkip;

  if (rfl_settings_get_int (s, "checkip_port") != plugin->checkip_spec.port)
    return RFL_RELOAD_RESTART;
  read_settings (plugin, s, &checkip);
  plugin->checkip_spec = checkip;
  rfl_rates_set (plugin->rates, plugin->stun_rate, 2 * plugin->stun_rate);
  if (plugin->checkip)
    checkip_set_limits (plugin->checkip, &checkip);
  return RFL_RELOAD_APPLIED;
}

/* ---- the service ---- */

static gboolean
set_watch (gpointer self, const RflIceWatch *watch, gpointer user_data)
{
  NatPlugin *plugin = self;

  if (plugin->watch)
    return FALSE;
  plugin->watch = watch;
  plugin->watch_data = user_data;
  return TRUE;
}

/* The ports that proofs came to go with their owner. */
static void
unset_watch (gpointer self)
{
  NatPlugin *plugin = self;
  GHashTableIter iter;
  gpointer key;

  plugin->watch = NULL;
  g_hash_table_iter_init (&iter, plugin->peers);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const NatPeer *peer = key;
      for (guint i = 0; i < peer->media->len; i++)
        {
          NatMedium *m = peer->media->pdata[i];
          for (guint k = 0; m && k < NAT_COMPONENTS; k++)
            m->ports[k] = NULL;
        }
    }
}

static const RflIce interface = { .receive = nat_receive,
                                  .watch = set_watch,
                                  .unwatch = unset_watch };

/* ---- start and stop ---- */

static gboolean
add_hooks (NatPlugin *plugin, GError **error)
{
  /* The answer must name the ports; who gets ICE need not wait for his turn. */
  static const char *const after_media[] = { "rtp/codecs", "rtp/seats", "rtp/wanted", NULL };
  static const char *const before_turn[] = { "rtp/turn", NULL };
  const RflHook hooks[] = {
    { "nat/offer", RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, before_turn, after_media,
      nat_offer_hook, plugin },
    { "nat/wanted", RFL_EVENT_OFFER_WANTED, RFL_HOOK_NORMAL, NULL, after_media, nat_wanted_hook,
      plugin },
    { "nat/joined", RFL_EVENT_PARTICIPANT_JOINED, RFL_HOOK_NORMAL, NULL, NULL, nat_joined_hook,
      plugin },
    { "nat/changed", RFL_EVENT_MEDIUM_CHANGED, RFL_HOOK_NORMAL, NULL, NULL, nat_changed_hook,
      plugin },
    { "nat/left", RFL_EVENT_PARTICIPANT_LEFT, RFL_HOOK_NORMAL, NULL, NULL, nat_left_hook, plugin },
  };

  return rfl_bus_add_hooks (rfl_core_get_bus (plugin->core), hooks, G_N_ELEMENTS (hooks),
                            plugin->hooks, error);
}

static void
get_counters (NatPlugin *plugin)
{
  RflCore *core = plugin->core;

  for (guint i = 0; i < NAT_N_REFUSED; i++)
    {
      g_autofree char *name = g_strconcat ("nat.refused_", nat_refused_name (i), NULL);
      plugin->refused[i] = rfl_counter_get (core, name, "STUN refused for this reason");
    }
  plugin->answered =
      rfl_counter_get (core, "nat.answered", "Binding requests without ICE answered");
  plugin->checks = rfl_counter_get (core, "nat.checks", "checks of ICE that proved who sent them");
  plugin->indications = rfl_counter_get (core, "nat.indications", "Binding indications taken");
  plugin->mismatches = rfl_counter_get (core, "nat.ice_mismatches",
                                        "offers of ICE whose default address is no candidate");
  plugin->lite_peers = rfl_counter_get (core, "nat.ice_lite_peers",
                                        "offers of ICE by those who check nothing themselves");
  plugin->restarts =
      rfl_counter_get (core, "nat.ice_restarts", "media that came back with other credentials");
  plugin->consent_lost =
      rfl_counter_get (core, "nat.consent_lost",
                       "addresses that get no packets any more, for want of consent");
  plugin->consent_back =
      rfl_counter_get (core, "nat.consent_back", "addresses whose consent has returned");
}

static gboolean
start_checkip (NatPlugin *plugin, GError **error)
{
  if (plugin->checkip_spec.port == 0)
    return TRUE;
  plugin->checkip = checkip_new (plugin->core, &plugin->checkip_spec, error);
  return plugin->checkip != NULL;
}

gboolean
nat_plugin_start (gpointer self, GError **error)
{
  NatPlugin *plugin = self;

  get_counters (plugin);
  plugin->rates = rfl_rates_new (plugin->clock, plugin->stun_rate, 2 * plugin->stun_rate);
  plugin->consent_timer = rfl_timer_new (plugin->clock, "nat consent", nat_consent_timer, plugin);
  if (start_checkip (plugin, error) && add_hooks (plugin, error))
    plugin->offered = rfl_core_offer_service (plugin->core, RFL_ICE_SERVICE, RFL_ICE_VERSION,
                                              &interface, plugin, error);
  if (!plugin->offered)
    {
      nat_plugin_stop (plugin);
      return FALSE;
    }
  rfl_timer_repeat (plugin->consent_timer, NAT_CONSENT_INTERVAL);
  return TRUE;
}

static void
detach_all (NatPlugin *plugin)
{
  GHashTableIter iter;
  gpointer peer;

  for (;;)
    {
      g_hash_table_iter_init (&iter, plugin->peers);
      if (!g_hash_table_iter_next (&iter, &peer, NULL))
        return;
      nat_peer_detach (peer);
    }
}

void
nat_plugin_stop (gpointer self)
{
  NatPlugin *plugin = self;

  if (plugin->offered)
    rfl_core_withdraw_service (plugin->core, RFL_ICE_SERVICE);
  plugin->offered = FALSE;
  rfl_bus_remove_hooks (rfl_core_get_bus (plugin->core), plugin->hooks);
  g_clear_pointer (&plugin->consent_timer, rfl_timer_free);
  g_clear_pointer (&plugin->checkip, checkip_free);
  g_clear_pointer (&plugin->rates, rfl_rates_free);
  detach_all (plugin);
}

void
nat_plugin_free (gpointer self)
{
  NatPlugin *plugin = self;

  nat_plugin_stop (plugin);
  g_hash_table_unref (plugin->agents);
  g_hash_table_unref (plugin->peers);
  g_array_unref (plugin->hooks);
  g_free (plugin);
}
