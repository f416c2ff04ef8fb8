/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the plugin's files on the main thread share: the instance, its rooms (a session's audio with
 * listeners), and what of them is known to a mixing thread. Not for that thread: engine/.
 */
#pragma once

#include "plugins/mixer/engine/thread.h"

#include "plugins/mixer/dsp/level.h"

#define RFL_LOG_DOMAIN "mixer"
#include <reflector/reflector.h>

#define MIXER_MAX_THREADS 8

/**
 * MixerSettings:
 * @alone_interval: seconds, 0: no such tone
 * @opus_bitrate: bits a second, at most
 * @tone_participants: no join and leave tones above so many
 */
typedef struct {
  MixRules rules;
  guint threads;
  guint max_rooms, max_sources, max_listeners;
  guint opus_bitrate;
  gboolean join_tone, leave_tone;
  guint alone_interval, tone_participants;
} MixerSettings;

/**
 * Mixer:
 * @manual: no thread runs, tests turn them by hand
 * @load: listeners and sources of each thread
 * @rooms: RflRoute -> MixerRoom
 * @limbo: what waits for a thread to let go of it (MixerLimbo)
 */
typedef struct {
  RflCore *core;
  MixerSettings settings;
  gboolean manual, running;
  MixEmitFunc emit;
  gpointer emit_data;
  guint n_threads;
  MixThread *threads[MIXER_MAX_THREADS];
  guint load[MIXER_MAX_THREADS];
  GHashTable *rooms;
  GQueue limbo;
  RflTimer *collector;
  GArray *hooks;
  gboolean offered;
  RflCounter *dropped, *limited_rooms, *limited_sources, *limited_listeners, *tones;
  RflLogLimit source_log, listener_log;
} Mixer;

/**
 * MixerGroup:
 * @format: what its listeners have in common (mixer_format_to_encode())
 * @users: listeners whose legs hang, or may still hang, on it
 */
typedef struct {
  RflFeed *feed;
  RflFormat *format;
  guint ptime;
  MixGroup *handle;
  guint users;
} MixerGroup;

/* @groups: (element-type MixerGroup): the present one first */
typedef struct {
  RflMedium *medium;
  MixListener *handle;
  GPtrArray *groups;
  gboolean blocked;
} MixerListener;

typedef struct {
  MixSource *handle;
  MixMeter *meter;
} MixerSource;

/**
 * MixerRoom:
 * @thread: index of the one that mixes it
 * @handle: what that knows it by
 * @sources: RflSource -> MixerSource
 * @listeners: RflMedium -> MixerListener
 * @groups: (element-type MixerGroup)
 * @refused: sources that found no place
 */
typedef struct {
  Mixer *mixer;
  RflRoute *route;
  guint thread;
  MixRoom *handle;
  guint tap;
  GHashTable *sources, *listeners;
  GPtrArray *groups;
  guint refused;
  RflTimer *alone;
} MixerRoom;

extern const RflOption mixer_options[];
/* options.c */
void mixer_settings_read (MixerSettings *out, const RflSettings *settings);

/* instance.c */
gpointer mixer_new (RflCore *core);
gboolean mixer_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean mixer_start (gpointer self, GError **error);
RflReload mixer_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void mixer_stop (gpointer self);
void mixer_free (gpointer self);
/* status.c */
void mixer_status (gpointer self, RflStatus *status);

/* limbo.c: frees @feed when @thread has carried out all that was posted so far. */
void mixer_retire_feed (Mixer *mixer, guint thread, RflFeed *feed);
void mixer_collect (gpointer mixer);
/* Returns when nothing waits any more. */
void mixer_collect_all (Mixer *mixer);

/* room.c */
MixerRoom *mixer_room_find (const Mixer *mixer, const RflRoute *route);
/* Returns: (transfer none) (nullable) */
MixerRoom *mixer_room_get (Mixer *mixer, RflRoute *route, GError **error);
/* If nobody listens any more. */
void mixer_room_drop_unused (MixerRoom *room);
void mixer_room_free (MixerRoom *room);
guint64 mixer_room_post (const MixerRoom *room, MixMessage *message);
void mixer_room_add_source (MixerRoom *room, RflSource *source);
void mixer_room_remove_source (MixerRoom *room, RflSource *source);
void mixer_room_formats_changed (MixerRoom *room);
/* group.c: (transfer none) (nullable): the group for @format, made if need be; with one user more */
MixerGroup *mixer_group_get (MixerRoom *room, const RflFormat *format, guint ptime);
void mixer_group_put (MixerRoom *room, MixerGroup *group);
/* Its handle is the thread's to free. */
void mixer_group_free (MixerRoom *room, MixerGroup *group);
/* listener.c */
gboolean mixer_listener_place (MixerRoom *room, RflMedium *medium, MixerGroup *group,
                               const MixTaste *taste, GError **error);
void mixer_listener_remove (MixerRoom *room, RflMedium *medium);
/* @medium->blocked has changed. */
void mixer_listener_blocked (MixerRoom *room, const RflMedium *medium);

/* taste.c: what of @formats is used, and in which numbers. Returns: (nullable): the codec */
const RflFormat *mixer_taste_read (const GPtrArray *formats, MixTaste *taste,
                                   guint8 pt[RFL_ROUTE_MAX_FORMATS]);
/* What @format's encoder can make of @ptime, ms. */
guint mixer_ptime_for (const RflFormat *format, guint ptime);
/* (transfer full): @format with the parameters that an encoder heeds, in one order; of opus with the bit rate that its
 * receiver asks for, at most @opus_bitrate */
RflFormat *mixer_format_to_encode (const RflFormat *format, guint opus_bitrate);
/* Of two of those: whether one encoder will do. */
gboolean mixer_format_shares (const RflFormat *a, const RflFormat *b);

/* tones.c */
gboolean mixer_play (Mixer *mixer, RflSession *session, RflParticipant *only, const char *name);
void mixer_tones_joined (Mixer *mixer, RflParticipant *participant);
void mixer_tones_left (Mixer *mixer, RflParticipant *participant);
/* Somebody came or went: begins or ends "you are alone". */
void mixer_tones_check_alone (MixerRoom *room);

/* service.c */
extern const RflMixer mixer_service;
/* hooks.c */
gboolean mixer_hooks_add (Mixer *mixer, GError **error);
