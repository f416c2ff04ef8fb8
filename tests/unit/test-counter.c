/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters: nothing is lost between threads, and one name is one counter. */
#include "core/core-private.h"
#include "core/status.h"

#define ROUNDS 500000

typedef struct {
  RflCounter *counter;
  guint worker;
  gint *go;
} Job;

static gpointer
work (gpointer data)
{
  Job *job = data;

  while (!g_atomic_int_get (job->go))
    g_thread_yield ();
  for (guint i = 0; i < ROUNDS; i++)
    rfl_counter_add_worker (job->counter, job->worker, 2);
  return NULL;
}

static void
threads (void)
{
  RflCore core = { .counters = rfl_counters_new () };
  RflCounter *counter = rfl_counter_get (&core, "test.threads", "Sums");
  GThread *thread[RFL_MAX_WORKERS];
  Job jobs[RFL_MAX_WORKERS];
  guint64 last = 0;
  gint go = FALSE;

  for (guint i = 0; i < RFL_MAX_WORKERS; i++)
    {
      jobs[i] = (Job){ counter, i, &go };
      thread[i] = g_thread_new ("worker", work, &jobs[i]);
    }
  g_atomic_int_set (&go, TRUE);
  for (guint i = 0; i < ROUNDS; i++)
    {
      rfl_counter_add (counter, 1);
      guint64 now = rfl_counter_read (counter);
      g_assert_cmpuint (now, >, last);
      last = now;
    }
  for (guint i = 0; i < RFL_MAX_WORKERS; i++)
    g_thread_join (thread[i]);
  g_assert_cmpuint (rfl_counter_read (counter), ==, ROUNDS * (1 + 2 * RFL_MAX_WORKERS));
  g_hash_table_unref (core.counters);
}

static void
names (void)
{
  RflCore core = { .counters = rfl_counters_new () };
  g_autofree char *name = g_strdup ("b.two");
  g_autofree char *text = NULL;
  RflCounter *counter = rfl_counter_get (&core, name, "Two");
  RflStatus *status = rfl_status_new ();

  g_assert_true (rfl_counter_get (&core, "b.two", "Two") == counter);
  g_assert_true (rfl_counter_get (&core, "a.one", "One") != counter);
  name[0] = 'x'; /* the name was copied */
  rfl_counter_add (counter, 7);
  rfl_counters_status (&core, status);
  text = rfl_status_finish (status);
  g_assert_cmpstr (text, ==, "{\"counters\":{\"a.one\":0,\"b.two\":7}}\n");
  g_hash_table_unref (core.counters);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/counter/names", names);
  g_test_add_func ("/counter/threads", threads);
  return g_test_run ();
}
