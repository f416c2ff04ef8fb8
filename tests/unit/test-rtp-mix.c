/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Audio with a mixer: who may come in with which codec, whose leg hangs on it. The mixer here writes down
 * what it is asked; refusals first. */
#include "tests/unit/mixer-fake.h"
#include "tests/unit/rtp-fixture.h"

#include <string.h>

static RflMediumDesc *
audio (const Client *c, RflLegMode mode, const char *const *formats)
{
  RflMediumDesc *desc = desc_of (c, "audio", formats);

  desc->mode = mode;
  return desc;
}

static Client *
caller (Fixture *f, const char *name, guint16 port, RflLegMode mode, const char *const *formats)
{
  Client *c = client_new (f, name, "198.51.100.1", port);

  join (c, "room", audio (c, mode, formats), NULL);
  return c;
}

/* "0:PCMU/8000 101:telephone-event/8000" */
static void
assert_formats (const GPtrArray *formats, gboolean numbers, const char *expected)
{
  GString *out = g_string_new (NULL);

  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *format = formats->pdata[i];
      if (i > 0)
        g_string_append_c (out, ' ');
      if (numbers)
        g_string_append_printf (out, "%u:", format->pt);
      g_string_append_printf (out, "%s/%u", format->encoding, format->clock_rate);
    }
  g_assert_cmpstr (out->str, ==, expected);
  g_string_free (out, TRUE);
}

static void
assert_answer (const Client *c, RflLegMode mode, const char *expected)
{
  assert_joined (c);
  g_assert_cmpint (current (c, 0)->mode, ==, mode);
  assert_formats (current (c, 0)->answer, TRUE, expected);
}

static const RflRoute *
route_of (const Client *c)
{
  return ((const RflMedium *) c->participant->media->pdata[0])->route;
}

static RflLegMode
leg_mode (const Client *c)
{
  const RtpMedium *m = rtp_peer_find_medium (c->participant->media->pdata[0]);

  g_assert_nonnull (m->leg);
  return rfl_leg_get_mode (m->leg);
}

/* ---- refusals ---- */

static void
test_unknown_codec (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) a =
      caller (f, "a", 4000, RFL_LEG_MIX, FORMATS ("96 nonsense/8000", "101 telephone-event/8000"));
  g_autoptr (Client) b = caller (f, "b", 4010, RFL_LEG_MIX, FORMATS ("0 PCMU/8000"));
  g_autoptr (Client) c = caller (f, "c", 4020, RFL_LEG_MIX, FORMATS ("97 iLBC/8000"));
  g_autoptr (Client) d = caller (f, "d", 4030, RFL_LEG_ALL, FORMATS ("97 iLBC/8000"));

  g_assert_error (a->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  assert_joined (b);
  g_assert_error (c->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  g_assert_nonnull (strstr (c->error->message, "audio codec is PCMU/8000"));
  g_assert_error (d->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  g_assert_cmpuint (route_of (b)->formats->len, ==, 1);
}

/* The session takes sixteen formats; who needs one more is told. */
static void
test_no_room (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) first = caller (f, "first", 4000, RFL_LEG_MIX, FORMATS ("0 PCMU/8000"));
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);
  Client *last, *again;

  for (guint i = 1; i < RFL_ROUTE_MAX_FORMATS; i++)
    {
      g_autofree char *format = g_strdup_printf ("96 L16/%u", 8000 + 100 * i);
      g_ptr_array_add (clients, caller (f, "c", 4000 + 10 * i, RFL_LEG_MIX, FORMATS (format)));
      assert_joined (clients->pdata[i - 1]);
    }
  g_assert_cmpuint (route_of (first)->formats->len, ==, RFL_ROUTE_MAX_FORMATS);
  last = caller (f, "last", 6000, RFL_LEG_MIX, FORMATS ("8 PCMA/8000"));
  g_ptr_array_add (clients, last);
  g_assert_error (last->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
  g_assert_nonnull (strstr (last->error->message, "has 16 formats already"));
  g_assert_cmpuint (count (f, "rtp.limited_formats"), ==, 1);
  /* What it has goes on; a companion beyond is left out. */
  again =
      caller (f, "again", 6010, RFL_LEG_MIX, FORMATS ("0 PCMU/8000", "101 telephone-event/8000"));
  g_ptr_array_add (clients, again);
  assert_joined (again);
  g_assert_cmpuint (route_of (first)->formats->len, ==, RFL_ROUTE_MAX_FORMATS);
}

/* The mixer has no place: one speaker at a time. */
static void
test_not_attached (Fixture *f, gconstpointer unused)
{
  g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) a = NULL;

  fake->full = TRUE;
  a = caller (f, "a", 4000, RFL_LEG_MIX, FORMATS ("0 PCMU/8000"));
  assert_answer (a, RFL_LEG_MIX, "0:PCMU/8000");
  g_assert_cmpint (leg_mode (a), ==, RFL_LEG_ONE);
  g_assert_cmpuint (count (f, "rtp.unmixed"), ==, 1);
  /* It is tried again with its next offer of something else. */
  fake->full = FALSE;
  offer (a, audio (a, RFL_LEG_ALL, FORMATS ("0 PCMU/8000")), NULL);
  offer (a, audio (a, RFL_LEG_MIX, FORMATS ("0 PCMU/8000")), NULL);
  g_assert_cmpint (leg_mode (a), ==, RFL_LEG_MIX);
}

static void
test_without_mixer (Fixture *f, gconstpointer unused)
{
  g_autoptr (Client) a =
      caller (f, "a", 4000, RFL_LEG_MIX, FORMATS ("8 PCMA/8000", "101 telephone-event/8000"));
  g_autoptr (Client) b = caller (f, "b", 4010, RFL_LEG_MIX, FORMATS ("0 PCMU/8000"));

  assert_answer (a, RFL_LEG_ONE, "8:PCMA/8000 101:telephone-event/8000");
  g_assert_cmpint (leg_mode (a), ==, RFL_LEG_ONE);
  g_assert_error (b->error, RFL_ERROR, RFL_ERROR_NO_CODEC);
}

/* ---- what is agreed ---- */

static void
test_codecs (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) a =
      caller (f, "a", 4000, RFL_LEG_MIX,
              FORMATS ("9 G722/8000", "0 PCMU/8000", "101 telephone-event/8000", "13 CN/8000"));
  g_autoptr (Client) b =
      caller (f, "b", 4010, RFL_LEG_MIX,
              FORMATS ("96 opus/48000", "9 G722/8000", "0 PCMU/8000", "97 telephone-event/8000"));
  g_autoptr (Client) c = caller (f, "c", 4020, RFL_LEG_MIX,
                                 FORMATS ("97 iLBC/8000", "98 opus/48000", "9 G722/8000",
                                          "99 telephone-event/48000", "101 telephone-event/8000"));

  /* The preferences choose for the first one, and others share that if they can. */
  assert_answer (a, RFL_LEG_MIX, "0:PCMU/8000 101:telephone-event/8000 13:CN/8000");
  assert_answer (b, RFL_LEG_MIX, "0:PCMU/8000 97:telephone-event/8000");
  assert_answer (c, RFL_LEG_MIX, "98:opus/48000 99:telephone-event/48000");
  assert_formats (route_of (a)->formats, FALSE,
                  "PCMU/8000 telephone-event/8000 CN/8000 opus/48000 telephone-event/48000");
  g_assert_cmpuint (route_of (a)->codec, ==, 0);
  g_assert_cmpint (leg_mode (c), ==, RFL_LEG_MIX);
}

/* Nothing of the preferences is offered: the session speaks what the mixer knows. */
static void
test_first_known (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) a = caller (f, "a", 4000, RFL_LEG_MIX, FORMATS ("9 G722/8000"));
  g_autoptr (Client) b = caller (f, "b", 4010, RFL_LEG_MIX, FORMATS ("0 PCMU/8000"));

  assert_answer (a, RFL_LEG_MIX, "9:G722/8000");
  assert_answer (b, RFL_LEG_MIX, "0:PCMU/8000");
  assert_formats (route_of (a)->formats, FALSE, "G722/8000 PCMU/8000");
}

/* The mixer cannot speak the session's codec: then another one, or no mix. */
static void
test_unmixable_session (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) a = caller (f, "a", 4000, RFL_LEG_MIX, FORMATS ("97 iLBC/8000"));
  g_autoptr (Client) b =
      caller (f, "b", 4010, RFL_LEG_MIX, FORMATS ("97 iLBC/8000", "0 PCMU/8000"));

  assert_answer (a, RFL_LEG_ONE, "97:iLBC/8000");
  assert_answer (b, RFL_LEG_MIX, "0:PCMU/8000");
}

/* Whoever asked for all or for one and lacks the session's codec can at least hear the mix. */
static void
test_other_modes (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  G_GNUC_UNUSED g_autoptr (Client) a = caller (f, "a", 4000, RFL_LEG_MIX, FORMATS ("0 PCMU/8000"));
  g_autoptr (Client) b = caller (f, "b", 4010, RFL_LEG_ALL, FORMATS ("8 PCMA/8000"));
  g_autoptr (Client) c = caller (f, "c", 4020, RFL_LEG_ONE, FORMATS ("9 G722/8000"));
  g_autoptr (Client) d = caller (f, "d", 4030, RFL_LEG_ONE, FORMATS ("9 G722/8000", "0 PCMU/8000"));

  assert_answer (b, RFL_LEG_MIX, "8:PCMA/8000");
  assert_answer (c, RFL_LEG_MIX, "9:G722/8000");
  assert_answer (d, RFL_LEG_ONE, "0:PCMU/8000 9:G722/8000");
}

static void
test_video_is_no_mix (Fixture *f, gconstpointer unused)
{
  g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) a = client_new (f, "a", "198.51.100.1", 4000);
  RflMediumDesc *video = desc_of (a, "video", FORMATS ("96 VP8/90000"));

  video->mode = RFL_LEG_MIX;
  join (a, "room", audio (a, RFL_LEG_MIX, FORMATS ("0 PCMU/8000")), video);
  assert_joined (a);
  g_assert_cmpint (current (a, 1)->mode, ==, RFL_LEG_ONE);
  g_assert_cmpuint (fake->attached->len, ==, 1);
}

/* ---- packets ---- */

/* Whoever has agreed on several gets everybody's packets as they are. */
static void
test_all_untouched (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) all = caller (f, "all", 4000, RFL_LEG_ALL,
                                   FORMATS ("100 opus/48000", "9 G722/8000", "97 iLBC/8000",
                                            "0 PCMU/8000", "101 telephone-event/8000"));
  g_autoptr (Client) a = caller (f, "a", 4010, RFL_LEG_MIX, FORMATS ("0 PCMU/8000"));
  g_autoptr (Client) b = caller (f, "b", 4020, RFL_LEG_MIX, FORMATS ("96 opus/48000"));
  g_autoptr (Client) c = caller (f, "c", 4030, RFL_LEG_MIX, FORMATS ("9 G722/8000"));

  assert_answer (all, RFL_LEG_ALL,
                 "0:PCMU/8000 101:telephone-event/8000 100:opus/48000 9:G722/8000");
  assert_formats (route_of (all)->formats, FALSE,
                  "PCMU/8000 telephone-event/8000 opus/48000 G722/8000");
  say (a, 0, 0xa);
  assert_rtp (f, &all->rtp[0], 0, 0xa, 1);
  say (b, 96, 0xb);
  assert_rtp (f, &all->rtp[0], 100, 0xb, 1);
  say (c, 9, 0xc);
  assert_rtp (f, &all->rtp[0], 9, 0xc, 1);
  /* The mixer's legs get none of it. */
  assert_nothing (f, &a->rtp[0]);
  assert_nothing (f, &b->rtp[0]);
}

/* A codec of the answer that nobody has used becomes one of the session's with its first packet. */
/* A source that has spoken another codec before: nothing is lost, and nothing behind it overtakes. */
static void
test_learnt_later (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  const char *const formats[] = { "0 PCMU/8000", "100 opus/48000", "97 iLBC/8000", NULL };
  g_autoptr (Client) a = caller (f, "a", 4000, RFL_LEG_ALL, formats);
  g_autoptr (Client) b = caller (f, "b", 4010, RFL_LEG_ALL, formats);

  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 1);
  assert_formats (route_of (a)->formats, FALSE, "PCMU/8000");
  say (a, 100, 0xa);
  assert_rtp (f, &b->rtp[0], 100, 0xa, 2);
  assert_formats (route_of (a)->formats, FALSE, "PCMU/8000 opus/48000");
  say (a, 97, 0xa); /* which the mixer does not know */
  say (a, 0, 0xa);
  assert_rtp (f, &b->rtp[0], 0, 0xa, 4);
  g_assert_cmpuint (count (f, "path.pt_refused"), ==, 1);
  g_assert_cmpuint (count (f, "rtp.refused_format"), ==, 1);
}

static void
test_learnt (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  const char *const formats[] = { "0 PCMU/8000", "100 opus/48000", "97 iLBC/8000", NULL };
  g_autoptr (Client) a = caller (f, "a", 4000, RFL_LEG_ALL, formats);
  g_autoptr (Client) b = caller (f, "b", 4010, RFL_LEG_ALL, formats);

  say (a, 97, 0xa);
  assert_nothing (f, &b->rtp[0]);
  g_assert_cmpuint (count (f, "rtp.refused_format"), ==, 1);
  say (a, 100, 0xb);
  assert_rtp (f, &b->rtp[0], 100, 0xb, 2);
  assert_formats (route_of (a)->formats, FALSE, "PCMU/8000 opus/48000");
  say (a, 0, 0xb);
  assert_rtp (f, &b->rtp[0], 0, 0xb, 3);
}

/* ---- attached and detached ---- */

static void
test_attach (Fixture *f, gconstpointer unused)
{
  g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) a = client_new (f, "a", "198.51.100.1", 4000);
  RflMediumDesc *desc = audio (a, RFL_LEG_MIX, FORMATS ("0 PCMU/8000"));

  desc->ptime = 40;
  join (a, "room", desc, NULL);
  g_assert_cmpuint (fake->attached->len, ==, 1);
  g_assert_true (fake->attached->pdata[0] == a->participant->media->pdata[0]);
  g_assert_cmpuint (fake->ptime, ==, 40);
  g_assert_cmpstr (fake->formats, ==, "0:PCMU ");
  /* What changes nothing moves nobody. */
  desc = audio (a, RFL_LEG_MIX, FORMATS ("0 PCMU/8000"));
  desc->ptime = 40;
  desc->direction = RFL_DIRECTION_SEND;
  offer (a, desc, NULL);
  g_assert_cmpuint (fake->n_attached, ==, 1);
  /* Another codec does, and another mode ends it. */
  offer (a, audio (a, RFL_LEG_MIX, FORMATS ("8 PCMA/8000")), NULL);
  g_assert_cmpuint (fake->n_attached, ==, 2);
  g_assert_cmpstr (fake->formats, ==, "8:PCMA ");
  g_assert_cmpuint (fake->attached->len, ==, 1);
  offer (a, audio (a, RFL_LEG_ALL, FORMATS ("0 PCMU/8000")), NULL);
  g_assert_cmpuint (fake->attached->len, ==, 0);
  g_assert_cmpint (leg_mode (a), ==, RFL_LEG_ALL);
  offer (a, audio (a, RFL_LEG_MIX, FORMATS ("0 PCMU/8000")), NULL);
  g_assert_cmpuint (fake->attached->len, ==, 1);
  rfl_participant_leave (a->participant, "enough");
  settle (f);
  g_assert_cmpuint (fake->attached->len, ==, 0);
}

/* ---- what we offer ---- */

static void
describe (RflParticipant *participant, const GPtrArray *offers, gpointer user_data)
{
  g_assert_cmpuint (offers->len, ==, 2);
  assert_formats (((const RflMediumDesc *) offers->pdata[0])->answer, TRUE, user_data);
}

static void
test_offered (Fixture *f, gconstpointer unused)
{
  G_GNUC_UNUSED g_autoptr (Fake) fake = fake_new (f->core);
  g_autoptr (Client) a = client_new (f, "a", "198.51.100.1", 4000);
  g_autoptr (Client) b = NULL, c = NULL, d = NULL;

  join_with (a, "room", g_ptr_array_new ());
  rfl_participant_get_offer (a->participant, describe,
                             (gpointer) "0:PCMU/8000 96:opus/48000 9:G722/8000 8:PCMA/8000 "
                                        "97:telephone-event/8000 98:telephone-event/48000");
  b = caller (f, "b", 4010, RFL_LEG_MIX, FORMATS ("0 PCMU/8000", "96 telephone-event/8000"));
  c = caller (f, "c", 4020, RFL_LEG_MIX, FORMATS ("96 opus/48000"));
  /* Numbers of two callers that are one. */
  rfl_participant_get_offer (a->participant, describe,
                             (gpointer) "0:PCMU/8000 96:telephone-event/8000 97:opus/48000 "
                                        "9:G722/8000 8:PCMA/8000 98:telephone-event/48000");
  d = client_new (f, "d", "198.51.100.1", 4030);
  rfl_participant_leave (a->participant, "enough");
}

/* ---- audio levels ---- */

static void
test_levels (Fixture *f, gconstpointer unused)
{
  static const struct {
    guint8 offered, answered;
  } rows[] = { { 0, 0 }, { 3, 3 }, { 1, 1 }, { 3, 3 }, { 0, 0 } };
  g_autoptr (GPtrArray) clients = g_ptr_array_new_with_free_func ((GDestroyNotify) client_free);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Client *c = client_new (f, "c", "198.51.100.1", 4000 + 10 * i);
      RflMediumDesc *desc = pcmu (c);
      desc->audio_level = rows[i].offered;
      g_ptr_array_add (clients, c);
      join (c, "room", desc, NULL);
      assert_joined (c);
      g_assert_cmpuint (current (c, 0)->answer_audio_level, ==, rows[i].answered);
    }
}

int
main (int argc, char **argv)
{
  static const RtpTest tests[] = {
    { "unknown-codec", test_unknown_codec, "audio_codecs = [ \"PCMU/8000\", \"iLBC/8000\" ];" },
    { "no-room", test_no_room, NULL },
    { "not-attached", test_not_attached, NULL },
    { "without-mixer", test_without_mixer, NULL },
    { "codecs", test_codecs, "audio_codecs = [ \"PCMU/8000\", \"opus/48000\" ];" },
    { "first-known", test_first_known, "audio_codecs = [ \"opus/48000\" ];" },
    { "unmixable-session", test_unmixable_session, "audio_codecs = [ \"iLBC/8000\" ];" },
    { "other-modes", test_other_modes, NULL },
    { "video-is-no-mix", test_video_is_no_mix, NULL },
    { "all-untouched", test_all_untouched, NULL },
    { "learnt", test_learnt, NULL },
    { "learnt-later", test_learnt_later, NULL },
    { "attach", test_attach, NULL },
    { "offered", test_offered, "audio_codecs = [ \"PCMU/8000\" ];" },
    { "levels", test_levels, NULL },
    { NULL, NULL, NULL },
  };

  return rtp_tests_run (argc, argv, "mix", tests);
}
