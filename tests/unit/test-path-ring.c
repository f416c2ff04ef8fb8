/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ring between two threads, and buffers that come back from another one. */
#include "core/path/buffer.h"
#include "core/path/ring.h"

static void
test_full_and_empty (void)
{
  RflRing ring;
  guint next = 0, expected = 0;

  ring_init (&ring, 4, sizeof (guint));
  g_assert_null (ring_peek (&ring));
  for (guint round = 0; round < 1000; round++)
    {
      guint *slot;
      for (guint i = 0; (slot = ring_reserve (&ring)) != NULL; i++)
        {
          g_assert_cmpuint (i, <, 4);
          *slot = next++;
          ring_push (&ring);
        }
      for (guint i = 0; i < 1 + round % 4; i++)
        {
          g_assert_cmpuint (*(guint *) ring_peek (&ring), ==, expected++);
          ring_pop (&ring);
        }
    }
  ring_clear (&ring);
}

#define N_PASSED 200000

static gpointer
consume (gpointer data)
{
  RflRing *ring = data;

  for (guint i = 0; i < N_PASSED;)
    {
      RflBuffer **slot = ring_peek (ring);
      if (slot == NULL)
        {
          g_thread_yield ();
          continue;
        }
      g_assert_cmpuint ((*slot)->len, ==, i++);
      buffer_unref (*slot, NULL);
      ring_pop (ring);
    }
  return NULL;
}

/* Every packet passes once and in order, and the pool stops growing. */
static void
test_threads (void)
{
  RflRing ring;
  RflBufferPool pool;
  GThread *thread;

  ring_init (&ring, 64, sizeof (RflBuffer *));
  buffer_pool_init (&pool, 200);
  thread = g_thread_new ("consumer", consume, &ring);
  for (guint i = 0; i < N_PASSED;)
    {
      RflBuffer **slot = ring_reserve (&ring);
      if (slot == NULL || !buffer_pool_can_spare (&pool, 1))
        {
          g_thread_yield ();
          continue;
        }
      *slot = buffer_new (&pool);
      (*slot)->len = i++;
      ring_push (&ring);
    }
  g_thread_join (thread);
  g_assert_cmpuint (pool.allocated, <=, 200);
  buffer_pool_clear (&pool);
  ring_clear (&ring);
}

static void
test_pool_limit (void)
{
  RflBufferPool pool;
  RflBuffer *a, *b;

  buffer_pool_init (&pool, 2);
  a = buffer_new (&pool);
  g_assert_true (buffer_pool_can_spare (&pool, 1));
  g_assert_false (buffer_pool_can_spare (&pool, 2));
  b = buffer_ref (a);
  g_assert_true (buffer_is_shared (a));
  buffer_unref (b, NULL);
  g_assert_false (buffer_is_shared (a));
  buffer_unref (a, NULL); /* by another thread: found again */
  g_assert_true (buffer_pool_can_spare (&pool, 2));
  g_assert_true (buffer_new (&pool) == a);
  buffer_unref (a, &pool);
  g_assert_cmpuint (pool.allocated, ==, 1);
  buffer_pool_clear (&pool);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/path/ring/full-and-empty", test_full_and_empty);
  g_test_add_func ("/path/ring/threads", test_threads);
  g_test_add_func ("/path/buffer/limit", test_pool_limit);
  return g_test_run ();
}
