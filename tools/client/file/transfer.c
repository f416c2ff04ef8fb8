/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What uploads and downloads have in common: hashing what is here, trying again, and the end. The two are in put.c and
 * get.c.
 */
#include "config.h"

#include "tools/client/file/transfer-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETRY 1 /* seconds */

void
transfer_ref (Transfer *transfer)
{
  transfer->refs++;
}

void
transfer_forget_message (Transfer *transfer)
{
  g_clear_object (&transfer->stream);
  g_clear_object (&transfer->msg);
}

void
transfer_unref (Transfer *transfer)
{
  if (--transfer->refs > 0)
    return;
  if (transfer->fd >= 0)
    close (transfer->fd);
  g_clear_pointer (&transfer->sum, g_checksum_free);
  transfer_forget_message (transfer);
  g_object_unref (transfer->session);
  g_object_unref (transfer->cancel);
  g_free (transfer->answer);
  g_free (transfer->path);
  g_free (transfer);
}

void
transfer_finish (Transfer *transfer, const GError *error)
{
  const TransferFuncs *funcs = transfer->funcs;

  transfer->funcs = NULL;
  if (funcs)
    funcs->done (error, transfer->user_data);
}

void
transfer_refuse (Transfer *transfer, const char *why)
{
  g_autoptr (GError) error = g_error_new (RFL_ERROR, RFL_ERROR_FORBIDDEN, "%s", why);

  transfer_finish (transfer, error);
}

void
transfer_moved (Transfer *transfer, gsize len)
{
  transfer->at += len;
  transfer->since = g_get_monotonic_time ();
  if (transfer->funcs)
    transfer->funcs->progress (transfer->at, transfer->size, transfer->user_data);
}

/* ---- trying again ---- */

static gboolean
on_retry (gpointer data)
{
  Transfer *transfer = data;

  transfer->retry = 0;
  transfer->attempt (transfer);
  return G_SOURCE_REMOVE;
}

void
transfer_try_again (Transfer *transfer, const GError *error)
{
  gint64 patience = transfer->spec->patience * G_TIME_SPAN_SECOND;

  if (!transfer->funcs)
    return;
  if (g_get_monotonic_time () - transfer->since >= patience)
    {
      g_autoptr (GError) last =
          g_error_new_literal (RFL_ERROR, RFL_ERROR_UNAVAILABLE, error->message);
      transfer_finish (transfer, last);
    }
  else
    transfer->retry = g_timeout_add_seconds (RETRY, on_retry, transfer);
}

/* ---- answers ---- */

/* (transfer full): what stands behind "error" in the body, or the status */
char *
transfer_get_reason (SoupMessage *msg, GBytes *body)
{
  gsize len = 0;
  const char *text = body ? g_bytes_get_data (body, &len) : NULL;
  g_autofree char *json = g_strndup (text ? text : "", len);
  char *start = strstr (json, "\"error\": \""), *end;

  if (start && (end = strchr (start + 10, '"')))
    return g_strdup_printf ("%.*s (%u)", (int) (end - start - 10), start + 10,
                            soup_message_get_status (msg));
  return g_strdup_printf ("status %u", soup_message_get_status (msg));
}

static gboolean
on_certificate (SoupMessage *msg, GTlsCertificate *certificate, GTlsCertificateFlags wrong,
                gpointer data)
{
  return ((const Transfer *) data)->spec->any_certificate;
}

SoupMessage *
transfer_new_message (Transfer *transfer, const char *method, const char *url)
{
  SoupMessage *msg = soup_message_new (method, url);
  g_autofree char *bearer = g_strconcat ("Bearer ", transfer->spec->passkey, NULL);

  if (!msg)
    return NULL;
  if (transfer->spec->passkey)
    soup_message_headers_replace (soup_message_get_request_headers (msg), "Authorization", bearer);
  soup_message_add_flags (msg, SOUP_MESSAGE_NO_REDIRECT);
  g_signal_connect (msg, "accept-certificate", G_CALLBACK (on_certificate), transfer);
  return msg;
}

/* ---- what is here already ---- */

static void
hash_in_worker (GTask *task, gpointer source, gpointer data, GCancellable *cancel)
{
  Transfer *transfer = data;
  g_autofree guint8 *octets = g_malloc (TRANSFER_CHUNK);
  off_t at = 0;
  gssize n;

  while ((n = pread (transfer->fd, octets, TRANSFER_CHUNK, at)) > 0
         && !g_cancellable_is_cancelled (cancel))
    {
      g_checksum_update (transfer->sum, octets, n);
      at += n;
    }
  g_task_return_int (task, n < 0 ? -1 : (gssize) at);
}

static void
on_hashed (GObject *source, GAsyncResult *result, gpointer data)
{
  Transfer *transfer = data;
  gssize n = g_task_propagate_int (G_TASK (result), NULL);

  if (transfer->funcs)
    transfer->hashed (transfer, n);
  transfer_unref (transfer);
}

void
transfer_hash (Transfer *transfer)
{
  g_autoptr (GTask) task = g_task_new (NULL, transfer->cancel, on_hashed, transfer);

  g_task_set_return_on_cancel (task, FALSE);
  g_task_set_check_cancellable (task, FALSE);
  transfer_ref (transfer);
  g_task_set_task_data (task, transfer, NULL);
  g_task_run_in_thread (task, hash_in_worker);
}

/* ---- making ---- */

Transfer *
transfer_new (const TransferSpec *spec, const TransferFuncs *funcs, gpointer user_data)
{
  Transfer *transfer = g_new0 (Transfer, 1);

  transfer->refs = 1;
  transfer->spec = spec;
  transfer->funcs = funcs;
  transfer->user_data = user_data;
  transfer->fd = -1;
  transfer->sum = g_checksum_new (G_CHECKSUM_SHA256);
  transfer->cancel = g_cancellable_new ();
  transfer->since = g_get_monotonic_time ();
  transfer->session = soup_session_new_with_options ("user-agent", "reflector-client", "timeout",
                                                     spec->silence, NULL);
  soup_session_set_proxy_resolver (transfer->session, NULL);
  soup_session_remove_feature_by_type (transfer->session, SOUP_TYPE_CONTENT_DECODER);
  if (spec->authorities)
    soup_session_set_tls_database (transfer->session, spec->authorities);
  return transfer;
}

void
transfer_free (Transfer *transfer)
{
  if (!transfer)
    return;
  transfer->funcs = NULL;
  if (transfer->retry)
    g_source_remove (transfer->retry);
  transfer->retry = 0;
  g_cancellable_cancel (transfer->cancel);
  transfer_unref (transfer);
}

const char *
transfer_get_answer (const Transfer *transfer)
{
  return transfer->answer;
}
