/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ring between a worker and a mixing thread: full, wrapped, and used by two threads. */
#include "plugins/mixer/engine/ring.h"
#include <string.h>

static void
put (MixRing *ring, guint len, guint8 value)
{
  guint8 *slot = mix_ring_reserve (ring, len);

  g_assert_nonnull (slot);
  g_assert_cmpuint ((gsize) slot % 16, ==, 0);
  memset (slot, value, len);
  mix_ring_push (ring, len);
}

static void
get (MixRing *ring, guint len, guint8 value)
{
  const guint8 *record = mix_ring_peek (ring);

  g_assert_nonnull (record);
  for (guint i = 0; i < len; i++)
    g_assert_cmpuint (record[i], ==, value);
  mix_ring_pop (ring);
}

static void
test_full (void)
{
  MixRing ring;
  guint n = 0;

  mix_ring_init (&ring, 1);
  g_assert_null (mix_ring_peek (&ring));
  while (mix_ring_reserve (&ring, 200))
    put (&ring, 200, (guint8) n++);
  g_assert_cmpuint (n, >=, 4096 / 240);
  for (guint i = 0; i < n; i++)
    get (&ring, 200, (guint8) i);
  g_assert_null (mix_ring_peek (&ring));
  mix_ring_clear (&ring);
}

static void
test_wraps (void)
{
  MixRing ring;

  mix_ring_init (&ring, 4096);
  ring.head = ring.tail = ring.tail_seen = ring.head_seen = 0u - 4096u; /* soon past 2^32 */
  for (guint i = 0; i < 10000; i++)
    {
      guint len = 1 + i * 37 % 1000;
      put (&ring, len, (guint8) i);
      put (&ring, 1, 0x55);
      get (&ring, len, (guint8) i);
      get (&ring, 1, 0x55);
    }
  g_assert_null (mix_ring_peek (&ring));
  mix_ring_clear (&ring);
}

#define N 200000

static gpointer
produce (gpointer data)
{
  for (guint i = 0; i < N;)
    {
      guint len = (guint) sizeof (guint) * (1 + i % 50);
      guint *slot = mix_ring_reserve (data, len);
      if (!slot)
        {
          g_thread_yield ();
          continue;
        }
      for (guint k = 0; k < len / sizeof (guint); k++)
        slot[k] = i;
      mix_ring_push (data, len);
      i++;
    }
  return NULL;
}

static void
test_two_threads (void)
{
  MixRing ring;
  GThread *thread;

  mix_ring_init (&ring, 8192);
  thread = g_thread_new ("produce", produce, &ring);
  for (guint i = 0; i < N;)
    {
      const guint *record = mix_ring_peek (&ring);
      if (!record)
        {
          g_thread_yield ();
          continue;
        }
      for (guint k = 0; k < 1 + i % 50; k++)
        g_assert_cmpuint (record[k], ==, i);
      mix_ring_pop (&ring);
      i++;
    }
  g_thread_join (thread);
  mix_ring_clear (&ring);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mixer/ring/full", test_full);
  g_test_add_func ("/mixer/ring/wraps", test_wraps);
  g_test_add_func ("/mixer/ring/two-threads", test_two_threads);
  return g_test_run ();
}
