/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the plugin offers of its own accord, and what becomes of the answers. */
#include "tests/unit/rtp-fixture.h"

#include <string.h>

#define FEW "audio_codecs = [ \"opus/48000/2\", \"PCMA/8000\", \"speex/8000\" ]; "

/* "audio 192.0.2.1:5566 0 PCMU/8000, ..." of each medium offered, or "-" for one that is not. */
static void
describe (RflParticipant *participant, const GPtrArray *offers, gpointer user_data)
{
  GString *out = user_data;
  char text[RFL_ADDRESS_STRLEN];

  g_assert_nonnull (offers);
  for (guint i = 0; i < offers->len; i++)
    {
      const RflMediumDesc *desc = offers->pdata[i];
      g_string_append_printf (out, "%s%s", i ? "; " : "", desc->kind);
      if (!desc->accepted)
        {
          g_string_append (out, " -");
          continue;
        }
      g_assert_cmpint (desc->direction, ==, RFL_DIRECTION_BOTH);
      g_assert_cmpuint (desc->answer_rtcp.port, ==, desc->answer_rtp.port + 1);
      g_string_append_printf (out, " %s", rfl_address_format (&desc->answer_rtp, text));
      for (guint k = 0; k < desc->answer->len; k++)
        {
          const RflFormat *format = desc->answer->pdata[k];
          g_string_append_printf (out, " %u:%s/%u", format->pt, format->encoding,
                                  format->clock_rate);
        }
    }
}

static void
assert_offered (const Client *c, const char *expected)
{
  GString *out = g_string_new (NULL);

  rfl_participant_get_offer (c->participant, describe, out);
  g_assert_cmpstr (out->str, ==, expected);
  g_string_free (out, TRUE);
}

static Client *
client_without_media (Fixture *f, const char *name, const char *ip, const char *room)
{
  RflAddress here = at (HERE, 5060);
  Client *c = client_new (f, name, ip, 4000);

  rfl_participant_set_local (c->participant, &here);
  join_with (c, room, g_ptr_array_new ());
  assert_joined (c);
  return c;
}

/* No codec in common: refused, and the session has none from it. */
static void
test_refused_answer (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_without_media (f, "alice", "198.51.100.1", "room");
  GPtrArray *answer = list_of (desc_of (a, "audio", FORMATS ("96 nonsense/8000")), NULL);

  g_clear_error (&a->error);
  offer_list (a, answer);
  g_assert_error (a->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  g_assert_cmpuint (rfl_session_get_route (a->participant->session, "audio")->formats->len, ==, 0);
}

static void
test_new_session (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_without_media (f, "alice", "198.51.100.1", "room");

  assert_offered (a, "audio 192.0.2.1:5566 96:opus/48000 8:PCMA/8000 97:speex/8000 "
                     "98:telephone-event/48000 99:telephone-event/8000; "
                     "video 192.0.2.1:5568 100:VP8/90000 34:H263/90000");
}

/* New numbers keep clear of those that the session has. */
static void
test_session_codec (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  g_autoptr (Client) b = NULL;

  join (a, "room", desc_of (a, "audio", FORMATS ("100 speex/8000", "96 telephone-event/8000")),
        NULL);
  b = client_without_media (f, "bob", "198.51.100.2", "room");
  assert_offered (b, "audio 192.0.2.1:5566 100:speex/8000 96:telephone-event/8000; "
                     "video 192.0.2.1:5568 97:VP8/90000 34:H263/90000");
}

static void
test_address_per_network (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_without_media (f, "alice", "198.51.100.1", "room");
  g_autoptr (Client) b = client_without_media (f, "bob", "10.1.1.1", "room");

  assert_offered (a, "audio 203.0.113.200:5566 8:PCMA/8000 96:telephone-event/8000");
  assert_offered (b, "audio 10.0.0.200:5566 8:PCMA/8000 96:telephone-event/8000");
}

/* Each m-line in its place: also what was refused, and what is another plugin's. */
static void
test_in_force (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "alice", "198.51.100.1", 4000);
  GPtrArray *offers = list_of (desc_of (a, "message", FORMATS ("0 MSRP/1000")), pcmu (a));
  RflMediumDesc *held = pcmu (a);

  g_ptr_array_add (offers, desc_of (a, "video", FORMATS ("96 H265/90000")));
  join_with (a, "room", offers);
  assert_joined (a);
  assert_offered (a,
                  "message -; audio 192.0.2.1:5566 0:PCMU/8000 101:telephone-event/8000; video -");
  /* Whoever holds us and asks anew is not kept on hold by our offer. */
  held->direction = RFL_DIRECTION_SEND;
  offers = list_of (desc_of (a, "message", FORMATS ("0 MSRP/1000")), held);
  g_ptr_array_add (offers, desc_of (a, "video", FORMATS ("96 H265/90000")));
  offer_list (a, offers);
  g_assert_no_error (a->error);
  assert_offered (a,
                  "message -; audio 192.0.2.1:5566 0:PCMU/8000 101:telephone-event/8000; video -");
}

/* The answer becomes its offer, and packets flow. */
static void
test_answered (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_without_media (f, "alice", "198.51.100.1", "room");
  g_autoptr (Client) b = NULL;

  offer (a, desc_of (a, "audio", FORMATS ("8 PCMA/8000")),
         desc_of (a, "video", FORMATS ("100 VP8/90000")));
  b = client_new (f, "bob", "198.51.100.2", 4000);
  join (b, "room", desc_of (b, "audio", FORMATS ("8 PCMA/8000")), NULL);
  assert_joined (b);
  say (a, 8, 0xa);
  assert_rtp (f, &b->rtp[0], 8, 0xa, 1);
  say (b, 8, 0xb);
  assert_rtp (f, &a->rtp[0], 8, 0xb, 1);
}

#define VIDEO "video_codecs = [ \"VP8/90000\", \"H263/90000\" ];"

static const RtpTest tests[] = {
  { "refused-answer", test_refused_answer, FEW VIDEO },
  { "new-session", test_new_session, FEW VIDEO },
  { "session-codec", test_session_codec, FEW VIDEO },
  { "address-per-network", test_address_per_network,
    "audio_codecs = [ \"PCMA/8000\" ]; video_codecs = []; "
    "address_external = \"203.0.113.200\"; address_local = \"10.0.0.200\";" },
  { "in-force", test_in_force, "video_codecs = [ \"VP8/90000\" ];" },
  { "answered", test_answered, FEW VIDEO },
  { NULL },
};

int
main (int argc, char **argv)
{
  return rtp_tests_run (argc, argv, "wanted", tests);
}
