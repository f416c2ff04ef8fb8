/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registry of services: versioned tables of functions by which plugins meet. Does not know
 * what any of them does.
 */
#include "core/core-private.h"

typedef struct {
  guint version;
  gconstpointer interface;
  gpointer self;
} Service;

GHashTable *
rfl_services_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

gboolean
rfl_core_offer_service (RflCore *core, const char *name, guint version, gconstpointer interface,
                        gpointer self, GError **error)
{
  Service *service;

  if (g_hash_table_contains (core->services, name))
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_PLUGIN, "service %s is offered by another plugin",
                   name);
      return FALSE;
    }
  service = g_new (Service, 1);
  *service = (Service){ version, interface, self };
  g_hash_table_insert (core->services, g_strdup (name), service);
  return TRUE;
}

void
rfl_core_withdraw_service (RflCore *core, const char *name)
{
  g_hash_table_remove (core->services, name);
}

gconstpointer
rfl_core_find_service (RflCore *core, const char *name, guint version, gpointer *self)
{
  const Service *service = g_hash_table_lookup (core->services, name);

  if (!service || service->version != version)
    return NULL;
  if (self)
    *self = service->self;
  return service->interface;
}
