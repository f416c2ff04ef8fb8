/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Packet buffers: a pool per worker and a reference count, so that a packet can be parked,
 * shown to the main thread or handed to another worker without being copied. Not for
 * anything that is made outside the packet path.
 */
#pragma once

#include <reflector/address.h>

#define RFL_BUFFER_SIZE 2048
/* What an EGRESS stage may append (stage.h). */
#define RFL_BUFFER_TAIL 64

typedef struct _RflBuffer RflBuffer;

/**
 * RflBufferPool:
 * @free, @n_free: the owning worker's
 * @returned: what other threads gave back; a stack that only its owner empties
 * @allocated: how many exist; only its owner writes it
 * @limit: how many buffers may exist
 */
typedef struct {
  RflBuffer *free;
  guint n_free, allocated, limit;
  char apart[64];
  RflBuffer *returned;
} RflBufferPool;

/**
 * RflBuffer:
 * @next: whoever holds the packet in a list
 * @data, @len: the packet, in @room
 * @ssrc and what follows: read from the RTP header
 * @format: index in the route, once the source is known
 */
struct _RflBuffer {
  RflBuffer *next;
  RflBufferPool *pool;
  gint refs;
  RflAddress local, remote;
  gint64 arrival;
  guint8 *data;
  gsize len, payload_len;
  guint32 ssrc, timestamp;
  guint16 seq, payload_at; /* the latter: offset in @data */
  guint8 pt, format;
  guint8 room[RFL_BUFFER_SIZE + RFL_BUFFER_TAIL];
};

void buffer_pool_init (RflBufferPool *pool, guint limit);
/* All buffers must be back. */
void buffer_pool_clear (RflBufferPool *pool);
/* Owner only. Beyond the limit too: see buffer_pool_can_spare(). */
RflBuffer *buffer_new (RflBufferPool *pool);
/* Whether @n buffers may be held back from the owner. Owner only. */
gboolean buffer_pool_can_spare (RflBufferPool *pool, guint n);
/* Octets that the pool's buffers take, in use or free: a pool keeps what it once needed. Any thread. */
gsize buffer_pool_size (const RflBufferPool *pool);
RflBuffer *buffer_ref (RflBuffer *buffer);
/* @mine: the calling worker's own pool, or %NULL on the main thread. */
void buffer_unref (RflBuffer *buffer, RflBufferPool *mine);

static inline gboolean
buffer_is_shared (const RflBuffer *buffer)
{
  return __atomic_load_n (&buffer->refs, __ATOMIC_ACQUIRE) > 1;
}
