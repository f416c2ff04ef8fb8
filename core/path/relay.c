/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packets from the worker that received them to those that own legs of the route: once per packet
 * and worker, in order. Not a way around the mailbox: state never travels here.
 */
#include "core/path/worker.h"
#include "core/path/path-private.h"

static void
relay_to (RflWorker *w, RflWorker *to, WorkerSource *source, RflBuffer *const *run, guint n)
{
  RflRing *ring = &to->relay[w->index];

  for (guint i = 0; i < n; i++)
    {
      Relayed *item = ring_reserve (ring);
      if (item == NULL || !buffer_pool_can_spare (&w->pool, WORKER_BATCH + 1))
        {
          worker_count (w, COUNT_RELAY_DROPPED, n - i);
          break;
        }
      *item = (Relayed){ buffer_ref (run[i]), source->id, w->seq };
      ring_push (ring);
    }
  worker_wake (to);
}

void
worker_relay (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n)
{
  guint64 mask = source->route->relay_mask & ~((guint64) 1 << w->index);

  for (guint i = 0; i < w->path->n_workers; i++)
    if (mask >> i & 1)
      relay_to (w, w->path->workers[i], source, run, n);
}

/* Takes consecutive packets of one source. Returns: how many; 0 if what comes next belongs to
 * a state that this worker has yet to hear of. */
static guint
take_run (RflWorker *w, RflRing *ring, RflBuffer **run, guint64 *source_id)
{
  guint n = 0;
  Relayed *item;

  while (n < WORKER_BATCH && (item = ring_peek (ring)) != NULL && item->seq <= w->seq)
    {
      if (n && item->source_id != *source_id)
        break;
      *source_id = item->source_id;
      run[n++] = item->buffer;
      ring_pop (ring);
    }
  return n;
}

guint
worker_take_relayed (RflWorker *w)
{
  RflBuffer *run[WORKER_BATCH];
  guint64 source_id = 0;
  guint done = 0;

  for (guint from = 0; from < w->path->n_workers; from++)
    {
      guint n = from == w->index ? 0 : take_run (w, &w->relay[from], run, &source_id);
      WorkerSource *source = n ? worker_find_source_by_id (w, source_id) : NULL;

      if (source)
        worker_fanout_owned (w, source, run, n);
      for (guint i = 0; i < n; i++)
        buffer_unref (run[i], &w->pool);
      done += n;
    }
  return done;
}
