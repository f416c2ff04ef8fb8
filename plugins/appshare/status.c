/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters and status of appshare. */
#include "plugins/appshare/appshare.h"

static const struct {
  const char *name, *help;
} relay_counters[RELAY_N_STATS] = {
  [RELAY_ACCEPTED] = { "appshare.accepted", "connections" },
  [RELAY_PAUSED] = { "appshare.paused",
                     "times that nobody was let in for a second: no descriptors, no memory" },
  [RELAY_EVICTED] = { "appshare.evicted", "connections closed because too many had no passkey" },
  [RELAY_WRONG_KEY] = { "appshare.wrong_key", "connections with a wrong passkey or line" },
  [RELAY_REFUSED] = { "appshare.connections_refused", "connections refused with a right passkey" },
  [RELAY_LATE] = { "appshare.late", "connections closed without a line" },
  [RELAY_TLS_FAILED] = { "appshare.tls_failed", "TLS handshakes that failed" },
  [RELAY_SKIPS] = { "appshare.skips", "times that a viewer of a broadcast missed something" },
  [RELAY_SLOW] = { "appshare.slow", "viewers of a broadcast closed because they were too slow" },
  [RELAY_BROKEN] = { "appshare.broken", "connections that broke the protocol" },
  [RELAY_UPSTREAM_FAILED] = { "appshare.upstream_failed",
                              "connections to other reflectors that failed" },
  [RELAY_OCTETS_IN] = { "appshare.octets_in", "octets of sharers" },
  [RELAY_OCTETS_OUT] = { "appshare.octets_out", "octets to viewers" },
};

AppCounters
app_counters_new (RflCore *core)
{
  AppCounters counters = {
    .requests = rfl_counter_get (core, "appshare.requests", "requests to share"),
    .refused = rfl_counter_get (core, "appshare.refused", "requests refused"),
    .opened = rfl_counter_get (core, "appshare.opened", "shares opened"),
    .closed = rfl_counter_get (core, "appshare.closed", "shares closed"),
    .malformed = rfl_counter_get (core, "appshare.malformed", "messages that are malformed"),
    .links_refused = rfl_counter_get (core, "appshare.links_refused",
                                      "other reflectors' shares that are not passed on"),
    .rerouted = rfl_counter_get (core, "appshare.rerouted",
                                 "other reflectors' shares that were lost and came another way"),
    .untold = rfl_counter_get (core, "appshare.untold", "messages that could not be sent"),
  };

  for (guint i = 0; i < RELAY_N_STATS; i++)
    counters.relay[i] = rfl_counter_get (core, relay_counters[i].name, relay_counters[i].help);
  return counters;
}

void
app_count_relay (AppShare *app)
{
  for (guint i = 0; i < RELAY_N_STATS; i++)
    {
      guint64 now = relay_get_stat (app->relay, i);
      rfl_counter_add (app->counters.relay[i], now - app->seen[i]);
      app->seen[i] = now;
    }
}

static void
tell (const RflShareInfo *info, gpointer data)
{
  RflStatus *status = data;

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "id", info->id);
  rfl_status_add_string (status, "session", info->session);
  rfl_status_add_string (status, "kind", info->kind == RFL_SHARE_CHANNEL ? "channel" : "broadcast");
  rfl_status_add_string (status, "title", info->title);
  rfl_status_add_string (status, "owner", info->owner);
  rfl_status_add_string (status, "via", info->via);
  rfl_status_add_bool (status, "open", info->open);
  rfl_status_add_int (status, "port", info->port);
  rfl_status_add_int (status, "viewers", info->viewers);
  rfl_status_add_int (status, "octets_in", (gint64) info->octets_in);
  rfl_status_add_int (status, "octets_out", (gint64) info->octets_out);
  rfl_status_end (status);
}

void
appshare_status (gpointer self, RflStatus *status)
{
  AppShare *app = self;

  app_count_relay (app);
  rfl_status_add_bool (status, "tls", app->tls);
  rfl_status_add_int (status, "unproved", relay_get_unproved (app->relay));
  rfl_status_begin_array (status, "shares");
  app_shares.each (app, tell, status);
  rfl_status_end (status);
}
