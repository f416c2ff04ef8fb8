/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The list of a room's files as JSON. Not for their octets. */
#include "plugins/files/http/private.h"

#include <string.h>

static void
append_hex (GString *json, const char *name, const guint8 *octets, gsize len)
{
  g_autofree char *hex = store_hex (octets, len);

  g_string_append_printf (json, "\"%s\": \"%s\", ", name, hex);
}

static void
append_text (GString *json, const char *name, const char *text)
{
  g_string_append_printf (json, "\"%s\": ", name);
  reply_append_string (json, text);
  g_string_append (json, ", ");
}

void
list_append_file (GString *json, const StoreItem *item, const char *base, gboolean mine,
                  gboolean secret)
{
  const FileInfo *info = item->info;
  g_autofree char *path = file_info_get_path (info);
  g_autofree char *url = g_strconcat (base ? base : "", path, NULL);
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_utc (info->added);
  g_autofree char *added = g_date_time_format_iso8601 (date);

  g_string_append_c (json, '{');
  append_hex (json, "id", info->id, FILE_ID);
  append_text (json, "name", info->name);
  g_string_append_printf (json, "\"size\": %" G_GUINT64_FORMAT ", ", info->size);
  append_hex (json, "sha256", info->hash, FILE_HASH);
  append_text (json, "type", info->type);
  append_text (json, "owner", info->owner);
  append_text (json, "path", path);
  append_text (json, "url", url);
  append_text (json, "added", added);
  if (secret)
    append_hex (json, "owner_key", item->owner_key, FILE_KEY);
  g_string_append_printf (json, "\"mine\": %s}", mine ? "true" : "false");
}

static GString *
make (Request *request)
{
  Store *store = request->http->store;
  const HttpAsk *ask = request->ask;
  g_autoptr (GPtrArray) list = store_list (store, ask->real_room);
  GString *json = g_string_new ("{\"room\": ");

  reply_append_string (json, ask->real_room);
  g_string_append (json, ", \"files\": [");
  for (guint i = 0; i < list->len; i++)
    {
      const StoreItem *item = list->pdata[i];
      g_string_append (json, i > 0 ? ", " : "");
      list_append_file (json, item, ask->base,
                        *item->info->who && g_str_equal (item->info->who, ask->who), FALSE);
    }
  g_string_append_printf (json,
                          "], \"limits\": {\"file\": %" G_GUINT64_FORMAT
                          ", \"left\": %" G_GUINT64_FORMAT "}}\n",
                          request->http->limits.file,
                          store_get_left (store, ask->real_room, ask->who));
  return json;
}

/* What is free on the disk changes all the time, and is no news. */
void
list_reply (Request *request)
{
  GString *json = make (request);
  const char *left = strstr (json->str, "], \"limits\"");
  g_autofree char *hash =
      g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) json->str,
                                   (gsize) (left - json->str));
  g_autofree char *etag = g_strdup_printf ("\"%.32s\"", hash);
  const char *known =
      soup_message_headers_get_one (soup_server_message_get_request_headers (request->msg),
                                    "If-None-Match");
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->msg);

  soup_message_headers_replace (headers, "ETag", etag);
  soup_message_headers_replace (headers, "Cache-Control", "private, no-cache");
  if (g_strcmp0 (known, etag) != 0)
    {
      reply_json (request, SOUP_STATUS_OK, json);
      return;
    }
  g_string_free (json, TRUE);
  reply_common (request);
  soup_server_message_set_status (request->msg, SOUP_STATUS_NOT_MODIFIED, NULL);
}
