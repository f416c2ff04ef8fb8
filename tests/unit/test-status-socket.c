/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The status socket: what it must not replace, clients that do not read, too many of them,
 * and what it leaves behind.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/core-private.h"
#include "plugins/status/server.h"

typedef struct {
  RflClock *clock;
  RflCore *core;
  GMainContext *context;
  char *dir, *path, *text;
  StatusServer *server;
} Fixture;

static char *
tell (gpointer user_data)
{
  return g_strdup (((Fixture *) user_data)->text);
}

static StatusServer *
serve (Fixture *f, GError **error)
{
  StatusServerSpec spec = { .path = f->path,
                            .max_clients = 2,
                            .timeout = 5 * G_TIME_SPAN_SECOND,
                            .tell = tell,
                            .user_data = f };

  return status_server_new (f->core, &spec, error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  RflCoreOptions options = { .n_workers = 1, .manual_workers = TRUE };

  f->clock = options.clock = rfl_clock_new_manual (G_USEC_PER_SEC);
  f->context = options.context = g_main_context_new ();
  f->core = rfl_core_new (&options);
  f->dir = g_dir_make_tmp ("rfl-status-XXXXXX", NULL);
  f->path = g_build_filename (f->dir, "s", NULL);
  f->text = g_strdup ("{\"a\":1}\n");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  status_server_free (f->server);
  rfl_core_free (f->core);
  g_main_context_unref (f->context);
  g_assert_cmpint (g_rmdir (f->dir), ==, 0); /* nothing is left behind */
  g_free (f->dir);
  g_free (f->path);
  g_free (f->text);
}

static void
begin (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  f->server = serve (f, &error);
  g_assert_no_error (error);
}

static void
run (Fixture *f)
{
  while (g_main_context_iteration (f->context, FALSE))
    ;
}

static int
dial (Fixture *f)
{
  struct sockaddr_un sa = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

  g_strlcpy (sa.sun_path, f->path, sizeof sa.sun_path);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &sa, sizeof sa), ==, 0);
  return fd;
}

/* What has come so far. Returns: whether the other side has closed. */
static gboolean
take (int fd, GString *out)
{
  char buffer[4096];
  gssize n;

  while ((n = read (fd, buffer, sizeof buffer)) > 0)
    g_string_append_len (out, buffer, n);
  g_assert_true (n == 0 || errno == EAGAIN);
  return n == 0;
}

static guint
count (Fixture *f, const char *name)
{
  return (guint) rfl_counter_read (rfl_counter_get (f->core, name, ""));
}

static void
refuses (Fixture *f, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (serve (f, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, message));
  g_assert_nonnull (strstr (error->message, f->path));
}

static void
occupied (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_strdup (f->path);
  g_autofree char *link = g_build_filename (f->dir, "l", NULL);

  begin (f);
  refuses (f, "somebody listens");
  run (f); /* the question counts as a client */
  g_clear_pointer (&f->server, status_server_free);

  g_assert_true (g_file_set_contents (f->path, "mine", -1, NULL));
  refuses (f, "is no socket");
  g_assert_cmpint (g_unlink (path), ==, 0);

  g_assert_cmpint (symlink ("/nonexistent", link), ==, 0);
  g_free (f->path);
  f->path = g_strdup (link);
  refuses (f, "is no socket");
  g_assert_cmpint (g_unlink (link), ==, 0);

  g_free (f->path);
  f->path = g_build_filename (f->dir, "none", "s", NULL);
  refuses (f, "No such file");
  g_free (f->path);
  f->path = g_strnfill (200, 'x');
  refuses (f, "too long");
}

static void
stale (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) got = g_string_new (NULL);
  int left = status_socket_listen (f->path, NULL), fd;

  g_assert_cmpint (left, >=, 0);
  close (left); /* as a killed daemon leaves it */
  begin (f);
  fd = dial (f);
  run (f);
  g_assert_true (take (fd, got));
  g_assert_cmpstr (got->str, ==, f->text);
  close (fd);
}

static void
mode (Fixture *f, gconstpointer data)
{
  mode_t before = umask (0);
  struct stat st;

  begin (f);
  umask (before);
  g_assert_cmpint (g_lstat (f->path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 07777, ==, 0660);
}

static void
large (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) got = g_string_new (NULL);
  int fd;

  g_free (f->text);
  f->text = g_strnfill (3000000, 'x');
  begin (f);
  fd = dial (f);
  run (f);
  g_assert_cmpuint (status_server_get_n_clients (f->server), ==, 1);
  while (!take (fd, got))
    run (f);
  g_assert_cmpstr (got->str, ==, f->text);
  g_assert_cmpuint (status_server_get_n_clients (f->server), ==, 0);
  g_assert_cmpuint (count (f, "status.told"), ==, 1);
  close (fd);
}

/* Two that do not read: a third is turned away, until their time is over. */
static void
lazy (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) got = g_string_new (NULL);
  int fds[4];

  g_free (f->text);
  f->text = g_strnfill (3000000, 'x');
  begin (f);
  for (guint i = 0; i < 3; i++)
    fds[i] = dial (f);
  run (f);
  g_assert_true (take (fds[2], got));
  g_assert_cmpuint (got->len, ==, 0);
  g_assert_cmpuint (count (f, "status.refused"), ==, 1);
  g_assert_cmpuint (status_server_get_n_clients (f->server), ==, 2);
  rfl_clock_advance (f->clock, 4900 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (status_server_get_n_clients (f->server), ==, 2);
  rfl_clock_advance (f->clock, 200 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (status_server_get_n_clients (f->server), ==, 0);
  g_assert_cmpuint (count (f, "status.given_up"), ==, 2);
  fds[3] = dial (f);
  run (f);
  g_assert_cmpuint (status_server_get_n_clients (f->server), ==, 1);
  close (fds[3]); /* in the middle of it */
  run (f);
  g_assert_cmpuint (status_server_get_n_clients (f->server), ==, 0);
  g_assert_cmpuint (count (f, "status.given_up"), ==, 3);
  for (guint i = 0; i < 3; i++)
    close (fds[i]);
}

/* The end of a server with a client, whose socket somebody else has replaced. */
static void
replaced (Fixture *f, gconstpointer data)
{
  int fd;

  g_free (f->text);
  f->text = g_strnfill (3000000, 'x');
  begin (f);
  fd = dial (f);
  run (f);
  g_assert_cmpint (g_unlink (f->path), ==, 0);
  g_assert_true (g_file_set_contents (f->path, "other", -1, NULL));
  g_clear_pointer (&f->server, status_server_free);
  g_assert_true (g_file_test (f->path, G_FILE_TEST_EXISTS));
  g_unlink (f->path);
  close (fd);
}

/* A port of loopback in place of the socket: taken ones are told, and what a client writes neither
 * counts nor costs it the answer. */
static void
port (Fixture *f, gconstpointer data)
{
  StatusServerSpec spec = {
    .max_clients = 2, .timeout = 5 * G_TIME_SPAN_SECOND, .tell = tell, .user_data = f
  };
  struct sockaddr_in sa = { .sin_family = AF_INET };
  socklen_t len = sizeof sa;
  int probe = socket (AF_INET, SOCK_STREAM, 0), fd = socket (AF_INET, SOCK_STREAM, 0);
  g_autoptr (GString) got = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  sa.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_cmpint (bind (probe, (struct sockaddr *) &sa, sizeof sa), ==, 0);
  g_assert_cmpint (listen (probe, 1), ==, 0);
  g_assert_cmpint (getsockname (probe, (struct sockaddr *) &sa, &len), ==, 0);
  spec.port = ntohs (sa.sin_port);
  g_assert_null (status_server_new (f->core, &spec, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_assert_true (g_str_has_prefix (error->message, "127.0.0.1:"));
  close (probe);
  f->server = status_server_new (f->core, &spec, NULL);
  g_assert_nonnull (f->server);
  g_assert_cmpint (connect (fd, (struct sockaddr *) &sa, sizeof sa), ==, 0);
  g_assert_cmpint (write (fd, "GET / HTTP/1.0\r\n\r\n", 18), ==, 18);
  while (count (f, "status.told") == 0)
    run (f);
  while (!take (fd, got))
    ;
  g_assert_cmpstr (got->str, ==, f->text);
  close (fd);
}

/* Whoever asks all the time costs one text a second. */
static void
old_text (Fixture *f, gconstpointer data)
{
  StatusServerSpec spec = { .path = f->path,
                            .max_clients = 2,
                            .timeout = 5 * G_TIME_SPAN_SECOND,
                            .max_age = G_TIME_SPAN_SECOND,
                            .tell = tell,
                            .user_data = f };
  static const char *const expected[] = { "first", "first", "third" };

  f->server = status_server_new (f->core, &spec, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      static const char *const texts[] = { "first", "second", "third" };
      g_autoptr (GString) got = g_string_new (NULL);
      int fd = dial (f);

      g_free (f->text);
      f->text = g_strdup (texts[i]);
      run (f);
      g_assert_true (take (fd, got));
      g_assert_cmpstr (got->str, ==, expected[i]);
      close (fd);
      rfl_clock_advance (f->clock, 600 * G_TIME_SPAN_MILLISECOND);
    }
}

#define ADD(name, func) g_test_add ("/status-socket/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("occupied", occupied);
  ADD ("stale", stale);
  ADD ("mode", mode);
  ADD ("large", large);
  ADD ("lazy", lazy);
  ADD ("replaced", replaced);
  ADD ("port", port);
  ADD ("old-text", old_text);
  return g_test_run ();
}
