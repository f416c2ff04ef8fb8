/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guarded connection as one GIOStream, and its closing. Not for what goes through it.
 */
#include "config.h"

#include <string.h>

#include "plugins/files/http/guard-door.h"

typedef struct {
  GIOStream parent;
  GuardDoor *door;
  GInputStream *in;
  GOutputStream *out;
  gboolean disposed;
} Guard;

typedef struct {
  GIOStreamClass parent;
} GuardClass;

static GType guard_get_type (void);
G_DEFINE_TYPE (Guard, guard, G_TYPE_IO_STREAM)

static Guard *
as_guard (gpointer stream)
{
  return stream;
}

static GInputStream *
get_input (GIOStream *stream)
{
  return as_guard (stream)->in;
}

static GOutputStream *
get_output (GIOStream *stream)
{
  return as_guard (stream)->out;
}

/* A socket closes at once. TLS says good-bye first, and its peer may let it wait: not here. */
static gboolean
close_base (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  GuardDoor *door = as_guard (stream)->door;
  gboolean socket = G_IS_SOCKET_CONNECTION (door->base);
  gboolean lingers = socket && !as_guard (stream)->disposed && guard_linger (stream, door);

  guard_door_end (door);
  door->refused_once = TRUE;
  if (G_IS_TLS_CONNECTION (door->base))
    guard_say_goodbye (G_TLS_CONNECTION (door->base));
  else if (!lingers)
    return g_io_stream_close (door->base, cancellable, error);
  return TRUE;
}

/* The parent closes what is open still; nothing can be kept for that any more. */
static void
dispose (GObject *object)
{
  as_guard (object)->disposed = TRUE;
  G_OBJECT_CLASS (guard_parent_class)->dispose (object);
}

static void
finalize (GObject *object)
{
  Guard *guard = as_guard (object);

  G_OBJECT_CLASS (guard_parent_class)->finalize (object);
  g_object_unref (guard->in);
  g_object_unref (guard->out);
  guard_door_unref (guard->door);
}

static void
guard_class_init (GuardClass *class)
{
  G_OBJECT_CLASS (class)->dispose = dispose;
  G_OBJECT_CLASS (class)->finalize = finalize;
  G_IO_STREAM_CLASS (class)->get_input_stream = get_input;
  G_IO_STREAM_CLASS (class)->get_output_stream = get_output;
  G_IO_STREAM_CLASS (class)->close_fn = close_base;
}

static void
guard_init (Guard *guard)
{
}

GIOStream *
guard_new (GIOStream *base, const GuardLimits *limits, GuardRefused refused, gpointer user_data)
{
  Guard *guard;
  GuardDoor *door;

  g_return_val_if_fail (G_IS_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (base)), NULL);
  g_return_val_if_fail (G_IS_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (base)), NULL);
  g_return_val_if_fail (limits->head > 0, NULL);
  door = guard_door_new (base, limits);
  door->refused = refused;
  door->user_data = user_data;
  guard = g_object_new (guard_get_type (), NULL);
  guard->door = door;
  guard->in = guard_input_new (door);
  guard->out = guard_output_new (door);
  return &guard->parent;
}

gboolean
guard_refuse (GIOStream *stream, guint status, const char *fields, const char *why)
{
  GuardDoor *door = as_guard (stream)->door;

  if (door->answer != GUARD_ANSWER_NONE || door->answer_seen || door->refused_once
      || (door->state != GUARD_PASS && door->state != GUARD_BODY))
    return FALSE;
  guard_door_answer (door, status, fields, why);
  return TRUE;
}

void
guard_turn_away (GSocket *socket, const char *why)
{
  g_autofree char *answer = guard_answer_new (503, "Retry-After: 5\r\n", why, TRUE);

  g_socket_send_with_blocking (socket, answer, strlen (answer), FALSE, NULL, NULL);
  g_socket_shutdown (socket, FALSE, TRUE, NULL);
}

void
guard_cut (GIOStream *stream)
{
  as_guard (stream)->door->refused_once = TRUE;
}

guint64
guard_get_unread (GIOStream *stream)
{
  const GuardDoor *door = as_guard (stream)->door;

  return door->state == GUARD_PASS || door->state == GUARD_BODY ? door->body : 0;
}

void
guard_set_clock (GIOStream *stream, gint64 (*now) (gpointer user_data), gpointer user_data)
{
  GuardDoor *door = as_guard (stream)->door;

  door->now = now;
  door->clock = user_data;
  door->since = guard_door_now (door);
}
