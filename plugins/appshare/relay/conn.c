/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pollable streams of GIO, which plain sockets and TLS have in common. Not for handshakes (door.c, proxy.c). */
#include "plugins/appshare/relay/conn.h"

typedef struct {
  GBytes *bytes;
  gsize at;
} Chunk;

struct _Conn {
  guint refs; /* the owner's, and one while it is being called */
  GIOStream *io;
  RflAddress peer;
  GMainContext *context;
  ConnBuffer *buffer;
  ConnFuncs funcs;
  gpointer user_data;
  GSource *reading, *writing, *ending;
  gsize max;
  GQueue out;
  gsize queued;
  gboolean begun, dead, freed;
  GHashTable *list; /* finishing */
};

static void
clear_source (GSource **source)
{
  if (!*source)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
chunk_free (gpointer data)
{
  Chunk *chunk = data;

  g_bytes_unref (chunk->bytes);
  g_free (chunk);
}

static void
unref (Conn *conn)
{
  if (--conn->refs == 0)
    g_free (conn);
}

Conn *
conn_new (GIOStream *io, const RflAddress *peer, GMainContext *context, ConnBuffer *buffer)
{
  Conn *conn = g_new0 (Conn, 1);

  conn->refs = 1;
  conn->io = io;
  conn->peer = *peer;
  conn->context = context;
  conn->buffer = buffer;
  g_queue_init (&conn->out);
  return conn;
}

/* TLS says goodbye where that takes no time: its handshake is over, and the socket has room. Else GIO would wait. */
static gboolean
may_say_goodbye (const Conn *conn, GIOStream *base)
{
  return conn->begun && !conn->dead && conn->queued == 0 && G_IS_SOCKET_CONNECTION (base)
         && g_socket_condition_check (g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)),
                                      G_IO_OUT)
                == G_IO_OUT;
}

static void
close_stream (const Conn *conn)
{
  g_autoptr (GIOStream) base = NULL;

  if (G_IS_TLS_CONNECTION (conn->io))
    g_object_get (conn->io, "base-io-stream", &base, NULL);
  g_io_stream_close (base && !may_say_goodbye (conn, base) ? base : conn->io, NULL, NULL);
}

void
conn_free (Conn *conn)
{
  if (!conn || conn->freed)
    return;
  conn->freed = TRUE;
  clear_source (&conn->reading);
  clear_source (&conn->writing);
  clear_source (&conn->ending);
  g_queue_clear_full (&conn->out, chunk_free);
  if (conn->list)
    g_hash_table_remove (conn->list, conn);
  close_stream (conn);
  g_clear_object (&conn->io);
  unref (conn);
}

void
conn_set_funcs (Conn *conn, const ConnFuncs *funcs, gpointer user_data)
{
  conn->funcs = *funcs;
  conn->user_data = user_data;
}

/* ---- its end ---- */

static gboolean
on_end (gpointer data)
{
  Conn *conn = data;

  clear_source (&conn->ending);
  if (conn->list)
    conn_free (conn);
  else if (conn->funcs.closed)
    conn->funcs.closed (conn, conn->user_data);
  return G_SOURCE_REMOVE;
}

static void
end_after (Conn *conn, guint seconds)
{
  clear_source (&conn->ending);
  conn->ending = seconds ? g_timeout_source_new_seconds (seconds) : g_idle_source_new ();
  g_source_set_priority (conn->ending, G_PRIORITY_DEFAULT);
  g_source_set_callback (conn->ending, on_end, conn, NULL);
  g_source_attach (conn->ending, conn->context);
}

static void
die (Conn *conn)
{
  if (conn->dead)
    return;
  conn->dead = TRUE;
  clear_source (&conn->reading);
  clear_source (&conn->writing);
  end_after (conn, 0);
}

/* ---- reading ---- */

static gboolean
on_readable (GObject *stream, gpointer data)
{
  Conn *conn = data;
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (stream),
                                                       conn->buffer->data, conn->max, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (n <= 0)
    {
      die (conn);
      return G_SOURCE_REMOVE;
    }
  conn->refs++;
  conn->funcs.data (conn, conn->buffer->data, (gsize) n, conn->user_data);
  unref (conn);
  return G_SOURCE_CONTINUE;
}

void
conn_read (Conn *conn, gsize max)
{
  GPollableInputStream *in;

  if (conn->dead || conn->freed)
    return;
  conn->max = MIN (max, CONN_BUFFER);
  if (max == 0)
    {
      clear_source (&conn->reading);
      return;
    }
  if (conn->reading)
    return;
  conn->begun = TRUE;
  in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (conn->io));
  conn->reading = g_pollable_input_stream_create_source (in, NULL);
  g_source_set_callback (conn->reading, (GSourceFunc) (void *) on_readable, conn, NULL);
  g_source_attach (conn->reading, conn->context);
}

/* ---- writing ---- */

/* Returns: octets that it took; those of an error that is final: none ever again */
static gsize
write_some (Conn *conn, const guint8 *data, gsize len)
{
  g_autoptr (GError) error = NULL;
  GPollableOutputStream *out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (conn->io));
  gssize n = g_pollable_output_stream_write_nonblocking (out, data, len, NULL, &error);

  if (n < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    die (conn);
  return (gsize) MAX (n, 0);
}

static gsize
write_queue (Conn *conn)
{
  gsize total = 0;

  for (Chunk *chunk; !conn->dead && (chunk = g_queue_peek_head (&conn->out));)
    {
      gsize len;
      const guint8 *data = g_bytes_get_data (chunk->bytes, &len);
      gsize n = write_some (conn, data + chunk->at, len - chunk->at);

      total += n;
      chunk->at += n;
      if (chunk->at < len)
        break;
      chunk_free (g_queue_pop_head (&conn->out));
    }
  conn->queued -= total;
  return total;
}

static gboolean
on_writable (GObject *stream, gpointer data)
{
  Conn *conn = data;
  gsize n = write_queue (conn);
  gboolean more;

  if (conn->dead)
    return G_SOURCE_REMOVE;
  more = conn->queued > 0;
  if (!more)
    clear_source (&conn->writing);
  if (!more && conn->list)
    conn_free (conn);
  else if (n > 0 && !conn->list && conn->funcs.written)
    conn->funcs.written (conn, n, conn->user_data);
  return more ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
want_write (Conn *conn)
{
  GPollableOutputStream *out;

  if (conn->writing)
    return;
  out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (conn->io));
  conn->writing = g_pollable_output_stream_create_source (out, NULL);
  g_source_set_callback (conn->writing, (GSourceFunc) (void *) on_writable, conn, NULL);
  g_source_attach (conn->writing, conn->context);
}

void
conn_send (Conn *conn, const guint8 *data, gsize len, GBytes **shared)
{
  gsize n;
  Chunk *chunk;

  if (conn->dead || conn->freed || len == 0)
    return;
  conn->begun = TRUE;
  n = conn->queued > 0 ? 0 : write_some (conn, data, len);
  if (conn->dead || n == len)
    return;
  chunk = g_new0 (Chunk, 1);
  if (shared)
    {
      if (!*shared)
        *shared = g_bytes_new (data, len);
      chunk->bytes = g_bytes_ref (*shared);
      chunk->at = n;
    }
  else
    chunk->bytes = g_bytes_new (data + n, len - n);
  g_queue_push_tail (&conn->out, chunk);
  conn->queued += len - n;
  want_write (conn);
}

void
conn_finish (Conn *conn, guint seconds, GHashTable *list)
{
  if (conn->dead || conn->queued == 0)
    {
      conn_free (conn);
      return;
    }
  conn->list = list;
  g_hash_table_add (list, conn);
  clear_source (&conn->reading);
  end_after (conn, seconds);
}

gsize
conn_get_queued (const Conn *conn)
{
  return conn->queued;
}

const RflAddress *
conn_get_peer (const Conn *conn)
{
  return &conn->peer;
}

GIOStream *
conn_get_io (const Conn *conn)
{
  return conn->io;
}

void
conn_set_io (Conn *conn, GIOStream *io)
{
  g_object_unref (conn->io);
  conn->io = io;
}
