/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A mixing thread. Nothing in it waits but ppoll(). Not for what is mixed (engine.c).
 */
#define _GNU_SOURCE
#include "plugins/mixer/engine/thread.h"
#include "plugins/mixer/engine/ring.h"
#include <errno.h>
#include <poll.h>
#include <reflector/clock.h>
#include <reflector/counter.h>
#include <reflector/error.h>
#include <reflector/thread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define GRID (MIX_GRID * G_TIME_SPAN_MILLISECOND)
/* Later than this is not made up for. */
#define MAX_LATE (100 * G_TIME_SPAN_MILLISECOND)
#define PACKET_RING (512 * 1024)
#define CONTROL_RING (256 * 1024)
#define FRAME_RING 4096
/* Longer packets are no audio of a phone. */
#define MAX_PACKET 1500

struct _MixThread {
  MixThreadSpec spec;
  MixEngine *engine;
  RflFeeder *feeder;
  guint n_workers;
  MixRing *packets; /* one for each worker */
  MixRing control;
  GQueue overflow; /* MixMessage: main */
  guint64 posted;  /* main */
  guint64 done;    /* shared */
  GThread *thread;
  gint stopping;
  int wake_fd;
  gint64 next, stepped; /* when a step is due, and when the last one began */
};

static gboolean
push_to_feeder (gpointer user_data, const RflFrame *frame)
{
  return rfl_feeder_push (user_data, frame);
}

MixThread *
mix_thread_new (const MixThreadSpec *spec)
{
  MixThread *thread = g_new0 (MixThread, 1);
  RflPath *path = rfl_core_get_path (spec->core);

  thread->spec = *spec;
  thread->n_workers = rfl_path_get_n_workers (path);
  thread->packets = g_new0 (MixRing, thread->n_workers);
  for (guint i = 0; i < thread->n_workers; i++)
    mix_ring_init (&thread->packets[i], PACKET_RING);
  mix_ring_init (&thread->control, CONTROL_RING);
  thread->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (!spec->emit)
    thread->feeder = rfl_feeder_new (path, FRAME_RING);
  thread->engine = spec->emit ? mix_engine_new (&spec->rules, spec->emit, spec->user_data)
                              : mix_engine_new (&spec->rules, push_to_feeder, thread->feeder);
  return thread;
}

static void
play (const MixMessage *m)
{
  if (m->listener)
    mix_listener_play (m->listener, m->tone);
  else
    mix_room_play (m->room, m->tone);
}

static void
carry_out (MixEngine *engine, const MixMessage *m)
{
  switch (m->type)
    {
    case MIX_ADD_ROOM:
      mix_engine_add_room (engine, m->room);
      break;
    case MIX_REMOVE_ROOM:
      mix_engine_remove_room (engine, m->room);
      break;
    case MIX_SET_FORMATS:
      mix_room_set_formats (m->room, m->formats);
      break;
    case MIX_ADD_SOURCE:
      mix_engine_add_source (engine, m->room, m->source);
      break;
    case MIX_REMOVE_SOURCE:
      mix_engine_remove_source (engine, m->source);
      break;
    case MIX_ADD_GROUP:
      mix_room_add_group (m->room, m->group);
      break;
    case MIX_REMOVE_GROUP:
      mix_group_remove (m->group);
      break;
    case MIX_PLACE_LISTENER:
      mix_room_place_listener (m->room, m->listener, m->group, &m->taste);
      break;
    case MIX_REMOVE_LISTENER:
      mix_listener_free (m->listener);
      break;
    case MIX_SET_BLOCKED:
      mix_listener_set_blocked (m->listener, m->blocked);
      break;
    case MIX_PLAY:
      play (m);
      break;
    case MIX_SET_RULES:
      mix_engine_set_rules (engine, &m->rules);
      break;
    }
}

static void
take_messages (MixThread *thread)
{
  const MixMessage *message;

  while ((message = mix_ring_peek (&thread->control)) != NULL)
    {
      carry_out (thread->engine, message);
      mix_ring_pop (&thread->control);
      __atomic_store_n (&thread->done, thread->done + 1, __ATOMIC_RELEASE);
    }
}

static void
take_packets (MixThread *thread)
{
  const MixPacket *packet;

  for (guint i = 0; i < thread->n_workers; i++)
    while ((packet = mix_ring_peek (&thread->packets[i])) != NULL)
      {
        mix_engine_receive (thread->engine, packet);
        mix_ring_pop (&thread->packets[i]);
      }
}

void
mix_thread_free (MixThread *thread)
{
  if (!thread)
    return;
  mix_thread_stop (thread);
  do
    take_messages (thread);
  while (mix_thread_poll (thread) < thread->posted);
  mix_engine_free (thread->engine);
  rfl_feeder_free (thread->feeder);
  for (guint i = 0; i < thread->n_workers; i++)
    mix_ring_clear (&thread->packets[i]);
  g_free (thread->packets);
  mix_ring_clear (&thread->control);
  if (thread->wake_fd >= 0)
    close (thread->wake_fd);
  g_free (thread);
}

static void
wake (MixThread *thread)
{
  guint64 one = 1;

  if (write (thread->wake_fd, &one, sizeof one) < 0)
    return; /* the counter is full: it is awake */
}

static gboolean
send_message (MixThread *thread, const MixMessage *message)
{
  MixMessage *slot = mix_ring_reserve (&thread->control, sizeof *message);

  if (!slot)
    return FALSE;
  *slot = *message;
  mix_ring_push (&thread->control, sizeof *message);
  return TRUE;
}

static void
send_waiting (MixThread *thread)
{
  MixMessage *message;

  while ((message = g_queue_peek_head (&thread->overflow)) != NULL
         && send_message (thread, message))
    g_free (g_queue_pop_head (&thread->overflow));
}

guint64
mix_thread_post (MixThread *thread, const MixMessage *message)
{
  send_waiting (thread);
  if (thread->overflow.length || !send_message (thread, message))
    g_queue_push_tail (&thread->overflow, g_memdup2 (message, sizeof *message));
  wake (thread);
  return ++thread->posted;
}

guint64
mix_thread_get_posted (const MixThread *thread)
{
  return thread->posted;
}

guint64
mix_thread_poll (MixThread *thread)
{
  if (thread->overflow.length)
    {
      send_waiting (thread);
      wake (thread);
    }
  return __atomic_load_n (&thread->done, __ATOMIC_ACQUIRE);
}

const MixStats *
mix_thread_get_stats (const MixThread *thread)
{
  return mix_engine_get_stats (thread->engine);
}

/* A tap copies and goes on; what does not fit is counted. */
void
mix_thread_tap (RflPacket *packets, guint n, guint worker, gpointer data)
{
  MixThread *thread = data;
  MixRing *ring = &thread->packets[worker];

  for (guint i = 0; i < n; i++)
    {
      const RflPacket *p = &packets[i];
      MixPacket *out;
      if (p->verdict != RFL_VERDICT_PASS || p->len > MAX_PACKET)
        continue;
      out = mix_ring_reserve (ring, (guint) (sizeof *out + p->len));
      if (!out)
        {
          rfl_counter_add_worker (thread->spec.dropped, worker, 1);
          continue;
        }
      *out = (MixPacket){
        .source_id = p->source_id, .format = p->format, .muted = p->muted, .len = (guint) p->len
      };
      memcpy (out->data, p->data, p->len);
      mix_ring_push (ring, (guint) (sizeof *out + p->len));
    }
}

/* What is too late is left out, in one piece; else steps are made up for, but not all at once. */
static void
keep_grid (MixThread *thread, gint64 now)
{
  gint64 late = now - thread->next;

  if (late >= GRID)
    METER_ADD (mix_engine_get_stats (thread->engine)->late_ticks, 1);
  if (late <= MAX_LATE)
    return;
  late = late / (2 * GRID) * (2 * GRID);
  mix_engine_skip (thread->engine, (guint) (late / GRID));
  thread->next += late;
}

static void
tell_cpu (MixThread *thread)
{
  MixStats *stats = mix_engine_get_stats (thread->engine);
  struct timespec used;

  if (stats->ticks % 64 == 0 && clock_gettime (CLOCK_THREAD_CPUTIME_ID, &used) == 0)
    METER_SET (stats->cpu, (guint64) used.tv_sec * G_USEC_PER_SEC + (guint64) used.tv_nsec / 1000);
}

gint64
mix_thread_turn (MixThread *thread, gint64 now)
{
  take_messages (thread);
  if (mix_engine_is_idle (thread->engine))
    {
      take_packets (thread);
      thread->next = 0;
      return G_MAXINT64;
    }
  if (thread->next == 0)
    thread->next = now;
  if (now >= MAX (thread->next, thread->stepped + GRID / 2))
    {
      keep_grid (thread, now);
      take_packets (thread);
      mix_engine_step (thread->engine);
      if (thread->feeder)
        rfl_feeder_flush (thread->feeder);
      tell_cpu (thread);
      thread->stepped = now;
      thread->next += GRID;
    }
  return MAX (thread->next, thread->stepped + GRID / 2);
}

/* Until @deadline, which is a point in time: what a round took does not move the grid. */
static void
wait_until (MixThread *thread, gint64 deadline)
{
  struct pollfd fd = { .fd = thread->wake_fd, .events = POLLIN };
  gint64 left = MAX (deadline - rfl_clock_now (rfl_core_get_clock (thread->spec.core)), 0);
  struct timespec timeout = { .tv_sec = left / G_USEC_PER_SEC,
                              .tv_nsec = left % G_USEC_PER_SEC * 1000 };
  guint64 count;

  if (ppoll (&fd, 1, deadline == G_MAXINT64 ? NULL : &timeout, NULL) > 0
      && read (thread->wake_fd, &count, sizeof count) < 0)
    return; /* somebody was faster: nobody is */
}

static gpointer
run (gpointer data)
{
  MixThread *thread = data;
  RflClock *clock = rfl_core_get_clock (thread->spec.core);

  while (!__atomic_load_n (&thread->stopping, __ATOMIC_ACQUIRE))
    wait_until (thread, mix_thread_turn (thread, rfl_clock_now (clock)));
  return NULL;
}

gboolean
mix_thread_start (MixThread *thread, GError **error)
{
  g_autofree char *name = g_strdup_printf ("rfl-mixer-%u", thread->spec.index);

  if (thread->wake_fd < 0)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "mixer: no file descriptor left");
      return FALSE;
    }
  thread->stopping = 0;
  thread->thread =
      rfl_thread_start (rfl_core_get_media_rank (thread->spec.core), name, run, thread, error);
  return thread->thread != NULL;
}

void
mix_thread_stop (MixThread *thread)
{
  if (!thread->thread)
    return;
  __atomic_store_n (&thread->stopping, 1, __ATOMIC_RELEASE);
  wake (thread);
  g_thread_join (thread->thread);
  thread->thread = NULL;
}
