/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events as things: their making, references and contents. How they travel is in bus.c. */
#include "core/event.h"

RflEvent *
rfl_event_new (RflEventType type)
{
  EventRecord *record = g_new0 (EventRecord, 1);

  record->refs = 1;
  record->event.type = type;
  return &record->event;
}

RflEvent *
rfl_event_ref (RflEvent *event)
{
  ((EventRecord *) event)->refs++;
  return event;
}

void
rfl_event_unref (RflEvent *event)
{
  EventRecord *record = (EventRecord *) event;

  if (--record->refs > 0)
    return;
  g_clear_error (&record->error);
  g_clear_pointer (&record->hooks, g_ptr_array_unref);
  g_clear_pointer (&event->participant, rfl_participant_drop);
  g_clear_pointer (&event->session, rfl_session_unref);
  g_clear_pointer (&event->data, g_bytes_unref);
  g_clear_pointer (&event->offers, g_ptr_array_unref);
  g_free ((char *) event->name);
  g_free (record);
}

void
rfl_event_set_session (RflEvent *event, RflSession *session)
{
  g_clear_pointer (&event->session, rfl_session_unref);
  event->session = session ? rfl_session_ref (session) : NULL;
}

void
rfl_event_set_participant (RflEvent *event, RflParticipant *participant)
{
  rfl_event_set_session (event, participant ? participant->session : NULL);
  g_clear_pointer (&event->participant, rfl_participant_drop);
  event->participant = participant ? rfl_participant_hold (participant) : NULL;
}

void
rfl_event_set_medium (RflEvent *event, RflMedium *medium)
{
  rfl_event_set_participant (event, medium ? medium->participant : NULL);
  event->medium = medium;
}

void
rfl_event_set_source (RflEvent *event, RflSource *source)
{
  rfl_event_set_medium (event, source->owner);
  event->source = source;
}

void
rfl_event_set_name (RflEvent *event, const char *name)
{
  g_free ((char *) event->name);
  event->name = g_strdup (name);
}

void
rfl_event_set_data (RflEvent *event, GBytes *data)
{
  g_clear_pointer (&event->data, g_bytes_unref);
  event->data = data ? g_bytes_ref (data) : NULL;
}

gboolean
event_may_be_refused (RflEventType type)
{
  return type == RFL_EVENT_PARTICIPANT_JOINING || type == RFL_EVENT_MEDIA_OFFERED
         || type == RFL_EVENT_SHARE_OPENING || type == RFL_EVENT_FILE_OFFERED;
}

gboolean
event_may_be_deferred (RflEventType type)
{
  return type == RFL_EVENT_MEDIA_OFFERED;
}
