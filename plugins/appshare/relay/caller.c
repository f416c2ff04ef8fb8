/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Dials the reflector that a share comes from: connection, TLS where announced, one line there and one back. Not for
 * trying again: its share is told, or it has ended.
 */
#include "plugins/appshare/relay/private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define MAX_ANSWER 256

/* Lives until GIO has answered, also when it is freed before. */
struct _Caller {
  Relay *relay;
  RelayShare spec; /* what it needs of it */
  CallerFunc func; /* %NULL: freed */
  gpointer user_data;
  GCancellable *cancel;
  GSource *deadline;
  Conn *conn;
  guint8 answer[MAX_ANSWER];
  guint have;
  gboolean waits; /* for GIO */
};

static void
destroy (Caller *caller)
{
  relay_clear_source (&caller->deadline);
  conn_free (caller->conn);
  g_object_unref (caller->cancel);
  explicit_bzero (caller->spec.upstream_key, RFL_SHARE_PASSKEY);
  explicit_bzero (caller->spec.sharer_key, RFL_SHARE_PASSKEY);
  g_free (caller);
}

void
caller_free (Caller *caller)
{
  if (!caller)
    return;
  caller->func = NULL;
  relay_clear_source (&caller->deadline);
  g_cancellable_cancel (caller->cancel);
  if (!caller->waits)
    destroy (caller);
}

/* @why: %NULL: it has worked */
static void
finish (Caller *caller, const char *why, const guint8 *rest, gsize len)
{
  CallerFunc func = caller->func;
  Conn *conn = why ? NULL : g_steal_pointer (&caller->conn);

  if (func)
    {
      if (conn)
        conn_read (conn, 0);
      else
        relay_note (caller->relay, RELAY_UPSTREAM_FAILED, caller->spec.id, &caller->spec.upstream,
                    why);
      func (conn, rest, len, why, caller->user_data);
    }
  destroy (caller);
}

static gboolean
on_deadline (gpointer data)
{
  Caller *caller = data;

  if (caller->waits)
    g_cancellable_cancel (caller->cancel);
  else
    finish (caller, "no answer of the other reflector", NULL, 0);
  return G_SOURCE_REMOVE;
}

/* ---- the answer ---- */

static void
on_data (Conn *conn, guint8 *data, gsize len, gpointer user_data)
{
  Caller *caller = user_data;
  g_autoptr (GError) error = NULL;
  const guint8 *end;
  gsize line;

  memcpy (caller->answer + caller->have, data, len);
  caller->have += (guint) len;
  end = memchr (caller->answer, '\n', caller->have);
  if (!end && caller->have < MAX_ANSWER)
    {
      conn_read (conn, MAX_ANSWER - caller->have);
      return;
    }
  line = end ? (gsize) (end - caller->answer) : 0;
  if (line > 0 && end[-1] == '\r'
      && rfl_share_answer_parse ((const char *) caller->answer, line - 1, &error))
    finish (caller, NULL, end + 1, caller->have - line - 1);
  else
    finish (caller, error ? error->message : "no answer of this protocol", NULL, 0);
}

static void
on_closed (Conn *conn, gpointer user_data)
{
  finish (user_data, "closed by the other reflector", NULL, 0);
}

static void
knock (Caller *caller)
{
  static const ConnFuncs funcs = { on_data, NULL, on_closed };
  RflShareHello hello = { 0 };
  char line[RFL_SHARE_MAX_LINE + 1];
  gsize len;

  g_strlcpy (hello.share, caller->spec.id, sizeof hello.share);
  memcpy (hello.passkey, caller->spec.upstream_key, RFL_SHARE_PASSKEY);
  len = rfl_share_hello_write (&hello, line);
  conn_set_funcs (caller->conn, &funcs, caller);
  conn_send (caller->conn, (const guint8 *) line, len, NULL);
  conn_read (caller->conn, MAX_ANSWER);
  explicit_bzero (line, sizeof line);
  explicit_bzero (&hello, sizeof hello);
}

/* ---- the way there ---- */

static gboolean
on_any_certificate (GTlsConnection *tls, GTlsCertificate *certificate, GTlsCertificateFlags wrong,
                    gpointer data)
{
  return TRUE;
}

static void
on_shaken (GObject *tls, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  Caller *caller = data;
  gboolean done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result, &error);

  caller->waits = FALSE;
  caller->relay->pending--;
  if (!caller->func || !done)
    finish (caller, error ? error->message : "given up", NULL, 0);
  else
    knock (caller);
}

static void
shake (Caller *caller)
{
  GIOStream *tls = g_tls_client_connection_new (conn_get_io (caller->conn), NULL, NULL);

  if (!tls)
    {
      finish (caller, "there is no TLS here", NULL, 0);
      return;
    }
  if (caller->relay->limits.authorities)
    g_tls_connection_set_database (G_TLS_CONNECTION (tls), caller->relay->limits.authorities);
  else
    g_signal_connect (tls, "accept-certificate", G_CALLBACK (on_any_certificate), NULL);
  conn_set_io (caller->conn, tls);
  caller->waits = TRUE;
  caller->relay->pending++;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, caller->cancel,
                                    on_shaken, caller);
}

static void
on_connected (GObject *client, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  Caller *caller = data;
  GSocketConnection *io = g_socket_client_connect_finish (G_SOCKET_CLIENT (client), result, &error);

  caller->waits = FALSE;
  caller->relay->pending--;
  if (io)
    caller->conn = conn_new (G_IO_STREAM (io), &caller->spec.upstream, caller->relay->context,
                             caller->relay->buffer);
  if (!io || !caller->func)
    {
      finish (caller, error ? error->message : "given up", NULL, 0);
      return;
    }
  g_socket_set_keepalive (g_socket_connection_get_socket (io), TRUE);
  g_socket_set_option (g_socket_connection_get_socket (io), IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  if (caller->spec.upstream_tls)
    shake (caller);
  else
    knock (caller);
}

Caller *
caller_new (Share *share, CallerFunc func, gpointer user_data)
{
  Caller *caller = g_new0 (Caller, 1);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  struct sockaddr_storage sa;
  socklen_t len = rfl_address_to_sockaddr (&share->spec.upstream, &sa);
  g_autoptr (GSocketAddress) address = g_socket_address_new_from_native (&sa, len);

  caller->relay = share->relay;
  caller->spec = share->spec;
  caller->func = func;
  caller->user_data = user_data;
  caller->cancel = g_cancellable_new ();
  caller->deadline = relay_after (share->relay, HELLO_TIME, on_deadline, caller);
  caller->waits = TRUE;
  caller->relay->pending++;
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (client, G_SOCKET_CONNECTABLE (address), caller->cancel,
                                 on_connected, caller);
  return caller;
}
