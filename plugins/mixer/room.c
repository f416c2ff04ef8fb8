/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session's audio while somebody hears its mix: which thread mixes it, and the sources that
 * thread knows. Not for listeners (listener.c) and groups (group.c).
 */
#include "config.h"

#include "plugins/mixer/mixer.h"

MixerRoom *
mixer_room_find (const Mixer *mixer, const RflRoute *route)
{
  return route ? g_hash_table_lookup (mixer->rooms, route) : NULL;
}

guint64
mixer_room_post (const MixerRoom *room, MixMessage *message)
{
  message->room = room->handle;
  return mix_thread_post (room->mixer->threads[room->thread], message);
}

static guint
least_loaded (const Mixer *mixer)
{
  guint best = 0;

  for (guint i = 1; i < mixer->n_threads; i++)
    if (mixer->load[i] < mixer->load[best])
      best = i;
  return best;
}

static void
source_destroy (gpointer data)
{
  MixerSource *source = data;

  g_atomic_rc_box_release (source->meter);
  g_free (source);
}

static GPtrArray *
copy_formats (const RflRoute *route)
{
  GPtrArray *formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);

  for (guint i = 0; i < route->formats->len; i++)
    g_ptr_array_add (formats, rfl_format_copy (route->formats->pdata[i]));
  return formats;
}

void
mixer_room_formats_changed (MixerRoom *room)
{
  MixMessage message = { .type = MIX_SET_FORMATS, .formats = copy_formats (room->route) };

  mixer_room_post (room, &message);
}

/* A handle's memory is the thread's from here on. */
static MixerRoom *
room_new (Mixer *mixer, RflRoute *route)
{
  MixerRoom *room = g_new0 (MixerRoom, 1);
  MixMessage message = { .type = MIX_ADD_ROOM };

  room->mixer = mixer;
  room->route = route;
  room->thread = least_loaded (mixer);
  room->handle = mix_room_new ();
  room->sources = g_hash_table_new_full (NULL, NULL, NULL, source_destroy);
  room->listeners = g_hash_table_new (NULL, NULL);
  room->groups = g_ptr_array_new ();
  g_hash_table_insert (mixer->rooms, route, room);
  mixer->load[room->thread]++;
  mixer_room_post (room, &message);
  mixer_room_formats_changed (room);
  for (guint i = 0; i < route->sources->len; i++)
    mixer_room_add_source (room, route->sources->pdata[i]);
  room->tap = rfl_route_add_tap (route, mix_thread_tap, mixer->threads[room->thread]);
  return room;
}

MixerRoom *
mixer_room_get (Mixer *mixer, RflRoute *route, GError **error)
{
  MixerRoom *room = mixer_room_find (mixer, route);

  if (room)
    return room;
  if (g_hash_table_size (mixer->rooms) < mixer->settings.max_rooms)
    return room_new (mixer, route);
  rfl_counter_add (mixer->limited_rooms, 1);
  g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "Too many sessions are mixed already");
  return NULL;
}

static void
retire_groups (MixerRoom *room)
{
  for (guint i = 0; i < room->groups->len; i++)
    mixer_group_free (room, room->groups->pdata[i]);
  g_ptr_array_unref (room->groups);
}

static void
forget_listeners (MixerRoom *room)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, room->listeners);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      MixerListener *listener = value;
      room->mixer->load[room->thread]--;
      g_ptr_array_unref (listener->groups);
      g_free (listener);
    }
  g_hash_table_unref (room->listeners);
}

/* The thread frees all that it knows of the room by itself. */
void
mixer_room_free (MixerRoom *room)
{
  Mixer *mixer = room->mixer;
  MixMessage message = { .type = MIX_REMOVE_ROOM };

  rfl_route_remove_tap (room->route, room->tap);
  g_hash_table_remove (mixer->rooms, room->route);
  mixer_room_post (room, &message);
  mixer->load[room->thread] -= 1 + g_hash_table_size (room->sources);
  forget_listeners (room);
  retire_groups (room);
  g_hash_table_unref (room->sources);
  rfl_timer_free (room->alone);
  g_free (room);
}

void
mixer_room_drop_unused (MixerRoom *room)
{
  if (g_hash_table_size (room->listeners) == 0)
    mixer_room_free (room);
}

static void
refuse_source (MixerRoom *room, const RflSource *source)
{
  Mixer *mixer = room->mixer;
  guint held_back;

  room->refused++;
  rfl_counter_add (mixer->limited_sources, 1);
  if (rfl_log_limit_pass (&mixer->source_log, rfl_core_get_clock (mixer->core), &held_back))
    rfl_notice (&(RflLogFields){ .session = room->route->session->name },
                "source %08x is not heard in the mix: mixer.max_sources (%u more)", source->ssrc,
                held_back);
}

void
mixer_room_add_source (MixerRoom *room, RflSource *source)
{
  MixMessage message = { .type = MIX_ADD_SOURCE };
  MixerSource *entry;

  if (g_hash_table_contains (room->sources, source))
    return;
  if (g_hash_table_size (room->sources) >= room->mixer->settings.max_sources)
    {
      refuse_source (room, source);
      return;
    }
  entry = g_new0 (MixerSource, 1);
  entry->meter = g_atomic_rc_box_new0 (MixMeter);
  entry->meter->dbov = LEVEL_SILENCE;
  entry->handle =
      mix_source_new (rfl_source_get_id (source), source->ssrc, source->owner, entry->meter);
  g_hash_table_insert (room->sources, source, entry);
  room->mixer->load[room->thread]++;
  message.source = entry->handle;
  mixer_room_post (room, &message);
}

void
mixer_room_remove_source (MixerRoom *room, RflSource *source)
{
  MixerSource *entry = g_hash_table_lookup (room->sources, source);
  MixMessage message = { .type = MIX_REMOVE_SOURCE };

  if (!entry)
    return;
  message.source = entry->handle;
  mixer_room_post (room, &message);
  g_hash_table_remove (room->sources, source);
  room->mixer->load[room->thread]--;
}
