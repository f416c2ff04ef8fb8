/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A bounded ring of records of different lengths between exactly one producing and one
 * consuming thread, without locks. It never waits: a full ring says so. Not for many writers.
 */
#pragma once

#include <glib.h>

#define MIX_CACHE_LINE 64

/* Each side's members stand on a cache line of their own. Positions count octets for ever. */
typedef struct {
  guint8 *data;
  guint size; /* a power of two */
  char apart1[MIX_CACHE_LINE];
  guint head; /* written by the producer */
  guint tail_seen;
  char apart2[MIX_CACHE_LINE];
  guint tail; /* written by the consumer */
  guint head_seen;
  char apart3[MIX_CACHE_LINE];
} MixRing;

/* @size: octets, rounded up to a power of two; a record may take a quarter of them */
void mix_ring_init (MixRing *ring, guint size);
void mix_ring_clear (MixRing *ring);
/* Producer. Returns: (nullable): @len octets, aligned for anything, to fill before
 * mix_ring_push(); %NULL: full */
gpointer mix_ring_reserve (MixRing *ring, guint len);
/* Producer: of the @len that were reserved last. */
void mix_ring_push (MixRing *ring, guint len);
/* Consumer. Returns: (nullable): the oldest record, there until mix_ring_pop() */
gpointer mix_ring_peek (MixRing *ring);
void mix_ring_pop (MixRing *ring);
