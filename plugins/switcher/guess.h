/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether somebody speaks, from how many packets he sends and how large they are. Pure. Not for those whose level is
 * known.
 */
#pragma once

#include <glib.h>

/**
 * Guess:
 * @packets, @octets: that had been sent at the last look
 * @high: octets of a packet when there is most to say; falls slowly
 * @sent: when there was speech last; @paused: when it last began after a pause
 */
typedef struct {
  guint64 packets, octets;
  double high;
  gint64 sent, paused;
} Guess;

typedef enum {
  GUESS_SILENT,
  GUESS_SPEAKS,
  GUESS_UNKNOWN /* sends always the same: it cannot be told */
} GuessResult;

/* @packets, @octets: sent so far, of payload */
GuessResult guess_look (Guess *guess, guint64 packets, guint64 octets, gint64 now);
