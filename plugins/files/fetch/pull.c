/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One GET of a linked reflector's file. Not for what to do when it breaks: supply.c. */
#include "plugins/files/fetch/fetch.h"

/* Seconds without an octet, after which a connection is dead: so that there is time for others before the reader's
 * patience ends. */
#define MAX_SILENCE 15
#define ATTEMPTS 3

/**
 * Pull:
 * @funcs: (nullable): %NULL: nobody wants it any more
 * @busy: an answer of GIO is to come
 * @held: until pull_go_on()
 */
struct _Pull {
  guint refs;
  Http *http;
  const PullFuncs *funcs;
  gpointer user_data;
  SoupMessage *msg;
  GCancellable *cancel;
  GInputStream *stream;
  char *etag;
  guint64 at, end;
  gboolean partial, busy, held;
  guint8 *buffer;
};

static void
unref (Pull *pull)
{
  if (--pull->refs > 0)
    return;
  g_clear_object (&pull->stream);
  g_object_unref (pull->msg);
  g_object_unref (pull->cancel);
  g_free (pull->etag);
  g_free (pull->buffer);
  g_free (pull);
}

void
pull_free (Pull *pull)
{
  if (!pull)
    return;
  pull->funcs = NULL;
  g_cancellable_cancel (pull->cancel);
  unref (pull);
}

static void
finish (Pull *pull, PullEnd end, const char *why)
{
  const PullFuncs *funcs = pull->funcs;

  pull->funcs = NULL;
  if (funcs)
    funcs->done (end, why, pull->user_data);
}

/* ---- octets ---- */

static void go_on (Pull *pull);

static void
on_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  Pull *pull = data;
  g_autoptr (GError) error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, &error);

  pull->http->pending--;
  pull->busy = FALSE;
  if (pull->funcs && n <= 0)
    finish (pull, PULL_BROKEN, error ? error->message : "it broke off");
  else if (pull->funcs)
    {
      pull->at += (guint64) n;
      pull->held = !pull->funcs->data (pull->buffer, (gsize) n, pull->user_data);
      go_on (pull);
    }
  unref (pull);
}

static void
go_on (Pull *pull)
{
  if (!pull->funcs || pull->held || pull->busy || !pull->stream)
    return;
  if (pull->at == pull->end)
    {
      finish (pull, PULL_WHOLE, NULL);
      return;
    }
  pull->busy = TRUE;
  pull->refs++;
  pull->http->pending++;
  g_input_stream_read_async (pull->stream, pull->buffer, (gsize) MIN (CHUNK, pull->end - pull->at),
                             G_PRIORITY_DEFAULT, pull->cancel, on_read, pull);
}

void
pull_go_on (Pull *pull)
{
  pull->held = FALSE;
  go_on (pull);
}

/* ---- the answer ---- */

/* (nullable): what is wrong with it; @end: what that means */
static const char *
get_objection (const Pull *pull, PullEnd *end)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (pull->msg);
  guint status = soup_message_get_status (pull->msg);
  guint wanted = pull->partial ? SOUP_STATUS_PARTIAL_CONTENT : SOUP_STATUS_OK;
  goffset length = soup_message_headers_get_content_length (headers);

  *end = PULL_BROKEN;
  if (status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    return "the other reflector cannot give it at present";
  *end = PULL_REFUSED;
  if (status == SOUP_STATUS_NOT_FOUND)
    return "the other reflector does not know it";
  if (status != wanted)
    return "the other reflector refused it";
  if (g_strcmp0 (soup_message_headers_get_one (headers, "ETag"), pull->etag) != 0 || length < 0
      || (guint64) length != pull->end - pull->at)
    return "the other reflector has another file there";
  return NULL;
}

static void
on_answer (GObject *session, GAsyncResult *result, gpointer data)
{
  Pull *pull = data;
  g_autoptr (GError) error = NULL;
  const char *why;
  PullEnd end;

  pull->stream = soup_session_send_finish (SOUP_SESSION (session), result, &error);
  pull->http->pending--;
  pull->busy = FALSE;
  if (!pull->stream)
    finish (pull, PULL_BROKEN, error->message);
  else if (pull->funcs)
    {
      why = get_objection (pull, &end);
      if (why)
        finish (pull, end, why);
      else
        go_on (pull);
    }
  unref (pull);
}

/* ---- the question ---- */

/* Reflectors are known by their addresses, which no certificate has to name. */
static gboolean
on_certificate (SoupMessage *msg, GTlsCertificate *certificate, GTlsCertificateFlags wrong,
                gpointer http)
{
  return !((Http *) http)->limits.authorities || !(wrong & ~G_TLS_CERTIFICATE_BAD_IDENTITY);
}

static SoupSession *
get_session (Http *http)
{
  if (!http->session)
    {
      http->session = soup_session_new_with_options ("max-conns", 4096, "max-conns-per-host", 1024,
                                                     "user-agent", "reflectord", NULL);
      soup_session_set_proxy_resolver (http->session, NULL);
      soup_session_remove_feature_by_type (http->session, SOUP_TYPE_CONTENT_DECODER);
    }
  soup_session_set_tls_database (http->session, http->limits.authorities);
  soup_session_set_timeout (http->session, CLAMP (http->limits.stall / ATTEMPTS, 1, MAX_SILENCE));
  return http->session;
}

static SoupMessage *
make_message (const Fetch *fetch)
{
  char key[2 * FILE_KEY + 1], address[RFL_ADDRESS_STRLEN];
  g_autofree char *uri = NULL;

  rfl_file_hex_write (fetch->key, FILE_KEY, key);
  uri = g_strdup_printf ("http%s://%s/links/%s", fetch->tls ? "s" : "",
                         rfl_address_format (&fetch->upstream, address), key);
  explicit_bzero (key, sizeof key);
  return soup_message_new (SOUP_METHOD_GET, uri);
}

Pull *
pull_new (const Fetch *fetch, guint64 at, guint64 end, const PullFuncs *funcs, gpointer user_data)
{
  const FileInfo *info = fetch->item->info;
  SoupMessage *msg = make_message (fetch);
  SoupMessageHeaders *headers = soup_message_get_request_headers (msg);
  g_autofree char *hash = store_hex (info->hash, FILE_HASH);
  Pull *pull = g_new0 (Pull, 1);

  pull->refs = 2;
  pull->http = fetch->http;
  pull->funcs = funcs;
  pull->user_data = user_data;
  pull->msg = msg;
  pull->cancel = g_cancellable_new ();
  pull->at = at;
  pull->end = end;
  pull->etag = g_strdup_printf ("\"%s\"", hash);
  pull->partial = at > 0 || end < info->size;
  pull->buffer = g_malloc (CHUNK);
  pull->busy = TRUE;
  if (pull->partial)
    {
      soup_message_headers_set_range (headers, (goffset) at, (goffset) end - 1);
      soup_message_headers_replace (headers, "If-Range", pull->etag);
    }
  soup_message_add_flags (msg, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_NEW_CONNECTION);
  g_signal_connect (msg, "accept-certificate", G_CALLBACK (on_certificate), fetch->http);
  fetch->http->pending++;
  soup_session_send_async (get_session (fetch->http), msg, G_PRIORITY_DEFAULT, pull->cancel,
                           on_answer, pull);
  return pull;
}
