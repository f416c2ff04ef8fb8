/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who hears whom, how loud, and how much is encoded for it. */
#include "tests/unit/mixer-fixture.h"
#include <math.h>
#include <string.h>

#define A 6000.0

static void
test_three_and_a_listener (gconstpointer codec)
{
  static const double hz[] = { 450, 700, 1150 };
  Fixture *f = mixer_fixture_new ();
  Person *talkers[3], *silent = phone (f, codec, 0, 0);
  double db = strstr (codec, "opus") ? 1 : 0.5; /* a codec for speech */

  for (guint i = 0; i < 3; i++)
    talkers[i] = phone (f, codec, hz[i], A);
  pass (f, 2000);
  for (guint i = 0; i < 3; i++)
    {
      assert_near_db (loudness (silent, hz[i], 1000), A, db);
      for (guint k = 0; k < 3; k++)
        if (i != k)
          assert_near_db (loudness (talkers[i], hz[k], 1000), A, db);
      g_assert_cmpfloat (loudness (talkers[i], hz[i], 1000), <, A / 100);
      g_assert_cmpuint (talkers[i]->n_csrc, ==, 2);
    }
  g_assert_cmpuint (silent->n_csrc, ==, 3);
  g_assert_cmpuint (silent->timestamp - silent->first_timestamp, ==,
                    (silent->n_frames - 1) * (strstr (codec, "48000") ? 960 : 160));
  mixer_fixture_free (f);
}

static void
test_one_encode_for_all (void)
{
  Fixture *f = mixer_fixture_new ();
  guint64 encoded;

  for (guint i = 0; i < 20; i++)
    phone (f, "PCMU/8000", 0, 0);
  for (guint i = 0; i < 10; i++)
    phone (f, "G722/8000", 0, 0);
  for (guint i = 0; i < 3; i++)
    phone (f, "PCMU/8000", 500 + 200 * i, A);
  pass (f, 1000);
  encoded = stats (f)->encoded;
  pass (f, 1000);
  g_assert_cmpuint (stats (f)->encoded - encoded, ==, 50 * (2 + 3));
  mixer_fixture_free (f);
}

static void
test_silence_is_encoded_once (void)
{
  Fixture *f = mixer_fixture_new ();
  Person *a = phone (f, "PCMU/8000", 0, 0), *b = phone (f, "opus/48000/2", 0, 0);
  guint64 encoded;
  guint frames;

  pass (f, 1000);
  encoded = stats (f)->encoded;
  frames = a->n_frames;
  pass (f, 1000);
  g_assert_cmpuint (stats (f)->encoded, ==, encoded);
  g_assert_cmpuint (a->n_frames - frames, ==, 50); /* they go on all the same */
  g_assert_cmpuint (b->n_frames, ==, a->n_frames);
  mixer_fixture_free (f);
}

static void
test_silence_as_agreed (void)
{
  Fixture *f = mixer_fixture_new ();
  Person *noise = listener (f, "PCMU/8000", 20), *speaker = talker (f, "PCMU/8000", 600, 0);
  guint silent;

  listen_with (noise, "PCMU/8000", 20, &(MixTaste){ MIX_FORMAT_NOISE, MIX_N_FORMATS });
  pass (f, 1000);
  silent = noise->n_silence;
  noise->n_frames = 0;
  pass (f, 2000);
  g_assert_cmpuint (noise->n_frames, ==, 0);
  g_assert_cmpuint (noise->n_silence - silent, ==, 5);
  speaker->amplitude = A;
  pass (f, 200);
  g_assert_cmpuint (noise->n_marked, ==, 1);
  g_assert_cmpuint (noise->n_frames, >=, 8);
  mixer_fixture_free (f);
}

static void
test_codecs_mixed (void)
{
  static const char *const codecs[] = { "PCMU/8000", "PCMA/8000", "G722/8000", "opus/48000/2",
                                        "L16/16000" };
  Fixture *f = mixer_fixture_new ();
  Person *people[G_N_ELEMENTS (codecs)];

  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    people[i] = phone (f, codecs[i], 500 + 300 * i, A);
  pass (f, 2000);
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++)
    for (guint k = 0; k < G_N_ELEMENTS (codecs); k++)
      if (i == k)
        g_assert_cmpfloat (loudness (people[i], people[k]->hz, 1000), <, A / 100);
      else
        assert_near_db (loudness (people[i], people[k]->hz, 1000), A, 1);
  mixer_fixture_free (f);
}

static void
test_packet_times (void)
{
  static const guint ptimes[] = { 10, 20, 30, 40, 60 };
  Fixture *f = mixer_fixture_new ();
  Person *people[G_N_ELEMENTS (ptimes)];

  for (guint i = 0; i < G_N_ELEMENTS (ptimes); i++)
    people[i] = listener (f, "PCMU/8000", ptimes[i]);
  talker (f, "PCMU/8000", 600, A);
  pass (f, 3000);
  for (guint i = 0; i < G_N_ELEMENTS (ptimes); i++)
    {
      assert_near_db (loudness (people[i], 600, 1000), A, 0.5);
      g_assert_cmpuint (people[i]->n_frames, >=, 3000 / ptimes[i] - 2);
      g_assert_cmpuint (people[i]->timestamp - people[i]->first_timestamp, ==,
                        (people[i]->n_frames - 1) * ptimes[i] * 8);
    }
  mixer_fixture_free (f);
}

/* Whoever begins and ends to speak changes from one stream to another and back: nobody hears it. */
static void
test_no_click (gconstpointer codec)
{
  Fixture *f = mixer_fixture_new ();
  Person *a = phone (f, codec, 400, A), *b = phone (f, codec, 300, 0);
  guint smooth;

  listener (f, codec, 20);
  pass (f, 1000);
  smooth = roughness (b, 500);
  for (guint i = 0; i < 3; i++)
    {
      b->amplitude = A;
      pass (f, 500);
      b->amplitude = 0;
      pass (f, 1500);
      g_assert_cmpuint (roughness (b, 2000), <=, smooth + smooth / 5 + 40);
      assert_near_db (loudness (b, 400, 1000), A, 0.5);
    }
  g_assert_cmpfloat (a->amplitude, ==, A);
  mixer_fixture_free (f);
}

static void
test_too_many_speakers (void)
{
  Fixture *f = mixer_fixture_new ();
  Person *ear = listener (f, "PCMU/8000", 20);

  f->rules.max_speakers = 3;
  mix_engine_set_rules (f->engine, &f->rules);
  for (guint i = 0; i < 5; i++)
    talker (f, "PCMU/8000", 400 + 150 * i, 1000 * pow (2, i));
  pass (f, 2000);
  g_assert_cmpuint (ear->n_csrc, ==, 3);
  for (guint i = 0; i < 5; i++)
    if (i < 2)
      g_assert_cmpfloat (loudness (ear, 400 + 150 * i, 1000), <, 100);
    else
      assert_near_db (loudness (ear, 400 + 150 * i, 1000), 1000 * pow (2, i), 0.5);
  mixer_fixture_free (f);
}

static void
test_garbage_harms_nobody (void)
{
  Fixture *f = mixer_fixture_new ();
  Person *a = phone (f, "PCMU/8000", 500, A), *b = phone (f, "opus/48000/2", 800, A);
  Person *bad[] = { talker (f, "opus/48000/2", 0, 0), talker (f, "G722/8000", 0, 0) };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    bad[i]->garbage = TRUE;
  pass (f, 3000);
  /* whatever noise comes of it, the others stay what they are or are turned down together */
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    leave (bad[i]);
  pass (f, 2000);
  assert_near_db (loudness (a, 800, 1000), A, 1);
  assert_near_db (loudness (b, 500, 1000), A, 1);
  mixer_fixture_free (f);
}

static void
test_come_and_go (void)
{
  Fixture *f = mixer_fixture_new ();
  Person *ear = phone (f, "PCMU/8000", 0, 0), *stays = phone (f, "PCMU/8000", 500, A);

  for (guint i = 0; i < 20; i++)
    {
      Person *guest = phone (f, i & 1 ? "opus/48000/2" : "G722/8000", 900, A);
      pass (f, 260);
      leave (guest);
      pass (f, 100);
    }
  pass (f, 1000);
  assert_near_db (loudness (ear, 500, 900), A, 0.5);
  g_assert_cmpfloat (loudness (ear, 900, 900), <, A / 100);
  g_assert_cmpfloat (loudness (stays, 500, 900), <, A / 100);
  mixer_fixture_free (f);
}

static void
test_muted (void)
{
  Fixture *f = mixer_fixture_new ();
  Person *ear = listener (f, "PCMU/8000", 20), *mouth = talker (f, "PCMU/8000", 500, A);

  pass (f, 1000);
  assert_near_db (loudness (ear, 500, 500), A, 0.5);
  mouth->muted = TRUE;
  pass (f, 2000);
  g_assert_cmpfloat (loudness (ear, 500, 1000), <, A / 1000);
  mouth->muted = FALSE;
  pass (f, 1000);
  assert_near_db (loudness (ear, 500, 500), A, 0.5);
  mixer_fixture_free (f);
}

static void
test_events (void)
{
  Fixture *f = mixer_fixture_new ();
  Person *a = phone (f, "PCMU/8000", 0, 0), *b = phone (f, "PCMU/8000", 0, 0);
  Person *c = phone (f, "opus/48000/2", 0, 0), *d = listener (f, "PCMU/8000", 20);

  listen_with (d, "PCMU/8000", 20, &(MixTaste){ MIX_FORMAT_SILENCE, MIX_N_FORMATS });
  pass (f, 200);
  press (a, 5, 160, FALSE, 4711);
  pass (f, 20);
  press (a, 5, 320, TRUE, 4711);
  g_assert_cmpuint (a->n_events, ==, 0);
  g_assert_cmpuint (b->n_events, ==, 2);
  g_assert_cmpuint (c->n_events, ==, 2);
  g_assert_cmpmem (b->events->data + 4, 4, ((guint8[]){ 5, 0x8a, 1, 0x40 }), 4);
  g_assert_cmpmem (c->events->data + 4, 4, ((guint8[]){ 5, 0x8a, 7, 0x80 }), 4);
  g_assert_cmpuint (b->event_timestamp, ==, b->timestamp); /* held over both packets */
  g_assert_cmpuint (stats (f)->events, ==, 1);
  f->rules.pass_events = FALSE;
  mix_engine_set_rules (f->engine, &f->rules);
  press (a, 5, 160, FALSE, 9999);
  g_assert_cmpuint (b->n_events, ==, 2);
  mixer_fixture_free (f);
}

static void
test_tones (void)
{
  Fixture *f = mixer_fixture_new ();
  Person *a = phone (f, "PCMU/8000", 600, A), *b = phone (f, "PCMU/8000", 0, 0);

  pass (f, 1000);
  mix_listener_play (b->listener, mix_tone_find ("unmuted"));
  forget_heard (f);
  pass (f, 260);
  g_assert_cmpfloat (loudness (b, 800, 260), >, 1500);
  g_assert_cmpfloat (loudness (a, 800, 260), <, 20);
  assert_near_db (loudness (b, 600, 260), A, 0.5);
  pass (f, 1000);
  mix_room_play (f->room, mix_tone_find ("alone"));
  pass (f, 400);
  g_assert_cmpfloat (loudness (a, 440, 400), >, 1500);
  g_assert_cmpfloat (loudness (b, 440, 400), >, 1500);
  g_assert_null (mix_tone_find ("jingle"));
  mixer_fixture_free (f);
}

/* Who is kept out hears nothing but what is played to him alone. */
static void
test_blocked (void)
{
  Fixture *f = mixer_fixture_new ();
  Person *b = phone (f, "PCMU/8000", 0, 0);

  phone (f, "PCMU/8000", 600, A);
  mix_listener_set_blocked (b->listener, TRUE);
  pass (f, 100);
  forget_heard (f);
  b->n_past_block = b->n_frames = 0;
  mix_room_play (f->room, mix_tone_find ("join"));
  mix_listener_play (b->listener, mix_tone_find ("pin"));
  pass (f, 500);
  g_assert_cmpuint (b->n_past_block, ==, 25);
  mix_listener_set_blocked (b->listener, FALSE);
  pass (f, 1000);
  assert_near_db (loudness (b, 600, 500), A, 0.5);
  mixer_fixture_free (f);
}

/* From the packet with the first sound to the first packet with it. */
static void
test_latency (gconstpointer codec)
{
  Fixture *f = mixer_fixture_new ();
  Person *ear = listener (f, codec, 20), *mouth = talker (f, codec, 500, 0);
  guint waited = 0;

  pass (f, 3010);
  mouth->amplitude = A;
  for (forget_heard (f); waited <= 200; waited += 10)
    {
      pass (f, 10);
      if (ear->heard->len && roughness (ear, 10) > 400)
        break;
    }
  g_test_message ("%s: %u ms", (const char *) codec, waited);
  g_assert_cmpuint (waited, <=, 60);
  mixer_fixture_free (f);
}

/* A bad network and a wrong clock: the delay stays where the jitter has it, and the talker is heard.
 * With -m slow for ten minutes. */
static void
test_bad_network (gconstpointer ppm)
{
  Fixture *f = mixer_fixture_new ();
  Person *ear = listener (f, "PCMU/8000", 20), *mouth = talker (f, "opus/48000/2", 500, A);
  guint after_one, minutes = g_test_slow () ? 10 : 3;

  mouth->skew = GPOINTER_TO_INT (ppm);
  mouth->lossy = 5;
  mouth->jitter = 40;
  pass (f, 60 * 1000);
  after_one = mouth->meter->delay;
  for (guint minute = 1; minute < minutes; minute++)
    {
      forget_heard (f);
      pass (f, 60 * 1000);
      g_assert_cmpfloat (mean_loudness (ear, 500, 10000), >, A / 2);
    }
  g_test_message ("delay %u ms after a minute, %u ms at the end; of %u packets %u late, %u gaps",
                  after_one, mouth->meter->delay, (guint) mouth->meter->packets,
                  (guint) mouth->meter->late, (guint) mouth->meter->lost);
  g_assert_cmpuint (mouth->meter->delay, <=, 160);
  mixer_fixture_free (f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/mixer/engine/three-and-a-listener/PCMU", "PCMU/8000",
                        test_three_and_a_listener);
  g_test_add_data_func ("/mixer/engine/three-and-a-listener/G722", "G722/8000",
                        test_three_and_a_listener);
  g_test_add_data_func ("/mixer/engine/three-and-a-listener/opus", "opus/48000/2",
                        test_three_and_a_listener);
  g_test_add_func ("/mixer/engine/one-encode-for-all", test_one_encode_for_all);
  g_test_add_func ("/mixer/engine/silence-once", test_silence_is_encoded_once);
  g_test_add_func ("/mixer/engine/silence-as-agreed", test_silence_as_agreed);
  g_test_add_func ("/mixer/engine/codecs-mixed", test_codecs_mixed);
  g_test_add_func ("/mixer/engine/packet-times", test_packet_times);
  g_test_add_data_func ("/mixer/engine/no-click/PCMU", "PCMU/8000", test_no_click);
  g_test_add_data_func ("/mixer/engine/no-click/G722", "G722/8000", test_no_click);
  g_test_add_data_func ("/mixer/engine/no-click/opus", "opus/48000/2", test_no_click);
  g_test_add_func ("/mixer/engine/too-many-speakers", test_too_many_speakers);
  g_test_add_func ("/mixer/engine/garbage", test_garbage_harms_nobody);
  g_test_add_func ("/mixer/engine/come-and-go", test_come_and_go);
  g_test_add_func ("/mixer/engine/muted", test_muted);
  g_test_add_func ("/mixer/engine/events", test_events);
  g_test_add_func ("/mixer/engine/tones", test_tones);
  g_test_add_func ("/mixer/engine/blocked", test_blocked);
  g_test_add_data_func ("/mixer/engine/latency/PCMU", "PCMU/8000", test_latency);
  g_test_add_data_func ("/mixer/engine/latency/opus", "opus/48000/2", test_latency);
  g_test_add_data_func ("/mixer/engine/bad-network/fast", GINT_TO_POINTER (200), test_bad_network);
  g_test_add_data_func ("/mixer/engine/bad-network/slow", GINT_TO_POINTER (-200), test_bad_network);
  return g_test_run ();
}
