/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the mixer learns from the bus. Not for what is asked of it (service.c).
 */
#include "config.h"

#include "plugins/mixer/mixer.h"

static RflHookResult
on_appeared (RflEvent *event, gpointer data, GError **error)
{
  MixerRoom *room = mixer_room_find (data, event->source->route);

  if (room)
    mixer_room_add_source (room, event->source);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_vanished (RflEvent *event, gpointer data, GError **error)
{
  MixerRoom *room = mixer_room_find (data, event->source->route);

  if (room)
    mixer_room_remove_source (room, event->source);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_formats (RflEvent *event, gpointer data, GError **error)
{
  for (guint i = 0; i < event->session->routes->len; i++)
    {
      MixerRoom *room = mixer_room_find (data, event->session->routes->pdata[i]);
      if (room)
        mixer_room_formats_changed (room);
    }
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_blocked (RflEvent *event, gpointer data, GError **error)
{
  MixerRoom *room = mixer_room_find (data, event->medium->route);

  if (room)
    mixer_listener_blocked (room, event->medium);
  return RFL_HOOK_CONTINUE;
}

/* And who waited to be let in. */
static RflHookResult
on_joined (RflEvent *event, gpointer data, GError **error)
{
  mixer_tones_joined (data, event->participant);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_left (RflEvent *event, gpointer data, GError **error)
{
  mixer_tones_left (data, event->participant);
  return RFL_HOOK_CONTINUE;
}

/* The route goes with the session. Whoever made the legs has freed them by now. */
static RflHookResult
on_ended (RflEvent *event, gpointer data, GError **error)
{
  Mixer *mixer = data;

  for (guint i = 0; i < event->session->routes->len; i++)
    {
      MixerRoom *room = mixer_room_find (mixer, event->session->routes->pdata[i]);
      if (room)
        mixer_room_free (room);
    }
  mixer_collect_all (mixer);
  return RFL_HOOK_CONTINUE;
}

gboolean
mixer_hooks_add (Mixer *mixer, GError **error)
{
  const RflHook hooks[] = {
    { "mixer/appeared", RFL_EVENT_SOURCE_APPEARED, RFL_HOOK_EARLY, NULL, NULL, on_appeared, mixer },
    { "mixer/vanished", RFL_EVENT_SOURCE_VANISHED, RFL_HOOK_LATE, NULL, NULL, on_vanished, mixer },
    { "mixer/formats", RFL_EVENT_FORMATS_CHANGED, RFL_HOOK_EARLY, NULL, NULL, on_formats, mixer },
    { "mixer/blocked", RFL_EVENT_MEDIUM_BLOCKED, RFL_HOOK_LATE, NULL, NULL, on_blocked, mixer },
    { "mixer/joined", RFL_EVENT_PARTICIPANT_JOINED, RFL_HOOK_LATE, NULL, NULL, on_joined, mixer },
    { "mixer/admitted", RFL_EVENT_PARTICIPANT_ADMITTED, RFL_HOOK_LATE, NULL, NULL, on_joined,
      mixer },
    { "mixer/left", RFL_EVENT_PARTICIPANT_LEFT, RFL_HOOK_LATE, NULL, NULL, on_left, mixer },
    { "mixer/ended", RFL_EVENT_SESSION_ENDED, RFL_HOOK_LATE, NULL, NULL, on_ended, mixer },
  };

  return rfl_bus_add_hooks (rfl_core_get_bus (mixer->core), hooks, G_N_ELEMENTS (hooks),
                            mixer->hooks, error);
}
