/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a thread of the mixer tells of itself and of a source while it works: written by that thread
 * only, read along by the main thread. Not for counting what an operator sums up (counters do).
 */
#pragma once

#include <glib.h>

#define METER_SET(var, value) __atomic_store_n (&(var), (value), __ATOMIC_RELAXED)
#define METER_ADD(var, n) __atomic_store_n (&(var), (var) + (n), __ATOMIC_RELAXED)
#define METER_GET(var) __atomic_load_n (&(var), __ATOMIC_RELAXED)

/**
 * MixMeter:
 * @dbov: of the last tenth of a second
 * @heard: whether it is in the sum
 * @delay: of its jitter buffer, ms
 *
 * One source. Counted references (g_atomic_rc_box), one for each side.
 */
typedef struct {
  gint dbov;
  gint heard;
  guint delay;
  guint64 packets, lost, late, undecodable;
} MixMeter;

/**
 * MixStats:
 * @late_ticks: begun more than a grid's step after their time
 * @skipped_ticks: left out, since too many were late
 * @cpu: microseconds
 */
typedef struct {
  guint64 ticks, late_ticks, skipped_ticks;
  guint64 packets, stray, undecodable;
  guint64 encoded, frames, unsent, events;
  guint64 cpu;
} MixStats;
