/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody who fetches a file here that another reflector holds: he follows the cache as it grows, or has a supply of his own
 * where the cache has no room. Not for files that are here as a whole: download.c.
 */
#include "plugins/files/fetch/fetch.h"

#include <errno.h>
#include <unistd.h>

/**
 * Reader:
 * @fetch: (nullable): %NULL: it has got all, or never will
 * @at: what it gets next; @end: excluded
 * @begun: the answer is on its way; until then it can still be a refusal
 * @busy: the library has octets that it has not written
 * @supply: (nullable): of its own; @sum: (nullable): of all that came by it
 */
struct _Reader {
  Fetch *fetch;
  StoreItem *item;
  Request *request;
  guint64 at, end;
  gboolean begun, busy;
  Supply *supply;
  GChecksum *sum;
};

Supply *
reader_get_supply (const Reader *reader)
{
  return reader->supply;
}

void
reader_forget (Reader *reader)
{
  g_clear_pointer (&reader->supply, supply_free);
  reader->fetch = NULL;
}

/* It leaves the others; the fetch may end then. */
static void
leave (Reader *reader)
{
  Fetch *fetch = reader->fetch;

  if (!fetch)
    return;
  reader_forget (reader);
  g_ptr_array_remove_fast (fetch->readers, reader);
  fetch_left (fetch);
}

static void
reader_free (gpointer data, GClosure *closure)
{
  Reader *reader = data;

  leave (reader);
  g_clear_pointer (&reader->sum, g_checksum_free);
  store_item_unref (reader->item);
  request_unref (reader->request);
  g_free (reader);
}

/* ---- octets out ---- */

void
reader_fail (Reader *reader, const char *why)
{
  SoupServerMessage *msg = reader->request->msg;
  SoupMessageHeaders *headers;

  leave (reader);
  if (!msg)
    return;
  http_note (reader->request->http, HTTP_FETCH_FAILED, &reader->request->peer, why);
  if (reader->begun)
    {
      reply_cut (reader->request);
      return;
    }
  reader->begun = TRUE;
  headers = soup_server_message_get_response_headers (msg);
  soup_message_headers_clear (headers);
  /* the library's own default for an answer, without which it would have no end */
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CONTENT_LENGTH);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (msg), TRUE);
  reply_error (reader->request, SOUP_STATUS_SERVICE_UNAVAILABLE,
               "the reflector that has it cannot be reached at present");
  soup_message_body_complete (soup_server_message_get_response_body (msg));
  soup_server_message_unpause (msg);
}

/* @octets: (transfer full) */
static void
pass (Reader *reader, guint8 *octets, gsize len)
{
  SoupServerMessage *msg = reader->request->msg;
  SoupMessageBody *body = soup_server_message_get_response_body (msg);

  reader->at += len;
  reader->busy = TRUE;
  reader->begun = TRUE;
  http_count (reader->request->http, HTTP_OCTETS_OUT, len);
  soup_message_body_append_take (body, octets, len);
  if (reader->at == reader->end)
    soup_message_body_complete (body);
  soup_server_message_unpause (msg);
}

static void
feed_from_cache (Reader *reader)
{
  Fetch *fetch = reader->fetch;
  guint64 limit = MIN (fetch_get_limit (fetch), reader->end);
  gsize want = limit > reader->at ? (gsize) MIN (CHUNK, limit - reader->at) : 0;
  guint8 *octets;
  gssize n;

  if (want == 0)
    return;
  octets = g_malloc (want);
  n = pread (fetch->fd, octets, want, (off_t) reader->at);
  if (n > 0)
    {
      pass (reader, octets, (gsize) n);
      return;
    }
  g_free (octets);
  http_note (fetch->http, HTTP_DISK_ERRORS, NULL,
             n < 0 ? g_strerror (errno) : "the cache is shorter than it was");
  reader_fail (reader, "the cache cannot be read");
}

void
reader_feed (Reader *reader)
{
  if (!reader->fetch || reader->busy || !reader->request->msg)
    return;
  if (reader->supply)
    supply_go_on (reader->supply);
  else
    feed_from_cache (reader);
}

static void
on_wrote_chunk (SoupServerMessage *msg, gpointer data)
{
  Reader *reader = data;

  reader->busy = FALSE;
  if (reader->at < reader->end)
    {
      reader_feed (reader);
      return;
    }
  if (reader->fetch)
    http_count (reader->request->http, HTTP_DOWNLOADS, 1);
  leave (reader);
}

/* ---- a supply of its own ---- */

/* Of the whole file the last octets are passed on only if it is right; of a part nobody here can know. */
static gboolean
on_data (const guint8 *octets, gsize len, gpointer data)
{
  Reader *reader = data;

  if (!reader->request->msg)
    {
      leave (reader);
      return FALSE;
    }
  if (reader->sum)
    g_checksum_update (reader->sum, octets, (gssize) len);
  if (reader->sum && reader->at + len == reader->end && !fetch_check (reader->fetch, reader->sum))
    {
      reader_fail (reader, "wrong hash");
      return FALSE;
    }
  pass (reader, g_memdup2 (octets, len), len);
  return FALSE;
}

static void
on_failed (const char *why, gpointer data)
{
  reader_fail (data, why);
}

/* ---- the beginning ---- */

void
reader_begin (Fetch *fetch, Request *request)
{
  static const SupplyFuncs funcs = { on_data, on_failed };
  guint64 start, end;
  Reader *reader;

  if (fetch->away)
    {
      reply_error (request, SOUP_STATUS_SERVICE_UNAVAILABLE,
                   "the reflector that has it cannot be reached at present");
      return;
    }
  if (!download_get_range (request, fetch->item, &start, &end) || start == end)
    return;
  reader = g_new0 (Reader, 1);
  reader->fetch = fetch;
  reader->item = store_item_ref (fetch->item);
  reader->request = request_ref (request);
  reader->at = start;
  reader->end = end;
  soup_message_body_set_accumulate (soup_server_message_get_response_body (request->msg), FALSE);
  g_signal_connect_data (request->msg, "wrote-chunk", G_CALLBACK (on_wrote_chunk), reader,
                         reader_free, 0);
  soup_server_message_pause (request->msg);
  g_ptr_array_add (fetch->readers, reader);
  fetch_want (fetch);
  if (!fetch->reserved)
    {
      if (start == 0 && end == fetch->item->info->size)
        reader->sum = g_checksum_new (G_CHECKSUM_SHA256);
      reader->supply = supply_new (fetch, start, end, &funcs, reader);
    }
  else
    reader_feed (reader);
}
