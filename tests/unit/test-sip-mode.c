/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which mode a call gets without a word of the caller's: rules that are none first. */
#include "core/config/config.h"
#include "plugins/sip/instance.h"
#include "plugins/sip/mode/mode.h"
#include "plugins/sip/stack/stack.h"
#include <reflector/error.h>

static SipModeRules *
read_rules (const char *text, GError **error)
{
  RflSettings *settings = rfl_settings_new_from_text ("sip", sip_options, text, error);
  SipModeRules *rules = settings ? sip_mode_rules_read (settings, error) : NULL;

  g_clear_pointer (&settings, rfl_settings_free);
  return rules;
}

static void
bad (void)
{
  static const struct {
    const char *text, *complaint;
  } rows[] = {
    { "audio_mode = \"both\";", "*sip.audio_mode: is \"both\", must be one of*" },
    { "video_mode = \"mix\";", "*sip.video_mode: is \"mix\", must be one of*" },
    { "modes = ( { room = \"a\"; audio = \"loud\"; } );", "*audio: is \"loud\", must be one of*" },
    { "modes = ( { room = \"a\"; video = \"mix\"; } );", "*video: is \"mix\", must be one of*" },
    { "modes = ( { audio = \"all\"; } );", "*names neither room nor agent*" },
    { "modes = ( { room = \"a\"; } );", "*names neither audio nor video*" },
    { "modes = ( { room = \"\"; audio = \"all\"; } );", "*room: an empty pattern*" },
    { "modes = ( { agent = \"\"; audio = \"all\"; } );", "*agent: an empty pattern*" },
    { "modes = ( { room = \"a\"; audio = \"all\"; }, { agent = \"b\"; } );",
      "*names neither audio nor video*" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (read_rules (rows[i].text, &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      if (!g_pattern_match_simple (rows[i].complaint, error->message))
        g_error ("%s: %s", rows[i].text, error->message);
    }
}

#define ALL RFL_LEG_ALL
#define MIX RFL_LEG_MIX
#define ONE RFL_LEG_ONE

static void
chosen (void)
{
  static const char rules_text[] =
      "modes = ( { room = \"lecture*\"; audio = \"all\"; },"
      "  { agent = \"GStreamer*\"; audio = \"all\"; video = \"all\"; },"
      "  { room = \"?\"; agent = \"*twinkle*\"; audio = \"one\"; },"
      "  { room = \"?\"; audio = \"all\"; },"
      "  { room = \"lecture\"; audio = \"one\"; video = \"all\"; } );";
  static const struct {
    const char *room, *agent;
    RflLegMode audio, video;
  } rows[] = { { "room", NULL, MIX, ONE },
               { "room", "", MIX, ONE },
               { "room", "Linphonec/5", MIX, ONE },
               { "lecture 1", NULL, ALL, ONE },
               { "lecture 1", "GStreamer/1.22", ALL, ALL },
               { "room", "GStreamer/1.22", ALL, ALL },
               { "room", "gstreamer/1.22", MIX, ONE },
               { "room", "My GStreamer", MIX, ONE },
               { "\xc3\xa4", "twinkle/1.10", ONE, ONE },
               { "a", "\xff\xc3twinkle\xc3", ONE, ONE },
               { "a", "\xff\xff\xc3", ALL, ONE },
               { "ab", "twinkle", MIX, ONE },
               { "lecture", NULL, ALL, ALL } };
  g_autoptr (SipModeRules) rules = read_rules (rules_text, NULL);

  g_assert_nonnull (rules);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      SipModes modes = sip_mode_choose (rules, rows[i].room, rows[i].agent);
      g_test_message ("%u", i);
      g_assert_cmpint (modes.audio, ==, rows[i].audio);
      g_assert_cmpint (modes.video, ==, rows[i].video);
    }
}

/* Who writes a name without end is compared by its beginning. */
static void
long_agent (void)
{
  g_autoptr (SipModeRules) rules =
      read_rules ("modes = ( { agent = \"*a*a*a*a*a*a*a*b\"; audio = \"all\"; },"
                  "{ agent = \"*\xc3\xa4\"; audio = \"one\"; } );",
                  NULL);
  g_autofree char *as = g_strnfill (30000, 'a'), *split = g_strnfill (256, 'c');

  split[254] = '\xc3';
  split[255] = '\xa4';
  g_assert_cmpint (sip_mode_choose (rules, "r", as).audio, ==, MIX);
  g_assert_cmpint (sip_mode_choose (rules, "r", split).audio, ==, MIX);
  g_assert_cmpint (sip_mode_choose (rules, "r", "\xc3\xa4").audio, ==, ONE);
}

static void
fallback (void)
{
  g_autoptr (SipModeRules) rules = read_rules ("audio_mode = \"all\"; video_mode = \"all\";", NULL);
  SipModes modes = sip_mode_choose (rules, "r", NULL);

  g_assert_cmpint (modes.audio, ==, ALL);
  g_assert_cmpint (modes.video, ==, ALL);
}

static void
of_all (void)
{
  g_assert_cmpint (sip_mode_of_all (MIX).audio, ==, MIX);
  g_assert_cmpint (sip_mode_of_all (MIX).video, ==, ONE);
  g_assert_cmpint (sip_mode_of_all (ALL).video, ==, ALL);
  g_assert_cmpint (sip_mode_of_all (ONE).audio, ==, ONE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/mode/bad", bad);
  g_test_add_func ("/sip/mode/chosen", chosen);
  g_test_add_func ("/sip/mode/long-agent", long_agent);
  g_test_add_func ("/sip/mode/fallback", fallback);
  g_test_add_func ("/sip/mode/of-all", of_all);
  return g_test_run ();
}
