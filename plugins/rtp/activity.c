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

/* Every source is looked at once, however many take part. */
static void
expire_sources (const RflRoute *route, gint64 now)
{
  g_autoptr (GPtrArray) sources = g_ptr_array_copy (route->sources, NULL, NULL);

  for (guint i = 0; i < sources->len; i++)
    {
      RflSource *source = sources->pdata[i];
      RtpMedium *m = source->owner ? rtp_peer_find_medium (source->owner) : NULL;
      if (m)
        rtp_medium_expire_source (m, source, now);
    }
}

static void
expire_all_sources (RtpPlugin *plugin, gint64 now)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (plugin->core);

  for (guint i = 0; i < sessions->len; i++)
    {
      const RflSession *session = sessions->pdata[i];
      for (guint k = 0; k < session->routes->len; k++)
        expire_sources (session->routes->pdata[k], now);
    }
}

void
rtp_activity_timer (gpointer data)
{
  RtpPlugin *plugin = data;
  gint64 now = rfl_clock_now (plugin->clock);
  g_autoptr (GPtrArray) gone =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_participant_unref);
  g_autofree char *reason =
      g_strdup_printf ("no RTCP for %d s", (int) (plugin->inactivity / G_USEC_PER_SEC));
  GHashTableIter iter;
  gpointer key;

  expire_all_sources (plugin, now);
  /* Who is ended goes out of the set: first look, then act. */
  g_hash_table_iter_init (&iter, plugin->peers);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      RtpPeer *peer = key;
      if (is_watched (peer) && now - last_sign (peer) >= plugin->inactivity)
        g_ptr_array_add (gone, rfl_participant_ref (peer->participant));
    }
  for (guint i = 0; i < gone->len; i++)
    {
      rfl_counter_add (plugin->inactive, 1);
      rfl_participant_end (gone->pdata[i], reason);
    }
}
