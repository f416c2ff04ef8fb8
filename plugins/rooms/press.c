/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One key press and the next. Does not need the end bit: the packets with it may all be lost. */
#include "plugins/rooms/press.h"

/* Packets this much older than the present press are late ones of an earlier press; with anything older the
 * source has begun its timestamps anew. Ten seconds at 8 kHz. */
#define LATE 80000
/* A long press goes on under a new timestamp (RFC 4733 §2.5.1.3). */
#define SEGMENT 0xffff

gboolean
rooms_press_begins (RoomsPress *press, char key, guint32 timestamp)
{
  guint32 ahead = timestamp - press->timestamp;
  gboolean same = press->any && (ahead == 0 || ahead > G_MAXUINT32 - LATE);
  gboolean goes_on = press->any && ahead == SEGMENT && key == press->key;

  if (same)
    return FALSE;
  press->any = TRUE;
  press->key = key;
  press->timestamp = timestamp;
  return !goes_on;
}
