/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* See the header. Not a test of its own. */
#include "tests/unit/files-guard-fixture.h"

#include <string.h>
#include <sys/socket.h>

const GuardLimits guard_fixture_limits = {
  .head = 16384,
  .fields = 64,
  .target = 4096,
  .head_seconds = 10,
  .idle_seconds = 20,
  .body_seconds = 10,
  .min_rate = 1000,
  .write_seconds = 30,
};

static void
on_refused (guint status, const char *why, gpointer user_data)
{
  GuardFixture *fixture = user_data;

  fixture->refused++;
  fixture->status = status;
  fixture->why = why;
  for (; *why; why++)
    g_assert_true (g_ascii_isprint (*why) && *why != '"' && *why != '\\');
}

static gint64
clock_now (gpointer user_data)
{
  const GuardFixture *fixture = user_data;

  return fixture->now;
}

void
guard_fixture_begin (GuardFixture *fixture, const GuardLimits *limits)
{
  g_autoptr (GSocket) end = NULL;
  int pair[2];

  memset (fixture, 0, sizeof *fixture);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  end = g_socket_new_from_fd (pair[0], NULL);
  fixture->peer = g_socket_new_from_fd (pair[1], NULL);
  g_socket_set_blocking (fixture->peer, FALSE);
  fixture->base = G_IO_STREAM (g_socket_connection_factory_create_connection (end));
  fixture->stream =
      guard_new (fixture->base, limits ? limits : &guard_fixture_limits, on_refused, fixture);
  fixture->in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (fixture->stream));
  fixture->out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (fixture->stream));
  fixture->now = G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC;
  guard_set_clock (fixture->stream, clock_now, fixture);
}

void
guard_fixture_end (GuardFixture *fixture)
{
  gpointer base = fixture->base;

  g_object_add_weak_pointer (G_OBJECT (base), &base);
  g_object_unref (fixture->base);
  g_object_unref (fixture->stream);
  g_assert_null (base);
  g_object_unref (fixture->peer);
}

void
guard_fixture_say_octets (GuardFixture *fixture, const char *data, gsize len)
{
  g_assert_cmpint (g_socket_send (fixture->peer, data, len, NULL, NULL), ==, (gssize) len);
}

void
guard_fixture_say (GuardFixture *fixture, const char *text)
{
  guard_fixture_say_octets (fixture, text, strlen (text));
}

void
guard_fixture_hang_up (GuardFixture *fixture)
{
  g_assert_true (g_socket_shutdown (fixture->peer, FALSE, TRUE, NULL));
}

void
guard_fixture_sleep (GuardFixture *fixture, gdouble seconds)
{
  fixture->now += (gint64) (seconds * G_USEC_PER_SEC);
}

gssize
guard_fixture_read (GuardFixture *fixture, void *buffer, gsize count)
{
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_input_stream_read_nonblocking (fixture->in, buffer, count, NULL, &error);

  if (n < 0)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  else
    g_assert_no_error (error);
  return n;
}

GString *
guard_fixture_read_all (GuardFixture *fixture, gboolean *ended)
{
  GString *all = g_string_new (NULL);
  char buffer[1000];
  gssize n;

  while ((n = guard_fixture_read (fixture, buffer, sizeof buffer)) > 0)
    g_string_append_len (all, buffer, n);
  if (ended)
    *ended = n == 0;
  return all;
}

gboolean
guard_fixture_answer (GuardFixture *fixture, const char *text)
{
  gsize len = strlen (text);

  return g_pollable_output_stream_write_nonblocking (fixture->out, text, len, NULL, NULL)
         == (gssize) len;
}

char *
guard_fixture_heard (GuardFixture *fixture)
{
  g_autoptr (GString) all = g_string_new (NULL);
  char buffer[1000];
  gssize n;

  while ((n = g_socket_receive (fixture->peer, buffer, sizeof buffer, NULL, NULL)) > 0)
    g_string_append_len (all, buffer, n);
  return g_string_free (g_steal_pointer (&all), FALSE);
}

void
guard_fixture_assert_ended (GuardFixture *fixture)
{
  char octet;

  g_assert_cmpint (guard_fixture_read (fixture, &octet, 1), ==, 0);
}

void
guard_fixture_assert_waits (GuardFixture *fixture)
{
  char octet;

  g_assert_cmpint (guard_fixture_read (fixture, &octet, 1), ==, -1);
}

void
guard_fixture_assert_reads (GuardFixture *fixture, const char *text)
{
  g_autoptr (GString) all = guard_fixture_read_all (fixture, NULL);

  g_assert_cmpstr (all->str, ==, text);
}

void
guard_fixture_assert_refused (GuardFixture *fixture, guint status)
{
  g_autofree char *heard = NULL, *first = g_strdup_printf ("HTTP/1.1 %u ", status);
  g_autoptr (GString) through = guard_fixture_read_all (fixture, NULL);
  char octet;

  g_assert_cmpuint (through->len, ==, 0);
  heard = guard_fixture_heard (fixture);
  g_test_message ("%s", heard);
  g_assert_true (g_str_has_prefix (heard, first));
  g_assert_nonnull (strstr (heard, "\r\nConnection: close\r\n"));
  g_assert_nonnull (strstr (heard, "\r\nX-Content-Type-Options: nosniff\r\n"));
  g_assert_cmpint (g_socket_receive (fixture->peer, &octet, 1, NULL, NULL), ==, 0);
  g_assert_false (guard_fixture_answer (fixture, "HTTP/1.1 200 OK\r\n\r\n"));
  guard_fixture_hang_up (fixture);
  guard_fixture_assert_ended (fixture);
}
