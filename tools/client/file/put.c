/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An upload: its hash, where it broke off if it did, the rest. */
#include "config.h"

#include "tools/client/file/transfer-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static char *
get_url (const Transfer *transfer)
{
  g_autofree char *name = rfl_file_escape_name (transfer->spec->name);

  return g_strconcat (transfer->spec->url, "/", name, NULL);
}

static void
set_digest (const Transfer *transfer, SoupMessage *msg)
{
  char digest[RFL_FILE_DIGEST_STRLEN];

  rfl_file_digest_write (transfer->hash, digest);
  soup_message_headers_replace (soup_message_get_request_headers (msg), "Repr-Digest", digest);
}

/* ---- the octets ---- */

static void
on_wrote (SoupMessage *msg, guint len, gpointer data)
{
  transfer_moved (data, len);
}

static void
on_body (GObject *stream, GAsyncResult *result, gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GError) error = NULL;
  gsize len = 0;
  gboolean whole = g_input_stream_read_all_finish (G_INPUT_STREAM (stream), result, &len, &error);
  g_autoptr (GBytes) body = whole ? g_bytes_new (transfer->reply, len) : NULL;
  guint status = soup_message_get_status (transfer->msg);
  g_autofree char *why = NULL;

  if (transfer->funcs && body && status == SOUP_STATUS_CREATED)
    {
      transfer->answer = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
      transfer_finish (transfer, NULL);
    }
  else if (transfer->funcs
           && (!body || status == SOUP_STATUS_SERVICE_UNAVAILABLE || status == SOUP_STATUS_CONFLICT
               || status == SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE))
    {
      why = body ? transfer_get_reason (transfer->msg, body) : NULL;
      if (why)
        g_set_error_literal (&error, RFL_ERROR, RFL_ERROR_FORBIDDEN, why);
      transfer_try_again (transfer, error);
    }
  else if (transfer->funcs)
    {
      why = transfer_get_reason (transfer->msg, body);
      transfer_refuse (transfer, why);
    }
  transfer_unref (transfer);
}

/* Not by soup_session_send_and_read_async(): when the answer comes before the body has gone out, that closes a stream
 * whose request the library has freed. */
static void
on_put (GObject *session, GAsyncResult *result, gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GError) error = NULL;
  GInputStream *stream = soup_session_send_finish (SOUP_SESSION (session), result, &error);

  g_clear_object (&transfer->stream);
  transfer->stream = stream;
  if (transfer->funcs && stream)
    {
      transfer_ref (transfer);
      g_input_stream_read_all_async (stream, transfer->reply, sizeof transfer->reply,
                                     G_PRIORITY_DEFAULT, transfer->cancel, on_body, transfer);
    }
  else if (transfer->funcs)
    transfer_try_again (transfer, error);
  transfer_unref (transfer);
}

static GInputStream *
open_rest (const Transfer *transfer, GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (transfer->path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);

  if (!stream
      || !g_seekable_seek (G_SEEKABLE (stream), (goffset) transfer->at, G_SEEK_SET, NULL, error))
    return NULL;
  return G_INPUT_STREAM (g_steal_pointer (&stream));
}

static void
send_rest (Transfer *transfer)
{
  g_autofree char *url = get_url (transfer);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) rest = open_rest (transfer, &error);
  SoupMessageHeaders *headers;

  if (!rest)
    {
      transfer_finish (transfer, error);
      return;
    }
  transfer_forget_message (transfer);
  transfer->msg = transfer_new_message (transfer, "PUT", url);
  headers = soup_message_get_request_headers (transfer->msg);
  soup_message_set_request_body (transfer->msg, transfer->spec->type, rest,
                                 (gssize) (transfer->size - transfer->at));
  soup_message_headers_set_expectations (headers, SOUP_EXPECTATION_CONTINUE);
  set_digest (transfer, transfer->msg);
  if (transfer->at > 0)
    soup_message_headers_set_content_range (headers, (goffset) transfer->at,
                                            (goffset) transfer->size - 1, (goffset) transfer->size);
  g_signal_connect (transfer->msg, "wrote-body-data", G_CALLBACK (on_wrote), transfer);
  transfer_ref (transfer);
  soup_session_send_async (transfer->session, transfer->msg, G_PRIORITY_DEFAULT, transfer->cancel,
                           on_put, transfer);
}

/* ---- where it broke off ---- */

static void
on_offset (GObject *session, GAsyncResult *result, gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body =
      soup_session_send_and_read_finish (SOUP_SESSION (session), result, &error);
  SoupMessageHeaders *headers = soup_message_get_response_headers (transfer->msg);
  guint status = soup_message_get_status (transfer->msg);
  const char *offset = soup_message_headers_get_one (headers, "Upload-Offset");
  g_autofree char *why = NULL;

  if (!transfer->funcs)
    ;
  else if (!body || status == SOUP_STATUS_CONFLICT || status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    {
      if (!error)
        g_set_error (&error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "status %u", status);
      transfer_try_again (transfer, error);
    }
  else if (status != SOUP_STATUS_NO_CONTENT || !offset)
    {
      why = transfer_get_reason (transfer->msg, body);
      transfer_refuse (transfer, why);
    }
  else
    {
      transfer->at = g_ascii_strtoull (offset, NULL, 10);
      if (transfer->at >= transfer->size)
        transfer->at = 0;
      send_rest (transfer);
    }
  transfer_unref (transfer);
}

static void
attempt (Transfer *transfer)
{
  g_autofree char *url = get_url (transfer);

  transfer_forget_message (transfer);
  transfer->msg = transfer_new_message (transfer, "HEAD", url);
  if (!transfer->msg)
    {
      transfer_refuse (transfer, "the reflector's URL is none");
      return;
    }
  set_digest (transfer, transfer->msg);
  transfer_ref (transfer);
  soup_session_send_and_read_async (transfer->session, transfer->msg, G_PRIORITY_DEFAULT,
                                    transfer->cancel, on_offset, transfer);
}

static void
hashed (Transfer *transfer, gssize octets)
{
  g_autoptr (GError) error = NULL;
  gsize len = sizeof transfer->hash;

  if (octets < 0)
    {
      g_set_error (&error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: cannot be read", transfer->path);
      transfer_finish (transfer, error);
      return;
    }
  transfer->size = (guint64) octets;
  g_checksum_get_digest (transfer->sum, transfer->hash, &len);
  transfer->since = g_get_monotonic_time ();
  attempt (transfer);
}

static gboolean
on_missing (gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GError) error = NULL;

  transfer->retry = 0;
  g_set_error (&error, G_IO_ERROR, g_io_error_from_errno (transfer->reason), "%s: %s",
               transfer->path, g_strerror (transfer->reason));
  transfer_finish (transfer, error);
  return G_SOURCE_REMOVE;
}

Transfer *
transfer_put (const TransferSpec *spec, const TransferFuncs *funcs, gpointer user_data)
{
  Transfer *transfer = transfer_new (spec, funcs, user_data);

  transfer->path = g_strdup (spec->path);
  transfer->attempt = attempt;
  transfer->hashed = hashed;
  transfer->fd = open (spec->path, O_RDONLY | O_CLOEXEC);
  transfer->reason = errno;
  if (transfer->fd >= 0)
    transfer_hash (transfer);
  else
    transfer->retry = g_idle_add (on_missing, transfer);
  return transfer;
}
