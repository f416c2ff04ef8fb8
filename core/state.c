/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the reflector tells of itself on request: core, sessions, path, plugins, counters. How it
 * is written is in status.c.
 */
#include <config.h>

#include "core/plugin.h"
#include "core/status.h"

static void
tell_core (RflCore *core, RflStatus *status)
{
  gint64 now = rfl_clock_now (core->clock);
  g_autofree char *epoch =
      g_strdup_printf ("%016" G_GINT64_MODIFIER "x", core->epoch); /* too big for a number */

  rfl_status_begin_object (status, "core");
  rfl_status_add_string (status, "id", core->id);
  rfl_status_add_string (status, "version", PACKAGE_VERSION);
  rfl_status_add_string (status, "epoch", epoch);
  rfl_status_add_double (status, "uptime", core->started_at ? (now - core->started_at) / 1e6 : 0);
  rfl_status_add_bool (status, "draining", core->draining);
  rfl_status_add_int (status, "workers", core->n_workers);
  rfl_status_add_int (status, "log_lines_lost", core->log ? rfl_log_get_lost (core->log) : 0);
  rfl_status_add_int (status, "participants", g_hash_table_size (core->participants));
  rfl_status_end (status);
}

static void
tell_participant (const RflParticipant *participant, RflStatus *status)
{
  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "id", participant->id);
  rfl_status_add_string (status, "identity", participant->identity);
  rfl_status_add_string (status, "origin", participant->origin);
  rfl_status_add_bool (status, "waiting", participant->waiting);
  rfl_status_end (status);
}

static void
tell_sessions (RflCore *core, RflStatus *status)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (core);

  rfl_status_begin_array (status, "sessions");
  for (guint i = 0; i < sessions->len; i++)
    {
      const RflSession *session = sessions->pdata[i];
      rfl_status_begin_object (status, NULL);
      rfl_status_add_string (status, "name", session->name);
      rfl_status_add_int (status, "local", session->n_local);
      rfl_status_begin_array (status, "participants");
      for (guint j = 0; j < session->participants->len; j++)
        tell_participant (session->participants->pdata[j], status);
      rfl_status_end (status);
      rfl_status_end (status);
    }
  rfl_status_end (status);
}

static void
tell_plugins (RflCore *core, RflStatus *status)
{
  const GPtrArray *entries = core->plugins ? plugin_set_get_entries (core->plugins) : NULL;

  rfl_status_begin_object (status, "plugins");
  for (guint i = 0; entries && i < entries->len; i++)
    {
      const PluginEntry *entry = entries->pdata[i];
      if (entry->state == PLUGIN_STARTED && entry->plugin.status)
        rfl_status_call (status, entry->plugin.name, entry->plugin.status, entry->self);
      else if (entry->state == PLUGIN_STARTED)
        {
          rfl_status_begin_object (status, entry->plugin.name);
          rfl_status_end (status);
        }
    }
  rfl_status_end (status);
}

static void
tell_path (gpointer path, RflStatus *status)
{
  rfl_path_status (path, status);
}

char *
rfl_core_status (RflCore *core)
{
  RflStatus *status = rfl_status_new ();

  tell_core (core, status);
  rfl_process_status (status);
  tell_sessions (core, status);
  rfl_status_call (status, "path", tell_path, core->path);
  tell_plugins (core, status);
  rfl_counters_status (core, status);
  return rfl_status_finish (status);
}
