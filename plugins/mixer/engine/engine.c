/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one thread mixes: its rooms, its sources by their ids, and the grid on which rooms take
 * their steps. Not a thread itself (thread.c).
 */
#include "plugins/mixer/engine/private.h"

MixEngine *
mix_engine_new (const MixRules *rules, MixEmitFunc emit, gpointer user_data)
{
  MixEngine *engine = g_new0 (MixEngine, 1);

  engine->rules = *rules;
  engine->emit = emit;
  engine->user_data = user_data;
  engine->rooms = g_ptr_array_new ();
  engine->sources = g_hash_table_new (g_int64_hash, g_int64_equal);
  return engine;
}

void
mix_engine_free (MixEngine *engine)
{
  if (!engine)
    return;
  while (engine->rooms->len)
    mix_engine_remove_room (engine, engine->rooms->pdata[0]);
  g_ptr_array_unref (engine->rooms);
  g_hash_table_unref (engine->sources);
  g_free (engine);
}

void
mix_engine_set_rules (MixEngine *engine, const MixRules *rules)
{
  engine->rules = *rules;
}

MixStats *
mix_engine_get_stats (MixEngine *engine)
{
  return &engine->stats;
}

gboolean
mix_engine_is_idle (const MixEngine *engine)
{
  return engine->rooms->len == 0;
}

void
mix_engine_add_room (MixEngine *engine, MixRoom *room)
{
  room->engine = engine;
  g_ptr_array_add (engine->rooms, room);
}

void
mix_engine_remove_room (MixEngine *engine, MixRoom *room)
{
  while (room->sources->len)
    mix_engine_remove_source (engine, room->sources->pdata[0]);
  g_ptr_array_remove_fast (engine->rooms, room);
  room_free (room);
}

void
mix_engine_add_source (MixEngine *engine, MixRoom *room, MixSource *source)
{
  source->room = room;
  g_ptr_array_add (room->sources, source);
  g_hash_table_insert (engine->sources, &source->id, source);
}

void
mix_engine_remove_source (MixEngine *engine, MixSource *source)
{
  MixRoom *room = source->room;

  g_hash_table_remove (engine->sources, &source->id);
  g_ptr_array_remove_fast (room->sources, source);
  g_ptr_array_remove (room->parts, source);
  source_free (source);
  room_adapt (room);
}

void
mix_engine_receive (MixEngine *engine, const MixPacket *packet)
{
  MixSource *source = g_hash_table_lookup (engine->sources, &packet->source_id);

  METER_ADD (engine->stats.packets, 1);
  if (source)
    source_receive (source, packet);
  else
    METER_ADD (engine->stats.stray, 1);
}

void
mix_engine_step (MixEngine *engine)
{
  METER_ADD (engine->stats.ticks, 1);
  for (guint i = 0; i < engine->rooms->len; i++)
    {
      MixRoom *room = engine->rooms->pdata[i];
      room->wait -= MIN (room->wait, MIX_GRID);
      if (room->wait)
        continue;
      room_step (room);
      room->wait = room->step;
    }
}

/* Whole steps of 20 ms, so that packets begin where they would have. */
void
mix_engine_skip (MixEngine *engine, guint steps)
{
  guint ms = (steps * MIX_GRID + 2 * MIX_GRID - 1) / (2 * MIX_GRID) * (2 * MIX_GRID);

  METER_ADD (engine->stats.skipped_ticks, steps);
  for (guint i = 0; i < engine->rooms->len; i++)
    ((MixRoom *) engine->rooms->pdata[i])->ms += ms;
}
