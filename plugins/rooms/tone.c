/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One telephone-event payload. Keeps no state. */
#include "plugins/rooms/tone.h"

/* RFC 4733 §3.2, by event code */
static const char keys[] = "0123456789*#ABCD";

gboolean
rooms_tone_read (RoomsTone *out, const guint8 *payload, gsize len)
{
  /* what follows the first event is of no known use (RFC 4733 §2.3: one event in a payload) */
  if (len < 4 || payload[0] >= sizeof keys - 1)
    return FALSE;
  out->key = keys[payload[0]];
  out->end = (payload[1] & 0x80) != 0;
  out->volume = payload[1] & 0x3f;
  out->duration = (guint16) (payload[2] << 8 | payload[3]);
  return TRUE;
}
