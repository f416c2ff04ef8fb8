/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hooks put in order: by stage, then by before/after, then by age. Does not call them. */
#include "core/hook.h"
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
must_precede (const HookRecord *a, const HookRecord *b)
{
  if (a == b || a->stage != b->stage)
    return a->stage < b->stage;
  return names (a->before, b->name) || names (b->after, a->name);
}

/* Whether something that is still to be placed must run before @record. */
static HookRecord *
find_blocker (const GPtrArray *left, const HookRecord *record)
{
  for (guint i = 0; i < left->len; i++)
    if (must_precede (left->pdata[i], record))
      return left->pdata[i];
  return NULL;
}

/* Everything in @left is blocked: going from blocker to blocker must come round. */
static void
set_cycle_error (const GPtrArray *left, GError **error)
{
  g_autoptr (GPtrArray) seen = g_ptr_array_new ();
  g_autoptr (GString) chain = g_string_new (NULL);
  HookRecord *record = left->pdata[0];
  guint from;

  while (!g_ptr_array_find (seen, record, &from))
    {
      g_ptr_array_add (seen, record);
      record = find_blocker (left, record);
    }
  g_string_append (chain, record->name);
  for (guint i = seen->len; i-- > from;)
    g_string_append_printf (chain, " → %s", ((HookRecord *) seen->pdata[i])->name);
  g_set_error (error, RFL_ERROR, RFL_ERROR_FAILED, "hooks wait for each other: %s", chain->str);
}

GPtrArray *
hook_sort (const GPtrArray *hooks, GError **error)
{
  g_autoptr (GPtrArray) sorted = g_ptr_array_new_with_free_func ((GDestroyNotify) hook_unref);
  g_autoptr (GPtrArray) left = g_ptr_array_new ();

  for (guint i = 0; i < hooks->len; i++)
    g_ptr_array_add (left, hooks->pdata[i]);
  while (left->len > 0)
    {
      guint i = 0;
      while (i < left->len && find_blocker (left, left->pdata[i]))
        i++;
      if (i == left->len)
        {
          set_cycle_error (left, error);
          return NULL;
        }
      HookRecord *record = g_ptr_array_remove_index (left, i);
      record->refs++;
      g_ptr_array_add (sorted, record);
    }
  return g_steal_pointer (&sorted);
}
