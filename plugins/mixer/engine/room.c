/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One room in the engine: who is heard and the sum of them, step by step. Not for encoding it
 * (group.c).
 */
#include "plugins/mixer/dsp/sum.h"
#include "plugins/mixer/engine/private.h"
#include <string.h>

static const guint rates[] = { 8000, 16000, 24000, 32000, 48000 };

MixRoom *
mix_room_new (void)
{
  MixRoom *room = g_new0 (MixRoom, 1);

  room->rate = rates[0];
  room->step = 2 * MIX_GRID;
  room->sources = g_ptr_array_new ();
  room->groups = g_ptr_array_new ();
  room->parts = g_ptr_array_new ();
  room->listeners = g_hash_table_new (NULL, NULL);
  room->candidates = g_array_new (FALSE, FALSE, sizeof (VoiceCandidate));
  return room;
}

void
room_free (gpointer data)
{
  MixRoom *room = data;
  GHashTableIter iter;
  gpointer listener;

  g_hash_table_iter_init (&iter, room->listeners);
  while (g_hash_table_iter_next (&iter, NULL, &listener))
    {
      g_hash_table_iter_steal (&iter);
      mix_listener_free (listener);
    }
  g_ptr_array_foreach (room->groups, (GFunc) (gpointer) mix_group_free, NULL);
  g_hash_table_unref (room->listeners);
  g_ptr_array_unref (room->groups);
  g_ptr_array_unref (room->sources);
  g_ptr_array_unref (room->parts);
  g_array_unref (room->candidates);
  if (room->formats)
    g_ptr_array_unref (room->formats);
  g_free (room);
}

/* Indices keep their meaning: formats are only ever appended. */
void
mix_room_set_formats (MixRoom *room, GPtrArray *formats)
{
  if (room->formats)
    g_ptr_array_unref (room->formats);
  room->formats = formats;
}

void
mix_room_play (MixRoom *room, const MixTone *tone)
{
  mix_tone_start (&room->tone, tone);
}

static guint
wanted_rate (const MixRoom *room)
{
  guint rate = rates[0], i = 0;

  for (guint k = 0; k < room->groups->len; k++)
    {
      const MixGroup *group = room->groups->pdata[k];
      if (group->listeners->len)
        rate = MAX (rate, group->rate);
    }
  for (guint k = 0; k < room->sources->len; k++)
    {
      const MixSource *source = room->sources->pdata[k];
      if (source->input)
        rate = MAX (rate, mix_input_get_rate (source->input));
    }
  while (i + 1 < G_N_ELEMENTS (rates) && rates[i] < rate)
    i++;
  return rates[i];
}

static guint
wanted_step (const MixRoom *room)
{
  for (guint k = 0; k < room->groups->len; k++)
    {
      const MixGroup *group = room->groups->pdata[k];
      if (group->listeners->len && group->ptime % (2 * MIX_GRID))
        return MIX_GRID;
    }
  return 2 * MIX_GRID;
}

/* Longer steps begin where packets of 20 ms do. */
void
room_adapt (MixRoom *room)
{
  guint step = wanted_step (room);

  room->rate = wanted_rate (room);
  if (step < room->step || room->ms % step == 0)
    room->step = step;
}

static void
choose_heard (MixRoom *room)
{
  VoiceCandidate *candidates;
  guint chosen;

  g_array_set_size (room->candidates, 0);
  for (guint i = 0; i < room->sources->len; i++)
    {
      MixSource *source = room->sources->pdata[i];
      VoiceCandidate candidate = { source, level_meter_dbov (&source->level), source->heard };
      candidate.level = MAX (candidate.level, source->dbov);
      source->heard = FALSE;
      if (source->voice.speaking)
        g_array_append_val (room->candidates, candidate);
    }
  candidates = (VoiceCandidate *) (gpointer) room->candidates->data;
  chosen = voice_choose (candidates, room->candidates->len, room->engine->rules.max_speakers);
  for (guint i = 0; i < chosen; i++)
    ((MixSource *) candidates[i].source)->heard = TRUE;
}

static void
add_up (MixRoom *room)
{
  guint n = room->rate / 1000 * room->step;
  gint16 tone[MIX_MAX_SAMPLES];

  memset (room->sum, 0, n * sizeof *room->sum);
  g_ptr_array_set_size (room->parts, 0);
  for (guint i = 0; i < room->sources->len; i++)
    {
      MixSource *source = room->sources->pdata[i];
      source_contribute (source);
      if (!source->has_part)
        continue;
      sum_add (room->sum, source->part, n);
      g_ptr_array_add (room->parts, source);
    }
  room->tone_sounding = mix_tone_render (&room->tone, tone, n, room->rate);
  if (room->tone_sounding)
    sum_add (room->sum, tone, n);
  room->sounding = room->tone_sounding || room->parts->len > 0;
}

/* They hear the sum without themselves. */
static void
set_speakers_apart (MixRoom *room)
{
  for (guint i = 0; i < room->parts->len; i++)
    {
      const MixSource *source = room->parts->pdata[i];
      MixListener *listener = g_hash_table_lookup (room->listeners, source->owner);
      if (listener)
        listener_set_apart (listener);
    }
}

void
room_step (MixRoom *room)
{
  for (guint i = 0; i < room->sources->len; i++)
    source_pull (room->sources->pdata[i]);
  choose_heard (room);
  add_up (room);
  set_speakers_apart (room);
  room->ms += room->step;
  for (guint i = 0; i < room->groups->len; i++)
    group_step (room->groups->pdata[i]);
  room_adapt (room);
}
