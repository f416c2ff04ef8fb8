/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One connection (socket, TLS, socket pair) as a bounded way in and out of the thread's default main context.
 * Reads only when asked to, so that whoever cannot pass on what comes holds its sender back.
 */
#pragma once

#include <gio/gio.h>

typedef struct _Pipe Pipe;

/* Any of them may finish or free the Pipe. */
typedef struct {
  void (*data) (const guint8 *data, gsize len, gpointer user_data);
  /* What was to be written has become less. */
  void (*drained) (gpointer user_data);
  /* The other side has closed (@error %NULL) or the connection broke. Nothing is called after it. */
  void (*closed) (const GError *error, gpointer user_data);
} PipeFuncs;

/* Takes @io, whose streams must be of the pollable kind; a file is written to, but not read. Reads nothing before
 * pipe_read(). */
Pipe *pipe_new (GIOStream *io, const PipeFuncs *funcs, gpointer user_data);
/* Closes at once; what was not written is lost. */
void pipe_free (Pipe *pipe);
/* Closes when everything is written, or after 5 s in which nothing could be. Calls nothing any more; takes @pipe. */
void pipe_finish (Pipe *pipe);

/* Tells the other side that nothing more comes; once, when nothing is queued. */
void pipe_end (Pipe *pipe);
/* What was read from @io already: comes first in data(). @rest may be %NULL. */
void pipe_put_back (Pipe *pipe, GBytes *rest);
/* Read on, at most @max octets before the next call of data(); 0: stop. Stays so until the next call. */
void pipe_read (Pipe *pipe, gsize max);
/* Queues without bound: the caller looks at pipe_get_queued(). */
void pipe_write (Pipe *pipe, const guint8 *data, gsize len);
gsize pipe_get_queued (const Pipe *pipe);
