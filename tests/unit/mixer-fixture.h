/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An engine of the mixer that is stepped by hand, and people in a room of it: each says a tone in a codec
 * of his own and hears what is made for him, as samples. Not for the plugin's main thread.
 */
#pragma once

#include "plugins/mixer/engine/engine.h"

typedef struct _Person Person;

typedef struct {
  MixRules rules;
  MixEngine *engine;
  MixRoom *room;
  GPtrArray *people, *formats;
  GHashTable *groups; /* by "CODEC PTIME" */
  gint64 now;         /* microseconds */
  guint64 frames;
} Fixture;

/**
 * Person:
 * @hz, @amplitude: of what he says; amplitude 0: silence, below 0: he sends nothing
 * @garbage: what he sends are random octets
 * @heard: (element-type gint16) at @rate
 * @csrc: of the last packet with sound
 * @first_timestamp, @timestamp, @n_frames, @n_silence, @n_marked: of what he got
 * @events: (element-type guint8): payloads of telephone-event, four octets each
 * @skew: his clock is so many ppm too fast
 * @lossy: so many of 100 of his packets are lost
 * @jitter: his packets come up to so many ms late
 */
struct _Person {
  Fixture *f;
  guint64 id;
  guint32 ssrc;
  guint8 format;
  char *codec;
  double hz, amplitude;
  gboolean garbage, muted;
  guint lossy, jitter;
  gint skew;
  MixSource *source;
  MixMeter *meter;
  MixListener *listener;
  MixGroup *group;
  RflFeed *feed; /* only compared */
  gpointer encoder, decoder;
  guint rate, ptime;
  guint64 said; /* samples */
  double said_ms;
  guint16 seq;
  guint32 timestamp_out;
  GQueue late; /* of packets under way */
  GArray *heard;
  guint32 csrc[15];
  guint n_csrc;
  guint32 first_timestamp, timestamp, event_timestamp;
  guint n_frames, n_silence, n_marked, n_events, n_past_block;
  GByteArray *events;
};

Fixture *mixer_fixture_new (void);
void mixer_fixture_free (Fixture *f);
/* @codec: "PCMU/8000" or "opus/48000/2". */
Person *talker (Fixture *f, const char *codec, double hz, double amplitude);
Person *listener (Fixture *f, const char *codec, guint ptime);
/* Both. */
Person *phone (Fixture *f, const char *codec, double hz, double amplitude);
void listen_with (Person *p, const char *codec, guint ptime, const MixTaste *taste);
void leave (Person *p);
/* So many ms of the room; a multiple of 20. */
void pass (Fixture *f, guint ms);
void forget_heard (Fixture *f);
/* Amplitude of @hz in the last @ms of what @p has heard. */
double loudness (const Person *p, double hz, guint ms);
/* The mean of its parts of 100 ms, from one of which to the next the phase may jump. */
double mean_loudness (const Person *p, double hz, guint ms);
/* The largest step from one sample to the next in the last @ms. */
guint roughness (const Person *p, guint ms);
/* A telephone-event packet of @p. */
void press (Person *p, guint8 event, guint16 duration, gboolean end, guint32 timestamp);
MixStats *stats (Fixture *f);

#define assert_near_db(a, b, db) g_assert_cmpfloat (fabs (20 * log10 ((a) / (b))), <=, db)
