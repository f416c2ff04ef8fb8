/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our sources and the labels they have on a link. A label names one source for as long as that lives, and
 * is not soon given to another one. Not for the labels of a peer: see media.c.
 */
#include "plugins/interconnect/link.h"

static gboolean
is_local (const RflSource *source)
{
  return source->owner && link_presence_is_told (source->owner->participant)
         && source->owner->index < LINK_MAX_MEDIA; /* the JOIN names no more */
}

static guint32
choose_label (LinkPeer *peer, guint32 label)
{
  while (g_hash_table_contains (peer->used, GUINT_TO_POINTER (label)))
    label = g_random_int ();
  g_hash_table_add (peer->used, GUINT_TO_POINTER (label));
  return label;
}

/* A label may be given out again when its source is gone, but not soon. */
static void
retire_label (LinkPeer *peer, guint32 label)
{
  g_queue_push_tail (&peer->used_order, GUINT_TO_POINTER (label));
  if (peer->used_order.length > LINK_MAX_USED)
    g_hash_table_remove (peer->used, g_queue_pop_head (&peer->used_order));
}

static LinkOut *
get_out (LinkPeer *peer, RflSource *source)
{
  LinkOut *out = g_hash_table_lookup (peer->out, source);

  if (out)
    return out;
  out = g_new0 (LinkOut, 1);
  out->label = choose_label (peer, source->ssrc);
  g_hash_table_insert (peer->out, source, out);
  return out;
}

LinkMessage *
link_media_describe (const LinkPeer *peer, const RflSource *source, guint32 label)
{
  g_autoptr (GPtrArray) formats = link_codec_of_source (peer, source);
  LinkMessage *message = link_message_new (LINK_SOURCE);
  LinkMedium *medium = link_medium_new (source->owner->index, source->owner->kind);

  message->session = g_strdup (source->route->session->name);
  message->participant = g_strdup (source->owner->participant->id);
  message->label = label;
  message->ssrc = source->ssrc;
  if (source->owner->current && source->owner->current->answer_audio_level <= LINK_MAX_EXTENSION)
    message->audio_level = source->owner->current->answer_audio_level;
  link_medium_take_formats (medium, formats);
  g_ptr_array_add (message->media, medium);
  return message;
}

void
link_media_announce (LinkLeg *leg, RflSource *source)
{
  LinkPeer *peer = leg->room->peer;

  if (!is_local (source))
    return;
  LinkOut *out = get_out (peer, source);
  g_autoptr (LinkMessage) message = link_media_describe (peer, source, out->label);
  if (!link_channel_send (peer->channel, message))
    {
      link_complain (peer->plugin, LINK_COUNT_UNSENDABLE, peer->name,
                     "a source of %s does not fit the link to %s", message->participant,
                     peer->name);
      return;
    }
  rfl_source_set_label (source, leg->leg, out->label);
}

void
link_media_announce_all (LinkLeg *leg)
{
  for (guint i = 0; i < leg->route->sources->len; i++)
    link_media_announce (leg, leg->route->sources->pdata[i]);
}

void
link_media_announce_medium (LinkPlugin *plugin, const RflMedium *medium)
{
  const char *name = medium->participant->session->name;

  for (guint i = 0; medium->route && i < plugin->peers->len; i++)
    {
      LinkPeer *peer = plugin->peers->pdata[i];
      LinkRoom *room = g_hash_table_lookup (peer->rooms, name);
      LinkLeg *leg = room ? link_room_find_leg (room, medium->route) : NULL;
      for (guint k = 0; leg && k < medium->route->sources->len; k++)
        {
          RflSource *source = medium->route->sources->pdata[k];
          if (source->owner == medium)
            link_media_announce (leg, source);
        }
    }
}

/* What any of a route's formats is has changed, or which of them are there. */
static RflHookResult
on_formats (RflEvent *event, gpointer user_data, GError **error)
{
  LinkPlugin *plugin = user_data;

  link_media_map_again (plugin, rfl_session_get_route (event->session, event->name));
  link_rooms_update (plugin, event->session);
  link_plugin_kick (plugin);
  return RFL_HOOK_CONTINUE;
}

static void
withdraw (LinkPeer *peer, RflSource *source)
{
  const LinkOut *out = g_hash_table_lookup (peer->out, source);
  g_autoptr (LinkMessage) message = link_message_new (LINK_SOURCE_END);

  if (!out)
    return;
  message->label = out->label;
  link_channel_send (peer->channel, message);
}

void
link_media_withdraw_all (LinkLeg *leg)
{
  for (guint i = 0; i < leg->route->sources->len; i++)
    withdraw (leg->room->peer, leg->route->sources->pdata[i]);
}

static RflHookResult
on_appeared (RflEvent *event, gpointer user_data, GError **error)
{
  LinkPlugin *plugin = user_data;
  RflSource *source = event->source;

  for (guint i = 0; is_local (source) && i < plugin->peers->len; i++)
    {
      LinkPeer *peer = plugin->peers->pdata[i];
      LinkRoom *room = g_hash_table_lookup (peer->rooms, source->route->session->name);
      LinkLeg *leg = room ? link_room_find_leg (room, source->route) : NULL;
      if (!leg)
        continue;
      link_media_announce (leg, source);
      link_peer_kick (peer);
    }
  return RFL_HOOK_CONTINUE;
}

static void
source_is_gone (LinkPeer *peer, RflSource *source)
{
  const LinkIn *in = g_hash_table_lookup (peer->in, GUINT_TO_POINTER (source->wire_ssrc));
  LinkRoom *room = g_hash_table_lookup (peer->rooms, source->route->session->name);

  if (in && in->source == source)
    g_hash_table_remove (peer->in, GUINT_TO_POINTER (source->wire_ssrc));
  if (!g_hash_table_contains (peer->out, source))
    return;
  if (room && link_room_find_leg (room, source->route))
    withdraw (peer, source);
  retire_label (peer, ((LinkOut *) g_hash_table_lookup (peer->out, source))->label);
  g_hash_table_remove (peer->out, source);
  link_peer_kick (peer);
}

static RflHookResult
on_vanished (RflEvent *event, gpointer user_data, GError **error)
{
  LinkPlugin *plugin = user_data;

  for (guint i = 0; i < plugin->peers->len; i++)
    source_is_gone (plugin->peers->pdata[i], event->source);
  return RFL_HOOK_CONTINUE;
}

gboolean
link_media_add_hooks (LinkPlugin *plugin, GError **error)
{
  const RflHook hooks[] = {
    { .name = "interconnect/appeared",
      .event = RFL_EVENT_SOURCE_APPEARED,
      .stage = RFL_HOOK_NORMAL,
      .func = on_appeared,
      .user_data = plugin },
    { .name = "interconnect/formats",
      .event = RFL_EVENT_FORMATS_CHANGED,
      .stage = RFL_HOOK_NORMAL,
      .func = on_formats,
      .user_data = plugin },
    { .name = "interconnect/vanished",
      .event = RFL_EVENT_SOURCE_VANISHED,
      .stage = RFL_HOOK_NORMAL,
      .func = on_vanished,
      .user_data = plugin },
  };

  return rfl_bus_add_hooks (rfl_core_get_bus (plugin->core), hooks, G_N_ELEMENTS (hooks),
                            plugin->hooks, error);
}
