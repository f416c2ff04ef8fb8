/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin from new() to free(), its options and status, and whom it listens to. Not for what it does with
 * them: see talker.c.
 */
#include "plugins/control/talker.h"

const RflOption control_options[] = {
  { .name = "max_messages",
    .type = RFL_OPTION_INT,
    .fallback = "50",
    .min = 1,
    .max = 10000,
    .help = "messages a second that are taken of one participant; what is more has to come again" },
  { .name = "max_queue",
    .type = RFL_OPTION_INT,
    .fallback = "256",
    .min = 8,
    .max = 10000,
    .help = "messages that may wait for one participant, at most 1,000 octets each" },
  { .name = "give_up",
    .type = RFL_OPTION_INT,
    .fallback = "30",
    .min = 1,
    .max = 3600,
    .help = "seconds without an acknowledgement after which a participant does not speak control "
            "any more" },
  RFL_OPTION_END
};

static RflHookResult
on_message (RflEvent *event, gpointer user_data, GError **error)
{
  ControlInstance *self = user_data;
  RflParticipant *participant = event->participant;
  gsize size, len;
  const guint8 *packet = g_bytes_get_data (event->data, &size);
  const guint8 *data = rfl_control_get_data (packet, size, &len);

  if (!data || participant->origin || participant->state != RFL_PARTICIPANT_JOINED)
    return RFL_HOOK_CONTINUE;
  if (participant->waiting)
    control_count (self, CONTROL_COUNT_WAITING, 1);
  else
    control_talker_receive (control_talker_get (self, participant), event->medium, data, len);
  return RFL_HOOK_CONTINUE;
}

static RflHookResult
on_left (RflEvent *event, gpointer user_data, GError **error)
{
  ControlInstance *self = user_data;

  g_hash_table_remove (self->talkers, event->participant);
  return RFL_HOOK_CONTINUE;
}

gpointer
control_instance_new (RflCore *core)
{
  ControlInstance *self = g_new0 (ControlInstance, 1);

  self->core = core;
  self->clock = rfl_core_get_clock (core);
  self->talkers = g_hash_table_new_full (NULL, NULL, NULL, control_talker_free);
  self->listeners = g_array_new (FALSE, FALSE, sizeof (ControlListener));
  self->hooks = g_array_new (FALSE, FALSE, sizeof (guint));
  control_counters_init (self);
  return self;
}

gboolean
control_instance_configure (gpointer data, const RflSettings *settings, GError **error)
{
  ControlInstance *self = data;

  self->config.max_rate = (guint) rfl_settings_get_int (settings, "max_messages");
  self->config.max_queue = (guint) rfl_settings_get_int (settings, "max_queue");
  self->config.give_up = rfl_settings_get_int (settings, "give_up") * G_TIME_SPAN_SECOND;
  return TRUE;
}

/* The time to give up is that of the participants that come. */
RflReload
control_instance_reconfigure (gpointer data, const RflSettings *settings, GError **error)
{
  ControlInstance *self = data;
  GHashTableIter iter;
  gpointer talker;

  control_instance_configure (self, settings, error);
  g_hash_table_iter_init (&iter, self->talkers);
  while (g_hash_table_iter_next (&iter, NULL, &talker))
    rfl_control_channel_set_limits (((ControlTalker *) talker)->channel, self->config.max_queue,
                                    self->config.max_rate);
  return RFL_RELOAD_APPLIED;
}

gboolean
control_instance_start (gpointer data, GError **error)
{
  ControlInstance *self = data;
  const RflHook hooks[] = {
    { "control/message", RFL_EVENT_CONTROL_MESSAGE, RFL_HOOK_NORMAL, NULL, NULL, on_message, self },
    /* after those who say something to who leaves, or about him */
    { "control/left", RFL_EVENT_PARTICIPANT_LEFT, RFL_HOOK_LATE, NULL, NULL, on_left, self },
  };

  self->offered = rfl_bus_add_hooks (rfl_core_get_bus (self->core), hooks, G_N_ELEMENTS (hooks),
                                     self->hooks, error)
                  && rfl_core_offer_service (self->core, RFL_CONTROL_SERVICE, RFL_CONTROL_VERSION,
                                             &control_service, self, error);
  if (!self->offered)
    control_instance_stop (self);
  return self->offered;
}

/* They may find another way to say what they have to say. */
static void
say_goodbye (ControlInstance *self)
{
  GHashTableIter iter;
  gpointer talker;

  g_hash_table_iter_init (&iter, self->talkers);
  while (g_hash_table_iter_next (&iter, NULL, &talker))
    rfl_control_channel_close (((ControlTalker *) talker)->channel);
  g_hash_table_remove_all (self->talkers);
}

void
control_instance_stop (gpointer data)
{
  ControlInstance *self = data;

  rfl_bus_remove_hooks (rfl_core_get_bus (self->core), self->hooks);
  if (self->offered)
    rfl_core_withdraw_service (self->core, RFL_CONTROL_SERVICE);
  self->offered = FALSE;
  say_goodbye (self);
}

void
control_instance_free (gpointer data)
{
  ControlInstance *self = data;

  control_instance_stop (self);
  g_hash_table_unref (self->talkers);
  g_array_unref (self->listeners);
  g_array_unref (self->hooks);
  g_free (self);
}

static void
tell_talker (RflStatus *status, const ControlTalker *talker)
{
  const RflParticipant *participant = talker->participant;
  const RflControlChannelStats *stats = rfl_control_channel_get_stats (talker->channel);

  rfl_status_begin_object (status, NULL);
  rfl_status_add_string (status, "id", participant->id);
  rfl_status_add_string (status, "session",
                         participant->session ? participant->session->name : NULL);
  rfl_status_add_bool (status, "speaks", rfl_control_channel_is_up (talker->channel));
  rfl_status_add_int (status, "waiting", rfl_control_channel_get_pending (talker->channel));
  rfl_status_add_double (status, "rtt_ms",
                         (double) rfl_control_channel_get_rtt (talker->channel)
                             / G_TIME_SPAN_MILLISECOND);
  rfl_status_add_int (status, "in", (gint64) stats->received);
  rfl_status_add_int (status, "out", (gint64) stats->sent);
  rfl_status_add_int (status, "repeated", (gint64) stats->repeated);
  rfl_status_end (status);
}

void
control_instance_status (gpointer data, RflStatus *status)
{
  const ControlInstance *self = data;
  GHashTableIter iter;
  gpointer talker;

  rfl_status_begin_array (status, "services");
  for (guint i = 0; i < self->listeners->len; i++)
    {
      const ControlListener *listener = &g_array_index (self->listeners, ControlListener, i);
      g_autofree char *name = g_strndup (listener->service, sizeof listener->service);
      rfl_status_add_string (status, NULL, name);
    }
  rfl_status_end (status);
  rfl_status_begin_array (status, "participants");
  g_hash_table_iter_init (&iter, self->talkers);
  while (g_hash_table_iter_next (&iter, NULL, &talker))
    tell_talker (status, talker);
  rfl_status_end (status);
}
