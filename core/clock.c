/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The monotonic clock, real or moved by hand, and the timers of the main thread on one wheel
 * behind one GSource. Not the workers' timers: each of them has its own loop.
 */
#include "core/core-private.h"
#include "core/wheel.h"
#include <stdatomic.h>

#define TICK (10 * G_TIME_SPAN_MILLISECOND)
/* A timer function that blocks the main loop for longer is worth a line. */
#define SLOW (250 * G_TIME_SPAN_MILLISECOND)
/* Seconds from 1900, where NTP begins, to 1970 (RFC 5905 figure 4) */
#define NTP_UNIX G_GUINT64_CONSTANT (2208988800)

struct _RflClock {
  GSource *source; /* NULL: manual */
  _Atomic gint64 manual_now;
  gint64 wall_offset;
  gint64 ready; /* when the source is set to wake up */
  gboolean running;
  Wheel wheel;
};

struct _RflTimer {
  WheelNode node; /* first */
  RflClock *clock;
  const char *name;
  RflTimerFunc func;
  gpointer user_data;
  gint64 deadline;
  gint64 interval; /* 0: once */
};

typedef struct {
  GSource source;
  RflClock *clock;
} ClockSource;

gint64
rfl_clock_now (RflClock *clock)
{
  if (clock->source)
    return g_get_monotonic_time ();
  return atomic_load_explicit (&clock->manual_now, memory_order_relaxed);
}

/* From the monotonic clock and an offset taken once: a wall clock that is set during a call
 * must not pull audio and video apart. */
guint64
rfl_clock_ntp (RflClock *clock)
{
  guint64 wall = rfl_clock_now (clock) + clock->wall_offset;
  guint64 fraction = wall % G_USEC_PER_SEC;

  return ((wall / G_USEC_PER_SEC + NTP_UNIX) << 32) + (fraction << 32) / G_USEC_PER_SEC;
}

static gint64
add_clamped (gint64 a, gint64 b)
{
  return b > G_MAXINT64 - TICK - a ? G_MAXINT64 - TICK : a + b;
}

/* Tells the source when something is due, unless it wakes up before that anyway. */
static void
update_ready (RflClock *clock)
{
  guint64 next = wheel_next (&clock->wheel);
  gint64 ready = next > (guint64) (G_MAXINT64 / TICK) ? G_MAXINT64 : (gint64) next * TICK;

  if (!clock->source || clock->running || ready >= clock->ready)
    return;
  clock->ready = ready;
  g_source_set_ready_time (clock->source, ready);
}

static void
arm (RflTimer *timer)
{
  wheel_add (&timer->clock->wheel, &timer->node, (timer->deadline + TICK - 1) / TICK);
}

static void
start (RflTimer *timer, gint64 delay, gint64 interval)
{
  rfl_timer_stop (timer);
  timer->interval = interval;
  timer->deadline = add_clamped (rfl_clock_now (timer->clock), MAX (delay, 0));
  arm (timer);
  update_ready (timer->clock);
}

/* The timer is armed anew before its function runs, which may free it. After a stall the
 * intervals that were missed are left out. */
static void
fire (RflClock *clock, RflTimer *timer)
{
  const char *name = timer->name;
  gint64 now = rfl_clock_now (clock);

  if (timer->interval > 0)
    {
      timer->deadline = add_clamped (timer->deadline, timer->interval);
      if (timer->deadline <= now)
        timer->deadline = add_clamped (now, timer->interval);
      arm (timer);
    }
  timer->func (timer->user_data);
  if (rfl_clock_now (clock) - now > SLOW)
    rfl_warning (NULL, "timer %s held the main loop for %" G_GINT64_FORMAT " ms", name,
                 (rfl_clock_now (clock) - now) / 1000);
}

static gboolean
dispatch (GSource *source, GSourceFunc func, gpointer user_data)
{
  RflClock *clock = ((ClockSource *) source)->clock;
  guint64 until = rfl_clock_now (clock) / TICK;
  WheelNode *node;

  clock->running = TRUE;
  while ((node = wheel_take (&clock->wheel, until)))
    fire (clock, (RflTimer *) node);
  clock->running = FALSE;
  clock->ready = G_MAXINT64;
  g_source_set_ready_time (source, -1);
  update_ready (clock);
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs clock_source_funcs = { .dispatch = dispatch };

RflClock *
rfl_clock_new (GMainContext *context)
{
  RflClock *clock = g_new0 (RflClock, 1);

  clock->wall_offset = g_get_real_time () - g_get_monotonic_time ();
  clock->ready = G_MAXINT64;
  clock->source = g_source_new (&clock_source_funcs, sizeof (ClockSource));
  ((ClockSource *) clock->source)->clock = clock;
  g_source_set_name (clock->source, "reflector timers");
  g_source_attach (clock->source, context);
  wheel_init (&clock->wheel, rfl_clock_now (clock) / TICK);
  return clock;
}

RflClock *
rfl_clock_new_manual (gint64 now)
{
  RflClock *clock = g_new0 (RflClock, 1);

  atomic_init (&clock->manual_now, now);
  wheel_init (&clock->wheel, now / TICK);
  return clock;
}

/* Each function sees the time at which it is due, not the end of the step. */
void
rfl_clock_advance (RflClock *clock, gint64 microseconds)
{
  gint64 end = rfl_clock_now (clock) + microseconds;
  WheelNode *node;

  g_return_if_fail (!clock->source && !clock->running && microseconds >= 0);
  clock->running = TRUE;
  while ((node = wheel_take (&clock->wheel, end / TICK)))
    {
      gint64 due = MAX ((gint64) clock->wheel.tick * TICK, rfl_clock_now (clock));
      atomic_store_explicit (&clock->manual_now, due, memory_order_relaxed);
      fire (clock, (RflTimer *) node);
    }
  clock->running = FALSE;
  atomic_store_explicit (&clock->manual_now, end, memory_order_relaxed);
}

/* Timers that outlive the clock are stopped; freeing them remains allowed. */
void
rfl_clock_free (RflClock *clock)
{
  if (!clock)
    return;
  while (wheel_clear_one (&clock->wheel))
    ;
  if (clock->source)
    {
      g_source_destroy (clock->source);
      g_source_unref (clock->source);
    }
  g_free (clock);
}

RflTimer *
rfl_timer_new (RflClock *clock, const char *name, RflTimerFunc func, gpointer user_data)
{
  RflTimer *timer = g_new0 (RflTimer, 1);

  timer->clock = clock;
  timer->name = name;
  timer->func = func;
  timer->user_data = user_data;
  return timer;
}

void
rfl_timer_start (RflTimer *timer, gint64 delay)
{
  start (timer, delay, 0);
}

void
rfl_timer_repeat (RflTimer *timer, gint64 interval)
{
  start (timer, MAX (interval, TICK), MAX (interval, TICK));
}

void
rfl_timer_stop (RflTimer *timer)
{
  if (wheel_node_is_linked (&timer->node))
    wheel_remove (&timer->clock->wheel, &timer->node);
  timer->interval = 0;
}

gboolean
rfl_timer_is_running (const RflTimer *timer)
{
  return wheel_node_is_linked (&timer->node);
}

void
rfl_timer_free (RflTimer *timer)
{
  if (!timer)
    return;
  rfl_timer_stop (timer);
  g_free (timer);
}
