/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One option's value: type, range and choice, from libconfig's tree, from a word of a classic
 * line, or from the table's default. Which options a group has is settings.c's business.
 */
#include "core/config/private.h"
#include <math.h>
#include <string.h>

gboolean
conf_subject_error (GError **error, const ConfSubject *subject, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  return conf_error (error, subject->place, "%s.%s: %s", subject->path, subject->option->name,
                     message);
}

void
conf_value_init (ConfValue *value, const RflOption *option)
{
  memset (value, 0, sizeof *value);
  if (option->type == RFL_OPTION_STRINGS)
    {
      value->strings = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (value->strings, NULL);
    }
  if (option->type == RFL_OPTION_GROUPS)
    value->groups = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_settings_free);
}

void
conf_value_clear (ConfValue *value)
{
  g_clear_pointer (&value->string, g_free);
  g_clear_pointer (&value->strings, g_ptr_array_unref);
  g_clear_pointer (&value->groups, g_ptr_array_unref);
}

static const char *
type_name (RflOptionType type)
{
  static const char *const names[] = { [RFL_OPTION_BOOL] = "true or false",
                                       [RFL_OPTION_INT] = "an integer",
                                       [RFL_OPTION_DOUBLE] = "a number",
                                       [RFL_OPTION_STRING] = "a string",
                                       [RFL_OPTION_STRINGS] = "strings: [ \"…\", \"…\" ]",
                                       [RFL_OPTION_GROUPS] = "groups: ( { … }, { … } )",
                                       [RFL_OPTION_IGNORED] = "nothing",
                                       [RFL_OPTION_SECRET] = "a string" };
  return names[type];
}

static const char *
found_name (const config_setting_t *setting)
{
  switch (config_setting_type (setting))
    {
    case CONFIG_TYPE_BOOL:
      return "true or false";
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
      return "an integer";
    case CONFIG_TYPE_FLOAT:
      return "a number with a fraction";
    case CONFIG_TYPE_STRING:
      return "a string";
    case CONFIG_TYPE_GROUP:
      return "a group";
    case CONFIG_TYPE_ARRAY:
      return "an array";
    default:
      return "a list";
    }
}

static gboolean
wrong_type (const ConfSubject *subject, const config_setting_t *setting, GError **error)
{
  return conf_subject_error (error, subject, "is %s, must be %s", found_name (setting),
                             type_name (subject->option->type));
}

/* What range @o allows, as words. */
static char *
describe_range (const RflOption *o)
{
  if (o->max == G_MAXINT64)
    return g_strdup_printf ("at least %" G_GINT64_FORMAT, o->min);
  if (o->min == G_MININT64)
    return g_strdup_printf ("at most %" G_GINT64_FORMAT, o->max);
  return g_strdup_printf ("%" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, o->min, o->max);
}

static gboolean
set_integer (ConfValue *value, const ConfSubject *subject, gint64 i, GError **error)
{
  const RflOption *o = subject->option;

  value->integer = i;
  if ((o->min == 0 && o->max == 0) || (i >= o->min && i <= o->max))
    return TRUE;
  g_autofree char *range = describe_range (o);
  return conf_subject_error (error, subject, "is %" G_GINT64_FORMAT ", must be %s", i, range);
}

static gboolean
set_number (ConfValue *value, const ConfSubject *subject, double d, GError **error)
{
  const RflOption *o = subject->option;

  value->number = d;
  if (!isfinite (d))
    return conf_subject_error (error, subject, "is not a finite number");
  if ((o->min == 0 && o->max == 0) || (d >= o->min && d <= o->max))
    return TRUE;
  g_autofree char *range = describe_range (o);
  return conf_subject_error (error, subject, "is %g, must be %s", d, range);
}

void
conf_quote (const char *text, GString *out)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p; p++)
    if (*p == '"' || *p == '\\')
      g_string_append_printf (out, "\\%c", *p);
    else if ((guchar) *p < 0x20 || *p == 0x7f)
      g_string_append_printf (out, "\\x%02x", (guchar) *p);
    else
      g_string_append_c (out, *p);
  g_string_append_c (out, '"');
}

#define MAX_SHOWN 64

/* For a message of one line: the operator's @text, shortened. */
static char *
show (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  gboolean whole = g_utf8_strlen (valid, -1) <= MAX_SHOWN;
  const char *end = whole ? strchr (valid, '\0') : g_utf8_offset_to_pointer (valid, MAX_SHOWN);
  g_autofree char *begin = g_strndup (valid, end - valid);
  GString *out = g_string_new (NULL);

  conf_quote (begin, out);
  if (!whole)
    g_string_append (out, "…");
  return g_string_free (out, FALSE);
}

/* Whether @text may be a value of this option at all. */
static gboolean
check_string (const ConfSubject *subject, const char *text, GError **error)
{
  const char *const *choices = subject->option->choices;

  if (!g_utf8_validate (text, -1, NULL))
    return conf_subject_error (error, subject, "is not valid UTF-8");
  if (!choices || g_strv_contains (choices, text))
    return TRUE;
  g_autofree char *all = g_strjoinv ("\", \"", (char **) choices);
  g_autofree char *shown = show (text);
  return conf_subject_error (error, subject, "is %s, must be one of \"%s\"", shown, all);
}

static gboolean
set_string (ConfValue *value, const ConfSubject *subject, const char *text, GError **error)
{
  if (!check_string (subject, text, error))
    return FALSE;
  g_free (value->string);
  value->string = g_strdup (text);
  return TRUE;
}

static gboolean
read_strings (ConfValue *value, const ConfSubject *subject, config_setting_t *setting,
              GError **error)
{
  int type = config_setting_type (setting);
  int n = config_setting_length (setting);

  if (type != CONFIG_TYPE_ARRAY && type != CONFIG_TYPE_LIST)
    return wrong_type (subject, setting, error);
  g_ptr_array_set_size (value->strings, 0);
  for (int i = 0; i < n; i++)
    {
      config_setting_t *element = config_setting_get_elem (setting, i);
      if (config_setting_type (element) != CONFIG_TYPE_STRING)
        return conf_subject_error (error, subject, "has %s in it, must be %s", found_name (element),
                                   type_name (RFL_OPTION_STRINGS));
      const char *text = config_setting_get_string (element);
      if (!check_string (subject, text, error))
        return FALSE;
      g_ptr_array_add (value->strings, g_strdup (text));
    }
  g_ptr_array_add (value->strings, NULL);
  return TRUE;
}

static gboolean
read_groups (ConfValue *value, const ConfSubject *subject, const ConfFile *file,
             config_setting_t *setting, GError **error)
{
  int n = config_setting_length (setting);

  if (config_setting_type (setting) != CONFIG_TYPE_LIST)
    return wrong_type (subject, setting, error);
  for (int i = 0; i < n; i++)
    {
      config_setting_t *element = config_setting_get_elem (setting, i);
      if (config_setting_type (element) != CONFIG_TYPE_GROUP)
        return conf_subject_error (error, subject, "has %s in it, must be %s", found_name (element),
                                   type_name (RFL_OPTION_GROUPS));
      g_autofree char *path =
          g_strdup_printf ("%s.%s[%u]", subject->path, subject->option->name, value->groups->len);
      RflSettings *group =
          conf_settings_new (path, subject->option->members, conf_file_get_place (file, element));
      g_ptr_array_add (value->groups, group);
      if (!conf_settings_read (group, file, element, FALSE, error)
          || !conf_settings_finish (group, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_number (ConfValue *value, const ConfSubject *subject, const config_setting_t *setting,
             GError **error)
{
  gboolean exact = subject->option->type == RFL_OPTION_INT;

  switch (config_setting_type (setting))
    {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
      if (exact)
        return set_integer (value, subject, config_setting_get_int64 (setting), error);
      return set_number (value, subject, config_setting_get_int64 (setting), error);
    case CONFIG_TYPE_FLOAT:
      if (!exact)
        return set_number (value, subject, config_setting_get_float (setting), error);
      /* fall through */
    default:
      return wrong_type (subject, setting, error);
    }
}

gboolean
conf_value_read (ConfValue *value, const ConfSubject *subject, const ConfFile *file,
                 config_setting_t *setting, GError **error)
{
  int type = config_setting_type (setting);

  switch (subject->option->type)
    {
    case RFL_OPTION_BOOL:
      if (type != CONFIG_TYPE_BOOL)
        return wrong_type (subject, setting, error);
      value->boolean = config_setting_get_bool (setting) == CONFIG_TRUE;
      return TRUE;
    case RFL_OPTION_INT:
    case RFL_OPTION_DOUBLE:
      return read_number (value, subject, setting, error);
    case RFL_OPTION_STRING:
    case RFL_OPTION_SECRET:
      if (type != CONFIG_TYPE_STRING)
        return wrong_type (subject, setting, error);
      return set_string (value, subject, config_setting_get_string (setting), error);
    case RFL_OPTION_STRINGS:
      return read_strings (value, subject, setting, error);
    case RFL_OPTION_GROUPS:
      return read_groups (value, subject, file, setting, error);
    case RFL_OPTION_IGNORED:
      break;
    }
  g_return_val_if_reached (FALSE);
}

gboolean
conf_value_add_word (ConfValue *value, const ConfSubject *subject, const char *word, GError **error)
{
  if (!check_string (subject, word, error))
    return FALSE;
  g_ptr_array_insert (value->strings, value->strings->len - 1, g_strdup (word));
  return TRUE;
}

gboolean
conf_value_read_word (ConfValue *value, const ConfSubject *subject, const char *word,
                      GError **error)
{
  RflOptionType type = subject->option->type;
  char *end = NULL;
  gint64 i;

  if (type == RFL_OPTION_STRING || type == RFL_OPTION_SECRET)
    return set_string (value, subject, word, error);
  if (type == RFL_OPTION_INT
      && g_ascii_string_to_signed (word, 10, G_MININT64, G_MAXINT64, &i, NULL))
    return set_integer (value, subject, i, error);
  if (type == RFL_OPTION_BOOL)
    {
      value->boolean = g_ascii_strcasecmp (word, "true") == 0;
      if (value->boolean || g_ascii_strcasecmp (word, "false") == 0)
        return TRUE;
    }
  if (type == RFL_OPTION_DOUBLE)
    {
      double d = g_ascii_strtod (word, &end);
      if (end != word && *end == '\0')
        return set_number (value, subject, d, error);
    }
  g_autofree char *shown = show (word);
  return conf_subject_error (error, subject, "is %s, must be %s", shown, type_name (type));
}

gboolean
conf_value_read_fallback (ConfValue *value, const ConfSubject *subject, GError **error)
{
  const char *fallback = subject->option->fallback;

  if (!fallback)
    return TRUE;
  g_autofree char *text = g_strdup_printf ("v = %s;", fallback);
  g_autoptr (ConfFile) file = conf_file_read_text ("built-in default", text, error);
  if (!file)
    {
      g_prefix_error (error, "%s.%s: ", subject->path, subject->option->name);
      return FALSE;
    }
  config_setting_t *setting = config_lookup (&file->tree, "v");
  ConfSubject inner = { subject->option, subject->path, conf_file_get_place (file, setting) };
  return conf_value_read (value, &inner, file, setting, error);
}
