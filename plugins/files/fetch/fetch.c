/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Files that linked reflectors hold: where each is, and one supply that fills its place in the cache while somebody wants it. Not
 * for files of the spool: download.c.
 */
#include "plugins/files/fetch/fetch.h"

#include <string.h>

guint64
fetch_get_limit (const Fetch *fetch)
{
  guint64 size = fetch->item->info->size;

  if (fetch->whole)
    return size;
  return size > FETCH_HOLD ? MIN (fetch->have, size - FETCH_HOLD) : 0;
}

gboolean
fetch_check (const Fetch *fetch, GChecksum *sum)
{
  guint8 hash[FILE_HASH];
  gsize len = sizeof hash;

  g_checksum_get_digest (sum, hash, &len);
  if (memcmp (hash, fetch->item->info->hash, FILE_HASH) == 0)
    return TRUE;
  http_note (fetch->http, HTTP_WRONG_HASH, &fetch->upstream,
             "what a linked reflector gave is not the file that it offered");
  return FALSE;
}

/* ---- readers ---- */

/* They leave as they are called. */
static void
for_readers (Fetch *fetch, void (*func) (Reader *reader, const char *why), const char *why)
{
  g_autoptr (GPtrArray) list = g_ptr_array_copy (fetch->readers, NULL, NULL);
  StoreItem *item = store_item_ref (fetch->item);

  for (guint i = 0; i < list->len; i++)
    if (g_ptr_array_find (fetch->readers, list->pdata[i], NULL))
      func (list->pdata[i], why);
  store_item_unref (item);
}

static void
feed_one (Reader *reader, const char *why)
{
  reader_feed (reader);
}

static void
kick_one (Reader *reader, const char *why)
{
  if (reader_get_supply (reader))
    supply_kick (reader_get_supply (reader));
}

/* ---- the cache fills ---- */

static void
stop (Fetch *fetch)
{
  g_clear_pointer (&fetch->supply, supply_free);
}

static void
on_failed (const char *why, gpointer data)
{
  Fetch *fetch = data;

  stop (fetch);
  for_readers (fetch, reader_fail, why);
}

/* All of it is there: right or wrong */
static void
finish (Fetch *fetch)
{
  stop (fetch);
  if (fetch_check (fetch, fetch->sum))
    {
      fetch->whole = TRUE;
      fetch->item->file = spool_path (fetch->http->store, fetch->item->info->id, SPOOL_CACHE);
      for_readers (fetch, feed_one, NULL);
      return;
    }
  for_readers (fetch, reader_fail, "wrong hash");
  cache_drop (fetch);
}

static gboolean
on_data (const guint8 *octets, gsize len, gpointer data)
{
  Fetch *fetch = data;

  if (!cache_write (fetch, octets, len))
    {
      on_failed ("the cache cannot be written", fetch);
      cache_drop (fetch);
      return FALSE;
    }
  if (fetch->have == fetch->item->info->size)
    {
      finish (fetch);
      return FALSE;
    }
  for_readers (fetch, feed_one, NULL);
  return fetch->supply != NULL;
}

void
fetch_want (Fetch *fetch)
{
  static const SupplyFuncs funcs = { on_data, on_failed };

  fetch->used = g_get_monotonic_time ();
  if (!fetch->supply && !fetch->whole && (fetch->reserved || cache_reserve (fetch)))
    fetch->supply = supply_new (fetch, fetch->have, fetch->item->info->size, &funcs, fetch);
}

void
fetch_left (Fetch *fetch)
{
  fetch->used = g_get_monotonic_time ();
  if (fetch->readers->len == 0)
    stop (fetch);
}

void
fetch_begin (Request *request, StoreItem *item)
{
  reader_begin (item->fetch, request);
}

void
fetch_touch (StoreItem *item)
{
  if (item->fetch)
    item->fetch->used = g_get_monotonic_time ();
}

/* ---- what is told of it ---- */

static Fetch *
fetch_new (Http *http, StoreItem *item)
{
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->http = http;
  fetch->item = item;
  fetch->fd = -1;
  fetch->readers = g_ptr_array_new ();
  return fetch;
}

void
fetch_offer (Http *http, const HttpRemote *remote)
{
  StoreItem *item = store_find (http->store, remote->info->id);
  Fetch *fetch;

  if (!item)
    {
      item = store_add (http->store, file_info_ref (remote->info));
      item->fetch = fetch_new (http, item);
    }
  fetch = item->fetch;
  if (!fetch) /* one of our own */
    return;
  fetch->upstream = remote->upstream;
  memcpy (fetch->key, remote->upstream_key, FILE_KEY);
  fetch->tls = remote->tls;
  fetch->away = FALSE;
  if (fetch->supply)
    supply_kick (fetch->supply);
  for_readers (fetch, kick_one, NULL);
}

void
fetch_away (Http *http, const guint8 *id)
{
  StoreItem *item = store_find (http->store, id);

  if (item && item->fetch)
    item->fetch->away = TRUE;
}

/* ---- ends ---- */

void
fetch_forget (StoreItem *item)
{
  Fetch *fetch = item->fetch;

  if (!fetch)
    return;
  stop (fetch);
  for_readers (fetch, reader_fail, "it is gone");
  cache_drop (fetch);
}

/* The thread ends: nothing is asked any more. */
void
fetch_stop_all (Http *http)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, http->store->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Fetch *fetch = ((StoreItem *) value)->fetch;
      if (!fetch)
        continue;
      stop (fetch);
      for (guint i = 0; i < fetch->readers->len; i++)
        reader_forget (fetch->readers->pdata[i]);
      g_ptr_array_set_size (fetch->readers, 0);
      cache_drop (fetch);
    }
}

void
fetch_free (Fetch *fetch)
{
  if (!fetch)
    return;
  stop (fetch);
  g_clear_pointer (&fetch->sum, g_checksum_free);
  g_ptr_array_unref (fetch->readers);
  explicit_bzero (fetch, sizeof *fetch);
  g_free (fetch);
}
