/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions and participants: refusals, waiting, leaving at every possible moment. Whatever
 * happens, a maker hears of its request exactly once.
 */
#include "core/core-private.h"
#include "core/log.h"
#include <string.h>

typedef struct {
  RflCore *core;
  GString *trace;
  RflEvent *kept;
  RflEventType at;        /* when to do the following, once */
  RflParticipant *leaves; /* its maker takes it out */
  RflParticipant *ends;   /* somebody else does */
  RflParticipant *joins;
  gboolean refuse, defer;
} Fixture;

static void
quiet (GLogLevelFlags level, const char *line, gpointer user_data)
{
}

static const char *const letters[RFL_N_EVENTS] = {
  [RFL_EVENT_SESSION_CREATED] = "C",     [RFL_EVENT_SESSION_ENDED] = "E",
  [RFL_EVENT_PARTICIPANT_JOINING] = "j", [RFL_EVENT_MEDIA_OFFERED] = "o",
  [RFL_EVENT_PARTICIPANT_JOINED] = "J",  [RFL_EVENT_MEDIUM_CHANGED] = "m",
  [RFL_EVENT_PARTICIPANT_LEFT] = "L",
};

static void join (Fixture *f, RflParticipant *participant, const char *session, guint n_media);

/* What MEDIA_OFFERED hooks do: accept every m-line. */
static void
answer (RflEvent *event)
{
  for (guint i = 0; i < event->participant->media->len; i++)
    {
      RflMedium *medium = event->participant->media->pdata[i];
      g_assert_nonnull (medium->offered);
      g_assert_cmpuint (medium->index, ==, i);
      medium->offered->accepted = TRUE;
    }
}

static RflHookResult
watch (RflEvent *event, gpointer user_data, GError **error)
{
  Fixture *f = user_data;
  gboolean now = event->type == f->at;

  g_string_append (f->trace, letters[event->type]);
  g_assert_nonnull (event->session);
  g_assert_true (!event->participant || event->participant->session == event->session);
  if (event->type == RFL_EVENT_MEDIA_OFFERED)
    answer (event);
  if (!now)
    return RFL_HOOK_CONTINUE;
  f->at = RFL_N_EVENTS;
  if (f->leaves)
    rfl_participant_leave (f->leaves, "left in a hook");
  if (f->ends)
    rfl_participant_end (f->ends, "ended in a hook");
  if (f->joins)
    join (f, f->joins, event->session->name, 1);
  if (f->refuse)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "not you");
      return RFL_HOOK_REFUSE;
    }
  if (f->defer)
    f->kept = rfl_event_ref (event);
  return f->defer ? RFL_HOOK_DEFER : RFL_HOOK_CONTINUE;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  RflCoreOptions options = { .clock = rfl_clock_new_manual (0),
                             .manual_workers = TRUE,
                             .n_workers = 1 };

  f->core = rfl_core_new (&options);
  f->trace = g_string_new (NULL);
  f->at = RFL_N_EVENTS;
  for (guint type = 0; type < RFL_N_EVENTS; type++)
    {
      RflHook hook = {
        .name = "test/watch", .event = type, .stage = RFL_HOOK_NORMAL, .func = watch, .user_data = f
      };
      if (letters[type])
        g_assert_cmpuint (rfl_bus_add_hook (f->core->bus, &hook, NULL), >, 0);
    }
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->kept, rfl_event_unref);
  g_clear_pointer (&f->core, rfl_core_free);
  g_string_free (f->trace, TRUE);
}

static void
ended (RflParticipant *participant, const char *reason, gpointer user_data)
{
  Fixture *f = user_data;

  g_assert_cmpint (participant->state, ==, RFL_PARTICIPANT_LEFT);
  g_string_append_printf (f->trace, "<%s>", reason);
}

static RflParticipant *
make (Fixture *f, const char *id, const char *origin)
{
  static const RflParticipantOps ops = { .ended = ended };
  RflParticipantSpec spec = {
    .id = id, .identity = "sip:x@example.org", .origin = origin, .ops = &ops, .user_data = f
  };

  return rfl_participant_new (f->core, &spec);
}

static void
told (RflParticipant *participant, const GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  if (error)
    g_string_append_printf (f->trace, "(%d)", error->code);
  else
    g_string_append (f->trace, "(ok)");
}

static GPtrArray *
offers (guint n)
{
  GPtrArray *array = g_ptr_array_new ();

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (array, rfl_medium_desc_new (i % 2 ? "video" : "audio"));
  return array;
}

static void
join (Fixture *f, RflParticipant *participant, const char *session, guint n_media)
{
  rfl_participant_join (participant, session, offers (n_media), told, f);
}

static void
assert_trace (Fixture *f, const char *want)
{
  g_assert_cmpstr (f->trace->str, ==, want);
  g_string_truncate (f->trace, 0);
}

static void
assert_empty (Fixture *f)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (f->core);

  g_assert_cmpuint (sessions->len, ==, 0);
  g_assert_cmpuint (g_hash_table_size (f->core->sessions), ==, 0);
  g_assert_cmpuint (g_hash_table_size (f->core->participants), ==, 0);
}

/* ---- what is refused ---- */

static void
bad_names (Fixture *f, gconstpointer data)
{
  g_autofree char *longest = g_strnfill (256, 'x');
  const char *const names[] = { "", longest, "\xff" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (RflParticipant) p = make (f, NULL, NULL);
      join (f, p, names[i], 1);
      assert_trace (f, "(4)");
    }
  longest[255] = 0;
  g_autoptr (RflParticipant) p = make (f, NULL, NULL);
  join (f, p, longest, 1);
  assert_trace (f, "CjoJ(ok)");
}

static void
bad_ids (Fixture *f, gconstpointer data)
{
  g_autofree char *longest = g_strnfill (65, 'x');
  const char *const ids[] = { "", longest, "a b", "\xc3\xbc", "a\n" };
  g_autoptr (RflParticipant) first = make (f, "twin", NULL);
  g_autoptr (RflParticipant) second = make (f, "twin", "other");

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (RflParticipant) p = make (f, ids[i], "other");
      join (f, p, "room", 1);
      assert_trace (f, "(4)");
    }
  join (f, first, "room", 1);
  assert_trace (f, "CjoJ(ok)");
  join (f, second, "elsewhere", 1);
  assert_trace (f, "(0)");
  join (f, first, "room", 1); /* twice */
  assert_trace (f, "(10)");
  g_assert_true (rfl_core_find_participant (f->core, "twin") == first);
}

static void
hook_refuses (Fixture *f, gconstpointer data)
{
  static const RflEventType types[] = { RFL_EVENT_PARTICIPANT_JOINING, RFL_EVENT_MEDIA_OFFERED };
  static const char *const traces[] = { "Cj(7)E", "Cjo(7)E" };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_autoptr (RflParticipant) p = make (f, NULL, NULL);
      f->refuse = TRUE;
      f->at = types[i];
      join (f, p, "room", 2);
      assert_trace (f, traces[i]);
      g_assert_cmpint (p->state, ==, RFL_PARTICIPANT_LEFT);
      g_assert_null (p->session);
      g_assert_cmpuint (p->media->len, ==, 0);
      assert_empty (f);
      rfl_participant_end (p, "again");
      assert_trace (f, "");
    }
}

static void
limits (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);
  g_autoptr (RflParticipant) c = make (f, NULL, "peer"), d = make (f, NULL, NULL);

  f->core->limits =
      (RflCoreLimits){ .sessions = 1, .participants = 10, .participants_per_session = 2 };
  join (f, a, "room", 1);
  assert_trace (f, "CjoJ(ok)");
  join (f, b, "other", 1);
  assert_trace (f, "(6)");
  rfl_participant_leave (b, NULL);
  join (f, c, "room", 1);
  assert_trace (f, "J(ok)");
  join (f, d, "room", 1);
  assert_trace (f, "(6)");
  f->core->limits = (RflCoreLimits){ 10, 2, 10 };
  join (f, d, "room", 1);
  assert_trace (f, "(6)");
  g_assert_cmpuint (rfl_counter_read (rfl_counter_get (f->core, "core.limited", "")), ==, 3);
  rfl_participant_leave (c, NULL);
  assert_trace (f, "L");
  join (f, d, "room", 1); /* a refusal for a limit is not for ever */
  assert_trace (f, "jojoJ(ok)" + 2);
}

static void
draining (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, "peer");

  rfl_core_drain (f->core);
  join (f, a, "room", 1);
  assert_trace (f, "(9)");
  join (f, b, "room", 1);
  assert_trace (f, "CJ(ok)");
}

/* ---- life ---- */

static void
life (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);
  RflSession *room;

  join (f, a, "room", 2);
  assert_trace (f, "CjoJ(ok)");
  room = rfl_core_find_session (f->core, "room");
  g_assert_true (a->session == room);
  g_assert_cmpuint (room->n_local, ==, 1);
  g_assert_cmpuint (room->routes->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      RflMedium *medium = a->media->pdata[i];
      g_assert_nonnull (medium->current);
      g_assert_null (medium->offered);
      g_assert_cmpstr (medium->route->kind, ==, medium->kind);
    }
  join (f, b, "room", 0);
  assert_trace (f, "joJ(ok)");
  g_assert_cmpuint (room->participants->len, ==, 2);
  rfl_participant_leave (a, "bye");
  rfl_participant_leave (a, "bye");
  assert_trace (f, "L");
  g_assert_null (a->session);
  rfl_participant_end (b, "kicked");
  rfl_participant_end (b, "kicked");
  assert_trace (f, "L<kicked>E");
  assert_empty (f);
}

static void
case_matters (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);

  join (f, a, "room", 1);
  join (f, b, "Room", 1);
  assert_trace (f, "CjoJ(ok)CjoJ(ok)");
}

static void
remote (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, "far/1", "peer"), b = make (f, NULL, NULL);
  GPtrArray *two = offers (2);

  ((RflMediumDesc *) two->pdata[0])->accepted = TRUE;
  f->refuse = TRUE;
  f->at = RFL_EVENT_PARTICIPANT_JOINING; /* is not asked */
  rfl_participant_join (a, "room", two, told, f);
  assert_trace (f, "CJ(ok)");
  f->at = RFL_N_EVENTS;
  g_assert_nonnull (((RflMedium *) a->media->pdata[0])->route);
  g_assert_null (((RflMedium *) a->media->pdata[1])->route);
  g_assert_cmpuint (a->session->n_local, ==, 0);
  join (f, b, "room", 1);
  g_assert_cmpuint (a->session->n_local, ==, 1);
  rfl_participant_leave (b, NULL);
  assert_trace (f, "joJ(ok)L");
  rfl_participant_offer (a, offers (3), told, f);
  assert_trace (f, "mmm(ok)");
  rfl_participant_leave (a, NULL);
  assert_trace (f, "LE");
}

/* The last reference is the last will. */
static void
last_reference (Fixture *f, gconstpointer data)
{
  RflParticipant *a = make (f, NULL, NULL);

  join (f, a, "room", 1);
  rfl_participant_unref (a);
  assert_trace (f, "CjoJ(ok)LE");
  assert_empty (f);
  a = make (f, NULL, NULL);
  f->at = RFL_EVENT_MEDIA_OFFERED;
  f->defer = TRUE;
  join (f, a, "room", 1);
  rfl_participant_unref (a); /* although an event is kept that names it */
  assert_trace (f, "Cjo(10)E");
  assert_empty (f);
}

static void
core_goes_first (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);

  join (f, a, "room", 1);
  f->at = RFL_EVENT_MEDIA_OFFERED;
  f->defer = TRUE;
  join (f, b, "room", 1);
  g_string_truncate (f->trace, 0);
  g_clear_pointer (&f->core, rfl_core_free);
  g_assert_nonnull (strstr (f->trace->str, "(10)"));
  g_assert_nonnull (strchr (f->trace->str, 'E'));
  g_assert_null (strchr (f->trace->str, '<')); /* nobody is told any more */
}

/* ---- waiting ---- */

static void
waits (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);

  f->at = RFL_EVENT_MEDIA_OFFERED;
  f->defer = TRUE;
  join (f, a, "room", 1);
  assert_trace (f, "Cjo");
  g_assert_cmpint (a->state, ==, RFL_PARTICIPANT_JOINING);
  g_assert_cmpuint (a->session->participants->len, ==, 0);
  rfl_event_resume (f->kept, NULL);
  assert_trace (f, "J(ok)");
}

static void
leaves_while_waiting (Fixture *f, gconstpointer data)
{
  gboolean end = GPOINTER_TO_INT (data);
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);

  f->at = RFL_EVENT_MEDIA_OFFERED;
  f->defer = TRUE;
  join (f, a, "room", 1);
  if (end)
    rfl_participant_end (a, "kicked");
  else
    rfl_participant_leave (a, "hung up");
  assert_trace (f, "Cjo(10)E"); /* its function has said it all: no <kicked> */
  rfl_event_resume (f->kept, NULL);
  assert_trace (f, "");
  assert_empty (f);
}

/* ---- leaving inside hooks, at every event ---- */

static void
leaves_in_hook (Fixture *f, gconstpointer data)
{
  static const struct {
    RflEventType at;
    const char *leave, *end;
  } rows[] = {
    { RFL_EVENT_SESSION_CREATED, "C(10)E", "C(10)E" },
    { RFL_EVENT_PARTICIPANT_JOINING, "Cj(10)E", "Cj(10)E" },
    { RFL_EVENT_MEDIA_OFFERED, "Cjo(10)E", "Cjo(10)E" },
    { RFL_EVENT_PARTICIPANT_JOINED, "CjoJ(10)LE", "CjoJ(10)LE" },
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (RflParticipant) a = make (f, NULL, NULL);
      f->at = rows[i / 2].at;
      *(i % 2 ? &f->ends : &f->leaves) = a;
      join (f, a, "room", 1);
      assert_trace (f, i % 2 ? rows[i / 2].end : rows[i / 2].leave);
      assert_empty (f);
      f->ends = f->leaves = NULL;
    }
}

/* Somebody else is ended by the hooks of a newcomer; the maker hears of it after LEFT. */
static void
ends_another (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);

  join (f, a, "room", 1);
  assert_trace (f, "CjoJ(ok)");
  f->at = RFL_EVENT_PARTICIPANT_JOINED;
  f->ends = a;
  join (f, b, "room", 1);
  assert_trace (f, "joJ(ok)L<ended in a hook>");
}

/* The maker gives up what somebody else has ended a moment ago. */
static void
ended_and_left (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);

  join (f, a, "room", 1);
  f->at = RFL_EVENT_PARTICIPANT_JOINED;
  f->ends = a;
  join (f, b, "other", 1);
  assert_trace (f, "CjoJ(ok)CjoJ(ok)L<ended in a hook>E");
  g_autoptr (RflParticipant) c = make (f, NULL, NULL);
  join (f, c, "room", 1);
  f->at = RFL_EVENT_PARTICIPANT_LEFT;
  f->leaves = c;
  rfl_participant_end (c, "kicked");
  assert_trace (f, "CjoJ(ok)LE");
}

/* ---- one name, one session ---- */

static void
joins_the_dying (Fixture *f, gconstpointer data)
{
  static const struct {
    RflEventType at;
    const char *trace;
  } rows[] = {
    { RFL_EVENT_PARTICIPANT_LEFT, "LjoJ(ok)" }, /* in time: it goes on */
    { RFL_EVENT_SESSION_ENDED, "LECjoJ(ok)" },  /* too late: a new one */
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);
      join (f, a, "room", 1);
      assert_trace (f, "CjoJ(ok)");
      f->at = rows[i].at;
      f->joins = b;
      rfl_participant_leave (a, NULL);
      assert_trace (f, rows[i].trace);
      g_assert_cmpuint (g_hash_table_size (f->core->sessions), ==, 1);
      f->joins = NULL;
      rfl_participant_leave (b, NULL);
      assert_trace (f, "LE");
      assert_empty (f);
    }
}

/* Two wait for the old session's end; the first one is gone before it. */
static RflHookResult
queue_two (RflEvent *event, gpointer user_data, GError **error)
{
  Fixture *f = user_data;

  if (!f->leaves)
    return RFL_HOOK_CONTINUE;
  join (f, f->leaves, "room", 1);
  join (f, f->joins, "room", 1);
  g_assert_null (rfl_core_find_session (f->core, "room"));
  rfl_participant_leave (f->leaves, "gone");
  f->leaves = NULL;
  return RFL_HOOK_CONTINUE;
}

static void
leaves_the_queue (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);
  g_autoptr (RflParticipant) c = make (f, NULL, NULL);
  RflHook hook = { .name = "test/late",
                   .event = RFL_EVENT_SESSION_ENDED,
                   .stage = RFL_HOOK_LATE,
                   .func = queue_two,
                   .user_data = f };

  g_assert_cmpuint (rfl_bus_add_hook (f->core->bus, &hook, NULL), >, 0);
  join (f, a, "room", 1);
  f->leaves = b;
  f->joins = c;
  rfl_participant_leave (a, NULL);
  assert_trace (f, "CjoJ(ok)LE(10)CjoJ(ok)");
  rfl_participant_leave (c, NULL);
  assert_trace (f, "LE");
  assert_empty (f);
}

/* ---- offers of those who are in ---- */

static void
offers_again (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);
  RflMediumDesc *old;
  RflMedium *audio;

  join (f, a, "room", 1);
  audio = a->media->pdata[0];
  old = audio->current;
  g_string_truncate (f->trace, 0);
  rfl_participant_offer (a, offers (0), told, f); /* fewer */
  assert_trace (f, "(4)");
  f->refuse = TRUE;
  f->at = RFL_EVENT_MEDIA_OFFERED;
  rfl_participant_offer (a, offers (3), told, f);
  assert_trace (f, "o(7)");
  g_assert_true (audio->current == old);
  g_assert_cmpuint (a->media->len, ==, 1);
  f->refuse = FALSE;
  rfl_participant_offer (a, offers (2), told, f); /* fewer than were refused, more than agreed */
  assert_trace (f, "omm(ok)");
  g_assert_cmpuint (a->media->len, ==, 2);
  g_assert_true (a->media->pdata[0] == audio);
  g_assert_nonnull (((RflMedium *) a->media->pdata[1])->route);
}

static void
kind_changes (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);
  GPtrArray *array = g_ptr_array_new ();

  join (f, a, "room", 1);
  g_string_truncate (f->trace, 0);
  g_ptr_array_add (array, rfl_medium_desc_new ("video"));
  rfl_participant_offer (a, array, told, f);
  assert_trace (f, "(4)");
  ((RflMedium *) a->media->pdata[0])->current->accepted = FALSE; /* as if the m-line had port 0 */
  array = g_ptr_array_new ();
  g_ptr_array_add (array, rfl_medium_desc_new ("video"));
  rfl_participant_offer (a, array, told, f);
  assert_trace (f, "om(ok)");
  g_assert_cmpstr (((RflMedium *) a->media->pdata[0])->route->kind, ==, "video");
}

static void
offers_at_once (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);

  rfl_participant_offer (a, offers (1), told, f); /* not in yet */
  assert_trace (f, "(10)");
  join (f, a, "room", 1);
  g_string_truncate (f->trace, 0);
  f->at = RFL_EVENT_MEDIA_OFFERED;
  f->defer = TRUE;
  rfl_participant_offer (a, offers (1), told, f);
  rfl_participant_offer (a, offers (1), told, f);
  assert_trace (f, "o(9)");
  rfl_participant_leave (a, "hung up");
  assert_trace (f, "(10)LE");
  rfl_event_resume (f->kept, NULL);
  rfl_participant_offer (a, offers (1), told, f);
  assert_trace (f, "(10)");
}

static void
leaves_when_changed (Fixture *f, gconstpointer data)
{
  const char *origin = data;
  g_autoptr (RflParticipant) a = make (f, NULL, origin);

  join (f, a, "room", 2);
  g_string_truncate (f->trace, 0);
  f->at = RFL_EVENT_MEDIUM_CHANGED;
  f->ends = a;
  rfl_participant_offer (a, offers (2), told, f);
  assert_trace (f, origin ? "mL<ended in a hook>E(10)" : "omm(10)L<ended in a hook>E");
  assert_empty (f);
}

/* ---- data ---- */

static void
count (gpointer data)
{
  (*(guint *) data)++;
}

static void
plugin_data (Fixture *f, gconstpointer data)
{
  RflParticipant *a = make (f, NULL, NULL);
  guint freed = 0;

  join (f, a, "room", 1);
  rfl_participant_set_data (a, "test.x", &freed, count);
  rfl_session_set_data (a->session, "test.x", &freed, count);
  g_assert_true (rfl_participant_get_data (a, "test.x") == &freed);
  g_assert_null (rfl_session_get_data (a->session, "test.y"));
  rfl_participant_leave (a, NULL);
  g_assert_cmpuint (freed, ==, 1);
  rfl_participant_unref (a);
  g_assert_cmpuint (freed, ==, 2);
}

static void
services (Fixture *f, gconstpointer data)
{
  static const int one = 1;
  g_autoptr (GError) error = NULL;
  gpointer self = NULL;

  g_assert_null (rfl_core_find_service (f->core, "door", 1, &self));
  g_assert_true (rfl_core_offer_service (f->core, "door", 1, &one, f, NULL));
  g_assert_false (rfl_core_offer_service (f->core, "door", 2, &one, f, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_PLUGIN);
  g_assert_null (rfl_core_find_service (f->core, "door", 2, &self));
  g_assert_true (rfl_core_find_service (f->core, "door", 1, &self) == &one);
  g_assert_true (self == f);
  rfl_core_withdraw_service (f->core, "door");
  rfl_core_withdraw_service (f->core, "door");
  g_assert_null (rfl_core_find_service (f->core, "door", 1, NULL));
}

#define ADD(name, func, data) g_test_add ("/session/" name, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  RflLog *log = rfl_log_new ();

  g_test_init (&argc, &argv, NULL);
  rfl_log_set_sink (log, quiet, NULL);
  rfl_log_install (log);
  ADD ("bad-names", bad_names, NULL);
  ADD ("bad-ids", bad_ids, NULL);
  ADD ("hook-refuses", hook_refuses, NULL);
  ADD ("limits", limits, NULL);
  ADD ("draining", draining, NULL);
  ADD ("life", life, NULL);
  ADD ("case", case_matters, NULL);
  ADD ("remote", remote, NULL);
  ADD ("last-reference", last_reference, NULL);
  ADD ("core-goes-first", core_goes_first, NULL);
  ADD ("waits", waits, NULL);
  ADD ("leaves-while-waiting", leaves_while_waiting, GINT_TO_POINTER (FALSE));
  ADD ("ended-while-waiting", leaves_while_waiting, GINT_TO_POINTER (TRUE));
  ADD ("leaves-in-hook", leaves_in_hook, NULL);
  ADD ("ends-another", ends_another, NULL);
  ADD ("ended-and-left", ended_and_left, NULL);
  ADD ("joins-the-dying", joins_the_dying, NULL);
  ADD ("leaves-the-queue", leaves_the_queue, NULL);
  ADD ("offers-again", offers_again, NULL);
  ADD ("kind-changes", kind_changes, NULL);
  ADD ("offers-at-once", offers_at_once, NULL);
  ADD ("leaves-when-changed", leaves_when_changed, NULL);
  ADD ("remote-leaves-when-changed", leaves_when_changed, "peer");
  ADD ("data", plugin_data, NULL);
  ADD ("services", services, NULL);
  return g_test_run ();
}
