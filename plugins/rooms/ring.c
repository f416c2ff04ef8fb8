/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A ring with one writer and one reader, without locks. Not for more of either. */
#include "plugins/rooms/ring.h"

gboolean
rooms_ring_push (RoomsRing *ring, const RoomsNote *note)
{
  guint written = ring->written;

  if (written - (guint) g_atomic_int_get (&ring->read) >= ROOMS_RING_SIZE)
    return FALSE;
  ring->notes[written % ROOMS_RING_SIZE] = *note;
  g_atomic_int_set (&ring->written, written + 1);
  return TRUE;
}

gboolean
rooms_ring_pop (RoomsRing *ring, RoomsNote *out)
{
  guint read = ring->read;

  if (read == (guint) g_atomic_int_get (&ring->written))
    return FALSE;
  *out = ring->notes[read % ROOMS_RING_SIZE];
  g_atomic_int_set (&ring->read, read + 1);
  return TRUE;
}
