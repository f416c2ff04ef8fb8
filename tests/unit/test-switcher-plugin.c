/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin switcher as the daemon sees it: its descriptor, options, status and reload. Not who gets the turn. */
#include "core/config/config.h"
#include "core/status.h"
#include "plugins/switcher/instance.h"
#include "tests/unit/path-fixture.h"
#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND

/* Of plugin.c, which is linked in. */
extern const RflPlugin rfl_plugin;

static RflSettings *
read_settings (const char *text)
{
  g_autoptr (GError) error = NULL;
  RflSettings *settings = rfl_settings_new_from_text ("switcher", rfl_plugin.options, text, &error);

  g_assert_no_error (error);
  return settings;
}

static void
test_refused (void)
{
  static const char *const rows[] = {
    "threshold = -128;", "threshold = 1;",      "threshold = \"loud\";", "margin = -1;",
    "margin = 61;",      "speech_time = -1;",   "speech_time = 10001;",  "hold_time = 60001;",
    "turn_time = -1;",   "turn_time = 600001;", "interval = 19;",        "interval = 1001;",
    "interval = 0.1;",   "loudness = 1;",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) settings =
          rfl_settings_new_from_text ("switcher", rfl_plugin.options, rows[i], &error);
      g_test_message ("%s", rows[i]);
      g_assert_null (settings);
      g_assert_nonnull (error);
    }
}

/* The ends of all ranges. */
static void
test_taken (void)
{
  static const char *const rows[] = {
    "threshold = -127; margin = 0; speech_time = 0; hold_time = 0; turn_time = 0; interval = 20;",
    "threshold = 0; margin = 60; speech_time = 10000; hold_time = 60000; turn_time = 600000; "
    "interval = 1000;",
  };
  Fixture *f = fixture_new (1);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (RflSettings) settings = read_settings (rows[i]);
      g_autoptr (GError) error = NULL;
      gpointer self = rfl_plugin.new(f->core);

      g_assert_true (rfl_plugin.configure (self, settings, &error));
      g_assert_true (rfl_plugin.start (self, &error));
      g_assert_no_error (error);
      rfl_plugin.stop (self);
      rfl_plugin.stop (self);
      rfl_plugin.free (self);
    }
  fixture_free (f);
}

/* Freed in any state after new. */
static void
test_freed (void)
{
  g_autoptr (RflSettings) settings = read_settings ("");
  Fixture *f = fixture_new (1);
  gpointer self = rfl_plugin.new(f->core);

  rfl_plugin.free (self);
  self = rfl_plugin.new(f->core);
  g_assert_true (rfl_plugin.configure (self, settings, NULL));
  rfl_plugin.free (self);
  fixture_free (f);
}

/* Two of them in one core: the second one's hook has a name that is taken. */
static void
test_not_started (void)
{
  g_autoptr (RflSettings) settings = read_settings ("");
  g_autoptr (GError) error = NULL;
  Fixture *f = fixture_new (1);
  gpointer first = rfl_plugin.new(f->core), second = rfl_plugin.new(f->core);

  g_assert_true (rfl_plugin.configure (first, settings, NULL));
  g_assert_true (rfl_plugin.configure (second, settings, NULL));
  g_assert_true (rfl_plugin.start (first, NULL));
  g_assert_false (rfl_plugin.start (second, &error));
  g_assert_nonnull (error);
  rfl_plugin.free (second);
  rfl_plugin.free (first);
  fixture_free (f);
}

/* ---- running ---- */

typedef struct {
  Fixture *f;
  gpointer self;
  RflSource *audio;
  guint16 seq;
} Running;

static Running
running_new (const char *text)
{
  g_autoptr (RflSettings) settings = read_settings (text);
  Running r = { .f = fixture_new (1) };
  RflMedium *a = fixture_join (r.f, "room", "sip:a@x", NULL, "audio");

  r.audio = fixture_add_source (r.f, a, fixture_add_flow (r.f, "192.0.2.1:4000"), 1, 1);
  r.self = rfl_plugin.new(r.f->core);
  g_assert_true (rfl_plugin.configure (r.self, settings, NULL));
  g_assert_true (rfl_plugin.start (r.self, NULL));
  return r;
}

static void
running_free (Running *r)
{
  rfl_plugin.stop (r->self);
  rfl_plugin.free (r->self);
  fixture_free (r->f);
}

/* PCMU of one loudness, for so long. */
static void
say (Running *r, guint8 octet, guint milliseconds)
{
  for (guint t = 0; t < milliseconds; t += 20)
    {
      TestRtp rtp = test_rtp (0, r->seq, 160u * r->seq, 1, 160);
      memset (rtp.data + RFL_RTP_MIN_HEADER, octet, 160);
      r->seq++;
      fixture_inject (r->f, "192.0.2.1:4000", &rtp);
      fixture_step (r->f);
      rfl_clock_advance (r->f->clock, 20 * MS);
    }
}

static char *
get_status (Running *r)
{
  RflStatus *status = rfl_status_new ();

  rfl_status_call (status, "switcher", rfl_plugin.status, r->self);
  return rfl_status_finish (status);
}

static void
assert_status (Running *r, const char *wanted, gboolean there)
{
  g_autofree char *text = get_status (r);

  g_test_message ("%s", text);
  if (there)
    g_assert_nonnull (strstr (text, wanted));
  else
    g_assert_null (strstr (text, wanted));
}

static void
test_status (void)
{
  Running r = running_new ("");

  assert_status (&r, "\"mixer\":false", TRUE);
  assert_status (&r, "\"session\":\"room\"", TRUE);
  assert_status (&r, "\"speaker\":null", TRUE);
  assert_status (&r, "\"speaking\":false", TRUE);
  say (&r, 0x80, 1000);
  assert_status (&r, "\"speaker\":\"sip:a@x\"", TRUE);
  assert_status (&r, "\"speaking\":true", TRUE);
  say (&r, 0xff, 1000);
  assert_status (&r, "\"speaker\":\"sip:a@x\"", TRUE);
  assert_status (&r, "\"speaking\":false", TRUE);
  running_free (&r);
}

static void
reload (Running *r, const char *text)
{
  g_autoptr (RflSettings) settings = read_settings (text);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (rfl_plugin.reconfigure (r->self, settings, &error), ==, RFL_RELOAD_APPLIED);
  g_assert_no_error (error);
}

/* Every option is in force at once, with the turn as it was. */
static void
test_reload (void)
{
  Running r = running_new ("threshold = 0;"); /* louder than anything */

  say (&r, 0x9f, 1000);
  assert_status (&r, "\"speaker\":null", TRUE);
  reload (&r, "speech_time = 5000;");
  say (&r, 0x9f, 4000);
  assert_status (&r, "\"speaker\":null", TRUE);
  say (&r, 0xff, 1000);
  reload (&r, "speech_time = 0; interval = 1000;");
  say (&r, 0x9f, 900); /* nobody has looked yet */
  assert_status (&r, "\"speaker\":null", TRUE);
  say (&r, 0x9f, 300);
  assert_status (&r, "\"speaker\":\"sip:a@x\"", TRUE);
  g_assert_cmpuint (fixture_count (r.f, "switcher.turns"), ==, 1);
  reload (&r, "threshold = -10;");
  say (&r, 0x9f, 800);
  assert_status (&r, "\"speaker\":\"sip:a@x\"", TRUE);
  assert_status (&r, "\"speaking\":false", TRUE);
  running_free (&r);
}

/* A reload before start does not start anything. */
static void
test_reload_early (void)
{
  Fixture *f = fixture_new (1);
  Running r = { .f = f, .self = rfl_plugin.new(f->core) };

  reload (&r, "interval = 20;");
  rfl_clock_advance (f->clock, 1000 * MS);
  rfl_plugin.free (r.self);
  fixture_free (f);
}

/* The session ends while the plugin runs: nothing of it is left. */
static void
test_session_ended (void)
{
  Running r = running_new ("");

  say (&r, 0x80, 1000);
  fixture_drop_source (r.f, r.audio);
  rfl_participant_leave (r.f->participants->pdata[0], "over");
  rfl_clock_advance (r.f->clock, 1000 * MS);
  assert_status (&r, "\"session\"", FALSE);
  running_free (&r);
}

static void
test_descriptor (void)
{
  g_assert_cmpstr (rfl_plugin.name, ==, "switcher");
  g_assert_cmpstr (rfl_plugin.wants[0], ==, "mixer");
  g_assert_null (rfl_plugin.wants[1]);
  g_assert_null (rfl_plugin.requires);
  g_assert_cmpuint (rfl_plugin.magic, ==, RFL_PLUGIN_MAGIC);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/switcher/plugin/refused", test_refused);
  g_test_add_func ("/switcher/plugin/taken", test_taken);
  g_test_add_func ("/switcher/plugin/freed", test_freed);
  g_test_add_func ("/switcher/plugin/not-started", test_not_started);
  g_test_add_func ("/switcher/plugin/status", test_status);
  g_test_add_func ("/switcher/plugin/reload", test_reload);
  g_test_add_func ("/switcher/plugin/reload-early", test_reload_early);
  g_test_add_func ("/switcher/plugin/session-ended", test_session_ended);
  g_test_add_func ("/switcher/plugin/descriptor", test_descriptor);
  return g_test_run ();
}
