/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counters, and log lines that participants can cause. Not for the status: see instance.c. */
#define RFL_LOG_DOMAIN "control"
#include "plugins/control/instance.h"

static const struct {
  const char *name, *help;
} counts[CONTROL_N_COUNTS] = {
  [CONTROL_COUNT_IN] = { "control.messages_in", "messages of participants" },
  [CONTROL_COUNT_OUT] = { "control.messages_out", "messages to participants" },
  [CONTROL_COUNT_REPEATED] = { "control.repeated", "repetitions of messages to participants" },
  [CONTROL_COUNT_MALFORMED] = { "control.malformed", "datagrams that are no control messages" },
  [CONTROL_COUNT_STALE] = { "control.stale", "datagrams of or for another incarnation" },
  [CONTROL_COUNT_OVER_RATE] = { "control.over_rate",
                                "messages beyond max_messages, left to be repeated" },
  [CONTROL_COUNT_NOBODYS] = { "control.unknown_service",
                              "messages for a service that nobody here offers" },
  [CONTROL_COUNT_QUEUE_FULL] = { "control.queue_full",
                                 "messages that were refused since max_queue were waiting" },
  [CONTROL_COUNT_UNSENT] = { "control.unsent", "datagrams without an address to send them to" },
  [CONTROL_COUNT_WAITING] = { "control.not_admitted",
                              "datagrams of participants that wait for their PIN" },
  [CONTROL_COUNT_GIVEN_UP] = { "control.given_up",
                               "participants that did not acknowledge for give_up seconds" },
};

void
control_counters_init (ControlInstance *self)
{
  for (guint i = 0; i < CONTROL_N_COUNTS; i++)
    self->counters[i] = rfl_counter_get (self->core, counts[i].name, counts[i].help);
}

void
control_count (ControlInstance *self, ControlCount what, guint64 n)
{
  if (n > 0)
    rfl_counter_add (self->counters[what], n);
}

void
control_complain (ControlInstance *self, ControlCount what, const RflParticipant *participant,
                  const char *format, ...)
{
  RflLogFields fields = { .session = participant->session ? participant->session->name : NULL,
                          .participant = participant->id };
  g_autofree char *text = NULL;
  guint suppressed;
  va_list args;

  control_count (self, what, 1);
  if (!rfl_log_limit_pass (&self->log_limits[what], self->clock, &suppressed))
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (suppressed > 0)
    rfl_warning (&fields, "%s: %s (and %u more of this kind)", participant->id, text, suppressed);
  else
    rfl_warning (&fields, "%s: %s", participant->id, text);
}
