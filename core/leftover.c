/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin has left behind after stop(): named to the operator and taken away, since its
 * instance will be gone when it is called next. Not a way for plugins to tidy up.
 */
#define _GNU_SOURCE
#include "core/hook.h"
#include "core/path/path-private.h"
#include "core/plugin.h"
#include <dlfcn.h>
#include <string.h>

static void
add (GString *list, const char *what, const char *name)
{
  g_string_append_printf (list, "%s%s%s%s", list->len > 0 ? ", " : "", what, name ? " " : "",
                          name ? name : "");
}

static void
take_hooks (RflCore *core, const char *plugin, GString *list)
{
  g_autofree char *prefix = g_strconcat (plugin, "/", NULL);
  g_autofree char *name = NULL;

  while ((name = rfl_bus_remove_hook_of (core->bus, prefix)) != NULL)
    {
      add (list, "hook", name);
      g_clear_pointer (&name, g_free);
    }
}

static void
take_services (RflCore *core, const char *const *provides, GString *list)
{
  for (; provides && *provides; provides++)
    if (g_hash_table_contains (core->services, *provides))
      {
        add (list, "service", *provides);
        rfl_core_withdraw_service (core, *provides);
      }
}

/* A plugin's functions are in NAME.so, which no other one has mapped. */
static gboolean
is_code_of (const char *plugin, RflStageFunc func)
{
  g_autofree char *name = g_strconcat (plugin, ".so", NULL);
  g_autofree char *base = NULL;
  Dl_info info;

  if (dladdr ((void *) (guintptr) func, &info) == 0 || info.dli_fname == NULL)
    return FALSE;
  base = g_path_get_basename (info.dli_fname);
  return g_str_equal (base, name);
}

static void
take_stages (RflPort *port, const char *plugin, GString *list)
{
  for (guint i = port->stages->len; i-- > 0;)
    {
      const StageEntry *entry = &g_array_index (port->stages, StageEntry, i);
      if (!is_code_of (plugin, entry->func))
        continue;
      add (list, "a stage on port", port->name);
      rfl_port_remove_stage (port, entry->id);
    }
}

void
plugin_take_leftovers (RflCore *core, const RflPlugin *plugin)
{
  g_autoptr (GString) list = g_string_new (NULL);

  take_hooks (core, plugin->name, list);
  take_services (core, plugin->provides, list);
  for (guint i = 0; i < core->path->ports->len; i++)
    take_stages (core->path->ports->pdata[i], plugin->name, list);
  if (list->len > 0)
    rfl_warning (NULL, "plugin %s has stopped and left behind: %s", plugin->name, list->str);
}
