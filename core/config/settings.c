/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The checked values of one group: built from files, classic lines and defaults, and lent to
 * the plugin. Not the place where a value's syntax is judged (value.c).
 */
#include "core/config/private.h"
#include <string.h>

RflSettings *
conf_settings_new (const char *path, const RflOption *table, ConfPlace place)
{
  static const RflOption none[] = { RFL_OPTION_END };
  RflSettings *settings = g_new0 (RflSettings, 1);

  settings->path = g_strdup (path);
  settings->table = table ? table : none;
  settings->place = place;
  while (settings->table[settings->n].name)
    settings->n++;
  settings->values = g_new0 (ConfValue, settings->n);
  for (guint i = 0; i < settings->n; i++)
    conf_value_init (&settings->values[i], &settings->table[i]);
  return settings;
}

void
rfl_settings_free (RflSettings *settings)
{
  if (!settings)
    return;
  for (guint i = 0; i < settings->n; i++)
    conf_value_clear (&settings->values[i]);
  g_free (settings->values);
  g_free (settings->path);
  g_free (settings);
}

gboolean
conf_option_is_real (const RflOption *option)
{
  return option->type != RFL_OPTION_IGNORED;
}

static ConfValue *
find (const RflSettings *settings, const char *name, const RflOption **option)
{
  for (guint i = 0; i < settings->n; i++)
    if (strcmp (settings->table[i].name, name) == 0 && conf_option_is_real (&settings->table[i]))
      {
        *option = &settings->table[i];
        return &settings->values[i];
      }
  return NULL;
}

static gboolean
unknown_option (const RflSettings *settings, const char *name, ConfPlace place, gboolean enabled,
                GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (guint i = 0; i < settings->n; i++)
    if (conf_option_is_real (&settings->table[i]))
      g_ptr_array_add (names, (char *) settings->table[i].name);
  if (enabled)
    g_ptr_array_add (names, (char *) "enabled");
  g_ptr_array_add (names, NULL);
  const char *meant = conf_suggest (name, (const char *const *) names->pdata);
  if (meant)
    return conf_error (error, place, "%s.%s: unknown option, did you mean '%s'?", settings->path,
                       name, meant);
  g_autofree char *all = g_strjoinv (", ", (char **) names->pdata);
  return conf_error (error, place, "%s.%s: unknown option, there are: %s", settings->path, name,
                     all);
}

/* Groups add up; everything else is given once. */
static gboolean
check_first (const ConfValue *value, const ConfSubject *subject, GError **error)
{
  if (!value->is_set || subject->option->type == RFL_OPTION_GROUPS)
    return TRUE;
  return conf_subject_error (error, subject, "is given a second time, the first one is %s:%u",
                             value->place.file, value->place.line);
}

static void
mark_set (ConfValue *value, ConfPlace place)
{
  if (value->is_set)
    return;
  value->is_set = TRUE;
  value->place = place;
}

gboolean
conf_settings_read (RflSettings *settings, const ConfFile *file, config_setting_t *group,
                    gboolean enabled, GError **error)
{
  int n = config_setting_length (group);

  for (int i = 0; i < n; i++)
    {
      config_setting_t *setting = config_setting_get_elem (group, i);
      const char *name = config_setting_name (setting);
      ConfPlace place = conf_file_get_place (file, setting);
      const RflOption *option;

      if (enabled && strcmp (name, "enabled") == 0)
        continue;
      ConfValue *value = find (settings, name, &option);
      if (!value)
        return unknown_option (settings, name, place, enabled, error);
      ConfSubject subject = { option, settings->path, place };
      if (!check_first (value, &subject, error)
          || !conf_value_read (value, &subject, file, setting, error))
        return FALSE;
      mark_set (value, place);
    }
  return TRUE;
}

/* The words of a line are entries, after those that are there. */
static gboolean
read_words (ConfValue *value, const ConfSubject *subject, char *const *words, GError **error)
{
  for (; *words; words++)
    if (!conf_value_add_word (value, subject, *words, error))
      return FALSE;
  return TRUE;
}

/* `KEYWORD a b …` as one entry of a GROUPS option. */
static gboolean
read_entry (ConfValue *value, const ConfSubject *subject, const ConfLine *line, GError **error)
{
  g_autofree char *path =
      g_strdup_printf ("%s.%s[%u]", subject->path, subject->option->name, value->groups->len);
  RflSettings *entry = conf_settings_new (path, subject->option->members, line->place);

  g_ptr_array_add (value->groups, entry);
  for (guint i = 0; line->arguments[i]; i++)
    {
      if (i == entry->n)
        return conf_subject_error (error, subject, "%s takes at most %u words", line->keyword,
                                   entry->n);
      ConfSubject member = { &entry->table[i], path, line->place };
      mark_set (&entry->values[i], line->place);
      if (entry->table[i].type == RFL_OPTION_STRINGS)
        {
          if (!read_words (&entry->values[i], &member, &line->arguments[i], error))
            return FALSE;
          break;
        }
      if (!conf_value_read_word (&entry->values[i], &member, line->arguments[i], error))
        return FALSE;
    }
  return conf_settings_finish (entry, error);
}

/* Lists add up. */
static gboolean
read_list (ConfValue *value, const ConfSubject *subject, const ConfLine *line, GError **error)
{
  if (subject->option->type == RFL_OPTION_GROUPS)
    {
      if (!read_entry (value, subject, line, error))
        return FALSE;
    }
  else if (line->arguments[0] == NULL)
    return conf_subject_error (error, subject, "%s takes at least one word", line->keyword);
  else if (!read_words (value, subject, line->arguments, error))
    return FALSE;
  mark_set (value, line->place);
  return TRUE;
}

gboolean
conf_settings_read_line (RflSettings *settings, const RflOption *option, const ConfLine *line,
                         GError **error)
{
  ConfSubject subject = { option, settings->path, line->place };
  ConfValue *value = &settings->values[option - settings->table];

  if (option->type == RFL_OPTION_GROUPS || option->type == RFL_OPTION_STRINGS)
    return read_list (value, &subject, line, error);
  if (!check_first (value, &subject, error))
    return FALSE;
  if (g_strv_length (line->arguments) != 1)
    return conf_subject_error (error, &subject, "%s takes exactly one word", line->keyword);
  if (!conf_value_read_word (value, &subject, line->arguments[0], error))
    return FALSE;
  mark_set (value, line->place);
  return TRUE;
}

gboolean
conf_settings_finish (RflSettings *settings, GError **error)
{
  for (guint i = 0; i < settings->n; i++)
    {
      ConfSubject subject = { &settings->table[i], settings->path, settings->place };
      if (settings->values[i].is_set)
        continue;
      if (settings->table[i].required)
        return conf_subject_error (error, &subject, "is missing");
      if (!conf_value_read_fallback (&settings->values[i], &subject, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- what plugins ask ---- */

static const ConfValue *
get (const RflSettings *settings, const char *name, RflOptionType type)
{
  const RflOption *option = NULL;
  const ConfValue *value = find (settings, name, &option);

  if (!value || option->type != type)
    g_error ("the options of %s have no such %s of this type", settings->path, name);
  return value;
}

gboolean
rfl_settings_get_bool (const RflSettings *s, const char *name)
{
  return get (s, name, RFL_OPTION_BOOL)->boolean;
}

gint64
rfl_settings_get_int (const RflSettings *s, const char *name)
{
  return get (s, name, RFL_OPTION_INT)->integer;
}

double
rfl_settings_get_double (const RflSettings *s, const char *name)
{
  return get (s, name, RFL_OPTION_DOUBLE)->number;
}

const char *
rfl_settings_get_string (const RflSettings *s, const char *name)
{
  const RflOption *option = NULL;

  find (s, name, &option);
  return get (s, name,
              option && option->type == RFL_OPTION_SECRET ? RFL_OPTION_SECRET : RFL_OPTION_STRING)
      ->string;
}

const char *const *
rfl_settings_get_strings (const RflSettings *s, const char *name)
{
  return (const char *const *) get (s, name, RFL_OPTION_STRINGS)->strings->pdata;
}

guint
rfl_settings_get_n_groups (const RflSettings *s, const char *name)
{
  return get (s, name, RFL_OPTION_GROUPS)->groups->len;
}

const RflSettings *
rfl_settings_get_group (const RflSettings *s, const char *name, guint index)
{
  const GPtrArray *groups = get (s, name, RFL_OPTION_GROUPS)->groups;

  g_return_val_if_fail (index < groups->len, NULL);
  return g_ptr_array_index (groups, index);
}

gboolean
rfl_settings_is_set (const RflSettings *s, const char *name)
{
  const RflOption *option;
  const ConfValue *value = find (s, name, &option);

  g_return_val_if_fail (value != NULL, FALSE);
  return value->is_set;
}

const char *
rfl_settings_get_file (const RflSettings *s, const char *name)
{
  const RflOption *option;
  const ConfValue *value = find (s, name, &option);

  g_return_val_if_fail (value != NULL, NULL);
  return value->is_set && value->place.line > 0 ? value->place.file : NULL;
}

gboolean
rfl_settings_set_error (const RflSettings *s, const char *name, GError **error, const char *format,
                        ...)
{
  const RflOption *option;
  const ConfValue *value = name ? find (s, name, &option) : NULL;
  ConfPlace place = value && value->is_set ? value->place : s->place;
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  if (!name)
    return conf_error (error, place, "%s: %s", s->path, message);
  return conf_error (error, place, "%s.%s: %s", s->path, name, message);
}
