/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a guard's two streams share: where in a request the connection is, how long it may stay
 * there, and how it is refused. Not for what a head must look like: guard-head.h.
 */
#pragma once

#include "plugins/files/http/guard-head.h"

G_BEGIN_DECLS

typedef enum {
  GUARD_HEAD,  /* a head is awaited or comes */
  GUARD_PASS,  /* it is right, and handed on */
  GUARD_BODY,  /* of @body octets still */
  GUARD_DRAIN, /* answered; what still comes is thrown away, so that the answer arrives */
  GUARD_END
} GuardState;

typedef enum {
  GUARD_ANSWER_NONE, /* its status has not been seen yet */
  GUARD_ANSWER_INTERIM,
  GUARD_ANSWER_FINAL
} GuardAnswer;

/* Reference-counted: the library may let go of the connection and its streams in any order. */
typedef struct {
  GIOStream *base;
  GPollableInputStream *in;   /* of base */
  GPollableOutputStream *out; /* of base */
  GuardLimits limits;
  GuardRefused refused;
  gpointer user_data;
  gint64 (*now) (gpointer user_data);
  gpointer clock;

  GuardState state;
  GuardHead head;
  guint8 *buffer; /* (nullable) of limits.head octets; none while nothing is in it */
  gsize fill;
  gsize pass;   /* octets of a right head not handed on yet */
  guint64 body; /* octets of the body not handed on yet */

  gint64 since;   /* when the head began, the connection counting as the first one's; 0: idle */
  gint64 waiting; /* since when the reader waits for the peer; 0: it does not */
  gint64 credit;  /* microseconds that the body's sender may still let us wait */
  gint64 until;   /* end of draining */
  gint64 stuck;   /* since when an answer waits for the peer; 0: it does not */

  GuardAnswer answer;
  guint answer_seen; /* octets of a status line, or of an interim answer's end */
  gboolean early;    /* a final answer has begun before the body was read */
  gboolean heard;    /* any octet at all */
  gboolean refused_once;
} GuardDoor;

GuardDoor *guard_door_new (GIOStream *base, const GuardLimits *limits);
GuardDoor *guard_door_ref (GuardDoor *door);
void guard_door_unref (GuardDoor *door);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GuardDoor, guard_door_unref)

gint64 guard_door_now (const GuardDoor *door);

static inline gint64
guard_usec (guint seconds)
{
  return (gint64) seconds * G_USEC_PER_SEC;
}

/* ---- reading: as g_pollable_input_stream_read_nonblocking() */
gssize guard_door_read (GuardDoor *door, void *buffer, gsize count, GError **error);
/* Something to read, or the end of it, without asking the peer. */
gboolean guard_door_is_ready (const GuardDoor *door);
/* The reader waits from now on. Returns: microseconds until it must be woken, -1: never */
gint64 guard_door_wait (GuardDoor *door);

/* ---- writing */
/* The library has written @data: what does it mean for the request? */
void guard_door_wrote (GuardDoor *door, const guint8 *data, gsize len);
/* The writer waits for the peer from now on. Returns: as guard_door_wait() */
gint64 guard_door_write_wait (GuardDoor *door);
gboolean guard_door_write_is_late (GuardDoor *door);

/* ---- refusing */
/* @status: 0: close without an answer */
void guard_door_refuse (GuardDoor *door, guint status, const char *why);
/* Answers; see guard_refuse(). Then the door drains. */
void guard_door_answer (GuardDoor *door, guint status, const char *fields, const char *why);
/* No more requests; what comes is thrown away for a while. */
void guard_door_drain (GuardDoor *door);
void guard_door_end (GuardDoor *door);

/* Closes the base later, if octets of its peer wait or come still, and keeps @guard until then.
 * Returns: whether it does; otherwise nothing was done */
gboolean guard_linger (GIOStream *guard, GuardDoor *door);

/* Closes a TLS connection without waiting. */
void guard_say_goodbye (GTlsConnection *tls);

/* (transfer full): the whole answer. @with_body: not to HEAD */
char *guard_answer_new (guint status, const char *fields, const char *why, gboolean with_body);

/* ---- the streams */
GInputStream *guard_input_new (GuardDoor *door);
GOutputStream *guard_output_new (GuardDoor *door);
/* (transfer full): a source of @stream that fires with @child or after @delay microseconds (-1: only with @child, 0:
 * at once) */
GSource *guard_source_new (gpointer stream, GSource *child, gint64 delay,
                           GCancellable *cancellable);

G_END_DECLS
