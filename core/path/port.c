/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports on the main thread: a socket per worker and address, and what leaves through them
 * from this side. Not for flows: flow.c.
 */
#include "core/path/path-private.h"
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Whether this kernel knows IPv6 at all. */
static gboolean
have_ipv6 (void)
{
  int fd = socket (AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

  if (fd >= 0)
    close (fd);
  return fd >= 0;
}

static gboolean
open_address (RflPort *port, const RflAddress *address, GError **error)
{
  RflPath *path = port->path;
  RflTransport *t = path->transport;
  guint k = port->n_sockets;

  if (k == WORKER_MAX_SOCKETS)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s: more than %d addresses", port->name,
                   WORKER_MAX_SOCKETS);
      return FALSE;
    }
  port->bound[k] = *address;
  if (t->lock)
    {
      int fd = t->lock (t, address, error);
      if (fd < 0)
        return FALSE;
      g_array_append_val (port->locks, fd);
    }
  port->n_sockets++;
  for (guint w = 0; w < path->n_workers; w++)
    {
      port->sockets[w][k] = t->open (t, address, path->n_workers > 1, error);
      if (port->sockets[w][k] == NULL)
        return FALSE;
    }
  return TRUE;
}

static gboolean
open_all (RflPort *port, const char *const *addresses, GError **error)
{
  static const char *const any[] = { "0.0.0.0", "::", NULL };
  const char *const *names = addresses ? addresses : any;

  for (guint i = 0; names[i]; i++)
    {
      RflAddress address;
      if (!rfl_address_parse (&address, names[i], port->number))
        {
          g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s: '%s' is not an address", port->name,
                       names[i]);
          return FALSE;
        }
      if (addresses == NULL && address.family == AF_INET6 && !have_ipv6 ())
        continue;
      if (!open_address (port, &address, error))
        return FALSE;
    }
  return TRUE;
}

/* The locks stand in the order of the addresses. */
static void
release_locks (RflPort *port)
{
  RflTransport *t = port->path->transport;

  for (guint i = 0; i < port->locks->len; i++)
    t->unlock (t, &port->bound[i], g_array_index (port->locks, int, i));
  g_array_set_size (port->locks, 0);
}

void
port_free (gpointer data)
{
  RflPort *port = data;
  RflTransport *t = port->path->transport;

  for (guint w = 0; w < port->path->n_workers; w++)
    {
      WorkerPort *copy = copies_get (&port->copies, w);
      g_clear_pointer (&copy->flows, g_hash_table_unref);
      for (guint k = 0; k < port->n_sockets; k++)
        if (port->sockets[w][k])
          t->close (t, port->sockets[w][k]);
    }
  release_locks (port);
  g_array_unref (port->locks);
  g_array_unref (port->stages);
  g_free (port->compiled);
  g_hash_table_unref (port->flows);
  copies_clear (&port->copies);
  g_free (port->name);
  g_free (port);
}

static RflPort *
port_new (RflPath *path, const RflPortSpec *spec)
{
  RflPort *port = g_new0 (RflPort, 1);

  port->path = path;
  port->name = g_strdup (spec->name);
  port->number = spec->port;
  port->unknown = spec->unknown;
  port->rtcp = spec->rtcp;
  port->other = spec->other;
  port->unmapped = spec->unmapped;
  port->user_data = spec->user_data;
  port->locks = g_array_new (FALSE, FALSE, sizeof (int));
  port->stages = g_array_new (FALSE, FALSE, sizeof (StageEntry));
  port->flows = g_hash_table_new (rfl_address_hash, rfl_address_equal);
  copies_init (&port->copies, path, sizeof (WorkerPort));
  return port;
}

static void
fill_copy (RflPort *port, guint worker)
{
  WorkerPort *copy = copies_get (&port->copies, worker);

  copy->main = port;
  copy->wants_other = port->other != NULL;
  copy->wants_unmapped = port->unmapped != NULL;
  copy->flows = g_hash_table_new (rfl_address_hash, rfl_address_equal);
  copy->n_sockets = port->n_sockets;
  for (guint k = 0; k < port->n_sockets; k++)
    copy->sockets[k] = (WorkerSocket){ copy, port->sockets[worker][k], port->bound[k] };
}

RflPort *
rfl_port_open (RflPath *path, const RflPortSpec *spec, GError **error)
{
  Message message = { .type = MESSAGE_PORT_ADD };
  RflPort *port;

  g_return_val_if_fail (path && spec && spec->name && spec->port > 0, NULL);
  port = port_new (path, spec);
  if (!open_all (port, spec->addresses, error))
    {
      port_free (port);
      return NULL;
    }
  for (guint w = 0; w < path->n_workers; w++)
    fill_copy (port, w);
  g_ptr_array_add (path->ports, port);
  path_post (path, &message, &port->copies, NULL);
  return port;
}

/* Waits for the workers, so that the sockets are closed and the lock is free when it returns. */
void
rfl_port_close (RflPort *port)
{
  Message message = { .type = MESSAGE_PORT_REMOVE };
  RflPath *path;

  if (port == NULL)
    return;
  path = port->path;
  g_warn_if_fail (g_hash_table_size (port->flows) == 0);
  port->closed = TRUE;
  leg_lose_port (path, port);
  g_ptr_array_remove (path->ports, port);
  path_post (path, &message, &port->copies, NULL);
  path_sync (path);
  for (guint w = 0; w < path->n_workers; w++)
    for (guint k = 0; k < port->n_sockets; k++)
      {
        path->transport->close (path->transport, port->sockets[w][k]);
        port->sockets[w][k] = NULL;
      }
  release_locks (port);
  if (g_hash_table_size (port->flows) == 0)
    path_retire (path, port, port_free); /* upcalls may still name it */
}

guint16
rfl_port_get_number (const RflPort *port)
{
  return port->number;
}

RflPort *
rfl_path_find_port (RflPath *path, const char *name)
{
  for (guint i = 0; i < path->ports->len; i++)
    {
      RflPort *port = path->ports->pdata[i];
      if (strcmp (port->name, name) == 0)
        return port;
    }
  return NULL;
}

static RflTransportSocket *
choose_socket (RflPort *port, const RflAddress *local, const RflAddress *remote)
{
  RflTransportSocket *found = NULL;

  for (guint k = 0; k < port->n_sockets; k++)
    {
      if (port->bound[k].family != remote->family)
        continue;
      if (local && rfl_address_same_ip (&port->bound[k], local))
        return port->sockets[0][k];
      if (found == NULL)
        found = port->sockets[0][k];
    }
  return found;
}

gboolean
rfl_port_send (RflPort *port, const RflAddress *local, const RflAddress *remote, const guint8 *data,
               gsize len)
{
  static const RflAddress none;
  RflPath *path = port->path;
  RflTransportSocket *socket = choose_socket (port, local, remote);
  struct iovec iov = { (void *) data, len };
  RflToSend message = { .local = local ? local : &none, .remote = remote, .iov = &iov, .n_iov = 1 };
  gboolean sent = socket && path->transport->send (socket, &message, 1) == 1;

  rfl_counter_add (sent ? path->main_sent : path->main_failed, 1);
  return sent;
}

static void
answer_ticket (RflPort *port, MessageType type, guint64 ticket)
{
  Message message = { .type = type, .ticket = ticket };
  guint worker = ticket & 0xff;

  if (ticket && worker < port->path->n_workers)
    path_post_to (port->path, worker, &message, NULL);
}

void
rfl_port_release (RflPort *port, guint64 ticket)
{
  answer_ticket (port, MESSAGE_RELEASE, ticket);
}

void
rfl_port_discard (RflPort *port, guint64 ticket)
{
  answer_ticket (port, MESSAGE_DISCARD, ticket);
}
