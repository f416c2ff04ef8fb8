/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames on their way from a feeder's thread to a worker, and what a leg of RFL_LEG_MIX keeps. Not
 * the objects of the main thread: path-private.h.
 */
#pragma once

#include "core/path/buffer.h"
#include "core/path/ring.h"
#include <reflector/feed.h>

/**
 * MixState:
 * @started: a packet has been sent since the leg became active
 *
 * The owning worker's.
 */
typedef struct {
  guint32 ssrc, ts_offset;
  guint16 seq;
  gboolean started;
} MixState;

/**
 * FrameItem:
 * @buffer: a reference: an RTP packet in which payload type, numbers and SSRC are still to come
 * @feed: its id: it may be gone when a worker comes to it
 * @seq: of the messages: the worker waits until it has seen so many, and so knows the feed
 * @only, @except: to compare only
 */
typedef struct {
  RflBuffer *buffer;
  guint64 feed, seq;
  gconstpointer only;
  gboolean past_block;
  guint n_except;
  gconstpointer except[RFL_FRAME_MAX_EXCEPT];
} FrameItem;

/**
 * WorkerFeeder: one feeder's way to one worker
 * @dropped: frames that the ring had no room for; @refused: frames that were beyond the limits. Shared: the
 *   feeder's thread writes them
 * @told: of those the worker has counted
 */
typedef struct {
  RflRing ring;
  guint64 dropped, refused;
  char apart[RFL_CACHE_LINE];
  guint64 told_dropped, told_refused;
} WorkerFeeder;
