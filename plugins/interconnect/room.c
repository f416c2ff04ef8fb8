/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rooms: the sessions that a peer and this reflector have in common, and the legs that carry
 * packets there. A leg of a kind exists exactly while both sides have somebody who takes part
 * in that kind. Not for what a leg carries: see media.c and relay.c.
 */
#include "plugins/interconnect/link.h"
#include <string.h>

static void
leg_free (LinkLeg *leg)
{
  rfl_leg_free (leg->leg);
  g_free (leg);
}

LinkRoom *
link_room_get (LinkPeer *peer, const char *name)
{
  LinkRoom *room = g_hash_table_lookup (peer->rooms, name);

  if (room)
    return room;
  room = g_new0 (LinkRoom, 1);
  room->peer = peer;
  room->name = g_strdup (name);
  room->remotes = g_hash_table_new (NULL, NULL);
  room->legs = g_ptr_array_new_with_free_func ((GDestroyNotify) leg_free);
  g_hash_table_insert (peer->rooms, room->name, room);
  return room;
}

void
link_room_free (LinkRoom *room)
{
  g_ptr_array_unref (room->legs);
  g_hash_table_unref (room->remotes);
  g_free (room->name);
  g_free (room);
}

LinkLeg *
link_room_find_leg (const LinkRoom *room, const RflRoute *route)
{
  for (guint i = 0; i < room->legs->len; i++)
    if (((LinkLeg *) room->legs->pdata[i])->route == route)
      return room->legs->pdata[i];
  return NULL;
}

static gboolean
takes_part (const RflParticipant *participant, const char *kind)
{
  for (guint i = 0; i < participant->media->len; i++)
    {
      const RflMedium *medium = participant->media->pdata[i];
      if (medium->kind == kind && medium->current && medium->current->accepted)
        return TRUE;
    }
  return FALSE;
}

static gboolean
has_remote (const LinkRoom *room, const char *kind)
{
  GHashTableIter iter;
  LinkRemote *remote;

  g_hash_table_iter_init (&iter, room->remotes);
  while (g_hash_table_iter_next (&iter, (gpointer *) &remote, NULL))
    if (remote->joined && takes_part (remote->participant, kind))
      return TRUE;
  return FALSE;
}

static gboolean
has_local (const RflSession *session, const char *kind)
{
  for (guint i = 0; session->n_local > 0 && i < session->participants->len; i++)
    {
      const RflParticipant *participant = session->participants->pdata[i];
      if (link_presence_is_told (participant) && takes_part (participant, kind))
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_wanted (const LinkRoom *room, const RflRoute *route)
{
  return has_remote (room, route->kind) && route->formats->len > 0
         && has_local (route->session, route->kind);
}

/* Sources that came from the peer are asked for keyframes through our leg to it. */
static void
set_back (const LinkLeg *leg)
{
  const GPtrArray *sources = leg->route->sources;

  for (guint i = 0; i < sources->len; i++)
    {
      RflSource *source = sources->pdata[i];
      if (source->flow == leg->room->peer->rtp_flow)
        rfl_source_set_back (source, leg->leg);
    }
}

static void
add_leg (LinkRoom *room, RflRoute *route)
{
  LinkPlugin *plugin = room->peer->plugin;
  LinkLeg *leg = g_new0 (LinkLeg, 1);
  RflLegSpec spec = {
    .route = route,
    .port = plugin->rtp_port,
    .remote = room->peer->rtp,
    .mode = RFL_LEG_ALL,
    .flags = RFL_LEG_LOCAL_ONLY | RFL_LEG_LABELLED,
    .ops = &link_leg_ops,
    .user_data = leg,
  };

  if (plugin->config.address)
    rfl_address_parse (&spec.local, plugin->config.address, 0);
  link_codec_fill (room->peer, route, spec.pt);
  leg->room = room;
  leg->route = route;
  leg->n_formats = route->formats->len;
  leg->codec = route->codec;
  leg->whole = link_codec_is_whole (room->peer);
  leg->leg = rfl_leg_new (&spec);
  g_ptr_array_add (room->legs, leg);
  set_back (leg);
  link_media_announce_all (leg);
}

static void
update_formats (LinkLeg *leg)
{
  gboolean whole = link_codec_is_whole (leg->room->peer);
  guint8 pt[RFL_ROUTE_MAX_FORMATS];

  if (leg->n_formats == leg->route->formats->len && leg->codec == leg->route->codec
      && leg->whole == whole)
    return;
  leg->whole = whole;
  leg->codec = leg->route->codec;
  leg->n_formats = leg->route->formats->len;
  link_codec_fill (leg->room->peer, leg->route, pt);
  link_media_announce_all (leg);
  rfl_leg_set_pt (leg->leg, pt);
}

void
link_room_update (LinkRoom *room)
{
  for (guint i = room->legs->len; i-- > 0;)
    {
      LinkLeg *leg = room->legs->pdata[i];
      if (is_wanted (room, leg->route))
        update_formats (leg);
      else
        {
          link_media_withdraw_all (leg);
          g_ptr_array_remove_index (room->legs, i);
        }
    }
  if (!room->session || !link_channel_is_up (room->peer->channel))
    return;
  for (guint i = 0; i < room->session->routes->len; i++)
    {
      RflRoute *route = room->session->routes->pdata[i];
      if (!link_room_find_leg (room, route) && is_wanted (room, route))
        add_leg (room, route);
    }
}

void
link_rooms_update (LinkPlugin *plugin, RflSession *session)
{
  for (guint i = 0; i < plugin->peers->len; i++)
    {
      LinkPeer *peer = plugin->peers->pdata[i];
      LinkRoom *room = g_hash_table_lookup (peer->rooms, session->name);
      if (room)
        link_room_update (room);
    }
}

void
link_room_drop_legs (LinkRoom *room)
{
  g_ptr_array_set_size (room->legs, 0);
}
