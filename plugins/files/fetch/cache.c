/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Room in the spool for linked reflectors' files: given to those that are wanted, taken from those that nobody has wanted for
 * the longest time. Nothing of it outlives the process. Not for what is in it: fetch.c.
 */
#include "plugins/files/fetch/fetch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static guint64
get_size (const Fetch *fetch)
{
  return fetch->item->info->size;
}

void
cache_drop (Fetch *fetch)
{
  Store *store = fetch->http->store;

  if (!fetch->reserved)
    return;
  fetch->reserved = fetch->whole = FALSE;
  fetch->have = 0;
  if (fetch->fd >= 0)
    close (fetch->fd);
  fetch->fd = -1;
  g_clear_pointer (&fetch->sum, g_checksum_free);
  g_clear_pointer (&fetch->item->file, g_free);
  spool_remove (store, fetch->item->info->id, SPOOL_CACHE);
  store->cached -= get_size (fetch);
  http_set_gauge (fetch->http, HTTP_GAUGE_CACHE, store->cached);
}

/* (nullable): what can go first */
static Fetch *
find_oldest (Store *store)
{
  Fetch *oldest = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, store->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Fetch *fetch = ((StoreItem *) value)->fetch;
      if (fetch && fetch->reserved && fetch->readers->len == 0
          && (!oldest || fetch->used < oldest->used))
        oldest = fetch;
    }
  return oldest;
}

static gboolean
fits (Store *store, guint64 size)
{
  const HttpLimits *limits = &store->http->limits;
  guint64 left = spool_get_free (store);

  return size <= limits->cache && store->cached <= limits->cache - size && left > limits->spare
         && size <= left - limits->spare;
}

static gboolean
make_file (Fetch *fetch)
{
  g_autofree char *path = spool_path (fetch->http->store, fetch->item->info->id, SPOOL_CACHE);

  fetch->fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fetch->fd >= 0)
    return TRUE;
  http_note (fetch->http, HTTP_DISK_ERRORS, NULL, g_strerror (errno));
  return FALSE;
}

gboolean
cache_reserve (Fetch *fetch)
{
  Store *store = fetch->http->store;
  guint64 size = get_size (fetch);
  Fetch *oldest;

  if (size > fetch->http->limits.cache)
    return FALSE;
  while (!fits (store, size) && (oldest = find_oldest (store)))
    cache_drop (oldest);
  if (!fits (store, size) || !make_file (fetch))
    return FALSE;
  fetch->reserved = TRUE;
  fetch->sum = g_checksum_new (G_CHECKSUM_SHA256);
  store->cached += size;
  http_set_gauge (fetch->http, HTTP_GAUGE_CACHE, store->cached);
  return TRUE;
}

gboolean
cache_write (Fetch *fetch, const guint8 *octets, gsize len)
{
  gsize done = 0;

  while (done < len)
    {
      gssize n = pwrite (fetch->fd, octets + done, len - done, (off_t) (fetch->have + done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          http_note (fetch->http, HTTP_DISK_ERRORS, NULL, g_strerror (errno));
          return FALSE;
        }
      done += (gsize) n;
    }
  g_checksum_update (fetch->sum, octets, (gssize) len);
  fetch->have += len;
  return TRUE;
}
