/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions: their making, their members, their end. How a participant gets in is in join.c.
 *
 * A session that has lost its last member stays in the table until everybody has heard of its end; whoever
 * wants to join meanwhile waits, so that two of one name never coexist.
 */
#include "core/session-private.h"

SessionRecord *
session_lookup (RflCore *core, const char *name)
{
  return g_hash_table_lookup (core->sessions, name);
}

RflSession *
rfl_session_ref (RflSession *session)
{
  ((SessionRecord *) session)->refs++;
  return session;
}

void
rfl_session_unref (RflSession *session)
{
  SessionRecord *record = (SessionRecord *) session;

  if (--record->refs > 0)
    return;
  g_datalist_clear (&record->data);
  g_ptr_array_unref (session->participants);
  g_ptr_array_unref (session->routes);
  g_ptr_array_unref (record->waiting);
  g_free ((char *) session->name);
  g_free (record);
}

guint
rfl_session_count_present (const RflSession *session)
{
  guint n = 0;

  for (guint i = 0; i < session->participants->len; i++)
    n += !((const RflParticipant *) session->participants->pdata[i])->waiting;
  return n;
}

/* The table owns the first reference. */
static SessionRecord *
session_new (RflCore *core, const char *name)
{
  SessionRecord *record = g_new0 (SessionRecord, 1);

  record->refs = 1;
  record->core = core;
  record->session.name = g_strdup (name);
  record->session.participants = g_ptr_array_new ();
  record->session.routes = g_ptr_array_new ();
  record->waiting = g_ptr_array_new ();
  g_hash_table_insert (core->sessions, (char *) record->session.name, record);
  return record;
}

static void
emit (SessionRecord *record, RflEventType type, RflEventDoneFunc done)
{
  RflEvent *event = rfl_event_new (type);

  rfl_event_set_session (event, &record->session);
  rfl_bus_emit (record->core->bus, event, done, record);
}

static const struct {
  const char *text, *counter, *help;
} notes[RFL_N_CORE_LOGS] = {
  [RFL_CORE_LOG_CREATED] = { "session created", "core.sessions", "Sessions created" },
  [RFL_CORE_LOG_ENDED] = { "session ended", "core.sessions_ended", "Sessions ended" },
  [RFL_CORE_LOG_JOINED] = { "joined", "core.joined", "Participants that joined" },
  [RFL_CORE_LOG_LEFT] = { "left", "core.left", "Participants that left" },
  [RFL_CORE_LOG_OVERDUE] = { "offer not decided in time", "core.offers_overdue",
                             "Offers refused because a hook kept them waiting" },
  [RFL_CORE_LOG_REFUSED] = { "refused", "core.refused", "Joins refused" },
  [RFL_CORE_LOG_SUMMARY] = { "receivers' RTCP reports", "rtcp.switched",
                             "times that a session began or ceased to summarise RTCP reports" },
  [RFL_CORE_LOG_APP] = { "RTCP APP dropped", "rtcp.app_limited",
                         "RTCP APP packets above a participant's rate, dropped" },
  [RFL_CORE_LOG_COPIES] = { "RTCP not repeated", "rtcp.copies_limited",
                            "RTCP compounds that would have made more copies than one medium may" },
};

void
session_note (RflCore *core, RflCoreLogKind kind, const char *session,
              const RflParticipant *participant, const char *why)
{
  RflLogFields fields = { .session = session,
                          .participant = participant ? participant->id : NULL,
                          .peer = participant ? participant->origin : NULL };
  guint held_back;

  rfl_counter_add (rfl_counter_get (core, notes[kind].counter, notes[kind].help), 1);
  if (!rfl_log_limit_pass (&core->log_limits[kind], core->clock, &held_back))
    return;
  if (held_back > 0)
    rfl_info (NULL, "%u lines as the next one were left out", held_back);
  rfl_info (&fields, "%s%s%s%s%s", participant ? participant->identity : "", participant ? " " : "",
            notes[kind].text, why ? ": " : "", why ? why : "");
}

static gboolean
below (RflCore *core, guint have, guint limit, const char *what, GError **error)
{
  if (have < limit)
    return TRUE;
  rfl_counter_add (rfl_counter_get (core, "core.limited", "Joins refused for a limit"), 1);
  g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "there are %u %s already", have, what);
  return FALSE;
}

gboolean
session_check_limits (RflCore *core, const char *name, GError **error)
{
  const RflCoreLimits *limits = &core->limits;
  SessionRecord *record = session_lookup (core, name);

  if (!below (core, g_hash_table_size (core->participants), limits->participants, "participants",
              error))
    return FALSE;
  if (!record)
    return below (core, g_hash_table_size (core->sessions), limits->sessions, "sessions", error);
  return below (core, record->members + record->waiting->len, limits->participants_per_session,
                "participants in this session", error);
}

void
session_enter (ParticipantRecord *participant)
{
  RflCore *core = participant->core;
  SessionRecord *record = session_lookup (core, participant->session_name);
  gboolean created = record == NULL;

  if (created)
    record = session_new (core, participant->session_name);
  record->members++;
  participant->participant.session = rfl_session_ref (&record->session);
  if (!created)
    return;
  session_note (core, RFL_CORE_LOG_CREATED, record->session.name, NULL, NULL);
  emit (record, RFL_EVENT_SESSION_CREATED, NULL);
}

/* Everybody has heard of the end. */
static void
ended (RflEvent *event, const GError *error, gpointer user_data)
{
  SessionRecord *record = user_data;

  g_hash_table_remove (record->core->sessions, record->session.name);
  while (record->session.routes->len > 0)
    {
      guint last = record->session.routes->len - 1;
      RflRoute *route = record->session.routes->pdata[last];
      g_ptr_array_set_size (record->session.routes, last);
      rfl_route_free (route);
    }
  while (record->waiting->len > 0)
    {
      ParticipantRecord *next = g_ptr_array_remove_index (record->waiting, 0);
      next->waiting_for = NULL;
      join_begin (next);
      rfl_participant_drop (&next->participant);
    }
  rfl_session_unref (&record->session);
}

void
session_exit (ParticipantRecord *participant)
{
  SessionRecord *record = (SessionRecord *) participant->participant.session;

  participant->participant.session = NULL;
  if (--record->members == 0)
    {
      record->ending = TRUE;
      session_note (record->core, RFL_CORE_LOG_ENDED, record->session.name, NULL, NULL);
      emit (record, RFL_EVENT_SESSION_ENDED, ended);
    }
  rfl_session_unref (&record->session);
}

RflCore *
rfl_session_get_core (const RflSession *session)
{
  return ((const SessionRecord *) session)->core;
}

void
rfl_session_set_data (RflSession *session, const char *key, gpointer data, GDestroyNotify destroy)
{
  g_datalist_set_data_full (&((SessionRecord *) session)->data, key, data, destroy);
}

gpointer
rfl_session_get_data (RflSession *session, const char *key)
{
  return g_datalist_get_data (&((SessionRecord *) session)->data, key);
}

RflSession *
rfl_core_find_session (RflCore *core, const char *name)
{
  SessionRecord *record = session_lookup (core, name);

  return record && !record->ending ? &record->session : NULL;
}

GPtrArray *
rfl_core_list_sessions (RflCore *core)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  SessionRecord *record;

  g_hash_table_iter_init (&iter, core->sessions);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &record))
    if (!record->ending)
      g_ptr_array_add (list, &record->session);
  return list;
}
