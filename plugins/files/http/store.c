/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which files and unfinished uploads there are, whose, and how much of each may be. Not for the disk: spool.c. */
#include "plugins/files/http/private.h"

#include <string.h>
#include <unistd.h>

/* ---- hexadecimal digits ---- */

char *
store_hex (const guint8 *octets, gsize len)
{
  char *hex = g_malloc (2 * len + 1);

  rfl_file_hex_write (octets, len, hex);
  return hex;
}

gboolean
store_unhex (const char *hex, guint8 *out, gsize len)
{
  return hex && rfl_file_hex_read (out, len, hex);
}

/* ---- files ---- */

static void
set_gauges (Store *store)
{
  http_set_gauge (store->http, HTTP_GAUGE_FILES, g_hash_table_size (store->items));
  http_set_gauge (store->http, HTTP_GAUGE_OCTETS, store->used);
  http_set_gauge (store->http, HTTP_GAUGE_CACHE, store->cached);
}

StoreItem *
store_item_ref (StoreItem *item)
{
  item->refs++;
  return item;
}

void
store_item_unref (StoreItem *item)
{
  if (!item || --item->refs > 0)
    return;
  fetch_free (item->fetch);
  file_info_unref (item->info);
  g_hash_table_unref (item->link_keys);
  explicit_bzero (item->owner_key, FILE_KEY);
  g_free (item->file);
  g_free (item);
}

static void
part_free (gpointer data)
{
  Part *part = data;

  g_free (part->room);
  g_free (part->who);
  g_free (part->owner);
  g_free (part->name);
  g_free (part->type);
  g_free (part);
}

static void
unref_item (gpointer item)
{
  store_item_unref (item);
}

Store *
store_new (Http *http)
{
  Store *store = g_new0 (Store, 1);

  store->http = http;
  store->lock = -1;
  store->items = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, unref_item);
  store->keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  store->link_keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  store->parts = g_ptr_array_new_with_free_func (part_free);
  return store;
}

void
store_free (Store *store)
{
  if (!store)
    return;
  g_hash_table_unref (store->keys);
  g_hash_table_unref (store->link_keys);
  g_hash_table_unref (store->items);
  g_ptr_array_unref (store->parts);
  explicit_bzero (store->page_key, sizeof store->page_key);
  if (store->lock >= 0)
    close (store->lock);
  g_free (store->folder);
  g_free (store);
}

StoreItem *
store_find (Store *store, const guint8 *id)
{
  g_autofree char *hex = store_hex (id, FILE_ID);

  return g_hash_table_lookup (store->items, hex);
}

StoreItem *
store_find_key (Store *store, const char *hex)
{
  return g_hash_table_lookup (store->keys, hex);
}

StoreItem *
store_find_link_key (Store *store, const char *hex)
{
  return g_hash_table_lookup (store->link_keys, hex);
}

StoreItem *
store_add (Store *store, FileInfo *info)
{
  StoreItem *item = g_new0 (StoreItem, 1);

  item->refs = 1;
  item->info = info;
  item->link_keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (store->items, store_hex (info->id, FILE_ID), item);
  g_hash_table_insert (store->keys, store_hex (info->key, FILE_KEY), item);
  if (!info->via)
    store->used += info->size;
  set_gauges (store);
  http_tell_offered (store->http, info);
  return item;
}

static void
drop_link_key (Store *store, StoreItem *item, const char *peer)
{
  const char *hex = g_hash_table_lookup (item->link_keys, peer);

  if (!hex)
    return;
  g_hash_table_remove (store->link_keys, hex);
  g_hash_table_remove (item->link_keys, peer);
}

void
store_add_link_key (Store *store, const guint8 *id, const char *peer, const guint8 *key)
{
  StoreItem *item = store_find (store, id);

  if (!item)
    return;
  drop_link_key (store, item, peer);
  g_hash_table_insert (item->link_keys, g_strdup (peer), store_hex (key, FILE_KEY));
  g_hash_table_insert (store->link_keys, store_hex (key, FILE_KEY), item);
}

void
store_drop_link_keys (Store *store, const char *peer)
{
  GHashTableIter iter;
  gpointer item;

  g_hash_table_iter_init (&iter, store->items);
  while (g_hash_table_iter_next (&iter, NULL, &item))
    drop_link_key (store, item, peer);
}

void
store_remove (StoreItem *item, Store *store, const char *reason)
{
  g_autofree char *id = store_hex (item->info->id, FILE_ID);
  g_autofree char *key = store_hex (item->info->key, FILE_KEY);
  g_autoptr (GPtrArray) peers = g_ptr_array_new_with_free_func (g_free);
  GHashTableIter iter;
  gpointer peer;

  if (item->gone)
    return;
  item->gone = TRUE;
  g_hash_table_iter_init (&iter, item->link_keys);
  while (g_hash_table_iter_next (&iter, &peer, NULL))
    g_ptr_array_add (peers, g_strdup (peer));
  for (guint i = 0; i < peers->len; i++)
    drop_link_key (store, item, peers->pdata[i]);
  http_tell_gone (store->http, item->info->id, reason);
  if (item->info->via)
    fetch_forget (item);
  else
    {
      store->used -= item->info->size;
      spool_remove (store, item->info->id, SPOOL_FILE);
      spool_remove (store, item->info->id, SPOOL_META);
    }
  g_hash_table_remove (store->keys, key);
  g_hash_table_remove (store->items, id);
  set_gauges (store);
}

static int
by_age (gconstpointer a, gconstpointer b)
{
  const FileInfo *one = (*(StoreItem *const *) a)->info, *two = (*(StoreItem *const *) b)->info;

  if (one->added != two->added)
    return one->added < two->added ? -1 : 1;
  return memcmp (one->id, two->id, FILE_ID);
}

GPtrArray *
store_list (Store *store, const char *room)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, store->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (g_str_equal (((StoreItem *) value)->info->room, room))
      g_ptr_array_add (list, value);
  g_ptr_array_sort (list, by_age);
  return list;
}

void
store_end_room (Store *store, const char *room)
{
  g_autoptr (GPtrArray) list = store_list (store, room);

  for (guint i = 0; i < list->len; i++)
    if (!((StoreItem *) list->pdata[i])->info->via)
      store_remove (list->pdata[i], store, "the room is empty");
  for (guint i = store->parts->len; i > 0; i--)
    {
      Part *part = store->parts->pdata[i - 1];
      if (!part->busy && g_str_equal (part->room, room))
        store_remove_part (store, part);
    }
}

/* ---- quotas ---- */

typedef struct {
  guint64 room, who;
  guint files;
} Sums;

static void
add_up (Sums *sums, const char *room, const char *who, const char *of_room, const char *of_who,
        guint64 size)
{
  if (!g_str_equal (room, of_room))
    return;
  sums->room += size;
  sums->files++;
  if (g_str_equal (who, of_who))
    sums->who += size;
}

static Sums
sum_up (Store *store, const char *room, const char *who)
{
  Sums sums = { 0 };
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, store->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const FileInfo *info = ((StoreItem *) value)->info;
      if (!info->via)
        add_up (&sums, room, who, info->room, info->who, info->size);
    }
  for (guint i = 0; i < store->parts->len; i++)
    {
      const Part *part = store->parts->pdata[i];
      add_up (&sums, room, who, part->room, part->who, part->size);
    }
  return sums;
}

static guint64
rest (guint64 limit, guint64 used)
{
  return limit > used ? limit - used : 0;
}

guint64
store_get_left (Store *store, const char *room, const char *who)
{
  const HttpLimits *limits = &store->http->limits;
  Sums sums = sum_up (store, room, who);
  guint64 left = MIN (limits->file, rest (limits->session, sums.room));

  left = MIN (left, rest (limits->participant, sums.who));
  left = MIN (left, rest (limits->spool, store->used));
  return MIN (left, rest (spool_get_free (store), limits->spare));
}

guint
store_check (Store *store, const char *room, const char *who, guint64 size, const char **why)
{
  const HttpLimits *limits = &store->http->limits;
  Sums sums = sum_up (store, room, who);

  *why = "larger than a file may be";
  if (size > limits->file)
    return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  *why = "there are as many files in this room as may be";
  if (sums.files >= limits->files)
    return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  *why = "more than you may have in this room";
  if (size > rest (limits->participant, sums.who))
    return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  *why = "more than there may be in this room";
  if (size > rest (limits->session, sums.room))
    return SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE;
  *why = "there is no room for it on this reflector now";
  if (size > rest (limits->spool, store->used)
      || size > rest (spool_get_free (store), limits->spare))
    return SOUP_STATUS_INSUFFICIENT_STORAGE;
  return 0;
}

/* ---- uploads ---- */

Part *
store_find_part (Store *store, const char *room, const char *who, const char *name,
                 const guint8 *hash)
{
  for (guint i = 0; i < store->parts->len; i++)
    {
      Part *part = store->parts->pdata[i];
      if (part->has_hash && memcmp (part->hash, hash, FILE_HASH) == 0
          && g_str_equal (part->room, room) && g_str_equal (part->who, who)
          && g_str_equal (part->name, name))
        return part;
    }
  return NULL;
}

Part *
store_add_part (Store *store, const char *room, const char *who, guint64 size)
{
  Part *part = g_new0 (Part, 1);

  http_random (part->id, FILE_ID);
  part->room = g_strdup (room);
  part->who = g_strdup (who);
  part->size = size;
  part->busy = TRUE;
  g_ptr_array_add (store->parts, part);
  store->used += size;
  set_gauges (store);
  return part;
}

void
store_forget_part (Store *store, Part *part)
{
  store->used -= part->size;
  g_ptr_array_remove_fast (store->parts, part);
  set_gauges (store);
}

void
store_remove_part (Store *store, Part *part)
{
  spool_remove (store, part->id, SPOOL_PART);
  spool_remove (store, part->id, SPOOL_META);
  store_forget_part (store, part);
}

void
store_break_part (Store *store, Part *part)
{
  const HttpLimits *limits = &store->http->limits;

  part->busy = FALSE;
  if (!part->has_hash || part->have == 0 || limits->keep_parts == 0)
    store_remove_part (store, part);
  else
    part->expires = g_get_monotonic_time () + limits->keep_parts * G_TIME_SPAN_SECOND;
}

void
store_tick (Store *store)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = store->parts->len; i > 0; i--)
    {
      Part *part = store->parts->pdata[i - 1];
      if (!part->busy && now > part->expires)
        store_remove_part (store, part);
    }
}
