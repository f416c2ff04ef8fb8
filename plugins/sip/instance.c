/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of the plugin's instance, and what it tells of itself. Not the SIP part: see
 * stack.c.
 */
#define RFL_LOG_DOMAIN "sip"
#include "plugins/sip/instance.h"
#include "plugins/sip/call/call.h"
#include "plugins/sip/tcp/connections.h"
#include "plugins/sip/auth/digest.h"
#include "plugins/sip/gate/gate.h"
#include "plugins/sip/listen/listen.h"
#include "plugins/sip/conference/conference.h"
#include "plugins/sip/dialout/dialout.h"
#include "plugins/sip/text/message.h"
#include "plugins/sip/registrar/registrar.h"
#include "plugins/sip/journal/journal.h"
#include "plugins/sip/journal/orphan.h"
#include "plugins/sip/call/index.h"
#include <string.h>

gpointer
sip_instance_new (RflCore *core)
{
  SipPlugin *plugin = g_new0 (SipPlugin, 1);

  plugin->core = core;
  sip_settings_init (&plugin->settings);
  plugin->calls = sip_calls_new ();
  plugin->index = sip_index_new ();
  return plugin;
}

gboolean
sip_instance_configure (gpointer self, const RflSettings *settings, GError **error)
{
  SipPlugin *plugin = self;

  return sip_settings_read (&plugin->settings, settings, error);
}

static void
make_counters (SipPlugin *plugin)
{
  RflCore *core = plugin->core;
  SipCounters *c = &plugin->counters;

  c->invites = rfl_counter_get (core, "sip.invites", "INVITEs that begin a call");
  c->joined = rfl_counter_get (core, "sip.joined", "calls that came into a room");
  c->refused = rfl_counter_get (core, "sip.refused", "requests refused by this plugin");
  c->challenged = rfl_counter_get (core, "sip.challenged", "401 with a digest challenge");
  c->wrong_credentials =
      rfl_counter_get (core, "sip.wrong_credentials", "digest answers that were wrong");
  c->unseen_credentials =
      rfl_counter_get (core, "sip.unseen_credentials",
                       "digest answers refused unseen after too many wrong ones");
  c->cancelled = rfl_counter_get (core, "sip.cancelled", "INVITEs cancelled by their callers");
  c->ended = rfl_counter_get (core, "sip.ended", "calls that are over");
  c->closed_connections =
      rfl_counter_get (core, "sip.closed_connections", "TCP connections closed above the limit");
  c->refused_connections = rfl_counter_get (core, "sip.refused_connections",
                                            "TCP connections closed when they were accepted");
  c->silent_connections = rfl_counter_get (core, "sip.silent_connections",
                                           "TCP connections closed that brought no request");
  c->abandoned_connections = rfl_counter_get (core, "sip.abandoned_connections",
                                              "TCP connections closed that the peer had left");
  c->replaced = rfl_counter_get (core, "sip.replaced",
                                 "calls ended for another one of the same user (second_call)");
  c->bad_answers = rfl_counter_get (core, "sip.bad_answers",
                                    "calls ended because our offer had no acceptable answer");
  c->reoffers = rfl_counter_get (core, "sip.reoffers",
                                 "INVITEs to callers because their session has another codec");
  c->reoffers_refused = rfl_counter_get (core, "sip.reoffers_refused",
                                         "callers who did not take the other codec and stay");
  c->picture_requests =
      rfl_counter_get (core, "sip.picture_requests", "INFO requests for a picture");
}

static RflHookResult
on_draining (RflEvent *event, gpointer user_data, GError **error)
{
  sip_dialout_end_all (((SipPlugin *) user_data)->dialout);
  sip_conference_end_all (((SipPlugin *) user_data)->conference, "deactivated");
  sip_calls_end_all (user_data, "The conference server is going down");
  return RFL_HOOK_CONTINUE;
}

static gboolean
wants_credentials (const SipSettings *settings)
{
  const GPtrArray *listens = settings->listens;

  for (guint i = 0; i < listens->len; i++)
    if (((const SipListen *) listens->pdata[i])->authenticate == SIP_AUTHENTICATE_ON)
      return TRUE;
  return FALSE;
}

static gboolean
check_credentials (const SipPlugin *plugin, const SipSettings *settings, GError **error)
{
  gpointer self;

  if (!wants_credentials (settings)
      || rfl_core_find_service (plugin->core, RFL_CREDENTIALS_SERVICE, RFL_CREDENTIALS_VERSION,
                                &self))
    return TRUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_CONFIG,
               "sip: authenticate is on, but no plugin offers credentials");
  return FALSE;
}

gboolean
sip_instance_start (gpointer self, GError **error)
{
  SipPlugin *plugin = self;
  RflHook hook = { .name = "sip/draining",
                   .event = RFL_EVENT_DRAINING,
                   .stage = RFL_HOOK_NORMAL,
                   .func = on_draining,
                   .user_data = plugin };

  make_counters (plugin);
  plugin->registrar = sip_registrar_new (plugin);
  plugin->messages = sip_messages_new (plugin);
  plugin->dialout = sip_dialout_new (plugin);
  plugin->conference = sip_conference_new (plugin);
  if (!check_credentials (plugin, &plugin->settings, error) || !sip_stack_start (plugin, error))
    return FALSE;
  plugin->draining_hook = rfl_bus_add_hook (rfl_core_get_bus (plugin->core), &hook, error);
  if (plugin->draining_hook)
    return TRUE;
  sip_stack_stop (plugin);
  return FALSE;
}

/* What the sockets and the stack were made with. */
static gboolean
needs_restart (const SipSettings *a, const SipSettings *b)
{
  return a->idle != b->idle || a->transaction_timeout != b->transaction_timeout
         || a->min_se != b->min_se || (a->session_expires == 0) != (b->session_expires == 0)
         || g_strcmp0 (a->journal, b->journal) != 0;
}

RflReload
sip_instance_reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  SipPlugin *plugin = self;
  SipSettings read;
  RflReload result = RFL_RELOAD_FAILED;

  sip_settings_init (&read);
  if (sip_settings_read (&read, settings, error) && check_credentials (plugin, &read, error))
    result = needs_restart (&plugin->settings, &read) ? RFL_RELOAD_RESTART : RFL_RELOAD_APPLIED;
  if (result == RFL_RELOAD_APPLIED)
    {
      SipSettings old = plugin->settings;
      plugin->settings = read;
      read = old;
      sip_listeners_update (plugin);
      sip_registrar_update (plugin->registrar);
      sip_gate_configure (plugin->gate);
    }
  sip_settings_clear (&read);
  return result;
}

static void
drop_parts (SipPlugin *plugin)
{
  g_clear_pointer (&plugin->conference, sip_conference_free);
  g_clear_pointer (&plugin->dialout, sip_dialout_free);
  g_clear_pointer (&plugin->messages, sip_messages_free);
  g_clear_pointer (&plugin->registrar, sip_registrar_free);
}

void
sip_instance_stop (gpointer self)
{
  SipPlugin *plugin = self;

  rfl_bus_remove_hook (rfl_core_get_bus (plugin->core), plugin->draining_hook);
  plugin->draining_hook = 0;
  sip_stack_stop (plugin);
  drop_parts (plugin);
}

void
sip_instance_free (gpointer self)
{
  SipPlugin *plugin = self;

  drop_parts (plugin);
  g_hash_table_unref (plugin->calls);
  sip_index_free (plugin->index);
  sip_settings_clear (&plugin->settings);
  g_free (plugin);
}

static void
add_listeners (const SipPlugin *plugin, RflStatus *status)
{
  char text[RFL_ADDRESS_STRLEN];

  rfl_status_begin_array (status, "listeners");
  for (guint i = 0; plugin->listeners && i < plugin->listeners->len; i++)
    {
      const SipListener *listener = plugin->listeners->pdata[i];
      rfl_status_begin_object (status, NULL);
      rfl_status_add_string (status, "address", rfl_address_format (&listener->local, text));
      rfl_status_add_bool (status, "authenticate", sip_digest_is_wanted (listener));
      rfl_status_add_bool (status, "gone", listener->gone != 0);
      rfl_status_end (status);
    }
  rfl_status_end (status);
}

static void
add_call (const SipPlugin *plugin, RflStatus *status, const SipCall *call)
{
  gint64 now = rfl_clock_now (rfl_core_get_clock (plugin->core));

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "room", call->room);
  rfl_status_add_string (status, "identity", call->participant->identity);
  rfl_status_add_string (status, "participant", call->participant->id);
  rfl_status_add_string (status, "state", sip_call_state_name (call->state));
  rfl_status_add_string (status, "transport", call->tcp ? "tcp" : "udp");
  rfl_status_add_string (status, "peer", call->peer);
  rfl_status_add_int (status, "seconds", (now - call->since) / G_TIME_SPAN_SECOND);
  rfl_status_end (status);
}

void
sip_instance_status (gpointer self, RflStatus *status)
{
  SipPlugin *plugin = self;
  GHashTableIter iter;
  gpointer call;

  add_listeners (plugin, status);
  if (plugin->registrar)
    sip_registrar_status (plugin->registrar, status);
  if (plugin->gate)
    sip_gate_status (plugin->gate, status);
  rfl_status_add_int (status, "connections",
                      plugin->connections ? sip_connections_count (plugin->connections) : 0);
  sip_journal_status (plugin->journal, status);
  sip_conference_status (plugin->conference, status);
  rfl_status_add_int (status, "orphans", plugin->orphans ? sip_orphans_count (plugin->orphans) : 0);
  rfl_status_add_int (status, "count", g_hash_table_size (plugin->calls));
  rfl_status_begin_array (status, "calls");
  g_hash_table_iter_init (&iter, plugin->calls);
  while (g_hash_table_iter_next (&iter, &call, NULL))
    add_call (plugin, status, call);
  rfl_status_end (status);
}
