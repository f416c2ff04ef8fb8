/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's end of share connections against a scripted reflector: doors that stay closed, viewers that do not read.
 * Not who shares: test-client-sharer.c.
 */
#include "tests/unit/client-share-fixture.h"

#include <glib-unix.h>
#include <reflector/error.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/client/share/viewer.h"

/* ---- doors ---- */

static void
say (int fd, gpointer user_data)
{
  const char *text = user_data;

  /* in two pieces, as TCP may */
  peer_put (fd, text, MIN (strlen (text), 3));
  if (strlen (text) > 3)
    peer_put (fd, text + 3, strlen (text) - 3);
}

static void
closed_doors (void)
{
  static const struct {
    const char *answer;
    int code;
  } rows[] = { { "RFL/1 NO wrong \001 passkey\r\n", RFL_ERROR_FORBIDDEN },
               { "RFL/1 NO\r\n", RFL_ERROR_FORBIDDEN },
               { "RFL/2 OK\r\n", RFL_ERROR_MALFORMED },
               { "RFL/1 OK?\r\n", RFL_ERROR_MALFORMED },
               { "HTTP/1.1 400 Bad Request\r\n\r\n", RFL_ERROR_MALFORMED },
               { "\r\n", RFL_ERROR_MALFORMED },
               { "RFL/1 OK", RFL_ERROR_MALFORMED } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Peer peer;
      Dialled dialled = { .done = FALSE };

      peer_start (&peer, say, (gpointer) rows[i].answer);
      share_dial (&peer.door, NULL, peer_dialled, &dialled);
      peer_wait (&dialled.done);
      g_assert_null (dialled.io);
      g_assert_error (dialled.error, RFL_ERROR, rows[i].code);
      g_assert_null (strchr (dialled.error->message, 1));
      dialled_clear (&dialled);
      peer_join (&peer);
    }
}

static void
endless_answer (void)
{
  g_autofree char *long_line = g_strnfill (4000, 'x');
  Peer peer;
  Dialled dialled = { .done = FALSE };

  peer_start (&peer, say, long_line);
  share_dial (&peer.door, NULL, peer_dialled, &dialled);
  peer_wait (&dialled.done);
  g_assert_error (dialled.error, RFL_ERROR, RFL_ERROR_MALFORMED);
  dialled_clear (&dialled);
  peer_join (&peer);
}

static void
open_door (void)
{
  Peer peer;
  Dialled dialled = { .done = FALSE };

  peer_start (&peer, say, (gpointer) "RFL/1 OK\r\nRFB 003.008\n");
  share_dial (&peer.door, NULL, peer_dialled, &dialled);
  peer_wait (&dialled.done);
  g_assert_no_error (dialled.error);
  g_assert_nonnull (dialled.io);
  peer_join (&peer);
  dialled_clear (&dialled);
}

static void
given_up (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Peer peer;
  Dialled dialled = { .done = FALSE };

  peer_start (&peer, say, (gpointer) "RFL/1 OK\r\n");
  share_dial (&peer.door, cancellable, peer_dialled, &dialled);
  g_cancellable_cancel (cancellable);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_false (dialled.done);
  /* for the next one it is still open */
  share_dial (&peer.door, NULL, peer_dialled, &dialled);
  peer_wait (&dialled.done);
  g_assert_no_error (dialled.error);
  dialled_clear (&dialled);
  peer_join (&peer);
}

/* ---- viewing ---- */

typedef struct {
  gboolean opened, closed, by_share;
  guint64 received, sent;
  GError *error;
} Viewed;

static void
on_opened (guint id, gpointer user_data)
{
  Viewed *viewed = user_data;

  viewed->opened = TRUE;
}

static void
on_closed (guint id, guint64 received, guint64 sent, gboolean by_share, const GError *error,
           gpointer user_data)
{
  Viewed *viewed = user_data;

  viewed->closed = TRUE;
  viewed->by_share = by_share;
  viewed->received = received;
  viewed->sent = sent;
  viewed->error = error != NULL ? g_error_copy (error) : NULL;
}

static const ViewerFuncs viewer_funcs = { on_opened, on_closed };

/* A stock viewer: connects to the local port. */
static int
connect_local (guint16 port)
{
  g_autoptr (GSocketAddress) to = g_inet_socket_address_new_from_string ("127.0.0.1", port);
  g_autoptr (GSocket) socket =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  int fd;

  g_assert_true (g_socket_connect (socket, to, NULL, NULL));
  fd = dup (g_socket_get_fd (socket));
  g_unix_set_fd_nonblocking (fd, FALSE, NULL);
  return fd;
}

static void
refused_viewer (void)
{
  Peer peer;
  Viewed viewed = { .closed = FALSE };
  Viewer *viewer;
  int fd;
  char octet;

  peer_start (&peer, say, (gpointer) "RFL/1 NO gone\r\n");
  viewer = viewer_new (&peer.door, &viewer_funcs, &viewed);
  fd = connect_local (viewer_listen (viewer, NULL, 0, NULL));
  peer_wait (&viewed.closed);
  g_assert_false (viewed.opened);
  g_assert_error (viewed.error, RFL_ERROR, RFL_ERROR_FORBIDDEN);
  g_assert_cmpint (recv (fd, &octet, 1, 0), ==, 0);
  close (fd);
  peer_join (&peer);
  g_clear_error (&viewed.error);
  viewer_free (viewer);
}

static void
no_such_address (void)
{
  ShareDoor door = { .address = (char *) "127.0.0.1", .port = 1, .share = (char *) "s1" };
  g_autoptr (GError) error = NULL;
  Viewer *viewer = viewer_new (&door, &viewer_funcs, NULL);

  g_assert_cmpuint (viewer_listen (viewer, "not an address", 0, &error), ==, 0);
  g_assert_nonnull (error);
  viewer_free (viewer);
}

#define TOO_MUCH (64 * 1024 * 1024) /* more than the kernel's buffers of two connections */

typedef struct {
  guint64 taken;
  gboolean over;
} Flood;

/* Sends without end until nothing has been taken for half a second. */
static void
flood (int fd, gpointer user_data)
{
  Flood *flood = user_data;
  static const guint8 octets[65536];
  struct timeval pause = { .tv_usec = 500000 };
  gssize n = 0;

  peer_put (fd, "RFL/1 OK\r\n", 10);
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &pause, sizeof pause);
  for (; n >= 0 && flood->taken < TOO_MUCH; flood->taken += (guint64) MAX (n, 0))
    n = send (fd, octets, sizeof octets, MSG_NOSIGNAL);
  g_atomic_int_set (&flood->over, TRUE);
  g_main_context_wakeup (NULL);
}

/* A viewer that does not read holds the reflector back: kernel buffers and our queue, no more; and gets all
 * when it reads again, though the reflector has closed. */
static void
stopped_viewer (void)
{
  Peer peer;
  Viewed viewed = { .closed = FALSE };
  Flood state = { 0, FALSE };
  Viewer *viewer;
  guint8 scratch[65536];
  guint64 got = 0;
  gssize n = 1;
  int fd;

  peer_start (&peer, flood, &state);
  viewer = viewer_new (&peer.door, &viewer_funcs, &viewed);
  fd = connect_local (viewer_listen (viewer, NULL, 0, NULL));
  while (!g_atomic_int_get (&state.over))
    g_main_context_iteration (NULL, TRUE);
  peer_join (&peer);
  g_assert_cmpuint (state.taken, <, TOO_MUCH);
  while (n != 0)
    {
      n = recv (fd, scratch, sizeof scratch, MSG_DONTWAIT);
      got += (guint64) MAX (n, 0);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_true (viewed.closed);
  g_assert_cmpuint (got, ==, state.taken);
  g_assert_cmpuint (viewed.received, ==, state.taken);
  close (fd);
  viewer_free (viewer);
}

static void
both_ways (int fd, gpointer user_data)
{
  char word[6] = "";

  peer_put (fd, "RFL/1 OK\r\nhello", 15);
  peer_get (fd, word, 5);
  g_assert_cmpstr (word, ==, "world");
}

static void
conversation (void)
{
  Peer peer;
  Viewed viewed = { .closed = FALSE };
  Viewer *viewer;
  char word[6] = "";
  int fd;

  peer_start (&peer, both_ways, NULL);
  viewer = viewer_new (&peer.door, &viewer_funcs, &viewed);
  fd = connect_local (viewer_listen (viewer, NULL, 0, NULL));
  peer_put (fd, "world", 5);
  peer_wait (&viewed.closed);
  g_assert_true (viewed.opened);
  g_assert_true (viewed.by_share);
  g_assert_no_error (viewed.error);
  g_assert_cmpuint (viewed.sent, ==, 5);
  g_assert_cmpuint (viewed.received, ==, 5);
  peer_get (fd, word, 5);
  g_assert_cmpstr (word, ==, "hello");
  g_assert_cmpint (recv (fd, word, 1, 0), ==, 0);
  close (fd);
  peer_join (&peer);
  viewer_free (viewer);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/share/closed-doors", closed_doors);
  g_test_add_func ("/client/share/endless-answer", endless_answer);
  g_test_add_func ("/client/share/open-door", open_door);
  g_test_add_func ("/client/share/given-up", given_up);
  g_test_add_func ("/client/share/refused-viewer", refused_viewer);
  g_test_add_func ("/client/share/no-such-address", no_such_address);
  g_test_add_func ("/client/share/stopped-viewer", stopped_viewer);
  g_test_add_func ("/client/share/conversation", conversation);
  return g_test_run ();
}
