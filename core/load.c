/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration meets the plugins: which of them run, with which settings, at start and at
 * each reload. Core's own options are here too. Not the reading of files (core/config/).
 */
#include "core/plugin.h"
#include <string.h>

static const char *const log_levels[] = { "error", "warning", "notice", "info", "debug", NULL };

static const RflOption core_options[] = {
  { .name = "id",
    .type = RFL_OPTION_STRING,
    .help = "This reflector's name among linked ones; not set: host name and a random number" },
  { .name = "workers",
    .type = RFL_OPTION_INT,
    .max = RFL_MAX_WORKERS,
    .help = "Threads of the packet path; 0: one per processor, at most 8" },
  { .name = "realtime",
    .type = RFL_OPTION_BOOL,
    .help = "Threads that carry media run before all else on the machine (SCHED_FIFO); needs "
            "CAP_SYS_NICE or LimitRTPRIO" },
  { .name = "log_level",
    .type = RFL_OPTION_STRING,
    .fallback = "\"info\"",
    .choices = log_levels,
    .help = "The least important lines that are logged" },
  { .name = "drain_time",
    .type = RFL_OPTION_INT,
    .fallback = "5",
    .max = 86400,
    .help = "Seconds that calls have to end after SIGTERM" },
  { .name = "plugin_path",
    .type = RFL_OPTION_STRINGS,
    .help = "Folders to look for plugins in, before the installed one" },
  { .name = "max_sessions",
    .type = RFL_OPTION_INT,
    .fallback = "2000",
    .min = 1,
    .max = 1000000,
    .help = "Sessions at a time" },
  { .name = "max_participants",
    .type = RFL_OPTION_INT,
    .fallback = "20000",
    .min = 1,
    .max = 1000000,
    .help = "Participants at a time, here and behind links" },
  { .name = "max_participants_per_session",
    .type = RFL_OPTION_INT,
    .fallback = "10000",
    .min = 1,
    .max = 1000000,
    .help = "Participants of one session, here and behind links" },
  { .name = "rtcp_summary_above",
    .type = RFL_OPTION_INT,
    .fallback = "32",
    .max = 1000000,
    .help = "Participants of a session up to which everybody gets everybody's RTCP reports; above, "
            "senders' only, and each source a summary of its receivers" },
  { .name = "rtcp_app_rate",
    .type = RFL_OPTION_INT,
    .fallback = "10",
    .min = 1,
    .max = 1000,
    .help = "RTCP APP packets a second that one participant may send in one medium" },
  { .name = "rtcp_copy_rate",
    .type = RFL_OPTION_INT,
    .fallback = "20000",
    .min = 1000,
    .max = 10000000,
    .help = "Copies a second, over all who get them, of one participant's RTCP in one medium" },
  { .name = "offer_timeout",
    .type = RFL_OPTION_INT,
    .fallback = "10",
    .min = 1,
    .max = 300,
    .help = "Seconds that a plugin may keep an offer waiting; then it is refused (SIP: 503)" },
  { .name = "stranger_rate",
    .type = RFL_OPTION_INT,
    .fallback = "50",
    .min = 1,
    .max = 100000,
    .help = "Packets a second of one unknown address that are looked at, twice as many at once" },
  { .name = "strangers_rate",
    .type = RFL_OPTION_INT,
    .fallback = "4000",
    .min = 1,
    .max = 1000000,
    .help = "The same of all unknown addresses together, for each worker; a quarter at once" },
  { .name = "license_file",
    .type = RFL_OPTION_IGNORED,
    .classic = "LICENSE_FILE",
    .help = "this reflector needs no licence file" },
  RFL_OPTION_END
};

/* What one reading of the configuration yields. */
typedef struct {
  RflSettings *core;
  char **folders;
  GPtrArray *entries; /* (element-type PluginEntry): those to run, with settings */
} Reading;

static void
reading_clear (Reading *reading)
{
  g_clear_pointer (&reading->core, rfl_settings_free);
  g_clear_pointer (&reading->folders, g_strfreev);
  g_clear_pointer (&reading->entries, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

static gboolean
check_core (const RflSettings *settings, GError **error)
{
  const char *id = rfl_settings_get_string (settings, "id");
  gsize n = id ? strlen (id) : 1;

  for (gsize i = 0; id && i < n; i++)
    if (!g_ascii_isgraph (id[i]))
      n = 0;
  if (n >= 1 && n <= 64)
    return TRUE;
  return rfl_settings_set_error (settings, "id", error,
                                 "1 to 64 printable ASCII characters without spaces are needed");
}

/* ---- which plugins ---- */

/* What the configuration says about one plugin. */
typedef struct {
  gboolean grouped, enabled;
} Wish;

static gboolean
get_wish (const RflConfig *config, const char *name, Wish *wish, GError **error)
{
  wish->grouped = rfl_config_has_group (config, name);
  wish->enabled = TRUE;
  return !wish->grouped || rfl_config_get_enabled (config, name, &wish->enabled, error);
}

/* Whether no group enables a plugin, so that the default ones run. */
static gboolean
wants_defaults (const RflConfig *config)
{
  const GPtrArray *groups = rfl_config_get_groups (config);

  for (guint i = 0; i < groups->len; i++)
    {
      const char *name = groups->pdata[i];
      gboolean enabled;
      if (strcmp (name, "core") != 0
          && (!rfl_config_get_enabled (config, name, &enabled, NULL) || enabled))
        return FALSE;
    }
  return TRUE;
}

/* A plugin that cannot be opened matters only if it was asked for. */
static gboolean
tolerate (const Wish *wish, gboolean defaults, GError **failure, GError **error)
{
  if (wish->grouped && wish->enabled)
    {
      g_propagate_error (error, g_steal_pointer (failure));
      return FALSE;
    }
  rfl_log_full (RFL_LOG_DOMAIN, defaults ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_DEBUG, NULL,
                "not used: %s", (*failure)->message);
  g_clear_error (failure);
  return TRUE;
}

/* Settings of a plugin that is switched off are checked and thrown away. */
static gboolean
read_plugin (Reading *reading, RflConfig *config, const char *name, gboolean defaults,
             GError **error)
{
  g_autofree char *file = plugin_find (reading->folders, name);
  g_autoptr (PluginEntry) entry = NULL;
  GError *failure = NULL;
  Wish wish;

  if (!file)
    return TRUE;
  if (!get_wish (config, name, &wish, error))
    return FALSE;
  entry = plugin_open (file, name, &failure);
  if (!entry)
    return tolerate (&wish, defaults, &failure, error);
  if (!wish.grouped && !rfl_config_has_classic (config, entry->plugin.options)
      && !(defaults && entry->plugin.flags & RFL_PLUGIN_DEFAULT))
    return TRUE;
  entry->settings = rfl_config_claim (config, name, entry->plugin.options, error);
  if (!entry->settings)
    return FALSE;
  if (wish.enabled)
    g_ptr_array_add (reading->entries, g_steal_pointer (&entry));
  return TRUE;
}

/* The operator also needs to know where plugins were looked for. */
static gboolean
check_unclaimed (const RflConfig *config, char **folders, GError **error)
{
  g_autofree char *searched = g_strjoinv (", ", folders);
  g_autoptr (GError) failure = NULL;

  if (rfl_config_check_unclaimed (config, &failure))
    return TRUE;
  g_set_error (error, failure->domain, failure->code, "%s [plugins are looked for in %s]",
               failure->message, searched);
  return FALSE;
}

static void
tell_notices (const RflConfig *config)
{
  const GPtrArray *notices = rfl_config_get_notices (config);

  for (guint i = 0; i < notices->len; i++)
    rfl_notice (NULL, "%s", (const char *) notices->pdata[i]);
}

/* Core's own group. */
static gboolean
read_core (Reading *reading, RflConfig *config, GError **error)
{
  gboolean enabled;

  reading->core = rfl_config_claim (config, "core", core_options, error);
  if (!reading->core || !rfl_config_get_enabled (config, "core", &enabled, error))
    return FALSE;
  if (!enabled)
    return rfl_settings_set_error (reading->core, NULL, error, "core cannot be switched off");
  return check_core (reading->core, error);
}

static gboolean
read_all (RflCore *core, const char *dir, Reading *reading, GError **error)
{
  g_autoptr (RflConfig) config = rfl_config_load (dir, error);
  g_autoptr (GPtrArray) names = NULL;
  gboolean defaults;

  if (!config || !read_core (reading, config, error))
    return FALSE;
  reading->folders =
      plugin_folders (core->plugin_path, rfl_settings_get_strings (reading->core, "plugin_path"));
  reading->entries = g_ptr_array_new_with_free_func ((GDestroyNotify) plugin_entry_free);
  names = plugin_list (reading->folders);
  defaults = wants_defaults (config);
  for (guint i = 0; i < names->len; i++)
    if (!read_plugin (reading, config, names->pdata[i], defaults, error))
      return FALSE;
  if (!check_unclaimed (config, reading->folders, error))
    return FALSE;
  tell_notices (config);
  return TRUE;
}

/* ---- core's own options ---- */

static guint
get_uint (const RflSettings *settings, const char *name)
{
  return (guint) rfl_settings_get_int (settings, name);
}

/* What can change while calls are up. */
static void
apply_core (RflCore *core, RflSettings *settings)
{
  core->limits =
      (RflCoreLimits){ get_uint (settings, "max_sessions"), get_uint (settings, "max_participants"),
                       get_uint (settings, "max_participants_per_session"),
                       rfl_settings_get_int (settings, "offer_timeout") * G_TIME_SPAN_SECOND };
  rfl_path_set_stranger_rates (core->path, get_uint (settings, "stranger_rate"),
                               get_uint (settings, "strangers_rate"));
  core->rtcp =
      (RflCoreRtcp){ get_uint (settings, "rtcp_summary_above"),
                     get_uint (settings, "rtcp_app_rate"), get_uint (settings, "rtcp_copy_rate") };
  core->drain_time = rfl_settings_get_int (settings, "drain_time") * G_TIME_SPAN_SECOND;
  if (core->log)
    rfl_log_set_level (core->log,
                       rfl_log_level_from_name (rfl_settings_get_string (settings, "log_level")));
  g_clear_pointer (&core->settings, rfl_settings_free);
  core->settings = settings;
}

/* What cannot. */
static void
apply_core_once (RflCore *core, const RflSettings *settings)
{
  const char *id = rfl_settings_get_string (settings, "id");
  guint workers = get_uint (settings, "workers");

  if (id)
    {
      g_free (core->id);
      core->id = g_strdup (id);
    }
  if (workers > 0)
    core->n_workers = workers;
  core->realtime = rfl_settings_get_bool (settings, "realtime");
}

gboolean
rfl_core_load (RflCore *core, const char *dir, GError **error)
{
  g_auto (Reading) reading = { 0 };

  g_return_val_if_fail (!core->plugins, FALSE);
  if (!read_all (core, dir, &reading, error))
    return FALSE;
  apply_core_once (core, reading.core);
  apply_core (core, g_steal_pointer (&reading.core));
  core->plugins = plugin_set_new (core, g_steal_pointer (&reading.entries), error);
  if (!core->plugins)
    return FALSE;
  core->config_dir = g_strdup (dir);
  return TRUE;
}

/* ---- reload ---- */

static PluginEntry *
find_entry (const GPtrArray *entries, const char *name)
{
  for (guint i = 0; i < entries->len; i++)
    if (strcmp (((PluginEntry *) entries->pdata[i])->plugin.name, name) == 0)
      return entries->pdata[i];
  return NULL;
}

/* The settings that @running plugins are to get, in their order. */
static GPtrArray *
match (const GPtrArray *running, const GPtrArray *read)
{
  GPtrArray *settings = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_settings_free);

  for (guint i = 0; i < running->len; i++)
    {
      const PluginEntry *entry = running->pdata[i];
      PluginEntry *other = find_entry (read, entry->plugin.name);
      if (!other)
        rfl_warning (NULL, "plugin %s is switched off: restart the daemon for that (%s.enabled)",
                     entry->plugin.name, entry->plugin.name);
      g_ptr_array_add (settings, other && entry->state == PLUGIN_STARTED
                                     ? g_steal_pointer (&other->settings)
                                     : NULL);
    }
  for (guint i = 0; i < read->len; i++)
    {
      const char *name = ((PluginEntry *) read->pdata[i])->plugin.name;
      if (!find_entry (running, name))
        rfl_warning (NULL, "plugin %s is new: restart the daemon for that (%s.enabled)", name,
                     name);
    }
  return settings;
}

/* Options of core that were read at start alone, before a plugin was loaded or a thread made. */
static void
warn_fixed (const RflCore *core, const RflSettings *settings)
{
  static const char *const fixed[] = { "id", "workers", "realtime", "plugin_path", NULL };
  g_autofree char *names = rfl_settings_diff (core->settings, settings);
  g_auto (GStrv) changed = g_strsplit (names, ", ", -1);

  for (char **name = changed; *name; name++)
    if (g_strv_contains (fixed, *name))
      rfl_warning (NULL, "core.%s has changed: restart the daemon for that", *name);
}

gboolean
rfl_core_reload (RflCore *core, GError **error)
{
  g_auto (Reading) reading = { 0 };
  g_autoptr (GPtrArray) settings = NULL;

  g_return_val_if_fail (core->plugins && core->started_at, FALSE);
  if (!read_all (core, core->config_dir, &reading, error))
    return FALSE;
  settings = match (plugin_set_get_entries (core->plugins), reading.entries);
  if (!plugin_set_reconfigure (core->plugins, settings, error))
    return FALSE;
  warn_fixed (core, reading.core);
  apply_core (core, g_steal_pointer (&reading.core));
  rfl_bus_emit (core->bus, rfl_event_new (RFL_EVENT_RELOADED), NULL, NULL);
  return TRUE;
}

/* ---- telling the operator ---- */

char *
rfl_core_print_config (RflCore *core)
{
  GString *out = g_string_new (NULL);

  g_return_val_if_fail (core->plugins, g_string_free (out, FALSE));
  rfl_settings_print (core->settings, out);
  for (guint i = 0; i < plugin_set_get_entries (core->plugins)->len; i++)
    {
      const PluginEntry *entry = plugin_set_get_entries (core->plugins)->pdata[i];
      if (entry->state != PLUGIN_FAILED)
        rfl_settings_print (entry->settings, out);
    }
  return g_string_free (out, FALSE);
}

char *
rfl_core_print_manual (RflCore *core)
{
  g_auto (GStrv) folders = plugin_folders (core->plugin_path, NULL);
  g_autoptr (GPtrArray) names = plugin_list (folders);
  GString *out = g_string_new (NULL);

  rfl_options_print_manual ("core", core_options, out);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *file = plugin_find (folders, names->pdata[i]);
      g_autoptr (PluginEntry) entry = file ? plugin_open (file, names->pdata[i], NULL) : NULL;
      if (entry)
        rfl_options_print_manual (names->pdata[i], entry->plugin.options, out);
    }
  return g_string_free (out, FALSE);
}
