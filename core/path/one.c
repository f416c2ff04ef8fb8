/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Legs of RFL_LEG_ONE: one continuous stream (own SSRC, sequence numbers and timestamps) that
 * follows one source until that falls silent or vanishes, then the next active one. Runs on
 * the worker that owns the leg. Not a judge of who speaks loudest.
 */
#include "core/path/worker.h"
#include <reflector/rtp.h>
#include <string.h>

#define SILENCE_AUDIO (500 * G_TIME_SPAN_MILLISECOND)
#define SILENCE_VIDEO (1 * G_TIME_SPAN_SECOND)
/* A jump of this many in sequence numbers is a new stream under the old name (RFC 3550 A.1). */
#define MAX_DROPOUT 3000

/* From this packet on the leg's numbers continue those of its last packet; time has passed. */
static void
begin (RflWorker *w, WorkerLeg *leg, WorkerSource *source, const RflBuffer *b)
{
  OneState *one = &leg->one;
  guint32 rate = leg->route->rate[b->format] ? leg->route->rate[b->format] : 8000;
  gint64 elapsed = one->started ? MAX (b->arrival - one->out_time, 0) : 0;
  guint32 step = (guint32) MAX (elapsed * rate / G_USEC_PER_SEC, 1);

  one->seq_delta = (guint16) (one->out_seq + 1 - b->seq);
  one->ts_delta = one->out_ts + step - b->timestamp;
  one->in_high = b->seq;
  one->in_count = 0;
  one->started = TRUE;
  one->current = source;
  STAT_SET (leg->stats.following, source->ssrc);
}

static void
ask_keyframe (RflWorker *w, WorkerSource *source)
{
  Upcall upcall = { .type = UPCALL_KEYFRAME, .source_id = source->id };
  worker_upcall (w, TRUE, &upcall);
}

/* Whether @leg takes a packet of @source that arrived at @now; switches when it may. */
static gboolean
follow (RflWorker *w, WorkerLeg *leg, WorkerSource *source, const RflBuffer *b, gboolean *switched)
{
  OneState *one = &leg->one;
  gint64 silence = leg->route->video ? SILENCE_VIDEO : SILENCE_AUDIO;

  *switched = FALSE;
  if (one->current != source)
    {
      if (one->current && b->arrival - one->heard < silence)
        return FALSE;
      begin (w, leg, source, b);
      *switched = TRUE;
      if (leg->route->video)
        ask_keyframe (w, source);
    }
  else if (ABS (rfl_seq_diff (b->seq, one->in_high)) > MAX_DROPOUT)
    {
      begin (w, leg, source, b);
      *switched = TRUE;
    }
  one->heard = b->arrival;
  return TRUE;
}

/* Keeps track of the source's sequence. Returns: %FALSE for a packet from before the switch. */
static gboolean
advance (OneState *one, const RflBuffer *b)
{
  gint16 ahead = rfl_seq_diff (b->seq, one->in_high);

  if (one->in_count + ahead < 0)
    return FALSE;
  if (ahead > 0)
    {
      one->in_high = b->seq;
      one->in_count += ahead;
    }
  return TRUE;
}

static guint8 *
write_head (Parcels *p, WorkerLeg *leg, const RflBuffer *b, guint8 pt, gboolean switched)
{
  OneState *one = &leg->one;
  guint8 *head = parcels_new_head (p, b, pt, one->ssrc);
  guint16 seq = b->seq + one->seq_delta;
  guint32 timestamp = b->timestamp + one->ts_delta;
  guint16 seq_be = g_htons (seq);
  guint32 ts_be = g_htonl (timestamp);

  if (switched && !leg->route->video) /* a talkspurt begins; with video it would end a frame */
    head[1] |= 0x80;
  memcpy (head + 2, &seq_be, 2);
  memcpy (head + 4, &ts_be, 4);
  if (switched || rfl_seq_diff (seq, one->out_seq) > 0)
    {
      one->out_seq = seq;
      one->out_ts = timestamp;
      one->out_time = b->arrival;
      STAT_SET (leg->stats.last_timestamp, timestamp);
      STAT_SET (leg->stats.last_sent, b->arrival);
    }
  return head;
}

/* What is left out on purpose leaves no gap behind. */
static void
leave_out (RflWorker *w, WorkerLeg *leg, WorkerSource *source, const RflBuffer *b)
{
  OneState *one = &leg->one;

  worker_count (w, COUNT_LEG_FORMAT_MISSING, 1);
  if (one->current != source)
    return;
  one->heard = b->arrival;
  if (rfl_seq_diff (b->seq, one->in_high) <= 0)
    return;
  one->seq_delta--;
  one->in_high = b->seq; /* what was sent before it and comes later would get a number twice */
  one->in_count = -1;
}

static void
serve (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n, const LegEntry *entry)
{
  WorkerLeg *leg = entry->leg;
  Parcels *p = send_queue_own_parcels (w);
  guint gso_max = leg->stages ? 0 : w->send.gso_max;
  gboolean switched;

  for (guint i = 0; i < n; i++)
    {
      const RflBuffer *b = run[i];
      guint8 pt = leg->pt[b->format];

      if (pt == RFL_PT_NONE)
        leave_out (w, leg, source, b);
      else if (follow (w, leg, source, b, &switched) && advance (&leg->one, b))
        parcels_add (p, b, write_head (p, leg, b, pt, switched), gso_max);
    }
  if (leg->stages && p->n)
    worker_send_staged (w, source, entry, p, run[0]->arrival);
  else
    send_queue_add (w, entry->socket->socket, &entry->local, &entry->remote, p, leg);
}

void
worker_serve_ones (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n)
{
  LegList *ones = &source->route->ones;

  for (guint i = 0; i < ones->n; i++)
    {
      const LegEntry *entry = &ones->entries[i];
      if ((entry->owner && entry->owner == source->owner) || (entry->local_only && !source->local))
        continue;
      serve (w, source, run, n, entry);
    }
  send_queue_flush (w);
}

void
one_forget_source (WorkerRoute *route, const WorkerSource *source)
{
  for (guint i = 0; i < route->ones.n; i++)
    {
      WorkerLeg *leg = route->ones.entries[i].leg;
      if (leg->one.current == source)
        {
          leg->one.current = NULL;
          STAT_SET (leg->stats.following, 0);
        }
    }
}
