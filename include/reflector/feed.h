/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds: how a thread outside the packet path gives legs what it has made (a mixer, a player).
 * A frame is handed over once; the workers send it to every leg that hangs on its feed, each with
 * SSRC, sequence numbers and timestamps of the leg's own. Not for what comes from the network:
 * that has sources (route.h).
 *
 * Legs hang on a feed by RflLegSpec.mode = RFL_LEG_MIX and .feed. Their `pt` is indexed by
 * RflFrame.format, not by the route's formats.
 */
#pragma once

#include <reflector/route.h>

G_BEGIN_DECLS

/* What one frame may carry. */
#define RFL_FRAME_MAX_PAYLOAD 1400
#define RFL_FRAME_MAX_CSRC 15
#define RFL_FRAME_MAX_EXCEPT 16

/* A group of legs that have agreed on one codec. Main thread.
 *
 * @clock_rate: of RflFrame.timestamp, Hz
 *
 * Returns: (transfer full)
 */
RFL_EXPORT RflFeed *rfl_feed_new (RflRoute *route, guint clock_rate);
/* Its legs must be gone, and no thread may push to it any more. %NULL is allowed. */
RFL_EXPORT void rfl_feed_free (RflFeed *feed);

/**
 * RflFrame:
 * @format: index of the leg's `pt`; a leg that has RFL_PT_NONE there gets nothing
 * @timestamp: of the feed's timeline. All frames of one feed and instant carry the same; each leg
 *   adds an offset of its own, chosen at random (RFC 3550 §5.1). Sequence numbers are the leg's, so that a pause
 *   is a step of the timestamp alone
 * @marker: begins a talkspurt; set by the worker for the first packet of a leg, too
 * @csrc: @n_csrc contributors, in host byte order
 * @payload: copied
 * @only: (nullable): for the legs of this medium and no other; compared, not looked into
 * @past_block: with @only: passes although rfl_medium_set_blocked() keeps everything else from it
 * @except: @n_except media whose legs do not get it
 */
typedef struct {
  RflFeed *feed;
  guint8 format;
  gboolean marker;
  guint32 timestamp;
  const guint32 *csrc;
  guint n_csrc;
  const guint8 *payload;
  gsize len;
  const RflMedium *only;
  gboolean past_block;
  const RflMedium *const *except;
  guint n_except;
} RflFrame;

/* One thread's way to the workers: bounded single-producer rings and a pool of buffers.
 *
 * @capacity: frames that may wait in each worker's ring; rounded up to a power of two
 *
 * Returns: (transfer full). Main thread, as is freeing it: its thread must have ended. */
RFL_EXPORT RflFeeder *rfl_feeder_new (RflPath *path, guint capacity);
RFL_EXPORT void rfl_feeder_free (RflFeeder *feeder);
/* The feeder's thread only; never blocks. Returns: %FALSE if a worker's ring was full or @frame is
 * beyond the limits above (counted); the others get it. */
RFL_EXPORT gboolean rfl_feeder_push (RflFeeder *feeder, const RflFrame *frame);
/* Wakes the workers that have got something since the last flush. The feeder's thread only. */
RFL_EXPORT void rfl_feeder_flush (RflFeeder *feeder);

G_END_DECLS
