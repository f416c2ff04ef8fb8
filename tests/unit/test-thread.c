/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What threads get from the scheduler, and what becomes of them if it refuses. */
#define _GNU_SOURCE
#include "config.h"
#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <reflector/thread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct {
  int policy, nice;
  gboolean term_blocked;
  char name[16];
} Seen;

static gpointer
look (gpointer data)
{
  Seen *seen = data;
  struct sched_param param;
  sigset_t blocked;

  g_assert_cmpint (pthread_getschedparam (pthread_self (), &seen->policy, &param), ==, 0);
  seen->nice = getpriority (PRIO_PROCESS, 0);
  g_assert_cmpint (pthread_sigmask (SIG_BLOCK, NULL, &blocked), ==, 0);
  seen->term_blocked = sigismember (&blocked, SIGTERM) == 1;
  g_assert_cmpint (pthread_getname_np (pthread_self (), seen->name, sizeof seen->name), ==, 0);
  return seen;
}

static void
start (RflThreadRank rank, Seen *seen)
{
  g_autoptr (GError) error = NULL;
  GThread *thread = rfl_thread_start (rank, "looker", look, seen, &error);

  g_assert_no_error (error);
  g_assert_true (g_thread_join (thread) == seen);
  g_assert_cmpstr (seen->name, ==, "looker");
  g_assert_true (seen->term_blocked);
}

static void
test_ranks (void)
{
  int own = getpriority (PRIO_PROCESS, 0);
  sigset_t blocked;
  Seen seen;

  start (RFL_THREAD_NORMAL, &seen);
  g_assert_cmpint (seen.policy, ==, SCHED_OTHER);
  g_assert_cmpint (seen.nice, ==, own);
  start (RFL_THREAD_BULK, &seen);
  g_assert_cmpint (seen.nice, ==, 10);
  g_assert_cmpint (getpriority (PRIO_PROCESS, 0), ==, own);
  pthread_sigmask (SIG_BLOCK, NULL, &blocked);
  g_assert_cmpint (sigismember (&blocked, SIGTERM), ==, 0);
}

/* What the machine grants a thread of this process. */
static gpointer
ask (gpointer granted)
{
  const struct sched_param param = { .sched_priority = 1 };

  *(gboolean *) granted = pthread_setschedparam (pthread_self (), SCHED_FIFO, &param) == 0;
  return NULL;
}

/* In a process without the right it goes on at normal priority, with one line for all threads. */
static void
test_refused (void)
{
  Seen seen;

  if (g_test_subprocess ())
    {
      const struct rlimit none = { 0, 0 };
      g_assert_cmpint (setrlimit (RLIMIT_RTPRIO, &none), ==, 0);
      /* root of a user namespace has nobody to become, and not the right either */
      g_assert_true (geteuid () != 0 || setresuid (65534, 65534, 65534) == 0 || errno == EINVAL);
      g_log_set_always_fatal (G_LOG_FATAL_MASK);
      start (RFL_THREAD_REALTIME, &seen);
      start (RFL_THREAD_REALTIME, &seen);
      g_assert_cmpint (seen.policy, ==, SCHED_OTHER);
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*stay at normal priority*RLIMIT_RTPRIO*");
  g_test_trap_assert_stderr_unmatched ("*stay at*stay at*");
}

static void
test_granted (void)
{
  gboolean granted = FALSE;
  Seen seen;

  g_thread_join (g_thread_new ("asker", ask, &granted));
  if (!granted) /* then test_refused() has seen all there is */
    return;
  start (RFL_THREAD_REALTIME, &seen);
  g_assert_cmpint (seen.policy, ==, SCHED_FIFO);
  start (RFL_THREAD_NORMAL, &seen);
  g_assert_cmpint (seen.policy, ==, SCHED_OTHER);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/thread/refused", test_refused);
  g_test_add_func ("/thread/ranks", test_ranks);
  g_test_add_func ("/thread/granted", test_granted);
  return g_test_run ();
}
