/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A share on the relay's thread: its doors, keys, trunk and viewers, whatever its kind. What the trunk says is in
 * channel.c and broadcast.c.
 */
#include "plugins/appshare/relay/private.h"

#include <string.h>

/* ---- the gauge ---- */

RelayGauge *
relay_gauge_new (void)
{
  RelayGauge *gauge = g_new0 (RelayGauge, 1);

  gauge->refs = 1;
  return gauge;
}

RelayGauge *
relay_gauge_ref (RelayGauge *gauge)
{
  __atomic_add_fetch (&gauge->refs, 1, __ATOMIC_RELAXED);
  return gauge;
}

void
relay_gauge_unref (RelayGauge *gauge)
{
  if (gauge && __atomic_sub_fetch (&gauge->refs, 1, __ATOMIC_ACQ_REL) == 0)
    g_free (gauge);
}

/* ---- viewers ---- */

static void
set_gauge (Share *share)
{
  __atomic_store_n (&share->spec.gauge->viewers, share->viewers->len, __ATOMIC_RELAXED);
}

Viewer *
viewer_new (Share *share, Key *key, Conn *conn)
{
  Viewer *viewer = g_new0 (Viewer, 1);

  viewer->share = share;
  viewer->key = key;
  viewer->conn = conn;
  viewer->moved = g_get_monotonic_time ();
  key->n++;
  g_ptr_array_add (share->viewers, viewer);
  set_gauge (share);
  return viewer;
}

void
viewer_free (Viewer *viewer, gboolean flush)
{
  Share *share = viewer->share;

  g_ptr_array_remove_fast (share->viewers, viewer);
  set_gauge (share);
  if (viewer->channel)
    g_hash_table_remove (share->channels, GUINT_TO_POINTER (viewer->channel));
  viewer->key->n--;
  caller_free (viewer->caller);
  conn_free (viewer->upstream);
  if (flush)
    conn_finish (viewer->conn, FLUSH_TIME, share->relay->lingering);
  else
    conn_free (viewer->conn);
  if (viewer->early)
    g_byte_array_unref (viewer->early);
  g_free (viewer);
}

Key *
share_find_key (const Share *share, const guint8 *passkey)
{
  Key *found = NULL;

  for (guint i = 0; i < share->keys->len; i++)
    {
      Key *key = share->keys->pdata[i];
      guint different = 0;

      for (guint j = 0; j < RFL_SHARE_PASSKEY; j++)
        different |= key->key[j] ^ passkey[j];
      if (different == 0)
        found = key;
    }
  return found;
}

const char *
share_check (const Share *share, const Key *key)
{
  const RelayLimits *limits = &share->relay->limits;

  if (!key)
    return share->trunk ? "there is a sharer already" : NULL;
  if (share->viewers->len >= limits->viewers)
    return "too many viewers";
  if (!key->link && key->n >= limits->per_key)
    return "too many connections of one viewer";
  if (!share->trunk && share->spec.upstream.family == 0)
    return "not open yet";
  return NULL;
}

void
share_admit (Share *share, Key *key, Conn *conn, const guint8 *rest, gsize len)
{
  Viewer *viewer = key ? viewer_new (share, key, conn) : NULL;

  if (viewer && share->spec.kind == RFL_SHARE_CHANNEL && share->spec.upstream.family != 0)
    {
      proxy_open (viewer, rest, len); /* answered when the other reflector has answered */
      return;
    }
  conn_send (conn, (const guint8 *) RFL_SHARE_OK, strlen (RFL_SHARE_OK), NULL);
  if (!viewer)
    share_set_trunk (share, conn, rest, len);
  else if (share->spec.kind == RFL_SHARE_CHANNEL)
    channel_open (viewer, rest, len);
  else
    broadcast_open (viewer);
}

void
share_count (Share *share, gsize in, gsize out)
{
  RelayGauge *gauge = share->spec.gauge;

  __atomic_add_fetch (&gauge->octets_in, in, __ATOMIC_RELAXED);
  __atomic_add_fetch (&gauge->octets_out, out, __ATOMIC_RELAXED);
  relay_count (share->relay, RELAY_OCTETS_IN, in);
  relay_count (share->relay, RELAY_OCTETS_OUT, out);
}

/* ---- the trunk ---- */

static void
send_small (Share *share, guint8 type, const guint8 *payload, gsize len)
{
  guint8 octets[RFL_SHARE_FRAME_HEAD + RFL_SHARE_MAX_SMALL];
  RflShareFrame frame = { .type = type, .len = (guint16) len };

  rfl_share_frame_write (&frame, octets);
  if (len > 0)
    memcpy (octets + RFL_SHARE_FRAME_HEAD, payload, len);
  conn_send (share->trunk, octets, RFL_SHARE_FRAME_HEAD + len, NULL);
}

/* A flood of PINGs that reads no answers gets none. */
static gboolean
take_piece (Share *share, const RflSharePiece *piece, GError **error)
{
  if (piece->frame.type == RFL_SHARE_FRAME_PING)
    {
      if (conn_get_queued (share->trunk) <= share->relay->limits.queue)
        send_small (share, RFL_SHARE_FRAME_PONG, piece->payload, piece->len);
      return TRUE;
    }
  if (share->spec.kind == RFL_SHARE_CHANNEL)
    return channel_take (share, piece, error);
  return broadcast_take (share, piece, error);
}

static void
take_trunk (Share *share, const guint8 *data, gsize len)
{
  g_autoptr (GError) error = NULL;
  RflSharePiece piece;
  RflShareRead read;

  share->heard = g_get_monotonic_time ();
  share_count (share, len, 0);
  while ((read = rfl_share_reader_next (&share->reader, &data, &len, &piece, &error))
         == RFL_SHARE_READ_PIECE)
    if (!take_piece (share, &piece, &error))
      {
        read = RFL_SHARE_READ_BAD;
        break;
      }
  if (read != RFL_SHARE_READ_BAD)
    return;
  relay_note (share->relay, RELAY_BROKEN, share->spec.id, conn_get_peer (share->trunk),
              error->message);
  relay_share_ended (share, FALSE, "its sharer broke the protocol");
}

static void
on_trunk_data (Conn *conn, guint8 *data, gsize len, gpointer user_data)
{
  take_trunk (user_data, data, len);
}

static void
on_trunk_written (Conn *conn, gsize len, gpointer user_data)
{
  Share *share = user_data;

  if (share->spec.kind == RFL_SHARE_CHANNEL)
    channel_trunk_written (share);
}

static void
on_trunk_closed (Conn *conn, gpointer user_data)
{
  relay_share_ended (user_data, TRUE, "its sharer has ended it");
}

void
share_set_trunk (Share *share, Conn *conn, const guint8 *rest, gsize len)
{
  static const ConnFuncs funcs = { on_trunk_data, on_trunk_written, on_trunk_closed };

  share->trunk = conn;
  share->heard = g_get_monotonic_time ();
  memset (&share->reader, 0, sizeof share->reader);
  conn_set_funcs (conn, &funcs, share);
  conn_read (conn, CONN_BUFFER);
  if (share->spec.upstream.family == 0)
    relay_note_opened (share->relay, share->spec.id);
  if (len > 0)
    take_trunk (share, rest, len);
}

/* ---- time ---- */

static gboolean
on_tick (gpointer data)
{
  Share *share = data;
  const RelayLimits *limits = &share->relay->limits;
  gint64 now = g_get_monotonic_time ();

  if (!share->trunk && share->spec.upstream.family == 0
      && now - share->made > limits->connect * G_TIME_SPAN_SECOND)
    {
      relay_share_ended (share, FALSE, "its sharer has not connected");
      return G_SOURCE_REMOVE;
    }
  if (share->trunk && now - share->heard > limits->silence * G_TIME_SPAN_SECOND)
    {
      relay_share_ended (share, FALSE, "its sharer is silent");
      return G_SOURCE_REMOVE;
    }
  if (share->trunk && now - share->heard > limits->ping * G_TIME_SPAN_SECOND
      && conn_get_queued (share->trunk) == 0)
    send_small (share, RFL_SHARE_FRAME_PING, (const guint8 *) "ping", 4);
  if (share->spec.kind == RFL_SHARE_BROADCAST)
    broadcast_tick (share);
  return G_SOURCE_CONTINUE;
}

/* ---- making and end ---- */

Share *
share_new (Relay *relay, const RelayShare *spec)
{
  Share *share = g_new0 (Share, 1);

  share->relay = relay;
  share->spec = *spec;
  share->keys = g_ptr_array_new_with_free_func (g_free);
  share->viewers = g_ptr_array_new ();
  share->channels = g_hash_table_new (NULL, NULL);
  share->made = g_get_monotonic_time ();
  share->tick = relay_after (relay, 1, on_tick, share);
  for (guint i = 0; i < 2; i++)
    if (spec->doors[i] >= 0)
      share->doors[i] = door_new (share, spec->doors[i], i == 0);
  return share;
}

void
share_free (Share *share, gboolean flush)
{
  relay_clear_source (&share->tick);
  for (guint i = 0; i < 2; i++)
    door_free (share->doors[i]);
  relay_note_freed (share->relay, share->spec.slot);
  while (share->viewers->len > 0)
    viewer_free (share->viewers->pdata[0], flush);
  caller_free (share->caller);
  conn_free (share->trunk);
  g_ptr_array_unref (share->viewers);
  for (guint i = 0; i < share->keys->len; i++)
    explicit_bzero (share->keys->pdata[i], sizeof (Key));
  g_ptr_array_unref (share->keys);
  g_hash_table_unref (share->channels);
  g_clear_pointer (&share->header, g_bytes_unref);
  if (share->header_new)
    g_byte_array_unref (share->header_new);
  relay_gauge_unref (share->spec.gauge);
  explicit_bzero (share->spec.sharer_key, RFL_SHARE_PASSKEY);
  explicit_bzero (share->spec.upstream_key, RFL_SHARE_PASSKEY);
  g_free (share);
}
