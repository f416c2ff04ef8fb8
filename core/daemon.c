/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What signals do to the running daemon. Decides nothing about calls: that is for whoever hears
 * RFL_EVENT_DRAINING.
 */
#include "core/daemon.h"
#include "core/notify.h"
#include <reflector/log.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>

typedef struct {
  RflCore *core;
  GMainLoop *loop;
  RflTimer *limit; /* of the drain */
  guint hook;
  guint check;                /* idle source, 0 when none waits */
  guint terminate, interrupt; /* signal sources, 0 once one of them came */
  guint reload, status;
} Daemon;

static guint
count_local (RflCore *core)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (core);
  guint n = 0;

  for (guint i = 0; i < sessions->len; i++)
    n += ((const RflSession *) g_ptr_array_index (sessions, i))->n_local;
  return n;
}

static gboolean
check_drained (gpointer user_data)
{
  Daemon *self = user_data;

  self->check = 0;
  if (count_local (self->core) == 0)
    g_main_loop_quit (self->loop);
  return G_SOURCE_REMOVE;
}

/* Counted later: the participant may still be in its session during the event. */
static RflHookResult
participant_left (RflEvent *event, gpointer user_data, GError **error)
{
  Daemon *self = user_data;

  if (rfl_core_is_draining (self->core) && self->check == 0)
    self->check = g_idle_add (check_drained, self);
  return RFL_HOOK_CONTINUE;
}

static void
drain_time_over (gpointer user_data)
{
  Daemon *self = user_data;

  rfl_warning (NULL, "%u participants are still here after the drain time",
               count_local (self->core));
  g_main_loop_quit (self->loop);
}

static void
drain (Daemon *self, const char *signal_name)
{
  /* Without a handler of ours the next such signal ends the process at once, whatever a plugin
   * is waiting for. */
  g_source_remove (self->terminate);
  g_source_remove (self->interrupt);
  self->terminate = self->interrupt = 0;
  signal (SIGTERM, SIG_DFL); /* GLib gives the one that it is dispatching back only afterwards */
  signal (SIGINT, SIG_DFL);
  rfl_notice (NULL, "%s: draining, %u participants are here", signal_name,
              count_local (self->core));
  notify_service_manager ("STOPPING=1");
  rfl_timer_start (self->limit, rfl_core_get_drain_time (self->core));
  rfl_core_drain (self->core);
  if (self->check == 0)
    self->check = g_idle_add (check_drained, self);
}

static gboolean
on_terminate (gpointer user_data)
{
  drain (user_data, "SIGTERM");
  return G_SOURCE_CONTINUE; /* removed already */
}

static gboolean
on_interrupt (gpointer user_data)
{
  drain (user_data, "SIGINT");
  return G_SOURCE_CONTINUE;
}

/* @complaint: (nullable): one line, which the manager shows until the next reload */
static void
notify_reloaded (const char *complaint)
{
  g_autofree char *state = g_strconcat ("READY=1\nSTATUS=", complaint ? complaint : "", NULL);

  notify_service_manager (state);
}

static gboolean
on_reload (gpointer user_data)
{
  Daemon *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *complaint = NULL;
  g_autofree char *reloading = NULL;

  if (rfl_core_is_draining (self->core))
    return G_SOURCE_CONTINUE;
  /* The time is for Type=notify-reload of systemd. */
  reloading =
      g_strdup_printf ("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT, g_get_monotonic_time ());
  notify_service_manager (reloading);
  if (rfl_core_reload (self->core, &error))
    rfl_notice (NULL, "the configuration was read again");
  else
    {
      complaint = g_strdup_printf ("the configuration stays as it was: %s", error->message);
      g_strdelimit (complaint, "\n", ' ');
      rfl_error_line (NULL, "%s", complaint);
    }
  notify_reloaded (complaint);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_status (gpointer user_data)
{
  Daemon *self = user_data;
  g_autofree char *text = rfl_core_status (self->core);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line; line++)
    if (**line)
      rfl_notice (NULL, "%s", *line);
  return G_SOURCE_CONTINUE;
}

static void
watch_signals (Daemon *self)
{
  signal (SIGPIPE, SIG_IGN);
  self->terminate = g_unix_signal_add (SIGTERM, on_terminate, self);
  self->interrupt = g_unix_signal_add (SIGINT, on_interrupt, self);
  self->reload = g_unix_signal_add (SIGHUP, on_reload, self);
  self->status = g_unix_signal_add (SIGUSR1, on_status, self);
}

static void
unwatch_signals (Daemon *self)
{
  guint *const sources[] = { &self->terminate, &self->interrupt, &self->reload, &self->status,
                             &self->check };

  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    if (*sources[i] != 0)
      g_source_remove (*sources[i]);
}

static gboolean
start (Daemon *self, GError **error)
{
  const RflHook hook = { .name = "daemon/drain",
                         .event = RFL_EVENT_PARTICIPANT_LEFT,
                         .stage = RFL_HOOK_LATE,
                         .func = participant_left,
                         .user_data = self };

  self->hook = rfl_bus_add_hook (rfl_core_get_bus (self->core), &hook, error);
  if (self->hook == 0 || !rfl_core_start (self->core, error))
    return FALSE;
  rfl_notice (NULL, "ready as %s", rfl_core_get_id (self->core));
  notify_service_manager ("READY=1");
  return TRUE;
}

gboolean
daemon_run (RflCore *core, GError **error)
{
  Daemon self = { .core = core, .loop = g_main_loop_new (NULL, FALSE) };

  self.limit = rfl_timer_new (rfl_core_get_clock (core), "daemon/drain", drain_time_over, &self);
  watch_signals (&self);
  gboolean started = start (&self, error);
  if (started)
    {
      g_main_loop_run (self.loop);
      rfl_bus_remove_hook (rfl_core_get_bus (core), self.hook);
      rfl_core_stop (core);
      rfl_notice (NULL, "ended");
    }
  unwatch_signals (&self);
  rfl_timer_free (self.limit);
  g_main_loop_unref (self.loop);
  return started;
}
