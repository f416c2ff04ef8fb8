/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Speech from traffic: who pauses (DTX), or has less to send while he is silent (variable bit rate), says by that
 * when he speaks. Whoever always sends the same says nothing.
 */
#include "plugins/switcher/guess.h"

/* Octets of a packet that is more than comfort noise. */
#define MIN_SPEECH 16
/* How long somebody must have paused before his packets say anything, and for how long they do then. */
#define PAUSE (300 * G_TIME_SPAN_MILLISECOND)
#define PAUSE_LIFE (60 * G_USEC_PER_SEC)
/* Packets below this part of the largest are a pause. @high halves in 700 looks that bring less. */
#define QUIET 0.5
#define DECAY 0.999

static gboolean
is_speech (Guess *guess, guint64 packets, guint64 octets)
{
  double mean = packets > 0 ? (double) octets / (double) packets : 0;

  guess->high = MAX (guess->high * DECAY, mean);
  return mean >= MIN_SPEECH && mean >= QUIET * guess->high;
}

GuessResult
guess_look (Guess *guess, guint64 packets, guint64 octets, gint64 now)
{
  gboolean first = guess->packets == 0, restarted = packets < guess->packets;
  guint64 new_packets = packets - guess->packets, new_octets = octets - guess->octets;

  guess->packets = packets;
  guess->octets = octets;
  if (first || restarted || !is_speech (guess, new_packets, new_octets))
    return GUESS_SILENT;
  if (guess->sent && now - guess->sent >= PAUSE)
    guess->paused = now;
  guess->sent = now;
  return guess->paused && now - guess->paused < PAUSE_LIFE ? GUESS_SPEAKS : GUESS_UNKNOWN;
}
