/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet buffers with a reference count. Not a general allocator. */
#include "core/path/buffer.h"

void
buffer_pool_init (RflBufferPool *pool, guint limit)
{
  *pool = (RflBufferPool){ .limit = limit };
}

/* Takes back what other threads have let go of. */
static void
pool_collect (RflBufferPool *pool)
{
  RflBuffer *buffer = __atomic_exchange_n (&pool->returned, NULL, __ATOMIC_ACQUIRE);

  while (buffer)
    {
      RflBuffer *next = buffer->next;
      buffer->next = pool->free;
      pool->free = buffer;
      pool->n_free++;
      buffer = next;
    }
}

void
buffer_pool_clear (RflBufferPool *pool)
{
  pool_collect (pool);
  g_warn_if_fail (pool->n_free == pool->allocated);
  while (pool->free)
    {
      RflBuffer *buffer = pool->free;
      pool->free = buffer->next;
      g_free (buffer);
    }
  pool->n_free = pool->allocated = 0;
}

RflBuffer *
buffer_new (RflBufferPool *pool)
{
  RflBuffer *buffer;

  if (pool->free == NULL)
    pool_collect (pool);
  buffer = pool->free;
  if (buffer)
    {
      pool->free = buffer->next;
      pool->n_free--;
    }
  else
    {
      buffer = g_malloc (sizeof *buffer);
      buffer->pool = pool;
      __atomic_store_n (&pool->allocated, pool->allocated + 1, __ATOMIC_RELAXED);
    }
  buffer->next = NULL;
  buffer->data = buffer->room;
  buffer->len = 0;
  __atomic_store_n (&buffer->refs, 1, __ATOMIC_RELAXED);
  return buffer;
}

gsize
buffer_pool_size (const RflBufferPool *pool)
{
  return __atomic_load_n (&pool->allocated, __ATOMIC_RELAXED) * sizeof (RflBuffer);
}

gboolean
buffer_pool_can_spare (RflBufferPool *pool, guint n)
{
  if (pool->n_free + (pool->limit - MIN (pool->limit, pool->allocated)) >= n)
    return TRUE;
  pool_collect (pool);
  return pool->n_free + (pool->limit - MIN (pool->limit, pool->allocated)) >= n;
}

RflBuffer *
buffer_ref (RflBuffer *buffer)
{
  __atomic_add_fetch (&buffer->refs, 1, __ATOMIC_RELAXED);
  return buffer;
}

void
buffer_unref (RflBuffer *buffer, RflBufferPool *mine)
{
  RflBufferPool *pool = buffer->pool;

  if (__atomic_sub_fetch (&buffer->refs, 1, __ATOMIC_ACQ_REL) > 0)
    return;
  if (pool == mine)
    {
      buffer->next = pool->free;
      pool->free = buffer;
      pool->n_free++;
      return;
    }
  buffer->next = __atomic_load_n (&pool->returned, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n (&pool->returned, &buffer->next, buffer, TRUE,
                                       __ATOMIC_RELEASE, __ATOMIC_RELAXED))
    ;
}
