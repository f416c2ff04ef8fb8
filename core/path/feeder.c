/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeders: frames from one thread of a plugin's to the workers, each by a ring of its own. Does not send:
 * mix.c.
 */
#include "core/path/path-private.h"
#include <reflector/rtp.h>
#include <string.h>

static guint
round_up (guint capacity)
{
  guint size = 1;

  while (size < capacity && size < G_MAXINT / 2)
    size *= 2;
  return size;
}

RflFeeder *
rfl_feeder_new (RflPath *path, guint capacity)
{
  Message message = { .type = MESSAGE_FEEDER_ADD };
  RflFeeder *feeder;

  g_return_val_if_fail (path && capacity && capacity <= FEEDER_MAX_CAPACITY, NULL);
  feeder = g_new0 (RflFeeder, 1);
  feeder->path = path;
  feeder->capacity = round_up (capacity);
  copies_init (&feeder->copies, path, sizeof (WorkerFeeder));
  buffer_pool_init (&feeder->pool, feeder->capacity * path->n_workers);
  for (guint w = 0; w < path->n_workers; w++)
    {
      WorkerFeeder *copy = copies_get (&feeder->copies, w);
      ring_init (&copy->ring, feeder->capacity, sizeof (FrameItem));
    }
  g_ptr_array_add (path->feeders, feeder);
  path_post (path, &message, &feeder->copies, NULL);
  return feeder;
}

static void
feeder_free_memory (gpointer data)
{
  RflFeeder *feeder = data;

  for (guint w = 0; w < feeder->path->n_workers; w++)
    {
      WorkerFeeder *copy = copies_get (&feeder->copies, w);
      FrameItem *item;

      while ((item = ring_peek (&copy->ring)) != NULL)
        {
          buffer_unref (item->buffer, &feeder->pool);
          ring_pop (&copy->ring);
        }
      ring_clear (&copy->ring);
    }
  copies_clear (&feeder->copies);
  buffer_pool_clear (&feeder->pool);
  g_free (feeder);
}

void
rfl_feeder_free (RflFeeder *feeder)
{
  Message message = { .type = MESSAGE_FEEDER_REMOVE };

  if (feeder == NULL)
    return;
  g_ptr_array_remove (feeder->path->feeders, feeder);
  path_post (feeder->path, &message, &feeder->copies, NULL);
  path_retire (feeder->path, feeder, feeder_free_memory);
}

/* ---- the feeder's thread ---- */

static gboolean
is_within_limits (const RflFrame *frame)
{
  return frame->format < RFL_ROUTE_MAX_FORMATS && frame->len <= RFL_FRAME_MAX_PAYLOAD
         && frame->n_csrc <= RFL_FRAME_MAX_CSRC && frame->n_except <= RFL_FRAME_MAX_EXCEPT
         && (frame->payload || frame->len == 0) && (frame->csrc || frame->n_csrc == 0)
         && (frame->except || frame->n_except == 0);
}

static RflBuffer *
make_packet (RflFeeder *feeder, const RflFrame *frame)
{
  RflBuffer *b = buffer_new (&feeder->pool);
  guint8 *at = b->data + RFL_RTP_MIN_HEADER;

  memset (b->data, 0, RFL_RTP_MIN_HEADER);
  b->data[0] = 0x80 | frame->n_csrc;
  b->data[1] = frame->marker ? 0x80 : 0;
  for (guint i = 0; i < frame->n_csrc; i++, at += 4)
    {
      guint32 be = g_htonl (frame->csrc[i]);
      memcpy (at, &be, 4);
    }
  if (frame->len)
    memcpy (at, frame->payload, frame->len);
  b->len = at + frame->len - b->data;
  b->payload_len = frame->len;
  b->timestamp = frame->timestamp;
  b->format = frame->format;
  return b;
}

static gboolean
hand_over (WorkerFeeder *to, RflBuffer *b, const RflFrame *frame)
{
  FrameItem *item = ring_reserve (&to->ring);

  if (item == NULL)
    {
      STAT_ADD (to->dropped, 1);
      return FALSE;
    }
  item->buffer = buffer_ref (b);
  item->feed = frame->feed->id;
  item->seq = frame->feed->seq;
  item->only = frame->only;
  item->past_block = frame->past_block;
  item->n_except = frame->n_except;
  for (guint i = 0; i < frame->n_except; i++)
    item->except[i] = frame->except[i];
  ring_push (&to->ring);
  return TRUE;
}

static gboolean
refuse (RflFeeder *feeder)
{
  WorkerFeeder *to = copies_get (&feeder->copies, 0);

  STAT_ADD (to->refused, 1);
  feeder->pending |= 1;
  return FALSE;
}

gboolean
rfl_feeder_push (RflFeeder *feeder, const RflFrame *frame)
{
  guint64 workers;
  gboolean taken = TRUE;
  RflBuffer *b;

  g_return_val_if_fail (feeder && frame && frame->feed, FALSE);
  if (!is_within_limits (frame))
    return refuse (feeder);
  workers = STAT_GET (frame->feed->workers);
  if (workers == 0) /* nobody listens */
    return TRUE;
  b = make_packet (feeder, frame);
  for (guint w = 0; w < feeder->path->n_workers; w++)
    if (workers >> w & 1)
      taken &= hand_over (copies_get (&feeder->copies, w), b, frame);
  buffer_unref (b, &feeder->pool);
  feeder->pending |= workers;
  return taken;
}

void
rfl_feeder_flush (RflFeeder *feeder)
{
  for (guint w = 0; w < feeder->path->n_workers; w++)
    if (feeder->pending >> w & 1)
      worker_wake (feeder->path->workers[w]);
  feeder->pending = 0;
}
