/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two cameras and a watcher with a leg of RFL_LEG_ONE, on the packet path's fixture. Not for tests with
 * protocols or sockets.
 */
#pragma once

#include "tests/unit/video-stream.h"

#define A "192.0.2.1:4000"
#define B "192.0.2.2:4000"
#define C "192.0.2.3:4000"
#define MS G_TIME_SPAN_MILLISECOND

/* @asked_a, @asked_b: requests for keyframes that went to them */
typedef struct {
  Fixture *f;
  RflSource *a, *b;
  RflLeg *leg;
  Stream sa, sb;
  Viewer viewer;
  guint asked_a, asked_b;
} Room;

extern const char *const room_encodings[]; /* by WireVideoCodec */

Room *room_new (guint n_workers, WireVideoCodec codec);
void room_free (Room *r);
RflSource *room_add_sender (Fixture *f, RflMedium *medium, const char *at, guint32 ssrc,
                            guint *asked);
void room_inject (Room *r, const Stream *s, const StreamFrame *frame, guint from, guint to);
/* Returns: how many packets the viewer got, as do the next two. */
guint room_watch (Room *r);
/* Packets @from to @to of @frame. */
guint room_send (Room *r, const Stream *s, const StreamFrame *frame, guint from, guint to);
/* A whole frame, packet by packet. */
guint room_say (Room *r, Stream *s, gboolean key);
/* 33 ms */
void room_tick (Room *r);
/* Nothing was missing, nothing could not be decoded, nothing is begun and not ended. */
void room_assert_whole (const Room *r);
guint32 room_following (const Room *r);
