/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Those who hear the mix, on the main thread. A listener that is moved keeps its former groups,
 * since its former leg may still hang there, until it is detached. Not for sources.
 */
#include "config.h"

#include "plugins/mixer/mixer.h"

static gboolean
is_blocked (const RflMedium *medium)
{
  return (medium->blocked & RFL_DIRECTION_RECEIVE) != 0;
}

static gboolean
refuse (MixerRoom *room, GError **error)
{
  Mixer *mixer = room->mixer;
  guint held_back;

  rfl_counter_add (mixer->limited_listeners, 1);
  if (rfl_log_limit_pass (&mixer->listener_log, rfl_core_get_clock (mixer->core), &held_back))
    rfl_notice (&(RflLogFields){ .session = room->route->session->name },
                "no more listeners: mixer.max_listeners (%u more)", held_back);
  g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "Too many hear the mix of this session already");
  return FALSE;
}

static MixerListener *
listener_new (MixerRoom *room, RflMedium *medium)
{
  MixerListener *listener = g_new0 (MixerListener, 1);

  listener->medium = medium;
  listener->handle = mix_listener_new (medium);
  listener->groups = g_ptr_array_new ();
  listener->blocked = is_blocked (medium);
  mix_listener_set_blocked (listener->handle, listener->blocked);
  g_hash_table_insert (room->listeners, medium, listener);
  room->mixer->load[room->thread]++;
  return listener;
}

/* @group's user is the listener from now on, once. */
static void
keep_group (MixerRoom *room, MixerListener *listener, MixerGroup *group)
{
  guint index;

  if (g_ptr_array_find (listener->groups, group, &index))
    {
      g_ptr_array_remove_index (listener->groups, index);
      g_ptr_array_insert (listener->groups, 0, group);
      mixer_group_put (room, group);
    }
  else
    g_ptr_array_insert (listener->groups, 0, group);
}

gboolean
mixer_listener_place (MixerRoom *room, RflMedium *medium, MixerGroup *group, const MixTaste *taste,
                      GError **error)
{
  MixerListener *listener = g_hash_table_lookup (room->listeners, medium);
  MixMessage message = { .type = MIX_PLACE_LISTENER, .group = group->handle, .taste = *taste };

  if (!listener && g_hash_table_size (room->listeners) >= room->mixer->settings.max_listeners)
    return refuse (room, error);
  if (!listener)
    listener = listener_new (room, medium);
  keep_group (room, listener, group);
  message.listener = listener->handle;
  mixer_room_post (room, &message);
  return TRUE;
}

void
mixer_listener_remove (MixerRoom *room, RflMedium *medium)
{
  MixerListener *listener = g_hash_table_lookup (room->listeners, medium);
  MixMessage message = { .type = MIX_REMOVE_LISTENER };

  if (!listener)
    return;
  message.listener = listener->handle;
  mixer_room_post (room, &message);
  for (guint i = 0; i < listener->groups->len; i++)
    mixer_group_put (room, listener->groups->pdata[i]);
  g_hash_table_remove (room->listeners, medium);
  room->mixer->load[room->thread]--;
  g_ptr_array_unref (listener->groups);
  g_free (listener);
}

void
mixer_listener_blocked (MixerRoom *room, const RflMedium *medium)
{
  MixerListener *listener = g_hash_table_lookup (room->listeners, medium);
  MixMessage message = { .type = MIX_SET_BLOCKED, .blocked = is_blocked (medium) };

  if (!listener || listener->blocked == message.blocked)
    return;
  listener->blocked = message.blocked;
  message.listener = listener->handle;
  mixer_room_post (room, &message);
}
