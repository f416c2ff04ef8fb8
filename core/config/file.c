/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One file (with what it includes) as libconfig's tree, each setting with its place. Knows
 * nothing of groups and options.
 */
#include "core/config/private.h"
#include <string.h>

static gboolean
parse (ConfFile *file, GError **error)
{
  if (!conf_source_finish (file->source, error))
    return FALSE;
  if (config_read_string (&file->tree, file->source->text->str) == CONFIG_TRUE)
    return TRUE;
  const char *text = config_error_text (&file->tree);
  ConfPlace place = conf_source_get_place (file->source, config_error_line (&file->tree));
  if (text && strcmp (text, "duplicate setting name") == 0)
    return conf_error (error, place, "a name stands here that its group has already");
  if (text && strcmp (text, "mismatched element type in array") == 0)
    return conf_error (error, place, "the elements of an array must be of one type");
  return conf_error (error, place, "%s (a setting is NAME = VALUE; a group is NAME: { … };)",
                     text ? text : "syntax error");
}

static ConfFile *
file_new (const char *dir)
{
  ConfFile *file = g_new0 (ConfFile, 1);

  config_init (&file->tree);
  file->source = conf_source_new (dir);
  return file;
}

ConfFile *
conf_file_read (const char *dir, const char *name, GError **error)
{
  g_autoptr (ConfFile) file = file_new (dir);
  g_autofree char *path = g_build_filename (dir, name, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) failure = NULL;
  gsize len;

  if (!g_file_get_contents (path, &text, &len, &failure))
    {
      g_set_error_literal (error, RFL_ERROR, RFL_ERROR_IO, failure->message);
      return NULL;
    }
  if (!conf_source_scan (file->source, path, text, len, 0, error) || !parse (file, error))
    return NULL;
  return g_steal_pointer (&file);
}

ConfFile *
conf_file_read_text (const char *name, const char *text, GError **error)
{
  g_autoptr (ConfFile) file = file_new (NULL);

  if (!conf_source_scan (file->source, name, text, strlen (text), 0, error) || !parse (file, error))
    return NULL;
  return g_steal_pointer (&file);
}

void
conf_file_free (ConfFile *file)
{
  config_destroy (&file->tree);
  conf_source_free (file->source);
  g_free (file);
}

ConfPlace
conf_file_get_place (const ConfFile *file, const config_setting_t *setting)
{
  return conf_source_get_place (file->source, config_setting_source_line (setting));
}
