/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a worker keeps the legs of a route: compact arrays by what they share, in which adding
 * and removing cost the same whatever their size. Does not send anything: fanout.c.
 */
#include "core/path/worker.h"
#include <string.h>

static void
variant_free (gpointer data)
{
  LegVariant *variant = data;
  g_free (variant->legs.entries);
  g_free (variant);
}

void
leg_group_init (LegGroup *group)
{
  group->variants = g_ptr_array_new_with_free_func (variant_free);
}

void
leg_group_clear (LegGroup *group)
{
  g_clear_pointer (&group->variants, g_ptr_array_unref);
  g_clear_pointer (&group->special.entries, g_free);
}

static LegVariant *
find_variant (LegGroup *group, const WorkerLeg *leg)
{
  LegVariant *variant;

  for (guint i = 0; i < group->variants->len; i++)
    {
      variant = group->variants->pdata[i];
      if (variant->level == leg->level && memcmp (variant->pt, leg->pt, sizeof variant->pt) == 0)
        return variant;
    }
  variant = g_new0 (LegVariant, 1);
  memcpy (variant->pt, leg->pt, sizeof variant->pt);
  variant->level = leg->level;
  g_ptr_array_add (group->variants, variant);
  return variant;
}

static void
drop_variant (WorkerLeg *leg)
{
  LegGroup *group = leg->owner_worker == OWNER_ANY ? &leg->route->common : &leg->route->owned;
  g_ptr_array_remove_fast (group->variants, leg->variant);
}

/* The socket of the leg's port for its addresses: the one bound to its local address, else
 * the first of its family. */
static WorkerSocket *
choose_socket (WorkerLeg *leg)
{
  WorkerSocket *found = NULL;

  for (guint i = 0; i < leg->port->n_sockets; i++)
    {
      WorkerSocket *socket = &leg->port->sockets[i];
      if (socket->bound.family != leg->remote.family)
        continue;
      if (rfl_address_same_ip (&socket->bound, &leg->local))
        return socket;
      if (found == NULL)
        found = socket;
    }
  return found;
}

static void
list_add (LegList *list, WorkerLeg *leg, WorkerSocket *socket)
{
  if (list->n == list->size)
    {
      list->size = MAX (4, list->size * 2);
      list->entries = g_renew (LegEntry, list->entries, list->size);
    }
  leg->list = list;
  leg->index = list->n;
  list->entries[list->n++] = (LegEntry){
    .remote = leg->remote,
    .local = leg->local,
    .socket = socket,
    .owner = leg->owner,
    .leg = leg,
    .local_only = (leg->flags & RFL_LEG_LOCAL_ONLY) != 0,
    .blocked = leg->blocked,
  };
}

/* A feed has frames for those, too, who get nothing else. */
static gboolean
gets_anything (const RflWorker *w, const WorkerLeg *leg)
{
  if (!leg->active || (leg->blocked && leg->mode != RFL_LEG_MIX))
    return FALSE;
  return leg->owner_worker == OWNER_ANY || leg->owner_worker == (gint) w->index;
}

void
leg_attach (RflWorker *w, WorkerLeg *leg)
{
  LegGroup *group = leg->owner_worker == OWNER_ANY ? &leg->route->common : &leg->route->owned;
  WorkerSocket *socket;

  if (!gets_anything (w, leg))
    return; /* its port may be gone */
  socket = choose_socket (leg);
  if (socket == NULL)
    return;
  if (leg->mode == RFL_LEG_ONE)
    {
      list_add (&leg->route->ones, leg, socket);
      return;
    }
  if (leg->mode == RFL_LEG_MIX)
    {
      list_add (&leg->feed->legs, leg, socket);
      return;
    }
  if ((leg->flags & RFL_LEG_LABELLED) || leg->stages)
    {
      list_add (&group->special, leg, socket);
      return;
    }
  leg->variant = find_variant (group, leg);
  list_add (&leg->variant->legs, leg, socket);
}

void
leg_detach (RflWorker *w, WorkerLeg *leg)
{
  LegList *list = leg->list;

  if (list == NULL)
    return;
  list->entries[leg->index] = list->entries[--list->n];
  list->entries[leg->index].leg->index = leg->index;
  leg->list = NULL;
  if (leg->variant && list->n == 0)
    drop_variant (leg);
  leg->variant = NULL;
}
