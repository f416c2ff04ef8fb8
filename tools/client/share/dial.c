/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connect, TLS where announced, one line there, one line back. Not for retrying: a passkey that was refused
 * once will be again.
 */
#include "config.h"

#include "tools/client/share/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#define DEADLINE 15 /* seconds */
#define MAX_ANSWER 512

typedef struct {
  ShareDoor *door;
  GCancellable *mine, *theirs;
  gulong cancelled;
  GSource *deadline;
  gboolean late;
  GIOStream *io;
  char line[RFL_SHARE_MAX_LINE + 1];
  guint8 answer[MAX_ANSWER];
  gsize n_answer;
  DialFunc func;
  gpointer user_data;
} Dial;

void
share_door_fill (ShareDoor *door, const RflShareMessage *message)
{
  door->address = g_strdup (message->address);
  door->port = message->port;
  door->share = g_strdup (message->share);
  door->tls = (message->flags & RFL_SHARE_FLAG_TLS) != 0;
  memcpy (door->passkey, message->passkey, sizeof door->passkey);
}

ShareDoor *
share_door_copy (const ShareDoor *door)
{
  ShareDoor *copy = g_memdup2 (door, sizeof *door);

  copy->address = g_strdup (door->address);
  copy->share = g_strdup (door->share);
  if (copy->authorities != NULL)
    g_object_ref (copy->authorities);
  return copy;
}

void
share_door_free (ShareDoor *door)
{
  if (door == NULL)
    return;
  g_free (door->address);
  g_free (door->share);
  g_clear_object (&door->authorities);
  memset (door->passkey, 0, sizeof door->passkey);
  g_free (door);
}

static void
dial_free (Dial *dial)
{
  g_source_destroy (dial->deadline);
  g_source_unref (dial->deadline);
  if (dial->theirs != NULL)
    g_cancellable_disconnect (dial->theirs, dial->cancelled);
  g_clear_object (&dial->theirs);
  g_object_unref (dial->mine);
  g_clear_object (&dial->io);
  share_door_free (dial->door);
  memset (dial->line, 0, sizeof dial->line); /* the passkey */
  g_free (dial);
}

/* Takes @error; of a successful dial it is %NULL. */
static void
finish (Dial *dial, GError *error, GBytes *rest)
{
  g_autoptr (GError) owned = error;

  if (dial->late)
    {
      g_clear_error (&owned);
      g_set_error (&owned, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "%s port %u: no answer in %d s",
                   dial->door->address, dial->door->port, DEADLINE);
    }
  if (dial->theirs == NULL || !g_cancellable_is_cancelled (dial->theirs))
    dial->func (owned == NULL ? g_steal_pointer (&dial->io) : NULL, rest, owned, dial->user_data);
  dial_free (dial);
}

static gboolean
on_deadline (gpointer user_data)
{
  Dial *dial = user_data;

  dial->late = TRUE;
  g_cancellable_cancel (dial->mine);
  return G_SOURCE_REMOVE;
}

static void
on_cancelled (GCancellable *theirs, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/* ---- the answer ---- */

static gsize
has_cr (const guint8 *line, gsize len)
{
  return len > 0 && line[len - 1] == '\r';
}

static void read_on (Dial *dial);

static void
on_read (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  Dial *dial = user_data;
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (stream), result, &error);
  const guint8 *end;
  g_autoptr (GBytes) rest = NULL;

  dial->n_answer += (gsize) MAX (n, 0);
  end = memchr (dial->answer, '\n', dial->n_answer);
  if (error == NULL && end == NULL && n > 0 && dial->n_answer < MAX_ANSWER)
    {
      read_on (dial);
      return;
    }
  if (error == NULL)
    {
      gsize len = end != NULL ? (gsize) (end - dial->answer) : 0;

      if (rfl_share_answer_parse ((const char *) dial->answer, len - has_cr (dial->answer, len),
                                  &error))
        rest = g_bytes_new (end + 1, dial->n_answer - len - 1);
      else
        g_prefix_error (&error, "%s port %u: ", dial->door->address, dial->door->port);
    }
  finish (dial, error, rest);
}

static void
read_on (Dial *dial)
{
  g_input_stream_read_async (g_io_stream_get_input_stream (dial->io), dial->answer + dial->n_answer,
                             MAX_ANSWER - dial->n_answer, G_PRIORITY_DEFAULT, dial->mine, on_read,
                             dial);
}

/* ---- the way there ---- */

static void
on_written (GObject *stream, GAsyncResult *result, gpointer user_data)
{
  Dial *dial = user_data;
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result, NULL, &error))
    finish (dial, error, NULL);
  else
    read_on (dial);
}

static void
knock (Dial *dial)
{
  RflShareHello hello;
  gsize len;

  g_strlcpy (hello.share, dial->door->share, sizeof hello.share);
  memcpy (hello.passkey, dial->door->passkey, sizeof hello.passkey);
  len = rfl_share_hello_write (&hello, dial->line);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (dial->io), dial->line, len,
                                   G_PRIORITY_DEFAULT, dial->mine, on_written, dial);
}

static gboolean
on_any_certificate (GTlsConnection *connection, GTlsCertificate *certificate,
                    GTlsCertificateFlags wrong, gpointer user_data)
{
  return TRUE;
}

static void
on_shaken (GObject *connection, GAsyncResult *result, gpointer user_data)
{
  Dial *dial = user_data;
  GError *error = NULL;

  if (!g_tls_connection_handshake_finish (G_TLS_CONNECTION (connection), result, &error))
    finish (dial, error, NULL);
  else
    knock (dial);
}

static void
start_tls (Dial *dial)
{
  GError *error = NULL;
  g_autoptr (GSocketConnectable) name =
      g_network_address_new (dial->door->address, dial->door->port);
  GIOStream *tls = g_tls_client_connection_new (dial->io, name, &error);

  if (tls == NULL)
    {
      finish (dial, error, NULL);
      return;
    }
  g_object_unref (dial->io);
  dial->io = tls;
  /* a reflector that ends a share cuts connections at once; the control channel tells why */
  g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (tls), FALSE);
  if (dial->door->authorities != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (tls), dial->door->authorities);
  if (dial->door->any_certificate)
    g_signal_connect (tls, "accept-certificate", G_CALLBACK (on_any_certificate), NULL);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, dial->mine,
                                    on_shaken, dial);
}

static void
on_connected (GObject *client, GAsyncResult *result, gpointer user_data)
{
  Dial *dial = user_data;
  GError *error = NULL;
  GSocketConnection *made =
      g_socket_client_connect_finish (G_SOCKET_CLIENT (client), result, &error);

  if (made == NULL)
    {
      finish (dial, error, NULL);
      return;
    }
  /* keystrokes do not wait for more of them; a failure only makes them slower */
  g_socket_set_option (g_socket_connection_get_socket (made), IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  dial->io = G_IO_STREAM (made);
  if (dial->door->tls)
    start_tls (dial);
  else
    knock (dial);
}

void
share_dial (const ShareDoor *door, GCancellable *cancellable, DialFunc func, gpointer user_data)
{
  Dial *dial = g_new0 (Dial, 1);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) name = g_network_address_new (door->address, door->port);

  dial->door = share_door_copy (door);
  dial->func = func;
  dial->user_data = user_data;
  dial->mine = g_cancellable_new ();
  if (cancellable != NULL)
    {
      dial->theirs = g_object_ref (cancellable);
      dial->cancelled =
          g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), dial->mine, NULL);
    }
  dial->deadline = g_timeout_source_new_seconds (DEADLINE);
  g_source_set_callback (dial->deadline, on_deadline, dial, NULL);
  g_source_attach (dial->deadline, g_main_context_get_thread_default ());
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (client, name, dial->mine, on_connected, dial);
}
