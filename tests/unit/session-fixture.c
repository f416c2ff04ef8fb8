/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The fixture of the session tests: hooks and makers that write a trace. Tests nothing itself. */
#include "tests/unit/session-fixture.h"
#include "core/log.h"

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

void
fixture_set_up (Fixture *f, gconstpointer data)
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

void
fixture_tear_down (Fixture *f, gconstpointer data)
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

RflParticipant *
make (Fixture *f, const char *id, const char *origin)
{
  static const RflParticipantOps ops = { .ended = ended };
  RflParticipantSpec spec = {
    .id = id, .identity = "sip:x@example.org", .origin = origin, .ops = &ops, .user_data = f
  };

  return rfl_participant_new (f->core, &spec);
}

void
told (RflParticipant *participant, const GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  if (error)
    g_string_append_printf (f->trace, "(%d)", error->code);
  else
    g_string_append (f->trace, "(ok)");
}

GPtrArray *
offers (guint n)
{
  GPtrArray *array = g_ptr_array_new ();

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (array, rfl_medium_desc_new (i % 2 ? "video" : "audio"));
  return array;
}

void
join (Fixture *f, RflParticipant *participant, const char *session, guint n_media)
{
  rfl_participant_join (participant, session, offers (n_media), told, f);
}

void
assert_trace (Fixture *f, const char *want)
{
  g_assert_cmpstr (f->trace->str, ==, want);
  g_string_truncate (f->trace, 0);
}

void
assert_empty (Fixture *f)
{
  g_autoptr (GPtrArray) sessions = rfl_core_list_sessions (f->core);

  g_assert_cmpuint (sessions->len, ==, 0);
  g_assert_cmpuint (g_hash_table_size (f->core->sessions), ==, 0);
  g_assert_cmpuint (g_hash_table_size (f->core->participants), ==, 0);
}

void
fixture_quiet (void)
{
  RflLog *log = rfl_log_new ();

  rfl_log_set_sink (log, quiet, NULL);
  rfl_log_install (log);
}
