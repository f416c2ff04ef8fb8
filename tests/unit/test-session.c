/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Joining and leaving: refusals, waiting, leaving at every possible moment. Whatever happens, a
 * maker hears of its request exactly once.
 */
#include "tests/unit/session-fixture.h"
#include <string.h>

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
  assert_trace (f, &"jojoJ(ok)"[2]);
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
  assert_trace (f, "jJ(ok)");
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
  gboolean end = data != NULL;
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

static void
count_confirmed (RflParticipant *participant, guint *n)
{
  rfl_participant_confirm (participant);
  *n += participant->confirmed;
}

static RflHookResult
on_confirmed (RflEvent *event, gpointer user_data, GError **error)
{
  ++*(guint *) user_data;
  return RFL_HOOK_CONTINUE;
}

/* Told once, and only of those who have joined: others tell it by joining. */
static void
confirmed (Fixture *f, gconstpointer unused)
{
  RflParticipantSpec spec = { .identity = "sip:ann@example.net", .unconfirmed = TRUE };
  g_autoptr (RflParticipant) early = rfl_participant_new (f->core, &spec);
  g_autoptr (RflParticipant) late = rfl_participant_new (f->core, &spec);
  g_autoptr (RflParticipant) plain = make (f, "plain", NULL);
  guint told_of = 0, n = 0;
  RflHook hook = { .name = "test/confirmed",
                   .event = RFL_EVENT_PARTICIPANT_CONFIRMED,
                   .func = on_confirmed,
                   .user_data = &told_of };

  rfl_bus_add_hook (f->core->bus, &hook, NULL);
  g_assert_true (plain->confirmed);
  count_confirmed (early, &n);
  join (f, early, "room", 0);
  join (f, late, "room", 0);
  g_assert_false (late->confirmed);
  g_assert_cmpuint (told_of, ==, 0);
  count_confirmed (late, &n);
  count_confirmed (late, &n);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpuint (told_of, ==, 1);
}

/* What it brought is its own, and there may be none. */
static void
test_pin (Fixture *f, gconstpointer data)
{
  char pin[] = "4711";
  RflParticipantSpec spec = { .identity = "sip:a@x", .pin = pin };
  RflParticipant *with = rfl_participant_new (f->core, &spec), *without;

  memset (pin, 'x', 4);
  spec.pin = NULL;
  without = rfl_participant_new (f->core, &spec);
  g_assert_cmpstr (with->pin, ==, "4711");
  g_assert_null (without->pin);
  rfl_participant_unref (with);
  rfl_participant_unref (without);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fixture_quiet ();
  ADD ("bad-names", bad_names, NULL);
  ADD ("bad-ids", bad_ids, NULL);
  ADD ("hook-refuses", hook_refuses, NULL);
  ADD ("limits", limits, NULL);
  ADD ("draining", draining, NULL);
  ADD ("life", life, NULL);
  ADD ("case", case_matters, NULL);
  ADD ("confirmed", confirmed, NULL);
  ADD ("remote", remote, NULL);
  ADD ("last-reference", last_reference, NULL);
  ADD ("core-goes-first", core_goes_first, NULL);
  ADD ("waits", waits, NULL);
  ADD ("leaves-while-waiting", leaves_while_waiting, NULL);
  ADD ("ended-while-waiting", leaves_while_waiting, "by somebody else");
  ADD ("leaves-in-hook", leaves_in_hook, NULL);
  ADD ("ends-another", ends_another, NULL);
  ADD ("ended-and-left", ended_and_left, NULL);
  ADD ("data", plugin_data, NULL);
  ADD ("services", services, NULL);
  ADD ("pin", test_pin, NULL);
  return g_test_run ();
}
