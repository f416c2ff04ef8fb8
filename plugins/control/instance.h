/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's functions as its descriptor names them, and what its parts share. Main thread throughout. Not
 * for other plugins: see reflector/control.h.
 */
#pragma once

#include <reflector/reflector.h>

/* What a participant can make happen; each has a counter, and where an operator could do something about it
 * a rate-limited line. */
typedef enum {
  CONTROL_COUNT_IN,
  CONTROL_COUNT_OUT,
  CONTROL_COUNT_REPEATED,
  CONTROL_COUNT_MALFORMED,
  CONTROL_COUNT_STALE,
  CONTROL_COUNT_OVER_RATE,
  CONTROL_COUNT_NOBODYS,
  CONTROL_COUNT_QUEUE_FULL,
  CONTROL_COUNT_UNSENT,
  CONTROL_COUNT_WAITING,
  CONTROL_COUNT_GIVEN_UP,
  CONTROL_N_COUNTS
} ControlCount;

/**
 * ControlInstance:
 * @talkers: RflParticipant -> ControlTalker
 * @listeners: (element-type ControlListener)
 */
typedef struct {
  RflCore *core;
  RflClock *clock;
  RflControlChannelConfig config;
  GHashTable *talkers;
  GArray *listeners;
  guint last_id;
  GArray *hooks;
  gboolean offered;
  RflCounter *counters[CONTROL_N_COUNTS];
  RflLogLimit log_limits[CONTROL_N_COUNTS];
} ControlInstance;

/* One plugin that takes the messages of a service. */
typedef struct {
  guint id;
  char service[4];
  RflControlFunc func;
  gpointer user_data;
} ControlListener;

extern const RflOption control_options[];

gpointer control_instance_new (RflCore *core);
gboolean control_instance_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean control_instance_start (gpointer self, GError **error);
RflReload control_instance_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void control_instance_stop (gpointer self);
void control_instance_free (gpointer self);
void control_instance_status (gpointer self, RflStatus *status);

/* ---- count.c ---- */
void control_counters_init (ControlInstance *self);
void control_count (ControlInstance *self, ControlCount what, guint64 n);
/* Counts, and logs at most so often. */
void control_complain (ControlInstance *self, ControlCount what, const RflParticipant *participant,
                       const char *format, ...) G_GNUC_PRINTF (4, 5);

/* ---- service.c ---- */
extern const RflControl control_service;
/* (nullable): who takes messages of @service; lent until the next change */
const ControlListener *control_find_listener (const ControlInstance *self, const char *service);
