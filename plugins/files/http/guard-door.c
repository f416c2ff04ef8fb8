/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guarded connection's state: its deadlines, what its answers mean, and its end. Not for octets
 * that come in: guard-read.c.
 */
#include "config.h"

#include <string.h>

#include "plugins/files/http/guard-door.h"

/* How long an answer has to reach a peer that still sends: a socket closed with octets unread
 * takes back what its peer has not read yet. */
#define DRAIN_TIME (2 * G_USEC_PER_SEC)

GuardDoor *
guard_door_new (GIOStream *base, const GuardLimits *limits)
{
  GuardDoor *door = g_rc_box_new0 (GuardDoor);

  door->base = g_object_ref (base);
  door->in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (base));
  door->out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (base));
  door->limits = *limits;
  door->since = guard_door_now (door);
  return door;
}

GuardDoor *
guard_door_ref (GuardDoor *door)
{
  return g_rc_box_acquire (door);
}

static void
clear (gpointer data)
{
  GuardDoor *door = data;

  g_free (door->buffer);
  g_object_unref (door->base);
}

void
guard_door_unref (GuardDoor *door)
{
  g_rc_box_release_full (door, clear);
}

gint64
guard_door_now (const GuardDoor *door)
{
  return door->now ? door->now (door->clock) : g_get_monotonic_time ();
}

/* ---- deadlines */
gboolean
guard_door_is_ready (const GuardDoor *door)
{
  return door->state == GUARD_PASS || door->state == GUARD_END
         || (door->state == GUARD_BODY && (door->fill > 0 || door->early))
         || (door->state == GUARD_HEAD && door->fill > door->head.next);
}

/* When the reader must look even if nothing comes; 0: never. */
static gint64
get_deadline (const GuardDoor *door)
{
  const GuardLimits *limits = &door->limits;

  switch (door->state)
    {
    case GUARD_HEAD:
      if (door->since)
        return limits->head_seconds ? door->since + guard_usec (limits->head_seconds) : 0;
      return limits->idle_seconds ? door->waiting + guard_usec (limits->idle_seconds) : 0;
    case GUARD_BODY:
      return limits->body_seconds ? door->waiting + MAX (door->credit, 0) : 0;
    case GUARD_DRAIN:
      return door->until;
    default:
      return 0;
    }
}

static gint64
get_rest (gint64 deadline, gint64 now)
{
  return deadline ? MAX (deadline - now, 0) : -1;
}

gint64
guard_door_wait (GuardDoor *door)
{
  gint64 now = guard_door_now (door);

  if (guard_door_is_ready (door))
    return 0;
  if (!door->waiting)
    door->waiting = now;
  return get_rest (get_deadline (door), now);
}

gint64
guard_door_write_wait (GuardDoor *door)
{
  gint64 now = guard_door_now (door);

  if (!door->limits.write_seconds)
    return -1;
  if (!door->stuck)
    door->stuck = now;
  return get_rest (door->stuck + guard_usec (door->limits.write_seconds), now);
}

gboolean
guard_door_write_is_late (GuardDoor *door)
{
  return door->stuck && guard_door_write_wait (door) == 0;
}

/* ---- answers */
/* The tenth octet of "HTTP/1.1 100" tells an interim answer from a final one. */
static void
see_status (GuardDoor *door, guint8 octet)
{
  if (++door->answer_seen < 10)
    return;
  door->answer_seen = 0;
  door->answer = octet == '1' ? GUARD_ANSWER_INTERIM : GUARD_ANSWER_FINAL;
  if (door->answer == GUARD_ANSWER_FINAL && door->state == GUARD_BODY)
    door->early = TRUE;
}

/* An interim answer ends with an empty line; the final one comes after it. */
static void
see_interim (GuardDoor *door, guint8 octet)
{
  if (octet == (door->answer_seen % 2 ? '\n' : '\r'))
    door->answer_seen++;
  else
    door->answer_seen = octet == '\r';
  if (door->answer_seen < 4)
    return;
  door->answer_seen = 0;
  door->answer = GUARD_ANSWER_NONE;
}

void
guard_door_wrote (GuardDoor *door, const guint8 *data, gsize len)
{
  gsize i;

  door->stuck = 0;
  for (i = 0; i < len && door->answer != GUARD_ANSWER_FINAL; i++)
    if (door->answer == GUARD_ANSWER_NONE)
      see_status (door, data[i]);
    else
      see_interim (door, data[i]);
}

/* ---- the end */
void
guard_door_end (GuardDoor *door)
{
  door->state = GUARD_END;
  door->fill = 0;
  g_clear_pointer (&door->buffer, g_free);
}

void
guard_door_drain (GuardDoor *door)
{
  /* TLS would say good-bye only when it is closed: its peer has Connection: close */
  if (G_IS_SOCKET_CONNECTION (door->base))
    g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION (door->base)), FALSE,
                       TRUE, NULL);
  door->state = GUARD_DRAIN;
  door->fill = 0;
  door->until = guard_door_now (door) + DRAIN_TIME;
}

void
guard_door_answer (GuardDoor *door, guint status, const char *fields, const char *why)
{
  g_autofree char *answer =
      guard_answer_new (status, fields, why, door->head.method != GUARD_METHOD_HEAD);

  /* it fits into an idle socket's buffer; who has filled that one does not read answers */
  g_pollable_output_stream_write_nonblocking (door->out, answer, strlen (answer), NULL, NULL);
  door->refused_once = TRUE;
  guard_door_drain (door);
}

void
guard_door_refuse (GuardDoor *door, guint status, const char *why)
{
  gboolean told = door->refused_once;

  door->refused_once = TRUE;
  if (status)
    guard_door_answer (door, status, NULL, why);
  else
    guard_door_end (door);
  if (!told && door->refused)
    door->refused (status, why, door->user_data);
}
