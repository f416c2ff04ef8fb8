/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pairs of connections, each of which is read only as fast as the other one writes. Not for the door
 * (dial.c).
 */
#include "config.h"

#include "tools/client/share/viewer.h"

#include "tools/client/share/pipe.h"

#define CHUNK 65536
#define QUEUE (256 * 1024) /* octets on their way in one direction */

struct _Viewer {
  ShareDoor *door;
  ViewerFuncs funcs;
  gpointer user_data;
  GSocketService *service;
  GPtrArray *pairs;
  guint last_id;
};

typedef struct {
  Viewer *viewer;
  guint id;
  GCancellable *dialling;
  GIOStream *waiting; /* the local one, until the other one is there */
  Pipe *local, *remote;
  guint64 received, sent;
  gboolean output_only; /* nothing is read from the local one */
  gboolean ending;      /* the share's side has closed; what came last is still being delivered */
} Pair;

static void
pair_free (gpointer data)
{
  Pair *pair = data;

  g_cancellable_cancel (pair->dialling);
  g_object_unref (pair->dialling);
  g_clear_object (&pair->waiting);
  pipe_free (pair->local);
  pipe_free (pair->remote);
  g_free (pair);
}

static void
leave (Pair *pair, gboolean by_share, const GError *error)
{
  Viewer *viewer = pair->viewer;
  guint id = pair->id;
  guint64 received = pair->received, sent = pair->sent;
  g_autoptr (GError) copy = error != NULL ? g_error_copy (error) : NULL;

  g_ptr_array_remove_fast (viewer->pairs, pair);
  viewer->funcs.closed (id, received, sent, by_share, copy, viewer->user_data);
}

/* ---- octets ---- */

static void
pass (Pipe *from, Pipe *to, const guint8 *data, gsize len)
{
  pipe_write (to, data, len);
  if (pipe_get_queued (to) > QUEUE)
    pipe_read (from, 0);
}

static void
on_local_data (const guint8 *data, gsize len, gpointer user_data)
{
  Pair *pair = user_data;

  pair->sent += len;
  pass (pair->local, pair->remote, data, len);
}

static void
on_remote_data (const guint8 *data, gsize len, gpointer user_data)
{
  Pair *pair = user_data;

  pair->received += len;
  pass (pair->remote, pair->local, data, len);
}

static void
on_local_drained (gpointer user_data)
{
  Pair *pair = user_data;

  if (pair->ending && pipe_get_queued (pair->local) == 0)
    leave (pair, TRUE, NULL);
  else if (!pair->ending && pipe_get_queued (pair->local) <= QUEUE / 2)
    pipe_read (pair->remote, CHUNK);
}

static void
on_remote_drained (gpointer user_data)
{
  Pair *pair = user_data;

  if (!pair->output_only && pipe_get_queued (pair->remote) <= QUEUE / 2)
    pipe_read (pair->local, CHUNK);
}

/* ---- the end ---- */

static void
on_local_closed (const GError *error, gpointer user_data)
{
  Pair *pair = user_data;

  if (!pair->ending)
    pipe_finish (g_steal_pointer (&pair->remote));
  leave (pair, pair->ending, error);
}

static void
on_remote_closed (const GError *error, gpointer user_data)
{
  Pair *pair = user_data;

  if (error != NULL || pipe_get_queued (pair->local) == 0)
    {
      leave (pair, TRUE, error);
      return;
    }
  pair->ending = TRUE;
  pipe_read (pair->local, 0);
}

/* ---- the beginning ---- */

static void
on_dialled (GIOStream *io, GBytes *rest, const GError *error, gpointer user_data)
{
  static const PipeFuncs local = { on_local_data, on_local_drained, on_local_closed };
  static const PipeFuncs remote = { on_remote_data, on_remote_drained, on_remote_closed };
  Pair *pair = user_data;

  if (io == NULL)
    {
      leave (pair, TRUE, error);
      return;
    }
  pair->local = pipe_new (g_steal_pointer (&pair->waiting), &local, pair);
  pair->remote = pipe_new (io, &remote, pair);
  pipe_put_back (pair->remote, rest);
  pipe_read (pair->local, pair->output_only ? 0 : CHUNK);
  pipe_read (pair->remote, CHUNK);
  pair->viewer->funcs.opened (pair->id, pair->viewer->user_data);
}

static void
join (Viewer *viewer, GIOStream *local, gboolean output_only)
{
  Pair *pair = g_new0 (Pair, 1);

  pair->viewer = viewer;
  pair->id = ++viewer->last_id;
  pair->waiting = local;
  pair->output_only = output_only;
  pair->dialling = g_cancellable_new ();
  g_ptr_array_add (viewer->pairs, pair);
  share_dial (viewer->door, pair->dialling, on_dialled, pair);
}

void
viewer_join (Viewer *viewer, GIOStream *local)
{
  join (viewer, local, FALSE);
}

void
viewer_join_output (Viewer *viewer, GIOStream *local)
{
  join (viewer, local, TRUE);
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection, GObject *source,
             gpointer user_data)
{
  viewer_join (user_data, g_object_ref (G_IO_STREAM (connection)));
  return TRUE;
}

Viewer *
viewer_new (const ShareDoor *door, const ViewerFuncs *funcs, gpointer user_data)
{
  Viewer *viewer = g_new0 (Viewer, 1);

  viewer->door = share_door_copy (door);
  viewer->funcs = *funcs;
  viewer->user_data = user_data;
  viewer->pairs = g_ptr_array_new_with_free_func (pair_free);
  return viewer;
}

void
viewer_free (Viewer *viewer)
{
  if (viewer == NULL)
    return;
  if (viewer->service != NULL)
    {
      g_signal_handlers_disconnect_by_data (viewer->service, viewer);
      g_socket_service_stop (viewer->service);
      g_socket_listener_close (G_SOCKET_LISTENER (viewer->service));
    }
  g_clear_object (&viewer->service);
  g_ptr_array_unref (viewer->pairs);
  share_door_free (viewer->door);
  g_free (viewer);
}

void
viewer_set_door (Viewer *viewer, const ShareDoor *door)
{
  share_door_free (viewer->door);
  viewer->door = share_door_copy (door);
}

guint
viewer_count (Viewer *viewer)
{
  return viewer->pairs->len;
}

guint16
viewer_listen (Viewer *viewer, const char *address, guint16 port, GError **error)
{
  g_autoptr (GSocketAddress) wanted =
      g_inet_socket_address_new_from_string (address != NULL ? address : "127.0.0.1", port);
  g_autoptr (GSocketAddress) got = NULL;
  g_autoptr (GSocketService) service = g_socket_service_new ();

  if (wanted == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "%s is no IP address", address);
      return 0;
    }
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (service), wanted, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, &got, error))
    return 0;
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), viewer);
  g_socket_service_start (service);
  g_set_object (&viewer->service, service);
  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got));
}
