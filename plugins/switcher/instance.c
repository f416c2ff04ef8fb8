/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When rooms are looked at, options and status. Does not judge: room.c, voice.c. */
#include "plugins/switcher/instance.h"

struct _Switcher {
  SwitcherView view;
  gint64 interval;
  RflTimer *timer;
  guint hook;
};

const RflOption switcher_options[] = {
  { .name = "threshold",
    .type = RFL_OPTION_INT,
    .fallback = "-50",
    .min = -127,
    .max = 0,
    .help = "loudness from which on somebody is heard, dBov" },
  { .name = "speech_time",
    .type = RFL_OPTION_INT,
    .fallback = "400",
    .min = 0,
    .max = 10000,
    .help =
        "milliseconds that somebody must be heard before he is the speaker; a cough is shorter" },
  { .name = "hold_time",
    .type = RFL_OPTION_INT,
    .fallback = "2000",
    .min = 0,
    .max = 60000,
    .help = "milliseconds for which nobody talks a speaker down who goes on speaking" },
  { .name = "margin",
    .type = RFL_OPTION_INT,
    .fallback = "6",
    .min = 0,
    .max = 60,
    .help = "dB by which somebody must be louder to talk a speaker down who goes on speaking" },
  { .name = "turn_time",
    .type = RFL_OPTION_INT,
    .fallback = "10000",
    .min = 0,
    .max = 600000,
    .help =
        "milliseconds without anybody heard after which the turn goes on among those whose packets "
        "do not say whether they speak; 0: never" },
  { .name = "interval",
    .type = RFL_OPTION_INT,
    .fallback = "100",
    .min = 20,
    .max = 1000,
    .help = "milliseconds between two looks at who speaks" },
  RFL_OPTION_END
};

static void
find_mixer (Switcher *self)
{
  self->view.mixer = rfl_core_find_service (self->view.core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION,
                                            &self->view.mixer_self);
}

static void
on_timer (gpointer data)
{
  Switcher *self = data;
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (self->view.core);

  find_mixer (self);
  for (guint i = 0; i < sessions->len; i++)
    switcher_room_look (&self->view, sessions->pdata[i]);
}

/* Its routes go with it. */
static RflHookResult
on_ended (RflEvent *event, gpointer data, GError **error)
{
  switcher_room_forget (event->session);
  return RFL_HOOK_CONTINUE;
}

Switcher *
switcher_new (RflCore *core)
{
  Switcher *self = g_new0 (Switcher, 1);

  self->view.core = core;
  self->view.switches =
      rfl_counter_get (core, "switcher.turns", "times that somebody else became the speaker");
  self->timer = rfl_timer_new (rfl_core_get_clock (core), "switcher", on_timer, self);
  return self;
}

void
switcher_set_rules (Switcher *self, const VoiceRules *rules, gint64 turn_time, gint64 interval)
{
  self->view.rules = *rules;
  self->view.turn_time = turn_time;
  self->interval = interval;
  if (rfl_timer_is_running (self->timer))
    rfl_timer_repeat (self->timer, interval);
}

static gint64
get_milliseconds (const RflSettings *settings, const char *name)
{
  return rfl_settings_get_int (settings, name) * G_TIME_SPAN_MILLISECOND;
}

gboolean
switcher_configure (Switcher *self, const RflSettings *settings, GError **error)
{
  const VoiceRules rules = { .threshold = (gint) rfl_settings_get_int (settings, "threshold"),
                             .margin = (gint) rfl_settings_get_int (settings, "margin"),
                             .speech_time = get_milliseconds (settings, "speech_time"),
                             .hold_time = get_milliseconds (settings, "hold_time") };

  switcher_set_rules (self, &rules, get_milliseconds (settings, "turn_time"),
                      get_milliseconds (settings, "interval"));
  return TRUE;
}

gboolean
switcher_start (Switcher *self, GError **error)
{
  const RflHook hook = { .name = "switcher/ended",
                         .event = RFL_EVENT_SESSION_ENDED,
                         .stage = RFL_HOOK_LATE,
                         .func = on_ended,
                         .user_data = self };

  self->hook = rfl_bus_add_hook (rfl_core_get_bus (self->view.core), &hook, error);
  if (self->hook == 0)
    return FALSE;
  rfl_timer_repeat (self->timer, self->interval);
  return TRUE;
}

void
switcher_stop (Switcher *self)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (self->view.core);

  rfl_bus_remove_hook (rfl_core_get_bus (self->view.core), self->hook);
  self->hook = 0;
  rfl_timer_stop (self->timer);
  for (guint i = 0; i < sessions->len; i++)
    switcher_room_forget (sessions->pdata[i]);
}

void
switcher_free (Switcher *self)
{
  switcher_stop (self);
  rfl_timer_free (self->timer);
  g_free (self);
}

static void
add_session (Switcher *self, RflSession *session, RflStatus *status)
{
  gboolean speaking;
  const RflParticipant *speaker = switcher_room_get_speaker (&self->view, session, &speaking);

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "session", session->name);
  rfl_status_add_string (status, "speaker", speaker ? speaker->identity : NULL);
  rfl_status_add_bool (status, "speaking", speaking);
  rfl_status_end (status);
}

void
switcher_status (Switcher *self, RflStatus *status)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (self->view.core);

  rfl_status_add_bool (status, "mixer", self->view.mixer != NULL);
  rfl_status_begin_array (status, "sessions");
  for (guint i = 0; i < sessions->len; i++)
    add_session (self, sessions->pdata[i], status);
  rfl_status_end (status);
}
