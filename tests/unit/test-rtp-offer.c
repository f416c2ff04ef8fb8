/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What offers of media are answered, and what the settings say about it. */
#include "tests/unit/rtp-fixture.h"

#include <string.h>

/* ---- offers ---- */

static void
test_no_audio_codec (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = joined_client (f, "bob", "198.51.100.2", 4000, "room");
  g_autoptr (Client) c = client_new (f, "carol", "198.51.100.3", 4000);

  join (a, "other", desc_of (a, "audio", FORMATS ("96 nonsense/8000")), NULL);
  g_assert_error (a->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  g_assert_nonnull (strstr (a->error->message, "PCMU/8000, PCMA/8000"));
  join (c, "room", desc_of (c, "audio", FORMATS ("8 PCMA/8000")),
        desc_of (c, "video", FORMATS ("96 VP8/90000")));
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  g_assert_nonnull (strstr (c->error->message, "audio codec is PCMU/8000"));
  /* What was refused has decided nothing. */
  g_assert_cmpuint (rfl_session_get_route (b->participant->session, "video")->formats->len, ==, 0);
}

static void
test_nothing_offered (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);
  g_autoptr (Client) c = client_new (f, "carol", "198.51.100.3", 4000);
  RflMediumDesc *disabled = pcmu (c);

  /* No m-line at all: it brings its media later. */
  join_with (a, "room", g_ptr_array_new ());
  assert_joined (a);
  join (b, "room", desc_of (b, "message", FORMATS ("0 MSRP/1000")), NULL);
  g_assert_error (b->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  disabled->rtp.port = 0;
  join (c, "room", disabled, NULL);
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
}

static void
test_video_without_match (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);
  g_autoptr (Client) c = client_new (f, "carol", "198.51.100.3", 4000);

  join (a, "room", pcmu (a), desc_of (a, "video", FORMATS ("96 VP8/90000")));
  assert_joined (a);
  g_assert_true (current (a, 0)->accepted && current (a, 1)->accepted);
  join (b, "room", pcmu (b), desc_of (b, "video", FORMATS ("96 H264/90000")));
  assert_joined (b);
  g_assert_true (current (b, 0)->accepted);
  g_assert_false (current (b, 1)->accepted);
  join (c, "room", desc_of (c, "video", FORMATS ("96 H264/90000")), NULL);
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
}

static void
test_one_line_per_kind (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  GPtrArray *offers = list_of (pcmu (a), pcmu (a));

  ((RflMediumDesc *) offers->pdata[0])->rtp.port = 0;
  g_ptr_array_add (offers, pcmu (a));
  g_ptr_array_add (offers, desc_of (a, "application", FORMATS ("96 x/1000")));
  join_with (a, "room", offers);
  assert_joined (a);
  g_assert_false (current (a, 0)->accepted);
  g_assert_true (current (a, 1)->accepted);
  g_assert_false (current (a, 2)->accepted);
  g_assert_false (current (a, 3)->accepted);
}

static void
test_video_only (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = client_new (f, "bob", "198.51.100.2", 4000);

  join (a, "room", desc_of (a, "video", FORMATS ("96 VP8/90000")), NULL);
  assert_joined (a);
  join (b, "room", desc_of (b, "audio", FORMATS ("8 PCMA/8000")),
        desc_of (b, "video", FORMATS ("100 VP8/90000")));
  assert_joined (b);
  show (a, 96, 0xa);
  assert_rtp (f, &b->rtp[1], 100, 0xa, 1);
}

static void
assert_answer (const Client *c, const char *expected)
{
  char text[RFL_ADDRESS_STRLEN];
  g_assert_cmpstr (rfl_address_format (&current (c, 0)->answer_rtp, text), ==, expected);
}

static void
test_answer_address (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  char text[RFL_ADDRESS_STRLEN];

  assert_answer (a, HERE ":5566");
  g_assert_cmpstr (rfl_address_format (&current (a, 0)->answer_rtcp, text), ==, HERE ":5567");
}

static void
test_answer_per_network (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = joined_client (f, "alice", "198.51.100.1", 4000, "room");
  g_autoptr (Client) b = joined_client (f, "bob", "10.1.1.1", 4000, "room");
  g_autoptr (Client) c = joined_client (f, "carol", "fd00::7", 4000, "room");

  assert_answer (a, "203.0.113.200:5566");
  assert_answer (b, "10.0.0.200:5566");
  assert_answer (c, HERE ":5566"); /* none of the configured ones is IPv6 */
}

/* Called over IPv6 with media over IPv4: told an IPv6 address a phone sends nothing. */
static void
test_answer_in_family_of_media (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "fd00::7", 4000);
  RflMediumDesc *desc = pcmu (a), *held = pcmu (a);

  desc->rtp = at ("127.0.0.1", 4000);
  desc->rtcp = at ("127.0.0.1", 4001);
  join (a, "room", desc, NULL);
  assert_joined (a);
  assert_answer (a, "127.0.0.1:5566");
  held->rtp = at ("0.0.0.0", 4000);
  held->direction = RFL_DIRECTION_NONE;
  offer (a, held, NULL);
  assert_answer (a, HERE ":5566");
}

static void
test_bad_settings (Fixture *f, gconstpointer unused)
{
  static const char *const bad[] = { "address = \"nowhere\";", "address_local = \"0.0.0.0\";",
                                     "audio_codecs = [ \"PCMU\" ];",
                                     "video_codecs = [ \"VP8/90000\", \"\" ];",
                                     "audio_port = 5567;" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) s = rfl_settings_new_from_text ("rtp", rtp_options, bad[i], &error);
      gpointer plugin = rtp_plugin_new (f->core);
      g_assert_no_error (error);
      g_assert_false (rtp_plugin_configure (plugin, s, &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      rtp_plugin_free (plugin);
    }
}

static void
test_reconfigure (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) good =
      rfl_settings_new_from_text ("rtp", rtp_options, "audio_codecs = [ \"PCMA/8000\" ];", NULL);
  g_autoptr (RflSettings) bad =
      rfl_settings_new_from_text ("rtp", rtp_options, "address = \"x\";", NULL);
  g_autoptr (RflSettings) ports =
      rfl_settings_new_from_text ("rtp", rtp_options, "audio_port = 7000;", NULL);
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);

  g_assert_cmpint (rtp_plugin_reconfigure (f->plugin, bad, &error), ==, RFL_RELOAD_FAILED);
  g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
  g_assert_cmpint (rtp_plugin_reconfigure (f->plugin, ports, NULL), ==, RFL_RELOAD_RESTART);
  g_assert_cmpint (rtp_plugin_reconfigure (f->plugin, good, NULL), ==, RFL_RELOAD_APPLIED);
  join (a, "room", pcmu (a), NULL);
  g_assert_error (a->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
}

static const RtpTest tests[] = {
  { "no-audio-codec", test_no_audio_codec },
  { "nothing-offered", test_nothing_offered },
  { "video-without-match", test_video_without_match },
  { "one-line-per-kind", test_one_line_per_kind },
  { "video-only", test_video_only },
  { "answer-address", test_answer_address },
  { "answer-in-family-of-media", test_answer_in_family_of_media },
  { "answer-per-network", test_answer_per_network,
    "address_external = \"203.0.113.200\"; address_local = \"10.0.0.200\";" },
  { "bad-settings", test_bad_settings },
  { "reconfigure", test_reconfigure },
  { NULL },
};

int
main (int argc, char **argv)
{
  return rtp_tests_run (argc, argv, "offer", tests);
}
