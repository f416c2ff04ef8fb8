/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who speaks: a fixed threshold with hysteresis and hangover for each source, and the loudest of
 * those. A fixed one, so that a steady tone stays what it is. Not for how loud (level.h).
 */
#pragma once

#include <glib.h>

/* What keeps speaking may be so much softer than what begins, dB. */
#define VOICE_HYSTERESIS 6
/* Who is among the loudest already stays until somebody is so much louder, dB. */
#define VOICE_INCUMBENT 6

/**
 * VoiceRules:
 * @threshold: dBov at which speaking begins, within the frame that reaches it
 * @hangover: ms after the last such frame
 */
typedef struct {
  gint threshold;
  guint hangover;
} VoiceRules;

typedef struct {
  gboolean speaking;
  guint left; /* ms of hangover */
} Voice;

/* @dbov: of this frame of @ms. Returns: whether it is speech */
gboolean voice_decide (Voice *voice, const VoiceRules *rules, gint dbov, guint ms);

/**
 * VoiceCandidate:
 * @level: dBov
 * @heard: was among the chosen before
 */
typedef struct {
  gpointer source;
  gint level;
  gboolean heard;
} VoiceCandidate;

/* Puts the @max loudest first. Returns: how many those are. */
guint voice_choose (VoiceCandidate *candidates, guint n, guint max);
