/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers that count on whoever is followed and whatever is left out on purpose: what the source
 * counts becomes what the leg counts. What is lost or late keeps its place. Not for timestamps, which
 * are no counters.
 */
#pragma once

#include <glib.h>

/* How far back what was left out is remembered. */
#define NUMBERS_WINDOW 64

/**
 * Numbers:
 * @bits: of the counter, at most 16
 * @high: the highest of the source's numbers, @count: how far that is from the first one
 * @delta: what is added to it
 * @left_out: bit n: @high - n was left out
 */
typedef struct {
  guint8 bits;
  guint16 high, delta;
  gint64 count;
  guint64 left_out;
} Numbers;

static inline guint16
numbers_wrap (const Numbers *n, guint value)
{
  return (guint16) (value & ((1u << n->bits) - 1));
}

/* How far @a is after @b, negative if before. */
static inline gint
numbers_diff (const Numbers *n, guint16 a, guint16 b)
{
  gint diff = numbers_wrap (n, (guint) (a - b));
  return diff >= 1 << (n->bits - 1) ? diff - (1 << n->bits) : diff;
}

/* From the source's @in on, which becomes @out. */
static inline void
numbers_begin (Numbers *n, guint8 bits, guint16 in, guint16 out)
{
  *n = (Numbers){ .bits = bits, .high = in };
  n->delta = numbers_wrap (n, (guint) (out - in));
}

static inline void
numbers_advance (Numbers *n, guint16 in, gint ahead)
{
  n->high = in;
  n->count += ahead;
  n->left_out = ahead < NUMBERS_WINDOW ? n->left_out << ahead : 0;
}

/* Returns: %FALSE for what is from before the beginning, or so late that nobody knows its place. */
static inline gboolean
numbers_map (Numbers *n, guint16 in, guint16 *out)
{
  gint ahead = numbers_diff (n, in, n->high);
  guint64 later = 0;

  if (n->count + ahead < 0 || ahead <= -NUMBERS_WINDOW)
    return FALSE;
  if (ahead > 0)
    numbers_advance (n, in, ahead);
  else if (ahead < 0)
    later = n->left_out & ((G_GUINT64_CONSTANT (1) << -ahead) - 1);
  *out = numbers_wrap (n, (guint) in + n->delta + (guint) __builtin_popcountll (later));
  return TRUE;
}

/* What is left out leaves no gap behind, unless a later one has gone out already. */
static inline void
numbers_leave_out (Numbers *n, guint16 in)
{
  gint ahead = numbers_diff (n, in, n->high);

  if (ahead <= 0)
    return;
  numbers_advance (n, in, ahead);
  n->left_out |= 1;
  n->delta--;
}
