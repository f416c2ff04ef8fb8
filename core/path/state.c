/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries out the main thread's messages on a worker's own copies, between two batches. Not
 * those about routes: state-route.c; nor for packets.
 */
#include "core/path/path-private.h"
#include <sys/epoll.h>

/* So many before the sockets have their turn again. */
#define MAILBOX_BATCH 256

static guint
source_hash (gconstpointer key)
{
  const WorkerSource *s = key;
  return g_direct_hash (s->flow) * 31 + s->wire_ssrc * 2654435761u;
}

static gboolean
source_equal (gconstpointer a, gconstpointer b)
{
  const WorkerSource *x = a, *y = b;
  return x->flow == y->flow && x->wire_ssrc == y->wire_ssrc;
}

void
worker_state_init (RflWorker *w)
{
  w->ports = g_ptr_array_new ();
  w->sources = g_hash_table_new (source_hash, source_equal);
  w->source_by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  w->feeds = g_hash_table_new (g_int64_hash, g_int64_equal);
  w->feeders = g_ptr_array_new ();
}

void
worker_state_clear (RflWorker *w)
{
  g_ptr_array_unref (w->ports);
  g_hash_table_unref (w->sources);
  g_hash_table_unref (w->source_by_id);
  g_hash_table_unref (w->feeds);
  g_ptr_array_unref (w->feeders);
}

WorkerSource *
worker_find_source (RflWorker *w, const WorkerFlow *flow, guint32 wire_ssrc)
{
  WorkerSource key = { .flow = (WorkerFlow *) flow, .wire_ssrc = wire_ssrc };
  return g_hash_table_lookup (w->sources, &key);
}

WorkerSource *
worker_find_source_by_id (RflWorker *w, guint64 id)
{
  return g_hash_table_lookup (w->source_by_id, &id);
}

static void
on_port_add (RflWorker *w, const Message *m)
{
  WorkerPort *port = m->object;

  g_ptr_array_add (w->ports, port);
  for (guint i = 0; i < port->n_sockets; i++)
    {
      struct epoll_event event = { .events = EPOLLIN, .data.ptr = &port->sockets[i] };
      int fd = w->transport->get_fd (port->sockets[i].socket);
      if (fd >= 0)
        epoll_ctl (w->epoll_fd, EPOLL_CTL_ADD, fd, &event);
    }
}

static void
on_port_remove (RflWorker *w, const Message *m)
{
  WorkerPort *port = m->object;
  ParkEntry *entry;

  g_ptr_array_remove (w->ports, port);
  for (guint i = 0; i < port->n_sockets; i++)
    {
      int fd = w->transport->get_fd (port->sockets[i].socket);
      if (fd >= 0)
        epoll_ctl (w->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    }
  while ((entry = park_of_port (&w->park, port)) != NULL)
    worker_drop_parked (w, park_take (&w->park, entry), COUNT_PARK_DISCARDED);
}

static void
on_port_stages (RflWorker *w, const Message *m)
{
  ((WorkerPort *) m->object)->stages = m->stages;
}

static void
on_flow_add (RflWorker *w, const Message *m)
{
  WorkerFlow *flow = m->object;
  g_hash_table_replace (flow->port->flows, &flow->remote, flow);
}

static void
on_flow_remove (RflWorker *w, const Message *m)
{
  WorkerFlow *flow = m->object;
  g_hash_table_remove (flow->port->flows, &flow->remote);
}

static void
on_feed_add (RflWorker *w, const Message *m)
{
  WorkerFeed *feed = m->object;
  g_hash_table_insert (w->feeds, &feed->id, feed);
}

static void
on_feed_remove (RflWorker *w, const Message *m)
{
  g_hash_table_remove (w->feeds, &((WorkerFeed *) m->object)->id);
}

static void
on_feeder_add (RflWorker *w, const Message *m)
{
  g_ptr_array_add (w->feeders, m->object);
}

static void
on_feeder_remove (RflWorker *w, const Message *m)
{
  g_ptr_array_remove (w->feeders, m->object);
}

static void
on_release (RflWorker *w, const Message *m)
{
  ParkEntry *entry = park_find_ticket (&w->park, m->ticket);

  if (entry && !entry->refused)
    worker_unpark (w, entry, COUNT_PARK_DISCARDED);
}

static void
on_discard (RflWorker *w, const Message *m)
{
  ParkEntry *entry = park_find_ticket (&w->park, m->ticket);

  if (entry)
    worker_drop_parked (w, park_refuse (&w->park, entry, rfl_clock_now (w->clock)),
                        COUNT_PARK_DISCARDED);
}

static const MessageFunc handlers[N_MESSAGES] = {
  [MESSAGE_PORT_ADD] = on_port_add,
  [MESSAGE_PORT_REMOVE] = on_port_remove,
  [MESSAGE_PORT_STAGES] = on_port_stages,
  [MESSAGE_FLOW_ADD] = on_flow_add,
  [MESSAGE_FLOW_REMOVE] = on_flow_remove,
  [MESSAGE_FEED_ADD] = on_feed_add,
  [MESSAGE_FEED_REMOVE] = on_feed_remove,
  [MESSAGE_FEEDER_ADD] = on_feeder_add,
  [MESSAGE_FEEDER_REMOVE] = on_feeder_remove,
  [MESSAGE_RELEASE] = on_release,
  [MESSAGE_DISCARD] = on_discard,
};

static void
handle (RflWorker *w, const Message *m)
{
  MessageFunc func = handlers[m->type] ? handlers[m->type] : state_find_route_handler (m->type);

  if (func)
    func (w, m);
}

guint
worker_handle_mailbox (RflWorker *w)
{
  guint n = 0;
  Message *m;

  while (n < MAILBOX_BATCH && (m = ring_peek (&w->mailbox)) != NULL)
    {
      handle (w, m);
      w->seq = m->seq;
      ring_pop (&w->mailbox);
      n++;
    }
  if (n == 0)
    return 0;
  __atomic_store_n (&w->done, w->seq, __ATOMIC_SEQ_CST);
  if (__atomic_load_n (&w->path->want_ack, __ATOMIC_SEQ_CST))
    path_wake_main (w->path);
  return n;
}
