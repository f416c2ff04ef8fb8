/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration of a folder: its files in order, their groups merged by name, and who has
 * claimed what. Not the checking of a group's options (settings.c).
 */
#include "core/config/private.h"
#include <string.h>

/* One `NAME: { … };` of one file. */
typedef struct {
  const ConfFile *file;
  config_setting_t *setting;
} Part;

typedef struct {
  const char *name;
  GArray *parts; /* (element-type Part), never empty */
  gboolean claimed;
} Group;

struct _RflConfig {
  GPtrArray *files; /* (element-type ConfFile) */
  GPtrArray *names; /* of the groups, in order */
  GHashTable *groups;
  GPtrArray *lines; /* (element-type ConfLine), lent by the files */
  GPtrArray *known; /* interned names of claimed groups and keywords of their lines */
  GPtrArray *notices;
};

static void
group_free (gpointer data)
{
  Group *group = data;

  g_array_unref (group->parts);
  g_free (group);
}

static RflConfig *
config_new (void)
{
  RflConfig *config = g_new0 (RflConfig, 1);

  config->files = g_ptr_array_new_with_free_func ((GDestroyNotify) conf_file_free);
  config->names = g_ptr_array_new ();
  config->groups = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, group_free);
  config->lines = g_ptr_array_new ();
  config->known = g_ptr_array_new ();
  config->notices = g_ptr_array_new_with_free_func (g_free);
  return config;
}

void
rfl_config_free (RflConfig *config)
{
  if (!config)
    return;
  g_hash_table_unref (config->groups);
  g_ptr_array_unref (config->names);
  g_ptr_array_unref (config->lines);
  g_ptr_array_unref (config->known);
  g_ptr_array_unref (config->notices);
  g_ptr_array_unref (config->files);
  g_free (config);
}

static void
add_part (RflConfig *config, Part part)
{
  const char *name = config_setting_name (part.setting);
  Group *group = g_hash_table_lookup (config->groups, name);

  if (!group)
    {
      group = g_new0 (Group, 1);
      group->name = name;
      group->parts = g_array_new (FALSE, FALSE, sizeof (Part));
      g_hash_table_insert (config->groups, (char *) name, group);
      g_ptr_array_add (config->names, (char *) name);
    }
  g_array_append_val (group->parts, part);
}

static gboolean
add_file (RflConfig *config, ConfFile *file, GError **error)
{
  config_setting_t *root = config_root_setting (&file->tree);

  g_ptr_array_add (config->files, file);
  for (int i = 0; i < config_setting_length (root); i++)
    {
      config_setting_t *setting = config_setting_get_elem (root, i);
      if (config_setting_type (setting) != CONFIG_TYPE_GROUP)
        return conf_error (error, conf_file_get_place (file, setting),
                           "%s: stands outside of a group, allowed are groups (NAME: { … };) and "
                           "classic lines (NAME VALUE)",
                           config_setting_name (setting));
      add_part (config, (Part){ file, setting });
    }
  for (guint i = 0; i < file->source->lines->len; i++)
    g_ptr_array_add (config->lines, g_ptr_array_index (file->source->lines, i));
  return TRUE;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* (transfer container): the names that end in .conf, in order */
static GPtrArray *
list_files (const char *dir, GError **error)
{
  g_autoptr (GError) failure = NULL;
  g_autoptr (GDir) handle = g_dir_open (dir, 0, &failure);
  const char *name;

  if (!handle)
    {
      g_set_error_literal (error, RFL_ERROR, RFL_ERROR_IO, failure->message);
      return NULL;
    }
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  while ((name = g_dir_read_name (handle)) != NULL)
    if (name[0] != '.' && g_str_has_suffix (name, ".conf"))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

static GPtrArray *
just_one (const char *name)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (names, g_strdup (name));
  return names;
}

RflConfig *
rfl_config_load (const char *path, GError **error)
{
  gboolean alone =
      g_file_test (path, G_FILE_TEST_EXISTS) && !g_file_test (path, G_FILE_TEST_IS_DIR);
  g_autofree char *dir = alone ? g_path_get_dirname (path) : g_strdup (path);
  g_autofree char *base = g_path_get_basename (path);
  g_autoptr (GPtrArray) names = alone ? just_one (base) : list_files (dir, error);

  if (!names)
    return NULL;
  g_autoptr (RflConfig) config = config_new ();
  for (guint i = 0; i < names->len; i++)
    {
      ConfFile *file = conf_file_read (dir, g_ptr_array_index (names, i), error);
      if (!file || !add_file (config, file, error))
        return NULL;
    }
  return g_steal_pointer (&config);
}

RflConfig *
rfl_config_load_text (const char *name, const char *text, GError **error)
{
  ConfFile *file = conf_file_read_text (name, text, error);

  if (!file)
    return NULL;
  g_autoptr (RflConfig) config = config_new ();
  if (!add_file (config, file, error))
    return NULL;
  return g_steal_pointer (&config);
}

const GPtrArray *
rfl_config_get_groups (const RflConfig *config)
{
  return config->names;
}

gboolean
rfl_config_has_group (const RflConfig *config, const char *group)
{
  return g_hash_table_contains (config->groups, group);
}

static const RflOption *
option_of_line (const RflOption *table, const ConfLine *line)
{
  for (; table && table->name; table++)
    if (table->classic && g_ascii_strcasecmp (table->classic, line->keyword) == 0)
      return table;
  return NULL;
}

gboolean
rfl_config_has_classic (const RflConfig *config, const RflOption *table)
{
  for (guint i = 0; i < config->lines->len; i++)
    if (option_of_line (table, g_ptr_array_index (config->lines, i)))
      return TRUE;
  return FALSE;
}

gboolean
rfl_config_get_enabled (const RflConfig *config, const char *group, gboolean *enabled,
                        GError **error)
{
  static const RflOption option = { .name = "enabled", .type = RFL_OPTION_BOOL };
  const Group *found = g_hash_table_lookup (config->groups, group);
  ConfPlace first = { NULL, 0 };

  *enabled = TRUE;
  for (guint i = 0; found && i < found->parts->len; i++)
    {
      const Part *part = &g_array_index (found->parts, Part, i);
      config_setting_t *setting = config_setting_get_member (part->setting, "enabled");
      if (!setting)
        continue;
      ConfSubject subject = { &option, group, conf_file_get_place (part->file, setting) };
      ConfValue value = { 0 };
      if (first.line > 0)
        return conf_subject_error (error, &subject,
                                   "is given a second time, the first one is %s:%u", first.file,
                                   first.line);
      if (!conf_value_read (&value, &subject, part->file, setting, error))
        return FALSE;
      *enabled = value.boolean;
      first = subject.place;
    }
  return TRUE;
}

static gboolean
read_parts (RflSettings *settings, const Group *group, GError **error)
{
  for (guint i = 0; i < group->parts->len; i++)
    {
      const Part *part = &g_array_index (group->parts, Part, i);
      if (!conf_settings_read (settings, part->file, part->setting, TRUE, error))
        return FALSE;
    }
  return TRUE;
}

static void
add_notice (RflConfig *config, const ConfLine *line, const RflOption *option)
{
  g_ptr_array_add (config->notices,
                   g_strdup_printf ("%s:%u: %s is read over: %s", line->place.file,
                                    line->place.line, option->classic, option->help));
}

const GPtrArray *
rfl_config_get_notices (const RflConfig *config)
{
  return config->notices;
}

static gboolean
read_lines (RflSettings *settings, RflConfig *config, GError **error)
{
  for (guint i = 0; i < config->lines->len; i++)
    {
      ConfLine *line = g_ptr_array_index (config->lines, i);
      const RflOption *option = option_of_line (settings->table, line);
      if (!option)
        continue;
      line->claimed = TRUE;
      if (option->type == RFL_OPTION_IGNORED)
        add_notice (config, line, option);
      else if (!conf_settings_read_line (settings, option, line, error))
        return FALSE;
    }
  return TRUE;
}

/* For "did you mean". */
static void
learn (RflConfig *config, const char *group, const RflOption *table)
{
  g_ptr_array_add (config->known, (gpointer) g_intern_string (group));
  for (; table && table->name; table++)
    if (table->classic)
      g_ptr_array_add (config->known, (gpointer) g_intern_string (table->classic));
}

/* Sets the error that @name, of a group or classic line, means nothing: @what. */
static gboolean
unknown_name (const RflConfig *config, ConfPlace place, const char *name, const char *what,
              GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_copy (config->known, NULL, NULL);

  g_ptr_array_add (names, NULL);
  const char *meant = conf_suggest (name, (const char *const *) names->pdata);
  if (meant)
    return conf_error (error, place, "%s: %s, did you mean '%s'?", name, what, meant);
  return conf_error (error, place, "%s: %s", name, what);
}

RflSettings *
rfl_config_claim (RflConfig *config, const char *group, const RflOption *table, GError **error)
{
  Group *found = g_hash_table_lookup (config->groups, group);
  ConfPlace place = { NULL, 0 };
  gboolean enabled;

  learn (config, group, table);
  if (found)
    {
      const Part *first = &g_array_index (found->parts, Part, 0);
      found->claimed = TRUE;
      place = conf_file_get_place (first->file, first->setting);
    }
  g_autoptr (RflSettings) settings = conf_settings_new (group, table, place);
  if (!rfl_config_get_enabled (config, group, &enabled, error)
      || (found && !read_parts (settings, found, error)) || !read_lines (settings, config, error)
      || !conf_settings_finish (settings, error))
    return NULL;
  return g_steal_pointer (&settings);
}

gboolean
rfl_config_check_unclaimed (const RflConfig *config, GError **error)
{
  for (guint i = 0; i < config->names->len; i++)
    {
      const char *name = g_ptr_array_index (config->names, i);
      const Group *group = g_hash_table_lookup (config->groups, name);
      const Part *part = &g_array_index (group->parts, Part, 0);
      gboolean enabled;

      if (!rfl_config_get_enabled (config, name, &enabled, error))
        return FALSE;
      if (enabled && !group->claimed)
        return unknown_name (config, conf_file_get_place (part->file, part->setting), name,
                             "there is no plugin of this name", error);
    }
  for (guint i = 0; i < config->lines->len; i++)
    {
      const ConfLine *line = g_ptr_array_index (config->lines, i);
      if (!line->claimed)
        return unknown_name (config, line->place, line->keyword,
                             "no plugin knows this line (a setting is NAME = VALUE, inside of a "
                             "group NAME: { … };)",
                             error);
    }
  return TRUE;
}

RflSettings *
rfl_settings_new_from_text (const char *group, const RflOption *table, const char *text,
                            GError **error)
{
  g_autofree char *whole = g_strdup_printf ("%s: { %s\n};", group, text);
  g_autoptr (RflConfig) config = rfl_config_load_text (group, whole, error);

  return config ? rfl_config_claim (config, group, table, error) : NULL;
}
