/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mixing of one thread: rooms with sources, groups of listeners that share a codec, and
 * what comes of them every 10 or 20 ms. All of it belongs to the thread that steps it; tests step it by hand. Not
 * for sessions and events: those are the instance's (instance.h).
 *
 * Objects are made where there is time (the main thread) and handed over with engine functions; from
 * then on they are the engine's, which frees them.
 */
#pragma once

#include "plugins/mixer/dsp/voice.h"
#include "plugins/mixer/engine/meter.h"
#include "plugins/mixer/engine/tone.h"
#include <reflector/feed.h>

/* The grid that all work stands on, ms. */
#define MIX_GRID 10
/* Listeners of one group that hear something of their own; RflFrame.except holds no more. */
#define MIX_MAX_OWN RFL_FRAME_MAX_EXCEPT
#define MIX_MAX_SPEAKERS 12

/**
 * MixFormat:
 *
 * What the numbers in a leg's `pt` stand for (RflFrame.format).
 *
 * @MIX_FORMAT_AUDIO: the codec
 * @MIX_FORMAT_EVENT: telephone-event of the codec's clock rate
 * @MIX_FORMAT_EVENT_8000: telephone-event/8000 beside a codec of another clock rate
 * @MIX_FORMAT_NOISE: CN, while nobody is heard, to who has agreed on it
 * @MIX_FORMAT_SILENCE: the codec, while nobody is heard, to who wants a steady stream
 * @MIX_FORMAT_REFRESH: the codec, now and then while nobody is heard, to who takes DTX
 */
typedef enum {
  MIX_FORMAT_AUDIO,
  MIX_FORMAT_EVENT,
  MIX_FORMAT_EVENT_8000,
  MIX_FORMAT_NOISE,
  MIX_FORMAT_SILENCE,
  MIX_FORMAT_REFRESH,
  MIX_N_FORMATS
} MixFormat;

typedef struct {
  VoiceRules voice;
  guint max_speakers;
  gboolean automatic_level;
  gboolean pass_events;
} MixRules;

typedef struct _MixEngine MixEngine;
typedef struct _MixRoom MixRoom;
typedef struct _MixSource MixSource;
typedef struct _MixGroup MixGroup;
typedef struct _MixListener MixListener;

/* rfl_feeder_push(), or a test's. */
typedef gboolean (*MixEmitFunc) (gpointer user_data, const RflFrame *frame);

MixEngine *mix_engine_new (const MixRules *rules, MixEmitFunc emit, gpointer user_data);
/* With all that is in it. */
void mix_engine_free (MixEngine *engine);
void mix_engine_set_rules (MixEngine *engine, const MixRules *rules);
MixStats *mix_engine_get_stats (MixEngine *engine);
gboolean mix_engine_is_idle (const MixEngine *engine);

/**
 * MixPacket:
 *
 * One RTP packet as the tap saw it.
 */
typedef struct {
  guint64 source_id;
  guint8 format;
  gboolean muted;
  guint len;
  guint8 data[];
} MixPacket;

void mix_engine_receive (MixEngine *engine, const MixPacket *packet);
/* One step of MIX_GRID of every room. */
void mix_engine_step (MixEngine *engine);
/* Time that nobody worked in: the timeline goes on. */
void mix_engine_skip (MixEngine *engine, guint steps);

/* ---- rooms ---- */

MixRoom *mix_room_new (void);
void mix_engine_add_room (MixEngine *engine, MixRoom *room);
/* With all that is in it. */
void mix_engine_remove_room (MixEngine *engine, MixRoom *room);
/* @formats: (transfer full) (element-type RflFormat): the route's */
void mix_room_set_formats (MixRoom *room, GPtrArray *formats);
void mix_room_play (MixRoom *room, const MixTone *tone);

/**
 * mix_source_new:
 * @owner: the medium that sends, to compare only
 * @meter: (transfer none): a reference of it is kept
 */
MixSource *mix_source_new (guint64 id, guint32 ssrc, const RflMedium *owner, MixMeter *meter);
void mix_engine_add_source (MixEngine *engine, MixRoom *room, MixSource *source);
void mix_engine_remove_source (MixEngine *engine, MixSource *source);

/* @format: the codec; @ptime: ms, a multiple of MIX_GRID */
MixGroup *mix_group_new (RflFeed *feed, const RflFormat *format, guint ptime);
void mix_room_add_group (MixRoom *room, MixGroup *group);
/* Of its room. It must have no listeners. */
void mix_group_remove (MixGroup *group);
/* One that is in no room. */
void mix_group_free (MixGroup *group);

/**
 * MixTaste:
 *
 * How a listener takes what is not the codec.
 *
 * @silence: MIX_FORMAT_NOISE, MIX_FORMAT_REFRESH or MIX_FORMAT_SILENCE
 * @event: MIX_FORMAT_EVENT or MIX_FORMAT_EVENT_8000; MIX_N_FORMATS: not at all
 */
typedef struct {
  MixFormat silence, event;
} MixTaste;

MixListener *mix_listener_new (const RflMedium *medium);
/* Of @group from now on, which may be another than before. */
void mix_room_place_listener (MixRoom *room, MixListener *listener, MixGroup *group,
                              const MixTaste *taste);
void mix_listener_free (MixListener *listener);
/* Hears nothing but the tones that are played to it alone. */
void mix_listener_set_blocked (MixListener *listener, gboolean blocked);
void mix_listener_play (MixListener *listener, const MixTone *tone);
