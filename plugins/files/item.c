/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The files that can be fetched here, as the main thread knows them, and their rooms' comings and goings. Not for who is
 * told: announce.c, links.c.
 */
#define RFL_LOG_DOMAIN "files"
#include "plugins/files/files.h"

static char *
get_name (const guint8 id[FILE_ID])
{
  char *hex = g_malloc (2 * FILE_ID + 1);

  rfl_file_hex_write (id, FILE_ID, hex);
  return hex;
}

FilesItem *
files_find (Files *files, const guint8 id[FILE_ID])
{
  g_autofree char *name = get_name (id);

  return g_hash_table_lookup (files->items, name);
}

GPtrArray *
files_list (Files *files, const char *room)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, files->items);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (!room || g_str_equal (((FilesItem *) value)->info->room, room))
      g_ptr_array_add (list, value);
  return list;
}

void
files_item_free (gpointer data)
{
  FilesItem *item = data;

  file_info_unref (item->info);
  g_hash_table_unref (item->told);
  g_hash_table_unref (item->links);
  g_free (item);
}

static void
note (const FilesItem *item, const char *what, const char *why)
{
  Files *files = item->files;
  RflLogFields fields = { item->info->room, NULL, item->info->via };
  guint held_back;

  if (rfl_log_limit_pass (&files->log_request, files->clock, &held_back))
    rfl_info (&fields, "\"%s\" of %s, %" G_GUINT64_FORMAT " octets, %s%s%s (%u more)",
              item->info->name, item->info->owner, item->info->size, what, why ? ": " : "",
              why ? why : "", held_back);
}

void
files_on_offered (FileInfo *info, gpointer data)
{
  Files *files = data;
  FilesItem *item = g_new0 (FilesItem, 1);

  item->files = files;
  item->info = file_info_ref (info);
  item->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  item->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (files->items, get_name (info->id), item);
  rfl_counter_add (files->counters.offered, 1);
  note (item, "can be fetched", NULL);
  if (!rfl_core_find_session (files->core, info->room))
    item->since = rfl_clock_now (files->clock);
  files_announce (item);
  files_link_announce (item);
}

void
files_on_gone (const guint8 id[FILE_ID], const char *reason, gpointer data)
{
  Files *files = data;
  FilesItem *item = files_find (files, id);
  g_autofree char *name = get_name (id);

  if (!item)
    return;
  rfl_counter_add (files->counters.gone, 1);
  note (item, "is gone", reason);
  files_say_gone (item, reason);
  files_link_gone (item, reason);
  files_remote_forget (files, id);
  g_hash_table_remove (files->items, name);
}

void
files_look_for_rooms (Files *files)
{
  g_autoptr (GPtrArray) list = files_list (files, NULL);
  gint64 now = rfl_clock_now (files->clock);

  for (guint i = 0; i < list->len; i++)
    {
      FilesItem *item = list->pdata[i];
      if (files_find_remote (files, item->info->id)
          || rfl_core_find_session (files->core, item->info->room))
        item->since = 0;
      else if (item->since == 0)
        item->since = now;
      else if (now - item->since > files->options.orphan_time * G_TIME_SPAN_SECOND)
        http_remove (files->http, item->info->id, "its room has not come back");
    }
}
