/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The client's end of share connections against a scripted reflector: doors that stay closed, viewers that do not
 * read, programs as targets, a broadcast to its end.
 */
#include <gio/gio.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <reflector/error.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/wire/bytes.h"
#include "tools/client/share/caster.h"
#include "tools/client/share/dial.h"
#include "tools/client/share/sharer.h"
#include "tools/client/share/viewer.h"

#define LINE "RFL/1 SHARE s1 0102030405060708090a0b0c0d0e0f10\r\n"
#define WINDOW 65536

/* A reflector of one connection, in a thread of its own. */
typedef struct {
  GSocket *listener;
  ShareDoor door;
  GThread *thread;
  void (*script) (int fd, gpointer user_data);
  gpointer user_data;
} Peer;

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

static void
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

static void
peer_join (Peer *peer)
{
  g_thread_join (peer->thread);
  g_object_unref (peer->listener);
}

static void
put (int fd, const void *data, gsize len)
{
  g_assert_cmpint (send (fd, data, len, MSG_NOSIGNAL), ==, (gssize) len);
}

static void
get (int fd, void *data, gsize len)
{
  g_assert_cmpint (recv (fd, data, len, MSG_WAITALL), ==, (gssize) len);
}

static void
put_frame (int fd, guint8 type, guint32 channel, const void *data, gsize len)
{
  guint8 header[8] = { type };

  wire_put16 (header + 2, (guint16) len);
  wire_put32 (header + 4, channel);
  put (fd, header, sizeof header);
  if (len > 0)
    put (fd, data, len);
}

static void
put_open (int fd, guint32 channel)
{
  guint8 window[4];

  wire_put32 (window, WINDOW);
  put_frame (fd, 1, channel, window, sizeof window);
}

/* Returns: the type of the frame; its payload's length in @len */
static guint8
get_frame (int fd, guint8 *flags, guint32 *channel, guint8 *data, gsize *len)
{
  guint8 header[8];

  get (fd, header, sizeof header);
  *flags = header[1];
  *len = wire_get16 (header + 2);
  *channel = wire_get32 (header + 4);
  if (*len > 0)
    get (fd, data, *len);
  return header[0];
}

static gboolean
on_too_late (gpointer user_data)
{
  g_assert_not_reached ();
  return G_SOURCE_REMOVE;
}

static void
wait_for (const gboolean *done)
{
  guint timer = g_timeout_add_seconds (20, on_too_late, NULL);

  while (!*done)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (timer);
}

/* ---- doors ---- */

typedef struct {
  gboolean done;
  GIOStream *io;
  GBytes *rest;
  GError *error;
} Dialled;

static void
on_dialled (GIOStream *io, GBytes *rest, const GError *error, gpointer user_data)
{
  Dialled *dialled = user_data;

  dialled->io = io;
  dialled->rest = rest != NULL ? g_bytes_ref (rest) : NULL;
  dialled->error = error != NULL ? g_error_copy (error) : NULL;
  dialled->done = TRUE;
}

static void
dialled_clear (Dialled *dialled)
{
  g_clear_object (&dialled->io);
  g_clear_pointer (&dialled->rest, g_bytes_unref);
  g_clear_error (&dialled->error);
}

static void
say (int fd, gpointer user_data)
{
  const char *text = user_data;

  /* in two pieces, as TCP may */
  put (fd, text, MIN (strlen (text), 3));
  if (strlen (text) > 3)
    put (fd, text + 3, strlen (text) - 3);
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
      share_dial (&peer.door, NULL, on_dialled, &dialled);
      wait_for (&dialled.done);
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
  share_dial (&peer.door, NULL, on_dialled, &dialled);
  wait_for (&dialled.done);
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
  share_dial (&peer.door, NULL, on_dialled, &dialled);
  wait_for (&dialled.done);
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
  share_dial (&peer.door, cancellable, on_dialled, &dialled);
  g_cancellable_cancel (cancellable);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_false (dialled.done);
  /* for the next one it is still open */
  share_dial (&peer.door, NULL, on_dialled, &dialled);
  wait_for (&dialled.done);
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
  wait_for (&viewed.closed);
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

  put (fd, "RFL/1 OK\r\n", 10);
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

  put (fd, "RFL/1 OK\r\nhello", 15);
  get (fd, word, 5);
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
  put (fd, "world", 5);
  wait_for (&viewed.closed);
  g_assert_true (viewed.opened);
  g_assert_true (viewed.by_share);
  g_assert_no_error (viewed.error);
  g_assert_cmpuint (viewed.sent, ==, 5);
  g_assert_cmpuint (viewed.received, ==, 5);
  get (fd, word, 5);
  g_assert_cmpstr (word, ==, "hello");
  g_assert_cmpint (recv (fd, word, 1, 0), ==, 0);
  close (fd);
  peer_join (&peer);
  viewer_free (viewer);
}

/* ---- sharing ---- */

typedef struct {
  gboolean closed;
  guint came, left, failed;
  guint64 sent, received;
  GError *error;
} Shared;

static void
on_viewer_came (guint32 channel, gpointer user_data)
{
  Shared *shared = user_data;

  shared->came++;
}

static void
on_viewer_left (guint32 channel, guint64 sent, guint64 received, const GError *error,
                gpointer user_data)
{
  Shared *shared = user_data;

  shared->left++;
  shared->failed += error != NULL;
  shared->sent += sent;
  shared->received += received;
}

static void
on_share_closed (const GError *error, gpointer user_data)
{
  Shared *shared = user_data;

  shared->closed = TRUE;
  shared->error = error != NULL ? g_error_copy (error) : NULL;
}

static const SharerFuncs sharer_funcs = { on_viewer_came, on_viewer_left, on_share_closed };

/* Shares @spec with @script until that has ended. */
static Shared
share (const SharerSpec *spec, void (*script) (int fd, gpointer user_data))
{
  Peer peer;
  Dialled dialled = { .done = FALSE };
  Shared shared = { .closed = FALSE };
  Sharer *sharer;

  peer_start (&peer, script, NULL);
  share_dial (&peer.door, NULL, on_dialled, &dialled);
  wait_for (&dialled.done);
  g_assert_no_error (dialled.error);
  sharer = sharer_new (g_steal_pointer (&dialled.io), dialled.rest, spec, &sharer_funcs, &shared);
  wait_for (&shared.closed);
  g_assert_cmpuint (sharer_count (sharer), ==, 0);
  sharer_free (sharer);
  dialled_clear (&dialled);
  peer_join (&peer);
  return shared;
}

static void
expect_echo (int fd, guint32 channel, const char *text)
{
  guint8 data[65536], flags;
  guint32 id;
  gsize len;

  do
    g_assert_cmpuint (get_frame (fd, &flags, &id, data, &len), ==, 3);
  while (id != channel);
  g_assert_cmpmem (data, len, text, strlen (text));
}

static void
two_viewers (int fd, gpointer user_data)
{
  guint8 data[65536], flags;
  guint32 id;
  gsize len;

  put (fd, "RFL/1 OK\r\n", 10);
  put_open (fd, 1);
  put_open (fd, 2);
  put_frame (fd, 3, 1, "one", 3);
  expect_echo (fd, 1, "one");
  put_frame (fd, 3, 2, "two", 3);
  expect_echo (fd, 2, "two");
  put_frame (fd, 2, 1, NULL, 0);
  put_frame (fd, 3, 2, "still here", 10);
  expect_echo (fd, 2, "still here");
  put_frame (fd, 5, 0, "p", 1);
  g_assert_cmpuint (get_frame (fd, &flags, &id, data, &len), ==, 6);
}

static void
command (void)
{
  static const char *const argv[] = { "cat", NULL };
  const SharerSpec spec = { .command = argv };
  Shared shared = share (&spec, two_viewers);

  g_assert_no_error (shared.error);
  g_assert_cmpuint (shared.came, ==, 2);
  g_assert_cmpuint (shared.left, ==, 1);
  g_assert_cmpuint (shared.sent, ==, 3);
  g_assert_cmpuint (shared.received, ==, 3);
}

/* A channel that cannot be served is closed; the share lives on. */
static void
not_served (int fd, gpointer user_data)
{
  guint8 data[65536], flags;
  guint32 id;
  gsize len;

  put (fd, "RFL/1 OK\r\n", 10);
  for (guint32 i = 1; i <= 3; i++)
    {
      put_open (fd, i);
      put_frame (fd, 3, i, "early", 5);
      g_assert_cmpuint (get_frame (fd, &flags, &id, data, &len), ==, 2);
      g_assert_cmpuint (id, ==, i);
    }
}

static void
no_target (void)
{
  static const char *const argv[] = { "/no/such/program", NULL };
  g_autoptr (GSocketConnectable) nobody = g_network_address_new ("127.0.0.1", 1);
  const SharerSpec specs[] = { { .command = argv }, { .target = nobody } };

  for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      Shared shared = share (&specs[i], not_served);

      g_assert_no_error (shared.error);
      g_assert_cmpuint (shared.left, ==, 3);
      g_assert_cmpuint (shared.failed, ==, 3);
    }
}

/* What a program writes beyond its viewer's credit stays with the program; the other viewer is not held back. */
static void
one_stops (int fd, gpointer user_data)
{
  guint8 data[65536], flags, more[4];
  guint32 id, got = 0;
  gsize len, theirs = 0;

  put (fd, "RFL/1 OK\r\n", 10);
  wire_put32 (more, WINDOW);
  put_open (fd, 1);
  put_open (fd, 2);
  while (theirs < 4 * 1024 * 1024)
    {
      g_assert_cmpuint (get_frame (fd, &flags, &id, data, &len), ==, 3);
      if (id == 1)
        got += (guint32) len;
      else
        theirs += len;
      if (id == 2 && theirs % WINDOW == 0)
        put_frame (fd, 4, 2, more, sizeof more);
    }
  g_assert_cmpuint (got, <=, WINDOW);
}

static void
slow_viewer (void)
{
  static const char *const argv[] = { "cat", "/dev/zero", NULL };
  const SharerSpec spec = { .command = argv };
  Shared shared = share (&spec, one_stops);

  g_clear_error (&shared.error); /* it was closed with octets on their way */
  g_assert_cmpuint (shared.came, ==, 2);
}

static void
beyond_credit (int fd, gpointer user_data)
{
  static const guint8 octets[40000];

  put (fd, "RFL/1 OK\r\n", 10);
  put_open (fd, 1);
  put_frame (fd, 3, 1, octets, sizeof octets);
  put_frame (fd, 3, 1, octets, sizeof octets);
}

static void
lying_reflector (void)
{
  static const char *const argv[] = { "sleep", "20", NULL };
  const SharerSpec spec = { .command = argv };
  Shared shared = share (&spec, beyond_credit);

  g_assert_error (shared.error, RFL_ERROR, RFL_ERROR_MALFORMED);
  g_clear_error (&shared.error);
}

/* ---- broadcasting ---- */

typedef struct {
  gboolean done;
  CasterMarks marks;
  guint64 octets;
  GError *error;
} Cast;

static void
on_cast_started (CasterMarks marks, gpointer user_data)
{
  Cast *cast = user_data;

  cast->marks = marks;
}

static void
on_cast_closed (guint64 octets, const GError *error, gpointer user_data)
{
  Cast *cast = user_data;

  cast->done = TRUE;
  cast->octets = octets;
  cast->error = error != NULL ? g_error_copy (error) : NULL;
}

typedef struct {
  GByteArray *got;
  guint marks;
} Audience;

/* Reads frames to the end of the connection. */
static void
listen_to_all (int fd, gpointer user_data)
{
  Audience *audience = user_data;
  guint8 header[8], data[65536];

  put (fd, "RFL/1 OK\r\n", 10);
  while (recv (fd, header, sizeof header, MSG_WAITALL) == sizeof header)
    {
      gsize len = wire_get16 (header + 2);

      get (fd, data, len);
      g_assert_cmpuint (header[0], ==, 3);
      g_assert_cmpuint (wire_get32 (header + 4), ==, 0);
      audience->marks += header[1] & 1;
      g_byte_array_append (audience->got, data, (guint) len);
    }
}

static void
broadcast (const guint8 *data, gsize len, CasterMarks expected)
{
  static const CasterFuncs funcs = { on_cast_started, on_cast_closed };
  g_autoptr (GInputStream) input = g_memory_input_stream_new_from_data (data, (gssize) len, NULL);
  Audience audience = { g_byte_array_new (), 0 };
  Peer peer;
  Dialled dialled = { .done = FALSE };
  Cast cast = { .done = FALSE };
  Caster *caster;

  peer_start (&peer, listen_to_all, &audience);
  share_dial (&peer.door, NULL, on_dialled, &dialled);
  wait_for (&dialled.done);
  caster =
      caster_new (g_steal_pointer (&dialled.io), dialled.rest, input, CASTER_AUTO, &funcs, &cast);
  wait_for (&cast.done);
  g_assert_no_error (cast.error);
  g_assert_cmpuint (cast.octets, ==, len);
  g_assert_cmpuint (caster_get_octets (caster), ==, len);
  g_assert_cmpint (cast.marks, ==, expected);
  caster_free (caster);
  peer_join (&peer);
  g_assert_cmpmem (audience.got->data, audience.got->len, data, len);
  g_assert_true ((audience.marks > 0) == (expected == CASTER_ANYWHERE && len > 0));
  g_byte_array_unref (audience.got);
  dialled_clear (&dialled);
}

static void
broadcasts (void)
{
  g_autofree guint8 *data = g_malloc (3000000);

  for (guint i = 0; i < 3000000; i++)
    data[i] = (guint8) (i * 7 + i / 251);
  broadcast (data, 0, CASTER_ANYWHERE);
  broadcast (data, 10, CASTER_ANYWHERE);
  broadcast (data, 3000000, CASTER_ANYWHERE);
  for (guint i = 0; i < 2999804; i += 188)
    data[i] = 0x47;
  broadcast (data, 3000000, CASTER_MPEGTS);
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
  g_test_add_func ("/client/share/command", command);
  g_test_add_func ("/client/share/no-target", no_target);
  g_test_add_func ("/client/share/slow-viewer", slow_viewer);
  g_test_add_func ("/client/share/lying-reflector", lying_reflector);
  g_test_add_func ("/client/share/broadcasts", broadcasts);
  return g_test_run ();
}
