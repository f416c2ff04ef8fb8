/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The order of one event's hooks. Calling them is bus.c's business. */
#pragma once

#include <reflector/bus.h>

typedef struct {
  guint refs;
  guint id;
  gboolean removed;
  char *name;
  RflEventType event;
  RflHookStage stage;
  char **before, **after;
  RflHookFunc func;
  gpointer user_data;
} HookRecord;

HookRecord *hook_new (const RflHook *hook, guint id);
void hook_unref (HookRecord *record);
/* Returns: (transfer full) (element-type HookRecord): @hooks in the
 * order in which they run; %NULL with @error naming the cycle. @hooks is in order of id. */
GPtrArray *hook_sort (const GPtrArray *hooks, GError **error);
