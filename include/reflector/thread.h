/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Threads beside the main one: the workers, and those that plugins start. Signals are blocked in all
 * of them, for they are the main thread's.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

/* How a thread stands beside others when processors are scarce. */
typedef enum {
  RFL_THREAD_NORMAL,
  RFL_THREAD_BULK,    /* moves what can wait, as files: gives way to the others (nice 10) */
  RFL_THREAD_REALTIME /* before everything of normal priority (SCHED_FIFO, lowest priority); must wait
                       * between its rounds, or nothing else runs on its processor */
} RflThreadRank;

/* Of a thread that receives, makes or sends media on time: RFL_THREAD_REALTIME if `core.realtime`
 * is set, otherwise RFL_THREAD_NORMAL. From configure() on; main thread. */
RFL_EXPORT RflThreadRank rfl_core_get_media_rank (const RflCore *core);

/**
 * rfl_thread_start:
 * @name: shown by top and debuggers; the system keeps 15 octets of it
 * @func: runs in the new thread, with @data
 *
 * Where the system does not grant RFL_THREAD_REALTIME (Linux: CAP_SYS_NICE, or RLIMIT_RTPRIO above
 * 0) the thread runs at normal priority, and the first time a warning says so. Any thread.
 * Returns: (transfer full): to be joined (g_thread_join()); %NULL and a GThreadError if the system
 * has no room for another thread.
 */
RFL_EXPORT GThread *rfl_thread_start (RflThreadRank rank, const char *name, GThreadFunc func,
                                      gpointer data, GError **error);

G_END_DECLS
