/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sharing and broadcasting to a scripted reflector: programs as targets, viewers who stop, a broadcast to its end. Not
 * doors and viewers: test-client-share.c.
 */
#include "tests/unit/client-share-fixture.h"

#include <reflector/error.h>
#include <string.h>
#include <sys/socket.h>

#include "core/wire/bytes.h"
#include "tools/client/share/caster.h"
#include "tools/client/share/sharer.h"

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
  share_dial (&peer.door, NULL, peer_dialled, &dialled);
  peer_wait (&dialled.done);
  g_assert_no_error (dialled.error);
  sharer = sharer_new (g_steal_pointer (&dialled.io), dialled.rest, spec, &sharer_funcs, &shared);
  peer_wait (&shared.closed);
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
    g_assert_cmpuint (peer_get_frame (fd, &flags, &id, data, &len), ==, 3);
  while (id != channel);
  g_assert_cmpmem (data, len, text, strlen (text));
}

static void
two_viewers (int fd, gpointer user_data)
{
  guint8 data[65536], flags;
  guint32 id;
  gsize len;

  peer_put (fd, "RFL/1 OK\r\n", 10);
  peer_put_open (fd, 1);
  peer_put_open (fd, 2);
  peer_put_frame (fd, 3, 1, "one", 3);
  expect_echo (fd, 1, "one");
  peer_put_frame (fd, 3, 2, "two", 3);
  expect_echo (fd, 2, "two");
  peer_put_frame (fd, 2, 1, NULL, 0);
  peer_put_frame (fd, 3, 2, "still here", 10);
  expect_echo (fd, 2, "still here");
  peer_put_frame (fd, 5, 0, "p", 1);
  g_assert_cmpuint (peer_get_frame (fd, &flags, &id, data, &len), ==, 6);
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

  peer_put (fd, "RFL/1 OK\r\n", 10);
  for (guint32 i = 1; i <= 3; i++)
    {
      peer_put_open (fd, i);
      peer_put_frame (fd, 3, i, "early", 5);
      g_assert_cmpuint (peer_get_frame (fd, &flags, &id, data, &len), ==, 2);
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

  peer_put (fd, "RFL/1 OK\r\n", 10);
  wire_put32 (more, PEER_WINDOW);
  peer_put_open (fd, 1);
  peer_put_open (fd, 2);
  while (theirs < 4 * 1024 * 1024)
    {
      g_assert_cmpuint (peer_get_frame (fd, &flags, &id, data, &len), ==, 3);
      if (id == 1)
        got += (guint32) len;
      else
        theirs += len;
      if (id == 2 && theirs % PEER_WINDOW == 0)
        peer_put_frame (fd, 4, 2, more, sizeof more);
    }
  g_assert_cmpuint (got, <=, PEER_WINDOW);
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
  guint8 header[8] = { 3 };

  peer_put (fd, "RFL/1 OK\r\n", 10);
  peer_put_open (fd, 1);
  peer_put_frame (fd, 3, 1, octets, sizeof octets);
  wire_put16 (header + 2, sizeof octets);
  wire_put32 (header + 4, 1);
  peer_put (fd, header, sizeof header);
  /* it may have hung up by now */
  send (fd, octets, sizeof octets, MSG_NOSIGNAL);
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

  peer_put (fd, "RFL/1 OK\r\n", 10);
  while (recv (fd, header, sizeof header, MSG_WAITALL) == sizeof header)
    {
      gsize len = wire_get16 (header + 2);

      peer_get (fd, data, len);
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
  share_dial (&peer.door, NULL, peer_dialled, &dialled);
  peer_wait (&dialled.done);
  caster =
      caster_new (g_steal_pointer (&dialled.io), dialled.rest, input, CASTER_AUTO, &funcs, &cast);
  peer_wait (&cast.done);
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
  g_test_add_func ("/client/share/command", command);
  g_test_add_func ("/client/share/no-target", no_target);
  g_test_add_func ("/client/share/slow-viewer", slow_viewer);
  g_test_add_func ("/client/share/lying-reflector", lying_reflector);
  g_test_add_func ("/client/share/broadcasts", broadcasts);
  return g_test_run ();
}
