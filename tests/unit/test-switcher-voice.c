/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One voice's smoothing and hysteresis. */
#include "plugins/switcher/voice.h"

#define MS G_TIME_SPAN_MILLISECOND
#define LOOK (100 * MS)

static const VoiceRules rules = {
  .threshold = -50, .margin = 6, .speech_time = 400 * MS, .hold_time = 2000 * MS
};

/* @n looks at @dbov. Returns: the time after them */
static gint64
feed (Voice *voice, gint dbov, guint n, gint64 now)
{
  for (guint i = 0; i < n; i++)
    voice_feed (voice, &rules, dbov, now += LOOK);
  return now;
}

static void
test_cough (void)
{
  Voice voice = { 0 };
  gint64 now = feed (&voice, -51, 100, G_USEC_PER_SEC);

  g_assert_false (voice_is_heard (&voice, now));
  now = feed (&voice, 0, 4, now); /* 300 ms, seen by four looks */
  g_assert_true (voice_is_heard (&voice, now));
  g_assert_false (voice_is_speaking (&voice, &rules, now));
  now = feed (&voice, -127, 3, now);
  g_assert_true (voice_is_heard (&voice, now));
  now = feed (&voice, -127, 1, now);
  g_assert_false (voice_is_heard (&voice, now));
  now = feed (&voice, 0, 4, now); /* another one later is not its continuation */
  g_assert_false (voice_is_speaking (&voice, &rules, now));
  now = feed (&voice, 0, 1, now);
  g_assert_true (voice_is_speaking (&voice, &rules, now));
}

static void
test_gaps (void)
{
  Voice voice = { 0 };
  gint64 now = G_USEC_PER_SEC;

  for (guint i = 0; i < 3; i++)
    now = feed (&voice, i % 2 ? -127 : -30, 2, now);
  g_assert_true (voice_is_speaking (&voice, &rules, now));
}

static void
test_turn (void)
{
  Voice a = { 0 }, b = { 0 };
  gint64 now = feed (&a, -30, 10, G_USEC_PER_SEC);

  g_assert_true (voice_takes_over (&a, NULL, &rules, now));
  g_assert_false (voice_takes_over (&b, NULL, &rules, now));
  a.elected = now;
  feed (&b, -20, 30, now);
  now = feed (&a, -30, 19, now);
  g_assert_false (voice_takes_over (&b, &a, &rules, now)); /* held */
  now = feed (&a, -30, 1, now);
  g_assert_true (voice_takes_over (&b, &a, &rules, now));
  b.loudness = -25;
  g_assert_false (voice_takes_over (&b, &a, &rules, now)); /* not by enough */
  now = a.heard + 301 * MS;
  b.heard = now;
  g_assert_true (voice_takes_over (&b, &a, &rules, now)); /* a has stopped */
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/switcher/voice/cough", test_cough);
  g_test_add_func ("/switcher/voice/gaps", test_gaps);
  g_test_add_func ("/switcher/voice/turn", test_turn);
  return g_test_run ();
}
