/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers of those who are in, and sessions that end while others want in. */
#include "tests/unit/session-fixture.h"

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

/* A hook keeps an offer and forgets it: in time the maker hears so. */
static void
overdue (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);
  RflCounter *counter = rfl_counter_get (f->core, "core.offers_overdue", "");
  RflClock *clock = rfl_core_get_clock (f->core);

  f->at = RFL_EVENT_MEDIA_OFFERED;
  f->defer = TRUE;
  join (f, a, "room", 1);
  assert_trace (f, "Cjo");
  rfl_clock_advance (clock, 9 * G_TIME_SPAN_SECOND);
  assert_trace (f, "");
  rfl_clock_advance (clock, G_TIME_SPAN_SECOND);
  assert_trace (f, "(9)E");
  g_assert_cmpuint (rfl_counter_read (counter), ==, 1);
  rfl_event_resume (f->kept, NULL); /* too late */
  assert_trace (f, "");
  g_clear_pointer (&f->kept, rfl_event_unref);
  assert_empty (f);

  f->defer = FALSE;
  join (f, b, "room", 1);
  assert_trace (f, "CjoJ(ok)");
  f->at = RFL_EVENT_MEDIA_OFFERED;
  f->defer = TRUE;
  rfl_participant_offer (b, offers (1), told, f);
  rfl_clock_advance (clock, 10 * G_TIME_SPAN_SECOND);
  assert_trace (f, "o(9)");
  g_clear_pointer (&f->kept, rfl_event_unref);
  f->defer = FALSE;
  rfl_participant_offer (b, offers (1), told, f);
  assert_trace (f, "om(ok)");
  rfl_clock_advance (clock, 60 * G_TIME_SPAN_SECOND);
  assert_trace (f, "");
  rfl_participant_leave (b, NULL);
  assert_trace (f, "LE");
}

static void
told_and_offers (RflParticipant *participant, const GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  told (participant, error, f);
  f->at = RFL_EVENT_MEDIA_OFFERED;
  f->defer = TRUE;
  rfl_participant_offer (participant, offers (1), told, f);
}

/* A maker that has an offer waiting makes it as soon as the one before is decided. That one's limit
 * once went on and struck the next, or somebody who had left. */
static void
offers_when_told (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);
  RflClock *clock = rfl_core_get_clock (f->core);

  join (f, a, "room", 1);
  rfl_clock_advance (clock, 5 * G_TIME_SPAN_SECOND);
  rfl_participant_offer (a, offers (1), told_and_offers, f);
  assert_trace (f, "CjoJ(ok)om(ok)o");
  f->defer = FALSE;
  rfl_event_resume (f->kept, NULL);
  assert_trace (f, "m(ok)");
  g_clear_pointer (&f->kept, rfl_event_unref);
  rfl_participant_leave (a, NULL);
  g_clear_pointer (&a, rfl_participant_unref);
  rfl_clock_advance (clock, 60 * G_TIME_SPAN_SECOND);
  assert_trace (f, "LE");
  g_assert_cmpuint (rfl_counter_read (rfl_counter_get (f->core, "core.offers_overdue", "")), ==, 0);
}

static void
nobody (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { NULL, "" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      RflParticipantSpec spec = { .identity = names[i] };
      g_autoptr (RflParticipant) a = rfl_participant_new (f->core, &spec);

      join (f, a, "room", 1);
      assert_trace (f, "(4)");
      assert_empty (f);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fixture_quiet ();
  ADD ("joins-the-dying", joins_the_dying, NULL);
  ADD ("leaves-the-queue", leaves_the_queue, NULL);
  ADD ("offers-again", offers_again, NULL);
  ADD ("kind-changes", kind_changes, NULL);
  ADD ("offers-at-once", offers_at_once, NULL);
  ADD ("overdue", overdue, NULL);
  ADD ("offers-when-told", offers_when_told, NULL);
  ADD ("nobody", nobody, NULL);
  ADD ("leaves-when-changed", leaves_when_changed, NULL);
  ADD ("remote-leaves-when-changed", leaves_when_changed, "peer");
  return g_test_run ();
}
