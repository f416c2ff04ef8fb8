/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In which order plugins start, and which cannot. Knows nothing of files and instances. */
#include "core/order.h"
#include "core/plugin.h"
#include <string.h>

static gboolean
has (const char *const *list, const char *name)
{
  for (; list && *list; list++)
    if (strcmp (*list, name) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
provides (const PluginEntry *entry, const char *name)
{
  return strcmp (entry->plugin.name, name) == 0 || has (entry->plugin.provides, name);
}

static gboolean
is_met (const GPtrArray *entries, const char *name)
{
  for (guint i = 0; i < entries->len; i++)
    {
      const PluginEntry *entry = entries->pdata[i];
      if (entry->state != PLUGIN_FAILED && provides (entry, name))
        return TRUE;
    }
  return FALSE;
}

/* The first plugin that requires something of @entry. */
static const PluginEntry *
find_requirer (const GPtrArray *entries, const PluginEntry *entry)
{
  for (guint i = 0; i < entries->len; i++)
    {
      const PluginEntry *other = entries->pdata[i];
      for (const char *const *p = other->plugin.requires; other != entry && p && *p; p++)
        if (provides (entry, *p))
          return other;
    }
  return NULL;
}

/* "a → b → missing", where a requires b requires what is missing. */
static char *
chain_to (const GPtrArray *entries, const PluginEntry *entry, const char *missing)
{
  GString *chain = g_string_new (missing);
  guint n = 0;

  for (; entry && n < entries->len; entry = find_requirer (entries, entry), n++)
    {
      g_string_prepend (chain, " → ");
      g_string_prepend (chain, entry->plugin.name);
    }
  return g_string_free (chain, FALSE);
}

gboolean
plugin_requirements_met (const GPtrArray *entries, const PluginEntry *entry, GError **error)
{
  for (const char *const *p = entry->plugin.requires; p && *p; p++)
    if (!is_met (entries, *p))
      {
        g_autofree char *chain = chain_to (entries, entry, *p);
        g_set_error (error, RFL_ERROR, RFL_ERROR_PLUGIN,
                     "plugin %s requires %s, which no plugin that runs provides (%s)",
                     entry->plugin.name, *p, chain);
        return FALSE;
      }
  return TRUE;
}

gboolean
plugin_leave_out (PluginEntry *entry, GError **error)
{
  entry->state = PLUGIN_FAILED;
  if (!(entry->plugin.flags & RFL_PLUGIN_OPTIONAL))
    return FALSE;
  rfl_warning (NULL, "optional plugin %s is left out: %s", entry->plugin.name,
               *error ? (*error)->message : "it does not say why");
  g_clear_error (error);
  return TRUE;
}

/* Leaving one out may leave others without what they require. */
static gboolean
check_requirements (GPtrArray *entries, GError **error)
{
  for (guint i = 0; i < entries->len; i++)
    {
      PluginEntry *entry = entries->pdata[i];
      GError *failure = NULL;
      if (entry->state == PLUGIN_FAILED || plugin_requirements_met (entries, entry, &failure))
        continue;
      if (!plugin_leave_out (entry, &failure))
        {
          g_propagate_error (error, failure);
          return FALSE;
        }
      i = -1;
    }
  return TRUE;
}

static gboolean
must_precede (gconstpointer first, gconstpointer second)
{
  const PluginEntry *other = first, *entry = second;
  const char *const *const lists[] = { entry->plugin.requires, entry->plugin.wants };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (const char *const *p = lists[i]; p && *p; p++)
      if (provides (other, *p))
        return other != entry;
  return FALSE;
}

static const char *
get_name (gconstpointer entry)
{
  return ((const PluginEntry *) entry)->plugin.name;
}

gboolean
plugin_sort (GPtrArray *entries, GError **error)
{
  static const OrderRules rules = { .blocks = must_precede, .name = get_name, .needs = TRUE };
  g_autoptr (GPtrArray) sorted = NULL;
  g_autofree char *cycle = NULL;

  if (!check_requirements (entries, error))
    return FALSE;
  sorted = order_sort (entries, &rules, &cycle);
  if (!sorted)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_PLUGIN, "plugins require or want each other: %s",
                   cycle);
      return FALSE;
    }
  for (guint i = 0; i < sorted->len; i++)
    entries->pdata[i] = sorted->pdata[i];
  return TRUE;
}
