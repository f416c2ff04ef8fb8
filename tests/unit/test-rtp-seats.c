/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How many may take part and how many may lurk, in a session and in a medium: newcomers, those who
 * turn from one into the other, and what is free again.
 */
#include "tests/unit/rtp-fixture.h"

#include "core/status.h"
#include <string.h>

static RflMediumDesc *
directed (RflMediumDesc *desc, RflDirection direction)
{
  desc->direction = direction;
  return desc;
}

/* Joins @room (or fails) with audio in @direction. */
static Client *
come (Fixture *f, const char *name, const char *room, RflDirection direction)
{
  g_autofree char *ip = g_strdup_printf ("198.51.100.%u", 1 + g_str_hash (name) % 250);
  Client *c = client_new (f, name, ip, 4000);

  join (c, room, directed (pcmu (c), direction), NULL);
  return c;
}

static Client *
speaker (Fixture *f, const char *name)
{
  return come (f, name, "room", RFL_DIRECTION_BOTH);
}

static Client *
lurker (Fixture *f, const char *name)
{
  return come (f, name, "room", RFL_DIRECTION_RECEIVE);
}

static void
assert_refused (const Client *c, const char *message)
{
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_LIMIT);
  g_assert_cmpstr (c->error->message, ==, message);
}

static void
assert_seats (Fixture *f, guint clients, guint lurkers)
{
  g_assert_cmpuint (f->plugin->kinds[RTP_AUDIO].seats[RTP_CLIENT], ==, clients);
  g_assert_cmpuint (f->plugin->kinds[RTP_AUDIO].seats[RTP_LURKER], ==, lurkers);
}

/* Another offer of its audio. */
static void
turn (Client *c, RflDirection direction)
{
  offer_list (c, list_of (directed (pcmu (c), direction), NULL));
}

static void
per_medium (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = speaker (f, "a"), b = speaker (f, "b"), c = speaker (f, "c");
  g_autoptr (Client) x = lurker (f, "x"), y = lurker (f, "y");
  g_autoptr (Client) other = come (f, "other", "elsewhere", RFL_DIRECTION_BOTH);

  assert_joined (a);
  assert_joined (b);
  assert_refused (c, "there are 2 clients in audio already");
  assert_joined (x);
  assert_refused (y, "there are 1 lurkers in audio already");
  assert_refused (other, "there are 2 clients in audio already");
  assert_seats (f, 2, 1);
  g_assert_cmpuint (count (f, "rtp.limited_clients"), ==, 2);
  g_assert_cmpuint (count (f, "rtp.limited_lurkers"), ==, 1);
  rfl_participant_leave (a->participant, "test");
  rfl_participant_leave (x->participant, "test");
  assert_seats (f, 1, 0);
  g_autoptr (Client) d = speaker (f, "d"), z = lurker (f, "z");
  assert_joined (d);
  assert_joined (z);
}

static void
per_session (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = speaker (f, "a"), b = speaker (f, "b");
  g_autoptr (Client) x = lurker (f, "x"), y = lurker (f, "y");
  g_autoptr (Client) other = come (f, "other", "elsewhere", RFL_DIRECTION_BOTH);

  assert_joined (a);
  assert_refused (b, "there are 1 participants in this session already");
  assert_joined (x);
  assert_refused (y, "there are 1 lurkers in this session already");
  assert_joined (other);
  g_assert_cmpuint (count (f, "rtp.limited_participants"), ==, 1);
  g_assert_cmpuint (count (f, "rtp.limited_session_lurkers"), ==, 1);
}

/* No lurkers at all; and who may not turn into one stays what he was. */
static void
turning (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) x = lurker (f, "x"), a = speaker (f, "a");

  assert_refused (x, "there are 0 lurkers in audio already");
  assert_joined (a);
  turn (a, RFL_DIRECTION_RECEIVE);
  assert_refused (a, "there are 0 lurkers in audio already");
  assert_seats (f, 1, 0);
  g_assert_cmpint (current (a, 0)->direction, ==, RFL_DIRECTION_BOTH);
  turn (a, RFL_DIRECTION_BOTH);
  g_assert_no_error (a->error);
}

/* Full, but not for who is in already and changes nothing of it. */
static void
staying (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = speaker (f, "a"), x = lurker (f, "x");

  assert_joined (a);
  assert_joined (x);
  turn (a, RFL_DIRECTION_BOTH);
  g_assert_no_error (a->error);
  turn (x, RFL_DIRECTION_BOTH);
  assert_refused (x, "there are 1 clients in audio already");
  turn (x, RFL_DIRECTION_RECEIVE);
  g_assert_no_error (x->error);
  assert_seats (f, 1, 1);
}

static void
holding (Fixture *f, gconstpointer unused)
{
  static const RflDirection holds[] = { RFL_DIRECTION_SEND, RFL_DIRECTION_NONE };
  g_autoptr (Client) a = speaker (f, "a");

  assert_joined (a);
  for (guint i = 0; i < G_N_ELEMENTS (holds); i++)
    {
      turn (a, holds[i]);
      g_assert_no_error (a->error);
      assert_seats (f, 1, 0);
      turn (a, RFL_DIRECTION_BOTH);
      g_assert_no_error (a->error);
    }
}

/* Who only receives audio but sends video is none; a medium given up is free. */
static void
all_media_count (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = client_new (f, "a", "203.0.113.5", 4000);
  RflMediumDesc *video = desc_of (a, "video", FORMATS ("96 VP8/90000"));

  join (a, "room", directed (pcmu (a), RFL_DIRECTION_RECEIVE), video);
  assert_joined (a);
  assert_seats (f, 1, 0);
  g_assert_cmpuint (f->plugin->kinds[RTP_VIDEO].seats[RTP_CLIENT], ==, 1);
  video = desc_of (a, "video", FORMATS ("96 VP8/90000"));
  video->rtp.port = 0;
  offer_list (a, list_of (directed (pcmu (a), RFL_DIRECTION_RECEIVE), video));
  g_assert_no_error (a->error);
  assert_seats (f, 0, 1);
  g_assert_cmpuint (f->plugin->kinds[RTP_VIDEO].seats[RTP_CLIENT], ==, 0);
}

static void
count_joins (RflParticipant *participant, const GError *error, gpointer n)
{
  g_assert_no_error (error);
  ++*(guint *) n;
}

/* Those of other reflectors are theirs to count; a refused one leaves nothing taken. */
static void
not_counted (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) wrong = client_new (f, "wrong", "203.0.113.5", 4000);
  RflParticipantSpec spec = { .id = "far.1", .identity = "sip:far@example.net", .origin = "other" };
  g_autoptr (RflParticipant) far = rfl_participant_new (f->core, &spec);
  g_autoptr (Client) a = NULL;
  RflMediumDesc *desc = rfl_medium_desc_new ("audio");
  guint n = 0;

  join (wrong, "room", desc_of (wrong, "audio", FORMATS ("96 nonsense/8000")), NULL);
  g_assert_error (wrong->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  desc->accepted = TRUE;
  desc->direction = RFL_DIRECTION_BOTH;
  rfl_participant_join (far, "room", list_of (desc, NULL), count_joins, &n);
  g_assert_cmpuint (n, ==, 1);
  assert_seats (f, 0, 0);
  a = speaker (f, "a");
  assert_joined (a);
  assert_seats (f, 1, 0);
}

/* New limits are for newcomers. */
static void
reloading (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = speaker (f, "a"), b = NULL;
  g_autoptr (RflSettings) tight =
      rfl_settings_new_from_text ("rtp", rtp_options, "audio_max_clients = 0;", NULL);

  assert_joined (a);
  g_assert_cmpint (rtp_plugin_reconfigure (f->plugin, tight, NULL), ==, RFL_RELOAD_APPLIED);
  turn (a, RFL_DIRECTION_BOTH);
  g_assert_no_error (a->error);
  b = speaker (f, "b");
  assert_refused (b, "there are 1 clients in audio already");
}

static void
status (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a = speaker (f, "a"), x = lurker (f, "x");
  RflStatus *out = rfl_status_new ();
  g_autofree char *text = NULL;

  g_assert_no_error (a->error);
  g_assert_no_error (x->error);
  rtp_plugin_status (f->plugin, out);
  text = rfl_status_finish (out);
  g_assert_nonnull (strstr (text, "\"audio\":{\"clients\":{\"now\":1,\"max\":5},"
                                  "\"lurkers\":{\"now\":1,\"max\":-1}}"));
  g_assert_nonnull (strstr (text, "\"name\":\"room\",\"clients\":1,\"lurkers\":1"));
  g_assert_nonnull (strstr (text, "\"lurker\":true"));
}

int
main (int argc, char **argv)
{
  static const RtpTest tests[] = {
    { "per-medium", per_medium, "audio_max_clients = 2; audio_max_lurkers = 1;" },
    { "per-session", per_session, "max_participants = 1; max_lurkers = 1;" },
    { "turning", turning, "audio_max_lurkers = 0;" },
    { "staying", staying, "audio_max_clients = 1; audio_max_lurkers = 1;" },
    { "holding", holding, "audio_max_clients = 1; audio_max_lurkers = 0;" },
    { "all-media-count", all_media_count, NULL },
    { "not-counted", not_counted, "audio_max_clients = 1;" },
    { "reloading", reloading, NULL },
    { "status", status, "audio_max_clients = 5;" },
    { NULL }
  };

  return rtp_tests_run (argc, argv, "seats", tests);
}
