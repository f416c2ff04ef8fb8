/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* CPU time of one thread of this process. Not for wall-clock time. */
#include "config.h"
#include "tests/bench/meter.h"
#include <sched.h>
#include <stdlib.h>

int
meter_find_thread (const char *name)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *tid;

  while ((tid = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/comm", tid);
      g_autofree char *comm = NULL;
      if (g_file_get_contents (path, &comm, NULL, NULL) && g_str_has_prefix (comm, name))
        return atoi (tid);
    }
  g_error ("no thread %s", name);
}

guint64
meter_cpu_time (int tid)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/task/%d/schedstat", tid);
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    g_error ("no %s", path);
  return g_ascii_strtoull (text, NULL, 10);
}

void
meter_pin (int tid, guint cpu)
{
  cpu_set_t set;

  if (g_get_num_processors () < 2)
    return;
  CPU_ZERO (&set);
  CPU_SET (cpu, &set);
  sched_setaffinity (tid, sizeof set, &set);
}

static int
compare (const void *a, const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;
  return x < y ? -1 : x > y;
}

void
meter_sort (double *values, guint n)
{
  qsort (values, n, sizeof *values, compare);
}
