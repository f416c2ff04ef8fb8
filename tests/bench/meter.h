/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What benches of the packet path share: the CPU time of one thread. Not for load. */
#pragma once

#include <glib.h>

/* The thread whose name begins with @name. */
int meter_find_thread (const char *name);
/* Nanoseconds that it has run. */
guint64 meter_cpu_time (int tid);
/* Keeps it on one processor, where there are several. @tid 0: the calling thread */
void meter_pin (int tid, guint cpu);
/* Ascending, so that the median stands in the middle. */
void meter_sort (double *values, guint n);
