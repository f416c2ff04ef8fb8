/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One listener in the engine: when he needs a stream of his own (he is in the sum himself, or a
 * tone is for him alone) and what is in it. Not for sending it (group.c).
 */
#include "plugins/mixer/dsp/sum.h"
#include "plugins/mixer/engine/private.h"
#include <string.h>

/* For so long the own stream carries the same as the shared one before the listener changes over: by then
 * both encoders have come to the same state, ms. */
#define LINGER 400

MixListener *
mix_listener_new (const RflMedium *medium)
{
  MixListener *listener = g_new0 (MixListener, 1);

  listener->medium = medium;
  listener->taste = (MixTaste){ MIX_FORMAT_SILENCE, MIX_N_FORMATS };
  return listener;
}

static void
end_own (MixListener *listener)
{
  if (!listener->own)
    return;
  g_clear_pointer (&listener->own, mix_output_free);
  listener->group->n_own--;
}

void
listener_set_apart (MixListener *listener)
{
  if (listener->apart || !listener->group)
    return;
  listener->apart = TRUE;
  g_ptr_array_add (listener->group->apart, listener);
}

gboolean
listener_is_apart (const MixListener *listener)
{
  return listener->own || listener->differs || listener->tone.tone;
}

static void
leave_group (MixListener *listener)
{
  MixGroup *group = listener->group;

  if (!group)
    return;
  end_own (listener);
  group->n_taste[listener->taste.silence]--;
  group->n_taste[listener->taste.event]--;
  g_ptr_array_remove_fast (group->listeners, listener);
  if (listener->apart)
    g_ptr_array_remove_fast (group->apart, listener);
  listener->apart = FALSE;
  listener->group = NULL;
}

void
mix_room_place_listener (MixRoom *room, MixListener *listener, MixGroup *group,
                         const MixTaste *taste)
{
  leave_group (listener);
  g_hash_table_insert (room->listeners, (gpointer) listener->medium, listener);
  listener->room = room;
  listener->group = group;
  listener->taste = *taste;
  group->n_taste[taste->silence]++;
  group->n_taste[taste->event]++;
  g_ptr_array_add (group->listeners, listener);
  if (listener->tone.tone)
    listener_set_apart (listener);
  room_adapt (room);
}

void
mix_listener_free (MixListener *listener)
{
  leave_group (listener);
  if (listener->room)
    g_hash_table_remove (listener->room->listeners, listener->medium);
  g_free (listener);
}

void
mix_listener_set_blocked (MixListener *listener, gboolean blocked)
{
  listener->blocked = blocked;
}

void
mix_listener_play (MixListener *listener, const MixTone *tone)
{
  mix_tone_start (&listener->tone, tone);
  listener_set_apart (listener);
}

static gboolean
is_in_sum (const MixListener *listener)
{
  const GPtrArray *parts = listener->room->parts;

  for (guint i = 0; i < parts->len; i++)
    if (((MixSource *) parts->pdata[i])->owner == listener->medium)
      return TRUE;
  return FALSE;
}

/* There is room in RflFrame.except for so many only: who merely lingers makes place. */
static gboolean
make_place (MixGroup *group)
{
  for (guint i = 0; group->n_own >= MIX_MAX_OWN && i < group->apart->len; i++)
    {
      MixListener *other = group->apart->pdata[i];
      if (other->own && !other->differs)
        end_own (other);
    }
  return group->n_own < MIX_MAX_OWN;
}

static void
begin_own (MixListener *listener)
{
  MixGroup *group = listener->group;

  if (!make_place (group))
    return;
  if (group->shared && !listener->blocked)
    listener->own = mix_output_fork (group->shared);
  else
    listener->own = mix_output_new (group->format, &listener->room->engine->stats);
  if (!listener->own)
    return;
  listener->quiet_since = group->shared ? group->quiet_since : 0;
  group->n_own++;
}

void
listener_prepare (MixListener *listener)
{
  guint step = listener->room->step;

  listener->differs = listener->tone.tone || (!listener->blocked && is_in_sum (listener));
  if (listener->differs)
    {
      listener->linger = LINGER;
      if (!listener->own)
        begin_own (listener);
    }
  else
    listener->linger -= MIN (listener->linger, step);
}

/* Everybody but himself. Returns: whether that is anything but silence */
static gboolean
sum_of_others (const MixListener *listener, gint32 *sum, guint n)
{
  const MixRoom *room = listener->room;
  gboolean sounding = room->sounding;
  guint own_parts = 0;

  memset (sum, 0, n * sizeof *sum);
  if (listener->blocked)
    return FALSE;
  memcpy (sum, room->sum, n * sizeof *sum);
  for (guint i = 0; i < room->parts->len; i++)
    {
      const MixSource *source = room->parts->pdata[i];
      if (source->owner != listener->medium)
        continue;
      sum_subtract (sum, source->part, n);
      own_parts++;
    }
  if (own_parts == room->parts->len)
    sounding = room->tone_sounding;
  return sounding;
}

void
listener_feed (MixListener *listener)
{
  const MixRoom *room = listener->room;
  guint n = room->rate / 1000 * room->step;
  gint32 sum[MIX_MAX_SAMPLES];
  gint16 tone[MIX_MAX_SAMPLES];
  gboolean sounding;

  if (!listener->own)
    return;
  sounding = sum_of_others (listener, sum, n);
  if (mix_tone_render (&listener->tone, tone, n, room->rate))
    {
      sum_add (sum, tone, n);
      sounding = TRUE;
    }
  mix_output_feed (listener->own, sounding ? sum : NULL, room->step, room->rate);
}

/* If nobody hears the shared stream now, his becomes it. */
void
listener_settle (MixListener *listener)
{
  MixGroup *group = listener->group;

  if (!listener->own || listener->differs || listener->linger)
    return;
  if (!group->shared && !listener->blocked)
    {
      group->shared = g_steal_pointer (&listener->own);
      group->quiet_since = listener->quiet_since;
      group->n_own--;
    }
  else
    end_own (listener);
}
