/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One thread of the pool: its engine, the rings by which packets (from each worker) and messages
 * (from the main thread) reach it, and the grid that it keeps. Tests turn it by hand. Not for
 * choosing which room goes to which thread.
 */
#pragma once

#include "plugins/mixer/engine/engine.h"
#include <reflector/core.h>
#include <reflector/stage.h>

typedef enum {
  MIX_ADD_ROOM,
  MIX_REMOVE_ROOM,
  MIX_SET_FORMATS,
  MIX_ADD_SOURCE,
  MIX_REMOVE_SOURCE,
  MIX_ADD_GROUP,
  MIX_REMOVE_GROUP,
  MIX_PLACE_LISTENER,
  MIX_REMOVE_LISTENER,
  MIX_SET_BLOCKED,
  MIX_PLAY,
  MIX_SET_RULES
} MixMessageType;

/**
 * MixMessage:
 *
 * What an engine function is called with, in the order in which messages were posted. After a removal the main thread
 * knows its object no more.
 *
 * @listener: of MIX_PLAY (nullable): %NULL: everybody
 */
typedef struct {
  MixMessageType type;
  MixRoom *room;
  MixSource *source;
  MixGroup *group;
  MixListener *listener;
  GPtrArray *formats;
  const MixTone *tone;
  MixTaste taste;
  gboolean blocked;
  MixRules rules;
} MixMessage;

typedef struct _MixThread MixThread;

/**
 * MixThreadSpec:
 * @dropped: counts packets that found a ring full, in the worker
 * @emit: (nullable): instead of a feeder of @core's path, for tests
 */
typedef struct {
  RflCore *core;
  guint index;
  MixRules rules;
  RflCounter *dropped;
  MixEmitFunc emit;
  gpointer user_data;
} MixThreadSpec;

/* Main thread, as all that is not said to be of another. */
MixThread *mix_thread_new (const MixThreadSpec *spec);
/* Stopped before. Carries out what is still posted, so that nothing is lost. */
void mix_thread_free (MixThread *thread);
gboolean mix_thread_start (MixThread *thread, GError **error);
void mix_thread_stop (MixThread *thread);
/* Returns: number of the message */
guint64 mix_thread_post (MixThread *thread, const MixMessage *message);
/* Number of the message posted last. */
guint64 mix_thread_get_posted (const MixThread *thread);
/* The number of the last message carried out; sends on what the ring had no place for. */
guint64 mix_thread_poll (MixThread *thread);
const MixStats *mix_thread_get_stats (const MixThread *thread);
/* One round: messages, and packets and a step if that is due. @now: rfl_clock_now(). The thread's
 * own, or a test's. Returns: when it wants the next one, G_MAXINT64: when it is woken */
gint64 mix_thread_turn (MixThread *thread, gint64 now);
/* For rfl_route_add_tap(), the context is the thread. In the workers. */
void mix_thread_tap (RflPacket *packets, guint n, guint worker, gpointer thread);
