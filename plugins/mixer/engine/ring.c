/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records in a ring: each has its length before it and lies in one piece; what is left at the end of the memory
 * is skipped. Not for what the records mean.
 */
#include "plugins/mixer/engine/ring.h"

/* Of a record's beginning, and room for its length before it. */
#define UNIT 16u
#define SKIP G_MAXUINT32

static guint
round_up (guint len)
{
  return UNIT + (len + UNIT - 1) / UNIT * UNIT;
}

static guint32 *
length_at (const MixRing *ring, guint position)
{
  return (guint32 *) (gpointer) (ring->data + (position & (ring->size - 1)));
}

static guint
left_until_end (const MixRing *ring, guint position)
{
  return ring->size - (position & (ring->size - 1));
}

void
mix_ring_init (MixRing *ring, guint size)
{
  guint power = 4096;

  while (power < size)
    power *= 2;
  *ring = (MixRing){ .size = power };
  ring->data = g_malloc (power);
}

void
mix_ring_clear (MixRing *ring)
{
  g_clear_pointer (&ring->data, g_free);
}

/* Whether @need octets behind the head are the producer's. */
static gboolean
has_room (MixRing *ring, guint need)
{
  if (ring->size - (ring->head - ring->tail_seen) >= need)
    return TRUE;
  ring->tail_seen = __atomic_load_n (&ring->tail, __ATOMIC_ACQUIRE);
  return ring->size - (ring->head - ring->tail_seen) >= need;
}

gpointer
mix_ring_reserve (MixRing *ring, guint len)
{
  guint need = round_up (len), end = left_until_end (ring, ring->head);

  g_return_val_if_fail (len <= ring->size / 4, NULL);
  if (end < need)
    {
      if (!has_room (ring, end + need))
        return NULL;
      *length_at (ring, ring->head) = SKIP;
      __atomic_store_n (&ring->head, ring->head + end, __ATOMIC_RELEASE);
    }
  return has_room (ring, need) ? (guint8 *) length_at (ring, ring->head) + UNIT : NULL;
}

void
mix_ring_push (MixRing *ring, guint len)
{
  *length_at (ring, ring->head) = len;
  __atomic_store_n (&ring->head, ring->head + round_up (len), __ATOMIC_RELEASE);
}

static gboolean
has_any (MixRing *ring)
{
  if (ring->tail != ring->head_seen)
    return TRUE;
  ring->head_seen = __atomic_load_n (&ring->head, __ATOMIC_ACQUIRE);
  return ring->tail != ring->head_seen;
}

gpointer
mix_ring_peek (MixRing *ring)
{
  if (!has_any (ring))
    return NULL;
  if (*length_at (ring, ring->tail) == SKIP)
    {
      __atomic_store_n (&ring->tail, ring->tail + left_until_end (ring, ring->tail),
                        __ATOMIC_RELEASE);
      if (!has_any (ring))
        return NULL;
    }
  return (guint8 *) length_at (ring, ring->tail) + UNIT;
}

void
mix_ring_pop (MixRing *ring)
{
  guint len = *length_at (ring, ring->tail);

  __atomic_store_n (&ring->tail, ring->tail + round_up (len), __ATOMIC_RELEASE);
}
