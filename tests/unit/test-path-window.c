/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The window of sequence numbers: doubles and strays first, then what must pass. */
#include "core/path/window.h"

#define T0 G_TIME_SPAN_SECOND

static WindowVerdict
take (SequenceWindow *w, guint16 seq)
{
  return window_take (w, seq, T0);
}

static void
test_doubles (void)
{
  SequenceWindow w = { 0 };

  for (guint i = 0; i < 300; i++)
    {
      g_assert_cmpint (take (&w, 65400 + i), ==, WINDOW_NEW);
      for (guint back = 0; back < 150 && back <= i; back++)
        g_assert_cmpint (take (&w, 65400 + i - back), ==,
                         back < WINDOW_SIZE ? WINDOW_DOUBLE : WINDOW_STRAY);
    }
}

/* A piece of the stream that is sent again in order is no new beginning while the stream goes on. */
static void
test_replay (void)
{
  SequenceWindow w = { 0 };

  for (guint i = 0; i < 1000; i++)
    take (&w, i);
  for (guint i = 100; i < 900; i++)
    {
      g_assert_cmpint (take (&w, i), ==, WINDOW_STRAY);
      if (i % 5 == 0)
        g_assert_cmpint (take (&w, 980 + i / 5), ==, i / 5 < 20 ? WINDOW_DOUBLE : WINDOW_NEW);
    }
}

/* But when nothing else comes, somebody has led the window away. */
static void
test_led_away (void)
{
  SequenceWindow w = { 0 };

  take (&w, 1000);
  take (&w, 3500);
  for (guint i = 1; i < WINDOW_RUN_BEHIND; i++)
    {
      g_assert_cmpint (take (&w, 1000 + i), ==, WINDOW_STRAY);
      g_assert_cmpint (take (&w, 1000 + i), ==, WINDOW_STRAY);
    }
  for (guint i = WINDOW_RUN_BEHIND; i < 100; i++)
    g_assert_cmpint (take (&w, 1000 + i), ==, WINDOW_NEW);
}

static void
test_reordered (void)
{
  SequenceWindow w = { 0 };

  take (&w, 10);
  take (&w, 73);
  for (guint i = 11; i < 73; i++)
    {
      g_assert_cmpint (take (&w, 83 - i), ==, WINDOW_NEW);
      g_assert_cmpint (take (&w, 83 - i), ==, WINDOW_DOUBLE);
    }
  g_assert_cmpint (take (&w, 10), ==, WINDOW_DOUBLE);
  g_assert_cmpint (take (&w, 9), ==, WINDOW_STRAY);
}

static void
test_gap (void)
{
  SequenceWindow w = { 0 };

  take (&w, 5);
  g_assert_cmpint (take (&w, 5 + WINDOW_MAX_AHEAD - 1), ==, WINDOW_NEW);
  g_assert_cmpint (take (&w, 5), ==, WINDOW_STRAY);
  g_assert_cmpint (take (&w, 5 + WINDOW_MAX_AHEAD - 2), ==, WINDOW_NEW);
}

/* Forged packets from far ahead or behind change nothing for the others. */
static void
test_single_jumps (void)
{
  SequenceWindow w = { 0 };

  for (guint i = 0; i < 500; i++)
    {
      g_assert_cmpint (take (&w, i), ==, WINDOW_NEW);
      g_assert_cmpint (take (&w, i + 3100 + 37 * i), ==, WINDOW_STRAY);
      g_assert_cmpint (take (&w, i - 1000), ==, WINDOW_STRAY);
    }
}

static void
test_confirmed_jump (void)
{
  SequenceWindow w = { 0 };

  take (&w, 1);
  g_assert_cmpint (take (&w, 20000), ==, WINDOW_STRAY);
  g_assert_cmpint (take (&w, 20001), ==, WINDOW_NEW);
  g_assert_cmpint (take (&w, 20002), ==, WINDOW_NEW);
  g_assert_cmpint (take (&w, 2), ==, WINDOW_STRAY);
}

/* Whatever the window was led to believe, after a second without a packet it believes anew. */
static void
test_silence (void)
{
  SequenceWindow w = { 0 };

  take (&w, 30000);
  g_assert_cmpint (window_take (&w, 10, T0 + WINDOW_SILENCE - 1), ==, WINDOW_STRAY);
  g_assert_cmpint (window_take (&w, 11, T0 + WINDOW_SILENCE), ==, WINDOW_NEW);
  g_assert_cmpint (window_take (&w, 11, T0 + 9 * WINDOW_SILENCE), ==, WINDOW_DOUBLE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path-window/doubles", test_doubles);
  g_test_add_func ("/path-window/replay", test_replay);
  g_test_add_func ("/path-window/led-away", test_led_away);
  g_test_add_func ("/path-window/single-jumps", test_single_jumps);
  g_test_add_func ("/path-window/reordered", test_reordered);
  g_test_add_func ("/path-window/gap", test_gap);
  g_test_add_func ("/path-window/confirmed-jump", test_confirmed_jump);
  g_test_add_func ("/path-window/silence", test_silence);
  return g_test_run ();
}
