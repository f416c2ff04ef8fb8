/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How loud everybody in a session is, by what can be known of it: the mixer, his packets' levels, his traffic.
 * Not for whose turn it is: room.c.
 */
#pragma once

#include "plugins/switcher/guess.h"
#include "plugins/switcher/tap.h"
#include "plugins/switcher/voice.h"
#include <reflector/mixer.h>

/**
 * SwitcherView: what all rooms share
 * @mixer: (nullable)
 * @turn_time: microseconds after which the turn goes round, 0: it does not
 * @n_turns: turns that have been given to anybody
 * @switches: counts them
 */
typedef struct {
  RflCore *core;
  VoiceRules rules;
  gint64 turn_time;
  const RflMixer *mixer;
  gpointer mixer_self;
  guint64 n_turns;
  RflCounter *switches;
} SwitcherView;

/**
 * SwitcherPerson:
 * @dbov: how loud in this look, VOICE_SILENT: not at all
 * @measured: somebody could tell
 * @unknown: nobody can tell, though he sends
 * @packets, @octets: that his sources have sent
 */
typedef struct {
  Voice voice;
  Guess guess;
  gint dbov;
  gboolean measured, unknown;
  guint64 packets, octets;
} SwitcherPerson;

/**
 * Ear: what a session's packets are heard with
 * @tap: (nullable): made when it is needed
 * @idle: looks in which it was not
 */
typedef struct {
  SwitcherTap *tap;
  guint idle;
} Ear;

void hear_clear (Ear *ear);
/* @participant's, made on first use. */
SwitcherPerson *hear_get_person (RflParticipant *participant);
/* (nullable) */
SwitcherPerson *hear_find_person (const RflParticipant *participant);
void hear_forget (RflParticipant *participant);
/* Feeds everybody's voice. @route: (nullable): of audio */
void hear_all (const SwitcherView *view, Ear *ear, const RflSession *session, RflRoute *route,
               gint64 now);
/* Nobody is to hear or see what @source sends. */
gboolean hear_is_blocked (const RflSource *source);
