/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugins that run: made, configured and started in order, undone in reverse. Not where they
 * are found or chosen.
 */
#include "core/plugin.h"

struct _RflPluginSet {
  RflCore *core;
  GPtrArray *entries; /* in order of start */
};

static PluginEntry *
get (const RflPluginSet *set, guint index)
{
  return set->entries->pdata[index];
}

/* Plugins may fail without a word; the operator needs one. */
static void
explain (const PluginEntry *entry, const char *what, GError **error)
{
  if (!*error)
    g_set_error (error, RFL_ERROR, RFL_ERROR_FAILED, "it does not say why");
  if (g_error_matches (*error, RFL_ERROR, RFL_ERROR_CONFIG))
    return; /* begins with file and line */
  g_prefix_error (error, "plugin %s cannot %s: ", entry->plugin.name, what);
}

static gboolean
configure (RflPluginSet *set, PluginEntry *entry, GError **error)
{
  const RflPlugin *plugin = &entry->plugin;

  if (!plugin_requirements_met (set->entries, entry, error))
    return FALSE;
  entry->self = plugin->new (set->core);
  entry->state = PLUGIN_CONFIGURED;
  if (!plugin->configure || plugin->configure (entry->self, entry->settings, error))
    return TRUE;
  explain (entry, "be configured", error);
  plugin->free (entry->self);
  entry->self = NULL;
  entry->state = PLUGIN_FAILED;
  return FALSE;
}

static gboolean
start (RflPluginSet *set, PluginEntry *entry, GError **error)
{
  const RflPlugin *plugin = &entry->plugin;

  if (!plugin_requirements_met (set->entries, entry, error))
    return FALSE;
  if (!plugin->start || plugin->start (entry->self, error))
    {
      entry->state = PLUGIN_STARTED;
      return TRUE;
    }
  explain (entry, "start", error);
  return FALSE;
}

/* Runs @step for each plugin in @state; optional ones may fail. */
static gboolean
for_each (RflPluginSet *set, PluginState state,
          gboolean (*step) (RflPluginSet *, PluginEntry *, GError **), GError **error)
{
  for (guint i = 0; i < set->entries->len; i++)
    {
      PluginEntry *entry = get (set, i);
      GError *failure = NULL;
      if (entry->state != state || step (set, entry, &failure))
        continue;
      if (!plugin_leave_out (entry, &failure))
        {
          g_propagate_error (error, failure);
          return FALSE;
        }
    }
  return TRUE;
}

RflPluginSet *
plugin_set_new (RflCore *core, GPtrArray *entries, GError **error)
{
  RflPluginSet *set = g_new0 (RflPluginSet, 1);

  set->core = core;
  set->entries = entries;
  if (plugin_sort (entries, error) && for_each (set, PLUGIN_LOADED, configure, error))
    return set;
  plugin_set_free (set);
  return NULL;
}

gboolean
plugin_set_start (RflPluginSet *set, GError **error)
{
  if (for_each (set, PLUGIN_CONFIGURED, start, error))
    return TRUE;
  plugin_set_stop (set);
  return FALSE;
}

void
plugin_set_stop (RflPluginSet *set)
{
  for (guint i = set->entries->len; i-- > 0;)
    {
      PluginEntry *entry = get (set, i);
      if (entry->state != PLUGIN_STARTED)
        continue;
      entry->state = PLUGIN_CONFIGURED;
      if (entry->plugin.stop)
        entry->plugin.stop (entry->self);
      plugin_take_leftovers (set->core, &entry->plugin);
    }
}

/* Also instances that failed to start. */
void
plugin_set_free (RflPluginSet *set)
{
  if (!set)
    return;
  for (guint i = set->entries->len; i-- > 0;)
    {
      PluginEntry *entry = get (set, i);
      if (entry->self)
        entry->plugin.free (entry->self);
      plugin_entry_free (entry);
    }
  g_ptr_array_set_free_func (set->entries, NULL);
  g_ptr_array_unref (set->entries);
  g_free (set);
}

const GPtrArray *
plugin_set_get_entries (const RflPluginSet *set)
{
  return set->entries;
}

static gboolean
are_equal (const RflSettings *a, const RflSettings *b)
{
  g_autofree char *x = rfl_settings_to_text (a), *y = rfl_settings_to_text (b);

  return g_str_equal (x, y);
}

static RflReload
reconfigure (PluginEntry *entry, const RflSettings *settings, GError **error)
{
  if (entry->plugin.reconfigure)
    return entry->plugin.reconfigure (entry->self, settings, error);
  return are_equal (entry->settings, settings) ? RFL_RELOAD_APPLIED : RFL_RELOAD_RESTART;
}

/* Gives back the old settings to the plugins before @end. */
static void
give_back (RflPluginSet *set, GPtrArray *settings, const gboolean *changed, guint end)
{
  while (end-- > 0)
    {
      PluginEntry *entry = get (set, end);
      g_autoptr (GError) error = NULL;
      gpointer newer = entry->settings;
      if (!changed[end])
        continue;
      if (reconfigure (entry, settings->pdata[end], &error) != RFL_RELOAD_APPLIED)
        rfl_warning (NULL, "plugin %s does not take its old settings back: %s", entry->plugin.name,
                     error ? error->message : "it needs a restart");
      entry->settings = settings->pdata[end];
      settings->pdata[end] = newer;
    }
}

/* All that has changed waits, also what alone could have been applied. */
static void
warn_restart (const PluginEntry *entry, const RflSettings *newer)
{
  g_autofree char *names = rfl_settings_diff (entry->settings, newer);

  rfl_warning (NULL, "plugin %s needs a restart of the daemon for its new settings (%s)",
               entry->plugin.name, names);
}

gboolean
plugin_set_reconfigure (RflPluginSet *set, GPtrArray *settings, GError **error)
{
  g_autofree gboolean *changed = g_new0 (gboolean, set->entries->len);

  for (guint i = 0; i < set->entries->len; i++)
    {
      PluginEntry *entry = get (set, i);
      GError *failure = NULL;
      gpointer newer = settings->pdata[i];
      RflReload result = newer ? reconfigure (entry, newer, &failure) : RFL_RELOAD_APPLIED;
      if (result == RFL_RELOAD_FAILED)
        {
          explain (entry, "be reconfigured", &failure);
          g_propagate_error (error, failure);
          give_back (set, settings, changed, i);
          return FALSE;
        }
      g_clear_error (&failure);
      if (result == RFL_RELOAD_RESTART)
        warn_restart (entry, newer);
      changed[i] = newer && result == RFL_RELOAD_APPLIED;
      if (!changed[i])
        continue;
      settings->pdata[i] = entry->settings; /* freed when all have changed */
      entry->settings = newer;
    }
  return TRUE;
}
