/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader with real shared objects, most of them broken: no code of a refused plugin runs,
 * failures are undone in reverse, and reloading is all or nothing.
 */
#include "core/core-private.h"
#include "core/log.h"
#include "tests/plugins/probe.h"
#include <glib/gstdio.h>
#include <string.h>

static RflLog *the_log; /* GLib takes one writer per process */
static GString *lines;

typedef struct {
  RflCore *core;
  GString *trace;
  char *dir;
} Fixture;

static void
collect (GLogLevelFlags level, const char *line, gpointer user_data)
{
  g_string_append_printf (lines, "%s\n", line);
}

static void
take_note (gpointer self, const char *plugin, const char *what)
{
  g_string_append_printf (self, "%s %s\n", plugin, what);
}

static void
make_core (Fixture *f)
{
  static const ProbeTrace trace = { take_note };
  g_autofree char *path = g_test_build_filename (G_TEST_BUILT, "plugins", ".libs", NULL);
  RflCoreOptions options = { .plugin_path = path, .n_workers = 1, .log = the_log };

  f->core = rfl_core_new (&options);
  g_assert_true (rfl_core_offer_service (f->core, PROBE_SERVICE, 1, &trace, f->trace, NULL));
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("reflector-loader-XXXXXX", NULL);
  f->trace = g_string_new (NULL);
  g_string_truncate (lines, 0);
  make_core (f);
}

static void
write_config (Fixture *f, const char *text)
{
  g_autofree char *file = g_build_filename (f->dir, "50-test.conf", NULL);

  g_assert_true (g_file_set_contents (file, text, -1, NULL));
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *file = g_build_filename (f->dir, "50-test.conf", NULL);

  g_clear_pointer (&f->core, rfl_core_free);
  g_string_free (f->trace, TRUE);
  g_unlink (file);
  g_assert_cmpint (g_rmdir (f->dir), ==, 0);
  g_free (f->dir);
}

static void
assert_trace (Fixture *f, const char *want)
{
  g_assert_cmpstr (f->trace->str, ==, want);
  g_string_truncate (f->trace, 0);
}

static void
assert_contains (const char *text, const char *part)
{
  if (!strstr (text, part))
    g_error ("\"%s\" is not in: %s", part, text);
}

/* ---- what cannot be loaded ---- */

typedef struct {
  const char *config;
  const char *says;
  RflError code;
} Refusal;

static const Refusal refusals[] = {
  { "base: {}; badmagic: {};", "badmagic.so): its symbol rfl_plugin is no plugin descriptor",
    RFL_ERROR_PLUGIN },
  { "base: {}; badmajor: {};", "badmajor.so): it is built for plugin interface 2, this is 1",
    RFL_ERROR_PLUGIN },
  { "base: {}; badminor: {};", "badminor.so): it needs plugin interface 1.99, this is 1.",
    RFL_ERROR_PLUGIN },
  { "base: {}; bigsize: {};", "bigsize.so): its descriptor has", RFL_ERROR_PLUGIN },
  { "base: {}; smallsize: {};", "smallsize.so): its descriptor has 16 octets", RFL_ERROR_PLUGIN },
  { "base: {}; nosymbol: {};", "nosymbol.so): it has no symbol rfl_plugin", RFL_ERROR_PLUGIN },
  { "base: {}; nofree: {};", "nofree.so): it lacks the function new or free", RFL_ERROR_PLUGIN },
  { "base: {}; badoption: {};", "badoption.so): option fail has no help", RFL_ERROR_PLUGIN },
  { "base: {}; badname: {};", "badname.so): it calls itself other", RFL_ERROR_PLUGIN },
  { "base: {}; lost: {};", "plugin lost requires nowhere", RFL_ERROR_PLUGIN },
  { "base: {}; lost: {}; onlost: {};", "(onlost → lost → nowhere)", RFL_ERROR_PLUGIN },
  { "mid: {};", "plugin mid requires ground", RFL_ERROR_PLUGIN },
  { "base: { enabled = false; }; mid: {};", "plugin mid requires ground", RFL_ERROR_PLUGIN },
  { "base: {}; ring1: {}; ring2: {}; ring3: {};", "ring1 → ring3 → ring2 → ring1",
    RFL_ERROR_PLUGIN },
  { "base: {};\nnothere: {};", "50-test.conf:2: nothere: there is no plugin of this name",
    RFL_ERROR_CONFIG },
  { "nothere: {};", "plugins/.libs, ", RFL_ERROR_CONFIG }, /* where it was looked for */
  { "base: {\n fail = \"loudly\"; };", "50-test.conf:2: base.fail", RFL_ERROR_CONFIG },
  { "base: { enabled = false;\n fial = 1; };", "50-test.conf:2: base.fial", RFL_ERROR_CONFIG },
  { "core: {\n id = \"a b\"; };", "50-test.conf:2: core.id", RFL_ERROR_CONFIG },
  { "core: { workers = 9; };", "50-test.conf:1: core.workers", RFL_ERROR_CONFIG },
};

static void
refused (Fixture *f, gconstpointer data)
{
  const Refusal *refusal = data;
  g_autoptr (GError) error = NULL;

  write_config (f, refusal->config);
  g_assert_false (rfl_core_load (f->core, f->dir, &error));
  g_assert_error (error, RFL_ERROR, (int) refusal->code);
  assert_contains (error->message, refusal->says);
  assert_trace (f, ""); /* neither the refused one's code nor that of its neighbours */
}

static void
no_folder (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (rfl_core_load (f->core, "/nonexistent/conf.d", &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
}

/* ---- failures on the way ---- */

static void
configure_fails (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  write_config (f, "base: {}; mid: { fail = \"configure\"; }; top: {};");
  g_assert_false (rfl_core_load (f->core, f->dir, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  assert_contains (error->message, "plugin mid cannot be configured: told to fail");
  assert_trace (f, "base new\nbase configure\nmid new\nmid configure\nmid free\nbase free\n");
}

static void
start_fails (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  write_config (f, "base: {}; mid: {}; extra: {}; top: { fail = \"start\"; };");
  g_assert_true (rfl_core_load (f->core, f->dir, NULL));
  g_string_truncate (f->trace, 0);
  g_assert_false (rfl_core_start (f->core, &error));
  assert_contains (error->message, "plugin top cannot start: told to fail");
  assert_trace (f, "base start\nextra start\nmid start\ntop start\n"
                   "mid stop\nextra stop\nbase stop\n");
  rfl_core_stop (f->core);
  g_clear_pointer (&f->core, rfl_core_free);
  assert_trace (f, "top free\nmid free\nextra free\nbase free\n");
}

static void
optional_fails (Fixture *f, gconstpointer data)
{
  const char *at = data;
  g_autofree char *text = g_strdup_printf ("base: {}; maybe: { fail = \"%s\"; };", at);
  g_autofree char *warning = g_strdup_printf ("optional plugin maybe is left out: plugin maybe "
                                              "cannot %s: told to fail to %s",
                                              strcmp (at, "start") ? "be configured" : at, at);

  write_config (f, text);
  g_assert_true (rfl_core_load (f->core, f->dir, NULL));
  g_assert_true (rfl_core_start (f->core, NULL));
  assert_contains (lines->str, warning);
  g_autofree char *status = rfl_core_status (f->core);
  assert_contains (status, "\"plugins\":{\"base\":{\"fail\":\"none\"}}");
  g_string_truncate (f->trace, 0);
  rfl_core_stop (f->core);
  assert_trace (f, "base stop\n");
}

/* Who leans on an optional plugin that failed fails, too. */
static void
optional_is_required (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  write_config (f, "base: {}; leans: {}; maybe: { fail = \"start\"; };");
  g_assert_true (rfl_core_load (f->core, f->dir, NULL));
  g_string_truncate (f->trace, 0);
  g_assert_false (rfl_core_start (f->core, &error));
  assert_contains (error->message, "plugin leans requires perhaps");
  assert_trace (f, "base start\nmaybe start\nbase stop\n");
}

static void
optional_is_lost (Fixture *f, gconstpointer data)
{
  write_config (f, "base: {}; lostmaybe: {};");
  g_assert_true (rfl_core_load (f->core, f->dir, NULL));
  assert_contains (lines->str, "optional plugin lostmaybe is left out: plugin lostmaybe requires "
                               "nowhere");
  assert_trace (f, "base new\nbase configure\n");
}

/* ---- which run ---- */

static void
defaults (Fixture *f, gconstpointer data)
{
  const char *const configs[] = { "", "core: { workers = 1; };", "mid: { enabled = false; };" };

  for (guint i = 0; i < G_N_ELEMENTS (configs); i++)
    {
      write_config (f, configs[i]);
      g_assert_true (rfl_core_load (f->core, f->dir, NULL));
      assert_trace (f, "base new\nbase configure\n");
      g_clear_pointer (&f->core, rfl_core_free);
      g_string_truncate (f->trace, 0);
      make_core (f);
    }
  assert_contains (lines->str, "not used: plugin badmagic");
}

static void
classic (Fixture *f, gconstpointer data)
{
  write_config (f, "EXTRA_FAIL none\n");
  g_assert_true (rfl_core_load (f->core, f->dir, NULL));
  assert_trace (f, "base new\nbase configure\nextra new\nextra configure\n");
}

/* A switched-off plugin's classic lines are no mistake. */
static void
classic_switched_off (Fixture *f, gconstpointer data)
{
  write_config (f, "EXTRA_FAIL none\nextra: { enabled = false; };\n");
  g_assert_true (rfl_core_load (f->core, f->dir, NULL));
  assert_trace (f, "base new\nbase configure\n");
}

static void
order (Fixture *f, gconstpointer data)
{
  write_config (f, "top: {}; mid: {}; extra: {}; base: {};");
  for (guint i = 0; i < 20; i++)
    {
      g_assert_true (rfl_core_load (f->core, f->dir, NULL));
      g_assert_true (rfl_core_start (f->core, NULL));
      rfl_core_stop (f->core);
      g_clear_pointer (&f->core, rfl_core_free);
      assert_trace (f, "base new\nbase configure\nextra new\nextra configure\n"
                       "mid new\nmid configure\ntop new\ntop configure\n"
                       "base start\nextra start\nmid start\ntop start\n"
                       "top stop\nmid stop\nextra stop\nbase stop\n"
                       "top free\nmid free\nextra free\nbase free\n");
      make_core (f);
    }
}

/* ---- reload ---- */

static void
run (Fixture *f, const char *config)
{
  write_config (f, config);
  g_assert_true (rfl_core_load (f->core, f->dir, NULL));
  g_assert_true (rfl_core_start (f->core, NULL));
  g_string_truncate (f->trace, 0);
  g_string_truncate (lines, 0);
}

/* Whatever is wrong in a file, no plugin is touched. */
static void
reload_wrong (Fixture *f, gconstpointer data)
{
  static const char *const configs[] = { "base: {}; mid: { fail = 1; };",
                                         "base: {}; mid: {}; nothere: {};", "base: {",
                                         "core: { workers = -1; }; base: {}; mid: {};" };
  g_autofree char *before = NULL;

  run (f, "base: {}; mid: {};");
  before = rfl_core_print_config (f->core);
  for (guint i = 0; i < G_N_ELEMENTS (configs); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *after = NULL;
      write_config (f, configs[i]);
      g_assert_false (rfl_core_reload (f->core, &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      assert_trace (f, "");
      after = rfl_core_print_config (f->core);
      g_assert_cmpstr (after, ==, before);
    }
}

/* What only the plugin can find wrong: the ones before it get their old settings back. */
static void
reload_fails (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *config = NULL;

  run (f, "base: {}; mid: {}; top: {};");
  write_config (f, "base: { fail = \"start\"; };\nmid: { fail = \"reconfigure\"; }; top: {};");
  g_assert_false (rfl_core_reload (f->core, &error));
  assert_contains (error->message, "50-test.conf:2: mid.fail: told to fail");
  assert_trace (f, "base start\nmid reconfigure\nbase reconfigure\n");
  config = rfl_core_print_config (f->core);
  g_assert_null (strstr (config, "\"start\""));
  g_assert_null (strstr (config, "\"reconfigure\""));
}

static RflHookResult
count (RflEvent *event, gpointer user_data, GError **error)
{
  ++*(guint *) user_data;
  return RFL_HOOK_CONTINUE;
}

static void
reload (Fixture *f, gconstpointer data)
{
  guint n = 0;
  RflHook hook = { .name = "test/reloaded",
                   .event = RFL_EVENT_RELOADED,
                   .stage = RFL_HOOK_NORMAL,
                   .func = count,
                   .user_data = &n };
  g_autofree char *config = NULL;

  run (f, "core: { workers = 1; }; base: {}; mid: {};");
  rfl_bus_add_hook (rfl_core_get_bus (f->core), &hook, NULL);
  write_config (f, "core: { workers = 2; drain_time = 77; max_sessions = 5; }; "
                   "base: { fail = \"start\"; }; mid: { fail = \"restart\"; }; extra: {};");
  g_assert_true (rfl_core_reload (f->core, NULL));
  g_assert_cmpuint (n, ==, 1);
  assert_trace (f, "base start\nmid restart\n");
  assert_contains (lines->str, "plugin mid needs a restart");
  assert_contains (lines->str, "plugin extra is new");
  assert_contains (lines->str, "core.workers has changed");
  g_assert_cmpint (rfl_core_get_drain_time (f->core), ==, 77 * G_TIME_SPAN_SECOND);
  config = rfl_core_print_config (f->core);
  assert_contains (config, "base: {\n  fail = \"start\";");
  assert_contains (config, "mid: {\n  fail = \"none\";"); /* the old one stays in force */
  write_config (f, "base: {};");
  g_assert_true (rfl_core_reload (f->core, NULL));
  assert_contains (lines->str, "plugin mid is switched off");
  assert_trace (f, "base reconfigure\n");
}

/* ---- telling ---- */

static void
manual (Fixture *f, gconstpointer data)
{
  g_autofree char *text = rfl_core_print_manual (f->core);

  assert_contains (text, "drain_time");
  assert_contains (text, "mid");
  assert_contains (text, "Where to fail");
  g_assert_null (strstr (text, "badmagic"));
  assert_trace (f, "");
}

static void
status (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  run (f, "core: { id = \"r1\"; }; base: {};");
  text = rfl_core_status (f->core);
  g_assert_true (g_str_has_prefix (text, "{\"core\":{\"id\":\"r1\",\"version\":\""));
  g_assert_true (g_str_has_suffix (text, "}\n"));
  g_assert_cmpstr (rfl_core_get_id (f->core), ==, "r1");
}

#define ADD(name, func, data) g_test_add (name, Fixture, data, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_unsetenv ("REFLECTORD_PLUGIN_PATH");
  lines = g_string_new (NULL);
  the_log = rfl_log_new ();
  rfl_log_set_sink (the_log, collect, NULL);
  rfl_log_install (the_log);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *name = g_strdup_printf ("/loader/refused/%u", i);
      ADD (name, refused, &refusals[i]);
    }
  ADD ("/loader/no-folder", no_folder, NULL);
  ADD ("/loader/configure-fails", configure_fails, NULL);
  ADD ("/loader/start-fails", start_fails, NULL);
  ADD ("/loader/optional-fails/configure", optional_fails, "configure");
  ADD ("/loader/optional-fails/start", optional_fails, "start");
  ADD ("/loader/optional-is-required", optional_is_required, NULL);
  ADD ("/loader/optional-is-lost", optional_is_lost, NULL);
  ADD ("/loader/defaults", defaults, NULL);
  ADD ("/loader/classic", classic, NULL);
  ADD ("/loader/classic-switched-off", classic_switched_off, NULL);
  ADD ("/loader/order", order, NULL);
  ADD ("/loader/reload-wrong", reload_wrong, NULL);
  ADD ("/loader/reload-fails", reload_fails, NULL);
  ADD ("/loader/reload", reload, NULL);
  ADD ("/loader/manual", manual, NULL);
  ADD ("/loader/status", status, NULL);
  return g_test_run ();
}
