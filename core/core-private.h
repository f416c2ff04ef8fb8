/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the rooms of core know of each other: the core object and the constructors of its
 * parts. Not installed; plugins never include it.
 */
#pragma once

#include <reflector/reflector.h>

/* Of the packet path, and so of everything that has a slot for each. */
#define RFL_MAX_WORKERS 8

/* ---- core (core/core.c): exported for the daemon and for tests that load plugins ---- */

#include "core/log.h"
#include "core/path/transport.h"

/**
 * RflCoreOptions:
 * @context: (nullable): %NULL: the default one
 * @clock: (nullable) (transfer full): %NULL: a real one
 * @transport: (nullable) (transfer full): %NULL: the kernel's sockets
 * @n_workers: of the packet path; 0: one per processor, at most 8; ignored if a
 *   configuration is loaded that sets it
 * @manual_workers: tests: no threads, rfl_path_step() does their work
 * @plugin_path: (nullable): colon-separated folders before the installed one
 * @log: (nullable) (transfer none): what `core.log_level` applies to; core/log.h
 */
typedef struct {
  GMainContext *context;
  RflClock *clock;
  RflTransport *transport;
  guint n_workers;
  gboolean manual_workers;
  const char *plugin_path;
  RflLog *log;
} RflCoreOptions;

/* What a peer can make more of; joins beyond are refused with RFL_ERROR_LIMIT. */
typedef struct {
  guint sessions, participants, participants_per_session;
  gint64 offer_time; /* microseconds that a hook may keep an offer waiting */
} RflCoreLimits;

/**
 * RflCoreRtcp:
 * @summary_above: participants up to which everybody's reports pass
 * @app_rate: RTCP APP packets a second of one participant's medium
 * @copy_rate: copies a second of all RTCP of one participant's medium
 */
typedef struct {
  guint summary_above, app_rate, copy_rate;
} RflCoreRtcp;

/* Lines of core that a peer can trigger. */
typedef enum {
  RFL_CORE_LOG_CREATED,
  RFL_CORE_LOG_ENDED,
  RFL_CORE_LOG_JOINED,
  RFL_CORE_LOG_LEFT,
  RFL_CORE_LOG_REFUSED,
  RFL_CORE_LOG_OVERDUE,
  RFL_CORE_LOG_SUMMARY,
  RFL_CORE_LOG_APP,
  RFL_CORE_LOG_COPIES,
  RFL_N_CORE_LOGS
} RflCoreLogKind;

struct _RflCore {
  GMainContext *context;
  RflClock *clock;
  RflBus *bus;
  RflPath *path;
  GHashTable *counters;          /* name -> RflCounter */
  GHashTable *services;          /* name -> core/service.c's record */
  GHashTable *sessions;          /* name -> RflSession, lent */
  GHashTable *participants;      /* id -> RflParticipant, lent */
  struct _RflPluginSet *plugins; /* core/plugin.c */
  RflTransport *transport;
  RflLog *log;           /* lent, may be %NULL */
  RflSettings *settings; /* of the group `core`, %NULL until loaded */
  char *config_dir;      /* %NULL until loaded */
  char *plugin_path;     /* of RflCoreOptions */
  RflCoreLimits limits;
  RflCoreRtcp rtcp;
  RflLogLimit log_limits[RFL_N_CORE_LOGS];
  gint64 drain_time;
  gint64 started_at; /* 0: not running */
  char *id;
  guint64 epoch;
  guint64 next_participant;
  guint n_workers;
  gboolean manual_workers;
  gboolean realtime; /* `core.realtime` */
  gboolean draining;
};

RFL_EXPORT RflCore *rfl_core_new (const RflCoreOptions *options);
/* Stops and frees whatever is still there. */
RFL_EXPORT void rfl_core_free (RflCore *core);
/* Reads @dir (core/config/), loads, sorts and configures the plugins. */
RFL_EXPORT gboolean rfl_core_load (RflCore *core, const char *dir, GError **error);
/* Path first, then plugins in order; rolled back on failure. */
RFL_EXPORT gboolean rfl_core_start (RflCore *core, GError **error);
RFL_EXPORT void rfl_core_stop (RflCore *core);
RFL_EXPORT gboolean rfl_core_reload (RflCore *core, GError **error);
/* Emits RFL_EVENT_DRAINING; rfl_core_is_draining() from now on. */
RFL_EXPORT void rfl_core_drain (RflCore *core);
/* `core.drain_time`, in microseconds: how long the daemon waits for calls to end. */
RFL_EXPORT gint64 rfl_core_get_drain_time (RflCore *core);
/* The group of core and of each enabled plugin with every option in force, as libconfig reads
 * it. Works after rfl_core_load(). Returns: (transfer full). */
RFL_EXPORT char *rfl_core_print_config (RflCore *core);
/* The options of core and of every plugin that is found, as Markdown (see
 * rfl_options_print_manual()). Needs no configuration. Returns: (transfer full). */
RFL_EXPORT char *rfl_core_print_manual (RflCore *core);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflCore, rfl_core_free)

/* ---- parts ---- */
GHashTable *rfl_services_new (void);
RflClock *rfl_clock_new (GMainContext *context);
/* Stands still at @now until rfl_clock_advance() moves it and runs what is due. */
RflClock *rfl_clock_new_manual (gint64 now);
void rfl_clock_advance (RflClock *clock, gint64 microseconds);
void rfl_clock_free (RflClock *clock);

RflBus *rfl_bus_new (void);
/* Cancels what is deferred or still queued. */
void rfl_bus_free (RflBus *bus);
/* Removes one hook whose name begins with @prefix. Returns: (transfer full): its name, or %NULL */
char *rfl_bus_remove_hook_of (RflBus *bus, const char *prefix);
/* Lends: whoever ends the source frees it when RFL_EVENT_SOURCE_VANISHED is done. */
void rfl_event_set_source (RflEvent *event, RflSource *source);

GHashTable *rfl_counters_new (void);
void rfl_counters_status (RflCore *core, RflStatus *status);
/* As many descriptors as the system grants. At start. */
RFL_EXPORT void rfl_process_prepare (void);
/* "process": descriptors, heap. */
void rfl_process_status (RflStatus *status);

/* ---- between sessions (core/session.c) and the path (core/path/) ---- */
/* @core's path exists from rfl_core_new() on; threads from start to stop. */
RflPath *rfl_path_new (RflCore *core, RflTransport *transport);
gboolean rfl_path_start (RflPath *path, GError **error);
void rfl_path_stop (RflPath *path);
void rfl_path_free (RflPath *path);
/* How often a second strangers may ask the main thread who they are: one address, all of a
 * worker. At any time. */
void rfl_path_set_stranger_rates (RflPath *path, guint one, guint all);
void rfl_path_status (RflPath *path, RflStatus *status);
/* manual_workers: handles what is in the transport and the mailboxes, in every worker and on
 * the main side, until nothing is left to do. Returns: how many things were done. */
RFL_EXPORT guint rfl_path_step (RflPath *path);
/* The session is gone: so is its route. Its sources and legs must be gone. */
void rfl_route_free (RflRoute *route);
/* The participant leaves: its sources vanish, legs that it owns go with their owner plugin. */
void rfl_route_drop_owner (RflRoute *route, RflMedium *owner);
/* What @medium's `blocked` says is in force for its sources and legs in @route. */
void rfl_route_block (RflRoute *route, RflMedium *medium);
/* What a session gives to find its core. */
RflCore *rfl_session_get_core (const RflSession *session);
/* For events: keeps the object, but does not keep it in its session. */
RflParticipant *rfl_participant_hold (RflParticipant *participant);
void rfl_participant_drop (RflParticipant *participant);

/* ---- between the path and core/rtcp/ ---- */
/* The path answers these, ... */
RflLegFlags rfl_leg_get_flags (const RflLeg *leg);
gboolean rfl_leg_is_active (const RflLeg *leg);
/* Of the timestamps of a leg that is not of RFL_LEG_ALL; 0: not known */
guint rfl_leg_get_clock_rate (const RflLeg *leg);
gboolean rfl_leg_takes_reduced_rtcp (const RflLeg *leg);
/* By its ops; nothing happens if it has none. */
void rfl_leg_send_rtcp (RflLeg *leg, RflMedium *from, const guint8 *data, gsize len);
/* What the receiver at its end asks for, a limit besides rfl_leg_set_bandwidth(); @overhead: octets of each
 * packet that it counts besides RTP. 0: no limit */
void rfl_leg_ask_bandwidth (RflLeg *leg, guint bits_per_second, guint overhead);
/* Sources of @route that this reflector's participants know by another SSRC than the rest. */
const GPtrArray *rfl_route_get_aliases (const RflRoute *route);
gboolean rfl_source_has_vanished (const RflSource *source);
/**
 * RflReception:
 * @highest_seq: with its cycles
 * @jitter: in timestamp units
 * @expected, @received: packets
 */
typedef struct {
  guint32 highest_seq, jitter;
  guint64 expected, received;
} RflReception;
/* How @source arrives here. */
void rfl_source_get_reception (const RflSource *source, RflReception *out);
/* ... and tells this: a leg of RFL_LEG_ONE or RFL_LEG_MIX gets reports from now on, ... */
void rfl_rtcp_watch (RflLeg *leg);
/* ... it does no more, ... */
void rfl_rtcp_forget_leg (RflLeg *leg);
/* ... the source vanishes. */
void rfl_rtcp_forget_source (RflSource *source);
