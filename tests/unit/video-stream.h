/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Synthetic video for the packet path's tests: frames of each codec as encoders packetise them, and a
 * viewer that plays what a leg sends and asserts that no picture breaks. Not a codec.
 */
#pragma once

#include "core/wire/video.h"
#include "tests/unit/path-fixture.h"

/* One frame's packets, in order. Each ends in a tag by which the viewer knows it. */
#define STREAM_MAX_PACKETS 40
typedef struct {
  guint n;
  TestRtp packets[STREAM_MAX_PACKETS];
} StreamFrame;

/**
 * Stream:
 * @aggregate: H.264, H.265: parameter sets in one packet
 * @bare: keyframes come without parameter sets
 * @short_id: VP8: picture ids of 7 bits
 * @slices: packets of a frame beside parameter sets
 */
typedef struct {
  WireVideoCodec codec;
  guint8 name;
  guint32 ssrc;
  guint16 seq;
  guint32 timestamp;
  guint16 frame, picture;
  guint8 tl0, key_index, base, last_tid;
  gboolean chained;
  gboolean aggregate, bare, short_id;
  guint slices;
} Stream;

/* @tid: temporal layer of two or three; 0 with @key. */
void stream_make (Stream *s, gboolean key, guint8 tid, StreamFrame *out);

/**
 * Viewer:
 * @gaps: sequence numbers that were missing; @broken: frames that could not have been decoded
 */
typedef struct {
  gboolean started, open, decodable, has_picture;
  guint16 seq, frame, picture;
  guint8 name, index, n_packets, tl0, key_index, base;
  guint n_layer[3];
  guint64 octets;
  guint32 ssrc, timestamp;
  guint n_packets_seen, n_frames, n_keys, switches, gaps, broken;
  WireVideoCodec codec;
} Viewer;

/* Plays what was sent to @to. Returns: how many packets that were */
guint viewer_take (Viewer *v, GPtrArray *sent, const char *to);
