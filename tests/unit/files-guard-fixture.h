/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guard on one end of a pair of sockets, its peer on the other, its clock moved by hand. Not for
 * an HTTP library: the test reads and writes in its place.
 */
#pragma once

#include "plugins/files/http/guard.h"

typedef struct {
  GIOStream *stream; /* the guard */
  GIOStream *base;
  GPollableInputStream *in;
  GPollableOutputStream *out;
  GSocket *peer;
  gint64 now;
  guint refused; /* calls */
  guint status;  /* of the last one */
  const char *why;
} GuardFixture;

/* head 16384, fields 64, target 4096, head 10 s, idle 20 s, body 10 s at 1000 octets/s, write 30 s */
extern const GuardLimits guard_fixture_limits;

/* @limits: (nullable): those above. The clock stands at one hour. */
void guard_fixture_begin (GuardFixture *fixture, const GuardLimits *limits);
/* Ends, asserting that nothing of it is left. */
void guard_fixture_end (GuardFixture *fixture);

/* The peer sends. */
void guard_fixture_say_octets (GuardFixture *fixture, const char *data, gsize len);
void guard_fixture_say (GuardFixture *fixture, const char *text);
void guard_fixture_hang_up (GuardFixture *fixture);
void guard_fixture_sleep (GuardFixture *fixture, gdouble seconds);

/* One read in the library's place, of @count octets at most. Returns: octets; 0: the end; -1: nothing yet */
gssize guard_fixture_read (GuardFixture *fixture, void *buffer, gsize count);
/* Everything until nothing comes or the end. @ended: (out) (optional) */
GString *guard_fixture_read_all (GuardFixture *fixture, gboolean *ended);
/* The library answers. Returns: whether it could */
gboolean guard_fixture_answer (GuardFixture *fixture, const char *text);
/* (transfer full): what the peer has got so far */
char *guard_fixture_heard (GuardFixture *fixture);
/* The peer has got an answer of the guard's with this status, and then the end; reading ends. */
void guard_fixture_assert_refused (GuardFixture *fixture, guint status);
/* Nothing to read, and not the end. */
void guard_fixture_assert_waits (GuardFixture *fixture);
void guard_fixture_assert_ended (GuardFixture *fixture);
/* What comes through, exactly. */
void guard_fixture_assert_reads (GuardFixture *fixture, const char *text);
