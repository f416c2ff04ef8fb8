/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading and writing as the other side is ready. Not for what the octets mean. */
#include "config.h"

#include "tools/client/share/pipe.h"

#include <string.h>

#define CHUNK 65536
#define LINGER 5 /* seconds without progress after which a finished pipe is given up */

struct _Pipe {
  grefcount refs; /* one for the owner, one while callbacks run */
  GIOStream *io;
  GPollableInputStream *in;
  GPollableOutputStream *out;
  PipeFuncs funcs;
  gpointer user_data;
  GSource *read_source, *write_source, *linger;
  gsize read_max;
  GBytes *rest; /* what was read before the pipe was made */
  GByteArray *queue;
  gsize written; /* of the queue */
  gboolean dead, finishing;
};

static void
drop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
unref (Pipe *pipe)
{
  if (!g_ref_count_dec (&pipe->refs))
    return;
  g_object_unref (pipe->io);
  g_byte_array_unref (pipe->queue);
  g_clear_pointer (&pipe->rest, g_bytes_unref);
  g_free (pipe);
}

Pipe *
pipe_new (GIOStream *io, const PipeFuncs *funcs, gpointer user_data)
{
  Pipe *pipe = g_new0 (Pipe, 1);

  g_ref_count_init (&pipe->refs);
  pipe->io = io;
  pipe->in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (io));
  pipe->out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (io));
  pipe->funcs = *funcs;
  pipe->user_data = user_data;
  pipe->queue = g_byte_array_new ();
  return pipe;
}

/* No callback and no source any more. */
static void
deaden (Pipe *pipe)
{
  pipe->dead = TRUE;
  drop_source (&pipe->read_source);
  drop_source (&pipe->write_source);
  drop_source (&pipe->linger);
}

void
pipe_free (Pipe *pipe)
{
  if (pipe == NULL)
    return;
  deaden (pipe);
  /* asynchronous, since TLS says good-bye, which may block */
  g_io_stream_close_async (pipe->io, G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  unref (pipe);
}

static void
fail (Pipe *pipe, const GError *error)
{
  if (pipe->finishing)
    {
      pipe_free (pipe);
      return;
    }
  deaden (pipe);
  pipe->funcs.closed (error, pipe->user_data);
}

/* ---- writing ---- */

gsize
pipe_get_queued (const Pipe *pipe)
{
  return pipe->queue->len - pipe->written;
}

/* A file is never waited for, and cannot be polled. */
static gssize
write_once (Pipe *pipe, GError **error)
{
  const guint8 *data = pipe->queue->data + pipe->written;
  gsize len = pipe_get_queued (pipe);

  if (g_pollable_output_stream_can_poll (pipe->out))
    return g_pollable_output_stream_write_nonblocking (pipe->out, data, len, NULL, error);
  return g_output_stream_write (G_OUTPUT_STREAM (pipe->out), data, len, NULL, error);
}

static gboolean
write_some (Pipe *pipe, GError **error)
{
  while (pipe_get_queued (pipe) > 0)
    {
      gssize n = write_once (pipe, error);

      if (n <= 0)
        return FALSE;
      pipe->written += (gsize) n;
    }
  return TRUE;
}

static gboolean on_linger (gpointer user_data);

static void
restart_linger (Pipe *pipe)
{
  drop_source (&pipe->linger);
  pipe->linger = g_timeout_source_new_seconds (LINGER);
  g_source_set_callback (pipe->linger, on_linger, pipe, NULL);
  g_source_attach (pipe->linger, g_main_context_get_thread_default ());
}

static gboolean
on_linger (gpointer user_data)
{
  pipe_free (user_data);
  return G_SOURCE_REMOVE;
}

/* What stands before the first unwritten octet is given back now and then, not for every write. */
static void
compact (Pipe *pipe)
{
  if (pipe->written == pipe->queue->len)
    g_byte_array_set_size (pipe->queue, 0);
  else if (pipe->written >= CHUNK)
    g_byte_array_remove_range (pipe->queue, 0, (guint) pipe->written);
  else
    return;
  pipe->written = 0;
}

/* Returns: whether there is more to write later. May free the pipe. */
static gboolean
flush (Pipe *pipe)
{
  g_autoptr (GError) error = NULL;
  gsize before = pipe_get_queued (pipe);
  gboolean done = write_some (pipe, &error);

  compact (pipe);
  if (!done && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    fail (pipe, error);
  else if (done && pipe->finishing)
    pipe_free (pipe);
  else if (pipe->finishing && pipe_get_queued (pipe) < before)
    restart_linger (pipe);
  else if (pipe_get_queued (pipe) < before && pipe->funcs.drained != NULL)
    pipe->funcs.drained (pipe->user_data);
  return !done;
}

static gboolean
on_writable (GObject *stream, gpointer user_data)
{
  Pipe *pipe = user_data;
  gboolean more;

  g_ref_count_inc (&pipe->refs);
  flush (pipe);
  more = !pipe->dead && pipe_get_queued (pipe) > 0;
  if (!more && !pipe->dead)
    drop_source (&pipe->write_source);
  unref (pipe);
  return more;
}

static gboolean
on_idle (gpointer user_data)
{
  return on_writable (NULL, user_data);
}

static void
await_writable (Pipe *pipe)
{
  if (pipe->dead || pipe->write_source != NULL || pipe_get_queued (pipe) == 0)
    return;
  if (g_pollable_output_stream_can_poll (pipe->out))
    {
      pipe->write_source = g_pollable_output_stream_create_source (pipe->out, NULL);
      g_source_set_callback (pipe->write_source, G_SOURCE_FUNC (on_writable), pipe, NULL);
    }
  else
    {
      pipe->write_source = g_idle_source_new ();
      g_source_set_callback (pipe->write_source, on_idle, pipe, NULL);
    }
  g_source_attach (pipe->write_source, g_main_context_get_thread_default ());
}

void
pipe_write (Pipe *pipe, const guint8 *data, gsize len)
{
  if (pipe->dead)
    return;
  g_byte_array_append (pipe->queue, data, (guint) len);
  await_writable (pipe);
}

void
pipe_finish (Pipe *pipe)
{
  drop_source (&pipe->read_source);
  if (pipe->dead || pipe_get_queued (pipe) == 0)
    {
      pipe_free (pipe);
      return;
    }
  pipe->finishing = TRUE;
  restart_linger (pipe);
  await_writable (pipe);
}

void
pipe_end (Pipe *pipe)
{
  GSocketConnection *plain =
      G_IS_SOCKET_CONNECTION (pipe->io) ? G_SOCKET_CONNECTION (pipe->io) : NULL;

  if (plain != NULL)
    g_socket_shutdown (g_socket_connection_get_socket (plain), FALSE, TRUE, NULL);
  else
    g_output_stream_close_async (G_OUTPUT_STREAM (pipe->out), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
}

/* ---- reading ---- */

void
pipe_put_back (Pipe *pipe, GBytes *rest)
{
  g_return_if_fail (pipe->rest == NULL);
  if (rest != NULL && g_bytes_get_size (rest) > 0)
    pipe->rest = g_bytes_ref (rest);
}

static void
read_rest (Pipe *pipe)
{
  g_autoptr (GBytes) rest = g_steal_pointer (&pipe->rest);
  gsize len, n;
  const guint8 *data = g_bytes_get_data (rest, &len);

  n = MIN (len, pipe->read_max);
  if (n < len)
    pipe->rest = g_bytes_new_from_bytes (rest, n, len - n);
  pipe->funcs.data (data, n, pipe->user_data);
}

static void
read_some (Pipe *pipe)
{
  g_autoptr (GError) error = NULL;
  guint8 chunk[CHUNK];
  gssize n =
      g_pollable_input_stream_read_nonblocking (pipe->in, chunk, MIN (sizeof chunk, pipe->read_max),
                                                NULL, &error);

  if (n > 0)
    pipe->funcs.data (chunk, (gsize) n, pipe->user_data);
  else if (n == 0)
    fail (pipe, NULL);
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    fail (pipe, error);
}

static void await_readable (Pipe *pipe);

static gboolean
on_rest (gpointer user_data)
{
  Pipe *pipe = user_data;

  g_ref_count_inc (&pipe->refs);
  drop_source (&pipe->read_source);
  read_rest (pipe);
  await_readable (pipe);
  unref (pipe);
  return G_SOURCE_REMOVE;
}

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  Pipe *pipe = user_data;
  GSource *source = pipe->read_source;
  gboolean more;

  g_ref_count_inc (&pipe->refs);
  read_some (pipe);
  more = !pipe->dead && pipe->read_source == source;
  unref (pipe);
  return more;
}

static void
await_readable (Pipe *pipe)
{
  if (pipe->dead || pipe->finishing || pipe->read_max == 0 || pipe->read_source != NULL)
    return;
  if (pipe->rest != NULL)
    {
      pipe->read_source = g_idle_source_new ();
      g_source_set_callback (pipe->read_source, on_rest, pipe, NULL);
    }
  else if (g_pollable_input_stream_can_poll (pipe->in))
    {
      pipe->read_source = g_pollable_input_stream_create_source (pipe->in, NULL);
      g_source_set_callback (pipe->read_source, G_SOURCE_FUNC (on_readable), pipe, NULL);
    }
  else
    return;
  g_source_attach (pipe->read_source, g_main_context_get_thread_default ());
}

void
pipe_read (Pipe *pipe, gsize max)
{
  pipe->read_max = max;
  if (max == 0)
    drop_source (&pipe->read_source);
  else
    await_readable (pipe);
}
