/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who speaks, from how loud each one is: smoothing and hysteresis. Pure; time comes from the caller.
 * Not for where levels come from.
 */
#pragma once

#include <glib.h>

#define VOICE_SILENT (-127) /* dBov, RFC 6464 */

/**
 * VoiceRules:
 * @threshold: dBov from which on somebody is heard
 * @speech_time: for so long somebody must be heard to be a speaker; a cough is shorter
 * @hold_time: for so long nobody talks a speaker down who goes on speaking; microseconds
 * @margin: dB by which somebody must be louder to talk him down
 */
typedef struct {
  gint threshold, margin;
  gint64 speech_time, hold_time;
} VoiceRules;

/**
 * Voice:
 * @since, @heard: of the present speech: first and last time when it was heard; 0: never
 * @loudness: smoothed, dBov
 * @elected: when it became the speaker; @turn: the how-manieth that was, 0: never
 */
typedef struct {
  gint64 since, heard;
  double loudness;
  gint64 elected;
  guint64 turn;
} Voice;

/* How loud it has been since the last time. */
void voice_feed (Voice *voice, const VoiceRules *rules, gint dbov, gint64 now);
/* Whether it is heard, or was a moment ago: words have gaps. */
gboolean voice_is_heard (const Voice *voice, gint64 now);
/* Whether it has been heard for long enough to be a speaker. */
gboolean voice_is_speaking (const Voice *voice, const VoiceRules *rules, gint64 now);
/* Whether @voice takes the turn from @speaker (nullable). */
gboolean voice_takes_over (const Voice *voice, const Voice *speaker, const VoiceRules *rules,
                           gint64 now);
