/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stack's own hook for time shows it a clock that is monotonic and two centuries ahead. Its GLib
 * source compares the timers with the wall clock, finds none of them due, ever, and so leaves them to the
 * source that is made here. Nothing else of the stack looks at the wall clock: it writes no Date. */
#include "plugins/sip/stack/pulse.h"
#include <sofia-sip/su_time.h>

/* Seconds; no wall clock jumps that far. */
#define AHEAD (200 * 365 * G_GINT64_CONSTANT (86400))

/* Exported by the library, and declared in no header that it installs. */
SOFIAPUBVAR void (*_su_time) (su_time_t *tv);
SOFIAPUBFUN su_duration_t su_timer_next_expires (su_timer_queue_t const *timers, su_time_t now);

typedef struct {
  GSource source;
  su_root_t *root;
} Pulse;

/* Microseconds, nearly. */
#define JUST_A_MILLISECOND 999

static void
tell_time (su_time_t *tv)
{
  gint64 now = g_get_monotonic_time ();

  /* Seconds since 1900; the stack asks for no time with NULL. */
  if (tv == NULL)
    return;
  tv->tv_sec = (unsigned long) (now / G_TIME_SPAN_SECOND + SU_TIME_EPOCH + AHEAD);
  tv->tv_usec = (unsigned long) (now % G_TIME_SPAN_SECOND);
}

/* What the stack has by itself. */
static void
tell_nothing (su_time_t *tv)
{
}

void
sip_pulse_begin (void)
{
  _su_time = tell_time;
}

void
sip_pulse_end (void)
{
  _su_time = tell_nothing;
}

/* A queue that never had a timer is a null pointer, which the stack looks at before it calls this. */
static su_duration_t
next_of (su_timer_queue_t *timers, su_time_t now)
{
  return timers && *(gpointer *) timers ? su_timer_next_expires (timers, now) : SU_DURATION_MAX;
}

/* Whole milliseconds, rounded up: the stack rounds down, and until the last part of a millisecond had passed the loop
 * would turn as fast as it can. */
static su_duration_t
get_next (const Pulse *pulse)
{
  _su_task_r task = su_root_task (pulse->root);
  su_time_t now = su_now ();

  if (now.tv_usec >= JUST_A_MILLISECOND)
    now.tv_usec -= JUST_A_MILLISECOND;
  else
    {
      now.tv_sec--;
      now.tv_usec += G_TIME_SPAN_SECOND - JUST_A_MILLISECOND;
    }
  return MIN (next_of (su_task_timers (task), now), next_of (su_task_deferrable (task), now));
}

static gboolean
prepare (GSource *source, gint *timeout)
{
  su_duration_t next = get_next ((const Pulse *) source);

  *timeout = next < SU_DURATION_MAX ? (gint) next : -1;
  return next == 0;
}

static gboolean
check (GSource *source)
{
  return get_next ((const Pulse *) source) == 0;
}

static gboolean
dispatch (GSource *source, GSourceFunc callback, gpointer user_data)
{
  const Pulse *pulse = (const Pulse *) source;
  _su_task_r task = su_root_task (pulse->root);
  su_duration_t next = SU_DURATION_MAX;

  if (next_of (su_task_timers (task), su_now ()) == 0)
    su_timer_expire (su_task_timers (task), &next, su_now ());
  if (next_of (su_task_deferrable (task), su_now ()) == 0)
    su_timer_expire (su_task_deferrable (task), &next, su_now ());
  return G_SOURCE_CONTINUE;
}

GSource *
sip_pulse_attach (su_root_t *root, GMainContext *context)
{
  static GSourceFuncs funcs = { .prepare = prepare, .check = check, .dispatch = dispatch };
  GSource *source = g_source_new (&funcs, sizeof (Pulse));

  ((Pulse *) source)->root = root;
  g_source_set_name (source, "sip.timers");
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, context);
  return source;
}
