/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cutting octets into frames and counting credit, for every viewer apart. Not for whom the octets come from.
 */
#include "config.h"

#include "tools/client/share/mux.h"

#include <reflector/share.h>

#include "core/wire/bytes.h"

/* Small enough that no viewer waits long behind another one's frame. */
#define PIECE 16384

typedef struct {
  gsize credit;   /* what we may send */
  gsize window;   /* what the viewer may have on the way to us at most */
  gsize granted;  /* what he may send still */
  gsize consumed; /* passed on, and not granted again yet */
} Channel;

struct _Mux {
  MuxFuncs funcs;
  gpointer user_data;
  GHashTable *channels;
  RflShareReader reader;
};

Mux *
mux_new (const MuxFuncs *funcs, gpointer user_data)
{
  Mux *mux = g_new0 (Mux, 1);

  mux->funcs = *funcs;
  mux->user_data = user_data;
  mux->channels = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return mux;
}

void
mux_free (Mux *mux)
{
  if (mux == NULL)
    return;
  g_hash_table_unref (mux->channels);
  g_free (mux);
}

static Channel *
find (Mux *mux, guint32 channel)
{
  return g_hash_table_lookup (mux->channels, GUINT_TO_POINTER (channel));
}

static void
write_frame (Mux *mux, guint8 type, guint8 flags, guint32 channel, const guint8 *data, gsize len)
{
  RflShareFrame frame = { .type = type, .flags = flags, .len = (guint16) len, .channel = channel };
  guint8 head[RFL_SHARE_FRAME_HEAD];

  rfl_share_frame_write (&frame, head);
  mux->funcs.write (head, sizeof head, mux->user_data);
  if (len > 0)
    mux->funcs.write (data, len, mux->user_data);
}

/* ---- what comes in ---- */

static gboolean
malformed (GError **error, const char *what)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "the reflector sent %s", what);
  return FALSE;
}

static gboolean
take_open (Mux *mux, guint32 id, guint32 window, GError **error)
{
  Channel *channel;

  if (id == 0 || find (mux, id) != NULL)
    return malformed (error, "an OPEN that makes no sense");
  if (g_hash_table_size (mux->channels) >= MUX_MAX_CHANNELS)
    {
      write_frame (mux, RFL_SHARE_FRAME_CLOSE, 0, id, NULL, 0);
      return TRUE;
    }
  channel = g_new0 (Channel, 1);
  channel->credit = channel->window = channel->granted = window;
  g_hash_table_insert (mux->channels, GUINT_TO_POINTER (id), channel);
  mux->funcs.opened (id, mux->user_data);
  return TRUE;
}

/* Frames of a channel that we closed may still be on their way. */
static gboolean
take_data (Mux *mux, guint32 id, const guint8 *data, gsize len, GError **error)
{
  Channel *channel = find (mux, id);

  if (channel == NULL || len == 0)
    return TRUE;
  if (len > channel->granted)
    return malformed (error, "more than it has credit for");
  channel->granted -= len;
  mux->funcs.data (id, data, len, mux->user_data);
  return TRUE;
}

static gboolean
take_credit (Mux *mux, guint32 id, guint32 more, GError **error)
{
  Channel *channel = find (mux, id);

  if (channel == NULL || more == 0)
    return TRUE;
  if (channel->credit + more > G_MAXUINT32)
    return malformed (error, "more CREDIT than there can be");
  channel->credit += more;
  mux->funcs.credit (id, mux->user_data);
  return TRUE;
}

static void
take_close (Mux *mux, guint32 id)
{
  if (g_hash_table_remove (mux->channels, GUINT_TO_POINTER (id)))
    mux->funcs.closed (id, mux->user_data);
}

static gboolean
take_piece (Mux *mux, const RflSharePiece *piece, GError **error)
{
  guint32 id = piece->frame.channel;

  switch (piece->frame.type)
    {
    case RFL_SHARE_FRAME_OPEN:
      return take_open (mux, id, piece->number, error);
    case RFL_SHARE_FRAME_DATA:
      return take_data (mux, id, piece->payload, piece->len, error);
    case RFL_SHARE_FRAME_CREDIT:
      return take_credit (mux, id, piece->number, error);
    case RFL_SHARE_FRAME_CLOSE:
      take_close (mux, id);
      return TRUE;
    case RFL_SHARE_FRAME_PING:
      write_frame (mux, RFL_SHARE_FRAME_PONG, 0, id, piece->payload, piece->len);
      return TRUE;
    default:
      return TRUE;
    }
}

gboolean
mux_feed (Mux *mux, const guint8 *data, gsize len, GError **error)
{
  RflSharePiece piece;
  RflShareRead read;

  while ((read = rfl_share_reader_next (&mux->reader, &data, &len, &piece, error))
         == RFL_SHARE_READ_PIECE)
    if (!take_piece (mux, &piece, error))
      return FALSE;
  return read != RFL_SHARE_READ_BAD;
}

/* ---- what goes out ---- */

gsize
mux_get_credit (Mux *mux, guint32 id)
{
  Channel *channel = find (mux, id);

  return channel != NULL ? channel->credit : 0;
}

void
mux_send (Mux *mux, guint32 id, const guint8 *data, gsize len)
{
  Channel *channel = find (mux, id);

  g_return_if_fail (channel != NULL && len <= channel->credit);
  channel->credit -= len;
  for (gsize n; len > 0; data += n, len -= n)
    {
      n = MIN (len, PIECE);
      write_frame (mux, RFL_SHARE_FRAME_DATA, 0, id, data, n);
    }
}

void
mux_consumed (Mux *mux, guint32 id, gsize len)
{
  Channel *channel = find (mux, id);
  guint8 more[4];

  if (channel == NULL)
    return;
  channel->consumed += len;
  /* a CREDIT for each keystroke would double the traffic */
  if (channel->consumed < channel->window / 4 || channel->consumed == 0)
    return;
  wire_put32 (more, (guint32) channel->consumed);
  channel->granted += channel->consumed;
  channel->consumed = 0;
  write_frame (mux, RFL_SHARE_FRAME_CREDIT, 0, id, more, sizeof more);
}

void
mux_close (Mux *mux, guint32 id)
{
  if (g_hash_table_remove (mux->channels, GUINT_TO_POINTER (id)))
    write_frame (mux, RFL_SHARE_FRAME_CLOSE, 0, id, NULL, 0);
}

guint
mux_count (Mux *mux)
{
  return g_hash_table_size (mux->channels);
}

void
mux_broadcast_header (Mux *mux, const guint8 *data, gsize len)
{
  gsize n;

  do
    {
      n = MIN (len, PIECE);
      write_frame (mux, RFL_SHARE_FRAME_HEADER, len > n ? RFL_SHARE_FRAME_MORE : 0, 0, data, n);
      data += n;
      len -= n;
    }
  while (len > 0);
}

void
mux_broadcast (Mux *mux, const guint8 *data, gsize len, gboolean mark)
{
  for (gsize n; len > 0; data += n, len -= n)
    {
      n = MIN (len, PIECE);
      write_frame (mux, RFL_SHARE_FRAME_DATA, mark ? RFL_SHARE_FRAME_MARK : 0, 0, data, n);
      mark = FALSE;
    }
}
