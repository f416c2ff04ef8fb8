/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A room for tests of RTCP in sessions of many: two who send, one who listens, and as many more as a test
 * adds. Not for other tests of RTCP: rtcp-fixture.h.
 */
#pragma once

#include "core/core-private.h"
#include "tests/unit/rtcp-fixture.h"

typedef struct {
  Fixture *f;
  End *a, *b, *c; /* a sends SSRC 1, b SSRC 2, c nothing */
  GPtrArray *more;
} Room;

/* @data: participants above which reports are summarised */
void room_set_up (Room *room, gconstpointer data);
void room_tear_down (Room *room, gconstpointer data);
/* One more who listens. */
End *room_add (Room *room, RflLegMode mode);
void room_drop (Room *room, End *end);
void end_send_raw (const End *end, const guint8 *data, gsize len);

#define ADD(name, func, above)                                                                     \
  g_test_add (name, Room, GUINT_TO_POINTER (above), room_set_up, func, room_tear_down)
