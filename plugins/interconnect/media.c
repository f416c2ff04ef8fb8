/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sources that a peer announces, under labels that it chose. Not for ours: see label.c, nor for where
 * packets go: see room.c.
 */
#include "plugins/interconnect/link.h"
#include <string.h>

#define MAX_WAITING 256

/* Packets of a label that no SOURCE has explained yet. */
typedef struct {
  guint64 ticket;
  gint64 since;
} LinkWaiting;

void
link_in_free (LinkIn *in)
{
  g_ptr_array_unref (in->formats);
  g_free (in);
}

static void
make_map (LinkPeer *peer, const RflRoute *route, const GPtrArray *formats, RflPtMap *map)
{
  memset (map->index, RFL_PT_NONE, sizeof map->index);
  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      guint8 index = rfl_route_find_format (route, format);
      map->index[format->pt] = index;
      if (index == RFL_PT_NONE)
        link_complain (peer->plugin, LINK_COUNT_UNKNOWN_FORMAT, peer->name,
                       "%s sends %s, which session %s does not use here", peer->name,
                       format->encoding, route->session->name);
    }
}

static void
release_waiting (LinkPeer *peer, guint32 label)
{
  const LinkWaiting *waiting = g_hash_table_lookup (peer->waiting, GUINT_TO_POINTER (label));

  if (!waiting)
    return;
  rfl_port_release (peer->plugin->rtp_port, waiting->ticket);
  g_hash_table_remove (peer->waiting, GUINT_TO_POINTER (label));
}

static void
end_label (LinkPeer *peer, guint32 label)
{
  const LinkIn *in = g_hash_table_lookup (peer->in, GUINT_TO_POINTER (label));

  if (!in)
    return;
  RflSource *source = in->source;
  g_hash_table_remove (peer->in, GUINT_TO_POINTER (label));
  rfl_source_free (source);
}

/* The same source under another label. */
static void
end_namesake (LinkPeer *peer, const RflMedium *medium, guint32 original)
{
  const RflSource *known = rfl_route_find_source (medium->route, original);

  if (known && known->owner == medium && known->flow == peer->rtp_flow)
    end_label (peer, known->wire_ssrc);
}

/* Takes over @in, with all but its source filled in. */
static void
add_source (LinkPeer *peer, RflMedium *medium, LinkIn *in)
{
  LinkRoom *room = g_hash_table_lookup (peer->rooms, medium->participant->session->name);
  LinkLeg *leg = room ? link_room_find_leg (room, medium->route) : NULL;
  RflPtMap map;

  link_codec_admit (peer->plugin, medium->route, in->formats);
  make_map (peer, medium->route, in->formats, &map);
  const RflSourceSpec spec = {
    .route = medium->route,
    .owner = medium,
    .flow = peer->rtp_flow,
    .ssrc = in->original,
    .wire_ssrc = in->label,
    .map = &map,
    .back = leg ? leg->leg : NULL,
    .windowed = TRUE,
    .audio_level = in->audio_level,
  };
  in->source = rfl_source_new (&spec);
  if (in->source)
    g_hash_table_insert (peer->in, GUINT_TO_POINTER (in->label), in);
  else
    link_in_free (in);
}

static LinkIn *
make_in (const LinkMessage *message)
{
  const LinkMedium *medium = message->media->pdata[0];
  LinkIn *in = g_new0 (LinkIn, 1);

  in->label = message->label;
  in->original = message->ssrc;
  in->hash = message->hash;
  in->audio_level = message->audio_level;
  in->formats = g_ptr_array_ref (medium->formats);
  return in;
}

/* The same source with other formats, or none other. */
static void
update_source (LinkPeer *peer, LinkIn *in, const LinkMessage *message)
{
  const LinkMedium *medium = message->media->pdata[0];
  RflPtMap map;

  in->stale = FALSE;
  in->hash = message->hash;
  in->audio_level = message->audio_level;
  g_ptr_array_unref (in->formats);
  in->formats = g_ptr_array_ref (medium->formats);
  link_codec_admit (peer->plugin, in->source->route, in->formats);
  make_map (peer, in->source->route, in->formats, &map);
  rfl_source_set_map (in->source, &map);
  rfl_source_set_audio_level (in->source, in->audio_level);
}

void
link_media_map_again (LinkPlugin *plugin, const RflRoute *route)
{
  for (guint i = 0; i < route->sources->len; i++)
    for (guint k = 0; k < plugin->peers->len; k++)
      {
        RflSource *source = route->sources->pdata[i];
        LinkPeer *peer = plugin->peers->pdata[k];
        const LinkIn *in = g_hash_table_lookup (peer->in, GUINT_TO_POINTER (source->wire_ssrc));
        RflPtMap map;
        if (!in || in->source != source)
          continue;
        make_map (peer, route, in->formats, &map);
        rfl_source_set_map (source, &map);
      }
}

void
link_media_receive_source (LinkPeer *peer, const LinkMessage *message)
{
  LinkPlugin *plugin = peer->plugin;
  RflMedium *medium = link_presence_find_medium (peer, message);
  LinkIn *in = g_hash_table_lookup (peer->in, GUINT_TO_POINTER (message->label));

  if (!medium)
    {
      link_complain (plugin, LINK_COUNT_UNKNOWN_PARTICIPANT, peer->name,
                     "%s announces a source of %s, who is not its participant in session %s",
                     peer->name, message->participant, message->session);
      return;
    }
  if (in && in->source->owner == medium && in->original == message->ssrc)
    {
      update_source (peer, in, message);
      return;
    }
  end_label (peer, message->label);
  end_namesake (peer, medium, message->ssrc);
  if (g_hash_table_size (peer->in) >= plugin->config.limits.sources)
    link_complain (plugin, LINK_COUNT_LIMIT, peer->name, "%s has as many sources as it may",
                   peer->name);
  else
    add_source (peer, medium, make_in (message));
  release_waiting (peer, message->label);
}

void
link_media_receive_end (LinkPeer *peer, const LinkMessage *message)
{
  end_label (peer, message->label);
}

/* A source that got another SSRC than its own, which is free now. */
static void
give_back_ssrc (LinkPeer *peer, LinkIn *in)
{
  RflMedium *medium = in->source->owner;
  LinkIn *again;

  if (in->source->ssrc == in->original || rfl_route_find_source (in->source->route, in->original))
    return;
  again = g_new0 (LinkIn, 1);
  *again = (LinkIn){ .label = in->label,
                     .original = in->original,
                     .formats = g_ptr_array_ref (in->formats),
                     .hash = in->hash,
                     .audio_level = in->audio_level };
  end_label (peer, in->label);
  add_source (peer, medium, again);
}

void
link_media_drop_stale (LinkPeer *peer, guint64 buckets)
{
  guint n = 0;
  g_autofree gpointer *labels = g_hash_table_get_keys_as_array (peer->in, &n);

  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < n; i++)
      {
        LinkIn *in = g_hash_table_lookup (peer->in, labels[i]);
        if (!in || (buckets >> link_bucket (in->source->owner->participant->id) & 1) == 0)
          continue;
        if (pass == 0 && in->stale)
          end_label (peer, in->label);
        else if (pass == 1)
          give_back_ssrc (peer, in);
      }
}

static void
purge_waiting (LinkPeer *peer, gint64 now)
{
  GHashTableIter iter;
  LinkWaiting *waiting;

  g_hash_table_iter_init (&iter, peer->waiting);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &waiting))
    if (now - waiting->since > RFL_PARK_TIME)
      g_hash_table_iter_remove (&iter);
}

void
link_media_unknown_label (LinkPeer *peer, guint32 label, guint64 ticket)
{
  LinkPlugin *plugin = peer->plugin;
  gint64 now = rfl_clock_now (rfl_core_get_clock (plugin->core));

  if (g_hash_table_contains (peer->in, GUINT_TO_POINTER (label)))
    {
      rfl_port_release (plugin->rtp_port, ticket);
      return;
    }
  if (g_hash_table_size (peer->waiting) >= MAX_WAITING / 2)
    purge_waiting (peer, now);
  link_count (plugin, LINK_COUNT_UNKNOWN_LABEL);
  if (!link_channel_is_up (peer->channel) || g_hash_table_size (peer->waiting) >= MAX_WAITING)
    {
      rfl_port_discard (plugin->rtp_port, ticket);
      return;
    }
  LinkWaiting *waiting = g_new (LinkWaiting, 1);
  *waiting = (LinkWaiting){ .ticket = ticket, .since = now };
  g_hash_table_replace (peer->waiting, GUINT_TO_POINTER (label), waiting);
}

void
link_media_forget_all (LinkPeer *peer)
{
  GHashTableIter iter;
  LinkIn *in;

  for (g_hash_table_iter_init (&iter, peer->in);
       g_hash_table_iter_next (&iter, NULL, (gpointer *) &in);
       g_hash_table_iter_init (&iter, peer->in))
    end_label (peer, in->label);
  g_hash_table_remove_all (peer->out);
  g_hash_table_remove_all (peer->used);
  g_queue_clear (&peer->used_order);
  g_hash_table_remove_all (peer->waiting);
}
