/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How well a source arrives here (RFC 3550 §A.1, §A.3, §A.8), kept by the worker that receives
 * it and read along by the main thread. Not for whom that is told: core/rtcp/.
 */
#pragma once

#include <glib.h>

/* A jump of this many sequence numbers is a new stream under the old name. */
#define RECEPTION_MAX_DROPOUT 3000

/**
 * Reception:
 * @highest: sequence number, extended by its cycles
 * @expected, @received: packets since the beginning
 * @jitter: in sixteenths of a timestamp unit
 */
typedef struct {
  gboolean started;
  guint32 highest, transit, jitter;
  guint64 expected, received;
} Reception;

/* As it is seen by the main thread. */
#define RECEPTION_SET(var, value) __atomic_store_n (&(var), (value), __ATOMIC_RELAXED)
#define RECEPTION_GET(var) __atomic_load_n (&(var), __ATOMIC_RELAXED)

static inline void
reception_note_seq (Reception *r, guint16 seq)
{
  gint16 ahead = (gint16) (guint16) (seq - r->highest);

  if (!r->started || ABS ((gint) ahead) > RECEPTION_MAX_DROPOUT)
    {
      RECEPTION_SET (r->highest, seq);
      RECEPTION_SET (r->expected, r->expected + 1);
    }
  else if (ahead > 0)
    {
      RECEPTION_SET (r->highest, r->highest + ahead);
      RECEPTION_SET (r->expected, r->expected + ahead);
    }
  RECEPTION_SET (r->received, r->received + 1);
}

/* @arrival: microseconds; @rate: of @timestamp, 0: it tells nothing about jitter */
static inline void
reception_note_time (Reception *r, guint32 timestamp, gint64 arrival, guint32 rate)
{
  guint32 transit;
  gint64 change; /* so that its amount exists, whatever rate somebody claims */

  if (rate == 0)
    return;
  transit =
      (guint32) (arrival / G_USEC_PER_SEC * rate + arrival % G_USEC_PER_SEC * rate / G_USEC_PER_SEC)
      - timestamp;
  change = (gint32) (transit - r->transit);
  /* A step of more than a second is another clock, not jitter. */
  if (r->started && ABS (change) < (gint64) rate)
    RECEPTION_SET (r->jitter, r->jitter + (guint32) ABS (change) - ((r->jitter + 8) >> 4));
  r->transit = transit;
}

static inline void
reception_note (Reception *r, guint16 seq, guint32 timestamp, gint64 arrival, guint32 rate)
{
  reception_note_seq (r, seq);
  reception_note_time (r, timestamp, arrival, rate);
  r->started = TRUE;
}
