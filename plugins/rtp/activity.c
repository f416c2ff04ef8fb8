/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ends participants that have left without saying so, and their streams that have ended
 * likewise. Not for dialogs that are alive without media: session timers watch those.
 */
#include "plugins/rtp/rtp.h"

/* RTP counts only until the first RTCP. */
static gint64
last_sign (const RtpPeer *peer)
{
  gint64 last = peer->joined;

  if (peer->last_rtcp != 0)
    return MAX (last, peer->last_rtcp);
  for (guint i = 0; i < peer->media->len; i++)
    {
      const RtpMedium *m = peer->media->pdata[i];
      if (m && m->flow)
        last = MAX (last, rfl_flow_last_seen (m->flow));
    }
  return last;
}

/* Whether any of its media is ours to watch. */
static gboolean
is_watched (const RtpPeer *peer)
{
  for (guint i = 0; i < peer->media->len; i++)
    {
      const RtpMedium *m = peer->media->pdata[i];
      if (m && m->claim)
        return peer->joined != 0;
    }
  return FALSE;
}

static void
expire_sources (RtpPeer *peer, gint64 now)
{
  for (guint i = 0; i < peer->media->len; i++)
    if (peer->media->pdata[i])
      rtp_medium_expire_sources (peer->media->pdata[i], now);
}

static GPtrArray *
participant_array (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_participant_unref);
}

void
rtp_activity_timer (gpointer data)
{
  RtpPlugin *plugin = data;
  gint64 now = rfl_clock_now (plugin->clock);
  g_autoptr (GPtrArray) gone = participant_array ();
  g_autoptr (GPtrArray) rest = participant_array ();
  g_autofree char *reason =
      g_strdup_printf ("no RTCP for %d s", (int) (plugin->inactivity / G_USEC_PER_SEC));
  GHashTableIter iter;
  gpointer key;

  /* Events may bring any hook to change the set: first look, then act. */
  g_hash_table_iter_init (&iter, plugin->peers);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      RtpPeer *peer = key;
      gboolean over = is_watched (peer) && now - last_sign (peer) >= plugin->inactivity;
      g_ptr_array_add (over ? gone : rest, rfl_participant_ref (peer->participant));
    }
  for (guint i = 0; i < gone->len; i++)
    {
      rfl_counter_add (plugin->inactive, 1);
      rfl_participant_end (gone->pdata[i], reason);
    }
  for (guint i = 0; i < rest->len; i++)
    {
      RtpPeer *peer = rtp_peer_get (rest->pdata[i]);
      if (peer)
        expire_sources (peer, now);
    }
}
