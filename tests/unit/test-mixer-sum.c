/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mixer's arithmetic: levels, who speaks, sums, the limiter and the automatic level. */
#include "plugins/mixer/dsp/gain.h"
#include "plugins/mixer/dsp/level.h"
#include "plugins/mixer/dsp/limiter.h"
#include "plugins/mixer/dsp/sum.h"
#include "plugins/mixer/dsp/voice.h"
#include <math.h>

#define RATE 16000
#define N 320 /* 20 ms */

static void
sine (gint16 *pcm, guint n, double hz, double amplitude, guint offset)
{
  for (guint i = 0; i < n; i++)
    pcm[i] = (gint16) lround (amplitude * sin (2 * G_PI * hz * (i + offset) / RATE));
}

static void
test_level (void)
{
  gint16 pcm[N] = { 0 };

  g_assert_cmpint (level_to_dbov (level_mean_square (pcm, 0)), ==, LEVEL_SILENCE);
  g_assert_cmpint (level_to_dbov (level_mean_square (pcm, N)), ==, LEVEL_SILENCE);
  for (guint i = 0; i < N; i++)
    pcm[i] = i & 1 ? -32768 : 32767;
  g_assert_cmpint (level_to_dbov (level_mean_square (pcm, N)), ==, 0);
  sine (pcm, N, 1000, 32767, 0);
  g_assert_cmpint (level_to_dbov (level_mean_square (pcm, N)), ==, -3);
  sine (pcm, N, 1000, 327.67, 0);
  g_assert_cmpint (level_to_dbov (level_mean_square (pcm, N)), ==, -43);
}

static void
test_meter (void)
{
  LevelMeter meter = { .next = 0 };

  g_assert_cmpint (level_meter_dbov (&meter), ==, LEVEL_SILENCE);
  for (guint i = 0; i < 5; i++)
    level_meter_add (&meter, 32767.0 * 32767.0 / 100, 20);
  g_assert_cmpint (level_meter_dbov (&meter), ==, -20);
  for (guint i = 0; i < 9; i++)
    level_meter_add (&meter, 0, 10);
  g_assert_cmpint (level_meter_dbov (&meter), ==, -30);
  level_meter_add (&meter, 0, 10);
  g_assert_cmpint (level_meter_dbov (&meter), ==, LEVEL_SILENCE);
}

/* The first frame at the threshold is speech already; what follows may be softer; then the
 * hangover runs out. */
static void
test_voice (void)
{
  const VoiceRules rules = { .threshold = -50, .hangover = 100 };
  Voice voice = { .speaking = FALSE };

  g_assert_false (voice_decide (&voice, &rules, -51, 20));
  g_assert_true (voice_decide (&voice, &rules, -50, 20));
  for (guint i = 0; i < 100; i++)
    g_assert_true (voice_decide (&voice, &rules, -56, 20));
  for (guint i = 0; i < 4; i++)
    g_assert_true (voice_decide (&voice, &rules, -57, 20));
  g_assert_false (voice_decide (&voice, &rules, -57, 20));
  g_assert_false (voice_decide (&voice, &rules, -56, 20));
}

static void
test_choose (void)
{
  int a, b, c, d;
  VoiceCandidate all[] = {
    { &a, -40, FALSE }, { &b, -33, TRUE }, { &c, -30, FALSE }, { &d, -28, FALSE }
  };

  g_assert_cmpuint (voice_choose (all, 4, 8), ==, 4);
  g_assert_true (all[0].source == &a);
  g_assert_cmpuint (voice_choose (all, 4, 2), ==, 2);
  g_assert_true (all[0].source == &b); /* 5 dB louder is not enough against who is heard already */
  g_assert_true (all[1].source == &d);
  g_assert_cmpuint (voice_choose (all, 0, 2), ==, 0);
}

static void
test_sum (void)
{
  gint16 a[N], b[N], out[N];
  gint32 sum[N] = { 0 };
  Limiter limiter = LIMITER_INIT;

  sine (a, N, 400, 9000, 0);
  sine (b, N, 1300, 9000, 0);
  sum_add (sum, a, N);
  sum_add (sum, b, N);
  sum_subtract (sum, a, N);
  limiter_run (&limiter, sum, out, N, RATE);
  g_assert_cmpmem (out, sizeof out, b, sizeof b);
  sum_scale (out, b, N, 1, 1);
  g_assert_cmpmem (out, sizeof out, b, sizeof b);
  sum_scale (out, b, N, 1, 0);
  g_assert_cmpint (out[N - 1], ==, 0);
  g_assert_cmpint (ABS (out[0] - b[0]), <, 100);
}

/* A single talker at full scale is not touched. */
static void
test_limiter_idle (void)
{
  gint16 a[N], out[N];
  gint32 sum[N] = { 0 };
  Limiter limiter = LIMITER_INIT;

  sine (a, N, 400, 32767, 0);
  sum_add (sum, a, N);
  limiter_run (&limiter, sum, out, N, RATE);
  g_assert_cmpmem (out, sizeof out, a, sizeof a);
}

/* The power of @hz in @pcm of a whole number of periods, as an amplitude. */
static double
amplitude_at (const gint16 *pcm, guint n, double hz)
{
  double re = 0, im = 0;

  for (guint i = 0; i < n; i++)
    {
      re += pcm[i] * cos (2 * G_PI * hz * i / RATE);
      im += pcm[i] * sin (2 * G_PI * hz * i / RATE);
    }
  return 2 * sqrt (re * re + im * im) / n;
}

/* Three at full scale: nothing is clipped, all stay alike, next to nothing is added. */
static void
test_limiter_loud (void)
{
  static const double hz[] = { 400, 700, 1100 };
  gint16 tone[N], out[50 * N];
  Limiter limiter = LIMITER_INIT;
  double level[3];

  for (guint frame = 0; frame < 50; frame++)
    {
      gint32 sum[N] = { 0 };
      for (guint i = 0; i < G_N_ELEMENTS (hz); i++)
        {
          sine (tone, N, hz[i], 32767, frame * N);
          sum_add (sum, tone, N);
        }
      limiter_run (&limiter, sum, out + frame * N, N, RATE);
    }
  for (guint i = 0; i < G_N_ELEMENTS (hz); i++)
    level[i] = amplitude_at (out + 25 * N, 25 * N, hz[i]);
  g_assert_cmpfloat_with_epsilon (level[0], level[1], level[0] * 0.02);
  g_assert_cmpfloat_with_epsilon (level[0], level[2], level[0] * 0.02);
  g_assert_cmpfloat (level[0], >, 32767 / 3.2);
  for (guint other = 200; other < 8000; other += 100)
    if (other != hz[0] && other != hz[1] && other != hz[2])
      g_assert_cmpfloat (amplitude_at (out + 25 * N, 25 * N, other), <, level[0] / 100);
}

/* Turned down within the frame without a step; back to its level within seconds. */
static void
test_limiter_comes_back (void)
{
  gint16 out[N], before = 0;
  gint32 in[N];
  Limiter limiter = LIMITER_INIT;

  for (guint i = 0; i < N; i++)
    in[i] = i < 100 ? 20000 : 60000;
  limiter_run (&limiter, in, out, N, RATE);
  g_assert_cmpint (out[0], >, 19500);
  for (guint i = 1; i < 100; i++)
    g_assert_cmpint (ABS (out[i] - out[i - 1]), <, 200);
  g_assert_cmpint (out[N - 1], >, 32700);
  for (guint i = 0; i < N; i++)
    in[i] = 20000;
  for (guint frame = 0; frame < 50; frame++)
    {
      limiter_run (&limiter, in, out, N, RATE);
      for (guint i = 0; i < N; i++)
        {
          g_assert_cmpint (out[i], >=, before);
          before = out[i];
        }
    }
  g_assert_cmpint (out[N - 1], ==, 20000);
}

static void
test_auto_gain (void)
{
  AutoGain gain = AUTO_GAIN_INIT;
  double soft = pow (10, -3.0) * 32767 * 32767, loud = pow (10, -1.3) * 32767 * 32767;
  float first = auto_gain_learn (&gain, soft, 20);

  g_assert_cmpfloat (first, >, 1);
  g_assert_cmpfloat (first, <, 1.02f);
  for (guint i = 0; i < 500; i++)
    auto_gain_learn (&gain, soft, 20);
  g_assert_cmpfloat_with_epsilon (20 * log10 ((double) gain.gain), 7, 0.3); /* -30 becomes -23 */
  for (guint i = 0; i < 500; i++)
    auto_gain_learn (&gain, loud, 20);
  g_assert_cmpfloat_with_epsilon (20 * log10 ((double) gain.gain), -10, 0.3);
  for (guint i = 0; i < 500; i++)
    auto_gain_learn (&gain, 1, 20);
  g_assert_cmpfloat_with_epsilon (20 * log10 ((double) gain.gain), GAIN_MAX, 0.1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mixer/sum/level", test_level);
  g_test_add_func ("/mixer/sum/meter", test_meter);
  g_test_add_func ("/mixer/sum/voice", test_voice);
  g_test_add_func ("/mixer/sum/choose", test_choose);
  g_test_add_func ("/mixer/sum/sum", test_sum);
  g_test_add_func ("/mixer/sum/limiter-idle", test_limiter_idle);
  g_test_add_func ("/mixer/sum/limiter-loud", test_limiter_loud);
  g_test_add_func ("/mixer/sum/limiter-comes-back", test_limiter_comes_back);
  g_test_add_func ("/mixer/sum/auto-gain", test_auto_gain);
  return g_test_run ();
}
