/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shares over TLS, to participants and from one reflector to the next. */
#include "tests/unit/appshare-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* LeakSanitizer 12 crashes while it looks through the thread-local memory of a GnuTLS that was loaded late. */
__attribute__ ((visibility ("default"))) int __lsan_is_turned_off (void);

int
__lsan_is_turned_off (void)
{
  return 1;
}

/* ---- TLS ---- */

static gboolean
any_certificate (GTlsConnection *tls, GTlsCertificate *certificate, GTlsCertificateFlags wrong,
                 gpointer data)
{
  return TRUE;
}

/* A blocking client that has shown its passkey. (transfer full) */
static GIOStream *
tls_enter (const RflShareMessage *told)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (client_connect (told->port), NULL);
  g_autoptr (GIOStream) io = G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
  g_autoptr (GError) error = NULL;
  GIOStream *tls = g_tls_client_connection_new (io, NULL, &error);
  RflShareHello hello = { 0 };
  char line[RFL_SHARE_MAX_LINE + 1], answer[10];

  g_assert_no_error (error);
  g_signal_connect (tls, "accept-certificate", G_CALLBACK (any_certificate), NULL);
  g_assert_cmpuint (told->flags, ==, RFL_SHARE_FLAG_TLS);
  g_strlcpy (hello.share, told->share, sizeof hello.share);
  memcpy (hello.passkey, told->passkey, RFL_SHARE_PASSKEY);
  g_output_stream_write_all (g_io_stream_get_output_stream (tls), line,
                             rfl_share_hello_write (&hello, line), NULL, NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_io_stream_get_input_stream (tls), answer, sizeof answer, NULL, NULL,
                           &error);
  g_assert_no_error (error);
  g_assert_cmpmem (answer, sizeof answer, RFL_SHARE_OK, sizeof answer);
  return tls;
}

/* The other side has said that nothing more comes. */
static void
tls_await_goodbye (GIOStream *tls)
{
  g_autoptr (GError) error = NULL;
  guint8 scratch[64];
  gssize n;

  do
    n = g_input_stream_read (g_io_stream_get_input_stream (tls), scratch, sizeof scratch, NULL,
                             &error);
  while (n > 0);
  g_assert_no_error (error);
}

static void
tls_pass (GIOStream *from, GIOStream *to, const guint8 *data, gsize len, gsize skip)
{
  g_autoptr (GError) error = NULL;
  guint8 got[256];

  g_output_stream_write_all (g_io_stream_get_output_stream (from), data, len, NULL, NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_io_stream_get_input_stream (to), got, len - skip, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (got, len - skip, data + skip, len - skip);
}

/* ThreadSanitizer takes what GnuTLS does under locks of its own for races. */
#ifdef __SANITIZE_THREAD__
#define CANNOT_SEE_TLS TRUE
#else
#define CANNOT_SEE_TLS FALSE
#endif

/* Both ranges, and from one reflector to the next. Who speaks no TLS is closed. */
static void
with_tls (void)
{
  g_autofree char *dir = g_dir_make_tmp ("test-appshare-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (dir, "cert.pem", NULL);
  g_autofree char *options = g_strdup_printf ("tls_certificate = \"%s\";", file);
  g_autofree char *command = g_strdup_printf (
      "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=r1 -days 2 -keyout %s -out %s.c", file,
      file);
  g_autofree char *noise = NULL;
  g_autofree char *join = g_strdup_printf ("sh -c 'cat %s.c >> %s; rm %s.c'", file, file, file);

  if (CANNOT_SEE_TLS || !g_tls_backend_supports_tls (g_tls_backend_get_default ())
      || !g_spawn_command_line_sync (command, NULL, &noise, NULL, NULL)
      || !g_spawn_command_line_sync (join, NULL, NULL, NULL, NULL))
    {
      g_test_skip ("no TLS in GIO, no openssl, or ThreadSanitizer");
      g_rmdir (dir);
      return;
    }
  House *r1 = house_new ("r1", 26430, options), *r2 = house_new ("r2", 26440, options);
  RflParticipant *a = house_join (r1, "room", "a"), *b = house_join (r2, "room", "b");
  static const guint8 data[] = { 3, 1, 0, 5, 0, 0, 0, 0, 'h', 'e', 'l', 'l', 'o' };

  house_link (r1, r2);
  house_request (r1, a, 1, RFL_SHARE_BROADCAST);
  g_autoptr (GIOStream) sharer = tls_enter (house_await (r1, a, RFL_SHARE_GRANT));
  g_autoptr (GIOStream) viewer = tls_enter (house_await (r2, b, RFL_SHARE_ANNOUNCE));
  wait_count (r1, "appshare.accepted", 2);
  while (relay_get_unproved (r1->app->relay) > 0)
    run_for (5);
  run_for (100);
  tls_pass (sharer, viewer, data, sizeof data, RFL_SHARE_FRAME_HEAD);
  int plain = client_connect (26430);
  client_write (plain, "RFL/1 SHARE plain text\r\n", 24);
  wait_count (r1, "appshare.tls_failed", 1);
  close (plain);
  rfl_participant_leave (a, "gone");
  house_await (r2, b, RFL_SHARE_ENDED);
  tls_await_goodbye (sharer);
  tls_await_goodbye (viewer);
  house_free (r1);
  house_free (r2);
  g_unlink (file);
  g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fixture_be_quiet ();
  g_test_add_func ("/appshare/tls", with_tls);
  return g_test_run ();
}
