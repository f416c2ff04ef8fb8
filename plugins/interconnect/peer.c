/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One peer: its channel on the RTCP relay, the timer that drives it, and what follows when
 * it comes and goes. Not for what the messages do: see presence.c and media.c.
 */
#include "plugins/interconnect/link.h"

/* Datagrams in a row before the rate counts, in seconds of it. */
#define BURST 1.0

static gint64
now (const LinkPeer *peer)
{
  return rfl_clock_now (rfl_core_get_clock (peer->plugin->core));
}

void
link_peer_kick (LinkPeer *peer)
{
  gint64 next = link_channel_poll (peer->channel, now (peer));

  if (next != LINK_BUSY)
    rfl_timer_start (peer->timer, MAX (next - now (peer), 0));
}

static void
transmit (const guint8 *data, gsize len, gpointer user_data)
{
  LinkPeer *peer = user_data;
  const RflAddress any = { 0 };

  rfl_port_send (peer->plugin->rtcp_port, &any, &peer->rtcp, data, len);
}

static void
deliver (const LinkMessage *message, gpointer user_data)
{
  LinkPeer *peer = user_data;

  switch (message->type)
    {
    case LINK_JOIN:
      link_presence_receive_join (peer, message);
      break;
    case LINK_LEAVE:
      link_presence_receive_leave (peer, message);
      break;
    case LINK_SOURCE:
      link_media_receive_source (peer, message);
      break;
    case LINK_SOURCE_END:
      link_media_receive_end (peer, message);
      break;
    case LINK_DIGEST:
      link_digest_receive (peer, message);
      break;
    case LINK_SYNC:
      link_digest_receive_sync (peer, message);
      break;
    case LINK_RETELL:
      link_digest_receive_retell (peer, message);
      break;
    case LINK_RETOLD:
      link_digest_receive_retold (peer, message);
      break;
    case LINK_TEXT:
      link_text_receive (peer, message);
      break;
    case LINK_SERVICE:
      link_service_receive (peer, message);
      break;
    default:
      break;
    }
}

static void
emit (LinkPeer *peer, RflEventType type)
{
  RflEvent *event = rfl_event_new (type);

  rfl_event_set_name (event, link_channel_get_peer_id (peer->channel));
  rfl_bus_emit (rfl_core_get_bus (peer->plugin->core), event, NULL, NULL);
}

static void
forget_all (LinkPeer *peer)
{
  link_media_forget_all (peer);
  link_presence_forget_all (peer);
  link_digest_forget (peer);
}

/* A peer has got a mixer, or has it no more: what it takes is another thing. */
static void
take_features (LinkPeer *peer)
{
  guint32 features = link_channel_get_peer_features (peer->channel);
  GHashTableIter iter;
  LinkRoom *room;

  if (features == peer->features)
    return;
  peer->features = features;
  g_hash_table_iter_init (&iter, peer->rooms);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &room))
    link_room_update (room);
}

static void
came_up (LinkPeer *peer)
{
  const char *id = link_channel_get_peer_id (peer->channel);
  const RflLogFields fields = { .peer = id };

  rfl_notice (&fields, "link to %s (%s) is up", id, peer->name);
  if (g_str_equal (id, rfl_core_get_id (peer->plugin->core)))
    rfl_warning (&fields, "the reflector at %s has our own id; give each its own", peer->name);
  link_presence_tell_all (peer);
  emit (peer, RFL_EVENT_LINK_UP);
}

static void
changed (gboolean up, const char *why, gpointer user_data)
{
  LinkPeer *peer = user_data;
  const RflLogFields fields = { .peer = link_channel_get_peer_id (peer->channel) };

  if (up)
    {
      take_features (peer);
      came_up (peer);
      return;
    }
  rfl_notice (&fields, "link to %s (%s) is down: %s", fields.peer, peer->name, why);
  forget_all (peer);
  emit (peer, RFL_EVENT_LINK_DOWN);
}

static const LinkChannelOps channel_ops = { transmit, deliver, changed };

static void
tick (gpointer user_data)
{
  LinkPeer *peer = user_data;

  link_channel_set_features (peer->channel, link_codec_features (peer->plugin));
  link_peer_kick (peer);
}

LinkPeer *
link_peer_new (LinkPlugin *plugin, const RflAddress *rtp)
{
  LinkPeer *peer = g_new0 (LinkPeer, 1);
  const LinkChannelConfig config = {
    .epoch = rfl_core_get_epoch (plugin->core),
    .sender = { plugin->ssrc, rfl_core_get_id (plugin->core) },
    .hello_interval = plugin->config.hello_interval,
    .dead_after = plugin->config.dead_after,
    .max_messages = plugin->config.limits.messages,
  };

  peer->plugin = plugin;
  peer->rtp = peer->rtcp = *rtp;
  peer->rtcp.port++;
  rfl_address_format (rtp, peer->name);
  peer->channel = link_channel_new (&config, &channel_ops, peer);
  peer->timer = rfl_timer_new (rfl_core_get_clock (plugin->core), "link", tick, peer);
  peer->rooms =
      g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) link_room_free);
  peer->remotes = g_hash_table_new (g_str_hash, g_str_equal);
  peer->in = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) link_in_free);
  peer->out = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  peer->used = g_hash_table_new (NULL, NULL);
  peer->waiting = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  peer->rate_tokens = plugin->config.limits.rate * BURST;
  g_queue_init (&peer->used_order);
  return peer;
}

gboolean
link_peer_start (LinkPeer *peer, GError **error)
{
  peer->rtp_flow = rfl_flow_new (peer->plugin->rtp_port, &peer->rtp, peer);
  peer->rtcp_flow = rfl_flow_new (peer->plugin->rtcp_port, &peer->rtcp, peer);
  if (!peer->rtp_flow || !peer->rtcp_flow)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_FAILED, "the address of %s is in use", peer->name);
      return FALSE;
    }
  tick (peer);
  link_digest_schedule (peer);
  return TRUE;
}

void
link_peer_stop (LinkPeer *peer)
{
  rfl_timer_stop (peer->timer);
  link_digest_clear (peer);
  if (peer->rtcp_flow)
    link_channel_goodbye (peer->channel, now (peer));
  forget_all (peer);
  g_clear_pointer (&peer->rtp_flow, rfl_flow_free);
  g_clear_pointer (&peer->rtcp_flow, rfl_flow_free);
}

void
link_peer_free (LinkPeer *peer)
{
  link_digest_clear (peer);
  rfl_timer_free (peer->timer);
  link_channel_free (peer->channel);
  g_hash_table_unref (peer->rooms);
  g_hash_table_unref (peer->remotes);
  g_hash_table_unref (peer->in);
  g_hash_table_unref (peer->out);
  g_hash_table_unref (peer->used);
  g_hash_table_unref (peer->waiting);
  g_queue_clear (&peer->used_order);
  g_free (peer);
}

gboolean
link_peer_allows (LinkPeer *peer)
{
  double rate = peer->plugin->config.limits.rate;
  gint64 at = now (peer);

  peer->rate_tokens += rate * (at - peer->rate_at) / G_TIME_SPAN_SECOND;
  peer->rate_tokens = MIN (peer->rate_tokens, rate * BURST);
  peer->rate_at = at;
  if (peer->rate_tokens < 1)
    return FALSE;
  peer->rate_tokens -= 1;
  return TRUE;
}

static void
receive_messages (LinkPeer *peer, const LinkFrame *frame)
{
  const LinkChannelStats *stats = link_channel_get_stats (peer->channel);
  guint64 limited = stats->limited;

  link_channel_receive (peer->channel, frame, now (peer));
  if (link_channel_is_up (peer->channel))
    take_features (peer);
  link_peer_kick (peer);
  if (stats->limited > limited)
    link_complain (peer->plugin, LINK_COUNT_OVER_MESSAGES, peer->name,
                   "%s sends more messages than max_messages; they have to wait", peer->name);
}

void
link_peer_receive (LinkPeer *peer, const guint8 *data, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_auto (LinkFrame) frame = { 0 };

  if (!link_frame_decode (&frame, data, len, &error))
    link_complain (peer->plugin, LINK_COUNT_MALFORMED, peer->name, "%s sent nonsense: %s",
                   peer->name, error->message);
  else if (frame.kind == LINK_FRAME_MESSAGES)
    receive_messages (peer, &frame);
  else if (link_channel_accepts (peer->channel, &frame, now (peer)))
    link_relay_receive (peer, &frame);
  else
    link_count (peer->plugin, LINK_COUNT_STALE);
}
