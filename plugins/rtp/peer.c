/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Follows participants of this reflector from their first offer until they have left. What
 * happens to one medium's packets is in media.c.
 */
#include "plugins/rtp/rtp.h"

#include <string.h>

#define PEER_KEY "rtp.peer"

static void
medium_free (gpointer data)
{
  RtpMedium *m = data;
  if (m == NULL)
    return;
  rtp_medium_detach (m);
  rfl_medium_set_rtcp_sender (m->medium, NULL, NULL);
  g_clear_pointer (&m->learnt, g_ptr_array_unref);
  g_free (m);
}

static void
peer_free (gpointer data)
{
  RtpPeer *peer = data;

  rtp_peer_detach (peer);
  g_ptr_array_unref (peer->media);
  g_free (peer);
}

RtpPeer *
rtp_peer_get (RflParticipant *participant)
{
  RtpPeer *peer = rfl_participant_get_data (participant, PEER_KEY);
  return peer && peer->plugin ? peer : NULL;
}

RtpMedium *
rtp_peer_find_medium (const RflMedium *medium)
{
  RtpPeer *peer = medium->participant->origin ? NULL : rtp_peer_get (medium->participant);

  if (peer == NULL || medium->index >= peer->media->len)
    return NULL;
  return peer->media->pdata[medium->index];
}

static RtpPeer *
peer_new (RtpPlugin *plugin, RflParticipant *participant)
{
  RtpPeer *peer = g_new0 (RtpPeer, 1);

  peer->plugin = plugin;
  peer->participant = participant;
  peer->media = g_ptr_array_new_with_free_func (medium_free);
  g_hash_table_add (plugin->peers, peer);
  rfl_participant_set_data (participant, PEER_KEY, peer, peer_free);
  return peer;
}

/* Also while it has no leg: RTCP may have come before any RTP, or without. */
static gboolean
send_rtcp (RflMedium *medium, const guint8 *data, gsize len, gpointer user_data)
{
  return rtp_medium_send_rtcp (user_data, data, len);
}

/* The m-line's record; a medium never changes its kind. */
static RtpMedium *
get_medium (RtpPeer *peer, RflMedium *medium)
{
  RtpKind *kind = rtp_plugin_find_kind (peer->plugin, medium->kind);
  RtpMedium *m;

  if (peer->media->len <= medium->index)
    g_ptr_array_set_size (peer->media, medium->index + 1);
  m = peer->media->pdata[medium->index];
  if (m && m->kind != kind)
    {
      g_clear_pointer (&peer->media->pdata[medium->index], medium_free);
      m = NULL;
    }
  if (m == NULL && kind)
    {
      m = g_new0 (RtpMedium, 1);
      m->peer = peer;
      m->kind = kind;
      m->pair = &kind->pairs[RTP_FIRST_PAIR];
      m->medium = medium;
      rfl_medium_set_rtcp_sender (medium, send_rtcp, m);
      peer->media->pdata[medium->index] = m;
    }
  return m;
}

RtpPeer *
rtp_peer_prepare (RtpPlugin *plugin, RflParticipant *participant)
{
  RtpPeer *peer = rtp_peer_get (participant);

  if (peer == NULL)
    peer = peer_new (plugin, participant);
  for (guint i = 0; i < participant->media->len; i++)
    {
      RflMedium *medium = participant->media->pdata[i];
      RtpMedium *m = get_medium (peer, medium);
      if (m && participant->state != RFL_PARTICIPANT_JOINED && medium->offered
          && medium->offered->accepted)
        rtp_medium_claim (m, medium->offered);
    }
  return peer;
}

void
rtp_peer_detach (RtpPeer *peer)
{
  RtpPlugin *plugin = peer->plugin;

  if (plugin == NULL)
    return;
  for (guint i = 0; i < peer->media->len; i++)
    if (peer->media->pdata[i])
      rtp_medium_detach (peer->media->pdata[i]);
  rtp_seats_release (peer);
  g_hash_table_remove (plugin->peers, peer);
  peer->plugin = NULL;
}

RflHookResult
rtp_peer_joined_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPlugin *plugin = data;
  RtpPeer *peer;

  if (event->participant->origin)
    return RFL_HOOK_CONTINUE;
  peer = rtp_peer_prepare (plugin, event->participant);
  peer->joined = rfl_clock_now (plugin->clock);
  for (guint i = 0; i < event->participant->media->len; i++)
    {
      RtpMedium *m = get_medium (peer, event->participant->media->pdata[i]);
      if (m)
        rtp_medium_apply (m);
    }
  return RFL_HOOK_CONTINUE;
}

RflHookResult
rtp_peer_changed_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPeer *peer = rtp_peer_get (event->participant);
  RtpMedium *m = NULL;

  if (peer && event->medium)
    m = get_medium (peer, event->medium);
  if (m)
    rtp_medium_apply (m);
  return RFL_HOOK_CONTINUE;
}

RflHookResult
rtp_peer_confirmed_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPeer *peer = rtp_peer_get (event->participant);

  for (guint i = 0; peer && peer->joined != 0 && i < peer->media->len; i++)
    if (peer->media->pdata[i])
      rtp_medium_update_leg (peer->media->pdata[i]);
  return RFL_HOOK_CONTINUE;
}

RflHookResult
rtp_peer_formats_hook (RflEvent *event, gpointer data, GError **error)
{
  for (guint i = 0; i < event->session->participants->len; i++)
    {
      RtpPeer *peer = rtp_peer_get (event->session->participants->pdata[i]);
      for (guint k = 0; peer && k < peer->media->len; k++)
        {
          RtpMedium *m = peer->media->pdata[k];
          if (m && strcmp (m->kind->name, event->name) == 0)
            rtp_medium_refresh (m);
        }
    }
  return RFL_HOOK_CONTINUE;
}

RflHookResult
rtp_peer_left_hook (RflEvent *event, gpointer data, GError **error)
{
  RtpPlugin *plugin = data;
  RtpPeer *peer = rtp_peer_get (event->participant);

  if (peer)
    rtp_peer_detach (peer);
  rtp_turns_run (plugin);
  return RFL_HOOK_CONTINUE;
}
