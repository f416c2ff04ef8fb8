/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The host's addresses and word of their changes; without descriptors too. What listeners make of them is
 * in test-sip-listeners and tests/integration/test-interface.py.
 */
#include <config.h>

#include "core/core-private.h"
#include "plugins/sip/listen/listen.h"
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct {
  GMainContext *context;
  RflClock *clock;
  RflCore *core;
  guint calls;
} Place;

static Place *
place_new (void)
{
  Place *place = g_new0 (Place, 1);

  place->context = g_main_context_new ();
  place->clock = rfl_clock_new_manual (0);
  place->core = rfl_core_new (&(RflCoreOptions){
      .context = place->context, .clock = place->clock, .n_workers = 1, .manual_workers = TRUE });
  return place;
}

static void
place_free (Place *place)
{
  rfl_core_free (place->core);
  g_main_context_unref (place->context);
  g_free (place);
}

static void
count (gpointer user_data)
{
  ((Place *) user_data)->calls++;
}

/* No new descriptor until it is given back. */
static struct rlimit
take_descriptors (void)
{
  struct rlimit old;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &old), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &(struct rlimit){ 0, old.rlim_max }), ==, 0);
  return old;
}

static void
give_back (struct rlimit old)
{
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &old), ==, 0);
}

/* It is not the same as having none. */
static void
cannot_tell (void)
{
  struct rlimit old = take_descriptors ();
  GPtrArray *addresses = sip_local_addresses ();

  give_back (old);
  g_assert_null (addresses);
}

static void
without_word (void)
{
  Place *place = place_new ();
  struct rlimit old = take_descriptors ();
  SipLocalWatch *watch = sip_local_watch_new (place->core, count, place);

  give_back (old);
  rfl_clock_advance (place->clock, 9 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (place->calls, ==, 0);
  rfl_clock_advance (place->clock, 21 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (place->calls, ==, 3);
  sip_local_watch_free (watch);
  rfl_clock_advance (place->clock, 60 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (place->calls, ==, 3);
  place_free (place);
}

static gboolean
is_there (const char *text)
{
  g_autoptr (GPtrArray) addresses = sip_local_addresses ();
  RflAddress wanted;
  guint n = 0;

  g_assert_true (rfl_address_parse (&wanted, text, 0));
  for (guint i = 0; i < addresses->len; i++)
    n += rfl_address_equal (addresses->pdata[i], &wanted);
  g_assert_cmpuint (n, <=, 1);
  return n == 1;
}

/* ---- in a network of its own ---- */

static void
ip (const char *command)
{
  g_autofree char *line = g_strconcat ("ip ", command, NULL);
  gint status = -1;

  g_assert_true (g_spawn_command_line_sync (line, NULL, NULL, &status, NULL));
  g_assert_true (g_spawn_check_wait_status (status, NULL));
}

/* What the kernel has told is in the socket when ip has ended. */
static void
hear (Place *place)
{
  while (g_main_context_iteration (place->context, FALSE))
    ;
}

static void
inside (void)
{
  Place *place = place_new ();
  SipLocalWatch *watch = sip_local_watch_new (place->core, count, place);

  g_assert_false (is_there ("127.0.0.1")); /* of an interface that is down */
  hear (place);
  rfl_clock_advance (place->clock, 60 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (place->calls, ==, 0);
  ip ("link set lo up");
  ip ("address add 192.0.2.7/32 dev lo");
  ip ("address add 192.0.2.7/24 dev lo");
  ip ("address add 2001:db8::7/128 dev lo");
  ip ("address add fe80::7/64 dev lo");
  hear (place);
  rfl_clock_advance (place->clock, 199 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (place->calls, ==, 0);
  rfl_clock_advance (place->clock, 60 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (place->calls, ==, 1); /* for all of them */
  g_assert_true (is_there ("127.0.0.1") && is_there ("192.0.2.7") && is_there ("2001:db8::7"));
  g_assert_false (is_there ("fe80::7"));
  ip ("address del 192.0.2.7/32 dev lo");
  ip ("address del 192.0.2.7/24 dev lo");
  hear (place);
  rfl_clock_advance (place->clock, G_TIME_SPAN_SECOND);
  g_assert_cmpuint (place->calls, ==, 2);
  g_assert_false (is_there ("192.0.2.7"));
  ip ("link set lo down");
  hear (place);
  sip_local_watch_free (watch);
  rfl_clock_advance (place->clock, G_TIME_SPAN_SECOND);
  g_assert_cmpuint (place->calls, ==, 2);
  place_free (place);
}

/* A process of its own, since a network cannot be left again. */
static void
changes (void)
{
  g_autofree char *program = g_find_program_in_path ("ip");

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }
  if (program == NULL
      || (unshare (CLONE_NEWNET) != 0 && unshare (CLONE_NEWUSER | CLONE_NEWNET) != 0))
    return;
  inside ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* The plugin warns when it is told nothing, as it should. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/sip/local/cannot-tell", cannot_tell);
  g_test_add_func ("/sip/local/without-word", without_word);
  g_test_add_func ("/sip/local/changes", changes);
  return g_test_run ();
}
