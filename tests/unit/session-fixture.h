/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the tests of sessions share: a core, hooks on every event that write one letter each into a
 * trace, and once do what a test wants; makers that write down what they are told. Not for packets.
 */
#pragma once

#include "core/core-private.h"

typedef struct {
  RflCore *core;
  GString *trace;
  RflEvent *kept;
  RflEventType at;        /* when to do the following, once */
  RflParticipant *leaves; /* its maker takes it out */
  RflParticipant *ends;   /* somebody else does */
  RflParticipant *joins;
  gboolean refuse, defer;
} Fixture;

void fixture_set_up (Fixture *f, gconstpointer data);
void fixture_tear_down (Fixture *f, gconstpointer data);
/* Log lines go nowhere. */
void fixture_quiet (void);

RflParticipant *make (Fixture *f, const char *id, const char *origin);
/* (transfer full): audio and video in turns */
GPtrArray *offers (guint n);
/* Writes "(ok)" or "(CODE)". */
void told (RflParticipant *participant, const GError *error, gpointer user_data);
void join (Fixture *f, RflParticipant *participant, const char *session, guint n_media);
/* Compares and empties. */
void assert_trace (Fixture *f, const char *want);
/* No session, no participant. */
void assert_empty (Fixture *f);

#define ADD(name, func, data)                                                                      \
  g_test_add ("/session/" name, Fixture, data, fixture_set_up, func, fixture_tear_down)
