/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A download: what is here of it, the rest, and whether it is what was offered. */
#include "config.h"

#include "tools/client/file/transfer-private.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static void
fail (Transfer *transfer, const char *what)
{
  g_autoptr (GError) error =
      g_error_new (G_IO_ERROR, g_io_error_from_errno (errno), "%s: cannot %s: %s", transfer->path,
                   what, g_strerror (errno));

  transfer_finish (transfer, error);
}

/* ---- its end ---- */

/* Never in the place of another one; not every file system has links. */
static gboolean
give_name (const Transfer *transfer)
{
  if (link (transfer->path, transfer->spec->path) == 0)
    return g_unlink (transfer->path) == 0;
  return (errno == EPERM || errno == EOPNOTSUPP) && access (transfer->spec->path, F_OK) < 0
         && g_rename (transfer->path, transfer->spec->path) == 0;
}

static void
complete (Transfer *transfer)
{
  gsize len = sizeof transfer->hash;
  g_autoptr (GError) error = NULL;

  g_checksum_get_digest (transfer->sum, transfer->hash, &len);
  if (memcmp (transfer->hash, transfer->spec->sha256, len) != 0)
    {
      g_unlink (transfer->path);
      g_set_error (&error, RFL_ERROR, RFL_ERROR_MALFORMED,
                   "%s: it is not the file that was offered", transfer->spec->path);
      transfer_finish (transfer, error);
    }
  else if (fsync (transfer->fd) < 0)
    fail (transfer, "be synchronised");
  else if (!give_name (transfer))
    fail (transfer, "be given its name");
  else
    transfer_finish (transfer, NULL);
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

static void read_on (Transfer *transfer);

static void
on_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, &error);
  gsize len = 0;
  const guint8 *octets = bytes ? g_bytes_get_data (bytes, &len) : NULL;

  if (!transfer->funcs)
    ;
  else if (len > transfer->size - transfer->at)
    transfer_refuse (transfer, "more comes than was offered");
  else if (len > 0 && !write_all (transfer->fd, octets, len))
    fail (transfer, "be written");
  else if (len > 0)
    {
      g_checksum_update (transfer->sum, octets, (gssize) len);
      transfer_moved (transfer, len);
      read_on (transfer);
    }
  else if (bytes && transfer->at == transfer->size)
    complete (transfer);
  else
    {
      if (!error)
        g_set_error_literal (&error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "it broke off");
      transfer_try_again (transfer, error);
    }
  transfer_unref (transfer);
}

static void
read_on (Transfer *transfer)
{
  transfer_ref (transfer);
  g_input_stream_read_bytes_async (transfer->stream, TRANSFER_CHUNK, G_PRIORITY_DEFAULT,
                                   transfer->cancel, on_read, transfer);
}

/* ---- the question ---- */

/* Of the answer's body, where the reason is. */
#define MAX_REASON 2048

static void
on_reason (GObject *stream, GAsyncResult *result, gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GBytes) body =
      g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, NULL);
  g_autofree char *why = NULL;
  g_autoptr (GError) error = NULL;

  if (transfer->funcs)
    {
      why = transfer_get_reason (transfer->msg, body);
      error = g_error_new_literal (RFL_ERROR, RFL_ERROR_FORBIDDEN, why);
      if (soup_message_get_status (transfer->msg) >= 500)
        transfer_try_again (transfer, error);
      else
        transfer_refuse (transfer, why);
    }
  transfer_unref (transfer);
}

static void
read_reason (Transfer *transfer)
{
  transfer_ref (transfer);
  g_input_stream_read_bytes_async (transfer->stream, MAX_REASON, G_PRIORITY_DEFAULT,
                                   transfer->cancel, on_reason, transfer);
}

static void
on_answer (GObject *session, GAsyncResult *result, gpointer data)
{
  Transfer *transfer = data;
  g_autoptr (GError) error = NULL;
  GInputStream *stream = soup_session_send_finish (SOUP_SESSION (session), result, &error);
  guint status = stream ? soup_message_get_status (transfer->msg) : 0;

  g_clear_object (&transfer->stream);
  transfer->stream = stream;
  if (!transfer->funcs)
    ;
  else if (!stream)
    transfer_try_again (transfer, error);
  else if (status == (transfer->at > 0 ? SOUP_STATUS_PARTIAL_CONTENT : SOUP_STATUS_OK))
    read_on (transfer);
  else
    read_reason (transfer);
  transfer_unref (transfer);
}

static void
attempt (Transfer *transfer)
{
  SoupMessageHeaders *headers;
  char hex[2 * RFL_FILE_SHA256 + 1];
  g_autofree char *etag = NULL;

  transfer_forget_message (transfer);
  if (transfer->at == transfer->size)
    {
      complete (transfer);
      return;
    }
  transfer->msg = transfer_new_message (transfer, "GET", transfer->spec->url);
  if (!transfer->msg)
    {
      transfer_refuse (transfer, "its URL is none");
      return;
    }
  headers = soup_message_get_request_headers (transfer->msg);
  rfl_file_hex_write (transfer->spec->sha256, RFL_FILE_SHA256, hex);
  etag = g_strdup_printf ("\"%s\"", hex);
  if (transfer->at > 0)
    {
      soup_message_headers_set_range (headers, (goffset) transfer->at, -1);
      soup_message_headers_replace (headers, "If-Range", etag);
    }
  transfer_ref (transfer);
  soup_session_send_async (transfer->session, transfer->msg, G_PRIORITY_DEFAULT, transfer->cancel,
                           on_answer, transfer);
}

/* ---- what is here ---- */

static void
hashed (Transfer *transfer, gssize octets)
{
  if (octets < 0)
    fail (transfer, "be read");
  else if ((guint64) octets > transfer->size)
    transfer_refuse (transfer, "what is here of it is more than all of it");
  else if (lseek (transfer->fd, 0, SEEK_END) < 0)
    fail (transfer, "be read");
  else
    {
      transfer->at = (guint64) octets;
      transfer->since = g_get_monotonic_time ();
      attempt (transfer);
    }
}

static gboolean
on_missing (gpointer data)
{
  Transfer *transfer = data;

  transfer->retry = 0;
  errno = transfer->reason;
  fail (transfer, "be made");
  return G_SOURCE_REMOVE;
}

/* (transfer full): short enough whatever its name is, and never another file's */
static char *
get_part (const TransferSpec *spec)
{
  g_autofree char *folder = g_path_get_dirname (spec->path);
  char hash[2 * RFL_FILE_SHA256 + 1];

  rfl_file_hex_write (spec->sha256, RFL_FILE_SHA256, hash);
  return g_strdup_printf ("%s/%.32s.part", folder, hash);
}

Transfer *
transfer_get (const TransferSpec *spec, const TransferFuncs *funcs, gpointer user_data)
{
  Transfer *transfer = transfer_new (spec, funcs, user_data);

  transfer->path = get_part (spec);
  transfer->size = spec->size;
  transfer->attempt = attempt;
  transfer->hashed = hashed;
  transfer->fd = open (transfer->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  transfer->reason = errno;
  if (transfer->fd >= 0)
    transfer_hash (transfer);
  else
    transfer->retry = g_idle_add (on_missing, transfer);
  return transfer;
}
