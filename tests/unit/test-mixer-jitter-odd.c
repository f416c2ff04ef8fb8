/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the mixer's jitter buffer does with packets as they should not be: refused, twice, out of order, too
 * late, too many, from another time. Not for networks: test-mixer-jitter-net.c.
 */
#include "plugins/mixer/jitter/jitter.h"

#include <string.h>

#define TICK 20
#define N (TICK * 8)

typedef struct {
  MixJitter *jitter;
  guint16 seq;
  guint32 timestamp;
  gint16 out[N];
} World;

static World
world_new (const char *encoding)
{
  g_autoptr (RflFormat) format = rfl_format_new (96, encoding, 8000, 1, NULL);

  return (World){ .jitter = mix_jitter_new (mix_codec_find (format), format),
                  .seq = G_MAXUINT16 - 3,
                  .timestamp = G_MAXUINT32 - 3 * N };
}

/* L16 whose samples are all @value: @ahead packets after the one that would be next. */
static void
put_at (World *w, gint ahead, gint16 value)
{
  guint8 payload[2 * N];
  RflRtp rtp = { .seq = (guint16) (w->seq + ahead),
                 .timestamp = w->timestamp + (guint32) (ahead * N),
                 .payload = payload,
                 .payload_len = sizeof payload };

  for (guint i = 0; i < N; i++)
    {
      payload[2 * i] = (guint8) ((guint16) value >> 8);
      payload[2 * i + 1] = (guint8) value;
    }
  mix_jitter_put (w->jitter, &rtp, FALSE);
}

static void
put (World *w, gint16 value)
{
  put_at (w, 0, value);
  w->seq++;
  w->timestamp += N;
}

static gboolean
pull (World *w)
{
  return mix_jitter_pull (w->jitter, TICK, w->out);
}

static void
assert_heard (World *w, gint16 value)
{
  g_assert_true (pull (w));
  g_assert_cmpint (w->out[N - 1], ==, value);
}

static MixJitterStats
stats (const World *w)
{
  MixJitterStats stats;

  mix_jitter_get_stats (w->jitter, &stats);
  return stats;
}

static void
begin (World *w, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      put (w, 1000);
      assert_heard (w, 1000);
    }
}

static void
test_refused (void)
{
  World w = world_new ("L16");
  RflRtp rtp = { .payload = (const guint8 *) "abc", .payload_len = 3 };
  g_autofree guint8 *big = g_malloc0 (2000);

  mix_jitter_put (w.jitter, &rtp, FALSE);
  rtp.payload_len = 0;
  mix_jitter_put (w.jitter, &rtp, FALSE);
  mix_jitter_put (w.jitter, &rtp, TRUE);
  rtp.payload = big;
  rtp.payload_len = 2000;
  mix_jitter_put (w.jitter, &rtp, FALSE);
  g_assert_cmpuint (stats (&w).refused, ==, 4);
  g_assert_false (pull (&w));
  begin (&w, 2);
  mix_jitter_free (w.jitter);
}

/* Sequence numbers and timestamps wrap in the first of these. */
static void
test_twice (void)
{
  World w = world_new ("L16");

  for (gint16 i = 1; i < 20; i++)
    {
      put (&w, i);
      put_at (&w, -1, i);
      assert_heard (&w, i);
      put_at (&w, -1, i);
    }
  g_assert_cmpuint (stats (&w).twice, ==, 38);
  g_assert_cmpuint (stats (&w).late, ==, 0);
  g_assert_cmpuint (stats (&w).lost, ==, 0);
  g_assert_cmpuint (stats (&w).resets, ==, 0);
  mix_jitter_free (w.jitter);
}

static void
test_out_of_order (void)
{
  World w = world_new ("L16");

  begin (&w, 5);
  put_at (&w, 2, 7);
  put_at (&w, 1, 6);
  put_at (&w, 0, 5);
  assert_heard (&w, 5);
  assert_heard (&w, 6);
  assert_heard (&w, 7);
  g_assert_cmpuint (stats (&w).late + stats (&w).lost, ==, 0);
  mix_jitter_free (w.jitter);
}

/* What comes after it was missed, but before anything else, is played, later than it would have been. */
static void
test_behind (void)
{
  World w = world_new ("L16");

  begin (&w, 5);
  g_assert_true (pull (&w));
  put (&w, 5);
  assert_heard (&w, 5);
  g_assert_cmpuint (stats (&w).lost, ==, 1);
  g_assert_cmpuint (stats (&w).late, ==, 0);
  g_assert_cmpuint (stats (&w).delay, ==, TICK);
  mix_jitter_free (w.jitter);
}

static void
test_late (void)
{
  World w = world_new ("L16");

  begin (&w, 5);
  put_at (&w, 1, 6);
  g_assert_true (pull (&w));
  assert_heard (&w, 6);
  put_at (&w, 0, 5);
  put_at (&w, 2, 7);
  assert_heard (&w, 7);
  g_assert_cmpuint (stats (&w).lost, ==, 1);
  g_assert_cmpuint (stats (&w).late, ==, 1);
  mix_jitter_free (w.jitter);
}

/* The sender says nothing for a second: silence after a while, and no delay that was not there. */
static void
test_pause (void)
{
  World w = world_new ("L16");
  guint n_heard = 0;

  begin (&w, 20);
  for (guint i = 0; i < 50; i++, w.timestamp += N)
    n_heard += pull (&w) ? 1 : 0;
  g_assert_cmpuint (n_heard, <=, 5);
  begin (&w, 20);
  g_assert_cmpuint (stats (&w).resets, ==, 0);
  g_assert_cmpuint (stats (&w).delay, ==, 0);
  mix_jitter_free (w.jitter);
}

/* Silence at once where no number is missing, even if the end is known before it is due. */
static void
test_known_pause (void)
{
  World w = world_new ("L16");

  begin (&w, 5);
  w.timestamp += 2 * N;
  put (&w, 5);
  g_assert_false (pull (&w));
  g_assert_false (pull (&w));
  assert_heard (&w, 5);
  g_assert_cmpuint (stats (&w).lost, ==, 0);
  mix_jitter_free (w.jitter);
}

static void
test_noise (void)
{
  World w = world_new ("PCMU");
  guint8 level = 40, silence[N];
  RflRtp rtp = { .payload = silence, .payload_len = sizeof silence };
  RflRtp noise = { .seq = 1, .timestamp = N, .payload = &level, .payload_len = 1 };
  double sum = 0;

  memset (silence, 0xff, sizeof silence);
  mix_jitter_put (w.jitter, &rtp, FALSE);
  g_assert_true (pull (&w));
  mix_jitter_put (w.jitter, &noise, TRUE);
  for (guint k = 0; k < 100; k++)
    {
      g_assert_true (pull (&w));
      for (guint i = 0; i < N; i++)
        sum += (double) w.out[i] * w.out[i];
    }
  sum /= 100 * N; /* -40 dBov: 327.68 squared */
  g_assert_cmpfloat (sum, >, 0.8 * 327.68 * 327.68);
  g_assert_cmpfloat (sum, <, 1.2 * 327.68 * 327.68);
  rtp.seq = 2;
  rtp.timestamp = 101 * N;
  mix_jitter_put (w.jitter, &rtp, FALSE);
  g_assert_true (pull (&w));
  g_assert_cmpint (ABS (w.out[N - 1]), <=, 8);
  g_assert_cmpuint (stats (&w).lost, ==, 0);
  mix_jitter_free (w.jitter);
}

/* Heard again within 200 ms, whatever the new numbers. */
static void
assert_recovers (guint16 seq_jump, guint32 jump)
{
  World w = world_new ("L16");
  guint n;

  begin (&w, 100);
  w.seq += seq_jump;
  w.timestamp += jump;
  for (n = 0; n < 50; n++)
    {
      put (&w, 3);
      if (pull (&w) && w.out[N - 1] == 3)
        break;
    }
  g_test_message ("jump by %d, %u: %u ms", seq_jump, jump, n * TICK);
  g_assert_cmpuint (n * TICK, <=, 200);
  for (n = 0; n < 100; n++)
    {
      put (&w, 3);
      assert_heard (&w, 3);
    }
  g_assert_cmpuint (stats (&w).delay, <=, 400);
  mix_jitter_free (w.jitter);
}

static void
test_jumps (void)
{
  static const gint32 jumps[] = { 800,        4000, 8000,  80000, G_MAXINT32,
                                  G_MININT32, -800, -4000, -8000, -80000 };

  for (guint i = 0; i < G_N_ELEMENTS (jumps); i++)
    {
      assert_recovers (0, (guint32) jumps[i]);
      assert_recovers (1, (guint32) jumps[i]);
      assert_recovers (30000, (guint32) jumps[i]);
    }
}

/* One packet from far away is believed by nobody. */
static void
test_stray (void)
{
  World w = world_new ("L16");

  begin (&w, 20);
  for (gint k = 0; k < 20; k++)
    {
      put_at (&w, k % 2 ? 3000 : -3000, 9);
      put (&w, 5);
      assert_heard (&w, 5);
      put (&w, 5);
      assert_heard (&w, 5);
      put (&w, 5);
      assert_heard (&w, 5);
    }
  g_assert_cmpuint (stats (&w).resets, ==, 0);
  g_assert_cmpuint (stats (&w).late, ==, 20);
  mix_jitter_free (w.jitter);
}

/* A second's packets at once: what is kept is bounded, and what is heard is soon in time again. */
static void
test_burst (void)
{
  World w = world_new ("L16");
  guint n;

  begin (&w, 100);
  for (n = 0; n < 100; n++)
    pull (&w);
  for (n = 0; n < 100; n++)
    put (&w, 3);
  for (n = 0; n < 1000; n++)
    {
      put (&w, 4);
      pull (&w);
    }
  g_assert_cmpuint (stats (&w).delay, <=, 60);
  begin (&w, 1);
  mix_jitter_free (w.jitter);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mixer/jitter/refused", test_refused);
  g_test_add_func ("/mixer/jitter/twice", test_twice);
  g_test_add_func ("/mixer/jitter/out-of-order", test_out_of_order);
  g_test_add_func ("/mixer/jitter/behind", test_behind);
  g_test_add_func ("/mixer/jitter/late", test_late);
  g_test_add_func ("/mixer/jitter/pause", test_pause);
  g_test_add_func ("/mixer/jitter/known-pause", test_known_pause);
  g_test_add_func ("/mixer/jitter/noise", test_noise);
  g_test_add_func ("/mixer/jitter/jumps", test_jumps);
  g_test_add_func ("/mixer/jitter/stray", test_stray);
  g_test_add_func ("/mixer/jitter/burst", test_burst);
  return g_test_run ();
}
