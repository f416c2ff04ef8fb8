/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a stream a receiver of little means gets: whole frames are left out, first those of upper
 * temporal layers and those that nothing depends on, then everything until the next keyframe. What is let
 * through can be decoded. Not for audio, of which nothing is left out.
 */
#include "core/path/worker.h"

/* What may come at once after a pause, and how much more than the limit allows those frames may take that
 * others depend on; milliseconds of the limit. Keyframes are several times as large as others. */
#define CREDIT 500
#define DEBT 1000
/* What must be left for a frame of an upper layer, for each layer. */
#define RESERVE 100
#define MAX_RESERVES 3
#define ALL_LAYERS 7

static gint64
share (const OneBudget *budget, gint milliseconds)
{
  return (gint64) budget->limit * milliseconds / 1000;
}

void
one_budget_set (OneBudget *budget, guint limit, guint overhead)
{
  gboolean begins = budget->limit == 0;

  budget->limit = limit;
  budget->overhead = overhead;
  if (!begins)
    return;
  budget->tokens = share (budget, CREDIT);
  budget->filled = 0;
  budget->top = ALL_LAYERS;
}

void
one_budget_restart (OneBudget *budget, guint32 timestamp)
{
  budget->broken = FALSE;
  budget->top = ALL_LAYERS;
  budget->fates[0] = (OneFate){ timestamp, TRUE, FALSE };
  budget->n_fates = 1;
}

static void
fill (OneBudget *budget, gint64 now)
{
  gint64 elapsed = budget->filled ? now - budget->filled : 0;

  elapsed = CLAMP (elapsed, 0, 10 * G_USEC_PER_SEC);
  budget->filled = now;
  budget->tokens += (gint64) budget->limit * elapsed / G_USEC_PER_SEC;
  budget->tokens = MIN (budget->tokens, share (budget, CREDIT));
}

void
one_budget_pay (OneBudget *budget, gsize len, gint64 now)
{
  if (budget->limit == 0)
    return;
  fill (budget, now);
  budget->tokens -= (gint64) (len + budget->overhead) * 8;
}

/* A frame of an upper layer: may be spared, but then what depends on it is, too. */
static gboolean
takes_layer (OneBudget *budget, const WireVideo *video)
{
  gint reserves = MIN (video->tid + (video->discardable ? 1 : 0), MAX_RESERVES);
  guint8 below = video->discardable ? video->tid : video->tid - 1;

  if (video->tid > budget->top)
    {
      if (video->tid > budget->top + 1 || !video->sync
          || budget->tokens < share (budget, CREDIT) / 2)
        return FALSE;
      budget->top = video->tid;
      return TRUE;
    }
  if (budget->tokens >= share (budget, RESERVE * reserves))
    return TRUE;
  budget->top = MIN (budget->top, below);
  return FALSE;
}

static gboolean
takes_frame (OneBudget *budget, const WireVideo *video)
{
  if (video->key && (budget->tokens >= 0 || !budget->broken))
    {
      budget->broken = budget->tokens <= -share (budget, DEBT);
      budget->top = ALL_LAYERS;
      return !budget->broken;
    }
  if (budget->broken)
    return FALSE;
  if (video->tid || video->discardable)
    return takes_layer (budget, video);
  budget->broken = budget->tokens <= -share (budget, DEBT);
  return !budget->broken;
}

static OneFate *
find_fate (OneBudget *budget, guint32 timestamp)
{
  for (guint i = 0; i < MIN (budget->n_fates, ONE_FATES); i++)
    if (budget->fates[i].timestamp == timestamp)
      return &budget->fates[i];
  return NULL;
}

static OneFate *
new_fate (OneBudget *budget, guint32 timestamp)
{
  OneFate *fate = &budget->fates[budget->n_fates % ONE_FATES];

  budget->n_fates = budget->n_fates + 1 < 2 * ONE_FATES ? budget->n_fates + 1 : ONE_FATES;
  *fate = (OneFate){ .timestamp = timestamp };
  return fate;
}

/* Before the first slice of a frame: parameter sets promise a keyframe; messages are small. */
static OneVerdict
judge_prelude (OneBudget *budget, const RflBuffer *b, const WireVideo *video)
{
  OneFate *fate;

  if (!video->begins)
    return budget->broken ? ONE_LEAVES_OUT : ONE_TAKES;
  fate = new_fate (budget, b->timestamp);
  fate->takes = fate->promised = budget->tokens >= (budget->broken ? 0 : -share (budget, DEBT));
  budget->broken |= !fate->takes;
  return fate->takes ? ONE_TAKES : ONE_LEAVES_OUT_FRAME;
}

OneVerdict
one_budget_judge (OneBudget *budget, const RflBuffer *b, const WireVideo *video)
{
  OneFate *fate = find_fate (budget, b->timestamp);

  fill (budget, b->arrival);
  if (fate && !(fate->promised && video->slice))
    return fate->takes ? ONE_TAKES : ONE_LEAVES_OUT;
  if (!video->slice)
    return judge_prelude (budget, b, video);
  if (fate && video->key)
    {
      one_budget_restart (budget, b->timestamp);
      return ONE_TAKES;
    }
  if (fate == NULL)
    fate = new_fate (budget, b->timestamp);
  fate->promised = FALSE;
  fate->takes = takes_frame (budget, video);
  return fate->takes ? ONE_TAKES : ONE_LEAVES_OUT_FRAME;
}

gboolean
one_budget_wants_keyframe (const OneBudget *budget)
{
  return budget->broken && budget->tokens >= 0;
}
