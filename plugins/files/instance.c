/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin from new() to free(), and its hooks. What it does with files is in item.c and http/. */
#define RFL_LOG_DOMAIN "files"
#include "plugins/files/files.h"

/* ---- what the other thread tells ---- */

static void
on_note (HttpStat what, const RflAddress *peer, const char *text, gpointer data)
{
  Files *files = data;
  char address[RFL_ADDRESS_STRLEN];
  RflLogFields fields = { NULL, NULL, peer->family ? rfl_address_format (peer, address) : NULL };
  guint held_back;

  if (!rfl_log_limit_pass (&files->log_peer, files->clock, &held_back))
    return;
  if (what == HTTP_DISK_ERRORS)
    rfl_warning (&fields, "spool: %s (%u more)", text, held_back);
  else
    rfl_info (&fields, "%s (%u more)", text, held_back);
}

static const HttpFuncs http_funcs = { files_on_ask, files_on_offered, files_on_gone, on_note };

/* ---- hooks ---- */

static RflHookResult
on_created (RflEvent *event, gpointer data, GError **error)
{
  Files *files = data;

  g_hash_table_add (files->rooms, g_strdup (event->session->name));
  files_open_page (files, event->session->name);
  files_look_for_rooms (files);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_ended (RflEvent *event, gpointer data, GError **error)
{
  Files *files = data;

  files_close_page (files, event->session->name);
  g_hash_table_remove (files->rooms, event->session->name);
  http_end_room (files->http, event->session->name);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_came (RflEvent *event, gpointer data, GError **error)
{
  if (files_is_in (event->participant))
    files_tell_newcomer (data, event->participant);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_ready (RflEvent *event, gpointer data, GError **error)
{
  files_tell_again (data, event->participant);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_left (RflEvent *event, gpointer data, GError **error)
{
  files_forget_guest (data, event->participant);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_link_up (RflEvent *event, gpointer data, GError **error)
{
  files_link_up (data, event->name);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_link_down (RflEvent *event, gpointer data, GError **error)
{
  files_link_down (data, event->name);
  return RFL_HOOK_CONTINUE;
}

static gboolean
add_hooks (Files *files, GError **error)
{
  const RflHook hooks[] = {
    { "files/created", RFL_EVENT_SESSION_CREATED, RFL_HOOK_NORMAL, NULL, NULL, on_created, files },
    { "files/ended", RFL_EVENT_SESSION_ENDED, RFL_HOOK_NORMAL, NULL, NULL, on_ended, files },
    { "files/ready", RFL_EVENT_CONTROL_READY, RFL_HOOK_NORMAL, NULL, NULL, on_ready, files },
    { "files/joined", RFL_EVENT_PARTICIPANT_JOINED, RFL_HOOK_LATE, NULL, NULL, on_came, files },
    { "files/admitted", RFL_EVENT_PARTICIPANT_ADMITTED, RFL_HOOK_LATE, NULL, NULL, on_came, files },
    { "files/left", RFL_EVENT_PARTICIPANT_LEFT, RFL_HOOK_NORMAL, NULL, NULL, on_left, files },
    { "files/link-up", RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, NULL, NULL, on_link_up, files },
    { "files/link-down", RFL_EVENT_LINK_DOWN, RFL_HOOK_NORMAL, NULL, NULL, on_link_down, files }
  };

  return rfl_bus_add_hooks (rfl_core_get_bus (files->core), hooks, G_N_ELEMENTS (hooks),
                            files->hooks, error);
}

/* ---- the plugin's life ---- */

static void
on_timer (gpointer data)
{
  files_count_http (data);
  files_look_for_rooms (data);
  files_look_for_remotes (data);
  files_tell_late (data);
  files_link_tell_late (data);
}

gpointer
files_new (RflCore *core)
{
  Files *files = g_new0 (Files, 1);

  files->core = core;
  files->clock = rfl_core_get_clock (core);
  files->http = http_new (rfl_core_get_context (core), &http_funcs, files);
  files->items = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, files_item_free);
  files->remotes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, files_remote_free);
  files->guests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, files_guest_free);
  files->pages = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  files->wrong = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  files->rooms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  files->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  files->counters = files_counters_new (core);
  return files;
}

gboolean
files_configure (gpointer self, const RflSettings *settings, GError **error)
{
  return files_read_options (self, settings, error);
}

/* Where it listens, and the spool, stay as they are. */
RflReload
files_reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  Files *files = self;
  g_autofree char *spool = g_strdup (files->options.spool);
  g_autofree char *bind = g_strdup (files->options.bind);
  guint16 port = files->options.port;
  gboolean tls = files->tls, moved;

  if (!files_read_options (files, settings, error))
    return RFL_RELOAD_FAILED;
  moved = g_strcmp0 (spool, files->options.spool) || g_strcmp0 (bind, files->options.bind)
          || port != files->options.port || tls != files->tls;
  files->options.port = port;
  return moved ? RFL_RELOAD_RESTART : RFL_RELOAD_APPLIED;
}

static void
find_services (Files *files)
{
  files->control = rfl_core_find_service (files->core, RFL_CONTROL_SERVICE, RFL_CONTROL_VERSION,
                                          &files->control_self);
  files->links =
      rfl_core_find_service (files->core, RFL_LINKS_SERVICE, RFL_LINKS_VERSION, &files->links_self);
  if (files->links)
    files->links_id = files->links->add (files->links_self, RFL_FILE_CONTROL, files_on_link, files);
}

gboolean
files_start (gpointer self, GError **error)
{
  Files *files = self;
  const FilesOptions *options = &files->options;

  files->running = http_start (files->http, options->spool, options->bind, options->port, error);
  files->offered = files->running && add_hooks (files, error)
                   && rfl_core_offer_service (files->core, RFL_FILES_SERVICE, RFL_FILES_VERSION,
                                              &files_service, files, error);
  if (!files->offered)
    {
      files_stop (files);
      return FALSE;
    }
  find_services (files);
  files->timer = rfl_timer_new (files->clock, "files", on_timer, files);
  rfl_timer_repeat (files->timer, G_TIME_SPAN_SECOND);
  return TRUE;
}

void
files_stop (gpointer self)
{
  Files *files = self;

  rfl_bus_remove_hooks (rfl_core_get_bus (files->core), files->hooks);
  if (files->offered)
    rfl_core_withdraw_service (files->core, RFL_FILES_SERVICE);
  files->offered = FALSE;
  g_clear_pointer (&files->timer, rfl_timer_free);
  if (files->running)
    {
      http_stop (files->http);
      files_count_http (files);
    }
  files->running = FALSE;
  if (files->links)
    files->links->remove (files->links_self, files->links_id);
  files->control = NULL;
  files->links = NULL;
  g_hash_table_remove_all (files->items);
  g_hash_table_remove_all (files->remotes);
  g_hash_table_remove_all (files->guests);
  g_hash_table_remove_all (files->rooms);
  g_hash_table_remove_all (files->pages);
}

void
files_free (gpointer self)
{
  Files *files = self;

  files_stop (files);
  http_free (files->http);
  files_options_clear (&files->options);
  g_clear_object (&files->limits.certificate);
  g_clear_object (&files->limits.authorities);
  g_hash_table_unref (files->items);
  g_hash_table_unref (files->remotes);
  g_hash_table_unref (files->guests);
  g_hash_table_unref (files->rooms);
  g_hash_table_unref (files->pages);
  g_hash_table_unref (files->wrong);
  g_array_unref (files->hooks);
  g_free (files);
}
