/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the engine's files share. Not for the instance: engine.h.
 */
#pragma once

#include "plugins/mixer/dsp/gain.h"
#include "plugins/mixer/dsp/level.h"
#include "plugins/mixer/engine/input.h"
#include "plugins/mixer/engine/output.h"

/* Samples of the longest step at the highest rate. */
#define MIX_MAX_SAMPLES 960

/**
 * MixSource:
 * @listener: who sends it, if he hears the mix
 * @input_format: index of the route's formats that @input was made for
 * @gain: with which the last step ended
 * @heard: is in the sum
 * @part: what it has added to the sum in this step, if @has_part
 * @event_in, @event_ms: RTP timestamp of the telephone-event under way, and when that began here
 */
struct _MixSource {
  guint64 id;
  guint32 ssrc;
  gconstpointer owner;
  MixRoom *room;
  MixMeter *meter;
  MixInput *input;
  guint8 input_format;
  Voice voice;
  LevelMeter level;
  AutoGain auto_gain;
  float gain;
  gboolean heard, has_pcm, has_part;
  gint dbov;
  gint16 pcm[MIX_MAX_SAMPLES], part[MIX_MAX_SAMPLES];
  gboolean in_event;
  guint32 event_in;
  gint64 event_ms;
};

/**
 * MixListener:
 * @apart: is in the group's list of that name
 * @own: (nullable): his own stream, while what he hears differs from what everybody does
 * @differs: whether that is so in this step
 * @linger: ms for which @own goes on although it does not differ any more
 * @quiet_since: room's ms when CN or a refresh went out in @own's silence; 0: it is not silent
 */
struct _MixListener {
  const RflMedium *medium;
  MixRoom *room;
  MixGroup *group;
  gboolean blocked, apart;
  MixTaste taste;
  MixTonePlayer tone;
  MixOutput *own;
  gboolean differs;
  guint linger;
  gint64 quiet_since;
};

/**
 * MixGroup:
 * @apart: listeners to whom attention must be paid: each who has a stream of his own, hears a tone or is in the
 *   sum; no step costs anything for the others
 * @shared: what everybody hears who has nothing of his own; %NULL: nobody does now
 * @n_own: listeners with a stream of their own
 * @n_taste: listeners by what they take
 */
struct _MixGroup {
  RflFeed *feed;
  RflFormat *format;
  guint rate, ptime;
  MixRoom *room;
  GPtrArray *listeners, *apart;
  MixOutput *shared;
  gint64 quiet_since;
  guint n_own;
  guint n_taste[MIX_N_FORMATS + 1];
};

/**
 * MixRoom:
 * @ms: its timeline
 * @wait: ms until its next step
 * @parts: sources that are in the sum of this step
 * @sounding: whether @sum is anything but silence
 * @tone_sounding: whether @tone is in it
 */
struct _MixRoom {
  MixEngine *engine;
  gint64 ms;
  guint rate, step, wait;
  GPtrArray *formats;
  GPtrArray *sources, *groups, *parts;
  GHashTable *listeners; /* medium -> MixListener */
  MixTonePlayer tone;
  gint32 sum[MIX_MAX_SAMPLES];
  gboolean sounding, tone_sounding;
  GArray *candidates; /* VoiceCandidate */
};

struct _MixEngine {
  MixRules rules;
  MixEmitFunc emit;
  gpointer user_data;
  MixStats stats;
  GPtrArray *rooms;
  GHashTable *sources; /* id -> MixSource */
};

/* source.c */
void source_free (MixSource *source);
void source_receive (MixSource *source, const MixPacket *packet);
/* This step's samples and whether it speaks. */
void source_pull (MixSource *source);
/* After it was chosen or not: its part of the sum. */
void source_contribute (MixSource *source);
/* room.c */
void room_free (gpointer room);
void room_step (MixRoom *room);
/* Its rate and step, after something has changed. */
void room_adapt (MixRoom *room);
/* group.c */
void group_step (MixGroup *group);
gboolean mix_emit (MixEngine *engine, const RflFrame *frame);
/* listener.c: he speaks, or a tone is for him */
void listener_set_apart (MixListener *listener);
/* FALSE: he is like the others again. */
gboolean listener_is_apart (const MixListener *listener);
/* Whether he needs a stream of his own; begins one if so */
void listener_prepare (MixListener *listener);
/* What is only his, if there is such. */
void listener_feed (MixListener *listener);
/* His own stream has been sent to the end of a packet: it may be over. */
void listener_settle (MixListener *listener);
/* event.c */
void event_pass (MixSource *source, const RflRtp *rtp, guint clock_rate);
