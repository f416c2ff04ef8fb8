/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which packets of a source came already: a window of 64 sequence numbers (the idea of RFC 3711
 * §3.3.2, without its authentication), for paths that double and reorder. Not a reorder buffer:
 * what is new passes as it comes.
 *
 * One packet from far away must not lock out all that follow, so what is far from the window needs
 * others that continue it before it is believed (RFC 3550 §A.1): two of them ahead; behind, where late
 * doubles come from, a run without anything new between. Where nothing has passed for a while,
 * anything does.
 */
#pragma once

#include <glib.h>

#define WINDOW_SIZE 64
/* Farther ahead it is not a gap but another stream, RFC 3550 §A.1 */
#define WINDOW_MAX_AHEAD 3000
#define WINDOW_RUN_AHEAD 2
#define WINDOW_RUN_BEHIND 8
#define WINDOW_SILENCE G_TIME_SPAN_SECOND

/**
 * SequenceWindow:
 * @seen: bit i: @highest - i has come
 * @passed: when the last packet passed; 0: none has
 * @far, @run: the last packet far from the window, and how many led to it one by one
 */
typedef struct {
  guint64 seen;
  gint64 passed;
  guint16 highest, far, run;
} SequenceWindow;

typedef enum {
  WINDOW_NEW,
  WINDOW_DOUBLE, /* came already */
  WINDOW_STRAY   /* too old to know, or a jump that nothing has confirmed yet */
} WindowVerdict;

static inline WindowVerdict
window_restart (SequenceWindow *w, guint16 seq)
{
  w->highest = seq;
  w->seen = 1;
  return WINDOW_NEW;
}

static inline WindowVerdict
window_far (SequenceWindow *w, guint16 seq, gboolean ahead)
{
  guint16 step = seq - w->far;

  if (w->run > 0 && step == 0)
    return WINDOW_STRAY;
  w->run = w->run > 0 && step == 1 ? w->run + 1 : 1;
  w->far = seq;
  if (w->run >= (ahead ? WINDOW_RUN_AHEAD : WINDOW_RUN_BEHIND))
    return window_restart (w, seq);
  return WINDOW_STRAY;
}

/* Judges @seq without taking note of the time. */
static inline WindowVerdict
window_judge (SequenceWindow *w, guint16 seq, gboolean silent)
{
  guint16 ahead = seq - w->highest;
  guint16 behind = w->highest - seq;

  if (ahead != 0 && ahead < WINDOW_MAX_AHEAD)
    {
      w->seen = ahead < WINDOW_SIZE ? w->seen << ahead | 1 : 1;
      w->highest = seq;
      return WINDOW_NEW;
    }
  if (behind < WINDOW_SIZE)
    {
      guint64 bit = G_GUINT64_CONSTANT (1) << behind;
      if (w->seen & bit)
        return WINDOW_DOUBLE;
      w->seen |= bit;
      return WINDOW_NEW;
    }
  return silent ? window_restart (w, seq) : window_far (w, seq, ahead < 0x8000);
}

/* @now: of the packet's arrival, above 0 */
static inline WindowVerdict
window_take (SequenceWindow *w, guint16 seq, gint64 now)
{
  WindowVerdict verdict;

  if (w->passed == 0)
    verdict = window_restart (w, seq);
  else
    verdict = window_judge (w, seq, now - w->passed >= WINDOW_SILENCE);
  if (verdict == WINDOW_NEW)
    {
      w->passed = now;
      w->run = 0;
    }
  return verdict;
}
