/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cutting octets into frames and counting credit, for every viewer apart. Not for whom the octets come from.
 */
#include "config.h"

#include "tools/client/share/mux.h"

#include <reflector/error.h>
#include <string.h>

#include "core/wire/bytes.h"

#define HEADER 8
#define MAX_PAYLOAD 65535
/* Small enough that no viewer waits long behind another one's frame. */
#define PIECE 16384

enum {
  FRAME_OPEN = 1,
  FRAME_CLOSE,
  FRAME_DATA,
  FRAME_CREDIT,
  FRAME_PING,
  FRAME_PONG,
  FRAME_HEADER
};
#define FLAG_MARK 1
#define FLAG_MORE 2

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
  GByteArray *in;
};

Mux *
mux_new (const MuxFuncs *funcs, gpointer user_data)
{
  Mux *mux = g_new0 (Mux, 1);

  mux->funcs = *funcs;
  mux->user_data = user_data;
  mux->channels = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  mux->in = g_byte_array_new ();
  return mux;
}

void
mux_free (Mux *mux)
{
  if (mux == NULL)
    return;
  g_hash_table_unref (mux->channels);
  g_byte_array_unref (mux->in);
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
  guint8 header[HEADER] = { type, flags };

  wire_put16 (header + 2, (guint16) len);
  wire_put32 (header + 4, channel);
  mux->funcs.write (header, sizeof header, mux->user_data);
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
take_open (Mux *mux, guint32 id, const guint8 *data, gsize len, GError **error)
{
  Channel *channel;

  if (len < 4 || id == 0 || find (mux, id) != NULL)
    return malformed (error, "an OPEN that makes no sense");
  if (g_hash_table_size (mux->channels) >= MUX_MAX_CHANNELS)
    {
      write_frame (mux, FRAME_CLOSE, 0, id, NULL, 0);
      return TRUE;
    }
  channel = g_new0 (Channel, 1);
  channel->credit = channel->window = channel->granted = wire_get32 (data);
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
take_credit (Mux *mux, guint32 id, const guint8 *data, gsize len, GError **error)
{
  Channel *channel = find (mux, id);
  guint32 more;

  if (len < 4)
    return malformed (error, "a CREDIT without a number");
  more = wire_get32 (data);
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

/* Types of later versions are passed over. */
static gboolean
take_frame (Mux *mux, const guint8 *frame, gsize len, GError **error)
{
  guint32 id = wire_get32 (frame + 4);
  const guint8 *payload = frame + HEADER;

  switch (frame[0])
    {
    case FRAME_OPEN:
      return take_open (mux, id, payload, len, error);
    case FRAME_DATA:
      return take_data (mux, id, payload, len, error);
    case FRAME_CREDIT:
      return take_credit (mux, id, payload, len, error);
    case FRAME_CLOSE:
      take_close (mux, id);
      return TRUE;
    case FRAME_PING:
      write_frame (mux, FRAME_PONG, 0, id, payload, len);
      return TRUE;
    default:
      return TRUE;
    }
}

gboolean
mux_feed (Mux *mux, const guint8 *data, gsize len, GError **error)
{
  gsize at = 0;
  gboolean good = TRUE;

  g_byte_array_append (mux->in, data, (guint) len);
  while (good && mux->in->len - at >= HEADER)
    {
      const guint8 *frame = mux->in->data + at;
      gsize size = wire_get16 (frame + 2);

      if (mux->in->len - at < HEADER + size)
        break;
      good = take_frame (mux, frame, size, error);
      at += HEADER + size;
    }
  g_byte_array_remove_range (mux->in, 0, (guint) at);
  return good;
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
      write_frame (mux, FRAME_DATA, 0, id, data, n);
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
  write_frame (mux, FRAME_CREDIT, 0, id, more, sizeof more);
}

void
mux_close (Mux *mux, guint32 id)
{
  if (g_hash_table_remove (mux->channels, GUINT_TO_POINTER (id)))
    write_frame (mux, FRAME_CLOSE, 0, id, NULL, 0);
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
      write_frame (mux, FRAME_HEADER, len > n ? FLAG_MORE : 0, 0, data, n);
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
      write_frame (mux, FRAME_DATA, mark ? FLAG_MARK : 0, 0, data, n);
      mark = FALSE;
    }
}
