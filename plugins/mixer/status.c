/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the mixer tells of itself. Not for counters that core shows.
 */
#include "config.h"

#include "plugins/mixer/mixer.h"

static void
add_thread (const Mixer *mixer, guint index, RflStatus *status)
{
  const MixStats *stats = mix_thread_get_stats (mixer->threads[index]);

  rfl_status_begin_object (status, NULL);
  rfl_status_add_int (status, "load", mixer->load[index]);
  rfl_status_add_double (status, "cpu_seconds", (double) METER_GET (stats->cpu) / G_USEC_PER_SEC);
  rfl_status_add_int (status, "ticks", (gint64) METER_GET (stats->ticks));
  rfl_status_add_int (status, "late_ticks", (gint64) METER_GET (stats->late_ticks));
  rfl_status_add_int (status, "skipped_ticks", (gint64) METER_GET (stats->skipped_ticks));
  rfl_status_add_int (status, "packets", (gint64) METER_GET (stats->packets));
  rfl_status_add_int (status, "stray_packets", (gint64) METER_GET (stats->stray));
  rfl_status_add_int (status, "undecodable_packets", (gint64) METER_GET (stats->undecodable));
  rfl_status_add_int (status, "frames_encoded", (gint64) METER_GET (stats->encoded));
  rfl_status_add_int (status, "frames_sent", (gint64) METER_GET (stats->frames));
  rfl_status_add_int (status, "frames_unsent", (gint64) METER_GET (stats->unsent));
  rfl_status_add_int (status, "telephone_events", (gint64) METER_GET (stats->events));
  rfl_status_end (status);
}

static void
add_source (const RflSource *source, const MixMeter *meter, RflStatus *status)
{
  rfl_status_begin_object (status, NULL);
  rfl_status_add_int (status, "ssrc", source->ssrc);
  rfl_status_add_string (status, "participant",
                         source->owner ? source->owner->participant->id : NULL);
  rfl_status_add_int (status, "level", METER_GET (meter->dbov));
  rfl_status_add_bool (status, "heard", METER_GET (meter->heard));
  rfl_status_add_int (status, "delay", METER_GET (meter->delay));
  rfl_status_add_int (status, "packets", (gint64) METER_GET (meter->packets));
  rfl_status_add_int (status, "lost", (gint64) METER_GET (meter->lost));
  rfl_status_add_int (status, "late", (gint64) METER_GET (meter->late));
  rfl_status_add_int (status, "undecodable", (gint64) METER_GET (meter->undecodable));
  rfl_status_end (status);
}

static void
add_groups (const MixerRoom *room, RflStatus *status)
{
  rfl_status_begin_array (status, "groups");
  for (guint i = 0; i < room->groups->len; i++)
    {
      const MixerGroup *group = room->groups->pdata[i];
      rfl_status_begin_object (status, NULL);
      rfl_status_add_string (status, "codec", group->format->encoding);
      rfl_status_add_int (status, "clock_rate", group->format->clock_rate);
      rfl_status_add_int (status, "ptime", group->ptime);
      rfl_status_add_int (status, "listeners", group->users);
      rfl_status_end (status);
    }
  rfl_status_end (status);
}

static void
add_room (const MixerRoom *room, RflStatus *status)
{
  GHashTableIter iter;
  gpointer source, entry;

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "session", room->route->session->name);
  rfl_status_add_int (status, "thread", room->thread);
  rfl_status_add_int (status, "listeners", g_hash_table_size (room->listeners));
  rfl_status_add_int (status, "sources_refused", room->refused);
  add_groups (room, status);
  rfl_status_begin_array (status, "sources");
  g_hash_table_iter_init (&iter, room->sources);
  while (g_hash_table_iter_next (&iter, &source, &entry))
    add_source (source, ((MixerSource *) entry)->meter, status);
  rfl_status_end (status);
  rfl_status_end (status);
}

void
mixer_status (gpointer self, RflStatus *status)
{
  Mixer *mixer = self;
  GHashTableIter iter;
  gpointer room;

  rfl_status_begin_array (status, "threads");
  for (guint i = 0; i < mixer->n_threads; i++)
    add_thread (mixer, i, status);
  rfl_status_end (status);
  rfl_status_begin_array (status, "rooms");
  g_hash_table_iter_init (&iter, mixer->rooms);
  while (g_hash_table_iter_next (&iter, NULL, &room))
    add_room (room, status);
  rfl_status_end (status);
}
