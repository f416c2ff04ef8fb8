/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Timers on a clock moved by hand: never early, at any distance, whatever their functions do. */
#include "core/core-private.h"
#include "core/wheel.h"

#define SECOND G_TIME_SPAN_SECOND
#define YEAR (365 * G_TIME_SPAN_DAY)

typedef struct {
  RflClock *clock;
  RflTimer *timer, *other;
  guint fired;
  gint64 at;
} Fixture;

static void
count (gpointer user_data)
{
  Fixture *f = user_data;

  f->fired++;
  f->at = rfl_clock_now (f->clock);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->clock = rfl_clock_new_manual (1000003);
  f->timer = rfl_timer_new (f->clock, "test", count, f);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  rfl_timer_free (f->timer);
  rfl_timer_free (f->other);
  rfl_clock_free (f->clock);
}

static void
odd_delays (Fixture *f, gconstpointer data)
{
  static const gint64 delays[] = { G_MININT64, -1, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      rfl_timer_start (f->timer, delays[i]);
      rfl_clock_advance (f->clock, 20000);
      g_assert_cmpuint (f->fired, ==, i + 1);
    }
  rfl_timer_start (f->timer, G_MAXINT64);
  rfl_clock_advance (f->clock, 200 * YEAR);
  g_assert_cmpuint (f->fired, ==, 3);
  g_assert_true (rfl_timer_is_running (f->timer));
}

static void
never_early (Fixture *f, gconstpointer data)
{
  gint64 start, delay = 1;

  for (guint i = 0; i < 200; i++, delay = delay * 5 / 4 + 7)
    {
      start = rfl_clock_now (f->clock);
      f->fired = 0;
      rfl_timer_start (f->timer, delay);
      rfl_clock_advance (f->clock, delay - 1);
      g_assert_cmpuint (f->fired, ==, 0);
      rfl_clock_advance (f->clock, 10000);
      g_assert_cmpuint (f->fired, ==, 1);
      g_assert_cmpint (f->at, >=, start + delay);
      g_assert_cmpint (f->at, <=, start + delay + 10000);
      if (delay > 100 * YEAR)
        delay = 3;
    }
}

static void
one_year (Fixture *f, gconstpointer data)
{
  gint64 start = rfl_clock_now (f->clock);

  rfl_timer_start (f->timer, YEAR);
  rfl_clock_advance (f->clock, YEAR - SECOND);
  g_assert_cmpuint (f->fired, ==, 0);
  rfl_clock_advance (f->clock, 2 * SECOND);
  g_assert_cmpuint (f->fired, ==, 1);
  g_assert_cmpint (f->at - start - YEAR, <=, 10000);
}

static void
repeats (Fixture *f, gconstpointer data)
{
  rfl_timer_repeat (f->timer, SECOND / 3);
  rfl_clock_advance (f->clock, 60 * SECOND + 10000);
  g_assert_cmpuint (f->fired, ==, 180);
  rfl_timer_stop (f->timer);
  g_assert_false (rfl_timer_is_running (f->timer));
  rfl_clock_advance (f->clock, 60 * SECOND);
  g_assert_cmpuint (f->fired, ==, 180);
}

static void
restart_moves (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 100; i++)
    {
      rfl_timer_start (f->timer, SECOND);
      rfl_clock_advance (f->clock, SECOND / 2);
    }
  g_assert_cmpuint (f->fired, ==, 0);
  rfl_clock_advance (f->clock, SECOND);
  g_assert_cmpuint (f->fired, ==, 1);
}

static void
free_both (gpointer user_data)
{
  Fixture *f = user_data;

  f->fired++;
  g_clear_pointer (&f->timer, rfl_timer_free);
  g_clear_pointer (&f->other, rfl_timer_free);
}

/* Both are due in the same tick: the first one's function frees both. */
static void
freed_when_due (Fixture *f, gconstpointer data)
{
  rfl_timer_free (f->timer);
  f->timer = rfl_timer_new (f->clock, "test", free_both, f);
  f->other = rfl_timer_new (f->clock, "test", free_both, f);
  rfl_timer_repeat (f->timer, SECOND);
  rfl_timer_start (f->other, SECOND);
  rfl_clock_advance (f->clock, 10 * SECOND);
  g_assert_cmpuint (f->fired, ==, 1);
}

static void
restart_self (gpointer user_data)
{
  Fixture *f = user_data;

  f->fired++;
  rfl_timer_start (f->timer, 0);
}

/* A timer that starts itself with no delay must not hold the wheel. */
static void
restarts_itself (Fixture *f, gconstpointer data)
{
  rfl_timer_free (f->timer);
  f->timer = rfl_timer_new (f->clock, "test", restart_self, f);
  rfl_timer_start (f->timer, 0);
  rfl_clock_advance (f->clock, SECOND);
  g_assert_cmpuint (f->fired, >=, 50);
  g_assert_cmpuint (f->fired, <=, 101);
}

typedef struct {
  WheelNode node;
  guint64 want;
} Node;

/* Against the plain truth: every node comes at its own tick, in order. */
static void
random_wheel (void)
{
  enum {
    N = 5000
  };
  g_autofree Node *nodes = g_new0 (Node, N);
  Wheel *wheel = g_new (Wheel, 1);
  guint64 last = 0;
  guint taken = 0;
  Node *node;

  wheel_init (wheel, 12345);
  for (guint i = 0; i < N; i++)
    {
      guint bits = g_test_rand_int_range (1, 62);
      nodes[i].want = 12346 + (((guint64) g_random_int () << 32 | g_random_int ()) >> (64 - bits));
      wheel_add (wheel, &nodes[i].node, nodes[i].want);
    }
  for (guint i = 0; i < N; i += 3)
    wheel_remove (wheel, &nodes[i].node);
  while ((node = (Node *) wheel_take (wheel, G_MAXINT64)))
    {
      g_assert_cmpuint ((node - nodes) % 3, !=, 0);
      g_assert_cmpuint (wheel->tick, ==, node->want);
      g_assert_cmpuint (wheel->tick, >=, last);
      last = wheel->tick;
      taken++;
    }
  g_assert_cmpuint (taken, ==, N - (N + 2) / 3);
  g_assert_cmpuint (wheel_next (wheel), ==, G_MAXUINT64);
  g_free (wheel);
}

static void
ntp (Fixture *f, gconstpointer data)
{
  RflClock *clock = rfl_clock_new_manual (G_USEC_PER_SEC / 2);

  g_assert_cmphex (rfl_clock_ntp (clock), ==, (G_GUINT64_CONSTANT (2208988800) << 32) | 0x80000000);
  rfl_clock_free (clock);
}

static void
quit (gpointer loop)
{
  g_main_loop_quit (loop);
}

/* The real clock: on its context, not before its time, and in step with the wall clock. */
static void
real (void)
{
  GMainContext *context = g_main_context_new ();
  GMainLoop *loop = g_main_loop_new (context, FALSE);
  RflClock *clock = rfl_clock_new (context);
  RflTimer *late = rfl_timer_new (clock, "late", quit, loop);
  RflTimer *timer = rfl_timer_new (clock, "test", quit, loop);
  gint64 start = rfl_clock_now (clock);
  gint64 wall = (gint64) (rfl_clock_ntp (clock) >> 32) - G_GINT64_CONSTANT (2208988800);

  g_assert_cmpint (ABS (wall - g_get_real_time () / G_USEC_PER_SEC), <=, 1);
  rfl_timer_start (late, 3600 * SECOND);
  rfl_timer_start (timer, 25000);
  g_main_loop_run (loop);
  g_assert_cmpint (rfl_clock_now (clock) - start, >=, 25000);
  g_assert_true (rfl_timer_is_running (late));
  g_assert_false (rfl_timer_is_running (timer));
  rfl_clock_free (clock);
  g_assert_false (rfl_timer_is_running (late));
  rfl_timer_free (late);
  rfl_timer_free (timer);
  g_main_loop_unref (loop);
  g_main_context_unref (context);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/clock/odd-delays", odd_delays);
  ADD ("/clock/never-early", never_early);
  ADD ("/clock/one-year", one_year);
  ADD ("/clock/repeats", repeats);
  ADD ("/clock/restart-moves", restart_moves);
  ADD ("/clock/freed-when-due", freed_when_due);
  ADD ("/clock/restarts-itself", restarts_itself);
  ADD ("/clock/ntp", ntp);
  g_test_add_func ("/clock/wheel", random_wheel);
  g_test_add_func ("/clock/real", real);
  return g_test_run ();
}
