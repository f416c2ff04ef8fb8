/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTP packets whose flow or source is not known yet, by (port, remote address, SSRC), while the
 * main thread decides; and how often a stranger's address may ask. Bounded in every
 * direction. Not a jitter buffer.
 */
#pragma once

#include "core/path/buffer.h"
#include <reflector/types.h>

/* Entries per worker, strangers' apart from those of known flows. */
#define PARK_STRANGERS 512
#define PARK_KNOWN 1024
#define PARK_ENTRIES (PARK_STRANGERS + PARK_KNOWN)
/* Packets per worker, of strangers at most half of them. */
#define PARK_MAX_PACKETS 4096
/* Entries of strangers of one IP address, which may be that of a NAT; entries of one known flow. */
#define PARK_PER_IP 64
#define PARK_PER_FLOW (PARK_KNOWN / 2)
/* A refused key is not asked for again for so long. */
#define PARK_REFUSED_TIME (100 * G_TIME_SPAN_MILLISECOND)
/* How often the main thread is asked, per second and at once, by one known flow (a link brings all
 * its sources at once); by strangers: ParkRates. */
#define PARK_FLOW_RATE 500
#define PARK_FLOW_BURST 1000
#define PARK_BUCKETS 1024

typedef struct {
  gpointer port;
  RflAddress remote;
  guint32 ssrc;
} ParkKey;

typedef struct _ParkEntry ParkEntry;
struct _ParkEntry {
  ParkKey key;
  guint64 ticket; /* 0: the entry is free */
  gint64 deadline;
  gboolean refused, known;
  RflBuffer *first, *last;
  guint n;
  GList link; /* in pending or refused, oldest first; or in a list of free ones */
};

/* Zero-initialised it is full. */
typedef struct {
  gint64 last;
  gint64 used; /* in millionths */
} TokenBucket;

typedef struct {
  RflAddress ip;
  TokenBucket bucket;
} ParkBucket;

/* Per second: of one stranger's address (twice as many at once), and of all strangers of a worker (a
 * quarter at once). Written by the main thread at any time. */
typedef struct {
  guint one, all;
} ParkRates;

typedef struct {
  guint worker;
  const ParkRates *rates;
  guint64 generation;
  ParkEntry *entries;
  GHashTable *by_key;
  GQueue pending, refused, free_known, free_strangers;
  guint n_packets, n_stranger_packets;
  ParkBucket *buckets;
  TokenBucket strangers;
  guint32 seed;
} Park;

typedef enum {
  PARK_ASK,      /* parked in a new entry: ask the main thread with its ticket */
  PARK_WAIT,     /* parked behind others */
  PARK_OVERFLOW, /* 64 are there already */
  PARK_FULL,     /* no entry or no memory for it */
  PARK_REFUSED   /* discarded less than 100 ms ago */
} ParkResult;

gboolean token_bucket_take (TokenBucket *bucket, guint rate, guint burst, gint64 now);
/* @rates: lent */
void park_init (Park *park, guint worker, const ParkRates *rates);
void park_clear (Park *park, RflBufferPool *pool);
static inline gboolean
park_is_empty (const Park *park)
{
  return g_hash_table_size (park->by_key) == 0;
}
/* (nullable) */
ParkEntry *park_find (Park *park, gpointer port, const RflAddress *remote, guint32 ssrc);
ParkEntry *park_find_ticket (Park *park, guint64 ticket);
/* @known: the address has a flow. Takes a reference to @buffer if it is kept. */
ParkResult park_add (Park *park, ParkEntry **entry, const ParkKey *key, gboolean known,
                     RflBuffer *buffer);
/* Ends the entry. Returns: (transfer full) (nullable): its packets, by their `next`. */
RflBuffer *park_take (Park *park, ParkEntry *entry);
/* Keeps the key as refused. Returns: as park_take() */
RflBuffer *park_refuse (Park *park, ParkEntry *entry, gint64 now);
/* (nullable): an entry whose time is up; the caller takes it. */
ParkEntry *park_expired (Park *park, gint64 now);
/* (nullable): any entry of @port */
ParkEntry *park_of_port (Park *park, gpointer port);
/* When something expires next; G_MAXINT64: nothing does. */
gint64 park_deadline (const Park *park);
/* Whether a stranger's @address may ask the main thread once more. */
gboolean park_may_ask (Park *park, const RflAddress *address, gint64 now);
