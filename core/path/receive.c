/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What came in: sorted into RTP, RTCP and the rest, checked, led through the port's stages, tied
 * to its source or parked, and handed on in runs of one source. Does not send.
 */
#include "core/path/path-private.h"
#include <reflector/rtp.h>

static void
tell_main (RflWorker *w, WorkerPort *port, RflBuffer *buffer, UpcallType type)
{
  WorkerFlow *flow = g_hash_table_lookup (port->flows, &buffer->remote);
  Upcall upcall = { .type = type, .port = port->main, .buffer = buffer };

  if (flow)
    STAT_SET (flow->last_seen, buffer->arrival);
  else if (!park_may_ask (&w->park, &buffer->remote, buffer->arrival))
    {
      worker_count (w, COUNT_STRANGERS_LIMITED, 1);
      return;
    }
  worker_upcall (w, flow != NULL, &upcall);
}

/* Reads the header into @buffer. */
static gboolean
read_header (RflBuffer *buffer)
{
  RflRtp rtp;

  if (!rfl_rtp_parse (&rtp, buffer->data, buffer->len))
    return FALSE;
  buffer->pt = rtp.pt;
  buffer->seq = rtp.seq;
  buffer->timestamp = rtp.timestamp;
  buffer->ssrc = rtp.ssrc;
  buffer->payload_len = rtp.payload_len;
  buffer->payload_at = rtp.header_len;
  return TRUE;
}

static void
sort_packet (RflWorker *w, WorkerPort *port, RflBuffer *buffer)
{
  switch (rfl_packet_classify (buffer->data, buffer->len))
    {
    case RFL_CLASS_RTP:
      if (read_header (buffer))
        w->batch[w->n_batch++] = buffer;
      else
        worker_count (w, COUNT_MALFORMED, 1);
      break;
    case RFL_CLASS_RTCP:
      tell_main (w, port, buffer, UPCALL_RTCP);
      break;
    default:
      if (port->wants_other)
        tell_main (w, port, buffer, UPCALL_OTHER);
      else
        worker_count (w, COUNT_OTHER_DROPPED, 1);
    }
}

static void
fill_packets (RflWorker *w, guint from, guint to)
{
  for (guint i = from; i < to; i++)
    {
      RflBuffer *b = w->batch[i];
      WorkerSource *source = w->batch_source[i];
      w->packets[i] = (RflPacket){ .data = b->data,
                                   .len = b->len,
                                   .size = (gsize) (b->room + RFL_BUFFER_SIZE - b->data),
                                   .local = &b->local,
                                   .remote = &b->remote,
                                   .arrival = b->arrival,
                                   .format = b->format,
                                   .source_id = source ? source->id : 0,
                                   .ssrc = source ? source->ssrc : 0,
                                   .muted = source && source->muted };
    }
}

/* Runs stages @from to @to; what does not pass leaves the batch. */
static void
run_stages (RflWorker *w, const StageArray *stages, guint from, guint to)
{
  guint kept = 0;

  fill_packets (w, 0, w->n_batch);
  for (guint i = from; i < to; i++)
    stages->stage[i].func (w->packets, w->n_batch, w->index, stages->stage[i].context);
  for (guint i = 0; i < w->n_batch; i++)
    {
      RflPacket *packet = &w->packets[i];
      RflBuffer *b = w->batch[i];

      if (packet->verdict == RFL_VERDICT_DROP)
        worker_count (w, COUNT_STAGE_DROPPED, 1);
      if (packet->verdict != RFL_VERDICT_PASS)
        continue;
      b->data = packet->data;
      b->len = packet->len;
      if (!read_header (b)) /* a stage may have changed anything */
        {
          worker_count (w, COUNT_MALFORMED, 1);
          continue;
        }
      w->batch_source[kept] = w->batch_source[i];
      w->batch[kept++] = b;
    }
  w->n_batch = kept;
}

static gboolean
passes_window (RflWorker *w, WorkerSource *source, const RflBuffer *b)
{
  WindowVerdict verdict = window_take (&source->window, b->seq, b->arrival);

  if (verdict == WINDOW_NEW)
    return TRUE;
  worker_count (w, verdict == WINDOW_DOUBLE ? COUNT_DOUBLE : COUNT_STRAY, 1);
  return FALSE;
}

/* Ties a packet to its source. Returns: %FALSE if its payload type was not agreed, or it came
 * before */
static gboolean
accept_packet (RflWorker *w, WorkerSource *source, RflBuffer *b)
{
  RflSourceStats *stats = &source->stats;

  b->format = source->map->index[b->pt];
  if (b->format >= RFL_ROUTE_MAX_FORMATS)
    {
      worker_count (w, COUNT_PT_REFUSED, 1);
      return FALSE;
    }
  if (source->windowed && !passes_window (w, source, b))
    return FALSE;
  STAT_ADD (stats->packets, 1);
  STAT_ADD (stats->octets, b->payload_len);
  STAT_SET (stats->last_seen, b->arrival);
  STAT_SET (stats->last_seq, b->seq);
  STAT_SET (stats->last_timestamp, b->timestamp);
  reception_note (&source->reception, b->seq, b->timestamp, b->arrival,
                  source->route->companions >> b->format & 1 ? 0 : source->route->rate[b->format]);
  return TRUE;
}

static void
ask (RflWorker *w, WorkerPort *port, ParkEntry *entry, RflBuffer *b, gboolean known)
{
  Upcall upcall = {
    .type = UPCALL_UNKNOWN, .port = port->main, .buffer = b, .ticket = entry->ticket
  };

  if (!worker_upcall (w, known, &upcall)) /* the next packet asks again */
    worker_drop_parked (w, park_take (&w->park, entry), COUNT_PARK_OVERFLOW);
}

static gboolean
may_ask (RflWorker *w, WorkerFlow *flow, const RflBuffer *b)
{
  if (flow ? token_bucket_take (&flow->asking, PARK_FLOW_RATE, PARK_FLOW_BURST, b->arrival)
           : park_may_ask (&w->park, &b->remote, b->arrival))
    return TRUE;
  worker_count (w, flow ? COUNT_UNKNOWN_LIMITED : COUNT_STRANGERS_LIMITED, 1);
  return FALSE;
}

static void
park_packet (RflWorker *w, WorkerPort *port, RflBuffer *b, WorkerFlow *flow)
{
  ParkKey key = { .port = port, .remote = b->remote, .ssrc = b->ssrc };
  ParkEntry *entry = park_find (&w->park, port, &b->remote, b->ssrc);

  if (entry == NULL && !may_ask (w, flow, b))
    return;
  if (!buffer_pool_can_spare (&w->pool, 2 * WORKER_BATCH))
    {
      worker_count (w, COUNT_PARK_OVERFLOW, 1);
      return;
    }
  switch (park_add (&w->park, &entry, &key, flow != NULL, b))
    {
    case PARK_ASK:
      worker_count (w, COUNT_PARKED, 1);
      ask (w, port, entry, b, flow != NULL);
      break;
    case PARK_WAIT:
      worker_count (w, COUNT_PARKED, 1);
      break;
    case PARK_REFUSED:
      worker_count (w, COUNT_PARK_REFUSED, 1);
      break;
    case PARK_OVERFLOW:
    case PARK_FULL:
      worker_count (w, COUNT_PARK_OVERFLOW, 1);
      break;
    }
}

/* Whether something of the same key waits, which must go first. */
static gboolean
others_wait (RflWorker *w, WorkerPort *port, const RflBuffer *b)
{
  ParkEntry *entry;

  if (park_is_empty (&w->park))
    return FALSE;
  entry = park_find (&w->park, port, &b->remote, b->ssrc);
  return entry && !entry->refused;
}

/* Whoever made the source may know more of a number than its map says, and is asked once. */
static gboolean
may_be_learnt (const WorkerPort *port, WorkerSource *source, const RflBuffer *b)
{
  guint64 bit = (guint64) 1 << (b->pt & 63), *asked = &source->asked_pt[b->pt >> 6];

  if (source->map->index[b->pt] != RFL_PT_NONE || !port->wants_unmapped || (*asked & bit))
    return FALSE;
  *asked |= bit;
  return TRUE;
}

static void
resolve_batch (RflWorker *w, WorkerPort *port)
{
  guint kept = 0;

  for (guint i = 0; i < w->n_batch; i++)
    {
      RflBuffer *b = w->batch[i];
      WorkerFlow *flow = g_hash_table_lookup (port->flows, &b->remote);
      WorkerSource *source = flow ? worker_find_source (w, flow, b->ssrc) : NULL;

      if (flow)
        STAT_SET (flow->last_seen, b->arrival);
      if (source == NULL || others_wait (w, port, b) || may_be_learnt (port, source, b))
        {
          park_packet (w, port, b, flow);
          continue;
        }
      if (!accept_packet (w, source, b))
        continue;
      w->batch_source[kept] = source;
      w->batch[kept++] = b;
    }
  w->n_batch = kept;
}

/* Shows the @n packets from @at on to those who tap their route; what they say does not count. */
static void
run_taps (RflWorker *w, const StageArray *taps, guint at, guint n)
{
  for (guint i = 0; i < taps->n; i++)
    {
      fill_packets (w, at, at + n);
      taps->stage[i].func (&w->packets[at], n, w->index, taps->stage[i].context);
    }
}

/* @n packets of one source, from @at on */
static void
finish_run (RflWorker *w, guint at, guint n)
{
  WorkerSource *source = w->batch_source[at];

  if (source->route->taps)
    run_taps (w, source->route->taps, at, n);
  if (source->muted)
    worker_count (w, COUNT_MUTED, n);
  else
    worker_fanout (w, source, &w->batch[at], n);
}

/* From here on every packet of the batch has its source. */
static void
finish_batch (RflWorker *w, const StageArray *stages)
{
  if (stages && stages->n > stages->n_before)
    run_stages (w, stages, stages->n_before, stages->n);
  for (guint i = 0, n; i < w->n_batch; i += n)
    {
      n = 1;
      while (i + n < w->n_batch && w->batch_source[i + n] == w->batch_source[i])
        n++;
      finish_run (w, i, n);
    }
  w->n_batch = 0;
}

static void
resume (RflWorker *w, WorkerPort *port, WorkerSource *source, RflBuffer *list)
{
  while (list)
    {
      RflBuffer *taken[WORKER_BATCH];
      guint n = 0;

      w->n_batch = 0;
      for (; list && n < WORKER_BATCH; n++)
        {
          taken[n] = list;
          list = list->next;
          if (!accept_packet (w, source, taken[n]))
            continue;
          w->batch_source[w->n_batch] = source;
          w->batch[w->n_batch++] = taken[n];
        }
      finish_batch (w, port->stages);
      for (guint i = 0; i < n; i++)
        buffer_unref (taken[i], &w->pool);
    }
}

void
worker_drop_parked (RflWorker *w, RflBuffer *list, CountType why)
{
  while (list)
    {
      RflBuffer *next = list->next;
      buffer_unref (list, &w->pool);
      worker_count (w, why, 1);
      list = next;
    }
}

void
worker_unpark (RflWorker *w, ParkEntry *entry, CountType otherwise)
{
  WorkerPort *port = entry->key.port;
  WorkerFlow *flow = g_hash_table_lookup (port->flows, &entry->key.remote);
  WorkerSource *source = flow ? worker_find_source (w, flow, entry->key.ssrc) : NULL;
  RflBuffer *list = park_take (&w->park, entry);

  if (source)
    resume (w, port, source, list);
  else
    worker_drop_parked (w, list, otherwise);
}

static guint
take_in (RflWorker *w, WorkerSocket *socket)
{
  guint n;

  for (guint i = 0; i < WORKER_BATCH; i++)
    {
      w->received[i].data = w->slots[i]->room;
      w->received[i].size = RFL_BUFFER_SIZE;
    }
  n = w->transport->receive (socket->socket, w->received, WORKER_BATCH);
  if (n == 0)
    return 0;
  w->now = rfl_clock_now (w->clock);
  STAT_ADD (w->n_packets, n);
  STAT_ADD (w->n_batches, 1);
  worker_count (w, COUNT_RECEIVED, n);
  for (guint i = 0; i < n; i++)
    {
      RflBuffer *b = w->slots[i];
      b->local = w->received[i].local;
      b->remote = w->received[i].remote;
      b->data = b->room;
      b->len = w->received[i].len;
      b->arrival = w->now;
      b->format = 0;
    }
  return n;
}

guint
worker_receive (RflWorker *w, WorkerSocket *socket)
{
  WorkerPort *port = socket->port;
  guint n = take_in (w, socket);

  w->n_batch = 0;
  for (guint i = 0; i < n; i++)
    {
      if (w->received[i].truncated)
        worker_count (w, COUNT_TRUNCATED, 1);
      else
        sort_packet (w, port, w->slots[i]);
      w->batch_source[i] = NULL;
    }
  if (w->n_batch && port->stages && port->stages->n_before)
    run_stages (w, port->stages, 0, port->stages->n_before);
  resolve_batch (w, port);
  finish_batch (w, port->stages);
  for (guint i = 0; i < n; i++)
    if (buffer_is_shared (w->slots[i]))
      {
        buffer_unref (w->slots[i], &w->pool);
        w->slots[i] = buffer_new (&w->pool);
      }
  return n;
}
