/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is where: those whom a peer tells of become remote participants here. What came over a link
 * is never passed on to another one. Not for what a peer is told (announce.c), nor for packets: see
 * media.c.
 */
#include "plugins/interconnect/link.h"
#include <string.h>

/* The LinkRemote of a remote participant. */
#define KEY "interconnect/remote"

/* ---- being told ---- */

/* Out of every table. Returns: (transfer full): the participant, perhaps still in its session */
static RflParticipant *
forget_remote (LinkRemote *remote)
{
  LinkRoom *room = remote->room;
  RflParticipant *participant = remote->participant;

  rfl_participant_set_data (participant, KEY, NULL, NULL);
  g_hash_table_remove (room->peer->remotes, participant->id);
  g_hash_table_remove (room->remotes, remote);
  if (remote->text)
    g_string_free (remote->text, TRUE);
  g_free (remote);
  link_digest_hurry (room->peer->plugin);
  link_room_update (room);
  if (g_hash_table_size (room->remotes) == 0)
    g_hash_table_remove (room->peer->rooms, room->name);
  return participant;
}

static void
drop_remote (LinkRemote *remote, const char *why)
{
  g_autoptr (RflParticipant) participant = forget_remote (remote);

  rfl_participant_leave (participant, why);
}

void
link_presence_drop (LinkPeer *peer, const char *id, const char *why)
{
  LinkRemote *remote = g_hash_table_lookup (peer->remotes, id);

  if (remote)
    drop_remote (remote, why);
}

/* Somebody here ended it: the peer will hear of nothing, but we forget it. */
static void
ended (RflParticipant *participant, const char *reason, gpointer user_data)
{
}

static const RflParticipantOps participant_ops = { ended };

/* Kinds are interned, so a peer must not invent them: one that nobody here has a name for is
 * not in use here. */
static RflMediumDesc *
make_offer (const LinkMedium *medium)
{
  gboolean known = g_quark_try_string (medium->kind) != 0;
  RflMediumDesc *desc = rfl_medium_desc_new (known ? medium->kind : "other");

  desc->direction = medium->direction;
  desc->accepted = medium->accepted && known;
  return desc;
}

static GPtrArray *
make_offers (const LinkMessage *join)
{
  GPtrArray *offers = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free);

  for (guint i = 0; i < join->media->len; i++)
    {
      const LinkMedium *medium = join->media->pdata[i];
      RflMediumDesc *desc = make_offer (medium);
      for (guint k = 0; k < medium->formats->len; k++)
        {
          g_ptr_array_add (desc->formats, rfl_format_copy (medium->formats->pdata[k]));
          g_ptr_array_add (desc->answer, rfl_format_copy (medium->formats->pdata[k]));
        }
      g_ptr_array_add (offers, desc);
    }
  return offers;
}

static void
join_decided (RflParticipant *participant, const GError *error, gpointer user_data)
{
  LinkPlugin *plugin = user_data;
  LinkRemote *remote = rfl_participant_get_data (participant, KEY);

  if (!error || !remote)
    return;
  link_complain (plugin, LINK_COUNT_LIMIT, remote->room->peer->name,
                 "participant %s of %s cannot join: %s", participant->id, remote->room->peer->name,
                 error->message);
  rfl_participant_unref (forget_remote (remote));
}

static void
offer_decided (RflParticipant *participant, const GError *error, gpointer user_data)
{
  LinkRemote *remote = rfl_participant_get_data (participant, KEY);

  if (!error)
    link_codec_take (user_data, participant);
  else if (remote)
    remote->hash = 0; /* the next digest has it told again */
  if (!error && remote)
    link_room_update (remote->room);
}

static void
add_remote (LinkPeer *peer, const LinkMessage *join)
{
  LinkRemote *remote = g_new0 (LinkRemote, 1);
  const RflParticipantSpec spec = {
    .id = join->participant,
    .identity = join->identity,
    .display_name = join->display_name,
    .cname = join->cname,
    .origin = link_channel_get_peer_id (peer->channel),
    .ops = &participant_ops,
  };

  remote->hash = join->hash;
  remote->room = link_room_get (peer, join->session);
  remote->participant = rfl_participant_new (peer->plugin->core, &spec);
  g_hash_table_add (remote->room->remotes, remote);
  g_hash_table_insert (peer->remotes, (char *) remote->participant->id, remote);
  rfl_participant_set_data (remote->participant, KEY, remote, NULL);
  rfl_participant_join (remote->participant, join->session, make_offers (join), join_decided,
                        peer->plugin);
}

static gboolean
within_limits (const LinkPeer *peer, const LinkMessage *join)
{
  const LinkLimits *limits = &peer->plugin->config.limits;

  return g_hash_table_size (peer->remotes) < limits->participants
         && (g_hash_table_contains (peer->rooms, join->session)
             || g_hash_table_size (peer->rooms) < limits->sessions);
}

/* Whether @join says more than other media: then it is about somebody else. */
static gboolean
is_same_person (const LinkRemote *remote, const LinkMessage *join)
{
  const RflParticipant *participant = remote->participant;
  const GPtrArray *media = participant->media;

  if (!remote->joined || !g_str_equal (remote->room->name, join->session)
      || !g_str_equal (participant->identity, join->identity)
      || g_strcmp0 (participant->display_name, join->display_name) != 0
      || g_strcmp0 (participant->cname, join->cname) != 0 || join->media->len < media->len)
    return FALSE;
  for (guint i = 0; i < media->len; i++)
    {
      const RflMedium *medium = media->pdata[i];
      const LinkMedium *told = join->media->pdata[i];
      if (medium->current && medium->current->accepted && !g_str_equal (medium->kind, told->kind))
        return FALSE;
    }
  return TRUE;
}

void
link_presence_receive_join (LinkPeer *peer, const LinkMessage *join)
{
  LinkPlugin *plugin = peer->plugin;
  LinkRemote *remote = g_hash_table_lookup (peer->remotes, join->participant);

  if (remote)
    remote->stale = FALSE;
  if (remote && remote->hash == join->hash)
    return;
  if (remote && is_same_person (remote, join))
    {
      remote->hash = join->hash;
      rfl_participant_offer (remote->participant, make_offers (join), offer_decided, plugin);
      return;
    }
  if (remote)
    drop_remote (remote, "is somebody else now");
  if (rfl_core_find_participant (plugin->core, join->participant))
    link_complain (plugin, LINK_COUNT_DUPLICATE, peer->name,
                   "%s announces participant %s, who is known already", peer->name,
                   join->participant);
  else if (!within_limits (peer, join))
    link_complain (plugin, LINK_COUNT_LIMIT, peer->name,
                   "%s has as many participants or sessions as it may; %s is left out", peer->name,
                   join->participant);
  else
    add_remote (peer, join);
}

void
link_presence_receive_leave (LinkPeer *peer, const LinkMessage *leave)
{
  LinkRemote *remote = g_hash_table_lookup (peer->remotes, leave->participant);

  if (remote && g_str_equal (remote->room->name, leave->session))
    drop_remote (remote, "left at its reflector");
}

void
link_presence_forget_all (LinkPeer *peer)
{
  GHashTableIter iter;
  LinkRoom *room;
  gpointer remote;

  /* first let no packet go out any more, then take leave of everybody */
  g_hash_table_iter_init (&iter, peer->rooms);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &room))
    link_room_drop_legs (room);
  for (g_hash_table_iter_init (&iter, peer->remotes); g_hash_table_iter_next (&iter, NULL, &remote);
       g_hash_table_iter_init (&iter, peer->remotes))
    drop_remote (remote, "the link to its reflector is down");
}

/* The medium that @message is about, if it belongs to a participant of this very peer. */
RflMedium *
link_presence_find_medium (const LinkPeer *peer, const LinkMessage *message)
{
  const LinkMedium *named = message->media->pdata[0];
  const LinkRemote *remote = g_hash_table_lookup (peer->remotes, message->participant);

  if (!remote || !remote->joined || !g_str_equal (remote->room->name, message->session)
      || named->index >= remote->participant->media->len)
    return NULL;
  RflMedium *medium = remote->participant->media->pdata[named->index];
  return medium->route && g_str_equal (medium->kind, named->kind) ? medium : NULL;
}

/* ---- hooks ---- */

static RflHookResult
on_joined (RflEvent *event, gpointer user_data, GError **error)
{
  LinkPlugin *plugin = user_data;
  RflParticipant *participant = event->participant;
  LinkRemote *remote = rfl_participant_get_data (participant, KEY);

  if (participant->origin)
    link_codec_take (plugin, participant);
  else if (!participant->waiting)
    link_presence_tell (plugin, participant, LINK_JOIN);
  if (remote)
    {
      remote->joined = TRUE;
      remote->room->session = participant->session;
      link_room_update (remote->room);
    }
  else
    link_rooms_update (plugin, participant->session);
  link_plugin_kick (plugin);
  return RFL_HOOK_CONTINUE;
}

/* Now it comes, with all that it has. */
static RflHookResult
on_admitted (RflEvent *event, gpointer user_data, GError **error)
{
  LinkPlugin *plugin = user_data;
  RflParticipant *participant = event->participant;

  link_presence_tell (plugin, participant, LINK_JOIN);
  link_rooms_update (plugin, participant->session);
  for (guint i = 0; i < participant->media->len; i++)
    link_media_announce_medium (plugin, participant->media->pdata[i]);
  link_plugin_kick (plugin);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_changed (RflEvent *event, gpointer user_data, GError **error)
{
  LinkPlugin *plugin = user_data;
  RflParticipant *participant = event->medium->participant;

  if (participant->state != RFL_PARTICIPANT_JOINED)
    return RFL_HOOK_CONTINUE;
  if (link_presence_is_told (participant))
    {
      link_presence_tell (plugin, participant, LINK_JOIN);
      link_media_announce_medium (plugin, event->medium);
    }
  link_rooms_update (plugin, participant->session);
  link_plugin_kick (plugin);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_left (RflEvent *event, gpointer user_data, GError **error)
{
  LinkPlugin *plugin = user_data;
  LinkRemote *remote = rfl_participant_get_data (event->participant, KEY);

  if (remote)
    {
      rfl_participant_unref (forget_remote (remote));
      return RFL_HOOK_CONTINUE;
    }
  if (link_presence_is_told (event->participant))
    link_presence_tell (plugin, event->participant, LINK_LEAVE);
  link_digest_hurry (plugin);
  link_rooms_update (plugin, event->participant->session);
  link_plugin_kick (plugin);
  return RFL_HOOK_CONTINUE;
}

gboolean
link_presence_add_hooks (LinkPlugin *plugin, GError **error)
{
  const RflHook hooks[] = {
    { .name = "interconnect/joined",
      .event = RFL_EVENT_PARTICIPANT_JOINED,
      .stage = RFL_HOOK_NORMAL,
      .func = on_joined,
      .user_data = plugin },
    { .name = "interconnect/admitted",
      .event = RFL_EVENT_PARTICIPANT_ADMITTED,
      .stage = RFL_HOOK_NORMAL,
      .func = on_admitted,
      .user_data = plugin },
    { .name = "interconnect/changed",
      .event = RFL_EVENT_MEDIUM_CHANGED,
      .stage = RFL_HOOK_NORMAL,
      .func = on_changed,
      .user_data = plugin },
    /* early, so that no packet follows the last participant over the link */
    { .name = "interconnect/left",
      .event = RFL_EVENT_PARTICIPANT_LEFT,
      .stage = RFL_HOOK_EARLY,
      .func = on_left,
      .user_data = plugin },
  };

  return rfl_bus_add_hooks (rfl_core_get_bus (plugin->core), hooks, G_N_ELEMENTS (hooks),
                            plugin->hooks, error);
}
