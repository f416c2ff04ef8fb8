/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a negotiation reaches a participant's leg: the bandwidth of video, the number of audio levels. */
#include "tests/unit/rtp-fixture.h"

#include "core/path/path-private.h"

static const RflLeg *
leg_of (const Client *c, guint index)
{
  RtpMedium *m = rtp_peer_find_medium (c->participant->media->pdata[index]);

  g_assert_nonnull (m);
  g_assert_nonnull (m->leg);
  return m->leg;
}

static RflMediumDesc *
vp8 (const Client *c, RflLegMode mode, guint bandwidth)
{
  RflMediumDesc *desc = desc_of (c, "video", FORMATS ("96 VP8/90000"));

  desc->mode = mode;
  desc->bandwidth = bandwidth;
  return desc;
}

typedef struct {
  RflLegMode mode;
  guint offered, expected;
} Row;

static void
check_bandwidths (Fixture *f, const Row *rows, guint n)
{
  g_autoptr (Client) c = client_new (f, "c", "198.51.100.1", 4000);

  join (c, "room", pcmu (c), vp8 (c, RFL_LEG_ONE, 1));
  assert_joined (c);
  for (guint i = 0; i < n; i++)
    {
      offer (c, pcmu (c), vp8 (c, rows[i].mode, rows[i].offered));
      g_test_message ("mode %u, %u offered", rows[i].mode, rows[i].offered);
      g_assert_cmpuint (leg_of (c, 1)->bandwidth, ==, rows[i].expected);
      g_assert_cmpuint (leg_of (c, 0)->bandwidth, ==, 0);
    }
}

/* The lesser of both; later offers change it; modes other than `one` keep every source as it is. */
static void
test_limited (Fixture *f, gconstpointer unused)
{
  static const Row rows[] = { { RFL_LEG_ONE, 0, 200000 },
                              { RFL_LEG_ONE, 100000, 100000 },
                              { RFL_LEG_ONE, 200001, 200000 },
                              { RFL_LEG_ALL, 100000, 0 },
                              { RFL_LEG_ONE, 300000, 200000 } };

  check_bandwidths (f, rows, G_N_ELEMENTS (rows));
}

static void
test_unlimited (Fixture *f, gconstpointer unused)
{
  static const Row rows[] = { { RFL_LEG_ONE, 0, 0 },
                              { RFL_LEG_ONE, 100000, 100000 },
                              { RFL_LEG_ONE, 0, 0 } };

  check_bandwidths (f, rows, G_N_ELEMENTS (rows));
}

/* The number offered, if the participant wants to get levels. */
static void
test_levels (Fixture *f, gconstpointer unused)
{
  static const struct {
    guint8 number;
    RflDirection direction;
    guint8 expected;
  } rows[] = { { 0, RFL_DIRECTION_NONE, RFL_LEVEL_NONE },
               { 3, RFL_DIRECTION_BOTH, 3 },
               { 14, RFL_DIRECTION_RECEIVE, 14 },
               { 3, RFL_DIRECTION_SEND, RFL_LEVEL_NONE },
               { 5, RFL_DIRECTION_BOTH, 5 } };
  g_autoptr (Client) c = client_new (f, "c", "198.51.100.1", 4000);

  join (c, "room", pcmu (c), vp8 (c, RFL_LEG_ONE, 0));
  assert_joined (c);
  say (c, 0, 0xa);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      RflMediumDesc *desc = pcmu (c);
      const RflRoute *route = leg_of (c, 0)->route;

      desc->audio_level = rows[i].number;
      desc->audio_level_direction = rows[i].direction;
      offer (c, desc, vp8 (c, RFL_LEG_ONE, 0));
      g_assert_cmpuint (leg_of (c, 0)->level, ==, rows[i].expected);
      g_assert_cmpuint (leg_of (c, 1)->level, ==, RFL_LEVEL_AS_IS);
      g_assert_cmpuint (current (c, 0)->answer_audio_level, ==, rows[i].number);
      g_assert_cmpuint (route->sources->len, ==, 1);
      g_assert_cmpuint (((RflSource *) route->sources->pdata[0])->audio_level, ==, rows[i].number);
    }
}

int
main (int argc, char **argv)
{
  static const RtpTest tests[] = { { "limited", test_limited, "video_bandwidth = 200;" },
                                   { "unlimited", test_unlimited, NULL },
                                   { "levels", test_levels, NULL },
                                   { NULL, NULL, NULL } };

  return rtp_tests_run (argc, argv, "leg", tests);
}
