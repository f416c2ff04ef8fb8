/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin mixer as the daemon sees it: descriptor, options, reload and status. Its threads are turned by hand. Not what
 * anybody hears.
 */
#include "core/config/config.h"
#include "core/status.h"
#include "plugins/mixer/mixer.h"
#include "tests/unit/path-fixture.h"
#include <string.h>

#define MS G_TIME_SPAN_MILLISECOND

/* Of plugin.c, which is linked in. */
extern const RflPlugin rfl_plugin;

static RflSettings *
read_settings (const char *text)
{
  g_autoptr (GError) error = NULL;
  RflSettings *settings = rfl_settings_new_from_text ("mixer", rfl_plugin.options, text, &error);

  g_assert_no_error (error);
  return settings;
}

static void
test_refused (void)
{
  static const char *const rows[] = {
    "threads = -1;",          "threads = 1000;",          "max_rooms = 0;",
    "max_rooms = 100001;",    "max_sources = 0;",         "max_sources = 10001;",
    "max_listeners = 0;",     "max_listeners = 100001;",  "max_speakers = 0;",
    "max_speakers = 1000;",   "speech_level = -91;",      "speech_level = -19;",
    "speech_hangover = -1;",  "speech_hangover = 5001;",  "automatic_level = 1;",
    "join_tone = \"yes\";",   "telephone_events = true;", "telephone_events = \"drop\";",
    "tone_participants = 0;", "alone_tone = -1;",         "alone_tone = 3601;",
    "max_room = 1;",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) settings =
          rfl_settings_new_from_text ("mixer", rfl_plugin.options, rows[i], &error);
      g_test_message ("%s", rows[i]);
      g_assert_null (settings);
      g_assert_nonnull (error);
    }
}

static void
test_descriptor (void)
{
  g_assert_cmpstr (rfl_plugin.name, ==, "mixer");
  g_assert_cmpstr (rfl_plugin.provides[0], ==, RFL_MIXER_SERVICE);
  g_assert_true (rfl_plugin.flags & RFL_PLUGIN_OPTIONAL);
}

typedef struct {
  Fixture *f;
  Mixer *mixer;
  RflSource *source;
  guint n_people;
  guint16 seq;
} Running;

static Running
running_new (const char *text)
{
  g_autoptr (RflSettings) settings = read_settings (text);
  g_autoptr (GError) error = NULL;
  Running r = { .f = fixture_new (1) };

  r.mixer = rfl_plugin.new(r.f->core);
  r.mixer->manual = TRUE;
  g_assert_true (rfl_plugin.configure (r.mixer, settings, &error));
  g_assert_true (rfl_plugin.start (r.mixer, &error));
  g_assert_no_error (error);
  return r;
}

/* Medium and address of one more who listens, whom the mixer may refuse. */
static gboolean
attach_one (Running *r, const char *session, GError **error)
{
  g_autofree char *name = g_strdup_printf ("p%u", r->n_people),
                  *address = g_strdup_printf ("192.0.2.1:%u", 4000 + r->n_people);
  RflMedium *medium = fixture_join (r->f, session, name, NULL, "audio");
  RflLegSpec spec = fixture_leg_spec (r->f, medium, address);
  g_autoptr (GPtrArray) formats = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_format_free);
  gpointer self;
  const RflMixer *service =
      rfl_core_find_service (r->f->core, RFL_MIXER_SERVICE, RFL_MIXER_VERSION, &self);

  r->n_people++;
  g_ptr_array_add (formats, rfl_format_from_static (0));
  spec.mode = RFL_LEG_MIX;
  spec.feed = service->attach (self, medium, formats, 0, spec.pt, error);
  if (spec.feed == NULL)
    return FALSE;
  fixture_add_leg_spec (r->f, &spec);
  if (r->source == NULL)
    r->source = fixture_add_source (r->f, medium, fixture_add_flow (r->f, address), 1, 1);
  return TRUE;
}

static void
running_free (Running *r)
{
  while (r->f->legs->len)
    fixture_drop_leg (r->f, r->f->legs->pdata[0]);
  rfl_plugin.stop (r->mixer);
  rfl_plugin.stop (r->mixer);
  rfl_plugin.free (r->mixer);
  fixture_free (r->f);
}

/* PCMU of one loudness from the first one, for so long. */
static void
say (Running *r, guint8 octet, guint milliseconds)
{
  for (guint t = 0; t < milliseconds; t += 10)
    {
      TestRtp rtp = test_rtp (0, r->seq, 160u * r->seq, 1, 160);

      if (t % 20 == 0)
        {
          for (guint i = 0; i < 160; i++) /* both signs: one alone is no sound */
            rtp.data[RFL_RTP_MIN_HEADER + i] = octet ^ (i & 4 ? 0x80 : 0);
          fixture_inject (r->f, "192.0.2.1:4000", &rtp);
          r->seq++;
        }
      fixture_step (r->f);
      for (guint i = 0; i < r->mixer->n_threads; i++)
        mix_thread_turn (r->mixer->threads[i], rfl_clock_now (r->f->clock));
      fixture_step (r->f);
      rfl_clock_advance (r->f->clock, 10 * MS);
    }
}

static char *
get_status (Running *r)
{
  RflStatus *status = rfl_status_new ();

  rfl_status_call (status, "mixer", rfl_plugin.status, r->mixer);
  return rfl_status_finish (status);
}

static void
assert_status (Running *r, const char *wanted)
{
  g_autofree char *text = get_status (r);

  g_test_message ("%s in %s", wanted, text);
  g_assert_nonnull (strstr (text, wanted));
}

static RflReload
reload (Running *r, const char *text)
{
  g_autoptr (RflSettings) settings = read_settings (text);
  return rfl_plugin.reconfigure (r->mixer, settings, NULL);
}

static void
test_status (void)
{
  Running r = running_new ("threads = 2;");

  assert_status (&r, "\"rooms\":[]");
  g_assert_true (attach_one (&r, "room", NULL));
  g_assert_true (attach_one (&r, "room", NULL));
  say (&r, 0x10, 1000);
  assert_status (&r, "\"session\":\"room\"");
  assert_status (&r, "\"listeners\":2,\"sources_refused\":0");
  assert_status (&r, "\"codec\":\"PCMU\",\"clock_rate\":8000,\"ptime\":20,\"listeners\":2");
  assert_status (&r, "\"ssrc\":1,");
  assert_status (&r, "\"heard\":true");
  assert_status (&r, "\"packets\":50");
  say (&r, 0xff, 1500);
  assert_status (&r, "\"heard\":false");
  running_free (&r);
}

/* What takes effect at once, for rooms that are there, too. */
static void
test_reload (void)
{
  Running r = running_new ("threads = 1; max_listeners = 2; max_rooms = 1;");
  g_autoptr (GError) error = NULL, second = NULL;

  g_assert_true (attach_one (&r, "room", NULL));
  g_assert_true (attach_one (&r, "room", NULL));
  g_assert_false (attach_one (&r, "room", &error));
  g_assert_nonnull (error);
  g_assert_false (attach_one (&r, "another", &second));
  g_assert_nonnull (second);
  g_assert_cmpint (reload (&r, "threads = 1; max_listeners = 3; max_rooms = 2;"), ==,
                   RFL_RELOAD_APPLIED);
  g_assert_true (attach_one (&r, "room", NULL));
  g_assert_true (attach_one (&r, "another", NULL));
  say (&r, 0x48, 1000);
  assert_status (&r, "\"heard\":true");
  g_assert_cmpint (reload (&r, "threads = 1; speech_level = -20; speech_hangover = 0;"), ==,
                   RFL_RELOAD_APPLIED);
  say (&r, 0x48, 1000);
  assert_status (&r, "\"heard\":false");
  running_free (&r);
}

/* The number of threads stays until the next start, and so does all else. */
static void
test_reload_restart (void)
{
  Running r = running_new ("threads = 1; max_listeners = 1;");

  g_assert_cmpint (reload (&r, "threads = 2; max_listeners = 5;"), ==, RFL_RELOAD_RESTART);
  g_assert_cmpuint (r.mixer->n_threads, ==, 1);
  g_assert_true (attach_one (&r, "room", NULL));
  g_assert_false (attach_one (&r, "room", NULL));
  running_free (&r);
}

/* Freed in any state after new; started twice one after the other. */
static void
test_life (void)
{
  Fixture *f = fixture_new (1);
  Mixer *mixer = rfl_plugin.new(f->core);
  Running r;

  rfl_plugin.free (mixer);
  fixture_free (f);
  r = running_new ("");
  rfl_plugin.stop (r.mixer);
  g_assert_true (rfl_plugin.start (r.mixer, NULL));
  g_assert_true (attach_one (&r, "room", NULL));
  running_free (&r);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mixer/plugin/refused", test_refused);
  g_test_add_func ("/mixer/plugin/descriptor", test_descriptor);
  g_test_add_func ("/mixer/plugin/status", test_status);
  g_test_add_func ("/mixer/plugin/reload", test_reload);
  g_test_add_func ("/mixer/plugin/reload-restart", test_reload_restart);
  g_test_add_func ("/mixer/plugin/life", test_life);
  return g_test_run ();
}
