/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Plugins as files: the folders they are looked for in, and shared objects. Runs none of
 * their functions.
 */
#include "core/plugin.h"
#include <gmodule.h>
#include <string.h>

#define SUFFIX ".so"

static void
add_folder (GPtrArray *folders, const char *folder)
{
  if (*folder && !g_ptr_array_find_with_equal_func (folders, folder, g_str_equal, NULL))
    g_ptr_array_add (folders, g_strdup (folder));
}

static void
add_path (GPtrArray *folders, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path ? path : "", ":", -1);

  for (guint i = 0; parts[i]; i++)
    add_folder (folders, parts[i]);
}

char **
plugin_folders (const char *first, const char *const *configured)
{
  GPtrArray *folders = g_ptr_array_new ();

  add_path (folders, first);
  add_path (folders, g_getenv ("REFLECTORD_PLUGIN_PATH"));
  for (; configured && *configured; configured++)
    add_folder (folders, *configured);
  add_folder (folders, RFL_PLUGIN_DIR);
  g_ptr_array_add (folders, NULL);
  return (char **) g_ptr_array_free (folders, FALSE);
}

char *
plugin_find (char **folders, const char *name)
{
  g_autofree char *base = g_strconcat (name, SUFFIX, NULL);

  for (; *folders; folders++)
    {
      g_autofree char *file = g_build_filename (*folders, base, NULL);
      if (g_file_test (file, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&file);
    }
  return NULL;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

GPtrArray *
plugin_list (char **folders)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (; *folders; folders++)
    {
      g_autoptr (GDir) dir = g_dir_open (*folders, 0, NULL);
      const char *file;
      while (dir && (file = g_dir_read_name (dir)))
        {
          g_autofree char *name = g_strndup (file, MAX (strlen (file), 3) - 3);
          if (g_str_has_suffix (file, SUFFIX) && *name
              && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
            g_ptr_array_add (names, g_steal_pointer (&name));
        }
    }
  g_ptr_array_sort (names, compare);
  return names;
}

/* The object stays whatever is in it: unloading would run code of its, too. */
static const RflPlugin *
load (const char *file, GError **error)
{
  GModule *module = g_module_open (file, G_MODULE_BIND_LOCAL);
  gpointer symbol = NULL;

  if (!module)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_PLUGIN, "%s", g_module_error ());
      return NULL;
    }
  g_module_make_resident (module);
  if (!g_module_symbol (module, "rfl_plugin", &symbol) || !symbol)
    g_set_error (error, RFL_ERROR, RFL_ERROR_PLUGIN, "it has no symbol rfl_plugin");
  g_module_close (module);
  return symbol;
}

PluginEntry *
plugin_open (const char *file, const char *name, GError **error)
{
  const RflPlugin *raw = load (file, error);
  PluginEntry *entry;

  if (!raw || !plugin_check_descriptor (raw, name, error))
    {
      g_prefix_error (error, "plugin %s (%s): ", name, file);
      return NULL;
    }
  entry = g_new0 (PluginEntry, 1);
  memcpy (&entry->plugin, raw, raw->size);
  return entry;
}

void
plugin_entry_free (PluginEntry *entry)
{
  if (!entry)
    return;
  g_clear_pointer (&entry->settings, rfl_settings_free);
  g_free (entry);
}
