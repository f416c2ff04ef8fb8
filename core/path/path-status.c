/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packet path's part of the status. Not for counters: they tell themselves.
 */
#include "core/path/path-private.h"
#include <reflector/status.h>

static void
tell_port (const RflPort *port, RflStatus *status)
{
  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "name", port->name);
  rfl_status_add_int (status, "port", port->number);
  rfl_status_add_int (status, "flows", g_hash_table_size (port->flows));
  rfl_status_add_int (status, "stages", port->stages->len);
  rfl_status_begin_array (status, "addresses");
  for (guint i = 0; i < port->n_sockets; i++)
    {
      char name[RFL_ADDRESS_STRLEN];
      rfl_status_add_string (status, NULL, rfl_address_format (&port->bound[i], name));
    }
  rfl_status_end (status);
  rfl_status_end (status);
}

static void
tell_worker (const RflWorker *w, RflStatus *status)
{
  rfl_status_begin_object (status, NULL);
  rfl_status_add_int (status, "packets", STAT_GET (w->n_packets));
  rfl_status_add_int (status, "batches", STAT_GET (w->n_batches));
  rfl_status_add_int (status, "buffer_octets", buffer_pool_size (&w->pool));
  rfl_status_add_int (status, "behind", w->path->seq - STAT_GET (w->done));
  rfl_status_end (status);
}

static void
tell_route (const PathRoute *route, RflStatus *status)
{
  const RflRoute *public = &route->public;

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "session", public->session->name);
  rfl_status_add_string (status, "kind", public->kind);
  rfl_status_begin_array (status, "formats");
  for (guint i = 0; i < public->formats->len; i++)
    rfl_status_add_string (status, NULL, ((RflFormat *) public->formats->pdata[i])->encoding);
  rfl_status_end (status);
  rfl_status_add_int (status, "sources", public->sources->len);
  rfl_status_add_int (status, "legs", public->legs->len);
  rfl_status_add_int (status, "feeds", route->n_feeds);
  rfl_status_end (status);
}

/* Who feeds the path with frames, and how far the workers are behind. */
static void
tell_feeder (const RflFeeder *feeder, RflStatus *status)
{
  guint64 dropped = 0, refused = 0;
  guint waiting = 0;

  for (guint w = 0; w < feeder->path->n_workers; w++)
    {
      const WorkerFeeder *copy = copies_get (&feeder->copies, w);
      guint tail = STAT_GET (copy->ring.tail), head = STAT_GET (copy->ring.head);
      dropped += STAT_GET (copy->dropped);
      refused += STAT_GET (copy->refused);
      waiting = MAX (waiting, head - tail);
    }
  rfl_status_begin_object (status, NULL);
  rfl_status_add_int (status, "capacity", feeder->capacity);
  rfl_status_add_int (status, "waiting", MIN (waiting, feeder->capacity));
  rfl_status_add_int (status, "dropped", dropped);
  rfl_status_add_int (status, "refused", refused);
  rfl_status_add_int (status, "buffer_octets", buffer_pool_size (&feeder->pool));
  rfl_status_end (status);
}

void
rfl_path_status (RflPath *path, RflStatus *status)
{
  rfl_status_begin_array (status, "ports");
  for (guint i = 0; i < path->ports->len; i++)
    tell_port (path->ports->pdata[i], status);
  rfl_status_end (status);
  rfl_status_begin_array (status, "workers");
  for (guint i = 0; i < path->n_workers; i++)
    tell_worker (path->workers[i], status);
  rfl_status_end (status);
  rfl_status_begin_array (status, "routes");
  for (guint i = 0; i < path->routes->len; i++)
    tell_route (path->routes->pdata[i], status);
  rfl_status_end (status);
  rfl_status_begin_array (status, "feeders");
  for (guint i = 0; i < path->feeders->len; i++)
    tell_feeder (path->feeders->pdata[i], status);
  rfl_status_end (status);
}
