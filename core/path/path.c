/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packet path's life, and how changes reach the workers: messages in a ring per worker,
 * what does not fit waits on this side, and what is taken away is freed when every worker has
 * said that it has let go. Not on the way of packets.
 */
#include "core/path/path-private.h"
#include <reflector/log.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name, *help;
} counter_table[N_COUNTS] = {
  [COUNT_RECEIVED] = { "path.received", "packets received on media ports" },
  [COUNT_TRUNCATED] = { "path.truncated", "packets longer than a buffer, dropped" },
  [COUNT_MALFORMED] = { "path.malformed", "malformed RTP packets, dropped" },
  [COUNT_STAGE_DROPPED] = { "path.stage_dropped", "packets that a stage dropped" },
  [COUNT_OTHER_DROPPED] = { "path.other_dropped", "neither RTP nor RTCP and nobody's, dropped" },
  [COUNT_PARKED] = { "path.parked", "RTP packets that waited for their source to be known" },
  [COUNT_PARK_OVERFLOW] = { "path.park_overflow", "packets beyond what may wait, dropped" },
  [COUNT_PARK_REFUSED] = { "path.park_refused", "packets of a source just refused, dropped" },
  [COUNT_PARK_EXPIRED] = { "path.park_expired", "packets that waited in vain, dropped" },
  [COUNT_PARK_DISCARDED] = { "path.park_discarded", "packets that waited and were refused" },
  [COUNT_STRANGERS_LIMITED] = { "path.strangers_limited", "packets of strangers above their rate" },
  [COUNT_UNKNOWN_LIMITED] = { "path.unknown_limited", "unknown SSRCs of a known flow, too many" },
  [COUNT_UPCALLS_DROPPED] = { "path.upcalls_dropped", "packets the main thread had no time for" },
  [COUNT_PT_REFUSED] = { "path.pt_refused", "payload type not agreed with the sender, dropped" },
  [COUNT_DOUBLE] = { "path.doubles", "packets of a link that had come already, dropped" },
  [COUNT_STRAY] = { "path.strays", "packets of a link far from their sequence, dropped" },
  [COUNT_MUTED] = { "path.muted", "packets of muted participants, which go nowhere" },
  [COUNT_LEG_FORMAT_MISSING] = { "path.leg_format_missing", "copies whose format a leg lacks" },
  [COUNT_SENT] = { "path.sent", "copies sent" },
  [COUNT_WOULD_BLOCK] = { "path.would_block", "copies dropped because a socket was full" },
  [COUNT_SEND_FAILED] = { "path.send_failed", "copies that the kernel refused" },
  [COUNT_GSO_MESSAGES] = { "path.gso_messages", "messages of several copies (UDP_SEGMENT)" },
  [COUNT_RELAY_DROPPED] = { "path.relay_dropped", "packets another worker had no room for" },
  [COUNT_LEFT_OUT] = { "path.left_out", "packets of video left out for the bandwidth of legs" },
  [COUNT_FRAMES_DROPPED] = { "path.frames_dropped",
                             "frames of a feed that a worker had no room for" },
  [COUNT_FRAMES_REFUSED] = { "path.frames_refused", "frames of a feed beyond the limits of one" },
};

RflPath *
rfl_path_new (RflCore *core, RflTransport *transport)
{
  RflPath *path = g_new0 (RflPath, 1);

  path->core = core;
  path->transport = transport;
  path->wake_fd = -1;
  path->rates = (ParkRates){ 50, 4000 };
  path->ports = g_ptr_array_new ();
  path->feeders = g_ptr_array_new ();
  path->routes = g_ptr_array_new ();
  path->source_by_id = g_hash_table_new (g_int64_hash, g_int64_equal);
  for (guint i = 0; i < N_COUNTS; i++)
    path->counters[i] = rfl_counter_get (core, counter_table[i].name, counter_table[i].help);
  path->stalls = rfl_counter_get (core, "path.stalls", "seconds that a worker has not answered in");
  path->main_sent = rfl_counter_get (core, "path.main_sent", "packets sent by the main thread");
  path->main_failed =
      rfl_counter_get (core, "path.main_failed", "packets of the main thread that were refused");
  return path;
}

static guint
count_workers (const RflPath *path)
{
  guint n = path->core->n_workers ? path->core->n_workers : g_get_num_processors ();
  return CLAMP (n, 1, PATH_MAX_WORKERS);
}

/* Not in rfl_path_new(): the configuration may still say how many. */
void
path_ensure_workers (RflPath *path)
{
  guint n = count_workers (path);

  if (path->workers)
    return;
  path->manual = path->core->manual_workers;
  path->workers = g_new0 (RflWorker *, n);
  path->n_workers = n;
  for (guint i = 0; i < n; i++)
    path->workers[i] = worker_new (path, i, n);
}

guint
rfl_path_get_n_workers (const RflPath *path)
{
  return path->workers ? path->n_workers : count_workers (path);
}

static void
on_watchdog (gpointer user_data)
{
  RflPath *path = user_data;
  gboolean outstanding = FALSE;
  guint suppressed;

  for (guint i = 0; i < path->n_workers; i++)
    {
      RflWorker *w = path->workers[i];
      guint64 done = __atomic_load_n (&w->done, __ATOMIC_RELAXED);
      gboolean behind = done < path->seq;

      if (behind && done == w->watched_done)
        {
          rfl_counter_add (path->stalls, 1);
          if (rfl_log_limit_pass (&path->watchdog_limit, path->core->clock, &suppressed))
            rfl_warning (NULL, "worker %u of the packet path has not answered for a second", i);
        }
      w->watched_done = behind ? done : G_MAXUINT64;
      outstanding |= behind;
    }
  if (outstanding)
    rfl_timer_start (path->watchdog, G_TIME_SPAN_SECOND);
}

gboolean
rfl_path_start (RflPath *path, GError **error)
{
  path_ensure_workers (path);
  if (!path_upcalls_start (path, error))
    return FALSE;
  path_watch_start (path);
  if (path->manual)
    return TRUE;
  path->watchdog = rfl_timer_new (path->core->clock, "path watchdog", on_watchdog, path);
  path->running = TRUE;
  for (guint i = 0; i < path->n_workers; i++)
    if (!worker_start (path->workers[i], error))
      {
        rfl_path_stop (path);
        return FALSE;
      }
  return TRUE;
}

void
rfl_path_stop (RflPath *path)
{
  for (guint i = 0; path->running && i < path->n_workers; i++)
    worker_stop (path->workers[i]);
  path->running = FALSE;
  g_clear_pointer (&path->watchdog, rfl_timer_free);
  path_watch_stop (path);
  if (path->workers)
    path_sync (path);
  path_upcalls_stop (path);
}

void
rfl_path_free (RflPath *path)
{
  if (path == NULL)
    return;
  rfl_path_stop (path);
  while (path->ports->len)
    rfl_port_close (path->ports->pdata[0]);
  if (path->workers)
    {
      path_sync (path);
      while (path_dispatch (path) > 0)
        ;
      for (guint i = 0; i < path->n_workers; i++)
        worker_free (path->workers[i]);
    }
  g_free (path->workers);
  g_hash_table_unref (path->source_by_id);
  g_ptr_array_unref (path->ports);
  g_ptr_array_unref (path->feeders);
  g_ptr_array_unref (path->routes);
  g_free (path);
}

void
copies_init (Copies *copies, RflPath *path, gsize size)
{
  path_ensure_workers (path);
  copies->stride = (size + RFL_CACHE_LINE - 1) / RFL_CACHE_LINE * RFL_CACHE_LINE;
  if (posix_memalign (&copies->block, RFL_CACHE_LINE, copies->stride * path->n_workers) != 0)
    g_error ("out of memory");
  memset (copies->block, 0, copies->stride * path->n_workers);
}

void
copies_clear (Copies *copies)
{
  free (copies->block);
  copies->block = NULL;
}

void
rfl_path_set_stranger_rates (RflPath *path, guint one, guint all)
{
  __atomic_store_n (&path->rates.one, one, __ATOMIC_RELAXED);
  __atomic_store_n (&path->rates.all, all, __ATOMIC_RELAXED);
}

static gboolean
mailbox_push (RflWorker *w, const Message *message)
{
  Message *slot = ring_reserve (&w->mailbox);

  if (slot == NULL)
    return FALSE;
  *slot = *message;
  ring_push (&w->mailbox);
  return TRUE;
}

static void
mailbox_send (RflWorker *w, const Message *message)
{
  RflPath *path = w->path;

  if (w->overflow.head || !mailbox_push (w, message))
    {
      g_queue_push_tail (&w->overflow, g_memdup2 (message, sizeof *message));
      __atomic_store_n (&path->want_ack, 1, __ATOMIC_SEQ_CST);
      path_flush_overflow (path);
    }
  if (path->running)
    worker_wake (w);
  else if (!path->manual)
    while (worker_handle_mailbox (w) > 0 || path_flush_overflow (path) > 0)
      ;
}

guint
path_flush_overflow (RflPath *path)
{
  guint n = 0;

  for (guint i = 0; i < path->n_workers; i++)
    {
      RflWorker *w = path->workers[i];
      while (w->overflow.head && mailbox_push (w, w->overflow.head->data))
        {
          g_free (g_queue_pop_head (&w->overflow));
          n++;
        }
      if (n && path->running)
        worker_wake (w);
    }
  return n;
}

void
path_post (RflPath *path, Message *message, const Copies *object, const Copies *other)
{
  message->seq = ++path->seq;
  for (guint i = 0; i < path->n_workers; i++)
    {
      message->object = object ? copies_get (object, i) : NULL;
      message->other = other ? copies_get (other, i) : NULL;
      mailbox_send (path->workers[i], message);
    }
  if (path->watchdog && !rfl_timer_is_running (path->watchdog))
    rfl_timer_start (path->watchdog, G_TIME_SPAN_SECOND);
}

void
path_post_to (RflPath *path, guint worker, Message *message, const Copies *object)
{
  message->seq = path->seq;
  message->object = object ? copies_get (object, worker) : NULL;
  mailbox_send (path->workers[worker], message);
}

typedef struct {
  guint64 seq;
  gpointer data;
  GDestroyNotify destroy;
} Limbo;

guint64
path_min_done (RflPath *path)
{
  guint64 min = G_MAXUINT64;

  for (guint i = 0; i < path->n_workers; i++)
    min = MIN (min, __atomic_load_n (&path->workers[i]->done, __ATOMIC_SEQ_CST));
  return min;
}

void
path_retire (RflPath *path, gpointer data, GDestroyNotify destroy)
{
  Limbo *limbo = g_new (Limbo, 1);

  *limbo = (Limbo){ path->seq, data, destroy };
  g_queue_push_tail (&path->limbo, limbo);
  __atomic_store_n (&path->want_ack, 1, __ATOMIC_SEQ_CST);
  if (path_min_done (path) >= path->seq)
    path_wake_main (path);
}

guint
path_collect (RflPath *path, guint64 done)
{
  guint n = 0;

  while (path->limbo.head && ((Limbo *) path->limbo.head->data)->seq <= done)
    {
      Limbo *limbo = g_queue_pop_head (&path->limbo);
      limbo->destroy (limbo->data);
      g_free (limbo);
      n++;
    }
  return n;
}

void
path_sync (RflPath *path)
{
  while (path_min_done (path) < path->seq)
    {
      path_flush_overflow (path);
      for (guint i = 0; !path->running && i < path->n_workers; i++)
        worker_handle_mailbox (path->workers[i]);
      if (path->running)
        g_usleep (50);
    }
}

guint
rfl_path_step (RflPath *path)
{
  guint total = 0, n;

  path_ensure_workers (path);
  do
    {
      n = 0;
      for (guint i = 0; i < path->n_workers; i++)
        n += worker_turn (path->workers[i], TRUE);
      n += path_dispatch (path);
      total += n;
    }
  while (n);
  return total;
}
