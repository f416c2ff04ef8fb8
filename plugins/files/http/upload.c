/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PUT: a body on its way to the spool, as a whole or from where it broke. Not for who may: judge.c of the main thread has
 * said so before.
 */
#include "plugins/files/http/private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define OFFSET "Upload-Offset"

struct _Upload {
  guint refs;
  Http *http;
  Request *request; /* %NULL: it has ended */
  Part *part;       /* %NULL: it has become a file, or is gone */
  GChecksum *sum;
  int fd;
  guint status; /* of a failure */
  const char *why;
};

/* ---- its life ---- */

static void
unref (Upload *upload)
{
  if (--upload->refs > 0)
    return;
  if (upload->part)
    store_break_part (upload->http->store, upload->part);
  if (upload->fd >= 0)
    close (upload->fd);
  g_checksum_free (upload->sum);
  g_free (upload);
}

void
upload_free (Upload *upload)
{
  if (!upload)
    return;
  upload->request = NULL;
  if (upload->part && upload->part->have < upload->part->size)
    http_note (upload->http, HTTP_BROKEN_UPLOADS, NULL, "an upload has broken off");
  unref (upload);
}

static void
fail (Upload *upload, guint status, const char *why)
{
  upload->status = status;
  upload->why = why;
}

/* ---- octets ---- */

static gboolean
write_all (int fd, const guint8 *octets, gsize len)
{
  while (len > 0)
    {
      gssize n = write (fd, octets, len);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return FALSE;
      octets += n;
      len -= (gsize) n;
    }
  return TRUE;
}

static void
on_got_chunk (SoupServerMessage *msg, GBytes *chunk, gpointer data)
{
  Upload *upload = data;
  gsize len;
  const guint8 *octets = g_bytes_get_data (chunk, &len);

  http_count (upload->http, HTTP_OCTETS_IN, len);
  if (upload->status || !upload->part)
    return;
  if (len > upload->part->size - upload->part->have)
    fail (upload, SOUP_STATUS_BAD_REQUEST, "more than was announced");
  else if (!write_all (upload->fd, octets, len))
    {
      http_note (upload->http, HTTP_DISK_ERRORS, NULL, g_strerror (errno));
      fail (upload,
            errno == ENOSPC || errno == EDQUOT ? SOUP_STATUS_INSUFFICIENT_STORAGE
                                               : SOUP_STATUS_INTERNAL_SERVER_ERROR,
            "it cannot be written here");
    }
  else
    {
      g_checksum_update (upload->sum, octets, (gssize) len);
      upload->part->have += len;
    }
}

/* ---- its end ---- */

static void
say_created (Request *request, const StoreItem *item)
{
  g_autofree char *path = file_info_get_path (item->info);
  g_autofree char *url = g_strconcat (request->ask->base ? request->ask->base : "", path, NULL);
  GString *json = g_string_new (NULL);

  list_append_file (json, item, request->ask->base, TRUE, TRUE);
  g_string_append_c (json, '\n');
  soup_message_headers_replace (soup_server_message_get_response_headers (request->msg), "Location",
                                url);
  reply_json (request, SOUP_STATUS_CREATED, json);
}

/* What a worker of GLib's needs to know. */
typedef struct {
  Upload *upload;
  char *folder, *path;
  FileInfo *info;
  guint8 owner_key[FILE_KEY];
} Keep;

static void
keep_free (gpointer data)
{
  Keep *keep = data;

  file_info_unref (keep->info);
  g_free (keep->folder);
  g_free (keep->path);
  explicit_bzero (keep->owner_key, FILE_KEY);
  g_free (keep);
}

static void
keep_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Keep *keep = data;
  GError *error = NULL;

  if (spool_keep (keep->folder, keep->upload->fd, keep->path, keep->info, keep->owner_key, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_kept (GObject *source, GAsyncResult *result, gpointer data)
{
  Keep *keep = g_task_get_task_data (G_TASK (result));
  Upload *upload = keep->upload;
  Store *store = upload->http->store;
  g_autoptr (GError) error = NULL;
  Part *part = g_steal_pointer (&upload->part);
  StoreItem *item = NULL;

  upload->http->pending--;
  if (g_task_propagate_boolean (G_TASK (result), &error))
    {
      store_forget_part (store, part);
      item = store_add (store, file_info_ref (keep->info));
      item->file = spool_path (store, keep->info->id, SPOOL_FILE);
      memcpy (item->owner_key, keep->owner_key, FILE_KEY);
      http_count (upload->http, HTTP_UPLOADS, 1);
    }
  else
    {
      store_remove_part (store, part);
      http_note (upload->http, HTTP_DISK_ERRORS, NULL, error->message);
    }
  if (upload->request && upload->request->msg)
    {
      if (item)
        say_created (upload->request, item);
      else
        reply_error (upload->request, SOUP_STATUS_INTERNAL_SERVER_ERROR, "it cannot be kept here");
      request_go_on (upload->request);
    }
  unref (upload);
}

static FileInfo *
make_info (const Part *part, const guint8 *hash)
{
  FileInfo *info = file_info_new ();

  memcpy (info->id, part->id, FILE_ID);
  memcpy (info->hash, hash, FILE_HASH);
  http_random (info->key, FILE_KEY);
  info->room = g_strdup (part->room);
  info->name = g_strdup (part->name);
  info->type = g_strdup (part->type);
  info->owner = g_strdup (part->owner);
  info->who = g_strdup (part->who);
  info->size = part->size;
  info->added = g_get_real_time () / G_USEC_PER_SEC;
  return info;
}

static void
keep (Upload *upload, const guint8 *hash)
{
  const Store *store = upload->http->store;
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_kept, NULL);
  Keep *keep = g_new0 (Keep, 1);

  keep->upload = upload;
  keep->folder = g_strdup (store->folder);
  keep->path = spool_path (store, upload->part->id, SPOOL_PART);
  keep->info = make_info (upload->part, hash);
  http_random (keep->owner_key, FILE_KEY);
  upload->refs++;
  upload->http->pending++;
  g_task_set_task_data (task, keep, keep_free);
  soup_server_message_pause (upload->request->msg);
  g_task_run_in_thread (task, keep_in_worker);
}

void
upload_finish (Request *request)
{
  Upload *upload = request->upload;
  guint8 hash[FILE_HASH];
  gsize len = sizeof hash;

  if (!upload)
    return; /* refused before */
  if (!upload->status && upload->part->have < upload->part->size)
    fail (upload, SOUP_STATUS_BAD_REQUEST, "less than was announced");
  g_checksum_get_digest (upload->sum, hash, &len);
  if (!upload->status && upload->part->has_hash && memcmp (hash, upload->part->hash, len) != 0)
    {
      http_note (upload->http, HTTP_WRONG_HASH, &request->peer,
                 "an upload is not what its digest says");
      store_remove_part (upload->http->store, g_steal_pointer (&upload->part));
      fail (upload, SOUP_STATUS_UNPROCESSABLE_ENTITY, "it is not what its digest says");
    }
  if (upload->status)
    reply_error (request, upload->status, upload->why);
  else
    keep (upload, hash);
}

/* ---- its beginning ---- */

/* A part that has broken off is read once more: its hash is not on the disk. */
static void
rehash_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Upload *upload = data;
  guint64 left = upload->part->have;
  g_autofree guint8 *octets = g_malloc (CHUNK);

  while (left > 0)
    {
      gssize n = read (upload->fd, octets, (gsize) MIN (left, CHUNK));

      if (n <= 0)
        break;
      g_checksum_update (upload->sum, octets, n);
      left -= (guint64) n;
    }
  g_task_return_boolean (task, left == 0);
}

static void
on_rehashed (GObject *source, GAsyncResult *result, gpointer data)
{
  Upload *upload = data;

  upload->http->pending--;
  if (!g_task_propagate_boolean (G_TASK (result), NULL))
    fail (upload, SOUP_STATUS_INTERNAL_SERVER_ERROR, "its beginning cannot be read");
  if (upload->request && upload->status)
    reply_error (upload->request, upload->status, upload->why);
  if (upload->request)
    {
      upload->request->waits = FALSE;
      request_go_on (upload->request);
    }
  unref (upload);
}

static void
rehash (Upload *upload)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_rehashed, upload);

  upload->refs++;
  upload->http->pending++;
  g_task_set_task_data (task, upload, NULL);
  upload->request->waits = TRUE;
  soup_server_message_pause (upload->request->msg);
  g_task_run_in_thread (task, rehash_in_worker);
}

/* @start: 0 without Content-Range. Returns: %FALSE if it is malformed */
static gboolean
get_content_range (const Request *request, guint64 length, guint64 *start, guint64 *size)
{
  SoupMessageHeaders *fields = soup_server_message_get_request_headers (request->msg);
  const char *field = soup_message_headers_get_one (fields, "Content-Range");
  goffset first, last, total;

  *start = 0;
  *size = length;
  if (!field)
    return TRUE;
  if (!soup_message_headers_get_content_range (fields, &first, &last, &total) || first < 0
      || last < first || total != last + 1 || (guint64) (last - first + 1) != length)
    return FALSE;
  *start = (guint64) first;
  *size = (guint64) total;
  return TRUE;
}

static void
set_offset (Request *request, guint64 offset)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, offset);

  soup_message_headers_replace (soup_server_message_get_response_headers (request->msg), OFFSET,
                                text);
}

static Upload *
upload_new (Request *request, Part *part, int flags)
{
  Upload *upload = g_new0 (Upload, 1);
  g_autofree char *path = spool_path (request->http->store, part->id, SPOOL_PART);

  upload->refs = 1;
  upload->http = request->http;
  upload->request = request;
  upload->part = part;
  upload->sum = g_checksum_new (G_CHECKSUM_SHA256);
  upload->fd = open (path, O_RDWR | O_CLOEXEC | flags, 0600);
  part->busy = TRUE;
  if (upload->fd < 0)
    {
      http_note (request->http, HTTP_DISK_ERRORS, NULL, g_strerror (errno));
      fail (upload, SOUP_STATUS_INTERNAL_SERVER_ERROR, "it cannot be written here");
    }
  return upload;
}

static void
resume (Request *request, Part *part, guint64 start, guint64 size)
{
  if (!part || part->have != start || part->size != size)
    {
      if (part)
        set_offset (request, part->have);
      reply_error (request, SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE,
                   part ? "it has broken off elsewhere" : "there is nothing that has broken off");
      return;
    }
  request->upload = upload_new (request, part, 0);
  if (request->upload->status)
    reply_error (request, request->upload->status, request->upload->why);
  else
    rehash (request->upload);
}

/* (transfer full): without its parameters, which are of no use to who saves it */
static char *
get_type (const char *field)
{
  g_autofree char *type = field ? g_strndup (field, strcspn (field, "; ")) : NULL;

  return g_strdup (type && rfl_file_is_type (type) ? type : "application/octet-stream");
}

static void
begin_anew (Request *request, guint64 size, const guint8 *hash)
{
  Store *store = request->http->store;
  const HttpAsk *ask = request->ask;
  g_autoptr (GError) error = NULL;
  const char *why;
  guint status = store_check (store, ask->real_room, ask->who, size, &why);
  Part *part;

  if (status)
    {
      reply_error (request, status, why);
      return;
    }
  part = store_add_part (store, ask->real_room, ask->who, size);
  part->owner = g_strdup (ask->owner);
  part->name = g_strdup (request->name);
  part->type = get_type (ask->file_type);
  part->has_hash = hash != NULL;
  if (hash)
    memcpy (part->hash, hash, FILE_HASH);
  request->upload = upload_new (request, part, O_CREAT | O_EXCL);
  if (!request->upload->status && hash && !spool_describe_part (store, part, &error))
    {
      http_note (request->http, HTTP_DISK_ERRORS, NULL, error->message);
      fail (request->upload, SOUP_STATUS_INTERNAL_SERVER_ERROR, "it cannot be written here");
    }
  if (request->upload->status)
    reply_error (request, request->upload->status, request->upload->why);
}

void
upload_begin (Request *request)
{
  SoupMessageHeaders *fields = soup_server_message_get_request_headers (request->msg);
  guint64 length = (guint64) soup_message_headers_get_content_length (fields), start, size;
  const char *digest = soup_message_headers_get_list (fields, "Repr-Digest");
  guint8 hash[FILE_HASH];
  gboolean has_hash = digest != NULL;

  Part *part = NULL;

  if (has_hash && rfl_file_digest_read (hash, digest))
    part = store_find_part (request->http->store, request->ask->real_room, request->ask->who,
                            request->name, hash);
  else if (has_hash)
    {
      reply_error (request, SOUP_STATUS_BAD_REQUEST, "Repr-Digest is malformed (RFC 9530)");
      return;
    }
  if (!get_content_range (request, length, &start, &size))
    reply_error (request, SOUP_STATUS_BAD_REQUEST,
                 "Content-Range is malformed, or not up to the end");
  else if (start > 0 && !has_hash)
    reply_error (request, SOUP_STATUS_BAD_REQUEST, "Content-Range needs Repr-Digest");
  else if (request->http->transfers >= request->http->limits.transfers)
    reply_error (request, SOUP_STATUS_SERVICE_UNAVAILABLE, "too many transfers at present");
  else if (part && part->busy)
    reply_error (request, SOUP_STATUS_CONFLICT, "the same is being uploaded at present");
  else if (start > 0)
    resume (request, part, start, size);
  else
    {
      if (part)
        store_remove_part (request->http->store, part);
      begin_anew (request, size, has_hash ? hash : NULL);
    }
  if (!request->upload || request->upload->status)
    return;
  request->http->transfers++;
  request->counted = TRUE;
  g_signal_connect (request->msg, "got-chunk", G_CALLBACK (on_got_chunk), request->upload);
}

void
upload_tell_offset (Request *request)
{
  SoupMessageHeaders *fields = soup_server_message_get_request_headers (request->msg);
  const char *digest = soup_message_headers_get_list (fields, "Repr-Digest");
  guint8 hash[FILE_HASH];
  const Part *part;

  if (!digest || !rfl_file_digest_read (hash, digest))
    {
      reply_error (request, SOUP_STATUS_BAD_REQUEST, "Repr-Digest is needed (RFC 9530)");
      return;
    }
  part = store_find_part (request->http->store, request->ask->real_room, request->ask->who,
                          request->name, hash);
  if (part && part->busy)
    {
      reply_error (request, SOUP_STATUS_CONFLICT, "the same is being uploaded at present");
      return;
    }
  set_offset (request, part ? part->have : 0);
  reply_common (request);
  soup_server_message_set_status (request->msg, SOUP_STATUS_NO_CONTENT, NULL);
}
