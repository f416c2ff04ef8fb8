/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A listening socket, and those who have not shown a passkey yet. When there are too many, the oldest go, so
 * that nobody is locked out by others behind his address. Not for what happens to those who have shown one.
 */
#include "plugins/appshare/relay/private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <reflector/tls.h>
#include <string.h>
#include <unistd.h>

struct _Door {
  Share *share;
  gboolean sharer;
  GSocket *socket;
  GSource *source, *pause;
};

/* Seconds: no descriptors or no memory, and who waits would be told of again at once. */
#define PAUSE 1

typedef struct {
  Door *door;
  Conn *conn;
  GSource *deadline;
  RflTlsHello *hello;    /* TLS, before the handshake */
  GCancellable *shaking; /* TLS */
  gboolean linked, judged;
  const char *why; /* static */
  char line[RFL_SHARE_MAX_LINE];
  guint have;
} Knock;

static void
knock_free (Knock *knock)
{
  Relay *relay = knock->door->share->relay;

  if (g_queue_remove (&relay->unproved, knock))
    __atomic_sub_fetch (&relay->n_unproved, 1, __ATOMIC_RELAXED);
  relay_clear_source (&knock->deadline);
  rfl_tls_hello_free (knock->hello);
  if (knock->shaking)
    {
      g_object_set_data (G_OBJECT (conn_get_io (knock->conn)), "knock", NULL);
      g_cancellable_cancel (knock->shaking);
      g_clear_object (&knock->shaking);
    }
  conn_free (knock->conn);
  explicit_bzero (knock->line, sizeof knock->line);
  g_free (knock);
}

/* ---- the passkey ---- */

static gboolean
on_say_no (gpointer data)
{
  Knock *knock = data;
  Relay *relay = knock->door->share->relay;
  Conn *conn = g_steal_pointer (&knock->conn);
  g_autofree char *line = g_strdup_printf (RFL_SHARE_NO " %s\r\n", knock->why);

  conn_send (conn, (const guint8 *) line, strlen (line), NULL);
  conn_finish (conn, NO_TIME, relay->lingering);
  knock_free (knock);
  return G_SOURCE_REMOVE;
}

/* What it still sends is not read any more. */
static void
refuse (Knock *knock, RelayStat stat, const char *why)
{
  Share *share = knock->door->share;
  Relay *relay = share->relay;

  relay_note (relay, stat, share->spec.id, conn_get_peer (knock->conn), why);
  knock->judged = TRUE;
  conn_read (knock->conn, 0);
  relay_clear_source (&knock->deadline);
  knock->deadline = relay_after (relay, NO_TIME, on_say_no, knock);
  knock->why = why;
}

static gboolean
same_key (const guint8 *a, const guint8 *b)
{
  guint different = 0;

  for (guint i = 0; i < RFL_SHARE_PASSKEY; i++)
    different |= a[i] ^ b[i];
  return different == 0;
}

/* What comes of it may be the end of the share, and of its doors. */
static void
let_in (Knock *knock, Key *key, gsize end)
{
  Share *share = knock->door->share;
  Conn *conn = g_steal_pointer (&knock->conn);
  gsize len = knock->have - end;
  guint8 rest[RFL_SHARE_MAX_LINE];

  memcpy (rest, knock->line + end, len);
  knock_free (knock);
  share_admit (share, key, conn, rest, len);
}

static void
judge (Knock *knock, const char *line, gsize len, gsize end)
{
  Door *door = knock->door;
  Share *share = door->share;
  RflShareHello hello;
  gboolean right =
      rfl_share_hello_parse (&hello, line, len) && strcmp (hello.share, share->spec.id) == 0;
  Key *key = NULL;
  const char *why;

  if (right && door->sharer)
    right = same_key (hello.passkey, share->spec.sharer_key);
  else if (right)
    right = (key = share_find_key (share, hello.passkey)) != NULL;
  explicit_bzero (&hello, sizeof hello);
  if (!right)
    {
      refuse (knock, RELAY_WRONG_KEY, "wrong passkey");
      return;
    }
  why = share_check (share, key);
  if (why)
    refuse (knock, RELAY_REFUSED, why);
  else
    let_in (knock, key, end);
}

/* ---- the line ---- */

static void
on_data (Conn *conn, guint8 *data, gsize len, gpointer user_data)
{
  Knock *knock = user_data;
  const char *end;
  gsize line;

  memcpy (knock->line + knock->have, data, len);
  knock->have += (guint) len;
  end = memchr (knock->line, '\n', knock->have);
  if (end)
    {
      line = (gsize) (end - knock->line);
      judge (knock, knock->line, line > 0 && end[-1] == '\r' ? line - 1 : line, line + 1);
    }
  else if (knock->have == sizeof knock->line)
    refuse (knock, RELAY_WRONG_KEY, "wrong passkey");
  else
    conn_read (conn, sizeof knock->line - knock->have);
}

static void
on_closed (Conn *conn, gpointer user_data)
{
  knock_free (user_data);
}

static gboolean
on_late (gpointer data)
{
  Knock *knock = data;
  Share *share = knock->door->share;

  relay_note (share->relay, RELAY_LATE, share->spec.id, conn_get_peer (knock->conn), "no line");
  knock_free (knock);
  return G_SOURCE_REMOVE;
}

static void
listen_to (Knock *knock)
{
  static const ConnFuncs funcs = { on_data, NULL, on_closed };

  conn_set_funcs (knock->conn, &funcs, knock);
  conn_read (knock->conn, sizeof knock->line);
}

/* ---- TLS ---- */

static void
on_shaken (GObject *tls, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean done = g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result, &error);
  Knock *knock = g_object_get_data (tls, "knock");

  ((Relay *) data)->pending--;
  if (!knock)
    return; /* it is freed */
  g_object_set_data (tls, "knock", NULL);
  g_clear_object (&knock->shaking);
  if (done)
    {
      listen_to (knock);
      return;
    }
  relay_note (knock->door->share->relay, RELAY_TLS_FAILED, knock->door->share->spec.id,
              conn_get_peer (knock->conn), error->message);
  knock_free (knock);
}

static void
shake (Knock *knock)
{
  GTlsCertificate *certificate = knock->door->share->relay->limits.certificate;
  GIOStream *tls = certificate ? rfl_tls_server_new (conn_get_io (knock->conn), certificate) : NULL;

  if (!tls)
    {
      knock_free (knock);
      return;
    }
  conn_set_io (knock->conn, tls); /* which holds the other one */
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  knock->shaking = g_cancellable_new ();
  g_object_set_data (G_OBJECT (tls), "knock", knock);
  knock->door->share->relay->pending++;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, knock->shaking,
                                    on_shaken, knock->door->share->relay);
}

static void
on_hello (gboolean whole, gpointer data)
{
  Knock *knock = data;

  g_clear_pointer (&knock->hello, rfl_tls_hello_free);
  if (whole)
    {
      shake (knock);
      return;
    }
  relay_note (knock->door->share->relay, RELAY_TLS_FAILED, knock->door->share->spec.id,
              conn_get_peer (knock->conn), "no TLS, or too late");
  knock_free (knock);
}

/* ---- who comes ---- */

static gboolean
is_linked (const Relay *relay, const RflAddress *address)
{
  for (guint i = 0; relay->linked && i < relay->linked->len; i++)
    if (rfl_address_same_ip (&g_array_index (relay->linked, RflAddress, i), address))
      return TRUE;
  return FALSE;
}

/* Who has been judged goes before who may still be right. */
static Knock *
pick (const Relay *relay, const RflAddress *address, gboolean linked)
{
  Knock *oldest = NULL;

  for (GList *l = relay->unproved.head; l; l = l->next)
    {
      Knock *knock = l->data;
      if (knock->linked != linked
          || (address && !rfl_address_same_holder (conn_get_peer (knock->conn), address)))
        continue;
      if (knock->judged)
        return knock;
      if (!oldest)
        oldest = knock;
    }
  return oldest;
}

static guint
count (const Relay *relay, const RflAddress *address, gboolean linked)
{
  guint n = 0;

  for (GList *l = relay->unproved.head; l; l = l->next)
    {
      const Knock *knock = l->data;
      if (knock->linked == linked
          && (!address || rfl_address_same_holder (conn_get_peer (knock->conn), address)))
        n++;
    }
  return n;
}

static void
evict (Relay *relay, Knock *knock)
{
  relay_note (relay, RELAY_EVICTED, knock->door->share->spec.id, conn_get_peer (knock->conn),
              "too many without a passkey");
  knock_free (knock);
}

static void
make_room (Relay *relay, const RflAddress *address, gboolean linked)
{
  if (!linked && count (relay, address, FALSE) >= relay->limits.per_address)
    evict (relay, pick (relay, address, FALSE));
  if (count (relay, NULL, linked) >= relay->limits.unproved)
    evict (relay, pick (relay, NULL, linked));
}

static void
set_options (GSocket *socket)
{
  g_socket_set_keepalive (socket, TRUE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
}

static void
welcome (Door *door, GSocket *socket, const RflAddress *peer)
{
  Relay *relay = door->share->relay;
  Knock *knock = g_new0 (Knock, 1);
  GIOStream *io = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));

  set_options (socket);
  relay_count (relay, RELAY_ACCEPTED, 1);
  knock->door = door;
  knock->linked = is_linked (relay, peer);
  make_room (relay, peer, knock->linked);
  knock->conn = conn_new (io, peer, relay->context, relay->buffer);
  g_queue_push_tail (&relay->unproved, knock);
  __atomic_add_fetch (&relay->n_unproved, 1, __ATOMIC_RELAXED);
  knock->deadline = relay_after (relay, HELLO_TIME, on_late, knock);
  if (relay->limits.certificate)
    knock->hello = rfl_tls_hello_new (socket, relay->context, HELLO_TIME, on_hello, knock);
  else
    listen_to (knock);
}

static void open_door (Door *door);

static gboolean
on_rested (gpointer data)
{
  Door *door = data;

  relay_clear_source (&door->pause);
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
      relay_note (door->share->relay, RELAY_PAUSED, door->share->spec.id, NULL, error->message);
      relay_clear_source (&door->source);
      door->pause = relay_after (door->share->relay, PAUSE, on_rested, door);
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
  g_source_attach (door->source, door->share->relay->context);
}

Door *
door_new (Share *share, int fd, gboolean sharer)
{
  GSocket *socket = g_socket_new_from_fd (fd, NULL);
  Door *door;

  if (!socket)
    {
      close (fd);
      return NULL;
    }
  door = g_new0 (Door, 1);
  door->share = share;
  door->sharer = sharer;
  door->socket = socket;
  g_socket_set_blocking (socket, FALSE);
  open_door (door);
  return door;
}

void
door_free (Door *door)
{
  Relay *relay;

  if (!door)
    return;
  relay = door->share->relay;
  for (GList *l = relay->unproved.head, *next; l; l = next)
    {
      next = l->next;
      if (((Knock *) l->data)->door == door)
        knock_free (l->data);
    }
  relay_clear_source (&door->source);
  relay_clear_source (&door->pause);
  g_socket_close (door->socket, NULL);
  g_object_unref (door->socket);
  g_free (door);
}
