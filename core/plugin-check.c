/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Is this a descriptor that this core can work with? Looks at data only and calls nothing. */
#include "core/plugin.h"
#include <string.h>

/* Up to the last member of ABI 1.0 */
#define SIZE_1_0 (G_STRUCT_OFFSET (RflPlugin, status) + sizeof (gpointer))
/* A table without an end is noticed here. */
#define MAX_OPTIONS 256

static gboolean fail (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error)
    *error = g_error_new_valist (RFL_ERROR, RFL_ERROR_PLUGIN, format, args);
  va_end (args);
  return FALSE;
}

static gboolean
check_abi (const RflPlugin *raw, GError **error)
{
  if (raw->magic != RFL_PLUGIN_MAGIC)
    return fail (error, "its symbol rfl_plugin is no plugin descriptor");
  if (raw->abi_major != RFL_ABI_MAJOR)
    return fail (error, "it is built for plugin interface %u, this is %u", raw->abi_major,
                 RFL_ABI_MAJOR);
  if (raw->abi_minor > RFL_ABI_MINOR)
    return fail (error, "it needs plugin interface %u.%u, this is %u.%u", raw->abi_major,
                 raw->abi_minor, RFL_ABI_MAJOR, RFL_ABI_MINOR);
  if (raw->size < SIZE_1_0 || raw->size > sizeof (RflPlugin))
    return fail (error,
                 "its descriptor has %" G_GSIZE_FORMAT " octets, %" G_GSIZE_FORMAT
                 " to %" G_GSIZE_FORMAT " are possible",
                 raw->size, SIZE_1_0, sizeof (RflPlugin));
  return TRUE;
}

/* As libconfig names settings. */
static gboolean
is_name (const char *name)
{
  return name && g_ascii_isalpha (name[0])
         && name[strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")]
                == '\0';
}

static gboolean
check_names (const RflPlugin *raw, const char *name, GError **error)
{
  const char *const *const lists[] = { raw->provides, raw->requires, raw->wants };

  if (!raw->name || !raw->version || !raw->summary)
    return fail (error, "its name, version or summary is missing");
  if (strcmp (raw->name, name) != 0)
    return fail (error, "it calls itself %s", raw->name);
  if (!is_name (name) || strcmp (name, "core") == 0)
    return fail (error, "a plugin cannot have this name");
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (const char *const *p = lists[i]; p && *p; p++)
      if (!**p)
        return fail (error, "it provides, requires or wants an empty name");
  if (!raw->new || !raw->free)
    return fail (error, "it lacks the function new or free");
  return TRUE;
}

static gboolean check_options (const RflOption *table, gboolean inner, GError **error);

static gboolean
check_option (const RflOption *option, gboolean inner, GError **error)
{
  gboolean listed = option->type == RFL_OPTION_GROUPS;

  if (!is_name (option->name) || (!inner && strcmp (option->name, "enabled") == 0))
    return fail (error, "no option can be named \"%s\"", option->name);
  if (!option->help)
    return fail (error, "option %s has no help", option->name);
  if ((guint) option->type > RFL_OPTION_SECRET || option->min > option->max)
    return fail (error, "option %s has no proper type or range", option->name);
  if (listed != (option->members != NULL) || (inner && (listed || option->classic)))
    return fail (error, "option %s has members it cannot have, or none", option->name);
  if ((option->choices && option->type != RFL_OPTION_STRING) || (option->required && !inner)
      || (option->type == RFL_OPTION_IGNORED && (inner || !option->classic || option->fallback)))
    return fail (error, "option %s has a property that its type cannot have", option->name);
  return !listed || check_options (option->members, TRUE, error);
}

static gboolean
check_options (const RflOption *table, gboolean inner, GError **error)
{
  for (guint i = 0; table && table[i].name; i++)
    {
      if (i == MAX_OPTIONS)
        return fail (error, "its option table has no end");
      if (!check_option (&table[i], inner, error))
        return FALSE;
      for (guint j = 0; j < i; j++)
        if (strcmp (table[i].name, table[j].name) == 0)
          return fail (error, "option %s is there twice", table[i].name);
    }
  return TRUE;
}

gboolean
plugin_check_descriptor (const RflPlugin *raw, const char *name, GError **error)
{
  return check_abi (raw, error) && check_names (raw, name, error)
         && check_options (raw->options, FALSE, error);
}
