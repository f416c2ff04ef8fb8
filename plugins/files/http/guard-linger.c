/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Closes a connection whose peer still sends: a socket closed with octets unread makes its peer
 * forget what it has not read of the answer (RFC 9112 §9.6). TLS says good-bye, which a peer can
 * hold up. Either for a bounded time. Not for answers.
 */
#include "config.h"

#include "plugins/files/http/guard-door.h"

#define LINGER_SECONDS 2

typedef struct {
  GIOStream *guard; /* kept, so that the connection counts as one still */
  GuardDoor *door;
  GSource *readable, *late;
} Linger;

static gboolean
finish (Linger *linger)
{
  g_source_destroy (linger->late);
  g_source_destroy (linger->readable); /* frees it */
  return G_SOURCE_REMOVE;
}

/* One buffer per turn; whatever is not "nothing yet" is the end. */
static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  char scratch[16384];
  gssize n = g_socket_receive_with_blocking (socket, scratch, sizeof scratch, FALSE, NULL, &error);

  if (n > 0 || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  return finish (user_data);
}

static gboolean
on_late (gpointer user_data)
{
  return finish (user_data);
}

/* The context that has ended does this too. */
static void
linger_free (gpointer data)
{
  Linger *linger = data;

  g_io_stream_close (linger->door->base, NULL, NULL);
  guard_door_unref (linger->door);
  g_object_unref (linger->guard);
  g_source_unref (linger->late);
  g_free (linger);
}

gboolean
guard_linger (GIOStream *guard, GuardDoor *door)
{
  GMainContext *context = g_main_context_get_thread_default ();
  GSocket *socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (door->base));
  Linger *linger;

  if (door->state != GUARD_BODY && door->fill == 0
      && !g_pollable_input_stream_is_readable (door->in))
    return FALSE;
  g_socket_shutdown (socket, FALSE, TRUE, NULL);
  linger = g_new0 (Linger, 1);
  linger->guard = g_object_ref (guard);
  linger->door = guard_door_ref (door);
  linger->late = g_timeout_source_new_seconds (LINGER_SECONDS);
  linger->readable = g_socket_create_source (socket, G_IO_IN, NULL);
  g_source_set_callback (linger->late, on_late, linger, NULL);
  g_source_set_callback (linger->readable, G_SOURCE_FUNC (on_readable), linger, linger_free);
  g_source_attach (linger->late, context);
  g_source_attach (linger->readable, context);
  g_source_unref (linger->readable);
  /* cppcheck-suppress memleak; its sources own it */
  return TRUE;
}

/* ---- TLS */
typedef struct {
  GIOStream *base;
  GCancellable *enough;
  GSource *late;
} Goodbye;

/* TLS' own thread may be waiting in a handshake, where only the socket's end reaches it. */
static gboolean
on_held_up (gpointer user_data)
{
  Goodbye *goodbye = user_data;

  g_cancellable_cancel (goodbye->enough);
  if (G_IS_SOCKET_CONNECTION (goodbye->base))
    g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION (goodbye->base)), TRUE,
                       TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void
on_said (GObject *tls, GAsyncResult *result, gpointer user_data)
{
  Goodbye *goodbye = user_data;

  g_io_stream_close_finish (G_IO_STREAM (tls), result, NULL);
  g_io_stream_close (goodbye->base, NULL, NULL); /* if it has not been said */
  g_source_destroy (goodbye->late);
  g_source_unref (goodbye->late);
  g_object_unref (goodbye->enough);
  g_object_unref (goodbye->base);
  g_free (goodbye);
}

void
guard_say_goodbye (GTlsConnection *tls)
{
  Goodbye *goodbye = g_new0 (Goodbye, 1);

  g_object_get (tls, "base-io-stream", &goodbye->base, NULL);
  goodbye->enough = g_cancellable_new ();
  goodbye->late = g_timeout_source_new_seconds (LINGER_SECONDS);
  g_source_set_callback (goodbye->late, on_held_up, goodbye, NULL);
  g_source_attach (goodbye->late, g_main_context_get_thread_default ());
  g_io_stream_close_async (G_IO_STREAM (tls), G_PRIORITY_DEFAULT, goodbye->enough, on_said,
                           goodbye);
}
