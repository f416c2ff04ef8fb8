/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What bus.c keeps with an event besides the public part. */
#pragma once

#include "core/core-private.h"

typedef enum {
  EVENT_NEW,
  EVENT_QUEUED,  /* not begun, or resumed or cancelled inside another dispatch */
  EVENT_RUNNING, /* inside a hook or its done function */
  EVENT_DEFERRED,
  EVENT_DONE
} EventState;

/**
 * EventRecord:
 * @hooks: (element-type HookRecord): those that were there when it began; %NULL before
 * @next: index in @hooks
 * @resumed: rfl_event_resume() came before its hook returned RFL_HOOK_DEFER
 * @error: why it is refused
 */
typedef struct {
  RflEvent event; /* first */
  guint refs;
  EventState state;
  RflBus *bus;
  GPtrArray *hooks;
  guint next;
  gboolean resumed;
  GError *error;
  RflEventDoneFunc done;
  gpointer user_data;
} EventRecord;

gboolean event_may_be_refused (RflEventType type);
gboolean event_may_be_deferred (RflEventType type);
