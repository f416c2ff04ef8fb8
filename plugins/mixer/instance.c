/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The life of the plugin and of its threads. Not for rooms.
 */
#include "config.h"

#include "plugins/mixer/mixer.h"

gpointer
mixer_new (RflCore *core)
{
  Mixer *mixer = g_new0 (Mixer, 1);

  mixer->core = core;
  mixer->rooms = g_hash_table_new (NULL, NULL);
  mixer->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  mixer->dropped = rfl_counter_get (core, "mixer.packets_dropped",
                                    "packets that a mixing thread was too slow for");
  mixer->limited_rooms =
      rfl_counter_get (core, "mixer.limited_rooms", "listeners refused by mixer.max_rooms");
  mixer->limited_sources = rfl_counter_get (core, "mixer.limited_sources",
                                            "sources not decoded because of mixer.max_sources");
  mixer->limited_listeners =
      rfl_counter_get (core, "mixer.limited_listeners", "listeners refused by mixer.max_listeners");
  mixer->tones = rfl_counter_get (core, "mixer.tones", "tones played");
  return mixer;
}

gboolean
mixer_configure (gpointer self, const RflSettings *settings, GError **error)
{
  Mixer *mixer = self;

  mixer_settings_read (&mixer->settings, settings);
  return TRUE;
}

static guint
count_threads (const Mixer *mixer)
{
  guint wanted = mixer->settings.threads ? mixer->settings.threads : g_get_num_processors () / 2;

  return CLAMP (wanted, 1, MIXER_MAX_THREADS);
}

static gboolean
start_threads (Mixer *mixer, GError **error)
{
  MixThreadSpec spec = { .core = mixer->core,
                         .rules = mixer->settings.rules,
                         .dropped = mixer->dropped,
                         .emit = mixer->emit,
                         .user_data = mixer->emit_data };
  guint wanted = count_threads (mixer);

  while (mixer->n_threads < wanted)
    {
      spec.index = mixer->n_threads;
      mixer->load[spec.index] = 0;
      mixer->threads[mixer->n_threads++] = mix_thread_new (&spec);
      if (!mixer->manual && !mix_thread_start (mixer->threads[spec.index], error))
        return FALSE;
    }
  return TRUE;
}

gboolean
mixer_start (gpointer self, GError **error)
{
  Mixer *mixer = self;

  mixer->collector =
      rfl_timer_new (rfl_core_get_clock (mixer->core), "mixer limbo", mixer_collect, mixer);
  if (start_threads (mixer, error) && mixer_hooks_add (mixer, error))
    mixer->offered = rfl_core_offer_service (mixer->core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION,
                                             &mixer_service, mixer, error);
  if (!mixer->offered)
    mixer_stop (mixer);
  return mixer->offered;
}

RflReload
mixer_reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  Mixer *mixer = self;
  guint threads = mixer->settings.threads;
  MixMessage message = { .type = MIX_SET_RULES };
  MixerSettings wanted;

  mixer_settings_read (&wanted, settings);
  if (wanted.threads != threads)
    return RFL_RELOAD_RESTART;
  mixer->settings = wanted;
  message.rules = mixer->settings.rules;
  for (guint i = 0; i < mixer->n_threads; i++)
    mix_thread_post (mixer->threads[i], &message);
  return RFL_RELOAD_APPLIED;
}

static void
free_rooms (Mixer *mixer)
{
  GHashTableIter iter;
  gpointer room;

  for (;;)
    {
      g_hash_table_iter_init (&iter, mixer->rooms);
      if (!g_hash_table_iter_next (&iter, NULL, &room))
        return;
      mixer_room_free (room);
    }
}

void
mixer_stop (gpointer self)
{
  Mixer *mixer = self;

  if (mixer->offered)
    rfl_core_withdraw_service (mixer->core, RFL_MIXER_SERVICE);
  mixer->offered = FALSE;
  rfl_bus_remove_hooks (rfl_core_get_bus (mixer->core), mixer->hooks);
  free_rooms (mixer);
  if (mixer->collector)
    mixer_collect_all (mixer);
  g_clear_pointer (&mixer->collector, rfl_timer_free);
  while (mixer->n_threads)
    mix_thread_free (mixer->threads[--mixer->n_threads]);
}

void
mixer_free (gpointer self)
{
  Mixer *mixer = self;

  mixer_stop (mixer);
  g_hash_table_unref (mixer->rooms);
  g_array_unref (mixer->hooks);
  g_free (mixer);
}
