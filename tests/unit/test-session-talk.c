/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this side would offer, participants who bring their media later, and text. */
#include "tests/unit/session-fixture.h"
#include <string.h>

/* ---- without offers ---- */

static void
takes_a_place_without_media (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);

  join (f, a, "room", 0);
  assert_trace (f, "CjJ(ok)");
  g_assert_cmpuint (a->media->len, ==, 0);
  rfl_participant_offer (a, offers (2), told, f);
  assert_trace (f, "omm(ok)");
  g_assert_cmpuint (a->media->len, ==, 2);
  rfl_participant_leave (a, NULL);
  assert_trace (f, "LE");
  assert_empty (f);
}

static void
is_refused_without_media (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);

  f->at = RFL_EVENT_PARTICIPANT_JOINING;
  f->refuse = TRUE;
  join (f, a, "room", 0);
  g_assert_cmpint (a->state, ==, RFL_PARTICIPANT_LEFT);
  g_string_truncate (f->trace, 0);
  assert_empty (f);
}

/* ---- what is offered ---- */

static RflHookResult
offer_audio (RflEvent *event, gpointer user_data, GError **error)
{
  g_ptr_array_add (event->offers, rfl_medium_desc_new ("audio"));
  return RFL_HOOK_CONTINUE;
}

static void
got_offer (RflParticipant *participant, const GPtrArray *offers, gpointer user_data)
{
  GString *seen = user_data;

  if (offers == NULL)
    g_string_append (seen, "none");
  for (guint i = 0; offers && i < offers->len; i++)
    g_string_append (seen, ((const RflMediumDesc *) offers->pdata[i])->kind);
  g_string_append_c (seen, '.');
}

static void
hooks_make_the_offer (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);
  g_autoptr (GString) seen = g_string_new (NULL);
  RflHook hook = { .name = "test/offer",
                   .event = RFL_EVENT_OFFER_WANTED,
                   .stage = RFL_HOOK_NORMAL,
                   .func = offer_audio };

  g_assert_cmpuint (rfl_bus_add_hook (f->core->bus, &hook, NULL), >, 0);
  rfl_participant_get_offer (a, got_offer, seen);
  g_assert_cmpstr (seen->str, ==, "none.");
  join (f, a, "room", 0);
  rfl_participant_get_offer (a, got_offer, seen);
  g_assert_cmpstr (seen->str, ==, "none.audio.");
  rfl_participant_leave (a, NULL);
  rfl_participant_get_offer (a, got_offer, seen);
  g_assert_cmpstr (seen->str, ==, "none.audio.none.");
}

static RflHookResult
ask_and_leave (RflEvent *event, gpointer user_data, GError **error)
{
  g_autoptr (RflParticipant) a = rfl_participant_ref (event->participant);

  rfl_participant_get_offer (a, got_offer, user_data);
  rfl_participant_leave (a, NULL);
  return RFL_HOOK_CONTINUE;
}

static void
one_who_left_gets_none (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL);
  g_autoptr (GString) seen = g_string_new (NULL);
  RflHook hook = { .name = "test/ask",
                   .event = RFL_EVENT_PARTICIPANT_JOINED,
                   .stage = RFL_HOOK_LATE,
                   .func = ask_and_leave,
                   .user_data = seen };

  g_assert_cmpuint (rfl_bus_add_hook (f->core->bus, &hook, NULL), >, 0);
  join (f, a, "room", 1);
  g_assert_cmpstr (seen->str, ==, "none.");
  assert_empty (f);
}

/* ---- text ---- */

static RflHookResult
read_text (RflEvent *event, gpointer user_data, GError **error)
{
  gsize len;
  const char *text = g_bytes_get_data (event->data, &len);

  g_string_append_printf (user_data, "%s:%.*s", event->participant ? event->participant->id : "-",
                          (int) len, text);
  g_assert_cmpstr (event->session->name, ==, "room");
  return RFL_HOOK_CONTINUE;
}

static void
refuses_bad_text (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, NULL, NULL), b = make (f, NULL, NULL);
  g_autofree char *longest = g_strnfill (RFL_TEXT_MAX, 'x');
  g_autofree char *longer = g_strnfill (RFL_TEXT_MAX + 1, 'x');
  const char *const bad[] = { "", "\xff", longer };

  join (f, a, "room", 1);
  join (f, b, "other", 1);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_false (rfl_session_send_text (a->session, a, bad[i], &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
    }
  g_autoptr (GError) error = NULL;
  g_assert_false (rfl_session_send_text (a->session, b, "hello", &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_NOT_FOUND);
  g_assert_true (rfl_session_send_text (a->session, a, longest, NULL));
  rfl_participant_leave (a, NULL);
  rfl_participant_leave (b, NULL);
}

static void
passes_text (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, "anna", NULL);
  g_autoptr (GString) seen = g_string_new (NULL);
  RflHook hook = { .name = "test/text",
                   .event = RFL_EVENT_TEXT_MESSAGE,
                   .stage = RFL_HOOK_NORMAL,
                   .func = read_text,
                   .user_data = seen };

  g_assert_cmpuint (rfl_bus_add_hook (f->core->bus, &hook, NULL), >, 0);
  join (f, a, "room", 1);
  g_assert_true (rfl_session_send_text (a->session, a, "hello", NULL));
  g_assert_true (rfl_session_send_text (a->session, NULL, "news", NULL));
  g_assert_cmpstr (seen->str, ==, "anna:hello-:news");
  rfl_participant_leave (a, NULL);
}

static void
tells_one_alone (Fixture *f, gconstpointer data)
{
  g_autoptr (RflParticipant) a = make (f, "anna", NULL);
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL, early = NULL;
  RflHook hooks[] = {
    { "test/all", RFL_EVENT_TEXT_MESSAGE, RFL_HOOK_NORMAL, NULL, NULL, read_text, seen },
    { "test/one", RFL_EVENT_PARTICIPANT_TEXT, RFL_HOOK_NORMAL, NULL, NULL, read_text, seen }
  };

  for (guint i = 0; i < G_N_ELEMENTS (hooks); i++)
    g_assert_cmpuint (rfl_bus_add_hook (f->core->bus, &hooks[i], NULL), >, 0);
  g_assert_false (rfl_participant_send_text (a, "hello", &early));
  g_assert_error (early, RFL_ERROR, RFL_ERROR_NOT_FOUND);
  join (f, a, "room", 1);
  g_assert_false (rfl_participant_send_text (a, "", &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
  g_assert_true (rfl_participant_send_text (a, "psst", NULL));
  g_assert_cmpstr (seen->str, ==, "anna:psst");
  rfl_participant_leave (a, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  fixture_quiet ();
  ADD ("is-refused-without-media", is_refused_without_media, NULL);
  ADD ("takes-a-place-without-media", takes_a_place_without_media, NULL);
  ADD ("hooks-make-the-offer", hooks_make_the_offer, NULL);
  ADD ("one-who-left-gets-none", one_who_left_gets_none, NULL);
  ADD ("refuses-bad-text", refuses_bad_text, NULL);
  ADD ("passes-text", passes_text, NULL);
  ADD ("tells-one-alone", tells_one_alone, NULL);
  return g_test_run ();
}
