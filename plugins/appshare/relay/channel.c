/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sharer's frames and its viewers' streams: credit in each direction of each viewer, so that what waits for one is
 * bounded and nobody waits for him. Not for viewers of a share that comes over a link: see proxy.c.
 */
#include "plugins/appshare/relay/private.h"

#include <reflector/error.h>

#include "core/wire/bytes.h"
#include <string.h>

/* So that nobody waits long behind another one's frame. */
#define PIECE 16384

static void
send_frame (Share *share, guint8 type, guint32 channel, const guint32 *number)
{
  guint8 octets[RFL_SHARE_FRAME_HEAD + 4];
  RflShareFrame frame = { .type = type, .channel = channel, .len = number ? 4 : 0 };

  rfl_share_frame_write (&frame, octets);
  if (number)
    wire_put32 (octets + RFL_SHARE_FRAME_HEAD, *number);
  conn_send (share->trunk, octets, RFL_SHARE_FRAME_HEAD + frame.len, NULL);
}

/* ---- from the viewer ---- */

static void
read_on (Viewer *viewer)
{
  Share *share = viewer->share;

  if (conn_get_queued (share->trunk) > share->relay->limits.queue)
    share->held = TRUE;
  conn_read (viewer->conn, share->held ? 0 : MIN (viewer->may_send, PIECE));
}

/* The octets before @data are free for the frame's head. */
static void
forward (Viewer *viewer, guint8 *data, gsize len)
{
  Share *share = viewer->share;
  RflShareFrame frame = { .type = RFL_SHARE_FRAME_DATA,
                          .len = (guint16) len,
                          .channel = viewer->channel };

  viewer->may_send -= len;
  rfl_share_frame_write (&frame, data - RFL_SHARE_FRAME_HEAD);
  conn_send (share->trunk, data - RFL_SHARE_FRAME_HEAD, RFL_SHARE_FRAME_HEAD + len, NULL);
  read_on (viewer);
}

static void
on_data (Conn *conn, guint8 *data, gsize len, gpointer user_data)
{
  forward (user_data, data, len);
}

static void
on_written (Conn *conn, gsize len, gpointer user_data)
{
  Viewer *viewer = user_data;
  guint32 more;

  viewer->owed += len;
  if (viewer->owed < viewer->share->relay->limits.credit / 4)
    return;
  more = (guint32) viewer->owed;
  viewer->granted += more;
  viewer->owed = 0;
  send_frame (viewer->share, RFL_SHARE_FRAME_CREDIT, viewer->channel, &more);
}

void
channel_closed (Viewer *viewer)
{
  send_frame (viewer->share, RFL_SHARE_FRAME_CLOSE, viewer->channel, NULL);
  viewer_free (viewer, FALSE);
}

static void
on_closed (Conn *conn, gpointer user_data)
{
  channel_closed (user_data);
}

void
channel_open (Viewer *viewer, const guint8 *rest, gsize len)
{
  static const ConnFuncs funcs = { on_data, on_written, on_closed };
  Share *share = viewer->share;
  guint32 credit = share->relay->limits.credit;
  guint8 early[RFL_SHARE_FRAME_HEAD + RFL_SHARE_MAX_LINE];

  viewer->channel = ++share->next_channel;
  viewer->may_send = viewer->granted = credit;
  g_hash_table_insert (share->channels, GUINT_TO_POINTER (viewer->channel), viewer);
  conn_set_funcs (viewer->conn, &funcs, viewer);
  send_frame (share, RFL_SHARE_FRAME_OPEN, viewer->channel, &credit);
  if (len > 0)
    {
      memcpy (early + RFL_SHARE_FRAME_HEAD, rest, len);
      forward (viewer, early + RFL_SHARE_FRAME_HEAD, len);
    }
  else
    read_on (viewer);
}

/* There is room on the trunk again. */
void
channel_trunk_written (Share *share)
{
  if (!share->held || conn_get_queued (share->trunk) > share->relay->limits.queue / 2)
    return;
  share->held = FALSE;
  for (guint i = 0; i < share->viewers->len; i++)
    {
      Viewer *viewer = share->viewers->pdata[i];
      conn_read (viewer->conn, MIN (viewer->may_send, PIECE));
    }
}

/* ---- from the sharer ---- */

static gboolean
bad (GError **error, const char *what)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "the sharer sent %s", what);
  return FALSE;
}

static gboolean
take_data (Viewer *viewer, const RflSharePiece *piece, GError **error)
{
  gsize before, gone;

  if (piece->len > viewer->granted)
    return bad (error, "more than it has credit for");
  viewer->granted -= piece->len;
  before = conn_get_queued (viewer->conn);
  conn_send (viewer->conn, piece->payload, piece->len, NULL);
  gone = piece->len - (conn_get_queued (viewer->conn) - before);
  share_count (viewer->share, 0, piece->len);
  if (gone > 0)
    on_written (viewer->conn, gone, viewer);
  return TRUE;
}

static gboolean
take_credit (Viewer *viewer, guint32 more, GError **error)
{
  if (viewer->may_send + more > G_MAXUINT32)
    return bad (error, "more CREDIT than there can be");
  viewer->may_send += more;
  read_on (viewer);
  return TRUE;
}

gboolean
channel_take (Share *share, const RflSharePiece *piece, GError **error)
{
  Viewer *viewer = g_hash_table_lookup (share->channels, GUINT_TO_POINTER (piece->frame.channel));

  switch (piece->frame.type)
    {
    case RFL_SHARE_FRAME_OPEN:
      return bad (error, "OPEN");
    case RFL_SHARE_FRAME_HEADER:
      return bad (error, "HEADER on a share of channels");
    case RFL_SHARE_FRAME_DATA:
      return !viewer || take_data (viewer, piece, error);
    case RFL_SHARE_FRAME_CREDIT:
      return !viewer || take_credit (viewer, piece->number, error);
    case RFL_SHARE_FRAME_CLOSE:
      if (viewer)
        viewer_free (viewer, TRUE);
      return TRUE;
    default:
      return TRUE;
    }
}
