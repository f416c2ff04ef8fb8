/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the process may have and has of the machine: descriptors and heap, so that growth can be
 * seen from outside. Not for the limits of plugins: those belong to whoever opens and allocates.
 */
#include <config.h>

#include "core/core-private.h"
#include "core/status.h"
#include <errno.h>
#include <reflector/log.h>
#include <sys/resource.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif

/* Returns: how many descriptors are open, -1 where the system does not tell. */
static int
count_descriptors (void)
{
  GDir *dir = g_dir_open ("/proc/self/fd", 0, NULL);
  int n = -1; /* the one of the folder itself */

  if (!dir)
    return -1;
  while (g_dir_read_name (dir))
    n++;
  g_dir_close (dir);
  return n;
}

/* Each TCP client takes one. What the shell gave is often 1,024; up to the hard limit a process may
 * help itself. More than this many no daemon needs, and code that walks through all has its pain. */
#define DESCRIPTORS 65536

void
rfl_process_prepare (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS)
    return;
  limit.rlim_cur = MIN (limit.rlim_max, DESCRIPTORS);
  if (setrlimit (RLIMIT_NOFILE, &limit) != 0)
    rfl_info (NULL, "cannot have more descriptors: %s", g_strerror (errno));
}

void
rfl_process_status (RflStatus *status)
{
  rfl_status_begin_object (status, "process");
  rfl_status_add_int (status, "descriptors", count_descriptors ());
#ifdef HAVE_MALLINFO2
  struct mallinfo2 info = mallinfo2 ();
  rfl_status_add_int (status, "heap", info.uordblks + info.hblkhd);
#endif
  rfl_status_end (status);
}
