/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parked packets and the strangers' token buckets. Allocates only in park_init(). Does not
 * decide what becomes of a packet.
 */
#include "core/path/park.h"
#include <reflector/port.h>
#include <string.h>

static guint
key_hash (gconstpointer key)
{
  const ParkKey *k = key;
  return rfl_address_hash (&k->remote) ^ (k->ssrc * 2654435761u) ^ g_direct_hash (k->port);
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const ParkKey *x = a, *y = b;
  return x->ssrc == y->ssrc && x->port == y->port && rfl_address_equal (&x->remote, &y->remote);
}

void
park_init (Park *park, guint worker, const ParkRates *rates)
{
  *park = (Park){ .worker = worker, .rates = rates, .seed = g_random_int () };
  park->entries = g_new0 (ParkEntry, PARK_ENTRIES);
  park->buckets = g_new0 (ParkBucket, PARK_BUCKETS);
  park->by_key = g_hash_table_new (key_hash, key_equal);
  for (guint i = 0; i < PARK_ENTRIES; i++)
    {
      ParkEntry *entry = &park->entries[i];
      entry->link.data = entry;
      entry->known = i >= PARK_STRANGERS;
      g_queue_push_tail_link (entry->known ? &park->free_known : &park->free_strangers,
                              &entry->link);
    }
}

static void
unref_list (RflBuffer *list, RflBufferPool *pool)
{
  while (list)
    {
      RflBuffer *next = list->next;
      buffer_unref (list, pool);
      list = next;
    }
}

void
park_clear (Park *park, RflBufferPool *pool)
{
  for (guint i = 0; park->entries && i < PARK_ENTRIES; i++)
    unref_list (park->entries[i].first, pool);
  g_clear_pointer (&park->by_key, g_hash_table_unref);
  g_clear_pointer (&park->entries, g_free);
  g_clear_pointer (&park->buckets, g_free);
}

ParkEntry *
park_find (Park *park, gpointer port, const RflAddress *remote, guint32 ssrc)
{
  ParkKey key = { .port = port, .remote = *remote, .ssrc = ssrc };
  return g_hash_table_lookup (park->by_key, &key);
}

ParkEntry *
park_find_ticket (Park *park, guint64 ticket)
{
  guint index = (ticket >> 8) & 0xffff;

  if (ticket == 0 || index >= PARK_ENTRIES || park->entries[index].ticket != ticket)
    return NULL;
  return &park->entries[index];
}

/* How many entries of the same kind the address holds already; only when a new one is made. */
static gboolean
holds_too_many (Park *park, const ParkKey *key, gboolean known)
{
  guint from = known ? PARK_STRANGERS : 0, to = known ? PARK_ENTRIES : PARK_STRANGERS;
  guint limit = known ? PARK_PER_FLOW : PARK_PER_IP;

  if (g_hash_table_size (park->by_key) < limit)
    return FALSE;
  for (guint i = from, n = 0; i < to; i++)
    if (park->entries[i].ticket && rfl_address_same_ip (&park->entries[i].key.remote, &key->remote)
        && ++n >= limit)
      return TRUE;
  return FALSE;
}

static ParkEntry *
entry_new (Park *park, const ParkKey *key, gboolean known, gint64 now)
{
  GQueue *from = known ? &park->free_known : &park->free_strangers;
  ParkEntry *entry;

  if (from->head == NULL || holds_too_many (park, key, known))
    return NULL;
  entry = g_queue_pop_head_link (from)->data;
  entry->key = *key;
  entry->ticket = ++park->generation << 24 | (guint64) (entry - park->entries) << 8 | park->worker;
  entry->deadline = now + RFL_PARK_TIME;
  entry->refused = FALSE;
  g_queue_push_tail_link (&park->pending, &entry->link);
  g_hash_table_insert (park->by_key, &entry->key, entry);
  return entry;
}

ParkResult
park_add (Park *park, ParkEntry **out, const ParkKey *key, gboolean known, RflBuffer *buffer)
{
  ParkEntry *entry = g_hash_table_lookup (park->by_key, key);
  ParkResult result = entry ? PARK_WAIT : PARK_ASK;

  if (entry && entry->refused)
    return PARK_REFUSED;
  if (entry && entry->n >= RFL_PARK_PACKETS)
    return PARK_OVERFLOW;
  if (park->n_packets >= PARK_MAX_PACKETS
      || (!known && park->n_stranger_packets >= PARK_MAX_PACKETS / 2))
    return PARK_FULL;
  if (entry == NULL)
    entry = entry_new (park, key, known, buffer->arrival);
  if (entry == NULL)
    return PARK_FULL;
  buffer_ref (buffer)->next = NULL;
  if (entry->last)
    entry->last->next = buffer;
  else
    entry->first = buffer;
  entry->last = buffer;
  entry->n++;
  park->n_packets++;
  park->n_stranger_packets += entry->known ? 0 : 1;
  *out = entry;
  return result;
}

static RflBuffer *
take_packets (Park *park, ParkEntry *entry)
{
  RflBuffer *list = entry->first;

  park->n_packets -= entry->n;
  park->n_stranger_packets -= entry->known ? 0 : entry->n;
  entry->first = entry->last = NULL;
  entry->n = 0;
  return list;
}

RflBuffer *
park_take (Park *park, ParkEntry *entry)
{
  g_hash_table_remove (park->by_key, &entry->key);
  g_queue_unlink (entry->refused ? &park->refused : &park->pending, &entry->link);
  g_queue_push_tail_link (entry->known ? &park->free_known : &park->free_strangers, &entry->link);
  entry->ticket = 0;
  return take_packets (park, entry);
}

RflBuffer *
park_refuse (Park *park, ParkEntry *entry, gint64 now)
{
  if (!entry->refused)
    {
      g_queue_unlink (&park->pending, &entry->link);
      g_queue_push_tail_link (&park->refused, &entry->link);
      entry->refused = TRUE;
      entry->deadline = now + PARK_REFUSED_TIME;
    }
  return take_packets (park, entry);
}

ParkEntry *
park_expired (Park *park, gint64 now)
{
  GQueue *queues[] = { &park->pending, &park->refused };

  for (guint i = 0; i < G_N_ELEMENTS (queues); i++)
    if (queues[i]->head && ((ParkEntry *) queues[i]->head->data)->deadline <= now)
      return queues[i]->head->data;
  return NULL;
}

ParkEntry *
park_of_port (Park *park, gpointer port)
{
  for (guint i = 0; i < PARK_ENTRIES; i++)
    if (park->entries[i].ticket && park->entries[i].key.port == port)
      return &park->entries[i];
  return NULL;
}

gint64
park_deadline (const Park *park)
{
  gint64 deadline = G_MAXINT64;

  if (park->pending.head)
    deadline = ((ParkEntry *) park->pending.head->data)->deadline;
  if (park->refused.head)
    deadline = MIN (deadline, ((ParkEntry *) park->refused.head->data)->deadline);
  return deadline;
}

gboolean
token_bucket_take (TokenBucket *bucket, guint rate, guint burst, gint64 now)
{
  gint64 gained = MIN (MAX (now - bucket->last, 0), G_TIME_SPAN_HOUR) * rate;

  bucket->used = MAX (bucket->used - gained, 0);
  bucket->last = now;
  if (bucket->used + G_USEC_PER_SEC > (gint64) burst * G_USEC_PER_SEC)
    return FALSE;
  bucket->used += G_USEC_PER_SEC;
  return TRUE;
}

/* The bucket of @ip, or in its place the least recently used of four neighbours. */
static TokenBucket *
find_bucket (Park *park, const RflAddress *ip)
{
  guint start = ((rfl_address_hash (ip) ^ park->seed) * 2654435761u) >> 8;
  ParkBucket *oldest = NULL;

  for (guint i = 0; i < 4; i++)
    {
      ParkBucket *bucket = &park->buckets[(start + i) % PARK_BUCKETS];
      if (rfl_address_equal (&bucket->ip, ip))
        return &bucket->bucket;
      if (oldest == NULL || bucket->bucket.last < oldest->bucket.last)
        oldest = bucket;
    }
  *oldest = (ParkBucket){ .ip = *ip };
  return &oldest->bucket;
}

gboolean
park_may_ask (Park *park, const RflAddress *address, gint64 now)
{
  guint one = __atomic_load_n (&park->rates->one, __ATOMIC_RELAXED);
  guint all = __atomic_load_n (&park->rates->all, __ATOMIC_RELAXED);
  RflAddress ip = *address;

  ip.port = 0;
  if (ip.family == AF_INET6) /* one customer has a whole /64 */
    memset (ip.ip + 8, 0, 8);
  return token_bucket_take (find_bucket (park, &ip), one, 2 * one, now)
         && token_bucket_take (&park->strangers, all, MAX (all / 4, 1), now);
}
