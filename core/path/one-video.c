/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When a leg of RFL_LEG_ONE that carries video switches: at a keyframe of the source that it waits for,
 * and between two frames of the one that it leaves, so that no picture breaks. Not for what a packet looks
 * like on the leg: one.c, one-picture.c.
 */
#include "core/path/worker.h"
#include <reflector/rtp.h>

/* Whoever has sent nothing for so long makes way for another, if nobody says whom to follow. */
#define SILENCE (1 * G_TIME_SPAN_SECOND)
#define ASK_INTERVAL (500 * G_TIME_SPAN_MILLISECOND)
/* Who does not come with a keyframe in this time lets another one try, if nobody says whom to follow. */
#define PATIENCE (3 * G_TIME_SPAN_SECOND)
/* How long the rest of a frame is waited for. */
#define FRAME_PATIENCE (100 * G_TIME_SPAN_MILLISECOND)

/* ---- whom to wait for ---- */

static gboolean
is_silent (const OneState *one, gint64 now)
{
  return one->current == NULL || now - one->heard >= SILENCE;
}

/* Whether the one that @one waits for stands in the way of another. */
static gboolean
is_waiting (const OneState *one, gint64 now)
{
  return one->waiting && now - one->waiting_heard < SILENCE
         && (one->waiting == one->wanted || now - one->waiting_since < PATIENCE);
}

static gboolean
wants (const OneState *one, const WorkerSource *source, gint64 now)
{
  if (one->current == source)
    return FALSE;
  if (one->wanted == source)
    return TRUE;
  if (one->current && one->current == one->wanted)
    return FALSE;
  return is_silent (one, now) && (one->waiting == source || !is_waiting (one, now));
}

void
one_wait (RflWorker *w, WorkerLeg *leg, WorkerSource *source)
{
  OneState *one = &leg->one;

  if (one->waiting == source)
    return;
  if (one->waiting && --one->waiting->unit->n_waiting == 0)
    one_unit_clear (w, one->waiting->unit);
  if (source)
    source->unit->n_waiting++;
  one->waiting = source;
}

/* Returns: whether @leg waits for @source */
static gboolean
consider (RflWorker *w, WorkerLeg *leg, WorkerSource *source, const RflBuffer *b)
{
  OneState *one = &leg->one;

  one->skip = 0;
  if (leg->pt[b->format] == RFL_PT_NONE || !wants (one, source, b->arrival))
    {
      if (one->waiting == source)
        one_wait (w, leg, NULL);
      return FALSE;
    }
  if (one->waiting != source)
    one->waiting_since = b->arrival;
  one_wait (w, leg, source);
  one->waiting_heard = b->arrival;
  return TRUE;
}

/* One question serves all legs: what it brings is what each of them waits for. */
static void
ask_keyframe (RflWorker *w, WorkerSource *source, gint64 now)
{
  Upcall upcall = { .type = UPCALL_KEYFRAME, .source_id = source->id };

  if (source->asked && now - source->asked < ASK_INTERVAL)
    return;
  source->asked = now;
  worker_upcall (w, TRUE, &upcall);
}

/* ---- switching ---- */

static gboolean
may_switch (const OneState *one, gint64 now)
{
  const OneUnit *unit = one->waiting ? one->waiting->unit : NULL;

  return unit && unit->ready
         && (!one->frame_open || is_silent (one, now) || unit->n == ONE_UNIT_MAX
             || now - unit->ready_at >= FRAME_PATIENCE);
}

static void
send_unit (RflWorker *w, const LegEntry *entry, WorkerSource *source)
{
  const OneUnit *unit = source->unit;

  for (guint at = 0; at < unit->n; at += SEND_RUN)
    {
      Parcels *p = send_queue_own_parcels (w);

      for (guint i = at; i < MIN (unit->n, at + SEND_RUN); i++)
        one_put (w, p, entry->leg, unit->packets[i].buffer, &unit->packets[i].video, i == 0);
      one_send (w, source, entry, p, unit->packets[at].buffer->arrival);
    }
}

static void
switch_over (RflWorker *w, const LegEntry *entry, gint64 now)
{
  OneState *one = &entry->leg->one;
  WorkerSource *source = one->waiting;
  const RflBuffer *first = source->unit->packets[0].buffer;

  one_begin (entry->leg, source, first);
  one->heard = now;
  if (entry->leg->route->codec[first->format] == WIRE_VIDEO_NONE)
    ask_keyframe (w, source, now); /* it cannot be told whether this was one */
  send_unit (w, entry, source);
  one_wait (w, entry->leg, NULL);
}

/* Legs that wait for the source: packet by packet, since what follows the switch goes the usual way. */
static void
serve_waiting (const OneRun *run)
{
  OneUnit *unit = run->source->unit;
  LegList *ones = &run->source->route->ones;
  gint64 now = run->packets[0]->arrival;

  for (guint i = 0; i < run->n && unit->n_waiting; i++)
    {
      if (!one_unit_add (run->w, unit, run->packets[i], &run->videos[i]))
        continue;
      for (guint k = 0; k < ones->n; k++)
        {
          const LegEntry *entry = &ones->entries[k];
          OneState *one = &entry->leg->one;

          if (one->waiting != run->source || !may_switch (one, now))
            continue;
          switch_over (run->w, entry, now);
          one->skip = i + 1;
        }
    }
  if (unit->n_waiting && !one_unit_has_begun (unit))
    ask_keyframe (run->w, run->source, now);
}

/* ---- carrying ---- */

/* Two packets in a row with numbers that follow on each other, but not on what was before: the sender has
 * begun anew under its old name, and a decoder has to, too. */
static gboolean
has_restarted (OneState *one, const RflBuffer *b)
{
  gboolean follows = one->strays && ABS (rfl_seq_diff (b->seq, one->stray)) <= 16;

  one->stray = b->seq;
  one->strays = follows ? one->strays + 1 : 1;
  return one->strays >= 2;
}

static void
restart (RflWorker *w, WorkerLeg *leg, WorkerSource *source, gint64 now)
{
  one_forget (w, leg);
  one_wait (w, leg, source);
  leg->one.waiting_since = leg->one.waiting_heard = now;
}

/* Whether the run's rest is not for @leg any more: between two frames it may have switched. */
static gboolean
leaves (const OneRun *run, const LegEntry *entry, Parcels **p)
{
  OneState *one = &entry->leg->one;
  gint64 now = run->packets[0]->arrival;

  if (!may_switch (one, now))
    return FALSE;
  one_send (run->w, run->source, entry, *p, now);
  switch_over (run->w, entry, now);
  *p = NULL;
  return TRUE;
}

/* Returns: whether @leg goes on with the run. */
static gboolean
carry (const OneRun *run, guint i, const LegEntry *entry, Parcels **p)
{
  const RflBuffer *b = run->packets[i];
  WorkerLeg *leg = entry->leg;
  OneState *one = &leg->one;

  if (one_is_stray (one, b))
    {
      if (!has_restarted (one, b))
        return TRUE;
      restart (run->w, leg, run->source, b->arrival);
      return FALSE;
    }
  one->strays = 0;
  if (one->frame_open && (gint32) (b->timestamp + one->ts_delta - one->out_ts) > 0)
    one->frame_open = FALSE; /* its end is lost */
  if (leaves (run, entry, p))
    return FALSE;
  one->heard = b->arrival;
  if (one_spares (run->w, leg, b, &run->videos[i]))
    {
      if (one_budget_wants_keyframe (&one->budget))
        ask_keyframe (run->w, run->source, b->arrival);
      return TRUE;
    }
  one_put (run->w, *p, leg, b, &run->videos[i], FALSE);
  return !leaves (run, entry, p);
}

static void
serve_current (const OneRun *run, const LegEntry *entry)
{
  WorkerLeg *leg = entry->leg;
  Parcels *p;

  if (leg->one.current != run->source || leg->one.skip >= run->n)
    return;
  p = send_queue_own_parcels (run->w);
  for (guint i = leg->one.skip; i < run->n; i++)
    {
      const RflBuffer *b = run->packets[i];

      if (leg->pt[b->format] == RFL_PT_NONE)
        {
          worker_count (run->w, COUNT_LEG_FORMAT_MISSING, 1);
          one_leave_out (leg, b);
        }
      else if (!carry (run, i, entry, &p))
        break;
    }
  if (p)
    one_send (run->w, run->source, entry, p, run->packets[0]->arrival);
}

void
one_video_serve (const OneRun *plain)
{
  LegList *ones = &plain->source->route->ones;
  WireVideo videos[WORKER_BATCH];
  OneRun run = *plain;
  gboolean awaited = FALSE;

  for (guint i = 0; i < run.n; i++)
    one_read_video (run.source->route, run.packets[i], &videos[i]);
  run.videos = videos;
  for (guint i = 0; i < ones->n; i++)
    if (one_may_get (&ones->entries[i], run.source))
      awaited |= consider (run.w, ones->entries[i].leg, run.source, run.packets[0]);
  if (awaited)
    serve_waiting (&run);
  for (guint i = 0; i < ones->n; i++)
    if (one_may_get (&ones->entries[i], run.source))
      serve_current (&run, &ones->entries[i]);
}
