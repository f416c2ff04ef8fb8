/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How well a source arrives: jumps, loss, doubles and the wrap of its numbers; jitter. */
#include "core/path/reception.h"

typedef struct {
  const char *what;
  guint16 seqs[8];
  guint n;
  guint32 highest;
  guint64 expected, received;
} Row;

static const Row rows[] = {
  { "one", { 7 }, 1, 7, 1, 1 },
  { "all", { 7, 8, 9 }, 3, 9, 3, 3 },
  { "lost", { 7, 10 }, 2, 10, 4, 2 },
  { "reordered", { 7, 9, 8, 10 }, 4, 10, 4, 4 },
  { "before the first", { 7, 6 }, 2, 7, 1, 2 },
  { "twice", { 7, 7, 8, 8 }, 4, 8, 2, 4 },
  { "wrap", { 65534, 65535, 1 }, 3, 0x10001, 4, 3 },
  { "wrap reordered", { 65535, 1, 0 }, 3, 0x10001, 3, 3 },
  { "jump ahead", { 7, 4000, 4001 }, 3, 4001, 3, 3 },
  { "jump back", { 40000, 20000, 20002 }, 3, 20002, 4, 3 },
  { "half round", { 0, 32768 }, 2, 32768, 2, 2 },
};

static void
numbers (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Reception r = { 0 };

      g_test_message ("%s", rows[i].what);
      for (guint k = 0; k < rows[i].n; k++)
        reception_note (&r, rows[i].seqs[k], 0, 0, 0);
      g_assert_cmphex (r.highest, ==, rows[i].highest);
      g_assert_cmpuint (r.expected, ==, rows[i].expected);
      g_assert_cmpuint (r.received, ==, rows[i].received);
    }
}

/* @late: microseconds that every other packet is late */
static guint32
jitter_of (guint32 rate, gint64 start, gint64 late, guint32 first)
{
  Reception r = { 0 };

  for (guint i = 0; i < 400; i++)
    reception_note (&r, (guint16) i, first + i * rate / 50, start + i * 20000 + (i % 2 ? late : 0),
                    rate);
  return r.jitter >> 4;
}

static void
jitter (void)
{
  static const gint64 starts[] = { 0, 1000000, G_GINT64_CONSTANT (4000000000000000) };
  static const guint32 firsts[] = { 0, 0xffffff00 };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    for (guint k = 0; k < G_N_ELEMENTS (firsts); k++)
      {
        g_assert_cmpuint (jitter_of (8000, starts[i], 0, firsts[k]), ==, 0);
        g_assert_cmpuint (jitter_of (8000, starts[i], 10000, firsts[k]), >=, 78);
        g_assert_cmpuint (jitter_of (8000, starts[i], 10000, firsts[k]), <=, 82);
        g_assert_cmpuint (jitter_of (90000, starts[i], 10000, firsts[k]), >=, 890);
        g_assert_cmpuint (jitter_of (90000, starts[i], 10000, firsts[k]), <=, 910);
      }
}

/* Another clock is no jitter, and a format whose time tells nothing neither. */
static void
steps (void)
{
  Reception r = { 0 };

  reception_note (&r, 1, 0, 0, 8000);
  reception_note (&r, 2, 123456789, 20000, 8000);
  g_assert_cmpuint (r.jitter, ==, 0);
  reception_note (&r, 3, 123456789 + 160, 40000, 8000);
  reception_note (&r, 4, 77, 60000, 0);
  reception_note (&r, 5, 123456789 + 480, 80000, 8000);
  g_assert_cmpuint (r.jitter, ==, 0);
  g_assert_cmpuint (r.received, ==, 5);
}

/* A linked reflector may claim any rate: a step of half the range has an amount, too. */
static void
any_rate (void)
{
  Reception r = { 0 };

  reception_note (&r, 1, 0, 0, G_MAXUINT32);
  reception_note (&r, 2, 0x80000000, 0, G_MAXUINT32);
  g_assert_cmphex (r.jitter, ==, 0x80000000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path-reception/numbers", numbers);
  g_test_add_func ("/path-reception/jitter", jitter);
  g_test_add_func ("/path-reception/steps", steps);
  g_test_add_func ("/path-reception/any-rate", any_rate);
  return g_test_run ();
}
