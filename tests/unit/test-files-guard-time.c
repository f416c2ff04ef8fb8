/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The guard's deadlines, and answers that come before a body was read. Not for the grammar of
 * requests: test-files-guard.c.
 */
#include "tests/unit/files-guard-fixture.h"

#include <string.h>
#include <sys/socket.h>

#define HELLO "GET / HTTP/1.1\r\nHost: r\r\n\r\n"
#define PUT(fields) "PUT /rooms/r/files/n HTTP/1.1\r\nHost: r\r\n" fields "\r\n"
#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

/* ---- heads */
static void
silent (void)
{
  GuardFixture fixture;
  g_autofree char *heard = NULL;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_sleep (&fixture, 9.9);
  guard_fixture_assert_waits (&fixture);
  guard_fixture_sleep (&fixture, 0.1);
  guard_fixture_assert_ended (&fixture);
  heard = guard_fixture_heard (&fixture);
  g_assert_cmpstr (heard, ==, "");
  g_assert_cmpuint (fixture.refused, ==, 1);
  g_assert_cmpuint (fixture.status, ==, 0);
  guard_fixture_end (&fixture);
}

/* An octet now and then is of no help. */
static void
slow_head (void)
{
  GuardFixture fixture;
  guint seconds;

  guard_fixture_begin (&fixture, NULL);
  for (seconds = 0; !fixture.refused && seconds < 100; seconds++)
    {
      guard_fixture_say_octets (&fixture, &HELLO[seconds % 5], 1);
      guard_fixture_assert_waits (&fixture);
      guard_fixture_sleep (&fixture, 1);
    }
  g_assert_cmpuint (seconds, ==, 11);
  guard_fixture_assert_refused (&fixture, 408);
  guard_fixture_end (&fixture);
}

static void
idle (void)
{
  GuardFixture fixture;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, HELLO);
  guard_fixture_assert_reads (&fixture, HELLO);
  g_assert_true (guard_fixture_answer (&fixture, OK));
  guard_fixture_sleep (&fixture, 19.9);
  guard_fixture_say (&fixture, HELLO);
  guard_fixture_assert_reads (&fixture, HELLO);
  g_assert_true (guard_fixture_answer (&fixture, OK));
  guard_fixture_sleep (&fixture, 20);
  guard_fixture_assert_ended (&fixture);
  g_assert_cmpuint (fixture.refused, ==, 0);
  guard_fixture_end (&fixture);
}

/* A head that begins late has its ten seconds, from its first octet. */
static void
late_head (void)
{
  GuardFixture fixture;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, HELLO);
  guard_fixture_assert_reads (&fixture, HELLO);
  guard_fixture_sleep (&fixture, 19);
  guard_fixture_say (&fixture, "GET / ");
  guard_fixture_assert_waits (&fixture);
  guard_fixture_sleep (&fixture, 9.9);
  guard_fixture_assert_waits (&fixture);
  guard_fixture_sleep (&fixture, 0.1);
  guard_fixture_assert_refused (&fixture, 408);
  guard_fixture_end (&fixture);
}

/* ---- bodies */
static void
begin_put (GuardFixture *fixture)
{
  guard_fixture_begin (fixture, NULL);
  guard_fixture_say (fixture, PUT ("Content-Length: 100000\r\n"));
  guard_fixture_assert_reads (fixture, PUT ("Content-Length: 100000\r\n"));
}

/* So many octets at each second's end; the reader's poll wakes it before. Returns: seconds until it was refused, 60 at
 * most */
static guint
upload (GuardFixture *fixture, gsize octets)
{
  g_autofree char *data = g_malloc0 (octets);
  guint seconds;

  for (seconds = 0; !fixture->refused && seconds < 60; seconds++)
    {
      g_autoptr (GString) got = NULL;

      guard_fixture_assert_waits (fixture);
      guard_fixture_sleep (fixture, 1);
      guard_fixture_assert_waits (fixture);
      guard_fixture_say_octets (fixture, data, octets);
      got = guard_fixture_read_all (fixture, NULL);
    }
  return seconds;
}

static void
slow_body (void)
{
  GuardFixture fixture;

  begin_put (&fixture);
  g_assert_cmpuint (upload (&fixture, 1000), ==, 60);
  guard_fixture_end (&fixture);
  begin_put (&fixture);
  g_assert_cmpuint (upload (&fixture, 100), ==, 11);
  guard_fixture_assert_refused (&fixture, 408);
  guard_fixture_end (&fixture);
}

/* However much has come before. */
static void
stalled_body (void)
{
  GuardFixture fixture;
  g_autofree char *data = g_malloc0 (60000);
  g_autoptr (GString) got = NULL;

  begin_put (&fixture);
  guard_fixture_say_octets (&fixture, data, 60000);
  got = guard_fixture_read_all (&fixture, NULL);
  g_assert_cmpuint (got->len, ==, 60000);
  guard_fixture_sleep (&fixture, 9.9);
  guard_fixture_assert_waits (&fixture);
  guard_fixture_sleep (&fixture, 0.2);
  guard_fixture_assert_refused (&fixture, 408);
  g_assert_cmpstr (fixture.why, ==, "the body came too slowly");
  guard_fixture_end (&fixture);
}

/* A reader that does not ask, because its disk is slow, is not the peer's fault. */
static void
slow_reader (void)
{
  GuardFixture fixture;
  g_autofree char *data = g_malloc0 (100000);
  char buffer[10000];
  guint i;

  begin_put (&fixture);
  guard_fixture_say_octets (&fixture, data, 100000);
  for (i = 0; i < 10; i++)
    {
      g_assert_cmpint (guard_fixture_read (&fixture, buffer, sizeof buffer), ==, sizeof buffer);
      guard_fixture_sleep (&fixture, 60);
    }
  guard_fixture_assert_waits (&fixture);
  g_assert_cmpuint (fixture.refused, ==, 0);
  guard_fixture_end (&fixture);
}

/* ---- answers */
/* A final answer instead of "100 Continue": what follows may be a body, and never is a request. */
static void
expectation_refused (void)
{
  GuardFixture fixture;
  g_autofree char *heard = NULL;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, PUT ("Content-Length: 27\r\nExpect: 100-continue\r\n"));
  guard_fixture_assert_reads (&fixture, PUT ("Content-Length: 27\r\nExpect: 100-continue\r\n"));
  g_assert_true (guard_fixture_answer (&fixture, "HTTP/1"));
  g_assert_true (guard_fixture_answer (&fixture, ".1 401 Unauthorized\r\n\r\n"));
  guard_fixture_say (&fixture, HELLO);
  guard_fixture_assert_waits (&fixture);
  heard = guard_fixture_heard (&fixture);
  g_assert_cmpstr (heard, ==, "HTTP/1.1 401 Unauthorized\r\n\r\n");
  guard_fixture_sleep (&fixture, 2);
  guard_fixture_assert_ended (&fixture);
  g_assert_cmpuint (fixture.refused, ==, 0);
  guard_fixture_end (&fixture);
}

static void
expectation_met (void)
{
  GuardFixture fixture;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, PUT ("Content-Length: 5\r\nExpect: 100-continue\r\n"));
  guard_fixture_assert_reads (&fixture, PUT ("Content-Length: 5\r\nExpect: 100-continue\r\n"));
  g_assert_true (guard_fixture_answer (&fixture, "HTTP/1.1 100 Continue\r\nA: \r\r\n\r"));
  g_assert_true (guard_fixture_answer (&fixture, "\n"));
  guard_fixture_say (&fixture, "hello" HELLO);
  guard_fixture_assert_reads (&fixture, "hello" HELLO);
  g_assert_true (guard_fixture_answer (&fixture, OK));
  guard_fixture_end (&fixture);
}

/* After an interim answer too. */
static void
answered_in_body (void)
{
  GuardFixture fixture;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, PUT ("Content-Length: 99\r\n") "hello");
  guard_fixture_assert_reads (&fixture, PUT ("Content-Length: 99\r\n") "hello");
  g_assert_true (
      guard_fixture_answer (&fixture, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 507 Full\r\n\r\n"));
  guard_fixture_say (&fixture, HELLO);
  guard_fixture_assert_waits (&fixture);
  guard_fixture_hang_up (&fixture);
  guard_fixture_assert_ended (&fixture);
  guard_fixture_end (&fixture);
}

static void
refused_by_handler (void)
{
  GuardFixture fixture;
  g_autofree char *heard = NULL;

  begin_put (&fixture);
  guard_fixture_say (&fixture, "hello");
  g_assert_true (
      guard_refuse (fixture.stream, 401, "WWW-Authenticate: Digest\r\n", "\"who\\\n\" are you?"));
  g_assert_false (guard_refuse (fixture.stream, 401, NULL, "who are you?"));
  heard = guard_fixture_heard (&fixture);
  g_assert_true (g_str_has_prefix (heard, "HTTP/1.1 401 Unauthorized\r\n"));
  g_assert_nonnull (
      strstr (heard,
              "\r\nWWW-Authenticate: Digest\r\n\r\n{\"error\": \"\\\"who\\\\ \\\" are you?\"}\n"));
  guard_fixture_assert_waits (&fixture);
  g_assert_false (guard_fixture_answer (&fixture, OK));
  guard_fixture_hang_up (&fixture);
  guard_fixture_assert_ended (&fixture);
  g_assert_cmpuint (fixture.refused, ==, 0);
  guard_fixture_end (&fixture);
}

/* Where the library can answer itself, it does. */
static void
not_refused_by_handler (void)
{
  GuardFixture fixture;

  guard_fixture_begin (&fixture, NULL);
  g_assert_false (guard_refuse (fixture.stream, 401, NULL, "nobody"));
  guard_fixture_say (&fixture, HELLO);
  guard_fixture_assert_reads (&fixture, HELLO);
  g_assert_false (guard_refuse (fixture.stream, 401, NULL, "nobody"));
  g_assert_true (guard_fixture_answer (&fixture, OK));
  guard_fixture_end (&fixture);
  begin_put (&fixture);
  g_assert_true (guard_fixture_answer (&fixture, OK));
  g_assert_false (guard_refuse (fixture.stream, 401, NULL, "nobody"));
  guard_fixture_end (&fixture);
}

/* A peer that sends on for ever after its refusal gets two seconds. */
static void
drained (void)
{
  GuardFixture fixture;
  static const char rubbish[50000];

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, "POST / HTTP/1.1\r\n");
  for (guint i = 0; i < 19; i++)
    {
      guard_fixture_say_octets (&fixture, rubbish, sizeof rubbish);
      guard_fixture_assert_waits (&fixture);
      guard_fixture_assert_waits (&fixture);
      guard_fixture_sleep (&fixture, 0.1);
    }
  guard_fixture_sleep (&fixture, 0.1);
  guard_fixture_assert_ended (&fixture);
  guard_fixture_end (&fixture);
}

/* ---- a peer that does not read */
static void
answer_not_taken (void)
{
  GuardFixture fixture;
  static const char block[50000];
  g_autoptr (GError) error = NULL;
  g_autoptr (GSource) source = NULL;

  guard_fixture_begin (&fixture, NULL);
  while (g_pollable_output_stream_write_nonblocking (fixture.out, block, sizeof block, NULL, &error)
         > 0)
    ;
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);
  source = g_pollable_output_stream_create_source (fixture.out, NULL); /* the library waits */
  g_clear_pointer (&source, g_source_unref);
  guard_fixture_sleep (&fixture, 29);
  g_assert_false (g_pollable_output_stream_is_writable (fixture.out));
  g_assert_cmpint (g_pollable_output_stream_write_nonblocking (fixture.out, block, 1, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_clear_error (&error);
  guard_fixture_sleep (&fixture, 1);
  g_assert_true (g_pollable_output_stream_is_writable (fixture.out));
  g_assert_cmpint (g_pollable_output_stream_write_nonblocking (fixture.out, block, 1, NULL, &error),
                   ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
  g_assert_cmpuint (fixture.refused, ==, 1);
  g_assert_cmpuint (fixture.status, ==, 0);
  guard_fixture_assert_ended (&fixture);
  guard_fixture_end (&fixture);
}

/* ---- polling */
typedef struct {
  GuardFixture fixture;
  GMainLoop *loop;
} Poll;

static gboolean
on_ready (GObject *stream, gpointer user_data)
{
  g_main_loop_quit (((Poll *) user_data)->loop);
  return G_SOURCE_REMOVE;
}

static void
wait_for_in (Poll *poll)
{
  g_autoptr (GSource) source = g_pollable_input_stream_create_source (poll->fixture.in, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (on_ready), poll, NULL);
  g_source_attach (source, NULL);
  g_main_loop_run (poll->loop);
}

/* The reader is woken by octets, by what waits already, and by the deadline: here of real time. */
static void
woken (void)
{
  GuardLimits limits = guard_fixture_limits;
  Poll poll;
  char buffer[100];
  gint64 begin;

  limits.head_seconds = 1;
  poll.loop = g_main_loop_new (NULL, FALSE);
  guard_fixture_begin (&poll.fixture, &limits);
  guard_set_clock (poll.fixture.stream, NULL, NULL);
  guard_fixture_say (&poll.fixture, HELLO HELLO "GET");
  wait_for_in (&poll);
  g_assert_cmpint (guard_fixture_read (&poll.fixture, buffer, 1), ==, 1);
  wait_for_in (&poll); /* the rest of the head */
  g_assert_cmpint (guard_fixture_read (&poll.fixture, buffer, 100), ==, strlen (HELLO) - 1);
  wait_for_in (&poll); /* the next one, which the socket has given already */
  g_assert_cmpint (guard_fixture_read (&poll.fixture, buffer, 100), ==, strlen (HELLO));
  begin = g_get_monotonic_time ();
  while (!poll.fixture.refused)
    {
      wait_for_in (&poll);
      guard_fixture_read (&poll.fixture, buffer, 100);
    }
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, G_USEC_PER_SEC - 1000);
  guard_fixture_assert_refused (&poll.fixture, 408);
  wait_for_in (&poll); /* the end */
  guard_fixture_end (&poll.fixture);
  g_main_loop_unref (poll.loop);
}

/* The library keeps the stream's parts longer than the whole, or closes it before. */
static void
outlived (void)
{
  GuardFixture fixture;
  g_autoptr (GInputStream) in = NULL;
  g_autoptr (GOutputStream) out = NULL;

  guard_fixture_begin (&fixture, NULL);
  in = g_object_ref (G_INPUT_STREAM (fixture.in));
  out = g_object_ref (G_OUTPUT_STREAM (fixture.out));
  guard_fixture_say (&fixture, HELLO);
  g_assert_true (g_io_stream_close (fixture.stream, NULL, NULL));
  guard_fixture_assert_ended (&fixture);
  g_assert_false (guard_fixture_answer (&fixture, OK));
  g_object_unref (fixture.stream);
  g_object_unref (fixture.base);
  guard_fixture_assert_ended (&fixture);
  g_assert_false (guard_fixture_answer (&fixture, OK));
  g_object_unref (fixture.peer);
}

/* Closed by the library while the body it did not want comes: the answer arrives nevertheless, and the end of the
 * connection does not wait for the last octet. */
static void
lingering (void)
{
  GuardFixture fixture;
  g_autofree char *heard = NULL;
  gpointer base;

  begin_put (&fixture);
  base = fixture.base;
  g_object_add_weak_pointer (G_OBJECT (base), &base);
  g_object_unref (fixture.base);
  guard_fixture_say (&fixture, "hello");
  g_assert_true (guard_fixture_answer (&fixture, "HTTP/1.1 413 No\r\n\r\n"));
  g_assert_true (g_io_stream_close (fixture.stream, NULL, NULL));
  g_assert_false (guard_fixture_answer (&fixture, OK));
  g_object_unref (fixture.stream);
  guard_fixture_say (&fixture, "hello");
  g_main_context_iteration (NULL, TRUE);
  heard = guard_fixture_heard (&fixture);
  g_assert_cmpstr (heard, ==, "HTTP/1.1 413 No\r\n\r\n");
  g_assert_nonnull (base);
  guard_fixture_hang_up (&fixture);
  while (base)
    g_main_context_iteration (NULL, TRUE);
  g_object_unref (fixture.peer);
}

/* For two seconds only. */
static void
lingered (void)
{
  GuardFixture fixture;
  gint64 begin = g_get_monotonic_time ();
  gpointer base;

  begin_put (&fixture);
  base = fixture.base;
  g_object_add_weak_pointer (G_OBJECT (base), &base);
  g_object_unref (fixture.base);
  g_assert_true (g_io_stream_close (fixture.stream, NULL, NULL));
  g_object_unref (fixture.stream);
  while (base)
    {
      guard_fixture_say (&fixture, "x");
      g_main_context_iteration (NULL, TRUE);
      if (g_get_monotonic_time () - begin > 30 * G_USEC_PER_SEC)
        g_error ("it lingers for ever");
    }
  g_assert_cmpint (g_get_monotonic_time () - begin, >=, G_USEC_PER_SEC);
  g_object_unref (fixture.peer);
}

static void
turned_away (void)
{
  int pair[2];
  g_autoptr (GSocket) socket = NULL, peer = NULL;
  char buffer[1000] = "";

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  socket = g_socket_new_from_fd (pair[0], NULL);
  peer = g_socket_new_from_fd (pair[1], NULL);
  guard_turn_away (socket, "too many");
  g_assert_cmpint (g_socket_receive (peer, buffer, sizeof buffer - 1, NULL, NULL), >, 0);
  g_assert_true (g_str_has_prefix (buffer, "HTTP/1.1 503 Service Unavailable\r\n"));
  g_assert_nonnull (strstr (buffer, "\r\nRetry-After: "));
  g_assert_true (g_str_has_suffix (buffer, "\r\n\r\n{\"error\": \"too many\"}\n"));
  g_assert_cmpint (g_socket_receive (peer, buffer, 1, NULL, NULL), ==, 0);
}

static void
blocking (void)
{
  GuardFixture fixture;
  g_autoptr (GError) error = NULL;
  char octet;

  guard_fixture_begin (&fixture, NULL);
  guard_fixture_say (&fixture, HELLO);
  g_assert_cmpint (g_input_stream_read (G_INPUT_STREAM (fixture.in), &octet, 1, NULL, &error), ==,
                   -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_cmpint (g_output_stream_write (G_OUTPUT_STREAM (fixture.out), OK, 1, NULL, NULL), ==, 1);
  guard_fixture_end (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/files/guard/silent", silent);
  g_test_add_func ("/files/guard/slow-head", slow_head);
  g_test_add_func ("/files/guard/idle", idle);
  g_test_add_func ("/files/guard/late-head", late_head);
  g_test_add_func ("/files/guard/slow-body", slow_body);
  g_test_add_func ("/files/guard/stalled-body", stalled_body);
  g_test_add_func ("/files/guard/slow-reader", slow_reader);
  g_test_add_func ("/files/guard/expectation-refused", expectation_refused);
  g_test_add_func ("/files/guard/expectation-met", expectation_met);
  g_test_add_func ("/files/guard/answered-in-body", answered_in_body);
  g_test_add_func ("/files/guard/refused-by-handler", refused_by_handler);
  g_test_add_func ("/files/guard/not-refused-by-handler", not_refused_by_handler);
  g_test_add_func ("/files/guard/drained", drained);
  g_test_add_func ("/files/guard/answer-not-taken", answer_not_taken);
  g_test_add_func ("/files/guard/woken", woken);
  g_test_add_func ("/files/guard/outlived", outlived);
  g_test_add_func ("/files/guard/lingering", lingering);
  g_test_add_func ("/files/guard/lingered", lingered);
  g_test_add_func ("/files/guard/turned-away", turned_away);
  g_test_add_func ("/files/guard/blocking", blocking);
  return g_test_run ();
}
