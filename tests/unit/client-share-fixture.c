/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fixture of the tests of reflector-client's share connections. Tests nothing itself. */
#include "tests/unit/client-share-fixture.h"

#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "core/wire/bytes.h"

#define LINE "RFL/1 SHARE s1 0102030405060708090a0b0c0d0e0f10\r\n"

static gpointer
run_peer (gpointer user_data)
{
  Peer *peer = user_data;
  g_autoptr (GSocket) made = g_socket_accept (peer->listener, NULL, NULL);
  char line[sizeof LINE] = "";

  g_assert_nonnull (made);
  g_socket_set_option (made, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  /* scripts block */
  g_unix_set_fd_nonblocking (g_socket_get_fd (made), FALSE, NULL);
  g_assert_cmpint (recv (g_socket_get_fd (made), line, strlen (LINE), MSG_WAITALL), ==,
                   (gssize) strlen (LINE));
  g_assert_cmpstr (line, ==, LINE);
  peer->script (g_socket_get_fd (made), peer->user_data);
  return NULL;
}

void
peer_start (Peer *peer, void (*script) (int fd, gpointer user_data), gpointer user_data)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) got = NULL;

  peer->listener =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (peer->listener, any, TRUE, NULL));
  g_assert_true (g_socket_listen (peer->listener, NULL));
  got = g_socket_get_local_address (peer->listener, NULL);
  peer->door = (ShareDoor){ .address = (char *) "127.0.0.1",
                            .port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got)),
                            .share = (char *) "s1" };
  for (guint8 i = 0; i < RFL_SHARE_PASSKEY; i++)
    peer->door.passkey[i] = i + 1;
  peer->script = script;
  peer->user_data = user_data;
  peer->thread = g_thread_new ("peer", run_peer, peer);
}

void
peer_join (Peer *peer)
{
  g_thread_join (peer->thread);
  g_object_unref (peer->listener);
}

void
peer_put (int fd, const void *data, gsize len)
{
  g_assert_cmpint (send (fd, data, len, MSG_NOSIGNAL), ==, (gssize) len);
}

void
peer_get (int fd, void *data, gsize len)
{
  g_assert_cmpint (recv (fd, data, len, MSG_WAITALL), ==, (gssize) len);
}

void
peer_put_frame (int fd, guint8 type, guint32 channel, const void *data, gsize len)
{
  guint8 header[8] = { type };

  wire_put16 (header + 2, (guint16) len);
  wire_put32 (header + 4, channel);
  peer_put (fd, header, sizeof header);
  if (len > 0)
    peer_put (fd, data, len);
}

void
peer_put_open (int fd, guint32 channel)
{
  guint8 window[4];

  wire_put32 (window, PEER_WINDOW);
  peer_put_frame (fd, 1, channel, window, sizeof window);
}

guint8
peer_get_frame (int fd, guint8 *flags, guint32 *channel, guint8 *data, gsize *len)
{
  guint8 header[8];

  peer_get (fd, header, sizeof header);
  *flags = header[1];
  *len = wire_get16 (header + 2);
  *channel = wire_get32 (header + 4);
  if (*len > 0)
    peer_get (fd, data, *len);
  return header[0];
}

static gboolean
on_too_late (gpointer user_data)
{
  g_assert_not_reached ();
  return G_SOURCE_REMOVE;
}

void
peer_wait (const gboolean *done)
{
  guint timer = g_timeout_add_seconds (20, on_too_late, NULL);

  while (!*done)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
}

void
peer_dialled (GIOStream *io, GBytes *rest, const GError *error, gpointer user_data)
{
  Dialled *dialled = user_data;

  dialled->io = io;
  dialled->rest = rest != NULL ? g_bytes_ref (rest) : NULL;
  dialled->error = error != NULL ? g_error_copy (error) : NULL;
  dialled->done = TRUE;
}

void
dialled_clear (Dialled *dialled)
{
  g_clear_object (&dialled->io);
  g_clear_pointer (&dialled->rest, g_bytes_unref);
  g_clear_error (&dialled->error);
}
