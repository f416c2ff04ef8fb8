/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker's life and loop: messages first, then what other workers hand over, then a batch
 * of each socket that has something. Nothing here waits but epoll. Not for what a message
 * means (state.c) or a packet (receive.c).
 */
#include "core/path/path-private.h"
#include <errno.h>
#include <reflector/thread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MAILBOX_RING 1024
#define KNOWN_RING 1024
#define STRANGERS_RING 256

RflWorker *
worker_new (RflPath *path, guint index, guint n_workers)
{
  RflWorker *w = g_new0 (RflWorker, 1);
  struct epoll_event event = { .events = EPOLLIN };

  w->path = path;
  w->index = index;
  w->clock = path->core->clock;
  w->transport = path->transport;
  ring_init (&w->mailbox, MAILBOX_RING, sizeof (Message));
  ring_init (&w->known, KNOWN_RING, sizeof (Upcall));
  ring_init (&w->strangers, STRANGERS_RING, sizeof (Upcall));
  w->relay = g_new0 (RflRing, n_workers);
  for (guint i = 0; i < n_workers; i++)
    if (i != index)
      ring_init (&w->relay[i], WORKER_RELAY_RING, sizeof (Relayed));
  buffer_pool_init (&w->pool, WORKER_BUFFERS);
  for (guint i = 0; i < WORKER_BATCH; i++)
    w->slots[i] = buffer_new (&w->pool);
  park_init (&w->park, index, &path->rates);
  send_queue_init (&w->send);
  worker_state_init (w);
  w->watched_done = G_MAXUINT64;
  w->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  w->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  if (w->epoll_fd >= 0 && w->wake_fd >= 0)
    epoll_ctl (w->epoll_fd, EPOLL_CTL_ADD, w->wake_fd, &event);
  return w;
}

static void
drop_relayed (RflWorker *w, guint n_workers)
{
  for (guint i = 0; i < n_workers; i++)
    {
      Relayed *item;
      while (i != w->index && (item = ring_peek (&w->relay[i])) != NULL)
        {
          buffer_unref (item->buffer, NULL);
          ring_pop (&w->relay[i]);
        }
    }
}

/* All workers drop what they hold of each other before the first one is freed. */
static void
worker_release (RflWorker *w)
{
  if (w->relay == NULL)
    return;
  drop_relayed (w, w->path->n_workers);
  for (guint i = 0; i < w->path->n_workers; i++)
    ring_clear (&w->relay[i]);
  g_clear_pointer (&w->relay, g_free);
}

void
worker_free (RflWorker *w)
{
  for (guint i = 0; i < w->path->n_workers; i++)
    if (w->path->workers[i])
      worker_release (w->path->workers[i]);
  w->path->workers[w->index] = NULL;
  park_clear (&w->park, &w->pool);
  for (guint i = 0; i < WORKER_BATCH; i++)
    buffer_unref (w->slots[i], &w->pool);
  buffer_pool_clear (&w->pool);
  send_queue_clear (&w->send);
  worker_state_clear (w);
  g_queue_clear_full (&w->overflow, g_free);
  ring_clear (&w->mailbox);
  ring_clear (&w->known);
  ring_clear (&w->strangers);
  if (w->wake_fd >= 0)
    close (w->wake_fd);
  if (w->epoll_fd >= 0)
    close (w->epoll_fd);
  g_free (w);
}

void
worker_wake (RflWorker *w)
{
  guint64 one = 1;

  if (__atomic_exchange_n (&w->woken, 1, __ATOMIC_SEQ_CST))
    return;
  if (write (w->wake_fd, &one, sizeof one) < 0)
    return; /* the counter is full: it is awake */
}

void
worker_count (RflWorker *w, CountType type, guint64 n)
{
  rfl_counter_add_worker (w->path->counters[type], w->index, n);
}

/* What has waited for its time: handed on if its source is known by now, else dropped. */
static guint
expire (RflWorker *w)
{
  ParkEntry *entry;
  guint n = 0;

  if (park_is_empty (&w->park))
    return 0;
  w->now = rfl_clock_now (w->clock);
  while ((entry = park_expired (&w->park, w->now)) != NULL)
    {
      worker_unpark (w, entry, COUNT_PARK_EXPIRED);
      n++;
    }
  return n;
}

static guint
receive_all (RflWorker *w)
{
  guint n = 0;

  for (guint i = 0; i < w->ports->len; i++)
    {
      WorkerPort *port = w->ports->pdata[i];
      for (guint k = 0; k < port->n_sockets; k++)
        n += worker_receive (w, &port->sockets[k]);
    }
  return n;
}

guint
worker_turn (RflWorker *w, gboolean receive)
{
  guint n;

  __atomic_exchange_n (&w->woken, 0, __ATOMIC_SEQ_CST);
  n = worker_handle_mailbox (w);
  n += worker_take_relayed (w);
  n += worker_take_frames (w);
  n += expire (w);
  return receive ? n + receive_all (w) : n;
}

static int
get_timeout (RflWorker *w)
{
  gint64 deadline = park_deadline (&w->park), left;

  if (deadline == G_MAXINT64)
    return -1;
  left = deadline - rfl_clock_now (w->clock);
  return left <= 0 ? 0 : (int) (left / 1000 + 1);
}

static gpointer
worker_run (gpointer data)
{
  RflWorker *w = data;
  struct epoll_event events[64];

  while (!__atomic_load_n (&w->stopping, __ATOMIC_ACQUIRE))
    {
      guint busy = worker_turn (w, FALSE);
      int n = epoll_wait (w->epoll_fd, events, G_N_ELEMENTS (events), busy ? 0 : get_timeout (w));

      for (int i = 0; i < n; i++)
        if (events[i].data.ptr)
          worker_receive (w, events[i].data.ptr);
        else
          {
            guint64 count;
            if (read (w->wake_fd, &count, sizeof count) < 0)
              continue;
          }
    }
  return NULL;
}

gboolean
worker_start (RflWorker *w, GError **error)
{
  g_autofree char *name = g_strdup_printf ("rfl-worker-%u", w->index);

  if (w->wake_fd < 0 || w->epoll_fd < 0)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "worker %u: no file descriptor left", w->index);
      return FALSE;
    }
  w->stopping = 0;
  w->thread =
      rfl_thread_start (rfl_core_get_media_rank (w->path->core), name, worker_run, w, error);
  return w->thread != NULL;
}

void
worker_stop (RflWorker *w)
{
  if (w->thread == NULL)
    return;
  __atomic_store_n (&w->stopping, 1, __ATOMIC_RELEASE);
  worker_wake (w);
  g_thread_join (w->thread);
  w->thread = NULL;
}
