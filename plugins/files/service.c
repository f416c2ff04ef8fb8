/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "files", what other plugins see and remove, and what they may refuse. */
#include "plugins/files/files.h"

#include <string.h>

static RflFileInfo
info_of (const FilesItem *item, const char *id)
{
  const FileInfo *info = item->info;
  const FilesRemote *remote = files_find_remote (item->files, info->id);
  RflFileInfo out = { .id = id,
                      .session = info->room,
                      .name = info->name,
                      .type = info->type,
                      .owner = info->owner,
                      .via = remote ? remote->via : NULL,
                      .size = info->size,
                      .sha256 = info->hash,
                      .added = info->added,
                      .away = remote && !remote->via };

  return out;
}

static gboolean
find (gpointer self, const char *id, RflFileFunc func, gpointer user_data)
{
  const FilesItem *item = g_hash_table_lookup (((Files *) self)->items, id);
  RflFileInfo info;

  if (!item)
    return FALSE;
  info = info_of (item, id);
  func (&info, user_data);
  return TRUE;
}

static void
each (gpointer self, const char *session, RflFileFunc func, gpointer user_data)
{
  g_autoptr (GPtrArray) list = files_list (self, session);

  for (guint i = 0; i < list->len; i++)
    {
      const FilesItem *item = list->pdata[i];
      char id[2 * FILE_ID + 1];
      RflFileInfo info;

      rfl_file_hex_write (item->info->id, FILE_ID, id);
      info = info_of (item, id);
      func (&info, user_data);
    }
}

static gboolean
remove_file (gpointer self, const char *id, const char *reason, GError **error)
{
  Files *files = self;
  const FilesItem *item = g_hash_table_lookup (files->items, id);

  if (item)
    {
      http_remove (files->http, item->info->id, reason ? reason : "removed by the reflector");
      return TRUE;
    }
  g_set_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND, "there is no file %s", id);
  return FALSE;
}

const RflFiles files_service = { each, find, remove_file };

/* ---- what may be refused ---- */

void
files_offer (Files *files, const FilesOffer *offer, RflEventDoneFunc done, gpointer user_data)
{
  RflEvent *event = rfl_event_new (RFL_EVENT_FILE_OFFERED);
  RflFileOffer what = { .size = offer->size };
  g_autoptr (GBytes) data = NULL;

  g_strlcpy (what.type, offer->type ? offer->type : "application/octet-stream", sizeof what.type);
  data = g_bytes_new (&what, sizeof what);
  if (offer->participant)
    rfl_event_set_participant (event, offer->participant);
  else
    rfl_event_set_session (event, rfl_core_find_session (files->core, offer->room));
  rfl_event_set_name (event, offer->name);
  rfl_event_set_data (event, data);
  rfl_bus_emit (rfl_core_get_bus (files->core), event, done, user_data);
}
