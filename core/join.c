/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Getting into a session, and offers of those who are in it: the hooks are asked, then the maker
 * is told, exactly once. Leaving is in participant.c.
 */
#include "core/session-private.h"
#include <string.h>

#define MAX_NAME 255
#define MAX_ID 64

void
join_report (ParticipantRecord *record, const GError *error)
{
  Request request = record->request;

  memset (&record->request, 0, sizeof record->request);
  g_clear_pointer (&request.offers, g_ptr_array_unref);
  request.func (&record->participant, error, request.user_data);
}

/* As join_report(), for who has left or will not come in. */
static void
report_given_up (ParticipantRecord *record)
{
  g_autoptr (GError) error =
      g_error_new (RFL_ERROR, RFL_ERROR_CANCELLED, "left before it was decided (%s)",
                   record->reason ? record->reason : "no reason given");

  join_report (record, error);
}

static void
emit (ParticipantRecord *record, RflEventType type, RflMedium *medium, RflEventDoneFunc done)
{
  RflEvent *event = rfl_event_new (type);

  if (medium)
    rfl_event_set_medium (event, medium);
  else
    rfl_event_set_participant (event, &record->participant);
  if (done && type != RFL_EVENT_PARTICIPANT_JOINED && type != RFL_EVENT_MEDIUM_CHANGED)
    record->request.event = rfl_event_ref (event);
  rfl_bus_emit (record->core->bus, event, done, record);
}

static void
event_is_over (ParticipantRecord *record)
{
  g_clear_pointer (&record->request.event, rfl_event_unref);
  g_clear_pointer (&record->request.limit, rfl_timer_free);
}

/* Whoever keeps the offer may resume it later: nothing happens then. */
static void
overdue (gpointer user_data)
{
  ParticipantRecord *record = user_data;

  session_note (record->core, RFL_CORE_LOG_OVERDUE, record->session_name, &record->participant,
                NULL);
  rfl_event_resume (record->request.event,
                    g_error_new (RFL_ERROR, RFL_ERROR_UNAVAILABLE, "It took too long to decide"));
}

/* The only event that waits. The limit is set first: who is told at once may make another offer
 * before emit() returns, which has a limit of its own. */
static void
emit_offer (ParticipantRecord *record, RflEventDoneFunc done)
{
  record->request.limit = rfl_timer_new (record->core->clock, "offer", overdue, record);
  rfl_timer_start (record->request.limit, record->core->limits.offer_time);
  emit (record, RFL_EVENT_MEDIA_OFFERED, NULL, done);
}

/* The join has failed after the participant became a member. @error: %NULL if it has left. */
static void
refuse (ParticipantRecord *record, const GError *error)
{
  g_hash_table_remove (record->core->participants, record->participant.id);
  media_revert (record);
  if (record->participant.state == RFL_PARTICIPANT_LEFT || !error)
    report_given_up (record);
  else
    {
      record->participant.state = RFL_PARTICIPANT_LEFT;
      session_note (record->core, RFL_CORE_LOG_REFUSED, record->session_name, &record->participant,
                    error->message);
      join_report (record, error);
    }
  session_exit (record);
}

static void
joined (RflEvent *event, const GError *error, gpointer user_data)
{
  ParticipantRecord *record = user_data;

  if (record->participant.state != RFL_PARTICIPANT_JOINED)
    {
      report_given_up (record);
      return;
    }
  record->told = TRUE;
  join_report (record, NULL);
}

static void
admit (ParticipantRecord *record)
{
  RflParticipant *participant = &record->participant;

  media_commit (record);
  participant->state = RFL_PARTICIPANT_JOINED;
  g_ptr_array_add (participant->session->participants, participant);
  if (!participant->origin)
    participant->session->n_local++;
  session_note (record->core, RFL_CORE_LOG_JOINED, participant->session->name, participant, NULL);
  emit (record, RFL_EVENT_PARTICIPANT_JOINED, NULL, joined);
}

static void
join_offered (RflEvent *event, const GError *error, gpointer user_data)
{
  ParticipantRecord *record = user_data;

  event_is_over (record);
  if (error || record->participant.state == RFL_PARTICIPANT_LEFT)
    refuse (record, error);
  else
    admit (record);
}

static void
joining (RflEvent *event, const GError *error, gpointer user_data)
{
  ParticipantRecord *record = user_data;

  event_is_over (record);
  if (error || record->participant.state == RFL_PARTICIPANT_LEFT)
    {
      refuse (record, error);
      return;
    }
  media_offer (record, record->request.offers, NULL);
  if (record->request.offers->len == 0)
    admit (record);
  else
    emit_offer (record, join_offered);
}

void
join_begin (ParticipantRecord *record)
{
  session_enter (record);
  if (record->participant.state == RFL_PARTICIPANT_LEFT)
    refuse (record, NULL);
  else if (!record->participant.origin)
    emit (record, RFL_EVENT_PARTICIPANT_JOINING, NULL, joining);
  else
    {
      media_offer (record, record->request.offers, NULL);
      admit (record);
    }
}

static gboolean
is_valid_id (const char *id)
{
  gsize n = strlen (id);

  for (gsize i = 0; i < n; i++)
    if (!g_ascii_isgraph (id[i]))
      return FALSE;
  return n >= 1 && n <= MAX_ID;
}

static gboolean
may_join (ParticipantRecord *record, const char *name, GError **error)
{
  RflParticipant *participant = &record->participant;
  gsize n = strlen (name);

  if (n < 1 || n > MAX_NAME || !g_utf8_validate (name, n, NULL))
    g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "no session can have this name");
  else if (!is_valid_id (participant->id))
    g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "no participant can have this id");
  else if (*participant->identity == '\0')
    g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED, "no participant can be without identity");
  else if (participant->state != RFL_PARTICIPANT_NEW)
    g_set_error (error, RFL_ERROR, RFL_ERROR_CANCELLED, "it has joined or left already");
  else if (rfl_core_find_participant (record->core, participant->id))
    g_set_error (error, RFL_ERROR, RFL_ERROR_FAILED, "participant %s is there already",
                 participant->id);
  else if (record->core->draining && !participant->origin)
    g_set_error (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "this reflector is shutting down");
  else
    return session_check_limits (record->core, name, error);
  return FALSE;
}

/* Tells @func without touching what is under way. */
static void
reject (ParticipantRecord *record, GPtrArray *offers, RflJoinFunc func, gpointer user_data,
        GError *error)
{
  g_ptr_array_set_free_func (offers, (GDestroyNotify) rfl_medium_desc_free);
  g_ptr_array_unref (offers);
  func (&record->participant, error, user_data);
  g_error_free (error);
}

static void
set_request (ParticipantRecord *record, GPtrArray *offers, RflJoinFunc func, gpointer user_data)
{
  g_ptr_array_set_free_func (offers, (GDestroyNotify) rfl_medium_desc_free);
  record->request = (Request){ .func = func, .user_data = user_data, .offers = offers };
}

void
rfl_participant_join (RflParticipant *participant, const char *session_name, GPtrArray *offers,
                      RflJoinFunc func, gpointer user_data)
{
  ParticipantRecord *record = (ParticipantRecord *) participant;
  SessionRecord *old;
  GError *error = NULL;

  if (!may_join (record, session_name, &error))
    {
      reject (record, offers, func, user_data, error);
      return;
    }
  participant->state = RFL_PARTICIPANT_JOINING;
  g_hash_table_insert (record->core->participants, (char *) participant->id, participant);
  record->session_name = g_strdup (session_name);
  set_request (record, offers, func, user_data);
  old = session_lookup (record->core, session_name);
  rfl_participant_hold (participant);
  if (old && old->ending)
    {
      record->waiting_for = old;
      g_ptr_array_add (old->waiting, record);
      return; /* the queue keeps the hold */
    }
  join_begin (record);
  rfl_participant_drop (participant);
}

void
join_cancel (ParticipantRecord *record)
{
  if (record->waiting_for)
    {
      g_ptr_array_remove (record->waiting_for->waiting, record);
      record->waiting_for = NULL;
      g_hash_table_remove (record->core->participants, record->participant.id);
      report_given_up (record);
      rfl_participant_drop (&record->participant);
    }
  else if (record->request.event)
    rfl_event_cancel (record->request.event);
}

static void
changed (RflEvent *event, const GError *error, gpointer user_data)
{
  ParticipantRecord *record = user_data;

  if (record->participant.state == RFL_PARTICIPANT_JOINED)
    join_report (record, NULL);
  else
    report_given_up (record);
}

/* One event per medium; the last one's end is the end of the request. */
static void
tell_changes (ParticipantRecord *record)
{
  const GPtrArray *media = record->participant.media;

  for (guint i = 0; i < media->len && record->participant.state == RFL_PARTICIPANT_JOINED; i++)
    {
      gboolean last = i + 1 == media->len;
      emit (record, RFL_EVENT_MEDIUM_CHANGED, media->pdata[i], last ? changed : NULL);
      if (last)
        return;
    }
  changed (NULL, NULL, record);
}

static void
reoffered (RflEvent *event, const GError *error, gpointer user_data)
{
  ParticipantRecord *record = user_data;

  event_is_over (record);
  if (record->participant.state != RFL_PARTICIPANT_JOINED || error)
    {
      media_revert (record);
      if (error && record->participant.state == RFL_PARTICIPANT_JOINED)
        join_report (record, error);
      else
        report_given_up (record);
      return;
    }
  media_commit (record);
  tell_changes (record);
}

void
rfl_participant_offer (RflParticipant *participant, GPtrArray *offers, RflJoinFunc func,
                       gpointer user_data)
{
  ParticipantRecord *record = (ParticipantRecord *) participant;
  GError *error = NULL;

  if (participant->state != RFL_PARTICIPANT_JOINED)
    error = g_error_new (RFL_ERROR, RFL_ERROR_CANCELLED, "it is in no session");
  else if (record->request.func)
    error = g_error_new (RFL_ERROR, RFL_ERROR_UNAVAILABLE, "another offer is not decided yet");
  else
    media_offer (record, offers, &error);
  if (error)
    {
      reject (record, offers, func, user_data, error);
      return;
    }
  set_request (record, offers, func, user_data);
  rfl_participant_hold (participant);
  if (participant->origin)
    {
      media_commit (record);
      tell_changes (record);
    }
  else
    emit_offer (record, reoffered);
  rfl_participant_drop (participant);
}

void
rfl_participant_withdraw (RflParticipant *participant)
{
  ParticipantRecord *record = (ParticipantRecord *) participant;

  if (participant->state == RFL_PARTICIPANT_JOINED && record->request.event)
    rfl_event_cancel (record->request.event);
}
