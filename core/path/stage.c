/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stages of ports and legs, taps of routes: added and removed on the main thread, handed to the workers as one
 * flat array. Does not run them: receive.c, fanout.c.
 */
#include "core/path/path-private.h"

StageArray *
stage_compile (const GArray *entries)
{
  StageArray *array;

  if (entries->len == 0)
    return NULL;
  array = g_malloc0 (sizeof *array + entries->len * sizeof array->stage[0]);
  for (RflStage stage = RFL_STAGE_VALIDATE; stage <= RFL_STAGE_EGRESS; stage++)
    for (guint i = 0; i < entries->len; i++)
      {
        const StageEntry *entry = &g_array_index (entries, StageEntry, i);
        if (entry->stage != stage)
          continue;
        array->stage[array->n].func = entry->func;
        array->stage[array->n++].context = entry->context;
        if (stage < RFL_STAGE_TAP)
          array->n_before = array->n;
      }
  return array;
}

static void
publish (RflPath *path, GArray *entries, StageArray **compiled, const Copies *copies,
         MessageType type)
{
  Message message = { .type = type };
  StageArray *before = *compiled;

  *compiled = stage_compile (entries);
  message.stages = *compiled;
  path_post (path, &message, copies, NULL);
  if (before)
    path_retire (path, before, g_free);
}

static guint
add_entry (GArray *entries, RflPath *path, RflStage stage, RflStageFunc func, gpointer context)
{
  StageEntry entry = { ++path->next_stage, stage, func, context };

  g_array_append_val (entries, entry);
  return entry.id;
}

static gboolean
remove_entry (GArray *entries, guint id)
{
  for (guint i = 0; i < entries->len; i++)
    if (g_array_index (entries, StageEntry, i).id == id)
      {
        g_array_remove_index (entries, i);
        return TRUE;
      }
  return FALSE;
}

guint
rfl_port_add_stage (RflPort *port, RflStage stage, RflStageFunc func, gpointer context)
{
  guint id;

  g_return_val_if_fail (port && stage < RFL_STAGE_EGRESS && func, 0);
  id = add_entry (port->stages, port->path, stage, func, context);
  publish (port->path, port->stages, &port->compiled, &port->copies, MESSAGE_PORT_STAGES);
  return id;
}

void
rfl_port_remove_stage (RflPort *port, guint id)
{
  if (!remove_entry (port->stages, id))
    return;
  publish (port->path, port->stages, &port->compiled, &port->copies, MESSAGE_PORT_STAGES);
  path_sync (port->path);
}

guint
rfl_leg_add_stage (RflLeg *leg, RflStageFunc func, gpointer context)
{
  guint id = add_entry (leg->stages, leg->path, RFL_STAGE_EGRESS, func, context);

  publish (leg->path, leg->stages, &leg->compiled, &leg->copies, MESSAGE_LEG_STAGES);
  return id;
}

void
rfl_leg_remove_stage (RflLeg *leg, guint id)
{
  if (!remove_entry (leg->stages, id))
    return;
  publish (leg->path, leg->stages, &leg->compiled, &leg->copies, MESSAGE_LEG_STAGES);
  path_sync (leg->path);
}

guint
rfl_route_add_tap (RflRoute *public, RflStageFunc func, gpointer context)
{
  PathRoute *route = (PathRoute *) public;
  guint id;

  g_return_val_if_fail (public && func, 0);
  id = add_entry (route->taps, route->path, RFL_STAGE_TAP, func, context);
  publish (route->path, route->taps, &route->compiled, &route->copies, MESSAGE_ROUTE_TAPS);
  return id;
}

void
rfl_route_remove_tap (RflRoute *public, guint id)
{
  PathRoute *route = (PathRoute *) public;

  if (!remove_entry (route->taps, id))
    return;
  publish (route->path, route->taps, &route->compiled, &route->copies, MESSAGE_ROUTE_TAPS);
  path_sync (route->path);
}
