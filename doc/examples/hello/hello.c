/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells when a session is larger than any before. Not a limit: a hook on JOINING could be one. */
#include <reflector/reflector.h>

typedef struct {
  RflBus *bus;
  guint hook, record;
} Hello;

static RflHookResult
on_joined (RflEvent *event, gpointer user_data, GError **error)
{
  Hello *self = user_data;

  if (event->session->participants->len <= self->record)
    return RFL_HOOK_CONTINUE;
  self->record = event->session->participants->len;
  rfl_notice (&(RflLogFields){ .session = event->session->name }, "%u are here", self->record);
  return RFL_HOOK_CONTINUE;
}

static gpointer
hello_new (RflCore *core)
{
  Hello *self = g_new0 (Hello, 1);

  self->bus = rfl_core_get_bus (core);
  return self;
}

static gboolean
hello_configure (gpointer self, const RflSettings *settings, GError **error)
{
  ((Hello *) self)->record = rfl_settings_get_int (settings, "least") - 1;
  return TRUE;
}

static gboolean
hello_start (gpointer data, GError **error)
{
  Hello *self = data;
  RflHook hook = {
    "hello/joined", RFL_EVENT_PARTICIPANT_JOINED, RFL_HOOK_LATE, NULL, NULL, on_joined, self
  };

  return (self->hook = rfl_bus_add_hook (self->bus, &hook, error)) > 0;
}

static void
hello_stop (gpointer self)
{
  rfl_bus_remove_hook (((Hello *) self)->bus, ((Hello *) self)->hook);
}

static const RflOption options[] = { { "least", RFL_OPTION_INT, "3", FALSE, 1, 1000, NULL, NULL,
                                       NULL, "So many are worth a line" },
                                     RFL_OPTION_END };
RFL_PLUGIN (.name = "hello", .version = "1", .summary = "Tells of records", .options = options,
            .new = hello_new, .configure = hello_configure, .start = hello_start,
            .stop = hello_stop, .free = g_free);
