/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Viewers of a share that comes over a link: of a channel a connection each to the reflector before, of a broadcast
 * one for all. Not for the line there: see caller.c.
 */
#include "plugins/appshare/relay/private.h"

#include <string.h>

/* Octets kept in each direction of a viewer. */
#define WINDOW (256 * 1024)

/* ---- channel: two connections joined ---- */

static void
read_both (Viewer *viewer)
{
  conn_read (viewer->conn, conn_get_queued (viewer->upstream) < WINDOW ? WINDOW : 0);
  conn_read (viewer->upstream, conn_get_queued (viewer->conn) < WINDOW ? WINDOW : 0);
}

static void
on_viewer_data (Conn *conn, guint8 *data, gsize len, gpointer user_data)
{
  Viewer *viewer = user_data;

  if (!viewer->upstream)
    {
      g_byte_array_append (viewer->early, data, (guint) len);
      conn_read (conn, viewer->early->len < WINDOW / 4 ? WINDOW / 4 - viewer->early->len : 0);
      return;
    }
  conn_send (viewer->upstream, data, len, NULL);
  read_both (viewer);
}

static void
on_upstream_data (Conn *conn, guint8 *data, gsize len, gpointer user_data)
{
  Viewer *viewer = user_data;

  share_count (viewer->share, len, len);
  conn_send (viewer->conn, data, len, NULL);
  read_both (viewer);
}

static void
on_written (Conn *conn, gsize len, gpointer user_data)
{
  Viewer *viewer = user_data;

  if (viewer->upstream)
    read_both (viewer);
}

/* What the viewer sent last still goes there. */
static void
on_viewer_closed (Conn *conn, gpointer user_data)
{
  Viewer *viewer = user_data;
  Conn *upstream = g_steal_pointer (&viewer->upstream);

  if (upstream)
    conn_finish (upstream, FLUSH_TIME, viewer->share->relay->lingering);
  viewer_free (viewer, FALSE);
}

static void
on_upstream_closed (Conn *conn, gpointer user_data)
{
  viewer_free (user_data, TRUE);
}

static void
refuse (Viewer *viewer)
{
  static const char no[] = RFL_SHARE_NO " the other reflector does not answer\r\n";

  conn_send (viewer->conn, (const guint8 *) no, sizeof no - 1, NULL);
  viewer_free (viewer, TRUE);
}

static void
on_called (Conn *conn, const guint8 *rest, gsize len, const char *why, gpointer user_data)
{
  static const ConnFuncs funcs = { on_upstream_data, on_written, on_upstream_closed };
  Viewer *viewer = user_data;

  viewer->caller = NULL;
  if (!conn)
    {
      refuse (viewer);
      return;
    }
  viewer->upstream = conn;
  conn_set_funcs (conn, &funcs, viewer);
  conn_send (viewer->conn, (const guint8 *) RFL_SHARE_OK, strlen (RFL_SHARE_OK), NULL);
  conn_send (viewer->conn, rest, len, NULL);
  conn_send (conn, viewer->early->data, viewer->early->len, NULL);
  g_clear_pointer (&viewer->early, g_byte_array_unref);
  read_both (viewer);
}

void
proxy_open (Viewer *viewer, const guint8 *rest, gsize len)
{
  static const ConnFuncs funcs = { on_viewer_data, on_written, on_viewer_closed };

  viewer->early = g_byte_array_new ();
  if (len > 0)
    g_byte_array_append (viewer->early, rest, (guint) len);
  conn_set_funcs (viewer->conn, &funcs, viewer);
  conn_read (viewer->conn, WINDOW / 4);
  viewer->caller = caller_new (viewer->share, on_called, viewer);
}

/* ---- broadcast: one for all ---- */

static void
on_trunk (Conn *conn, const guint8 *rest, gsize len, const char *why, gpointer user_data)
{
  Share *share = user_data;

  share->caller = NULL;
  if (conn)
    share_set_trunk (share, conn, rest, len);
  else
    while (share->viewers->len > 0)
      viewer_free (share->viewers->pdata[0], FALSE);
}

void
proxy_need_trunk (Share *share)
{
  if (!share->caller && !share->trunk)
    share->caller = caller_new (share, on_trunk, share);
}
