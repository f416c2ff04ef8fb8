/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Legs of RFL_LEG_ONE: one continuous stream (own SSRC, sequence numbers and timestamps) that
 * carries one source at a time: the one that rfl_leg_follow() names, else whoever sends until that one falls
 * silent or vanishes. Runs on the worker that owns the leg. When video may switch: one-video.c. Not
 * a judge of who speaks loudest.
 */
#include "core/path/worker.h"
#include <reflector/rtp.h>
#include <string.h>

#define SILENCE (500 * G_TIME_SPAN_MILLISECOND)
/* A jump of this many in sequence numbers is a new stream under the old name (RFC 3550 A.1). */
#define MAX_DROPOUT 3000

void
one_begin (WorkerLeg *leg, WorkerSource *source, const RflBuffer *b)
{
  OneState *one = &leg->one;
  guint32 rate = leg->route->rate[b->format] ? leg->route->rate[b->format] : 8000;
  gint64 elapsed = one->started ? MAX (b->arrival - one->out_time, 0) : 0;
  guint32 step = (guint32) MAX (elapsed * rate / G_USEC_PER_SEC, 1);

  numbers_begin (&one->seq, 16, b->seq, (guint16) (one->out_seq + 1));
  one->ts_delta = one->out_ts + step - b->timestamp;
  one->pictures.begun = FALSE;
  one->pictures.id.bits = 0;
  one->started = TRUE;
  one->frame_open = FALSE;
  one->strays = 0;
  one_budget_restart (&one->budget, b->timestamp);
  one->current = source;
  STAT_SET (leg->stats.following, source->ssrc);
}

gboolean
one_is_stray (const OneState *one, const RflBuffer *b)
{
  return ABS (rfl_seq_diff (b->seq, one->seq.high)) > MAX_DROPOUT;
}

void
one_forget (RflWorker *w, WorkerLeg *leg)
{
  one_wait (w, leg, NULL);
  leg->one.current = NULL;
  leg->one.frame_open = FALSE;
  STAT_SET (leg->stats.following, 0);
}

/* ---- writing ---- */

/* The frame that was open before is over when another one begins, whether its end came or not. */
static void
note_out (WorkerLeg *leg, const RflBuffer *b, guint16 seq, guint32 timestamp, gboolean switched)
{
  OneState *one = &leg->one;

  if (!switched && rfl_seq_diff (seq, one->out_seq) <= 0)
    return;
  one->out_seq = seq;
  one->frame_open = (b->data[1] & 0x80) == 0;
  if (!switched && (gint32) (timestamp - one->out_ts) <= 0)
    return;
  one->out_ts = timestamp;
  one->out_time = b->arrival;
  STAT_SET (leg->stats.last_timestamp, timestamp);
  STAT_SET (leg->stats.last_sent, b->arrival);
}

static inline const guint8 *
get_payload (const RflBuffer *b)
{
  return b->data + b->payload_at;
}

void
one_read_video (const WorkerRoute *route, const RflBuffer *b, WireVideo *out)
{
  *out = (WireVideo){ 0 };
  if (route->codec[b->format] == WIRE_VIDEO_NONE) /* nobody can tell: as good as any */
    out->begins = out->key = out->slice = TRUE;
  else
    wire_video_read (route->codec[b->format], get_payload (b), b->payload_len, out);
}

static void
add_releveled (Parcels *p, const WorkerLeg *leg, const RflBuffer *b, guint8 *head, guint gso_max)
{
  ParcelPatch patch;

  level_rewrite (leg->one.current, leg->level, b, head, &patch);
  parcels_add_patched (p, b, head, &patch, gso_max);
}

static void
add_patched (Parcels *p, WorkerLeg *leg, const RflBuffer *b, const WireVideo *video, guint8 *head,
             guint gso_max)
{
  guint8 *patch = head + PARCELS_HEAD;
  gsize len, size;

  size = one_pictures_write (&leg->one.pictures, leg->route->codec[b->format], video,
                             get_payload (b), patch, &len);
  if (size)
    parcels_add_patched (p, b, head, &(ParcelPatch){ b->payload_at, len, patch, size }, gso_max);
  else
    parcels_add (p, b, head, gso_max);
}

gboolean
one_put (RflWorker *w, Parcels *p, WorkerLeg *leg, const RflBuffer *b, const WireVideo *video,
         gboolean switched)
{
  OneState *one = &leg->one;
  guint gso_max = leg->stages ? 0 : w->send.gso_max;
  guint32 timestamp = b->timestamp + one->ts_delta, ts_be = g_htonl (timestamp);
  guint16 seq, seq_be;
  guint8 *head;

  if (leg->pt[b->format] == RFL_PT_NONE || !numbers_map (&one->seq, b->seq, &seq))
    return FALSE;
  head = parcels_new_head (p, b, leg->pt[b->format], one->ssrc);
  if (switched && !leg->route->video) /* a talkspurt begins; with video it would end a frame */
    head[1] |= 0x80;
  seq_be = g_htons (seq);
  memcpy (head + 2, &seq_be, 2);
  memcpy (head + 4, &ts_be, 4);
  note_out (leg, b, seq, timestamp, switched);
  one_budget_pay (&one->budget, b->len, b->arrival);
  if (video && (video->picture_at || video->tl0_at || video->key_at))
    add_patched (p, leg, b, video, head, gso_max);
  else if (level_differs (one->current, leg->level, b))
    add_releveled (p, leg, b, head, gso_max);
  else
    parcels_add (p, b, head, gso_max);
  return TRUE;
}

void
one_send (RflWorker *w, WorkerSource *source, const LegEntry *entry, Parcels *p, gint64 arrival)
{
  if (entry->leg->stages && p->n)
    worker_send_staged (w, source, entry, p, arrival);
  else
    send_queue_add (w, entry->socket->socket, &entry->local, &entry->remote, p, entry->leg);
}

/* What is left out on purpose leaves no gap behind. */
void
one_leave_out (WorkerLeg *leg, const RflBuffer *b)
{
  leg->one.heard = b->arrival;
  numbers_leave_out (&leg->one.seq, b->seq);
}

gboolean
one_spares (RflWorker *w, WorkerLeg *leg, const RflBuffer *b, const WireVideo *video)
{
  OneState *one = &leg->one;
  OneVerdict verdict;

  if (one->budget.limit == 0)
    return FALSE;
  verdict = one_budget_judge (&one->budget, b, video);
  if (verdict == ONE_TAKES)
    return FALSE;
  if (verdict == ONE_LEAVES_OUT_FRAME)
    one_pictures_leave_out (&one->pictures, leg->route->codec[b->format], video, get_payload (b));
  one_leave_out (leg, b);
  worker_count (w, COUNT_LEFT_OUT, 1);
  STAT_ADD (leg->stats.left_out, 1);
  return TRUE;
}

/* ---- without keyframes ---- */

/* Whether @leg takes a packet of @source; switches when it may. */
static gboolean
takes (WorkerLeg *leg, WorkerSource *source, const RflBuffer *b, gboolean *switched)
{
  OneState *one = &leg->one;

  *switched = FALSE;
  if (one->current == source && !one_is_stray (one, b))
    return TRUE;
  if (one->current != source && source != one->wanted && one->current
      && (one->current == one->wanted || b->arrival - one->heard < SILENCE))
    return FALSE;
  one_begin (leg, source, b);
  *switched = TRUE;
  return TRUE;
}

static void
serve (const OneRun *run, const LegEntry *entry)
{
  WorkerLeg *leg = entry->leg;
  Parcels *p = send_queue_own_parcels (run->w);
  gboolean switched;

  for (guint i = 0; i < run->n; i++)
    {
      const RflBuffer *b = run->packets[i];

      if (leg->pt[b->format] == RFL_PT_NONE)
        {
          worker_count (run->w, COUNT_LEG_FORMAT_MISSING, 1);
          if (leg->one.current == run->source)
            one_leave_out (leg, b);
        }
      else if (takes (leg, run->source, b, &switched))
        {
          leg->one.heard = b->arrival;
          one_put (run->w, p, leg, b, NULL, switched);
        }
    }
  one_send (run->w, run->source, entry, p, run->packets[0]->arrival);
}

/* ---- all ---- */

gboolean
one_may_get (const LegEntry *entry, const WorkerSource *source)
{
  return !(entry->owner && entry->owner == source->owner) && !(entry->local_only && !source->local);
}

void
worker_serve_ones (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n)
{
  LegList *ones = &source->route->ones;
  OneRun r = { .w = w, .source = source, .packets = run, .n = n };

  if (source->route->video)
    one_video_serve (&r);
  else
    for (guint i = 0; i < ones->n; i++)
      if (one_may_get (&ones->entries[i], source))
        serve (&r, &ones->entries[i]);
  send_queue_flush (w);
}

void
one_forget_source (RflWorker *w, const WorkerSource *source)
{
  LegList *ones = &source->route->ones;

  for (guint i = 0; i < ones->n; i++)
    {
      WorkerLeg *leg = ones->entries[i].leg;
      if (leg->one.waiting == source)
        one_wait (w, leg, NULL);
      if (leg->one.current == source)
        one_forget (w, leg);
    }
}
