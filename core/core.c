/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The core object: what hangs on it, and its life. Not its configuration: see load.c. */
#include "core/core-private.h"
#include "core/plugin.h"
#include "core/session-private.h"
#include <string.h>
#include <sys/random.h>

static guint64
random_bits (void)
{
  guint64 bits = 0;

  if (getrandom (&bits, sizeof bits, 0) != sizeof bits)
    bits = (guint64) g_random_int () << 32 | g_random_int ();
  return bits;
}

/* Host names may hold anything; an id is printable ASCII without spaces. */
static char *
make_id (void)
{
  char *id = g_strdup_printf ("%.48s-%08x", g_get_host_name (), (guint32) random_bits ());

  for (char *p = id; *p; p++)
    if (!g_ascii_isgraph (*p))
      *p = '-';
  return id;
}

static guint
count_workers (guint wanted)
{
  return CLAMP (wanted ? wanted : g_get_num_processors (), 1, RFL_MAX_WORKERS);
}

RflCore *
rfl_core_new (const RflCoreOptions *options)
{
  RflCore *core = g_new0 (RflCore, 1);

  core->context = options->context ? g_main_context_ref (options->context)
                                   : g_main_context_ref (g_main_context_default ());
  core->clock = options->clock ? options->clock : rfl_clock_new (core->context);
  core->transport = options->transport ? options->transport : rfl_transport_new_kernel ();
  core->log = options->log;
  core->plugin_path = g_strdup (options->plugin_path);
  core->n_workers = count_workers (options->n_workers);
  core->manual_workers = options->manual_workers;
  core->limits = (RflCoreLimits){ 2000, 20000, 10000, 10 * G_TIME_SPAN_SECOND };
  core->rtcp = (RflCoreRtcp){ 32, 10, 20000 };
  core->drain_time = 5 * G_TIME_SPAN_SECOND;
  core->id = make_id ();
  core->epoch = random_bits () | 1;
  core->counters = rfl_counters_new ();
  core->services = rfl_services_new ();
  core->sessions = g_hash_table_new (g_str_hash, g_str_equal);
  core->participants = g_hash_table_new (g_str_hash, g_str_equal);
  core->bus = rfl_bus_new ();
  core->path = rfl_path_new (core, core->transport);
  return core;
}

/* Whoever is still there when the plugins have stopped goes without being told. */
static void
leave_all (RflCore *core)
{
  g_autoptr (GList) all = g_hash_table_get_values (core->participants);

  for (GList *l = all; l; l = l->next)
    rfl_participant_hold (l->data);
  for (GList *l = all; l; l = l->next)
    {
      rfl_participant_leave (l->data, "the reflector stops");
      rfl_participant_drop (l->data);
    }
}

void
rfl_core_free (RflCore *core)
{
  if (!core)
    return;
  rfl_core_stop (core);
  leave_all (core);
  plugin_set_free (core->plugins);
  rfl_path_free (core->path);
  rfl_bus_free (core->bus);
  g_hash_table_unref (core->participants);
  g_hash_table_unref (core->sessions);
  g_hash_table_unref (core->services);
  core->transport->free (core->transport);
  rfl_clock_free (core->clock);
  g_hash_table_unref (core->counters);
  g_clear_pointer (&core->settings, rfl_settings_free);
  g_main_context_unref (core->context);
  g_free (core->config_dir);
  g_free (core->plugin_path);
  g_free (core->id);
  g_free (core);
}

gboolean
rfl_core_start (RflCore *core, GError **error)
{
  g_return_val_if_fail (core->started_at == 0, FALSE);
  if (!rfl_path_start (core->path, error))
    return FALSE;
  if (core->plugins && !plugin_set_start (core->plugins, error))
    {
      leave_all (core);
      rfl_path_stop (core->path);
      return FALSE;
    }
  core->started_at = MAX (rfl_clock_now (core->clock), 1);
  return TRUE;
}

void
rfl_core_stop (RflCore *core)
{
  if (core->started_at == 0)
    return;
  core->started_at = 0;
  if (core->plugins)
    plugin_set_stop (core->plugins);
  leave_all (core);
  rfl_path_stop (core->path);
}

void
rfl_core_drain (RflCore *core)
{
  if (core->draining)
    return;
  core->draining = TRUE;
  rfl_bus_emit (core->bus, rfl_event_new (RFL_EVENT_DRAINING), NULL, NULL);
}

RflBus *
rfl_core_get_bus (RflCore *core)
{
  return core->bus;
}

RflPath *
rfl_core_get_path (RflCore *core)
{
  return core->path;
}

RflClock *
rfl_core_get_clock (RflCore *core)
{
  return core->clock;
}

GMainContext *
rfl_core_get_context (RflCore *core)
{
  return core->context;
}

const char *
rfl_core_get_id (RflCore *core)
{
  return core->id;
}

guint64
rfl_core_get_epoch (RflCore *core)
{
  return core->epoch;
}

gboolean
rfl_core_is_draining (RflCore *core)
{
  return core->draining;
}

gint64
rfl_core_get_drain_time (RflCore *core)
{
  return core->drain_time;
}
