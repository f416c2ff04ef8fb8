/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stands between a connection and the HTTP library: octets are judged before the library sees
 * them. A head is held back until it is whole and right; a body is let through by its
 * Content-Length, never beyond; whatever is wrong or too slow is answered here, and the library
 * then reads the end of the stream. Not for what a request means: resources, users, quotas.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What a connection may do. Times and rates of 0 mean: no limit; @head must be set. */
typedef struct {
  gsize head;         /* octets of a request's head, its empty line among them */
  guint fields;       /* header fields of a request */
  gsize target;       /* octets of the request's target */
  guint head_seconds; /* from the connection's begin, later from a head's first octet, to its end */
  guint idle_seconds; /* between an answer's end and the next request's first octet */
  guint
      body_seconds; /* grace of a body below min_rate; nothing at all for so long is the end too */
  guint min_rate;   /* octets/s of a body. Only time spent waiting for the peer counts */
  guint write_seconds; /* in which the peer must have taken something of an answer */
} GuardLimits;

/**
 * GuardRefused:
 * @status: as answered to the peer; 0: closed without an answer, since none could be given (no
 *   request had begun, or an answer was under way)
 * @why: what the answer says, static, of ASCII without quotes
 *
 * For counters and the log: once per connection at most, from within a read or a write of it, on
 * their thread. It must not free the stream.
 */
typedef void (*GuardRefused) (guint status, const char *why, gpointer user_data);

/**
 * guard_new:
 * @base: (transfer none): with pollable streams: a socket's connection, or TLS upon one
 * @limits: copied
 * @user_data: must outlive the stream
 *
 * Requests that get through have: a method of GET, HEAD, PUT, DELETE, OPTIONS; a target in origin
 * form without empty or dot segments and without encoded control characters; HTTP/1.0 or 1.1; at
 * most one Host, exactly one for 1.1; fields of RFC 9110 syntax, one per line; no Transfer-Encoding; one
 * Content-Length at most, always with PUT, none above 0 with the others; no expectation but
 * 100-continue. After a final answer to a request whose body has not been read (an expectation
 * that was not met) nothing more is read: the connection ends, so that a body is never taken for
 * a request.
 *
 * Deadlines need that the reader polls (g_pollable_input_stream_create_source()); a blocking read
 * is refused with G_IO_ERROR_NOT_SUPPORTED. One thread only.
 *
 * Closing it while the peer still sends takes up to 2 s more, in which the stream exists still and
 * its main context (the thread's default one at that time) must run.
 *
 * Returns: (transfer full): for soup_server_accept_iostream()
 */
GIOStream *guard_new (GIOStream *base, const GuardLimits *limits, GuardRefused refused,
                      gpointer user_data);

/**
 * guard_refuse:
 * @stream: of guard_new()
 * @status: 4xx or 5xx
 * @fields: (nullable): more of the answer's header, each line with its CR LF
 * @why: for people, UTF-8
 *
 * Answers the present request at once, in the library's place, and ends the connection: for a body
 * that nobody wants and whose sender did not ask before (the library would read it to its end
 * first). Later writes fail, reads end. Not counted: GuardRefused is not called.
 *
 * Returns: whether it was done; not once an answer has begun, or where the body is read already
 */
gboolean guard_refuse (GIOStream *stream, guint status, const char *fields, const char *why);

/* Nothing more of the answer gets out: the library's next write fails, and it closes the connection. For an answer that
 * cannot be finished. */
void guard_cut (GIOStream *stream);

/* Octets of the present request's body that the library has not read yet. */
guint64 guard_get_unread (GIOStream *stream);

/* For one connection too many: 503, as far as the peer still gets it, since nothing is waited for.
 * @socket: accepted, without TLS; the caller closes it */
void guard_turn_away (GSocket *socket, const char *why);

/* For tests: microseconds from somewhere else than g_get_monotonic_time(). */
void guard_set_clock (GIOStream *stream, gint64 (*now) (gpointer user_data), gpointer user_data);

G_END_DECLS
