/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bus: what must not be added, the order of hooks, and events whose hooks remove hooks, emit
 * more events, refuse, wait and are given up.
 */
#include "core/core-private.h"
#include "core/log.h"
#include <string.h>

typedef struct {
  RflBus *bus;
  GString *trace;
  RflEvent *kept;
} Fixture;

/* What one test hook does when it is called. */
typedef struct {
  Fixture *f;
  const char *letter;
  RflHookResult result;
  guint id;
  guint removes;
  RflEventType emits;
  gboolean resumes, cancels;
} Act;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->bus = rfl_bus_new ();
  f->trace = g_string_new (NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_clear_pointer (&f->bus, rfl_bus_free);
  g_clear_pointer (&f->kept, rfl_event_unref);
  g_string_free (f->trace, TRUE);
}

static RflHookResult
act (RflEvent *event, gpointer user_data, GError **error)
{
  Act *a = user_data;

  g_string_append (a->f->trace, a->letter);
  rfl_bus_remove_hook (a->f->bus, a->removes);
  if (a->emits)
    rfl_bus_emit (a->f->bus, rfl_event_new (a->emits), NULL, NULL);
  if (a->result == RFL_HOOK_REFUSE)
    g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "no");
  if (a->result == RFL_HOOK_DEFER)
    a->f->kept = rfl_event_ref (event);
  if (a->resumes)
    rfl_event_resume (event, NULL);
  if (a->cancels)
    rfl_event_cancel (event);
  return a->result;
}

static guint
add (Fixture *f, Act *a, RflEventType type, RflHookStage stage, const char *name)
{
  g_autoptr (GError) error = NULL;
  RflHook hook = { .name = name, .event = type, .stage = stage, .func = act, .user_data = a };

  a->f = f;
  a->id = rfl_bus_add_hook (f->bus, &hook, &error);
  g_assert_no_error (error);
  return a->id;
}

static void
done (RflEvent *event, const GError *error, gpointer user_data)
{
  Fixture *f = user_data;

  g_string_append_printf (f->trace, "[%d]", error ? error->code : -1);
}

static void
emit (Fixture *f, RflEventType type)
{
  rfl_bus_emit (f->bus, rfl_event_new (type), done, f);
}

static void
assert_trace (Fixture *f, const char *want)
{
  g_assert_cmpstr (f->trace->str, ==, want);
  g_string_truncate (f->trace, 0);
}

/* ---- what is refused ---- */

static RflHookResult
nothing (RflEvent *event, gpointer user_data, GError **error)
{
  return RFL_HOOK_CONTINUE;
}

static guint
add_named (RflBus *bus, const char *name, const char *before, const char *after, GError **error)
{
  const char *b[] = { before, NULL }, *a[] = { after, NULL };
  RflHook hook = { .name = name,
                   .event = RFL_EVENT_LINK_UP,
                   .stage = RFL_HOOK_NORMAL,
                   .before = before ? b : NULL,
                   .after = after ? a : NULL,
                   .func = nothing };

  return rfl_bus_add_hook (bus, &hook, error);
}

static void
name_taken (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint id = add_named (f->bus, "a/x", NULL, NULL, NULL);

  g_assert_cmpuint (id, >, 0);
  g_assert_cmpuint (add_named (f->bus, "a/x", NULL, NULL, &error), ==, 0);
  g_assert_error (error, RFL_ERROR, RFL_ERROR_FAILED);
  rfl_bus_remove_hook (f->bus, id);
  g_assert_cmpuint (add_named (f->bus, "a/x", NULL, NULL, NULL), >, 0);
}

static void
cycle (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (add_named (f->bus, "a/x", NULL, "c/", NULL), >, 0);
  g_assert_cmpuint (add_named (f->bus, "b/x", NULL, "a/x", NULL), >, 0);
  g_assert_cmpuint (add_named (f->bus, "c/x", NULL, "b/x", &error), ==, 0);
  g_assert_error (error, RFL_ERROR, RFL_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "a/x → b/x → c/x → a/x"));
  /* what was there before still works, and the name is free */
  g_assert_cmpuint (add_named (f->bus, "c/x", NULL, NULL, NULL), >, 0);
  emit (f, RFL_EVENT_LINK_UP);
  assert_trace (f, "[-1]");
}

static void
odd_ids (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a" };

  rfl_bus_remove_hook (f->bus, 0);
  rfl_bus_remove_hook (f->bus, 4711);
  rfl_bus_remove_hook (f->bus, add (f, &a, RFL_EVENT_RELOADED, RFL_HOOK_LATE, "a/x"));
  rfl_bus_remove_hook (f->bus, a.id);
  emit (f, RFL_EVENT_RELOADED);
  assert_trace (f, "[-1]");
}

/* The third of four cannot be added: the two before it go again, what was there stays. */
static void
all_or_none (Fixture *f, gconstpointer data)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GError) error = NULL;
  Act old = { .letter = "o" }, new = { f, "n" };
  RflHook hooks[] = {
    { "a/x", RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, NULL, NULL, act, &new },
    { "a/y", RFL_EVENT_LINK_DOWN, RFL_HOOK_NORMAL, NULL, NULL, act, &new },
    { "b/x", RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, NULL, NULL, act, &new },
    { "a/z", RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, NULL, NULL, act, &new },
  };
  guint id = add (f, &old, RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, "b/x");

  g_array_append_val (ids, id);
  g_assert_false (rfl_bus_add_hooks (f->bus, hooks, G_N_ELEMENTS (hooks), ids, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_FAILED);
  g_assert_cmpuint (ids->len, ==, 1);
  g_assert_cmpuint (g_array_index (ids, guint, 0), ==, id);
  emit (f, RFL_EVENT_LINK_UP);
  emit (f, RFL_EVENT_LINK_DOWN);
  assert_trace (f, "o[-1][-1]");
}

static void
several (Fixture *f, gconstpointer data)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint));
  Act a = { f, "a" }, b = { f, "b" }, other = { .letter = "o" };
  RflHook hooks[] = {
    { "a/x", RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, NULL, NULL, act, &a },
    { "a/y", RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, NULL, NULL, act, &b },
  };

  add (f, &other, RFL_EVENT_LINK_UP, RFL_HOOK_LATE, "o/x");
  g_assert_true (rfl_bus_add_hooks (f->bus, hooks, G_N_ELEMENTS (hooks), ids, NULL));
  g_assert_cmpuint (ids->len, ==, 2);
  emit (f, RFL_EVENT_LINK_UP);
  assert_trace (f, "abo[-1]");
  rfl_bus_remove_hooks (f->bus, ids);
  g_assert_cmpuint (ids->len, ==, 0);
  emit (f, RFL_EVENT_LINK_UP);
  assert_trace (f, "o[-1]");
  rfl_bus_remove_hooks (f->bus, ids);
}

/* ---- order ---- */

static void
add_ordered (Fixture *f, Act *a, RflHookStage stage, const char *const names[3])
{
  const char *before[] = { names[1], NULL }, *after[] = { names[2], NULL };
  RflHook hook = { .name = names[0],
                   .event = RFL_EVENT_DRAINING,
                   .stage = stage,
                   .before = names[1] ? before : NULL,
                   .after = names[2] ? after : NULL,
                   .func = act,
                   .user_data = a };

  a->f = f;
  g_assert_cmpuint (rfl_bus_add_hook (f->bus, &hook, NULL), >, 0);
}

static void
order (Fixture *f, gconstpointer data)
{
  static const struct {
    RflHookStage stage;
    const char *letter;
    const char *names[3];
  } rows[] = {
    { RFL_HOOK_LATE, "8", { "a/late", "b/", NULL } }, /* before a name of another stage: ignored */
    { RFL_HOOK_NORMAL, "4", { "a/one", NULL, "c/" } },
    { RFL_HOOK_NORMAL, "5", { "b/one", NULL, NULL } },
    { RFL_HOOK_NORMAL, "6", { "b/two", NULL, NULL } },
    { RFL_HOOK_NORMAL, "2", { "c/one", NULL, "d/x" } },
    { RFL_HOOK_NORMAL, "3", { "c/two", NULL, "nobody/" } },
    { RFL_HOOK_NORMAL, "1", { "d/x", "b/", NULL } },
    { RFL_HOOK_EARLY, "0", { "z/x", NULL, NULL } },
    { RFL_HOOK_LATE, "9", { "d/late", NULL, "a/late" } },
  };
  Act acts[G_N_ELEMENTS (rows)] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      acts[i].letter = rows[i].letter;
      add_ordered (f, &acts[i], rows[i].stage, rows[i].names);
    }
  emit (f, RFL_EVENT_DRAINING);
  g_assert_cmpuint (f->trace->len, ==, G_N_ELEMENTS (rows) + 4);
  g_assert_true (f->trace->str[0] == '0');
  for (const char *rule = "24 34 12 15 16 56 08 89 68"; *rule; rule += rule[2] ? 3 : 2)
    g_assert_true (strchr (f->trace->str, rule[0]) < strchr (f->trace->str, rule[1]));
}

/* ---- during a dispatch ---- */

static void
removal (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a" }, b = { .letter = "b" }, c = { .letter = "c" };

  add (f, &a, RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, "a/x");
  add (f, &b, RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, "b/x");
  add (f, &c, RFL_EVENT_LINK_UP, RFL_HOOK_NORMAL, "c/x");
  a.removes = b.id; /* the neighbour */
  c.removes = c.id; /* itself */
  emit (f, RFL_EVENT_LINK_UP);
  assert_trace (f, "ac[-1]");
  emit (f, RFL_EVENT_LINK_UP);
  assert_trace (f, "a[-1]");
}

static void
nested (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a", .emits = RFL_EVENT_LINK_DOWN }, b = { .letter = "b" };
  Act c = { .letter = "c" };

  add (f, &a, RFL_EVENT_LINK_UP, RFL_HOOK_EARLY, "a/x");
  add (f, &b, RFL_EVENT_LINK_UP, RFL_HOOK_LATE, "b/x");
  add (f, &c, RFL_EVENT_LINK_DOWN, RFL_HOOK_NORMAL, "c/x");
  emit (f, RFL_EVENT_LINK_UP);
  assert_trace (f, "ab[-1]c");
}

/* ---- refusing and waiting ---- */

static void
refusal (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a", .result = RFL_HOOK_REFUSE }, b = { .letter = "b" };

  add (f, &a, RFL_EVENT_PARTICIPANT_JOINING, RFL_HOOK_EARLY, "a/x");
  add (f, &b, RFL_EVENT_PARTICIPANT_JOINING, RFL_HOOK_NORMAL, "b/x");
  emit (f, RFL_EVENT_PARTICIPANT_JOINING);
  g_assert_cmpint (RFL_ERROR_FORBIDDEN, ==, 7);
  assert_trace (f, "a[7]");
}

static void
deferral (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a", .result = RFL_HOOK_DEFER }, b = { .letter = "b" };

  add (f, &a, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "a/x");
  add (f, &b, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "b/x");
  emit (f, RFL_EVENT_MEDIA_OFFERED);
  assert_trace (f, "a");
  emit (f, RFL_EVENT_LINK_UP); /* others do not wait */
  assert_trace (f, "[-1]");
  rfl_event_resume (f->kept, NULL);
  assert_trace (f, "b[-1]");
  rfl_event_resume (f->kept, NULL);
  rfl_event_resume (f->kept, g_error_new (RFL_ERROR, 0, "late"));
  rfl_event_cancel (f->kept);
  assert_trace (f, "");
}

static void
resume_refuses (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a", .result = RFL_HOOK_DEFER }, b = { .letter = "b" };

  add (f, &a, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "a/x");
  add (f, &b, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "b/x");
  emit (f, RFL_EVENT_MEDIA_OFFERED);
  rfl_event_resume (f->kept, g_error_new (RFL_ERROR, RFL_ERROR_NO_CODEC, "none"));
  assert_trace (f, "a[5]");
}

/* The answer was there before the hook returned. */
static void
resumed_inside (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a", .result = RFL_HOOK_DEFER, .resumes = TRUE }, b = { .letter = "b" };

  add (f, &a, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "a/x");
  add (f, &b, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "b/x");
  emit (f, RFL_EVENT_MEDIA_OFFERED);
  assert_trace (f, "ab[-1]");
}

static void
cancelled (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a", .result = RFL_HOOK_DEFER }, b = { .letter = "b" };

  add (f, &a, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "a/x");
  add (f, &b, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "b/x");
  emit (f, RFL_EVENT_MEDIA_OFFERED);
  rfl_event_cancel (f->kept);
  assert_trace (f, "a[10]");
  rfl_event_resume (f->kept, NULL);
  assert_trace (f, "");
}

static void
cancelled_inside (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a", .result = RFL_HOOK_DEFER, .cancels = TRUE }, b = { .letter = "b" };

  add (f, &a, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "a/x");
  add (f, &b, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "b/x");
  emit (f, RFL_EVENT_MEDIA_OFFERED);
  assert_trace (f, "a[10]");
}

/* A hook removed while its event waits: the rest goes on without it. */
static void
removed_while_waiting (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a", .result = RFL_HOOK_DEFER }, b = { .letter = "b" };
  Act c = { .letter = "c" };

  add (f, &a, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "a/x");
  add (f, &b, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "b/x");
  emit (f, RFL_EVENT_MEDIA_OFFERED);
  rfl_bus_remove_hook (f->bus, a.id);
  rfl_bus_remove_hook (f->bus, b.id);
  add (f, &c, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "c/x");
  rfl_event_resume (f->kept, NULL);
  assert_trace (f, "a[-1]");
}

static void
bus_goes_first (Fixture *f, gconstpointer data)
{
  Act a = { .letter = "a", .result = RFL_HOOK_DEFER };

  add (f, &a, RFL_EVENT_MEDIA_OFFERED, RFL_HOOK_NORMAL, "a/x");
  emit (f, RFL_EVENT_MEDIA_OFFERED);
  g_clear_pointer (&f->bus, rfl_bus_free);
  assert_trace (f, "a[10]");
  rfl_event_resume (f->kept, NULL);
  rfl_event_cancel (f->kept);
  assert_trace (f, "");
}

static void
contents (Fixture *f, gconstpointer data)
{
  g_autoptr (RflEvent) event = rfl_event_new (RFL_EVENT_CONTROL_MESSAGE);
  GBytes *bytes = g_bytes_new_static ("abcd", 4);
  char name[] = "peer";

  rfl_event_set_name (event, name);
  rfl_event_set_data (event, bytes);
  name[0] = 'x';
  g_bytes_unref (bytes);
  g_assert_cmpstr (event->name, ==, "peer");
  g_assert_cmpuint (g_bytes_get_size (event->data), ==, 4);
  rfl_event_set_name (event, NULL);
  rfl_event_set_data (event, NULL);
  g_assert_null (event->name);
}

#define ADD(name, func) g_test_add ("/bus/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("name-taken", name_taken);
  ADD ("cycle", cycle);
  ADD ("odd-ids", odd_ids);
  ADD ("all-or-none", all_or_none);
  ADD ("several", several);
  ADD ("order", order);
  ADD ("removal", removal);
  ADD ("nested", nested);
  ADD ("refusal", refusal);
  ADD ("deferral", deferral);
  ADD ("resume-refuses", resume_refuses);
  ADD ("resumed-inside", resumed_inside);
  ADD ("cancelled", cancelled);
  ADD ("cancelled-inside", cancelled_inside);
  ADD ("removed-while-waiting", removed_while_waiting);
  ADD ("bus-goes-first", bus_goes_first);
  ADD ("contents", contents);
  return g_test_run ();
}
