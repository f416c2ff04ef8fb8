/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guarded connection's two streams, as GIO wants them. Not for what goes through them.
 */
#include "config.h"

#include "plugins/files/http/guard-door.h"

GSource *
guard_source_new (gpointer stream, GSource *child, gint64 delay, GCancellable *cancellable)
{
  GSource *source = g_pollable_source_new_full (stream, child, cancellable);
  g_autoptr (GSource) timer = NULL;

  if (delay < 0)
    return source;
  timer = g_timeout_source_new ((guint) MIN ((delay + 999) / 1000, G_MAXINT));
  g_source_set_dummy_callback (timer);
  g_source_add_child_source (source, timer);
  return source;
}

/* ---- in */
typedef struct {
  GInputStream parent;
  GuardDoor *door;
} GuardInput;

typedef struct {
  GInputStreamClass parent;
} GuardInputClass;

static void input_poll_init (GPollableInputStreamInterface *iface);
static GType guard_input_get_type (void);
G_DEFINE_TYPE_WITH_CODE (GuardInput, guard_input, G_TYPE_INPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, input_poll_init))

static GuardDoor *
input_door (gpointer stream)
{
  return ((GuardInput *) stream)->door;
}

static gssize
input_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable,
            GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                       "a guarded connection is read without blocking");
  return -1;
}

static gssize
input_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  return guard_door_read (input_door (stream), buffer, count, error);
}

static gboolean
input_is_readable (GPollableInputStream *stream)
{
  GuardDoor *door = input_door (stream);

  return guard_door_wait (door) == 0 || g_pollable_input_stream_is_readable (door->in);
}

static GSource *
input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  GuardDoor *door = input_door (stream);
  gint64 delay = guard_door_wait (door);
  g_autoptr (GSource) child = NULL;

  if (delay != 0)
    child = g_pollable_input_stream_create_source (door->in, NULL);
  return guard_source_new (stream, child, delay, cancellable);
}

static void
input_finalize (GObject *object)
{
  guard_door_unref (input_door (object));
  G_OBJECT_CLASS (guard_input_parent_class)->finalize (object);
}

static void
guard_input_class_init (GuardInputClass *class)
{
  G_OBJECT_CLASS (class)->finalize = input_finalize;
  G_INPUT_STREAM_CLASS (class)->read_fn = input_read;
}

static void
input_poll_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = input_is_readable;
  iface->create_source = input_create_source;
  iface->read_nonblocking = input_read_nonblocking;
}

static void
guard_input_init (GuardInput *input)
{
}

GInputStream *
guard_input_new (GuardDoor *door)
{
  GuardInput *input = g_object_new (guard_input_get_type (), NULL);

  input->door = guard_door_ref (door);
  return &input->parent;
}

/* ---- out */
typedef struct {
  GOutputStream parent;
  GuardDoor *door;
} GuardOutput;

typedef struct {
  GOutputStreamClass parent;
} GuardOutputClass;

static void output_poll_init (GPollableOutputStreamInterface *iface);
static GType guard_output_get_type (void);
G_DEFINE_TYPE_WITH_CODE (GuardOutput, guard_output, G_TYPE_OUTPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, output_poll_init))

static GuardDoor *
output_door (gpointer stream)
{
  return ((GuardOutput *) stream)->door;
}

/* Nothing may follow an answer of the guard's own. */
static gboolean
may_write (GuardDoor *door, GError **error)
{
  if (!door->refused_once)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE,
                       "the connection has been refused");
  return FALSE;
}

/* A peer that has taken nothing for long is given up. */
static gssize
output_write_nonblocking (GPollableOutputStream *stream, const void *buffer, gsize count,
                          GError **error)
{
  GuardDoor *door = output_door (stream);
  g_autoptr (GError) local = NULL;
  gssize n;

  if (!may_write (door, error))
    return -1;
  n = g_pollable_output_stream_write_nonblocking (door->out, buffer, count, NULL, &local);
  if (n > 0)
    guard_door_wrote (door, buffer, (gsize) n);
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)
      && guard_door_write_is_late (door))
    {
      guard_door_refuse (door, 0, "the answer was not taken");
      may_write (door, error);
      return -1;
    }
  if (local)
    g_propagate_error (error, g_steal_pointer (&local));
  return n;
}

static gssize
output_write (GOutputStream *stream, const void *buffer, gsize count, GCancellable *cancellable,
              GError **error)
{
  GuardDoor *door = output_door (stream);
  gssize n;

  if (!may_write (door, error))
    return -1;
  n = g_output_stream_write (G_OUTPUT_STREAM (door->out), buffer, count, cancellable, error);
  if (n > 0)
    guard_door_wrote (door, buffer, (gsize) n);
  return n;
}

static gboolean
output_is_writable (GPollableOutputStream *stream)
{
  GuardDoor *door = output_door (stream);

  return door->refused_once || guard_door_write_is_late (door)
         || g_pollable_output_stream_is_writable (door->out);
}

static GSource *
output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  GuardDoor *door = output_door (stream);
  gint64 delay = door->refused_once ? 0 : guard_door_write_wait (door);
  g_autoptr (GSource) child = NULL;

  if (delay != 0)
    child = g_pollable_output_stream_create_source (door->out, NULL);
  return guard_source_new (stream, child, delay, cancellable);
}

static void
output_finalize (GObject *object)
{
  /* first the parent's: it may flush */
  GuardDoor *door = output_door (object);

  G_OBJECT_CLASS (guard_output_parent_class)->finalize (object);
  guard_door_unref (door);
}

static void
guard_output_class_init (GuardOutputClass *class)
{
  G_OBJECT_CLASS (class)->finalize = output_finalize;
  G_OUTPUT_STREAM_CLASS (class)->write_fn = output_write;
}

static void
output_poll_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = output_is_writable;
  iface->create_source = output_create_source;
  iface->write_nonblocking = output_write_nonblocking;
}

static void
guard_output_init (GuardOutput *output)
{
}

GOutputStream *
guard_output_new (GuardDoor *door)
{
  GuardOutput *output = g_object_new (guard_output_get_type (), NULL);

  output->door = guard_door_ref (door);
  return &output->parent;
}
