/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Payloads of telephone-event: what is read is one of the sixteen keys, and a packet that is repeated is no
 * second press.
 */
#include "plugins/rooms/press.h"
#include "plugins/rooms/tone.h"

#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  RoomsPress press = { 0 };
  guint32 timestamp = 0;
  RoomsTone tone;

  for (gsize i = 0; i + 8 <= size; i += 8)
    {
      memcpy (&timestamp, data + i + 4, 4);
      if (!rooms_tone_read (&tone, data + i, 4))
        continue;
      g_assert_nonnull (strchr ("0123456789*#ABCD", tone.key));
      rooms_press_begins (&press, tone.key, timestamp);
      g_assert_false (rooms_press_begins (&press, tone.key, timestamp));
    }
  g_assert_true (size >= 4 || !rooms_tone_read (&tone, data, size));
  return 0;
}
