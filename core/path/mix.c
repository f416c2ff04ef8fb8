/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of feeds to the legs that hang on them: the payload is shared, each leg gets a header of its own. What
 * is done for a leg is little more than to fill in a message. Does not decide who hears what: the frame says so.
 */
#include "core/path/worker.h"
#include <reflector/clock.h>
#include <reflector/rtp.h>
#include <string.h>

/* So many of each feeder before others have their turn. */
#define FRAME_BATCH 32

static gboolean
is_for (const FrameItem *item, const LegEntry *entry)
{
  if (item->only)
    return entry->owner == item->only && (!entry->blocked || item->past_block);
  if (entry->blocked)
    return FALSE;
  for (guint i = 0; i < item->n_except; i++)
    if (entry->owner == item->except[i])
      return FALSE;
  return TRUE;
}

static void
write_head (guint8 *head, WorkerLeg *leg, const RflBuffer *b, guint8 pt, gint64 now)
{
  MixState *mix = &leg->mix;
  guint32 timestamp = b->timestamp + mix->ts_offset, ts_be = g_htonl (timestamp);
  guint32 ssrc_be = g_htonl (mix->ssrc);
  guint16 seq_be = g_htons (mix->seq);

  head[0] = b->data[0];
  head[1] = (mix->started ? b->data[1] & 0x80 : 0x80) | pt;
  memcpy (head + 2, &seq_be, 2);
  memcpy (head + 4, &ts_be, 4);
  memcpy (head + 8, &ssrc_be, 4);
  mix->seq++;
  mix->started = TRUE;
  STAT_SET (leg->stats.last_timestamp, timestamp);
  STAT_SET (leg->stats.last_sent, now);
}

static void
send_plain (RflWorker *w, const LegEntry *entry, RflBuffer *b, guint8 pt)
{
  guint8 *head = send_queue_add_headed (w, entry, b);

  write_head (head, entry->leg, b, pt, w->now);
}

/* A copy that the stages may change. */
static void
send_staged (RflWorker *w, const LegEntry *entry, const RflBuffer *b, guint8 pt)
{
  RflBuffer *copy = buffer_new (&w->pool);

  write_head (copy->data, entry->leg, b, pt, w->now);
  memcpy (copy->data + RFL_RTP_MIN_HEADER, b->data + RFL_RTP_MIN_HEADER,
          b->len - RFL_RTP_MIN_HEADER);
  copy->len = b->len;
  copy->payload_len = b->payload_len;
  copy->format = b->format;
  if (worker_run_egress (w, 0, entry, &copy, 1, w->now) == 1)
    send_queue_add_whole (w, entry, copy);
  else
    buffer_unref (copy, &w->pool);
}

static void
serve (RflWorker *w, const LegList *legs, const FrameItem *item)
{
  RflBuffer *b = item->buffer;
  guint missing = 0;

  for (guint i = 0; i < legs->n; i++)
    {
      const LegEntry *entry = &legs->entries[i];
      guint8 pt;

      if (i + 2 < legs->n)
        __builtin_prefetch (&entry[2].leg->stages, 1);
      if (!is_for (item, entry))
        continue;
      pt = entry->leg->pt[b->format];
      if (pt == RFL_PT_NONE)
        missing++;
      else if (entry->leg->stages)
        send_staged (w, entry, b, pt);
      else
        send_plain (w, entry, b, pt);
    }
  if (missing)
    worker_count (w, COUNT_LEG_FORMAT_MISSING, missing);
}

/* What the feeder could not hand over: only workers and the main thread have counters. */
static void
count_lost (RflWorker *w, WorkerFeeder *feeder)
{
  guint64 dropped = STAT_GET (feeder->dropped), refused = STAT_GET (feeder->refused);

  if (dropped != feeder->told_dropped)
    worker_count (w, COUNT_FRAMES_DROPPED, dropped - feeder->told_dropped);
  if (refused != feeder->told_refused)
    worker_count (w, COUNT_FRAMES_REFUSED, refused - feeder->told_refused);
  feeder->told_dropped = dropped;
  feeder->told_refused = refused;
}

/* The payload leaves from the buffers: they are held until all is sent. */
static guint
take_from (RflWorker *w, WorkerFeeder *feeder)
{
  RflBuffer *held[FRAME_BATCH];
  guint n = 0;
  FrameItem *item;

  while (n < FRAME_BATCH && (item = ring_peek (&feeder->ring)) != NULL && item->seq <= w->seq)
    {
      const WorkerFeed *feed = g_hash_table_lookup (w->feeds, &item->feed);

      if (feed)
        serve (w, &feed->legs, item);
      held[n++] = item->buffer;
      ring_pop (&feeder->ring);
    }
  if (n == 0)
    return 0;
  send_queue_flush (w);
  for (guint i = 0; i < n; i++)
    buffer_unref (held[i], &w->pool);
  return n;
}

guint
worker_take_frames (RflWorker *w)
{
  guint n = 0;

  if (w->feeders->len == 0)
    return 0;
  w->now = rfl_clock_now (w->clock);
  for (guint i = 0; i < w->feeders->len; i++)
    {
      n += take_from (w, w->feeders->pdata[i]);
      count_lost (w, w->feeders->pdata[i]);
    }
  return n;
}
