/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two halves of the jitter buffer share: what comes in (jitter.c), what comes out (playout.c). Only for
 * these.
 */
#pragma once

#include "plugins/mixer/jitter/jitter.h"
#include "plugins/mixer/jitter/noise.h"
#include "plugins/mixer/jitter/store.h"
#include "plugins/mixer/jitter/transit.h"

/* Of the highest rate. */
#define JITTER_FIFO (2 * MIX_MAX_DECODED)

typedef enum {
  STATE_EMPTY, /* nothing has come */
  STATE_PLAYING,
  STATE_NOISE, /* the sender has said that it is silent */
  STATE_PAUSED /* nothing came, and what could be concealed has been */
} MixJitterState;

/* Of so many packets it is known that they have come. */
#define MIX_SEEN 64

typedef struct {
  gboolean is;
  guint16 seq;
  guint32 timestamp;
} MixSeen;

/**
 * MixJitter:
 * @ratio: samples in a unit of the timestamps (2 with G.722)
 * @fifo: @n_fifo samples that are decoded and not pulled
 * @now: samples that have been pulled, whatever was in them
 * @next: pos after the last of @fifo
 * @end: pos after the last that was decoded and not made up; @end_seq: of its packet
 * @span: of the last packet
 * @last_pos, @last_timestamp, @last_seq: of the packet with the highest pos
 * @concealed: samples made up without a break
 * @rested: samples since the delay was changed last
 * @n_late, @n_early, @doubted: see doubt()
 * @heard: @now when the last packet came
 */
struct _MixJitter {
  MixDecoder *decoder;
  MixStore store;
  MixTransit transit;
  MixNoise noise;
  MixJitterState state;
  guint rate, ratio;
  gint16 fifo[JITTER_FIFO];
  guint n_fifo;
  gint64 now, next, end, last_pos, doubted, heard;
  MixSeen seen[MIX_SEEN];
  guint32 last_timestamp;
  guint16 last_seq, end_seq;
  guint span, concealed, rested;
  guint n_late, n_early;
  MixJitterStats stats;
};

/* The pos of what is pulled next. */
gint64 jitter_get_head (const MixJitter *jitter);
