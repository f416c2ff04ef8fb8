/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The session bus: hooks are called for events, one event at a time. Not where hooks are put
 * in order (hook.c), nor where events come from.
 */
#include "core/event.h"
#include "core/hook.h"

/**
 * RflBus:
 * @order: per event (element-type HookRecord): as they run. Replaced, never changed, so
 *   that an event keeps the order it began with
 * @queue: (element-type EventRecord): each with a reference
 * @deferred: (element-type EventRecord): likewise
 */
struct _RflBus {
  GPtrArray *order[RFL_N_EVENTS];
  GPtrArray *hooks[RFL_N_EVENTS]; /* by age */
  guint next_id;
  GQueue queue;
  GPtrArray *deferred;
  gboolean dispatching;
};

RflBus *
rfl_bus_new (void)
{
  RflBus *bus = g_new0 (RflBus, 1);

  for (guint i = 0; i < RFL_N_EVENTS; i++)
    {
      bus->order[i] = g_ptr_array_new_with_free_func ((GDestroyNotify) hook_unref);
      bus->hooks[i] = g_ptr_array_new_with_free_func ((GDestroyNotify) hook_unref);
    }
  g_queue_init (&bus->queue);
  bus->deferred = g_ptr_array_new ();
  return bus;
}

static gboolean
reorder (RflBus *bus, RflEventType type, GError **error)
{
  GPtrArray *order = hook_sort (bus->hooks[type], error);

  if (!order)
    return FALSE;
  g_ptr_array_unref (bus->order[type]);
  bus->order[type] = order;
  return TRUE;
}

guint
rfl_bus_add_hook (RflBus *bus, const RflHook *hook, GError **error)
{
  GPtrArray *hooks;

  g_return_val_if_fail (hook->name && hook->func && hook->event < RFL_N_EVENTS, 0);
  hooks = bus->hooks[hook->event];
  for (guint i = 0; i < hooks->len; i++)
    if (g_str_equal (((HookRecord *) hooks->pdata[i])->name, hook->name))
      {
        g_set_error (error, RFL_ERROR, RFL_ERROR_FAILED, "there is a hook %s already", hook->name);
        return 0;
      }
  g_ptr_array_add (hooks, hook_new (hook, ++bus->next_id));
  if (!reorder (bus, hook->event, error))
    {
      g_ptr_array_set_size (hooks, hooks->len - 1);
      return 0;
    }
  return bus->next_id;
}

char *
rfl_bus_remove_hook_of (RflBus *bus, const char *prefix)
{
  for (guint type = 0; type < RFL_N_EVENTS; type++)
    for (guint i = 0; i < bus->hooks[type]->len; i++)
      {
        const HookRecord *record = bus->hooks[type]->pdata[i];
        if (!g_str_has_prefix (record->name, prefix))
          continue;
        char *name = g_strdup (record->name);
        rfl_bus_remove_hook (bus, record->id);
        return name;
      }
  return NULL;
}

void
rfl_bus_remove_hook (RflBus *bus, guint id)
{
  for (guint type = 0; id && type < RFL_N_EVENTS; type++)
    for (guint i = 0; i < bus->hooks[type]->len; i++)
      {
        HookRecord *record = bus->hooks[type]->pdata[i];
        if (record->id != id)
          continue;
        record->removed = TRUE;
        g_ptr_array_remove_index (bus->hooks[type], i);
        reorder (bus, type, NULL);
        return;
      }
}

static void
remove_hooks_from (RflBus *bus, GArray *ids, guint first)
{
  for (guint i = first; i < ids->len; i++)
    rfl_bus_remove_hook (bus, g_array_index (ids, guint, i));
  g_array_set_size (ids, first);
}

gboolean
rfl_bus_add_hooks (RflBus *bus, const RflHook *hooks, guint n, GArray *ids, GError **error)
{
  guint first = ids->len;

  for (guint i = 0; i < n; i++)
    {
      guint id = rfl_bus_add_hook (bus, &hooks[i], error);
      if (id == 0)
        {
          remove_hooks_from (bus, ids, first);
          return FALSE;
        }
      g_array_append_val (ids, id);
    }
  return TRUE;
}

void
rfl_bus_remove_hooks (RflBus *bus, GArray *ids)
{
  remove_hooks_from (bus, ids, 0);
}

/* Calls one hook. Returns: %FALSE if the event waits. */
static gboolean
call_hook (EventRecord *record, HookRecord *hook)
{
  g_autoptr (GError) error = NULL;
  RflEventType type = record->event.type;
  RflHookResult result = hook->func (&record->event, hook->user_data, &error);

  if (result == RFL_HOOK_REFUSE && !event_may_be_refused (type))
    g_critical ("hook %s refuses an event that cannot be refused", hook->name);
  else if (result == RFL_HOOK_REFUSE && !record->error)
    record->error = error ? g_steal_pointer (&error)
                          : g_error_new (RFL_ERROR, RFL_ERROR_FAILED, "refused by %s", hook->name);
  if (result != RFL_HOOK_DEFER || record->error)
    return TRUE;
  if (!event_may_be_deferred (type))
    {
      g_critical ("hook %s defers an event that cannot wait", hook->name);
      return TRUE;
    }
  return record->resumed;
}

static void
finish (EventRecord *record)
{
  if (record->done)
    record->done (&record->event, record->error, record->user_data);
  record->state = EVENT_DONE;
  record->bus = NULL;
}

/* Goes on with @record from where it is, until it is done or waits. */
static void
run (RflBus *bus, EventRecord *record)
{
  record->state = EVENT_RUNNING;
  if (!record->hooks)
    record->hooks = g_ptr_array_ref (bus->order[record->event.type]);
  while (!record->error && record->next < record->hooks->len)
    {
      HookRecord *hook = record->hooks->pdata[record->next++];
      record->resumed = FALSE;
      if (!hook->removed && !call_hook (record, hook))
        {
          record->state = EVENT_DEFERRED;
          g_ptr_array_add (bus->deferred, rfl_event_ref (&record->event));
          return;
        }
    }
  finish (record);
}

static void
drain (RflBus *bus)
{
  EventRecord *record;

  if (bus->dispatching)
    return;
  bus->dispatching = TRUE;
  while ((record = g_queue_pop_head (&bus->queue)))
    {
      run (bus, record);
      rfl_event_unref (&record->event);
    }
  bus->dispatching = FALSE;
}

void
rfl_bus_emit (RflBus *bus, RflEvent *event, RflEventDoneFunc done, gpointer user_data)
{
  EventRecord *record = (EventRecord *) event;

  g_return_if_fail (record->state == EVENT_NEW);
  record->bus = bus;
  record->done = done;
  record->user_data = user_data;
  record->state = EVENT_QUEUED;
  g_queue_push_tail (&bus->queue, record);
  drain (bus);
}

/* A deferred event goes back into the queue, which takes over the reference. */
static void
requeue (EventRecord *record)
{
  RflBus *bus = record->bus;

  g_ptr_array_remove_fast (bus->deferred, record);
  record->state = EVENT_QUEUED;
  g_queue_push_tail (&bus->queue, record);
  drain (bus);
}

void
rfl_event_resume (RflEvent *event, GError *error)
{
  EventRecord *record = (EventRecord *) event;

  if ((record->state != EVENT_DEFERRED && record->state != EVENT_RUNNING) || record->error)
    {
      g_clear_error (&error);
      return;
    }
  record->error = error;
  record->resumed = TRUE;
  if (record->state == EVENT_DEFERRED)
    requeue (record);
}

void
rfl_event_cancel (RflEvent *event)
{
  EventRecord *record = (EventRecord *) event;

  if (record->state == EVENT_NEW || record->state == EVENT_DONE || record->error)
    return;
  record->error =
      g_error_new_literal (RFL_ERROR, RFL_ERROR_CANCELLED, "given up before it was decided");
  if (record->state == EVENT_DEFERRED)
    requeue (record);
}

void
rfl_bus_free (RflBus *bus)
{
  if (!bus)
    return;
  g_return_if_fail (!bus->dispatching);
  while (bus->deferred->len > 0)
    rfl_event_cancel (bus->deferred->pdata[bus->deferred->len - 1]);
  for (guint i = 0; i < RFL_N_EVENTS; i++)
    {
      g_ptr_array_unref (bus->order[i]);
      g_ptr_array_unref (bus->hooks[i]);
    }
  g_ptr_array_unref (bus->deferred);
  g_free (bus);
}
