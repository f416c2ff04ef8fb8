/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads no faster than the reflector takes. Not for finding the marks (ts.c). */
#include "config.h"

#include "tools/client/share/caster.h"

#include "tools/client/share/mux.h"
#include "tools/client/share/pipe.h"
#include "tools/client/share/ts.h"

#define CHUNK 65536
#define TRUNK_QUEUE (512 * 1024)
#define PATIENCE 5 /* seconds for the reflector to close */

struct _Caster {
  CasterFuncs funcs;
  gpointer user_data;
  Pipe *trunk;
  Mux *mux;
  GInputStream *input;
  GCancellable *reading;
  gboolean pending, ended, closing;
  guint deadline;
  CasterMarks marks;
  TsScanner *scanner;
  GByteArray *first; /* until it is known what it is */
  guint8 *chunk;
  guint64 octets;
};

static void read_input (Caster *caster);

static void
close_with (Caster *caster, const GError *error)
{
  g_cancellable_cancel (caster->reading);
  caster->funcs.closed (caster->octets, error, caster->user_data);
}

/* ---- to the reflector ---- */

static void
on_piece (const guint8 *data, gsize len, gboolean mark, gpointer user_data)
{
  Caster *caster = user_data;
  guint8 header[2 * TS_PACKET];

  if (mark && ts_scanner_get_header (caster->scanner, header))
    mux_broadcast_header (caster->mux, header, sizeof header);
  mux_broadcast (caster->mux, data, len, mark);
}

static void
cast (Caster *caster, const guint8 *data, gsize len)
{
  if (caster->marks == CASTER_MPEGTS)
    ts_scanner_feed (caster->scanner, data, len, on_piece, caster);
  else
    mux_broadcast (caster->mux, data, len, TRUE);
}

static void
decide (Caster *caster)
{
  g_autoptr (GByteArray) first = g_steal_pointer (&caster->first);

  if (caster->marks == CASTER_AUTO)
    caster->marks = first->len >= TS_PROOF && ts_looks_right (first->data, first->len)
                        ? CASTER_MPEGTS
                        : CASTER_ANYWHERE;
  caster->funcs.started (caster->marks, caster->user_data);
  cast (caster, first->data, first->len);
}

static void
take (Caster *caster, const guint8 *data, gsize len)
{
  caster->octets += len;
  if (caster->first == NULL)
    {
      cast (caster, data, len);
      return;
    }
  g_byte_array_append (caster->first, data, (guint) len);
  if (caster->marks != CASTER_AUTO || caster->first->len >= TS_PROOF)
    decide (caster);
}

/* ---- from the input ---- */

static gboolean
on_deadline (gpointer user_data)
{
  Caster *caster = user_data;

  caster->deadline = 0;
  close_with (caster, NULL);
  return G_SOURCE_REMOVE;
}

/* Nothing is left to be read, nothing left to be written. The reflector closes when it has read all: closing
 * here, with octets of its on their way, would take the last of ours back. */
static void
maybe_done (Caster *caster)
{
  if (!caster->ended || caster->closing || pipe_get_queued (caster->trunk) > 0)
    return;
  caster->closing = TRUE;
  caster->deadline = g_timeout_add_seconds (PATIENCE, on_deadline, caster);
  pipe_end (caster->trunk);
}

static void
end_input (Caster *caster)
{
  caster->ended = TRUE;
  if (caster->first != NULL)
    decide (caster);
  ts_scanner_finish (caster->scanner, on_piece, caster);
  maybe_done (caster);
}

static void
on_read (GObject *input, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (input), result, &error);
  Caster *caster = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  caster->pending = FALSE;
  if (n > 0)
    {
      take (caster, caster->chunk, (gsize) n);
      read_input (caster);
    }
  else if (n == 0)
    end_input (caster);
  else
    close_with (caster, error);
}

static void
read_input (Caster *caster)
{
  if (caster->pending || caster->ended || pipe_get_queued (caster->trunk) > TRUNK_QUEUE)
    return;
  caster->pending = TRUE;
  g_input_stream_read_async (caster->input, caster->chunk, CHUNK, G_PRIORITY_DEFAULT,
                             caster->reading, on_read, caster);
}

/* ---- the trunk ---- */

static void
on_write (const guint8 *data, gsize len, gpointer user_data)
{
  Caster *caster = user_data;

  pipe_write (caster->trunk, data, len);
}

/* A broadcast has no channels; whoever opens one gets nothing there. */
static void
on_channel (guint32 channel, gpointer user_data)
{
}

static void
on_channel_data (guint32 channel, const guint8 *data, gsize len, gpointer user_data)
{
}

static void
on_trunk_data (const guint8 *data, gsize len, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Caster *caster = user_data;

  if (!mux_feed (caster->mux, data, len, &error))
    close_with (caster, error);
}

static void
on_trunk_drained (gpointer user_data)
{
  Caster *caster = user_data;

  read_input (caster);
  maybe_done (caster);
}

static void
on_trunk_closed (const GError *error, gpointer user_data)
{
  Caster *caster = user_data;

  close_with (caster, caster->closing ? NULL : error);
}

Caster *
caster_new (GIOStream *io, GBytes *rest, GInputStream *input, CasterMarks marks,
            const CasterFuncs *funcs, gpointer user_data)
{
  static const PipeFuncs trunk = { on_trunk_data, on_trunk_drained, on_trunk_closed };
  static const MuxFuncs mux = { on_channel, on_channel_data, on_channel, on_channel, on_write };
  Caster *caster = g_new0 (Caster, 1);

  caster->funcs = *funcs;
  caster->user_data = user_data;
  caster->input = g_object_ref (input);
  caster->reading = g_cancellable_new ();
  caster->marks = marks;
  caster->scanner = ts_scanner_new ();
  caster->first = g_byte_array_new ();
  caster->chunk = g_malloc (CHUNK);
  caster->mux = mux_new (&mux, caster);
  caster->trunk = pipe_new (io, &trunk, caster);
  pipe_put_back (caster->trunk, rest);
  pipe_read (caster->trunk, CHUNK);
  read_input (caster);
  return caster;
}

void
caster_free (Caster *caster)
{
  if (caster == NULL)
    return;
  if (caster->deadline != 0)
    g_source_remove (caster->deadline);
  g_cancellable_cancel (caster->reading);
  g_object_unref (caster->reading);
  g_object_unref (caster->input);
  pipe_free (caster->trunk);
  mux_free (caster->mux);
  ts_scanner_free (caster->scanner);
  if (caster->first != NULL)
    g_byte_array_unref (caster->first);
  g_free (caster->chunk);
  g_free (caster);
}

gboolean
caster_has_ended (const Caster *caster)
{
  return caster->ended;
}

guint64
caster_get_octets (const Caster *caster)
{
  return caster->octets;
}
