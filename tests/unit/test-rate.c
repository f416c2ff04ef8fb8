/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Token buckets: nobody gets more than his share, and a flood of addresses does not grow the
 * table.
 */
#include "core/core-private.h"
#include <reflector/rate.h>

typedef struct {
  RflClock *clock;
  RflRates *rates;
  RflAddress a, b;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->clock = rfl_clock_new_manual (G_TIME_SPAN_SECOND);
  f->rates = rfl_rates_new (f->clock, 2, 3);
  rfl_address_parse (&f->a, "192.0.2.1", 5060);
  rfl_address_parse (&f->b, "192.0.2.2", 5060);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  rfl_rates_free (f->rates);
  rfl_clock_free (f->clock);
}

static guint
take_all (Fixture *f, const RflAddress *address)
{
  guint n = 0;

  while (rfl_rates_take (f->rates, address))
    n++;
  return n;
}

static void
burst_then_rate (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (take_all (f, &f->a), ==, 3);
  g_assert_cmpuint (take_all (f, &f->a), ==, 0);
  rfl_clock_advance (f->clock, G_TIME_SPAN_SECOND);
  g_assert_cmpuint (take_all (f, &f->a), ==, 2);
  rfl_clock_advance (f->clock, G_TIME_SPAN_HOUR);
  g_assert_cmpuint (take_all (f, &f->a), ==, 3);
}

static void
neighbours_do_not_share (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (take_all (f, &f->a), ==, 3);
  g_assert_cmpuint (take_all (f, &f->b), ==, 3);
}

static void
ports_share (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (take_all (f, &f->a), ==, 3);
  f->a.port++;
  g_assert_cmpuint (take_all (f, &f->a), ==, 0);
}

static void
a_prefix_shares (Fixture *f, gconstpointer data)
{
  RflAddress left, right, other;

  rfl_address_parse (&left, "2001:db8::1", 0);
  rfl_address_parse (&right, "2001:db8::ffff:1", 0);
  rfl_address_parse (&other, "2001:db8:0:1::1", 0);
  g_assert_cmpuint (take_all (f, &left), ==, 3);
  g_assert_cmpuint (take_all (f, &right), ==, 0);
  g_assert_cmpuint (take_all (f, &other), ==, 3);
}

static void
wait_is_true (Fixture *f, gconstpointer data)
{
  g_assert_cmpint (rfl_rates_wait (f->rates, &f->a), ==, 0);
  take_all (f, &f->a);
  gint64 wait = rfl_rates_wait (f->rates, &f->a);
  g_assert_cmpint (wait, >, 0);
  rfl_clock_advance (f->clock, wait - 10);
  g_assert_false (rfl_rates_take (f->rates, &f->a));
  rfl_clock_advance (f->clock, 10);
  g_assert_true (rfl_rates_take (f->rates, &f->a));
}

static void
debt_is_paid_back_and_bounded (Fixture *f, gconstpointer data)
{
  rfl_rates_charge (f->rates, &f->a, 5);
  g_assert_false (rfl_rates_take (f->rates, &f->a));
  rfl_clock_advance (f->clock, 3 * G_TIME_SPAN_SECOND / 2);
  g_assert_true (rfl_rates_take (f->rates, &f->a));
  for (guint i = 0; i < 1000; i++)
    rfl_rates_charge (f->rates, &f->a, 1e9);
  g_assert_cmpint (rfl_rates_wait (f->rates, &f->a), <=, G_TIME_SPAN_HOUR + G_TIME_SPAN_SECOND);
  rfl_rates_forget (f->rates, &f->a);
  g_assert_cmpuint (take_all (f, &f->a), ==, 3);
}

static void
new_values_count_at_once (Fixture *f, gconstpointer data)
{
  rfl_rates_set (f->rates, 10, 1);
  g_assert_cmpuint (take_all (f, &f->a), ==, 1);
  rfl_clock_advance (f->clock, G_TIME_SPAN_SECOND / 10);
  g_assert_cmpuint (take_all (f, &f->a), ==, 1);
}

static void
the_table_is_bounded (Fixture *f, gconstpointer data)
{
  RflAddress address = f->a;

  take_all (f, &f->b);
  for (guint i = 0; i < 70000; i++)
    {
      address.ip[1] = i >> 16;
      address.ip[2] = i >> 8;
      address.ip[3] = i;
      rfl_rates_take (f->rates, &address);
    }
  g_assert_cmpuint (rfl_rates_count (f->rates), ==, 65536);
  g_assert_cmpuint (take_all (f, &address), ==, 2);
  g_assert_cmpuint (take_all (f, &f->b), ==, 3);
}

#define ADD(NAME, FUNC) g_test_add ("/rate/" NAME, Fixture, NULL, set_up, FUNC, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("burst-then-rate", burst_then_rate);
  ADD ("neighbours-do-not-share", neighbours_do_not_share);
  ADD ("ports-share", ports_share);
  ADD ("a-prefix-shares", a_prefix_shares);
  ADD ("wait-is-true", wait_is_true);
  ADD ("debt-is-paid-back-and-bounded", debt_is_paid_back_and_bounded);
  ADD ("new-values-count-at-once", new_values_count_at_once);
  ADD ("the-table-is-bounded", the_table_is_bounded);
  return g_test_run ();
}
