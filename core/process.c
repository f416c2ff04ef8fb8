/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the process holds of the machine: descriptors and heap, so that growth can be seen from
 * outside. Not for limits: those belong to whoever opens and allocates.
 */
#include <config.h>

#include "core/core-private.h"
#include "core/status.h"
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
