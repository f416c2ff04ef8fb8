/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hooks put in order: by stage, then by before/after, then by age. Does not call them. */
#include "core/hook.h"
#include "core/order.h"
#include <reflector/error.h>
#include <string.h>

HookRecord *
hook_new (const RflHook *hook, guint id)
{
  HookRecord *record = g_new0 (HookRecord, 1);

  record->refs = 1;
  record->id = id;
  record->name = g_strdup (hook->name);
  record->event = hook->event;
  record->stage = hook->stage;
  record->before = g_strdupv ((char **) hook->before);
  record->after = g_strdupv ((char **) hook->after);
  record->func = hook->func;
  record->user_data = hook->user_data;
  return record;
}

void
hook_unref (HookRecord *record)
{
  if (--record->refs > 0)
    return;
  g_free (record->name);
  g_strfreev (record->before);
  g_strfreev (record->after);
  g_free (record);
}

/* "PLUGIN/" stands for all of a plugin. */
static gboolean
names (char **list, const char *name)
{
  for (; list && *list; list++)
    if (g_str_has_suffix (*list, "/") ? g_str_has_prefix (name, *list) : strcmp (*list, name) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
must_precede (gconstpointer first, gconstpointer second)
{
  const HookRecord *a = first, *b = second;

  if (a == b || a->stage != b->stage)
    return a->stage < b->stage;
  return names (a->before, b->name) || names (b->after, a->name);
}

static const char *
get_name (gconstpointer hook)
{
  return ((const HookRecord *) hook)->name;
}

GPtrArray *
hook_sort (const GPtrArray *hooks, GError **error)
{
  static const OrderRules rules = { .blocks = must_precede, .name = get_name };
  g_autofree char *cycle = NULL;
  GPtrArray *sorted = order_sort (hooks, &rules, &cycle);

  if (!sorted)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_FAILED, "hooks wait for each other: %s", cycle);
      return NULL;
    }
  for (guint i = 0; i < sorted->len; i++)
    ((HookRecord *) sorted->pdata[i])->refs++;
  g_ptr_array_set_free_func (sorted, (GDestroyNotify) hook_unref);
  return sorted;
}
