/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How threads are started and what they ask of the scheduler. Not what they do.
 */
#include "core/core-private.h"
#include <pthread.h>
#include <reflector/log.h>
#include <reflector/thread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#define BULK_NICE 10

typedef struct {
  RflThreadRank rank;
  GThreadFunc func;
  gpointer data;
} Start;

RflThreadRank
rfl_core_get_media_rank (const RflCore *core)
{
  return core->realtime ? RFL_THREAD_REALTIME : RFL_THREAD_NORMAL;
}

static void
become_realtime (void)
{
  static gint told;
  const struct sched_param param = { .sched_priority = sched_get_priority_min (SCHED_FIFO) };
  int problem = pthread_setschedparam (pthread_self (), SCHED_FIFO, &param);

  if (problem && g_atomic_int_compare_and_exchange (&told, FALSE, TRUE))
    rfl_warning (NULL,
                 "threads of media stay at normal priority: %s (core.realtime needs CAP_SYS_NICE "
                 "or RLIMIT_RTPRIO)",
                 g_strerror (problem));
}

static gpointer
run (gpointer data)
{
  Start start = *(Start *) data;

  g_free (data);
  if (start.rank == RFL_THREAD_REALTIME)
    become_realtime ();
  else if (start.rank == RFL_THREAD_BULK)
    setpriority (PRIO_PROCESS, 0, BULK_NICE); /* Linux: of the calling thread */
  return start.func (start.data);
}

GThread *
rfl_thread_start (RflThreadRank rank, const char *name, GThreadFunc func, gpointer data,
                  GError **error)
{
  Start *start = g_new (Start, 1);
  sigset_t all, before;
  GThread *thread;

  *start = (Start){ rank, func, data };
  sigfillset (&all);
  pthread_sigmask (SIG_BLOCK, &all, &before);
  thread = g_thread_try_new (name, run, start, error);
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  if (!thread)
    g_free (start);
  return thread;
}
