/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Carries out the main thread's messages about routes, their sources and legs on a worker's own copies. Not for when:
 * state.c.
 */
#include "core/path/worker.h"
#include <string.h>

static void
on_route_formats (RflWorker *w, const Message *m)
{
  WorkerRoute *route = m->object;

  memcpy (route->rate, m->formats.rate, sizeof route->rate);
  for (guint i = 0; i < RFL_ROUTE_MAX_FORMATS; i++)
    route->codec[i] = m->formats.codec[i];
  route->companions = m->formats.companions;
}

static void
on_route_taps (RflWorker *w, const Message *m)
{
  ((WorkerRoute *) m->object)->taps = m->stages;
}

static void
on_source_add (RflWorker *w, const Message *m)
{
  WorkerSource *source = m->object;

  g_hash_table_add (w->sources, source);
  g_hash_table_insert (w->source_by_id, &source->id, source);
  source->index = source->route->sources->len;
  g_ptr_array_add (source->route->sources, source);
}

static void
on_source_remove (RflWorker *w, const Message *m)
{
  WorkerSource *source = m->object;
  GPtrArray *sources = source->route->sources;

  g_hash_table_remove (w->sources, source);
  g_hash_table_remove (w->source_by_id, &source->id);
  one_forget_source (w, source);
  ((WorkerSource *) sources->pdata[sources->len - 1])->index = source->index;
  g_ptr_array_remove_index_fast (sources, source->index);
  g_clear_pointer (&source->labels, g_free);
  source->n_labels = 0;
}

static void
on_source_map (RflWorker *w, const Message *m)
{
  WorkerSource *source = m->object;

  source->map = m->map;
  source->asked_pt[0] = source->asked_pt[1] = 0;
}

static void
on_source_flow (RflWorker *w, const Message *m)
{
  WorkerSource *source = m->object;

  g_hash_table_remove (w->sources, source);
  source->flow = m->other;
  g_hash_table_add (w->sources, source);
}

static void
on_source_label (RflWorker *w, const Message *m)
{
  WorkerSource *source = m->object;

  for (guint i = 0; i < source->n_labels; i++)
    if (source->labels[i].leg == m->label.leg)
      {
        source->labels[i] = m->label;
        return;
      }
  source->labels = g_renew (SourceLabel, source->labels, source->n_labels + 1);
  source->labels[source->n_labels++] = m->label;
}

static void
on_source_muted (RflWorker *w, const Message *m)
{
  ((WorkerSource *) m->object)->muted = m->active;
}

static void
on_source_level (RflWorker *w, const Message *m)
{
  ((WorkerSource *) m->object)->level = m->level;
}

static void
remove_labels (WorkerLeg *leg)
{
  GPtrArray *sources = leg->route->sources;

  for (guint i = 0; i < sources->len; i++)
    {
      WorkerSource *source = sources->pdata[i];
      for (guint k = 0; k < source->n_labels; k++)
        if (source->labels[k].leg == leg->id)
          {
            source->labels[k] = source->labels[--source->n_labels];
            break;
          }
    }
}

static void
count_owned (WorkerLeg *leg, gint change)
{
  WorkerRoute *route = leg->route;
  gint owner = leg->owner_worker;

  if (owner == OWNER_ANY || leg->feed) /* what hangs on a feed needs no packets */
    return;
  route->n_owned[owner] += change;
  if (route->n_owned[owner])
    route->relay_mask |= (guint64) 1 << owner;
  else
    route->relay_mask &= ~((guint64) 1 << owner);
}

static void
on_leg_add (RflWorker *w, const Message *m)
{
  count_owned (m->object, 1);
  leg_attach (w, m->object);
}

static void
on_leg_remove (RflWorker *w, const Message *m)
{
  WorkerLeg *leg = m->object;

  leg_detach (w, leg);
  one_forget (w, leg);
  count_owned (leg, -1);
  if (leg->flags & RFL_LEG_LABELLED)
    remove_labels (leg);
}

static void
on_leg_remote (RflWorker *w, const Message *m)
{
  WorkerLeg *leg = m->object;

  leg_detach (w, leg);
  leg->local = m->address.local;
  leg->remote = m->address.remote;
  leg_attach (w, leg);
}

static void
on_leg_pt (RflWorker *w, const Message *m)
{
  WorkerLeg *leg = m->object;

  leg_detach (w, leg);
  memcpy (leg->pt, m->pt, sizeof leg->pt);
  leg_attach (w, leg);
}

static void
on_leg_active (RflWorker *w, const Message *m)
{
  WorkerLeg *leg = m->object;

  leg_detach (w, leg);
  leg->active = m->active;
  leg->mix.started = FALSE;
  one_forget (w, leg); /* goes on with whoever sends then, time having passed */
  leg_attach (w, leg);
}

static void
on_leg_blocked (RflWorker *w, const Message *m)
{
  WorkerLeg *leg = m->object;

  leg_detach (w, leg);
  leg->blocked = m->active;
  one_forget (w, leg);
  leg_attach (w, leg);
}

static void
on_leg_stages (RflWorker *w, const Message *m)
{
  WorkerLeg *leg = m->object;

  leg_detach (w, leg);
  leg->stages = m->stages;
  leg_attach (w, leg);
}

static void
on_leg_follow (RflWorker *w, const Message *m)
{
  WorkerLeg *leg = m->object;

  one_wait (w, leg, NULL);
  leg->one.wanted = m->other;
}

static void
on_leg_limit (RflWorker *w, const Message *m)
{
  one_budget_set (&((WorkerLeg *) m->object)->one.budget, m->limit.bits, m->limit.overhead);
}

static void
on_leg_level (RflWorker *w, const Message *m)
{
  WorkerLeg *leg = m->object;

  leg_detach (w, leg);
  leg->level = m->level;
  leg_attach (w, leg);
}

static const MessageFunc handlers[N_MESSAGES] = {
  [MESSAGE_ROUTE_FORMATS] = on_route_formats,
  [MESSAGE_ROUTE_TAPS] = on_route_taps,
  [MESSAGE_SOURCE_ADD] = on_source_add,
  [MESSAGE_SOURCE_REMOVE] = on_source_remove,
  [MESSAGE_SOURCE_MAP] = on_source_map,
  [MESSAGE_SOURCE_FLOW] = on_source_flow,
  [MESSAGE_SOURCE_LABEL] = on_source_label,
  [MESSAGE_SOURCE_MUTED] = on_source_muted,
  [MESSAGE_SOURCE_LEVEL] = on_source_level,
  [MESSAGE_LEG_ADD] = on_leg_add,
  [MESSAGE_LEG_REMOVE] = on_leg_remove,
  [MESSAGE_LEG_REMOTE] = on_leg_remote,
  [MESSAGE_LEG_PT] = on_leg_pt,
  [MESSAGE_LEG_ACTIVE] = on_leg_active,
  [MESSAGE_LEG_BLOCKED] = on_leg_blocked,
  [MESSAGE_LEG_STAGES] = on_leg_stages,
  [MESSAGE_LEG_FOLLOW] = on_leg_follow,
  [MESSAGE_LEG_LIMIT] = on_leg_limit,
  [MESSAGE_LEG_LEVEL] = on_leg_level,
};

MessageFunc
state_find_route_handler (MessageType type)
{
  return handlers[type];
}
