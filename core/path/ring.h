/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bounded ring of equal elements between exactly one producing and one consuming thread,
 * without locks. Not a queue for many writers, and it never waits: a full ring says so.
 */
#pragma once

#include <glib.h>

#define RFL_CACHE_LINE 64

/* Each side's members stand on a cache line of their own. */
typedef struct {
  guint8 *slots;
  gsize element;
  guint mask;
  char apart1[RFL_CACHE_LINE];
  guint head; /* written by the producer */
  guint tail_seen;
  char apart2[RFL_CACHE_LINE];
  guint tail; /* written by the consumer */
  guint head_seen;
  char apart3[RFL_CACHE_LINE];
} RflRing;

/* @size: a power of two */
static inline void
ring_init (RflRing *ring, guint size, gsize element)
{
  *ring = (RflRing){ .element = element, .mask = size - 1 };
  ring->slots = g_malloc0_n (size, element);
}

static inline void
ring_clear (RflRing *ring)
{
  g_clear_pointer (&ring->slots, g_free);
}

/* Producer. Returns: (nullable): the slot to fill before ring_push() */
static inline gpointer
ring_reserve (RflRing *ring)
{
  if (ring->head - ring->tail_seen > ring->mask)
    {
      ring->tail_seen = __atomic_load_n (&ring->tail, __ATOMIC_ACQUIRE);
      if (ring->head - ring->tail_seen > ring->mask)
        return NULL;
    }
  return ring->slots + (gsize) (ring->head & ring->mask) * ring->element;
}

static inline void
ring_push (RflRing *ring)
{
  __atomic_store_n (&ring->head, ring->head + 1, __ATOMIC_RELEASE);
}

/* Consumer. Returns: (nullable): the oldest element, there until ring_pop() */
static inline gpointer
ring_peek (RflRing *ring)
{
  if (ring->tail == ring->head_seen)
    {
      ring->head_seen = __atomic_load_n (&ring->head, __ATOMIC_ACQUIRE);
      if (ring->tail == ring->head_seen)
        return NULL;
    }
  return ring->slots + (gsize) (ring->tail & ring->mask) * ring->element;
}

static inline void
ring_pop (RflRing *ring)
{
  __atomic_store_n (&ring->tail, ring->tail + 1, __ATOMIC_RELEASE);
}
