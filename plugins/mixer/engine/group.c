/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The listeners who share a codec: one stream for all who hear the same, one for each who does not,
 * and what of them goes out. Not for what is in them.
 */
#include "plugins/mixer/engine/private.h"
#include <string.h>

/* While nobody is heard: how often CN or a refresh goes out, ms, and how loud the noise is said to be
 * (RFC 3389 §3: -dBov). */
#define REFRESH 400
#define NOISE_LEVEL 75

MixGroup *
mix_group_new (RflFeed *feed, const RflFormat *format, guint ptime)
{
  MixGroup *group = g_new0 (MixGroup, 1);

  group->feed = feed;
  group->format = rfl_format_copy (format);
  group->rate = mix_output_rate_of (format);
  group->ptime = ptime;
  group->listeners = g_ptr_array_new ();
  group->apart = g_ptr_array_new ();
  return group;
}

void
mix_room_add_group (MixRoom *room, MixGroup *group)
{
  group->room = room;
  g_ptr_array_add (room->groups, group);
}

void
mix_group_free (MixGroup *group)
{
  g_warn_if_fail (group->listeners->len == 0);
  g_ptr_array_unref (group->listeners);
  g_ptr_array_unref (group->apart);
  mix_output_free (group->shared);
  rfl_format_free (group->format);
  g_free (group);
}

void
mix_group_remove (MixGroup *group)
{
  g_ptr_array_remove_fast (group->room->groups, group);
  mix_group_free (group);
}

gboolean
mix_emit (MixEngine *engine, const RflFrame *frame)
{
  gboolean sent = engine->emit (engine->user_data, frame);

  METER_ADD (engine->stats.frames, 1);
  if (!sent)
    METER_ADD (engine->stats.unsent, 1);
  return sent;
}

/* Of everybody in the sum but @listener. */
static guint
list_heard (const MixRoom *room, const MixListener *listener, guint32 *csrc)
{
  guint n = 0;

  for (guint i = 0; i < room->parts->len && n < RFL_FRAME_MAX_CSRC; i++)
    {
      const MixSource *source = room->parts->pdata[i];
      if (!listener || (source->owner != listener->medium && !listener->blocked))
        csrc[n++] = source->ssrc;
    }
  return n;
}

/* Who does not get what is shared. */
static guint
list_apart (const MixGroup *group, const RflMedium **except)
{
  guint n = 0;

  for (guint i = 0; i < group->apart->len && n < MIX_MAX_OWN; i++)
    {
      const MixListener *listener = group->apart->pdata[i];
      if (listener->own)
        except[n++] = listener->medium;
    }
  return n;
}

static guint
count_takers (const MixGroup *group, const MixListener *listener, MixFormat silence)
{
  return listener ? listener->taste.silence == silence : group->n_taste[silence];
}

/* While nobody is heard: to each as he takes it. */
static void
send_quiet (MixGroup *group, const MixListener *listener, RflFrame *frame, gint64 *since)
{
  static const guint8 noise[] = { NOISE_LEVEL };
  MixEngine *engine = group->room->engine;

  frame->format = MIX_FORMAT_SILENCE;
  if (count_takers (group, listener, MIX_FORMAT_SILENCE))
    mix_emit (engine, frame);
  if (*since && group->room->ms - *since < REFRESH)
    return;
  *since = group->room->ms;
  frame->format = MIX_FORMAT_REFRESH;
  if (count_takers (group, listener, MIX_FORMAT_REFRESH))
    mix_emit (engine, frame);
  frame->format = MIX_FORMAT_NOISE;
  frame->payload = noise;
  frame->len = sizeof noise;
  if (count_takers (group, listener, MIX_FORMAT_NOISE))
    mix_emit (engine, frame);
}

static void
send_sound (MixGroup *group, const MixListener *listener, RflFrame *frame, gint64 *since)
{
  guint32 csrc[RFL_FRAME_MAX_CSRC];

  frame->format = MIX_FORMAT_AUDIO;
  frame->csrc = csrc;
  frame->n_csrc = list_heard (group->room, listener, csrc);
  frame->marker = *since && !count_takers (group, listener, MIX_FORMAT_SILENCE);
  *since = 0;
  mix_emit (group->room->engine, frame);
}

/* @frame: whom it is for */
static void
send_output (MixGroup *group, MixOutput *output, const MixListener *listener, RflFrame *frame,
             gint64 *since)
{
  gint64 begin = group->room->ms - group->ptime;

  if (mix_output_get_pending (output) != group->ptime)
    {
      mix_output_drop_pending (output); /* it began within a packet */
      return;
    }
  frame->feed = group->feed;
  frame->timestamp = (guint32) (begin * group->format->clock_rate / 1000);
  frame->len = mix_output_encode (output, &frame->payload);
  if (frame->len == 0)
    return;
  if (mix_output_is_quiet (output))
    send_quiet (group, listener, frame, since);
  else
    send_sound (group, listener, frame, since);
}

static void
send_own (MixListener *listener)
{
  RflFrame frame = { .only = listener->medium, .past_block = listener->blocked };

  if (!listener->own)
    return;
  if (!listener->blocked || listener->linger)
    send_output (listener->group, listener->own, listener, &frame, &listener->quiet_since);
}

static void
send_shared (MixGroup *group)
{
  const RflMedium *except[MIX_MAX_OWN];
  RflFrame frame = { .except = except };

  frame.n_except = list_apart (group, except);
  send_output (group, group->shared, NULL, &frame, &group->quiet_since);
}

static void
send_packets (MixGroup *group)
{
  if (group->shared)
    send_shared (group);
  for (guint i = 0; i < group->apart->len; i++)
    {
      MixListener *listener = group->apart->pdata[i];
      send_own (listener);
      listener_settle (listener);
    }
}

static gboolean
has_common_listener (const MixGroup *group)
{
  for (guint i = 0; i < group->listeners->len; i++)
    {
      const MixListener *listener = group->listeners->pdata[i];
      if (!listener->own && !listener->blocked)
        return TRUE;
    }
  return FALSE;
}

static void
feed_shared (MixGroup *group)
{
  const MixRoom *room = group->room;

  if (!has_common_listener (group))
    {
      g_clear_pointer (&group->shared, mix_output_free);
      return;
    }
  if (!group->shared)
    {
      group->shared = mix_output_new (group->format, &room->engine->stats);
      group->quiet_since = 0;
    }
  if (group->shared)
    mix_output_feed (group->shared, room->sounding ? room->sum : NULL, room->step, room->rate);
}

static void
forget_returned (MixGroup *group)
{
  for (guint i = group->apart->len; i > 0; i--)
    {
      MixListener *listener = group->apart->pdata[i - 1];
      if (listener_is_apart (listener))
        continue;
      g_ptr_array_remove_index_fast (group->apart, i - 1);
      listener->apart = FALSE;
    }
}

void
group_step (MixGroup *group)
{
  for (guint i = 0; i < group->apart->len; i++)
    listener_prepare (group->apart->pdata[i]);
  for (guint i = 0; i < group->apart->len; i++)
    listener_feed (group->apart->pdata[i]);
  feed_shared (group);
  if (group->room->ms % group->ptime == 0)
    send_packets (group);
  forget_returned (group);
}
