/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Token buckets per address. Full buckets are as good as none, so the table holds those that
 * were used last. Not thread-safe.
 */
#include <reflector/clock.h>
#include <reflector/rate.h>
#include <string.h>

#define MAX_ADDRESSES 65536
#define MAX_DEBT 3600.0 /* seconds */

/* @link: in the queue, least recently used first */
typedef struct {
  RflAddress key;
  double tokens;
  gint64 updated;
  GList link;
} Bucket;

struct _RflRates {
  RflClock *clock;
  double per_second, burst;
  GHashTable *buckets;
  GQueue used;
};

/* Whoever has an IPv6 address has its /64. */
static RflAddress
key_of (const RflAddress *address)
{
  RflAddress key = *address;

  key.port = 0;
  key.scope = 0;
  if (key.family == AF_INET6)
    memset (key.ip + 8, 0, 8);
  return key;
}

static void
refill (const RflRates *rates, Bucket *bucket)
{
  gint64 now = rfl_clock_now (rates->clock);
  double seconds = (double) (now - bucket->updated) / G_TIME_SPAN_SECOND;

  bucket->tokens = MIN (rates->burst, bucket->tokens + seconds * rates->per_second);
  bucket->updated = now;
}

static void
drop (RflRates *rates, Bucket *bucket)
{
  g_queue_unlink (&rates->used, &bucket->link);
  g_hash_table_remove (rates->buckets, &bucket->key);
}

static Bucket *
add (RflRates *rates, const RflAddress *key)
{
  Bucket *bucket = g_new0 (Bucket, 1);

  if (rates->used.length >= MAX_ADDRESSES)
    drop (rates, rates->used.head->data);
  bucket->key = *key;
  bucket->tokens = rates->burst;
  bucket->updated = rfl_clock_now (rates->clock);
  bucket->link.data = bucket;
  g_hash_table_insert (rates->buckets, &bucket->key, bucket);
  g_queue_push_tail_link (&rates->used, &bucket->link);
  return bucket;
}

static Bucket *
find (RflRates *rates, const RflAddress *address)
{
  RflAddress key = key_of (address);
  Bucket *bucket = g_hash_table_lookup (rates->buckets, &key);

  if (bucket)
    refill (rates, bucket);
  return bucket;
}

static Bucket *
get (RflRates *rates, const RflAddress *address)
{
  RflAddress key = key_of (address);
  Bucket *bucket = find (rates, address);

  if (bucket == NULL)
    return add (rates, &key);
  g_queue_unlink (&rates->used, &bucket->link);
  g_queue_push_tail_link (&rates->used, &bucket->link);
  return bucket;
}

RflRates *
rfl_rates_new (RflClock *clock, double per_second, double burst)
{
  RflRates *rates;

  g_return_val_if_fail (clock && per_second > 0 && burst >= 1, NULL);
  rates = g_new0 (RflRates, 1);
  rates->clock = clock;
  rates->per_second = per_second;
  rates->burst = burst;
  rates->buckets = g_hash_table_new_full (rfl_address_hash, rfl_address_equal, NULL, g_free);
  g_queue_init (&rates->used);
  return rates;
}

void
rfl_rates_set (RflRates *rates, double per_second, double burst)
{
  g_return_if_fail (per_second > 0 && burst >= 1);
  for (GList *l = rates->used.head; l; l = l->next)
    refill (rates, l->data);
  rates->per_second = per_second;
  rates->burst = burst;
}

gboolean
rfl_rates_take (RflRates *rates, const RflAddress *address)
{
  Bucket *bucket = get (rates, address);

  if (bucket->tokens < 1)
    return FALSE;
  bucket->tokens -= 1;
  return TRUE;
}

void
rfl_rates_charge (RflRates *rates, const RflAddress *address, double tokens)
{
  Bucket *bucket = get (rates, address);

  g_return_if_fail (tokens > 0);
  bucket->tokens = MAX (bucket->tokens - tokens, -MAX_DEBT * rates->per_second);
}

gint64
rfl_rates_wait (RflRates *rates, const RflAddress *address)
{
  const Bucket *bucket = find (rates, address);

  if (bucket == NULL || bucket->tokens >= 1)
    return 0;
  return (gint64) ((1 - bucket->tokens) / rates->per_second * G_TIME_SPAN_SECOND) + 1;
}

void
rfl_rates_forget (RflRates *rates, const RflAddress *address)
{
  RflAddress key = key_of (address);
  Bucket *bucket = g_hash_table_lookup (rates->buckets, &key);

  if (bucket)
    drop (rates, bucket);
}

guint
rfl_rates_count (const RflRates *rates)
{
  return rates->used.length;
}

void
rfl_rates_free (RflRates *rates)
{
  if (rates == NULL)
    return;
  g_hash_table_unref (rates->buckets);
  g_free (rates);
}
