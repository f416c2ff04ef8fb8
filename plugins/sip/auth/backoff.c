/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of backoff.h. Not the token buckets per address: see gate.c. */
#include "plugins/sip/auth/backoff.h"
#include <string.h>

#define FIRST_WAIT G_TIME_SPAN_SECOND
/* After that long without a wrong password all is as before. */
#define MEMORY G_TIME_SPAN_HOUR
/* Beyond, a wait does not double any more. */
#define MAX_DOUBLINGS 30

/**
 * Entry:
 * @key: a hash of address and name, which may be long
 * @until: end of its wait, or 0 while it has none
 * @link: in a queue, longest ago at the head
 */
typedef struct {
  char *key;
  guint wrong;
  gint64 last, until;
  GList link;
} Entry;

/* @fresh, @waiting: by @last: those without and with a wait */
struct _SipBackoff {
  RflClock *clock;
  guint attempts, max;
  gint64 longest;
  GHashTable *entries;
  GQueue fresh, waiting;
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->key);
  g_free (entry);
}

SipBackoff *
sip_backoff_new (RflClock *clock)
{
  SipBackoff *backoff = g_new0 (SipBackoff, 1);

  backoff->clock = clock;
  backoff->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  g_queue_init (&backoff->fresh);
  g_queue_init (&backoff->waiting);
  return backoff;
}

void
sip_backoff_free (SipBackoff *backoff)
{
  if (backoff == NULL)
    return;
  g_hash_table_unref (backoff->entries);
  g_free (backoff);
}

static GQueue *
queue_of (SipBackoff *backoff, const Entry *entry)
{
  return entry->until != 0 ? &backoff->waiting : &backoff->fresh;
}

static void
drop (SipBackoff *backoff, Entry *entry)
{
  g_queue_unlink (queue_of (backoff, entry), &entry->link);
  g_hash_table_remove (backoff->entries, entry->key);
}

static gboolean
is_forgotten (const SipBackoff *backoff, const Entry *entry)
{
  return rfl_clock_now (backoff->clock) - entry->last >= MAX (MEMORY, backoff->longest);
}

static void
drop_old (SipBackoff *backoff, GQueue *queue)
{
  while (queue->head && is_forgotten (backoff, queue->head->data))
    drop (backoff, queue->head->data);
}

/* Leaves at most @max. */
static void
make_room (SipBackoff *backoff, guint max)
{
  drop_old (backoff, &backoff->fresh);
  drop_old (backoff, &backoff->waiting);
  while (g_hash_table_size (backoff->entries) > max)
    drop (backoff, backoff->fresh.head ? backoff->fresh.head->data : backoff->waiting.head->data);
}

void
sip_backoff_set (SipBackoff *backoff, guint attempts, gint64 longest, guint max)
{
  backoff->attempts = attempts;
  backoff->longest = longest;
  backoff->max = max;
  make_room (backoff, attempts == 0 ? 0 : max);
}

/* An IPv6 /64 is one address. */
static char *
make_key (const RflAddress *remote, const char *user)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  guint8 family = remote->family == AF_INET6;

  g_checksum_update (checksum, &family, 1);
  g_checksum_update (checksum, remote->ip, remote->family == AF_INET6 ? 8 : 4);
  g_checksum_update (checksum, (const guchar *) user, strlen (user));
  return g_strdup (g_checksum_get_string (checksum));
}

static Entry *
find (const SipBackoff *backoff, const RflAddress *remote, const char *user)
{
  g_autofree char *key = NULL;
  Entry *entry;

  if (g_hash_table_size (backoff->entries) == 0)
    return NULL;
  key = make_key (remote, user);
  entry = g_hash_table_lookup (backoff->entries, key);
  return entry && !is_forgotten (backoff, entry) ? entry : NULL;
}

guint
sip_backoff_wait (const SipBackoff *backoff, const RflAddress *remote, const char *user)
{
  const Entry *entry = find (backoff, remote, user);
  gint64 left = entry ? entry->until - rfl_clock_now (backoff->clock) : 0;

  return left > 0 ? (guint) ((left + G_TIME_SPAN_SECOND - 1) / G_TIME_SPAN_SECOND) : 0;
}

static Entry *
add (SipBackoff *backoff, const RflAddress *remote, const char *user)
{
  Entry *entry = g_new0 (Entry, 1);

  make_room (backoff, backoff->max - 1);
  entry->key = make_key (remote, user);
  entry->link.data = entry;
  g_hash_table_replace (backoff->entries, entry->key, entry);
  g_queue_push_tail_link (&backoff->fresh, &entry->link);
  return entry;
}

static gint64
get_wait (const SipBackoff *backoff, guint wrong)
{
  guint doublings = MIN (wrong - backoff->attempts, MAX_DOUBLINGS);

  return MIN ((gint64) FIRST_WAIT << doublings, backoff->longest);
}

void
sip_backoff_note_wrong (SipBackoff *backoff, const RflAddress *remote, const char *user)
{
  gint64 now = rfl_clock_now (backoff->clock);
  Entry *entry;

  if (backoff->attempts == 0)
    return;
  entry = find (backoff, remote, user);
  if (entry == NULL)
    entry = add (backoff, remote, user);
  g_queue_unlink (queue_of (backoff, entry), &entry->link);
  entry->last = now;
  if (++entry->wrong >= backoff->attempts)
    entry->until = now + get_wait (backoff, entry->wrong);
  g_queue_push_tail_link (queue_of (backoff, entry), &entry->link);
}

void
sip_backoff_note_right (SipBackoff *backoff, const RflAddress *remote, const char *user)
{
  Entry *entry = find (backoff, remote, user);

  if (entry)
    drop (backoff, entry);
}

guint
sip_backoff_count (const SipBackoff *backoff)
{
  return g_hash_table_size (backoff->entries);
}

guint
sip_backoff_count_waiting (const SipBackoff *backoff)
{
  return backoff->waiting.length;
}
