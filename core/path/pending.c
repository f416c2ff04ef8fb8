/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds the packet path's place until it stands, so that sessions can be built and tested: it
 * makes routes that carry nothing. The first commit of the path takes this file away.
 */
#include "core/core-private.h"

struct _RflPath {
  RflCore *core;
};

RflPath *
rfl_path_new (RflCore *core, RflTransport *transport)
{
  return g_new0 (RflPath, 1);
}

gboolean
rfl_path_start (RflPath *path, GError **error)
{
  return TRUE;
}

void
rfl_path_stop (RflPath *path)
{
}

void
rfl_path_free (RflPath *path)
{
  g_free (path);
}

void
rfl_path_status (RflPath *path, RflStatus *status)
{
}

RflRoute *
rfl_session_get_route (RflSession *session, const char *kind)
{
  RflRoute *route;

  for (guint i = 0; i < session->routes->len; i++)
    {
      route = session->routes->pdata[i];
      if (g_str_equal (route->kind, kind))
        return route;
    }
  route = g_new0 (RflRoute, 1);
  route->session = session;
  route->kind = g_intern_string (kind);
  route->formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  route->sources = g_ptr_array_new ();
  route->legs = g_ptr_array_new ();
  g_ptr_array_add (session->routes, route);
  return route;
}

void
rfl_route_free (RflRoute *route)
{
  g_ptr_array_unref (route->formats);
  g_ptr_array_unref (route->sources);
  g_ptr_array_unref (route->legs);
  g_free (route);
}

void
rfl_route_drop_owner (RflRoute *route, RflMedium *owner)
{
}

static void
free_transport (RflTransport *transport)
{
  g_free (transport);
}

RflTransport *
rfl_transport_new_kernel (void)
{
  RflTransport *transport = g_new0 (RflTransport, 1);

  transport->free = free_transport;
  return transport;
}
