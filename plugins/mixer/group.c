/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Groups of listeners for whom one encoder will do, each with its feed. Not for who is in them.
 */
#include "config.h"

#include "plugins/mixer/mixer.h"

/* Takes @format. */
static MixerGroup *
group_new (MixerRoom *room, RflFormat *format, guint ptime)
{
  MixerGroup *group = g_new0 (MixerGroup, 1);
  MixMessage message = { .type = MIX_ADD_GROUP };

  group->feed = rfl_feed_new (room->route, format->clock_rate);
  group->format = format;
  group->ptime = ptime;
  group->handle = mix_group_new (group->feed, format, ptime);
  g_ptr_array_add (room->groups, group);
  message.group = group->handle;
  mixer_room_post (room, &message);
  return group;
}

static MixerGroup *
find (const MixerRoom *room, const RflFormat *format, guint ptime)
{
  for (guint i = 0; i < room->groups->len; i++)
    {
      MixerGroup *group = room->groups->pdata[i];
      if (group->ptime == ptime && mixer_format_shares (group->format, format))
        return group;
    }
  return NULL;
}

MixerGroup *
mixer_group_get (MixerRoom *room, const RflFormat *format, guint ptime)
{
  g_autoptr (RflFormat) encoded =
      mixer_format_to_encode (format, room->mixer->settings.opus_bitrate);
  MixerGroup *group = find (room, encoded, ptime);

  if (!group)
    group = group_new (room, g_steal_pointer (&encoded), ptime);
  group->users++;
  return group;
}

void
mixer_group_free (MixerRoom *room, MixerGroup *group)
{
  mixer_retire_feed (room->mixer, room->thread, group->feed);
  rfl_format_free (group->format);
  g_free (group);
}

void
mixer_group_put (MixerRoom *room, MixerGroup *group)
{
  MixMessage message = { .type = MIX_REMOVE_GROUP, .group = group->handle };

  if (--group->users > 0)
    return;
  g_ptr_array_remove_fast (room->groups, group);
  mixer_room_post (room, &message);
  mixer_group_free (room, group);
}
