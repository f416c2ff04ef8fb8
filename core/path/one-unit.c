/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The newest frame of a source that legs wait for, kept until it is known whether a decoder can
 * begin with it: parameter sets come packets before the keyframe that proves them useful, and packets
 * overtake each other. Not for what is carried already.
 */
#include "core/path/worker.h"
#include <reflector/rtp.h>
#include <string.h>

/* For so long keyframes with parameter sets are hoped for from who sends them without. */
#define BARE_PATIENCE (2 * G_TIME_SPAN_SECOND)

void
one_unit_clear (RflWorker *w, OneUnit *unit)
{
  for (guint i = 0; i < unit->n; i++)
    buffer_unref (unit->packets[i].buffer, &w->pool);
  unit->n = 0;
  unit->ready = FALSE;
}

static void
drop_first (RflWorker *w, OneUnit *unit, guint n)
{
  for (guint i = 0; i < n; i++)
    buffer_unref (unit->packets[i].buffer, &w->pool);
  unit->n -= n;
  memmove (unit->packets, unit->packets + n, unit->n * sizeof unit->packets[0]);
}

/* Returns: where it stands, @unit->n: nowhere */
static guint
insert (OneUnit *unit, RflBuffer *buffer, const WireVideo *video)
{
  guint at = unit->n;

  while (at > 0 && rfl_seq_diff (buffer->seq, unit->packets[at - 1].buffer->seq) < 0)
    at--;
  if (unit->n == ONE_UNIT_MAX || (at == 0 && unit->ready)
      || (at > 0 && unit->packets[at - 1].buffer->seq == buffer->seq))
    return unit->n;
  memmove (unit->packets + at + 1, unit->packets + at, (unit->n - at) * sizeof unit->packets[0]);
  unit->packets[at].buffer = buffer_ref (buffer);
  unit->packets[at].video = *video;
  unit->n++;
  return at;
}

gboolean
one_unit_has_begun (const OneUnit *unit)
{
  for (guint i = 0; i < unit->n; i++)
    if (unit->packets[i].video.begins || unit->packets[i].video.key)
      return TRUE;
  return FALSE;
}

/* Returns: where a decoder can begin, @unit->n: nowhere. */
static guint
find_beginning (OneUnit *unit, gint64 now)
{
  guint begin = unit->n;

  for (guint i = 0; i < unit->n; i++)
    {
      const WireVideo *video = &unit->packets[i].video;

      if (video->begins && begin == unit->n)
        begin = i;
      if (!video->key)
        continue;
      if (begin < unit->n)
        return begin;
      if (unit->bare_since == 0)
        unit->bare_since = now;
      return now - unit->bare_since >= BARE_PATIENCE ? i : unit->n;
    }
  return unit->n;
}

gboolean
one_unit_add (RflWorker *w, OneUnit *unit, RflBuffer *buffer, const WireVideo *video)
{
  gint32 ahead = unit->n ? (gint32) (buffer->timestamp - unit->packets[0].buffer->timestamp) : 0;
  guint begin;

  if (ahead < 0)
    return unit->ready;
  if (ahead > 0 && !unit->ready)
    one_unit_clear (w, unit);
  insert (unit, buffer, video);
  if (unit->ready)
    return TRUE;
  begin = find_beginning (unit, buffer->arrival);
  if (begin == unit->n)
    return FALSE;
  if (unit->packets[begin].video.begins)
    unit->bare_since = 0;
  drop_first (w, unit, begin);
  unit->ready = TRUE;
  unit->ready_at = buffer->arrival;
  return TRUE;
}
