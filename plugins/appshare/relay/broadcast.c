/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One stream to all viewers: where each may begin, what a slow one misses. Nobody is waited for. Not for where the
 * stream comes from.
 */
#include "plugins/appshare/relay/private.h"

#include <reflector/error.h>
#include <string.h>

#define MAX_SKIPS 8
#define MAX_GARBAGE 65536
#define HEADER_PIECE 32768

/* ---- to a viewer ---- */

static void
on_data (Conn *conn, guint8 *data, gsize len, gpointer user_data)
{
  Viewer *viewer = user_data;

  viewer->garbage += len;
  if (viewer->garbage <= MAX_GARBAGE || viewer->framed)
    return;
  relay_note (viewer->share->relay, RELAY_BROKEN, viewer->share->spec.id, conn_get_peer (conn),
              "a viewer of a broadcast that sends");
  viewer_free (viewer, FALSE);
}

static void
on_written (Conn *conn, gsize len, gpointer user_data)
{
  Viewer *viewer = user_data;

  viewer->moved = g_get_monotonic_time ();
  if (conn_get_queued (conn) == 0)
    viewer->skips = 0;
}

static void
on_closed (Conn *conn, gpointer user_data)
{
  viewer_free (user_data, FALSE);
}

static void
send_framed (Viewer *viewer, guint8 type, guint8 flags, const guint8 *data, gsize len)
{
  RflShareFrame frame = { .type = type, .flags = flags };
  guint8 head[RFL_SHARE_FRAME_HEAD];
  gsize n;

  do
    {
      n = MIN (len, HEADER_PIECE);
      frame.len = (guint16) n;
      if (type == RFL_SHARE_FRAME_HEADER)
        frame.flags = len > n ? RFL_SHARE_FRAME_MORE : 0;
      rfl_share_frame_write (&frame, head);
      conn_send (viewer->conn, head, sizeof head, NULL);
      conn_send (viewer->conn, data, n, NULL);
      frame.flags = 0;
      data += n;
      len -= n;
    }
  while (len > 0);
}

static void
send_header (Viewer *viewer)
{
  gsize len = 0;
  const guint8 *data =
      viewer->share->header ? g_bytes_get_data (viewer->share->header, &len) : NULL;

  if (viewer->framed)
    send_framed (viewer, RFL_SHARE_FRAME_HEADER, 0, data, len);
  else if (len > 0)
    conn_send (viewer->conn, data, len, NULL);
}

void
broadcast_open (Viewer *viewer)
{
  static const ConnFuncs funcs = { on_data, on_written, on_closed };

  viewer->framed = viewer->key->link;
  viewer->waits = TRUE;
  conn_set_funcs (viewer->conn, &funcs, viewer);
  conn_read (viewer->conn, 4096);
  if (viewer->share->trunk)
    {
      if (viewer->framed)
        send_header (viewer);
    }
  else
    proxy_need_trunk (viewer->share);
}

/* ---- the stream ---- */

/* Returns: whether the viewer gets what begins or goes on here */
static gboolean
wants (Viewer *viewer, gboolean mark, gsize len)
{
  gsize limit = viewer->share->relay->limits.queue, queued = conn_get_queued (viewer->conn);

  if (!viewer->waits && queued + len > limit)
    {
      viewer->waits = viewer->behind = TRUE;
      viewer->skips++;
      relay_count (viewer->share->relay, RELAY_SKIPS, 1);
    }
  if (!viewer->waits)
    return TRUE;
  if (!mark || queued > limit / 2)
    return FALSE;
  if (!viewer->behind && !viewer->framed)
    send_header (viewer);
  viewer->waits = viewer->behind = FALSE;
  return TRUE;
}

static void
close_slow (Viewer *viewer)
{
  relay_note (viewer->share->relay, RELAY_SLOW, viewer->share->spec.id,
              conn_get_peer (viewer->conn), "a viewer that is too slow");
  viewer_free (viewer, FALSE);
}

static void
spread (Share *share, const RflSharePiece *piece)
{
  gboolean mark = piece->first && piece->frame.flags & RFL_SHARE_FRAME_MARK;
  g_autoptr (GBytes) shared = NULL;
  gsize out = 0;

  for (guint i = share->viewers->len; i > 0; i--)
    {
      Viewer *viewer = share->viewers->pdata[i - 1];

      if (conn_get_queued (viewer->conn) == 0)
        viewer->moved = share->heard;
      if (!wants (viewer, mark, piece->len))
        {
          if (viewer->skips >= MAX_SKIPS)
            close_slow (viewer);
          continue;
        }
      if (viewer->framed)
        send_framed (viewer, RFL_SHARE_FRAME_DATA, mark ? RFL_SHARE_FRAME_MARK : 0, piece->payload,
                     piece->len);
      else
        conn_send (viewer->conn, piece->payload, piece->len, &shared);
      if (conn_get_queued (viewer->conn) == 0)
        viewer->skips = 0;
      out += piece->len;
    }
  share_count (share, 0, out);
}

static gboolean
take_header (Share *share, const RflSharePiece *piece, GError **error)
{
  if (!share->header_new)
    share->header_new = g_byte_array_new ();
  if (share->header_new->len + piece->len > RFL_SHARE_MAX_HEADER)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "a HEADER above %d octets",
                   RFL_SHARE_MAX_HEADER);
      return FALSE;
    }
  if (piece->len > 0)
    g_byte_array_append (share->header_new, piece->payload, (guint) piece->len);
  if (!piece->last || piece->frame.flags & RFL_SHARE_FRAME_MORE)
    return TRUE;
  g_clear_pointer (&share->header, g_bytes_unref);
  share->header = g_byte_array_free_to_bytes (g_steal_pointer (&share->header_new));
  for (guint i = 0; i < share->viewers->len; i++)
    {
      Viewer *viewer = share->viewers->pdata[i];
      if (viewer->framed && conn_get_queued (viewer->conn) <= share->relay->limits.queue)
        send_header (viewer);
    }
  return TRUE;
}

gboolean
broadcast_take (Share *share, const RflSharePiece *piece, GError **error)
{
  if (piece->frame.type == RFL_SHARE_FRAME_HEADER)
    return take_header (share, piece, error);
  if (piece->frame.type == RFL_SHARE_FRAME_DATA && piece->frame.channel == 0 && piece->len > 0)
    spread (share, piece);
  return TRUE;
}

/* A stream that nobody here looks at does not cross the link. */
static void
drop_trunk (Share *share)
{
  conn_free (g_steal_pointer (&share->trunk));
  g_clear_pointer (&share->header, g_bytes_unref);
  if (share->header_new)
    g_byte_array_unref (g_steal_pointer (&share->header_new));
}

void
broadcast_tick (Share *share)
{
  gint64 then = g_get_monotonic_time () - share->relay->limits.stall * G_TIME_SPAN_SECOND;

  for (guint i = share->viewers->len; i > 0; i--)
    {
      Viewer *viewer = share->viewers->pdata[i - 1];

      if (conn_get_queued (viewer->conn) > 0 && viewer->moved < then)
        close_slow (viewer);
      else if (viewer->framed && conn_get_queued (viewer->conn) == 0)
        send_framed (viewer, RFL_SHARE_FRAME_PING, 0, (const guint8 *) "ping", 4);
    }
  if (share->viewers->len == 0 && share->trunk && share->spec.upstream.family != 0)
    drop_trunk (share);
}
