/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What workers have to ask or tell the main thread: two bounded rings per worker (known flows
 * apart from strangers) and one eventfd. Does not decide anything: the port's functions do.
 */
#include "core/path/path-private.h"
#include <errno.h>
#include <glib-unix.h>
#include <sys/eventfd.h>
#include <unistd.h>

gboolean
worker_upcall (RflWorker *w, gboolean known, const Upcall *upcall)
{
  RflRing *ring = known ? &w->known : &w->strangers;
  Upcall *slot = ring_reserve (ring);

  if (slot == NULL || (upcall->buffer && !buffer_pool_can_spare (&w->pool, WORKER_BATCH + 1)))
    {
      worker_count (w, COUNT_UPCALLS_DROPPED, 1);
      return FALSE;
    }
  *slot = *upcall;
  if (upcall->buffer)
    buffer_ref (upcall->buffer);
  ring_push (ring);
  path_wake_main (w->path);
  return TRUE;
}

void
path_wake_main (RflPath *path)
{
  guint64 one = 1;

  if (path->wake_fd < 0 || __atomic_exchange_n (&path->woken, 1, __ATOMIC_SEQ_CST))
    return;
  if (write (path->wake_fd, &one, sizeof one) < 0)
    return; /* the counter is full: it is awake */
}

/* Whose source is known: it has become so meanwhile, or it is asked for its payload type. */
static void
tell_known (RflPort *port, const RflArrival *arrival, const RflSource *source)
{
  guint8 pt = arrival->data[1] & 0x7f;

  if (port->unmapped && ((const PathSource *) source)->map->index[pt] == RFL_PT_NONE)
    port->unmapped (arrival, port->user_data);
  rfl_port_release (port, arrival->ticket);
}

static void
tell_unknown (RflPort *port, const RflArrival *arrival)
{
  const RflSource *source =
      arrival->flow ? rfl_flow_find_source (arrival->flow, arrival->ssrc) : NULL;

  if (source)
    tell_known (port, arrival, source);
  else if (port->unknown)
    port->unknown (arrival, port->user_data);
  else
    rfl_port_discard (port, arrival->ticket);
}

static void
tell_port (const Upcall *upcall)
{
  RflPort *port = upcall->port;
  const RflBuffer *buffer = upcall->buffer;
  RflArrival arrival = { .port = port,
                         .local = buffer->local,
                         .remote = buffer->remote,
                         .ticket = upcall->ticket,
                         .data = buffer->data,
                         .len = buffer->len };

  if (port->closed)
    return;
  arrival.flow = rfl_port_find_flow (port, &buffer->remote);
  if (upcall->type == UPCALL_UNKNOWN)
    {
      arrival.ssrc = buffer->ssrc;
      tell_unknown (port, &arrival);
    }
  else if (upcall->type == UPCALL_RTCP && port->rtcp)
    port->rtcp (&arrival, port->user_data);
  else if (upcall->type == UPCALL_OTHER && port->other)
    port->other (&arrival, port->user_data);
}

static void
handle (RflPath *path, const Upcall *upcall)
{
  PathSource *source;

  if (upcall->type != UPCALL_KEYFRAME)
    {
      tell_port (upcall);
      buffer_unref (upcall->buffer, NULL);
      return;
    }
  source = g_hash_table_lookup (path->source_by_id, &upcall->source_id);
  if (source)
    rfl_source_request_keyframe (&source->public);
}

/* Only what is there now, so that a flood does not keep the main thread. */
static guint
drain (RflPath *path, RflRing *ring)
{
  guint n = __atomic_load_n (&ring->head, __ATOMIC_ACQUIRE) - ring->tail;

  for (guint i = 0; i < n; i++)
    {
      Upcall upcall = *(Upcall *) ring_peek (ring);
      ring_pop (ring);
      handle (path, &upcall);
    }
  return n;
}

guint
path_dispatch (RflPath *path)
{
  guint64 done;
  guint n = 0;

  __atomic_exchange_n (&path->woken, 0, __ATOMIC_SEQ_CST);
  n += path_flush_overflow (path);
  /* Upcalls may name what a worker let go of after them: so look first, free afterwards. */
  done = path_min_done (path);
  for (guint i = 0; i < path->n_workers; i++)
    n += drain (path, &path->workers[i]->known);
  for (guint i = 0; i < path->n_workers; i++)
    n += drain (path, &path->workers[i]->strangers);
  n += path_collect (path, done);
  if (path->limbo.head == NULL)
    {
      gboolean waiting = FALSE;
      for (guint i = 0; i < path->n_workers; i++)
        waiting |= path->workers[i]->overflow.head != NULL;
      if (!waiting)
        __atomic_store_n (&path->want_ack, 0, __ATOMIC_SEQ_CST);
    }
  return n;
}

static gboolean
on_wake (gint fd, GIOCondition condition, gpointer user_data)
{
  guint64 count;

  if (read (fd, &count, sizeof count) < 0 && errno != EAGAIN)
    return G_SOURCE_REMOVE;
  path_dispatch (user_data);
  return G_SOURCE_CONTINUE;
}

gboolean
path_upcalls_start (RflPath *path, GError **error)
{
  if (path->wake_fd >= 0)
    return TRUE;
  path->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (path->wake_fd < 0)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "eventfd: %s", g_strerror (errno));
      return FALSE;
    }
  path->wake_source = g_unix_fd_source_new (path->wake_fd, G_IO_IN);
  g_source_set_callback (path->wake_source, G_SOURCE_FUNC (on_wake), path, NULL);
  g_source_attach (path->wake_source, path->core->context);
  path->woken = 0;
  path_wake_main (path);
  return TRUE;
}

void
path_upcalls_stop (RflPath *path)
{
  if (path->wake_fd < 0)
    return;
  g_source_destroy (path->wake_source);
  g_clear_pointer (&path->wake_source, g_source_unref);
  close (path->wake_fd);
  path->wake_fd = -1;
}
