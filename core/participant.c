/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Participants: their making, references and leaving. Getting into a session is in join.c. */
#include "core/session-private.h"

static const char *
copy (const char *text)
{
  return text ? g_strdup (text) : NULL;
}

RflParticipant *
rfl_participant_new (RflCore *core, const RflParticipantSpec *spec)
{
  ParticipantRecord *record = g_new0 (ParticipantRecord, 1);
  RflParticipant *participant = &record->participant;

  record->refs = 1;
  record->core = core;
  record->ops = spec->ops;
  record->user_data = spec->user_data;
  record->slots = g_ptr_array_new_with_free_func ((GDestroyNotify) media_free);
  participant->id = spec->id ? g_strdup (spec->id)
                             : g_strdup_printf ("%016" G_GINT64_MODIFIER "x.%" G_GUINT64_FORMAT,
                                                core->epoch, ++core->next_participant);
  participant->identity = g_strdup (spec->identity ? spec->identity : "");
  participant->display_name = copy (spec->display_name);
  participant->cname = copy (spec->cname);
  participant->origin = copy (spec->origin);
  participant->pin = copy (spec->pin);
  participant->signalling = spec->signalling;
  participant->confirmed = !spec->unconfirmed;
  participant->invited = spec->invited;
  participant->media = g_ptr_array_new ();
  return participant;
}

void
rfl_participant_set_local (RflParticipant *participant, const RflAddress *local)
{
  participant->local = *local;
  participant->local.port = 0;
}

static void
free_if_unused (ParticipantRecord *record)
{
  RflParticipant *participant = &record->participant;

  if (record->refs > 0 || record->holds > 0)
    return;
  g_datalist_clear (&record->data);
  g_ptr_array_unref (participant->media);
  g_ptr_array_unref (record->slots);
  g_free ((char *) participant->id);
  g_free ((char *) participant->identity);
  g_free ((char *) participant->display_name);
  g_free ((char *) participant->cname);
  g_free ((char *) participant->origin);
  g_free ((char *) participant->pin);
  g_free (record->session_name);
  g_free (record->reason);
  g_free (record);
}

RflParticipant *
rfl_participant_hold (RflParticipant *participant)
{
  ((ParticipantRecord *) participant)->holds++;
  return participant;
}

void
rfl_participant_drop (RflParticipant *participant)
{
  ParticipantRecord *record = (ParticipantRecord *) participant;

  record->holds--;
  free_if_unused (record);
}

RflParticipant *
rfl_participant_ref (RflParticipant *participant)
{
  ((ParticipantRecord *) participant)->refs++;
  return participant;
}

void
rfl_participant_unref (RflParticipant *participant)
{
  ParticipantRecord *record = (ParticipantRecord *) participant;

  if (--record->refs > 0)
    return;
  rfl_participant_hold (participant);
  rfl_participant_leave (participant, "nobody needs it any more");
  rfl_participant_drop (participant);
}

/* Everybody has heard that it has left. */
static void
left (RflEvent *event, const GError *error, gpointer user_data)
{
  ParticipantRecord *record = user_data;

  media_forget_routes (record);
  if (record->told && record->notify && record->ops && record->ops->ended)
    record->ops->ended (&record->participant, record->reason, record->user_data);
  session_exit (record);
}

static void
leave_session (ParticipantRecord *record)
{
  RflParticipant *participant = &record->participant;
  RflSession *session = participant->session;
  RflEvent *event = rfl_event_new (RFL_EVENT_PARTICIPANT_LEFT);

  g_ptr_array_remove (session->participants, participant);
  if (!participant->origin)
    session->n_local--;
  g_hash_table_remove (record->core->participants, participant->id);
  media_drop_sources (record);
  session_note (record->core, RFL_CORE_LOG_LEFT, session->name, participant, record->reason);
  rfl_event_set_participant (event, participant);
  rfl_event_set_name (event, record->reason);
  rfl_bus_emit (record->core->bus, event, left, record);
}

static void
leave (ParticipantRecord *record, const char *reason, gboolean notify)
{
  RflParticipantState was = record->participant.state;

  record->notify &= notify; /* once the maker knows, it stays so */
  if (was == RFL_PARTICIPANT_LEFT)
    return;
  record->notify = notify;
  record->reason = g_strdup (reason ? reason : "no reason given");
  record->participant.state = RFL_PARTICIPANT_LEFT;
  rfl_participant_hold (&record->participant);
  join_cancel (record);
  if (was == RFL_PARTICIPANT_JOINED)
    leave_session (record);
  rfl_participant_drop (&record->participant);
}

void
rfl_participant_leave (RflParticipant *participant, const char *reason)
{
  leave ((ParticipantRecord *) participant, reason, FALSE);
}

void
rfl_participant_end (RflParticipant *participant, const char *reason)
{
  leave ((ParticipantRecord *) participant, reason, TRUE);
}

void
rfl_participant_confirm (RflParticipant *participant)
{
  RflEvent *event;

  if (participant->confirmed)
    return;
  participant->confirmed = TRUE;
  if (participant->state != RFL_PARTICIPANT_JOINED)
    return;
  event = rfl_event_new (RFL_EVENT_PARTICIPANT_CONFIRMED);
  rfl_event_set_participant (event, participant);
  rfl_bus_emit (((ParticipantRecord *) participant)->core->bus, event, NULL, NULL);
}

void
rfl_participant_set_waiting (RflParticipant *participant, gboolean waiting)
{
  RflEvent *event;

  g_return_if_fail (!waiting || participant->state <= RFL_PARTICIPANT_JOINING);
  if (participant->waiting == waiting)
    return;
  participant->waiting = waiting;
  if (participant->state != RFL_PARTICIPANT_JOINED)
    return;
  event = rfl_event_new (RFL_EVENT_PARTICIPANT_ADMITTED);
  rfl_event_set_participant (event, participant);
  rfl_bus_emit (((ParticipantRecord *) participant)->core->bus, event, NULL, NULL);
}

void
rfl_participant_set_data (RflParticipant *participant, const char *key, gpointer data,
                          GDestroyNotify destroy)
{
  g_datalist_set_data_full (&((ParticipantRecord *) participant)->data, key, data, destroy);
}

gpointer
rfl_participant_get_data (RflParticipant *participant, const char *key)
{
  return g_datalist_get_data (&((ParticipantRecord *) participant)->data, key);
}

RflParticipant *
rfl_core_find_participant (RflCore *core, const char *id)
{
  return g_hash_table_lookup (core->participants, id);
}
