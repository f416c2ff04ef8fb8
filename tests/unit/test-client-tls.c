/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Doors behind TLS: certificates that nobody vouches for, for another host, and a good one. */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "tools/client/share/dial.h"

/* LeakSanitizer 12 crashes while it looks through the thread-local memory of a GnuTLS that was loaded late. */
__attribute__ ((visibility ("default"))) int __lsan_is_turned_off (void);

int
__lsan_is_turned_off (void)
{
  return 1;
}

typedef struct {
  char *folder, *file;
  GTlsCertificate *certificate;
  GSocket *listener;
  ShareDoor door;
} House;

typedef struct {
  gboolean done, open;
  GError *error;
} Dialled;

/* Says OK to whoever has shaken hands; waits for the other side's end. */
static gpointer
serve (gpointer user_data)
{
  House *house = user_data;
  g_autoptr (GSocket) made = g_socket_accept (house->listener, NULL, NULL);
  g_autoptr (GSocketConnection) plain = g_socket_connection_factory_create_connection (made);
  g_autoptr (GIOStream) tls =
      g_tls_server_connection_new (G_IO_STREAM (plain), house->certificate, NULL);
  char scratch[200];

  g_socket_set_timeout (made, 20);
  if (g_tls_connection_handshake (G_TLS_CONNECTION (tls), NULL, NULL)
      && g_input_stream_read (g_io_stream_get_input_stream (tls), scratch, sizeof scratch, NULL,
                              NULL)
             > 0)
    {
      g_assert_true (g_str_has_prefix (scratch, "RFL/1 SHARE s1 00"));
      g_output_stream_write_all (g_io_stream_get_output_stream (tls), "RFL/1 OK\r\n", 10, NULL,
                                 NULL, NULL);
      g_input_stream_read (g_io_stream_get_input_stream (tls), scratch, sizeof scratch, NULL, NULL);
    }
  return NULL;
}

static gboolean
make_certificate (House *house)
{
  const char *argv[] = { "openssl",  "req",       "-x509",   "-newkey",
                         "rsa:2048", "-nodes",    "-days",   "1",
                         "-subj",    "/CN=lab",   "-addext", "subjectAltName=IP:127.0.0.1",
                         "-keyout",  house->file, "-out",    NULL,
                         NULL };
  g_autofree char *public = g_strconcat (house->file, ".crt", NULL);
  g_autofree char *key = NULL, *certificate = NULL, *both = NULL;
  int status = 1;

  argv[15] = public;
  if (!g_spawn_sync (NULL, (char **) argv, NULL,
                     G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL | G_SPAWN_STDOUT_TO_DEV_NULL,
                     NULL, NULL, NULL, NULL, &status, NULL)
      || status != 0)
    return FALSE;
  g_file_get_contents (house->file, &key, NULL, NULL);
  g_file_get_contents (public, &certificate, NULL, NULL);
  both = g_strconcat (certificate, key, NULL);
  g_unlink (house->file);
  g_rename (public, house->file);
  house->certificate = g_tls_certificate_new_from_pem (both, -1, NULL);
  return house->certificate != NULL;
}

static void
set_up (House *house, gconstpointer unused)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) got = NULL;

  house->folder = g_dir_make_tmp ("rfl-tls-XXXXXX", NULL);
  house->file = g_build_filename (house->folder, "pem", NULL);
  house->listener =
      g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (house->listener, any, TRUE, NULL));
  g_assert_true (g_socket_listen (house->listener, NULL));
  got = g_socket_get_local_address (house->listener, NULL);
  house->door = (ShareDoor){ .address = (char *) "127.0.0.1",
                             .share = (char *) "s1",
                             .tls = TRUE,
                             .port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (got)) };
  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    g_test_skip ("GLib has no TLS here");
  else if (!make_certificate (house))
    g_test_skip ("openssl makes no certificate here");
}

static void
tear_down (House *house, gconstpointer unused)
{
  g_clear_object (&house->certificate);
  g_clear_object (&house->door.authorities);
  g_object_unref (house->listener);
  g_unlink (house->file);
  g_rmdir (house->folder);
  g_free (house->file);
  g_free (house->folder);
}

static void
on_dialled (GIOStream *io, GBytes *rest, const GError *error, gpointer user_data)
{
  Dialled *dialled = user_data;

  dialled->done = TRUE;
  dialled->open = io != NULL;
  dialled->error = error != NULL ? g_error_copy (error) : NULL;
  if (io != NULL)
    g_object_unref (io);
}

static Dialled
dial (House *house)
{
  GThread *thread = g_thread_new ("tls", serve, house);
  Dialled dialled = { .done = FALSE };

  share_dial (&house->door, NULL, on_dialled, &dialled);
  while (!dialled.done)
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);
  return dialled;
}

static void
nobody_vouches (House *house, gconstpointer unused)
{
  Dialled dialled;

  if (house->certificate == NULL)
    return;
  dialled = dial (house);
  g_assert_error (dialled.error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_clear_error (&dialled.error);
}

static void
any_certificate (House *house, gconstpointer unused)
{
  Dialled dialled;

  if (house->certificate == NULL)
    return;
  house->door.any_certificate = TRUE;
  dialled = dial (house);
  g_assert_no_error (dialled.error);
  g_assert_true (dialled.open);
}

static void
authority (House *house, gconstpointer other_name)
{
  Dialled dialled;

  if (house->certificate == NULL)
    return;
  house->door.authorities = g_tls_file_database_new (house->file, NULL);
  g_assert_nonnull (house->door.authorities);
  if (other_name != NULL)
    house->door.address = (char *) other_name;
  dialled = dial (house);
  g_assert_true (dialled.open == (other_name == NULL));
  if (other_name != NULL)
    g_assert_error (dialled.error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  else
    g_assert_no_error (dialled.error);
  g_clear_error (&dialled.error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/client/tls/nobody-vouches", House, NULL, set_up, nobody_vouches, tear_down);
  g_test_add ("/client/tls/other-host", House, "localhost", set_up, authority, tear_down);
  g_test_add ("/client/tls/any-certificate", House, NULL, set_up, any_certificate, tear_down);
  g_test_add ("/client/tls/authority", House, NULL, set_up, authority, tear_down);
  return g_test_run ();
}
