/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transfers of reflector-client with a server that refuses, breaks off and lies. */
#include "config.h"

#include "tools/client/file/transfer.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <reflector/error.h>
#include <string.h>

#define SIZE 300000

/* What the server says to each request in turn. */
typedef struct {
  guint status;
  const char *body;  /* of a refusal */
  gsize from, until; /* of the file that was offered, or of another one */
  gboolean other, breaks;
} Says;

typedef struct {
  SoupServer *server;
  GSocketService *service; /* what the library accepts itself it does not free */
  const Says *says;
  guint asked;
  guint64 from[4];
  char *folder, *url, *path;
  guint8 *octets;
  TransferSpec spec;
  GMainLoop *loop;
  GError *error;
  gboolean done;
} Fixture;

static guint64
get_range (SoupServerMessage *msg)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  SoupRange *ranges;
  guint64 from = 0;
  int n;

  if (soup_message_headers_get_ranges (headers, SIZE, &ranges, &n))
    {
      from = (guint64) ranges[0].start;
      soup_message_headers_free_ranges (headers, ranges);
    }
  return from;
}

static void
break_off (SoupServerMessage *msg, SoupMessageBody *body, gpointer data)
{
  GIOStream *stream = soup_server_message_steal_connection (msg);

  g_io_stream_close (stream, NULL, NULL);
  g_object_unref (stream);
}

static void
on_request (SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query,
            gpointer data)
{
  Fixture *f = data;
  const Says *says = &f->says[f->asked];

  g_assert_cmpuint (f->asked, <, G_N_ELEMENTS (f->from));
  f->from[f->asked++] = get_range (msg);
  soup_server_message_set_status (msg, says->status, NULL);
  if (says->body)
    soup_server_message_set_response (msg, "application/json", SOUP_MEMORY_STATIC, says->body,
                                      strlen (says->body));
  else
    {
      gsize size = says->breaks ? SIZE - says->from : says->until - says->from;
      SoupMessageBody *body = soup_server_message_get_response_body (msg);

      soup_message_headers_set_content_length (soup_server_message_get_response_headers (msg),
                                               (goffset) size);
      soup_message_body_append (body, SOUP_MEMORY_STATIC, f->octets + says->from + says->other,
                                says->until - says->from);
      if (says->breaks)
        g_signal_connect (msg, "wrote-body-data", G_CALLBACK (break_off), NULL);
      else
        soup_message_body_complete (body);
    }
}

static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
  Fixture *f = data;
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);

  return soup_server_accept_iostream (f->server, G_IO_STREAM (connection), local, remote, NULL);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GError) error = NULL;
  gsize len = sizeof f->spec.sha256;
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;

  f->says = data;
  f->octets = g_malloc (SIZE + 2);
  for (guint i = 0; i < SIZE + 2; i++)
    f->octets[i] = (guint8) g_rand_int (random);
  g_checksum_update (sum, f->octets, SIZE);
  g_checksum_get_digest (sum, f->spec.sha256, &len);
  f->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (f->server, NULL, on_request, f, NULL);
  f->service = g_socket_service_new ();
  g_signal_connect (f->service, "incoming", G_CALLBACK (on_incoming), f);
  g_socket_listener_add_address (G_SOCKET_LISTENER (f->service), any, G_SOCKET_TYPE_STREAM,
                                 G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
  g_assert_no_error (error);
  f->url = g_strdup_printf ("http://127.0.0.1:%u/",
                            g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  f->folder = g_dir_make_tmp ("test-client-transfer-XXXXXX", &error);
  g_assert_no_error (error);
  f->path = g_build_filename (f->folder, "got", NULL);
  f->spec.path = f->path;
  f->spec.url = f->url;
  f->spec.size = SIZE;
  f->spec.silence = f->spec.patience = 10;
  f->loop = g_main_loop_new (NULL, FALSE);
}

/* Whatever a test has not looked at, it has not left behind either. */
static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autoptr (GDir) dir = g_dir_open (f->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (f->folder, name, NULL);
      g_unlink (path);
    }
  g_assert_cmpint (g_rmdir (f->folder), ==, 0);
  g_socket_service_stop (f->service);
  g_socket_listener_close (G_SOCKET_LISTENER (f->service));
  g_object_unref (f->service);
  soup_server_disconnect (f->server);
  g_object_unref (f->server);
  g_main_loop_unref (f->loop);
  g_clear_error (&f->error);
  g_free (f->folder);
  g_free (f->path);
  g_free (f->url);
  g_free (f->octets);
}

static void
on_progress (guint64 octets, guint64 size, gpointer user_data)
{
  g_assert_cmpuint (octets, <=, size);
}

static void
on_done (const GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_false (f->done);
  f->done = TRUE;
  f->error = error ? g_error_copy (error) : NULL;
  g_main_loop_quit (f->loop);
}

static void
get (Fixture *f)
{
  static const TransferFuncs funcs = { on_progress, on_done };
  Transfer *transfer = transfer_get (&f->spec, &funcs, f);

  g_main_loop_run (f->loop);
  transfer_free (transfer);
}

static guint
count_files (const Fixture *f)
{
  g_autoptr (GDir) dir = g_dir_open (f->folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

static void
assert_got (const Fixture *f)
{
  g_autofree char *octets = NULL;
  gsize len;

  g_assert_no_error (f->error);
  g_assert_true (g_file_get_contents (f->path, &octets, &len, NULL));
  g_assert_cmpmem (octets, len, f->octets, SIZE);
  g_assert_cmpuint (count_files (f), ==, 1);
}

/* ---- uploads ---- */

/* Before the body has come: first that it may be tried again, then no. */
static void
on_early (SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query,
          gpointer data)
{
  static const char why[] = "{\"error\": \"larger than a file may be\"}\n";
  Fixture *f = data;

  if (g_str_equal (soup_server_message_get_method (msg), "HEAD"))
    {
      soup_server_message_set_status (msg, SOUP_STATUS_NO_CONTENT, NULL);
      soup_message_headers_replace (soup_server_message_get_response_headers (msg), "Upload-Offset",
                                    "0");
      return;
    }
  soup_server_message_set_status (msg,
                                  f->asked++ == 0 ? SOUP_STATUS_SERVICE_UNAVAILABLE
                                                  : SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE,
                                  NULL);
  soup_server_message_set_response (msg, "application/json", SOUP_MEMORY_STATIC, why, strlen (why));
}

static void
test_put_refused (Fixture *f, gconstpointer data)
{
  static const TransferFuncs funcs = { on_progress, on_done };
  Transfer *transfer;

  soup_server_remove_handler (f->server, NULL);
  soup_server_add_early_handler (f->server, NULL, on_early, f, NULL);
  g_assert_true (g_file_set_contents (f->path, (const char *) f->octets, SIZE, NULL));
  f->spec.name = "large";
  transfer = transfer_put (&f->spec, &funcs, f);
  g_main_loop_run (f->loop);
  g_assert_error (f->error, RFL_ERROR, RFL_ERROR_FORBIDDEN);
  g_assert_cmpstr (f->error->message, ==, "larger than a file may be (413)");
  g_assert_cmpuint (f->asked, ==, 2);
  transfer_free (transfer);
}

/* ---- downloads ---- */

static const Says refuses[] = { { 404, "{\"error\": \"there is no such file\"}\n", 0, 0, 0, 0 } };

static void
test_refused (Fixture *f, gconstpointer data)
{
  get (f);
  g_assert_error (f->error, RFL_ERROR, RFL_ERROR_FORBIDDEN);
  g_assert_cmpstr (f->error->message, ==, "there is no such file (404)");
}

static const Says mumbles[] = { { 403, "<html>", 0, 0, 0, 0 } };

static void
test_no_reason (Fixture *f, gconstpointer data)
{
  get (f);
  g_assert_error (f->error, RFL_ERROR, RFL_ERROR_FORBIDDEN);
  g_assert_cmpstr (f->error->message, ==, "status 403");
}

static const Says is_away[] = { { 503, "{\"error\": \"its reflector is away\"}\n", 0, 0, 0, 0 } };

static void
test_away (Fixture *f, gconstpointer data)
{
  f->spec.patience = 0;
  get (f);
  g_assert_error (f->error, RFL_ERROR, RFL_ERROR_UNAVAILABLE);
  g_assert_cmpstr (f->error->message, ==, "its reflector is away (503)");
}

static const Says lies[] = { { 200, NULL, 0, SIZE, TRUE, FALSE } };

static void
test_other_file (Fixture *f, gconstpointer data)
{
  get (f);
  g_assert_error (f->error, RFL_ERROR, RFL_ERROR_MALFORMED);
  g_assert_cmpuint (count_files (f), ==, 0);
}

static const Says is_longer[] = { { 200, NULL, 0, SIZE + 1, FALSE, FALSE } };

static void
test_longer (Fixture *f, gconstpointer data)
{
  get (f);
  g_assert_error (f->error, RFL_ERROR, RFL_ERROR_FORBIDDEN);
  g_assert_false (g_file_test (f->path, G_FILE_TEST_EXISTS));
}

static const Says is_right[] = { { 200, NULL, 0, SIZE, FALSE, FALSE } };

static void
test_right (Fixture *f, gconstpointer data)
{
  get (f);
  assert_got (f);
}

static const Says breaks_off[] = { { 200, NULL, 0, 100000, FALSE, TRUE },
                                   { 503, "{\"error\": \"its reflector is away\"}\n", 0, 0, 0, 0 },
                                   { 206, NULL, 100000, SIZE, FALSE, FALSE } };

/* It goes on where it was, and a refusal that may be over soon is no end. */
static void
test_resumed (Fixture *f, gconstpointer data)
{
  get (f);
  assert_got (f);
  g_assert_cmpuint (f->asked, ==, 3);
  g_assert_cmpuint (f->from[1], ==, 100000);
  g_assert_cmpuint (f->from[2], ==, 100000);
}

#define ADD(path, says, func)                                                                      \
  g_test_add ("/client/transfer/" path, Fixture, says, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("put-refused", NULL, test_put_refused);
  ADD ("refused", refuses, test_refused);
  ADD ("no-reason", mumbles, test_no_reason);
  ADD ("away", is_away, test_away);
  ADD ("other-file", lies, test_other_file);
  ADD ("longer", is_longer, test_longer);
  ADD ("right", is_right, test_right);
  ADD ("resumed", breaks_off, test_resumed);
  return g_test_run ();
}
