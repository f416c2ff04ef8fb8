/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole file of the spool to whoever asked for it: conditions and ranges (RFC 9110 §13, §14), and its octets as fast as
 * the reader takes them. Not for files that are elsewhere: fetch/.
 */
#include "plugins/files/http/private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- headers ---- */

static char *
get_etag (const StoreItem *item)
{
  g_autofree char *hex = store_hex (item->info->hash, FILE_HASH);

  return g_strdup_printf ("\"%s\"", hex);
}

void
download_set_headers (Request *request, const StoreItem *item)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->msg);
  g_autofree char *etag = get_etag (item);
  g_autofree char *name = rfl_file_escape_name (item->info->name);
  g_autofree char *disposition = g_strdup_printf ("attachment; filename*=UTF-8''%s", name);
  char digest[RFL_FILE_DIGEST_STRLEN];

  rfl_file_digest_write (item->info->hash, digest);
  soup_message_headers_replace (headers, "ETag", etag);
  soup_message_headers_replace (headers, "Repr-Digest", digest);
  soup_message_headers_replace (headers, "Accept-Ranges", "bytes");
  /* what somebody else has brought is never shown in a browser as if it were ours */
  if (request->route == ROUTE_FILE)
    soup_message_headers_replace (headers, "Content-Disposition", disposition);
  soup_message_headers_replace (headers, "Content-Type", item->info->type);
  soup_message_headers_replace (headers, "Cache-Control", "private, no-cache");
  reply_common (request);
}

/* ---- ranges ---- */

typedef enum {
  RANGE_NONE, /* none, or one that is not understood, which is none (§14.2) */
  RANGE_GOOD,
  RANGE_BAD
} Range;

/* Digits alone: strtoull() would take a sign, too. Returns: %FALSE if there are none */
static gboolean
take_number (const char **text, guint64 *number)
{
  char *rest;

  if (!g_ascii_isdigit (**text))
    return FALSE;
  *number = g_ascii_strtoull (*text, &rest, 10);
  *text = rest;
  return TRUE;
}

/* What follows "bytes=-": the last so many. */
static Range
parse_suffix (const char *text, guint64 size, guint64 *start, guint64 *end)
{
  guint64 many;

  if (!take_number (&text, &many) || *text)
    return RANGE_NONE;
  *start = many < size ? size - many : 0;
  *end = size;
  return many > 0 && size > 0 ? RANGE_GOOD : RANGE_BAD;
}

static Range
parse_range (const char *field, guint64 size, guint64 *start, guint64 *end)
{
  static const char unit[] = "bytes=";
  const char *text = field + strlen (unit);
  guint64 first, last = G_MAXUINT64;

  if (!g_str_has_prefix (field, unit))
    return RANGE_NONE;
  if (*text == '-')
    return parse_suffix (text + 1, size, start, end);
  if (!take_number (&text, &first) || *text++ != '-')
    return RANGE_NONE;
  if (*text && (!take_number (&text, &last) || *text))
    return RANGE_NONE;
  if (last < first)
    return RANGE_NONE;
  *start = first;
  *end = last >= size ? size : last + 1;
  return first < size ? RANGE_GOOD : RANGE_BAD;
}

/* Of If-None-Match: a list, or all. */
static gboolean
has_etag (const char *field, const char *etag)
{
  g_auto (GStrv) tags = g_strsplit (field, ",", 64);

  for (guint i = 0; tags[i]; i++)
    {
      const char *tag = g_strstrip (tags[i]);
      if (g_str_has_prefix (tag, "W/"))
        tag += 2;
      if (g_str_equal (tag, "*") || g_str_equal (tag, etag))
        return TRUE;
    }
  return FALSE;
}

static void
set_length (Request *request, guint64 length)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->msg);

  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CONTENT_LENGTH);
  soup_message_headers_set_content_length (headers, (goffset) length);
}

static void
refuse_range (Request *request, guint64 size)
{
  g_autofree char *range = g_strdup_printf ("bytes */%" G_GUINT64_FORMAT, size);

  soup_message_headers_replace (soup_server_message_get_response_headers (request->msg),
                                "Content-Range", range);
  reply_error (request, SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE, "there is no such part of it");
}

static void
set_range (Request *request, guint64 size, guint64 start, guint64 end)
{
  g_autofree char *range =
      g_strdup_printf ("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
                       start, end - 1, size);

  soup_message_headers_replace (soup_server_message_get_response_headers (request->msg),
                                "Content-Range", range);
}

gboolean
download_get_range (Request *request, const StoreItem *item, guint64 *start, guint64 *end)
{
  SoupMessageHeaders *fields = soup_server_message_get_request_headers (request->msg);
  const char *range = soup_message_headers_get_one (fields, "Range");
  const char *if_range = soup_message_headers_get_one (fields, "If-Range");
  g_autofree char *if_match = g_strdup (soup_message_headers_get_list (fields, "If-Match"));
  g_autofree char *if_none = g_strdup (soup_message_headers_get_list (fields, "If-None-Match"));
  g_autofree char *etag = get_etag (item);
  Range what = RANGE_NONE;

  *start = 0;
  *end = item->info->size;
  if (if_match && !has_etag (if_match, etag))
    {
      reply_error (request, SOUP_STATUS_PRECONDITION_FAILED, "it is another file");
      return FALSE;
    }
  if (if_none && has_etag (if_none, etag))
    {
      download_set_headers (request, item);
      soup_server_message_set_status (request->msg, SOUP_STATUS_NOT_MODIFIED, NULL);
      return FALSE;
    }
  if (range && (!if_range || g_str_equal (if_range, etag)))
    what = parse_range (range, item->info->size, start, end);
  if (what == RANGE_BAD)
    {
      refuse_range (request, item->info->size);
      return FALSE;
    }
  if (what == RANGE_GOOD)
    set_range (request, item->info->size, *start, *end);
  download_set_headers (request, item);
  set_length (request, *end - *start);
  soup_server_message_set_status (request->msg,
                                  what == RANGE_GOOD ? SOUP_STATUS_PARTIAL_CONTENT : SOUP_STATUS_OK,
                                  NULL);
  return !g_str_equal (soup_server_message_get_method (request->msg), "HEAD");
}

/* ---- octets ---- */

typedef struct {
  Request *request;
  StoreItem *item;
  int fd;
  guint64 at, end;
} Download;

static void
download_free (gpointer data, GClosure *closure)
{
  Download *download = data;

  close (download->fd);
  store_item_unref (download->item);
  request_unref (download->request);
  g_free (download);
}

/* One chunk more; the next when libsoup has written it. */
static void
feed (Download *download)
{
  SoupServerMessage *msg = download->request->msg;
  SoupMessageBody *body = soup_server_message_get_response_body (msg);
  gsize want = (gsize) MIN (CHUNK, download->end - download->at);
  guint8 *octets = g_malloc (want);
  gssize n = pread (download->fd, octets, want, (off_t) download->at);

  if (n <= 0)
    {
      g_free (octets);
      http_note (download->request->http, HTTP_DISK_ERRORS, NULL,
                 n < 0 ? g_strerror (errno) : "a file is shorter than it was");
      reply_cut (download->request);
      return;
    }
  download->at += (guint64) n;
  http_count (download->request->http, HTTP_OCTETS_OUT, (guint64) n);
  soup_message_body_append_take (body, octets, (gsize) n);
  if (download->at == download->end)
    soup_message_body_complete (body);
}

static void
on_wrote_chunk (SoupServerMessage *msg, gpointer data)
{
  Download *download = data;

  if (download->item->gone && download->at < download->end)
    reply_cut (download->request);
  else if (download->at < download->end)
    feed (download);
  else
    http_count (download->request->http, HTTP_DOWNLOADS, 1);
}

void
download_begin (Request *request, StoreItem *item)
{
  guint64 start, end;
  Download *download;
  int fd = open (item->file, O_RDONLY | O_CLOEXEC);

  if (fd < 0)
    {
      http_note (request->http, HTTP_DISK_ERRORS, NULL, g_strerror (errno));
      reply_error (request, SOUP_STATUS_INTERNAL_SERVER_ERROR, "it cannot be read");
      return;
    }
  if (!download_get_range (request, item, &start, &end) || start == end)
    {
      close (fd);
      return;
    }
  download = g_new0 (Download, 1);
  download->request = request_ref (request);
  download->item = store_item_ref (item);
  download->fd = fd;
  download->at = start;
  download->end = end;
  soup_message_body_set_accumulate (soup_server_message_get_response_body (request->msg), FALSE);
  g_signal_connect_data (request->msg, "wrote-chunk", G_CALLBACK (on_wrote_chunk), download,
                         download_free, 0);
  feed (download);
}
