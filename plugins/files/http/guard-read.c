/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guarded connection's octets on their way in: collected while a head is not whole, counted
 * while a body comes, thrown away after the end. Not for answers: guard-door.c.
 */
#include "config.h"

#include <string.h>

#include "plugins/files/http/guard-door.h"

/* Thrown away per turn, so that other connections get theirs. */
#define DRAIN_TURN (64 * 1024)

/* What a step has come to. */
typedef enum {
  AGAIN,
  DONE
} Step;

static Step
done (gssize *result, gssize value)
{
  *result = value;
  return DONE;
}

/* Reads of the peer. Returns: octets, 0 at its end, -1 with @error; then the caller waits or gives up. */
static gssize
take (GuardDoor *door, void *buffer, gsize count, GError **error)
{
  gssize n = g_pollable_input_stream_read_nonblocking (door->in, buffer, count, NULL, error);

  if (n > 0)
    {
      door->heard = TRUE;
      return n;
    }
  if (n < 0 && g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    {
      if (!door->waiting)
        door->waiting = guard_door_now (door);
      return n;
    }
  guard_door_end (door);
  return n;
}

/* The buffer's first @len octets have been handed on. */
static void
drop (GuardDoor *door, gsize len)
{
  door->fill -= len;
  if (door->fill > 0)
    memmove (door->buffer, door->buffer + len, door->fill);
  else
    g_clear_pointer (&door->buffer, g_free);
}

static gssize
hand_on (GuardDoor *door, void *buffer, gsize count, gsize most)
{
  gsize len = MIN (MIN (count, most), door->fill);

  memcpy (buffer, door->buffer, len);
  drop (door, len);
  return (gssize) len;
}

/* ---- head */
/* Returns: whether the time for it is over, and the connection with it */
static gboolean
head_is_late (GuardDoor *door)
{
  const GuardLimits *limits = &door->limits;

  if (!door->since || !limits->head_seconds
      || guard_door_now (door) - door->since < guard_usec (limits->head_seconds))
    return FALSE;
  guard_door_refuse (door, door->heard ? 408 : 0, "the head took too long");
  return TRUE;
}

/* Nothing has come. Idle for too long is nothing wrong: the peer has been served. */
static void
look_at_idleness (GuardDoor *door, GError **error)
{
  const GuardLimits *limits = &door->limits;

  if (door->state != GUARD_HEAD || door->since || !limits->idle_seconds
      || guard_door_now (door) - door->waiting < guard_usec (limits->idle_seconds))
    return;
  g_clear_error (error);
  guard_door_end (door);
}

/* The head is whole and right. */
static void
begin_request (GuardDoor *door, gsize len)
{
  door->state = GUARD_PASS;
  door->pass = len;
  door->body = door->head.body;
  door->since = 0;
  door->waiting = 0;
  door->credit = guard_usec (door->limits.body_seconds);
  door->answer = GUARD_ANSWER_NONE;
  door->answer_seen = 0;
}

static Step
read_head (GuardDoor *door, gssize *result, GError **error)
{
  GuardFault fault = { 0, NULL };
  gsize len;
  gssize n;

  if (door->fill > door->head.next)
    {
      if (!door->since)
        door->since = guard_door_now (door);
      len = guard_head_feed (&door->head, door->buffer, door->fill, &door->limits, &fault);
      if (fault.status)
        guard_door_refuse (door, fault.status, fault.why);
      else if (len > 0)
        begin_request (door, len);
      return AGAIN;
    }
  if (head_is_late (door))
    return AGAIN;
  if (!door->buffer)
    door->buffer = g_malloc (door->limits.head + 1);
  /* one more than there may be, so that what is too long is seen */
  n = take (door, door->buffer + door->fill, door->limits.head + 1 - door->fill, error);
  if (n <= 0)
    {
      if (door->fill == 0)
        g_clear_pointer (&door->buffer, g_free);
      if (n < 0)
        look_at_idleness (door, error);
      return door->state == GUARD_END && !*error ? AGAIN : done (result, n);
    }
  door->fill += (gsize) n;
  door->waiting = 0;
  return AGAIN;
}

static Step
pass_head (GuardDoor *door, void *buffer, gsize count, gssize *result)
{
  *result = hand_on (door, buffer, count, door->pass);
  door->pass -= (gsize) *result;
  if (door->pass > 0)
    return DONE;
  door->state = door->body > 0 ? GUARD_BODY : GUARD_HEAD;
  if (door->state == GUARD_HEAD)
    memset (&door->head, 0, sizeof door->head);
  return DONE;
}

/* ---- body */
/* The time since the reader began to wait is the peer's; octets buy some again, up to the grace.
 * Returns: whether there is time left */
static gboolean
pay (GuardDoor *door, gsize octets)
{
  gint64 grace = guard_usec (door->limits.body_seconds), now = guard_door_now (door);
  gdouble earned = (gdouble) octets * G_USEC_PER_SEC;

  if (!grace)
    return TRUE;
  if (door->waiting)
    door->credit -= MIN (now - door->waiting, door->credit);
  door->waiting = octets ? 0 : now;
  if (!octets)
    return door->credit > 0;
  if (door->limits.min_rate && earned / door->limits.min_rate < (gdouble) (grace - door->credit))
    door->credit += (gint64) (earned / door->limits.min_rate);
  else
    door->credit = grace;
  return TRUE;
}

static void
count_body (GuardDoor *door, gsize len)
{
  door->body -= len;
  if (door->body > 0)
    return;
  door->state = GUARD_HEAD;
  door->waiting = 0;
  memset (&door->head, 0, sizeof door->head);
}

static Step
read_body (GuardDoor *door, void *buffer, gsize count, gssize *result, GError **error)
{
  gsize most = door->body < count ? (gsize) door->body : count;
  gssize n;

  if (door->early)
    {
      guard_door_drain (door);
      return AGAIN;
    }
  n = door->fill > 0 ? hand_on (door, buffer, count, most) : take (door, buffer, most, error);
  if (n == 0 || door->state != GUARD_BODY)
    return done (result, n);
  if (!pay (door, n > 0 ? (gsize) n : 0))
    {
      g_clear_error (error);
      guard_door_refuse (door, 408, "the body came too slowly");
      return AGAIN;
    }
  if (n > 0)
    count_body (door, (gsize) n);
  return done (result, n);
}

/* ---- end */
static Step
drain (GuardDoor *door, gssize *result, GError **error)
{
  guint8 scratch[8192];
  gsize total = 0;
  gssize n = 1;

  if (guard_door_now (door) >= door->until)
    guard_door_end (door);
  while (door->state == GUARD_DRAIN && total < DRAIN_TURN)
    {
      n = take (door, scratch, sizeof scratch, error);
      if (n <= 0)
        break;
      total += (gsize) n;
    }
  if (door->state == GUARD_END)
    {
      g_clear_error (error); /* a peer that has gone has ended too */
      return done (result, 0);
    }
  if (n > 0)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "enough for one turn");
  return done (result, -1);
}

static Step
step (GuardDoor *door, void *buffer, gsize count, gssize *result, GError **error)
{
  switch (door->state)
    {
    case GUARD_HEAD:
      return read_head (door, result, error);
    case GUARD_PASS:
      return pass_head (door, buffer, count, result);
    case GUARD_BODY:
      return read_body (door, buffer, count, result, error);
    case GUARD_DRAIN:
      return drain (door, result, error);
    default:
      return done (result, 0);
    }
}

gssize
guard_door_read (GuardDoor *door, void *buffer, gsize count, GError **error)
{
  g_autoptr (GError) local = NULL;
  gssize result = 0;

  if (count == 0)
    return 0;
  while (step (door, buffer, count, &result, &local) == AGAIN)
    ;
  if (local)
    g_propagate_error (error, g_steal_pointer (&local));
  return result;
}
