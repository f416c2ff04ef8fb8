/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The wall clock jumps by an hour while transactions and connections wait: nothing ends early, nothing hangs.
 * This program is the wall clock: its functions stand before those of the C library. */
#include "tests/unit/sip-house.h"
#include <gmodule.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define HOUR 3600

static int wall_offset; /* seconds */

G_MODULE_EXPORT int
clock_gettime (clockid_t id, struct timespec *ts)
{
  int result = (int) syscall (SYS_clock_gettime, id, ts);

  if (id == CLOCK_REALTIME)
    ts->tv_sec += wall_offset;
  return result;
}

G_MODULE_EXPORT int
gettimeofday (struct timeval *restrict tv, void *restrict zone)
{
  int result = (int) syscall (SYS_gettimeofday, tv, zone);

  tv->tv_sec += wall_offset;
  return result;
}

/* Whether the jump is seen by those who go by the wall clock. */
static void
shim (void)
{
  gint64 before = g_get_real_time ();

  wall_offset = HOUR;
  g_assert_cmpint (g_get_real_time () - before, >, (HOUR - 60) * G_TIME_SPAN_SECOND);
  wall_offset = 0;
}

/* No ACK comes: the 200 is repeated, and after a second and not before the call is over. */
static void
jump (int offset)
{
  House *house = house_new ("transaction_timeout = 1;");
  g_autoptr (Phone) phone = house_phone (house);
  g_autoptr (Phone) silent = phone_new (house->context, house->port, TRUE);
  g_autofree char *ok = NULL, *again = NULL, *bye = NULL;
  gint64 begin = g_get_monotonic_time (), end;

  phone_invite (phone, "room");
  ok = phone_expect (phone, "SIP/2.0 200");
  wall_offset = offset;
  again = phone_expect (phone, "SIP/2.0 200");
  bye = phone_expect (phone, "BYE ");
  end = g_get_monotonic_time ();
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  wall_offset = 0;
  g_assert_cmpint (end - begin, >=, 900 * G_TIME_SPAN_MILLISECOND);
  g_free (phone_receive_for (silent, 100));
  g_assert_false (silent->closed);
  house_free (house);
}

static void
forward (void)
{
  jump (HOUR);
}

static void
back (void)
{
  jump (-HOUR);
}

static guint n_turns; /* of the main loop */

static gboolean
count_turn (GSource *source, gint *timeout)
{
  n_turns++;
  *timeout = -1;
  return FALSE;
}

/* Until a timer is due the loop sleeps, also through the last part of a millisecond. */
static void
rest (void)
{
  static GSourceFuncs funcs = { .prepare = count_turn };
  House *house = house_new ("transaction_timeout = 1;");
  g_autoptr (Phone) phone = house_phone (house);
  g_autoptr (GSource) counter = g_source_new (&funcs, sizeof (GSource));
  g_autofree char *ok = NULL, *bye = NULL;
  guint before;

  g_source_attach (counter, house->context);
  phone_invite (phone, "room");
  ok = phone_expect (phone, "SIP/2.0 200");
  before = n_turns;
  bye = phone_expect (phone, "BYE "); /* a second and some repetitions later */
  g_test_message ("%u turns", n_turns - before);
  g_assert_cmpuint (n_turns - before, <, 120); /* most of which are the phone's own */
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  g_source_destroy (counter);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/clock/shim", shim);
  g_test_add_func ("/sip/clock/forward", forward);
  g_test_add_func ("/sip/clock/back", back);
  g_test_add_func ("/sip/clock/rest", rest);
  return g_test_run ();
}
