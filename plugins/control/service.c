/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The service "control" (reflector/control.h). Not for how messages travel: see talker.c. */
#include "plugins/control/talker.h"

#include <string.h>

const ControlListener *
control_find_listener (const ControlInstance *self, const char *service)
{
  for (guint i = 0; i < self->listeners->len; i++)
    {
      const ControlListener *listener = &g_array_index (self->listeners, ControlListener, i);
      if (memcmp (listener->service, service, sizeof listener->service) == 0)
        return listener;
    }
  return NULL;
}

static guint
add (gpointer data, const char service[4], RflControlFunc func, gpointer user_data)
{
  ControlInstance *self = data;
  ControlListener listener = { .func = func, .user_data = user_data };

  g_return_val_if_fail (func != NULL, 0);
  if (control_find_listener (self, service))
    return 0;
  memcpy (listener.service, service, sizeof listener.service);
  listener.id = ++self->last_id;
  g_array_append_val (self->listeners, listener);
  return listener.id;
}

static void
remove_listener (gpointer data, guint id)
{
  ControlInstance *self = data;

  for (guint i = 0; i < self->listeners->len; i++)
    if (g_array_index (self->listeners, ControlListener, i).id == id)
      {
        g_array_remove_index (self->listeners, i);
        return;
      }
}

static gboolean
speaks (gpointer data, RflParticipant *participant)
{
  const ControlTalker *talker = control_talker_find (data, participant);

  return talker && rfl_control_channel_is_up (talker->channel);
}

static gboolean
send_message (gpointer data, RflParticipant *participant, const char service[4], guint8 type,
              GBytes *body, GError **error)
{
  ControlTalker *talker = control_talker_find (data, participant);
  gsize len = 0;
  const guint8 *octets = body ? g_bytes_get_data (body, &len) : NULL;

  if (talker)
    return control_talker_send (talker, service, type, octets, len, error);
  g_set_error (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "%s does not speak control",
               participant->id);
  return FALSE;
}

const RflControl control_service = { add, remove_listener, send_message, speaks };
