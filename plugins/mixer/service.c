/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service "mixer" (mixer.h of the public headers). Not for events.
 */
#include "config.h"

#include "plugins/mixer/mixer.h"
#include "plugins/mixer/codec/codec.h"
#include "plugins/mixer/engine/output.h"

static gboolean
is_companion (const RflFormat *format)
{
  return g_ascii_strcasecmp (format->encoding, "telephone-event") == 0
         || g_ascii_strcasecmp (format->encoding, "CN") == 0;
}

static gboolean
knows (gpointer self, const RflFormat *format)
{
  return is_companion (format) || mix_output_rate_of (format) > 0;
}

static GPtrArray *
list_formats (gpointer self)
{
  return mix_codec_list ();
}

static RflRoute *
route_of (const RflMedium *medium)
{
  if (medium->route)
    return medium->route;
  return medium->participant->session
             ? rfl_session_get_route (medium->participant->session, medium->kind)
             : NULL;
}

static RflFeed *
attach_in (MixerRoom *room, RflMedium *medium, const RflFormat *codec, guint ptime,
           const MixTaste *taste, GError **error)
{
  MixerGroup *group = mixer_group_get (room, codec, mixer_ptime_for (codec, ptime));
  RflFeed *feed = group->feed;

  if (mixer_listener_place (room, medium, group, taste, error))
    {
      mixer_tones_check_alone (room);
      return feed;
    }
  mixer_group_put (room, group);
  mixer_room_drop_unused (room);
  return NULL;
}

static RflFeed *
attach (gpointer self, RflMedium *medium, const GPtrArray *formats, guint ptime,
        guint8 pt[RFL_ROUTE_MAX_FORMATS], GError **error)
{
  Mixer *mixer = self;
  RflRoute *route = route_of (medium);
  MixTaste taste;
  const RflFormat *codec = mixer_taste_read (formats, &taste, pt);
  MixerRoom *room;

  g_return_val_if_fail (route != NULL, NULL);
  if (!codec)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_NO_CODEC, "No codec that the mixer knows");
      return NULL;
    }
  room = mixer_room_get (mixer, route, error);
  return room ? attach_in (room, medium, codec, ptime, &taste, error) : NULL;
}

static MixerRoom *
room_of (const Mixer *mixer, RflMedium *medium)
{
  GHashTableIter iter;
  gpointer room;
  MixerRoom *found = mixer_room_find (mixer, medium->route);

  if (found && g_hash_table_contains (found->listeners, medium))
    return found;
  g_hash_table_iter_init (&iter, mixer->rooms); /* it has lost its route already */
  while (g_hash_table_iter_next (&iter, NULL, &room))
    if (g_hash_table_contains (((MixerRoom *) room)->listeners, medium))
      return room;
  return NULL;
}

static void
detach (gpointer self, RflMedium *medium)
{
  MixerRoom *room = room_of (self, medium);

  if (!room)
    return;
  mixer_listener_remove (room, medium);
  mixer_room_drop_unused (room);
}

static gboolean
get_level (gpointer self, const RflSource *source, gint *dbov)
{
  const MixerRoom *room = mixer_room_find (self, source->route);
  const MixerSource *entry = room ? g_hash_table_lookup (room->sources, source) : NULL;

  if (!entry)
    return FALSE;
  *dbov = METER_GET (entry->meter->dbov);
  return TRUE;
}

static gboolean
play (gpointer self, RflSession *session, RflParticipant *only, const char *tone)
{
  return mixer_play (self, session, only, tone);
}

const RflMixer mixer_service = {
  .knows = knows,
  .list_formats = list_formats,
  .attach = attach,
  .detach = detach,
  .get_level = get_level,
  .play = play,
};
