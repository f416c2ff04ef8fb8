/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A listening socket, and how many connections there may be. Each is one request: behind the guard, to the HTTP library.
 * Not for what is asked.
 */
#include "plugins/files/http/private.h"

#include "plugins/files/http/guard.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <reflector/tls.h>
#include <string.h>

/* Seconds: no descriptors or no memory, and who waits would be told of again at once. */
#define PAUSE 1
#define HEAD_SECONDS 10
/* TLS handshakes of one address at once: each occupies a thread until it is through, and those are needed by others, to
 * write files too. */
#define HANDSHAKES 4

struct _Door {
  Http *http;
  GSocket *socket;
  GSource *source, *pause;
  GPtrArray *visitors;
};

/* One connection. */
typedef struct {
  Http *http;
  Door *door; /* %NULL: it is closed */
  RflAddress peer;
  GSocketAddress *local;
  gboolean linked;
  GIOStream *io;      /* until TLS has been shaken hands */
  RflTlsHello *hello; /* until that begins */
  gboolean ready;     /* for it */
  GCancellable *shaking;
} Visitor;

static void
visitor_free (Visitor *visitor)
{
  if (visitor->door)
    {
      g_ptr_array_remove_fast (visitor->door->visitors, visitor);
      http_set_gauge (visitor->door->http, HTTP_GAUGE_CONNECTIONS, visitor->door->visitors->len);
    }
  rfl_tls_hello_free (visitor->hello);
  g_clear_object (&visitor->local);
  g_clear_object (&visitor->io);
  g_clear_object (&visitor->shaking);
  g_free (visitor);
}

/* The stream is no more. */
static void
on_closed (gpointer data, GObject *stream)
{
  visitor_free (data);
}

static void
on_refused (guint status, const char *why, gpointer data)
{
  Visitor *visitor = data;

  http_note (visitor->http,
             status == 408 ? HTTP_LATE
             : status == 0 ? HTTP_STALLED
                           : HTTP_MALFORMED,
             &visitor->peer, why);
}

static void
let_in (Visitor *visitor, GIOStream *io)
{
  Http *http = visitor->http;
  const GuardLimits limits = { .head = 16384,
                               .fields = 64,
                               .target = 4096,
                               .head_seconds = HEAD_SECONDS,
                               .idle_seconds = HEAD_SECONDS,
                               .body_seconds = http->limits.stall,
                               .min_rate = 1024,
                               .write_seconds = http->limits.stall };
  struct sockaddr_storage sa;
  socklen_t len = rfl_address_to_sockaddr (&visitor->peer, &sa);
  g_autoptr (GSocketAddress) remote = g_socket_address_new_from_native (&sa, len);
  g_autoptr (GIOStream) guard = guard_new (io, &limits, on_refused, visitor);

  g_object_set_data (G_OBJECT (remote), HTTP_GUARD,
                     guard); /* which lives as long as its messages */
  g_object_weak_ref (G_OBJECT (guard), on_closed, visitor);
  soup_server_accept_iostream (http->server, guard, visitor->local, remote, NULL);
}

/* ---- TLS ---- */

static void shake_others (Http *http);

static void
on_shaken (GObject *tls, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result, &error);
  Visitor *visitor = data;
  Http *http = visitor->http;
  g_autoptr (GIOStream) io = g_steal_pointer (&visitor->io);
  gboolean open = visitor->door != NULL;

  http->pending--;
  g_clear_object (&visitor->shaking);
  if (open && done)
    {
      let_in (visitor, io);
    }
  else
    {
      if (open)
        http_note (http, HTTP_TLS_FAILED, &visitor->peer, error->message);
      visitor_free (visitor);
    }
  if (open)
    shake_others (http);
}

static gboolean
on_late (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

static void
shake (Visitor *visitor)
{
  Http *http = visitor->http;
  g_autoptr (GIOStream) tls = rfl_tls_server_new (visitor->io, http->limits.certificate);
  GSource *late;

  g_clear_pointer (&visitor->hello, rfl_tls_hello_free);
  visitor->ready = FALSE;
  if (!tls)
    {
      visitor_free (visitor);
      return;
    }
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  g_object_unref (visitor->io);
  visitor->io = g_steal_pointer (&tls);
  visitor->shaking = g_cancellable_new ();
  late = g_timeout_source_new_seconds (HEAD_SECONDS);
  g_source_set_callback (late, on_late, g_object_ref (visitor->shaking), g_object_unref);
  g_source_attach (late, http->context);
  g_source_unref (late);
  http->pending++;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (visitor->io), G_PRIORITY_DEFAULT,
                                    visitor->shaking, on_shaken, visitor);
}

/* Whether @visitor may begin: how many of his address are at it? */
static gboolean
may_shake (const Door *door, const Visitor *visitor)
{
  guint n = 0;

  for (guint i = 0; i < door->visitors->len; i++)
    {
      const Visitor *other = door->visitors->pdata[i];
      n += other->shaking && rfl_address_same_ip (&other->peer, &visitor->peer);
    }
  return n < HANDSHAKES;
}

/* Whoever waits for his turn and may begin now. */
static void
shake_others (Http *http)
{
  for (guint i = 0; i < http->doors->len; i++)
    {
      const Door *door = http->doors->pdata[i];
      for (guint j = door->visitors->len; j-- > 0;)
        {
          Visitor *visitor = door->visitors->pdata[j];
          if (visitor->ready && may_shake (door, visitor))
            shake (visitor);
        }
    }
}

static void
on_hello (gboolean whole, gpointer data)
{
  Visitor *visitor = data;

  visitor->ready = whole;
  if (!whole)
    {
      http_note (visitor->http, HTTP_TLS_FAILED, &visitor->peer, "no TLS, or too late");
      visitor_free (visitor);
    }
  else if (may_shake (visitor->door, visitor))
    {
      shake (visitor);
    }
}

/* ---- who comes ---- */

static guint
count (const Http *http, const RflAddress *peer, gboolean linked)
{
  guint n = 0;

  for (guint i = 0; i < http->doors->len; i++)
    {
      const Door *door = http->doors->pdata[i];
      for (guint j = 0; j < door->visitors->len; j++)
        {
          const Visitor *visitor = door->visitors->pdata[j];
          n += visitor->linked == linked && (!peer || rfl_address_same_ip (&visitor->peer, peer));
        }
    }
  return n;
}

static void
welcome (Door *door, GSocket *socket, const RflAddress *peer)
{
  Http *http = door->http;
  gboolean linked = http_is_linked (http, peer);
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  g_autoptr (GIOStream) io = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  Visitor *visitor;

  http_count (http, HTTP_CONNECTIONS, 1);
  if (!local)
    return; /* gone already */
  if (count (http, NULL, linked) >= http->limits.connections
      || (!linked && count (http, peer, FALSE) >= http->limits.per_address))
    {
      http_note (http, HTTP_REFUSED_CONNECTIONS, peer, "too many connections");
      if (!http->limits.certificate)
        guard_turn_away (socket, "too many connections");
      return;
    }
  g_socket_set_keepalive (socket, TRUE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  visitor = g_new0 (Visitor, 1);
  visitor->http = http;
  visitor->door = door;
  visitor->peer = *peer;
  visitor->local = g_steal_pointer (&local);
  visitor->linked = linked;
  g_ptr_array_add (door->visitors, visitor);
  http_set_gauge (http, HTTP_GAUGE_CONNECTIONS, door->visitors->len);
  if (http->limits.certificate)
    {
      visitor->io = g_steal_pointer (&io);
      visitor->hello = rfl_tls_hello_new (socket, http->context, HEAD_SECONDS, on_hello, visitor);
    }
  else
    let_in (visitor, io);
}

/* ---- listening ---- */

static void open_door (Door *door);

static gboolean
on_rested (gpointer data)
{
  Door *door = data;

  http_clear_source (&door->pause);
  open_door (door);
  return G_SOURCE_REMOVE;
}

static gboolean
is_passing (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

static gboolean
on_accept (GSocket *listener, GIOCondition condition, gpointer data)
{
  Door *door = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = g_socket_accept (listener, NULL, &error);
  struct sockaddr_storage sa;
  socklen_t len = sizeof sa;
  RflAddress peer;

  if (!socket && is_passing (error))
    return G_SOURCE_CONTINUE;
  if (!socket)
    {
      http_note (door->http, HTTP_PAUSED, NULL, error->message);
      http_clear_source (&door->source);
      door->pause = http_after (door->http, PAUSE, on_rested, door);
      return G_SOURCE_REMOVE;
    }
  if (getpeername (g_socket_get_fd (socket), (struct sockaddr *) &sa, &len) == 0
      && rfl_address_from_sockaddr (&peer, (struct sockaddr *) &sa, len))
    welcome (door, socket, &peer);
  return G_SOURCE_CONTINUE;
}

static void
open_door (Door *door)
{
  door->source = g_socket_create_source (door->socket, G_IO_IN, NULL);
  g_source_set_callback (door->source, (GSourceFunc) (void *) on_accept, door, NULL);
  g_source_attach (door->source, door->http->context);
}

static GSocket *
listen_on (const char *bind, guint16 port, gboolean six, GError **error)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (bind  ? bind
                                                                              : six ? "::"
                                                                                    : "0.0.0.0",
                                                                              port);
  g_autoptr (GSocket) socket = g_socket_new (six ? G_SOCKET_FAMILY_IPV6 : G_SOCKET_FAMILY_IPV4,
                                             G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (!socket)
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, 128);
  if (six)
    g_socket_set_option (socket, IPPROTO_IPV6, IPV6_V6ONLY, 1, NULL);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    return NULL;
  return g_steal_pointer (&socket);
}

Door *
door_new (Http *http, const char *bind, guint16 port, gboolean six, GError **error)
{
  g_autoptr (GError) why = NULL;
  GSocket *socket = listen_on (bind, port, six, &why);
  Door *door;

  if (!socket)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "cannot listen on TCP port %u: %s", port,
                   why->message);
      return NULL;
    }
  door = g_new0 (Door, 1);
  door->http = http;
  door->socket = socket;
  door->visitors = g_ptr_array_new ();
  open_door (door);
  return door;
}

void
door_free (Door *door)
{
  if (!door)
    return;
  http_clear_source (&door->source);
  http_clear_source (&door->pause);
  for (guint i = 0; i < door->visitors->len; i++)
    {
      Visitor *visitor = door->visitors->pdata[i];
      visitor->door = NULL;
      if (visitor->shaking)
        g_cancellable_cancel (visitor->shaking);
      else if (visitor->hello)
        visitor_free (visitor);
    }
  g_ptr_array_unref (door->visitors);
  g_socket_close (door->socket, NULL);
  g_object_unref (door->socket);
  g_free (door);
}
