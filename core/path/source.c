/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sources on the main thread. Does not see packets: receive.c.
 */
#include "core/path/path-private.h"
#include <string.h>

/* The wanted SSRC, or another one that is free in the route. */
static guint32
choose_ssrc (const RflRoute *route, guint32 wanted)
{
  while (rfl_route_find_source (route, wanted))
    wanted = g_random_int ();
  return wanted;
}

static void
fill_copies (PathSource *source, gboolean windowed)
{
  RflSource *public = &source->public;

  copies_init (&source->copies, source->path, sizeof (WorkerSource));
  for (guint w = 0; w < source->path->n_workers; w++)
    {
      WorkerSource *copy = copies_get (&source->copies, w);
      copy->id = source->id;
      copy->flow = copies_get (&public->flow->copies, w);
      copy->route = copies_get (&((PathRoute *) public->route)->copies, w);
      copy->owner = public->owner;
      copy->local = public->owner == NULL || public->owner->participant->origin == NULL;
      copy->ssrc = public->ssrc;
      copy->wire_ssrc = public->wire_ssrc;
      copy->map = source->map;
      copy->windowed = windowed;
      copy->muted = source->muted;
      copy->level = public->audio_level;
      copy->unit = copy->route->video ? g_new0 (OneUnit, 1) : NULL;
    }
}

static void
emit (PathSource *source, RflEventType type, RflEventDoneFunc done)
{
  RflEvent *event = rfl_event_new (type);

  rfl_event_set_source (event, &source->public);
  rfl_bus_emit (source->path->core->bus, event, done, source);
}

/* Behind a link the SSRC on the wire is but a label. */
static gboolean
is_alias (const RflSource *source)
{
  return source->owner && !source->owner->participant->origin && source->ssrc != source->wire_ssrc;
}

RflSource *
rfl_source_new (const RflSourceSpec *spec)
{
  Message message = { .type = MESSAGE_SOURCE_ADD };
  PathRoute *route = (PathRoute *) spec->route;
  PathSource *source;

  g_return_val_if_fail (spec->route && spec->flow && spec->map, NULL);
  if (rfl_flow_find_source (spec->flow, spec->wire_ssrc))
    return NULL;
  source = g_new0 (PathSource, 1);
  source->path = route->path;
  source->id = ++route->path->next_id;
  source->map = g_memdup2 (spec->map, sizeof *spec->map);
  source->public = (RflSource){ .route = spec->route,
                                .owner = spec->owner,
                                .flow = spec->flow,
                                .ssrc = choose_ssrc (spec->route, spec->ssrc),
                                .wire_ssrc = spec->wire_ssrc,
                                .back = spec->back,
                                .audio_level = spec->audio_level };
  source->muted = spec->owner && spec->owner->blocked & RFL_DIRECTION_SEND;
  fill_copies (source, spec->windowed);
  g_ptr_array_add (spec->route->sources, source);
  g_hash_table_insert (route->by_ssrc, GUINT_TO_POINTER (source->public.ssrc), source);
  g_hash_table_insert (spec->flow->sources, GUINT_TO_POINTER (spec->wire_ssrc), source);
  if (is_alias (&source->public))
    g_ptr_array_add (route->aliases, source);
  g_hash_table_insert (source->path->source_by_id, &source->id, source);
  path_post (source->path, &message, &source->copies, NULL);
  emit (source, RFL_EVENT_SOURCE_APPEARED, NULL);
  return &source->public;
}

static void
source_free_memory (gpointer data)
{
  PathSource *source = data;

  for (guint w = 0; w < source->path->n_workers; w++)
    g_free (((WorkerSource *) copies_get (&source->copies, w))->unit);
  copies_clear (&source->copies);
  g_free (source->map);
  g_free (source);
}

/* Hooks may look at it until the event has been dispatched. */
static void
on_vanished (RflEvent *event, const GError *error, gpointer user_data)
{
  PathSource *source = user_data;
  path_retire (source->path, source, source_free_memory);
}

void
rfl_source_free (RflSource *public)
{
  Message message = { .type = MESSAGE_SOURCE_REMOVE };
  PathSource *source = (PathSource *) public;
  PathRoute *route;

  if (public == NULL || source->vanished)
    return;
  source->vanished = TRUE;
  route = (PathRoute *) public->route;
  rfl_rtcp_forget_source (public);
  g_ptr_array_remove (route->aliases, source);
  g_ptr_array_remove (public->route->sources, source);
  g_hash_table_remove (route->by_ssrc, GUINT_TO_POINTER (public->ssrc));
  g_hash_table_remove (public->flow->sources, GUINT_TO_POINTER (public->wire_ssrc));
  g_hash_table_remove (source->path->source_by_id, &source->id);
  leg_forget_source (public);
  path_post (source->path, &message, &source->copies, NULL);
  emit (source, RFL_EVENT_SOURCE_VANISHED, on_vanished);
}

guint64
rfl_source_get_id (const RflSource *source)
{
  return ((const PathSource *) source)->id;
}

void
rfl_source_set_map (RflSource *public, const RflPtMap *map)
{
  PathSource *source = (PathSource *) public;
  Message message = { .type = MESSAGE_SOURCE_MAP };
  RflPtMap *before = source->map;

  if (source->vanished)
    return;
  source->map = g_memdup2 (map, sizeof *map);
  message.map = source->map;
  path_post (source->path, &message, &source->copies, NULL);
  path_retire (source->path, before, g_free);
}

void
rfl_source_set_flow (RflSource *public, RflFlow *flow)
{
  PathSource *source = (PathSource *) public;
  Message message = { .type = MESSAGE_SOURCE_FLOW };

  g_return_if_fail (flow);
  if (source->vanished || flow == public->flow)
    return;
  g_return_if_fail (rfl_flow_find_source (flow, public->wire_ssrc) == NULL);
  g_hash_table_remove (public->flow->sources, GUINT_TO_POINTER (public->wire_ssrc));
  public->flow = flow;
  g_hash_table_insert (flow->sources, GUINT_TO_POINTER (public->wire_ssrc), source);
  path_post (source->path, &message, &source->copies, &flow->copies);
}

void
source_mute (RflSource *public, gboolean muted)
{
  PathSource *source = (PathSource *) public;
  Message message = { .type = MESSAGE_SOURCE_MUTED, .active = muted };

  if (source->vanished || source->muted == muted)
    return;
  source->muted = muted;
  path_post (source->path, &message, &source->copies, NULL);
  if (!muted
      && strcmp (public->route->kind, "video") == 0) /* who joins in the middle sees nothing */
    rfl_source_request_keyframe (public);
}

void
rfl_source_set_back (RflSource *source, RflLeg *back)
{
  source->back = back;
}

void
rfl_source_set_audio_level (RflSource *public, guint8 number)
{
  PathSource *source = (PathSource *) public;
  Message message = { .type = MESSAGE_SOURCE_LEVEL, .level = number };

  if (source->vanished || public->audio_level == number)
    return;
  public->audio_level = number;
  path_post (source->path, &message, &source->copies, NULL);
}

void
source_forget_leg (RflRoute *route, const RflLeg *leg)
{
  for (guint i = 0; i < route->sources->len; i++)
    {
      RflSource *source = route->sources->pdata[i];
      if (source->back == leg)
        source->back = NULL;
    }
}

void
rfl_source_set_label (RflSource *public, RflLeg *leg, guint32 ssrc)
{
  PathSource *source = (PathSource *) public;
  Message message = { .type = MESSAGE_SOURCE_LABEL };

  if (source->vanished)
    return;
  message.label = (SourceLabel){ leg->id, ssrc };
  path_post (source->path, &message, &source->copies, NULL);
}

void
rfl_source_get_stats (const RflSource *public, RflSourceStats *out)
{
  const PathSource *source = (const PathSource *) public;

  *out = (RflSourceStats){ 0 };
  for (guint w = 0; w < source->path->n_workers; w++)
    {
      const WorkerSource *copy = copies_get (&source->copies, w);
      const RflSourceStats *stats = &copy->stats;
      gint64 seen = STAT_GET (stats->last_seen);

      out->packets += STAT_GET (stats->packets);
      out->octets += STAT_GET (stats->octets);
      if (seen <= out->last_seen)
        continue;
      out->last_seen = seen;
      out->last_seq = STAT_GET (stats->last_seq);
      out->last_timestamp = STAT_GET (stats->last_timestamp);
    }
}

gboolean
rfl_source_has_vanished (const RflSource *public)
{
  return ((const PathSource *) public)->vanished;
}

void
rfl_source_get_reception (const RflSource *public, RflReception *out)
{
  const PathSource *source = (const PathSource *) public;
  gint64 last = 0;

  *out = (RflReception){ 0 };
  for (guint w = 0; w < source->path->n_workers; w++)
    {
      const WorkerSource *copy = copies_get (&source->copies, w);
      const Reception *reception = &copy->reception;
      gint64 seen = STAT_GET (copy->stats.last_seen);

      out->expected += RECEPTION_GET (reception->expected);
      out->received += RECEPTION_GET (reception->received);
      if (seen <= last)
        continue;
      last = seen;
      out->highest_seq = RECEPTION_GET (reception->highest);
      out->jitter = RECEPTION_GET (reception->jitter) >> 4;
    }
}
