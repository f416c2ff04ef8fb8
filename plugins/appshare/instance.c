/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin from new() to free(), and its hooks. What it does with shares is in item.c. */
#define RFL_LOG_DOMAIN "appshare"
#include "plugins/appshare/appshare.h"

/* ---- what the relay tells ---- */

static void
on_opened (const char *id, gpointer data)
{
  AppItem *item = app_find (data, id);

  if (item && item->state == APP_GRANTED)
    app_item_opened (item);
}

static void
on_ended (const char *id, const char *reason, gpointer data)
{
  AppItem *item = app_find (data, id);

  if (item && item->via)
    app_way_lost (item, reason, TRUE);
  else if (item)
    app_item_end (item, reason, TRUE);
}

static void
on_note (RelayStat what, const char *id, const RflAddress *peer, const char *text, gpointer data)
{
  AppShare *app = data;
  const AppItem *item = app_find (app, id);
  char address[RFL_ADDRESS_STRLEN];
  guint held_back;

  if (rfl_log_limit_pass (&app->log_peer, app->clock, &held_back))
    rfl_info (&(RflLogFields){ item ? item->session : NULL, NULL,
                               peer->family ? rfl_address_format (peer, address) : NULL },
              "share %s: %s (%u more)", id, text, held_back);
}

static void
on_freed (guint slot, gpointer data)
{
  ((AppShare *) data)->slots[slot] = FALSE;
}

static const RelayFuncs relay_funcs = { on_opened, on_ended, on_freed, on_note };

/* ---- hooks ---- */

static RflHookResult
on_ready (RflEvent *event, gpointer data, GError **error)
{
  app_tell_newcomer (data, event->participant, TRUE);
  return RFL_HOOK_CONTINUE;
}

/* Into the room, perhaps from the lobby. */
static RflHookResult
on_came (RflEvent *event, gpointer data, GError **error)
{
  if (!event->participant->origin)
    app_tell_newcomer (data, event->participant, FALSE);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_left (RflEvent *event, gpointer data, GError **error)
{
  if (!event->participant->origin)
    app_forget_viewer (data, event->participant);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_link_up (RflEvent *event, gpointer data, GError **error)
{
  app_link_up (data, event->name);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_link_down (RflEvent *event, gpointer data, GError **error)
{
  app_link_down (data, event->name);
  return RFL_HOOK_CONTINUE;
}

static gboolean
add_hooks (AppShare *app, GError **error)
{
  const RflHook hooks[] = {
    { "appshare/ready", RFL_EVENT_CONTROL_READY, RFL_HOOK_NORMAL, NULL, NULL, on_ready, app },
    { "appshare/joined", RFL_EVENT_PARTICIPANT_JOINED, RFL_HOOK_LATE, NULL, NULL, on_came, app },
    { "appshare/admitted", RFL_EVENT_PARTICIPANT_ADMITTED, RFL_HOOK_LATE, NULL, NULL, on_came,
      app },
    { "appshare/left", RFL_EVENT_PARTICIPANT_LEFT, RFL_HOOK_NORMAL, NULL, NULL, on_left, app },
    { "appshare/link-up", RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, NULL, NULL, on_link_up, app },
    { "appshare/link-down", RFL_EVENT_LINK_DOWN, RFL_HOOK_NORMAL, NULL, NULL, on_link_down, app }
  };

  return rfl_bus_add_hooks (rfl_core_get_bus (app->core), hooks, G_N_ELEMENTS (hooks), app->hooks,
                            error);
}

/* ---- the plugin's life ---- */

/* Relay's counters, other ways, and whoever could not be told. */
static void
on_timer (gpointer data)
{
  AppShare *app = data;
  g_autoptr (GPtrArray) items = NULL;

  app_count_relay (app);
  app_ways_tick (app);
  if (!app->retry)
    return;
  app->retry = FALSE;
  items = app_list (app);
  for (guint i = 0; i < items->len; i++)
    app_announce_all (items->pdata[i]);
}

gpointer
appshare_new (RflCore *core)
{
  AppShare *app = g_new0 (AppShare, 1);

  app->core = core;
  app->clock = rfl_core_get_clock (core);
  app->relay = relay_new (rfl_core_get_context (core), &relay_funcs, app);
  app->items = g_hash_table_new (g_str_hash, g_str_equal);
  app->lost = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, app_lost_free);
  app->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  app->counters = app_counters_new (core);
  return app;
}

gboolean
appshare_configure (gpointer self, const RflSettings *settings, GError **error)
{
  return appshare_read_options (self, settings, error);
}

/* Of shares and connections to come. */
RflReload
appshare_reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  return appshare_read_options (self, settings, error) ? RFL_RELOAD_APPLIED : RFL_RELOAD_FAILED;
}

static void
find_services (AppShare *app)
{
  app->control = rfl_core_find_service (app->core, RFL_CONTROL_SERVICE, RFL_CONTROL_VERSION,
                                        &app->control_self);
  app->links =
      rfl_core_find_service (app->core, RFL_LINKS_SERVICE, RFL_LINKS_VERSION, &app->links_self);
  if (app->control)
    app->control_id = app->control->add (app->control_self, RFL_SHARE_CONTROL, app_on_control, app);
  if (app->links)
    app->links_id = app->links->add (app->links_self, RFL_SHARE_CONTROL, app_on_link, app);
}

gboolean
appshare_start (gpointer self, GError **error)
{
  AppShare *app = self;

  app->running = relay_start (app->relay, error);
  app->offered = app->running && add_hooks (app, error)
                 && rfl_core_offer_service (app->core, RFL_SHARES_SERVICE, RFL_SHARES_VERSION,
                                            &app_shares, app, error);
  if (!app->offered)
    {
      appshare_stop (app);
      return FALSE;
    }
  find_services (app);
  app->timer = rfl_timer_new (app->clock, "appshare", on_timer, app);
  rfl_timer_repeat (app->timer, G_TIME_SPAN_SECOND);
  return TRUE;
}

void
appshare_stop (gpointer self)
{
  AppShare *app = self;
  g_autoptr (GPtrArray) items = app_list (app);

  rfl_bus_remove_hooks (rfl_core_get_bus (app->core), app->hooks);
  for (guint i = 0; i < items->len; i++)
    {
      AppItem *item = items->pdata[i];
      item->lost = item->via != NULL;
      app_item_end (item, "the reflector stops", FALSE);
    }
  g_hash_table_remove_all (app->lost);
  if (app->control)
    app->control->remove (app->control_self, app->control_id);
  if (app->links)
    app->links->remove (app->links_self, app->links_id);
  app->control = NULL;
  app->links = NULL;
  if (app->offered)
    rfl_core_withdraw_service (app->core, RFL_SHARES_SERVICE);
  app->offered = FALSE;
  g_clear_pointer (&app->timer, rfl_timer_free);
  if (app->running)
    {
      relay_stop (app->relay);
      app_count_relay (app);
    }
  app->running = FALSE;
}

void
appshare_free (gpointer self)
{
  AppShare *app = self;

  appshare_stop (app);
  relay_free (app->relay);
  app_options_clear (&app->options);
  g_clear_object (&app->limits.certificate);
  g_clear_object (&app->limits.authorities);
  g_hash_table_unref (app->items);
  g_hash_table_unref (app->lost);
  g_array_unref (app->hooks);
  g_free (app);
}
