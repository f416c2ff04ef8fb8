/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's instance and what its files know of each other. Codecs and latching are pure
 * and have headers of their own.
 */
#pragma once

#define RFL_LOG_DOMAIN "rtp"

#include "plugins/rtp/advertise.h"
#include "plugins/rtp/classic.h"
#include "plugins/rtp/latch.h"

#include <reflector/reflector.h>

typedef struct _RtpPlugin RtpPlugin;
typedef struct _RtpPeer RtpPeer;
typedef struct _RtpMedium RtpMedium;

/* Why a packet was not taken; each has a counter. */
typedef enum {
  RTP_REFUSED_STRANGER,
  RTP_REFUSED_SSRC,
  RTP_REFUSED_UNDECIDED,
  RTP_REFUSED_TAKEN,
  RTP_REFUSED_ACTIVE,
  RTP_REFUSED_SEQUENCE,
  RTP_REFUSED_PROVED,
  RTP_REFUSED_EARLY,
  RTP_REFUSED_HOLD,
  RTP_REFUSED_FORMAT,
  RTP_REFUSED_SOURCES,
  RTP_REFUSED_MALFORMED,
  RTP_REFUSED_RATE,
  RTP_N_REFUSED
} RtpRefused;

typedef struct _RtpKind RtpKind;

/* The second ports of a medium are for who could not be told from a neighbour on the first ones. */
enum {
  RTP_FIRST_PAIR,
  RTP_SECOND_PAIR,
  RTP_N_PAIRS
};

/**
 * RtpPair: a medium's ports for RTP and RTCP
 * @key: interned: what the latch knows the pair by
 * @rtp_number: 0: there is no such pair
 */
typedef struct {
  RtpKind *kind;
  const char *key;
  guint16 rtp_number, rtcp_number;
  RflPort *rtp_port, *rtcp_port;
} RtpPair;

/**
 * RtpKind:
 * @name: "audio" or "video", interned
 * @required: an offer of it without the session codec is refused as a whole
 * @preferences: (element-type RflFormat): of the configuration
 * @seats, @max_seats: this reflector's participants in it, by role; -1: no limit
 */
struct _RtpKind {
  const char *name;
  gboolean required;
  GPtrArray *preferences;
  RtpTraffic traffic;
  guint seats[RTP_N_ROLES];
  gint64 max_seats[RTP_N_ROLES];
  RtpPair pairs[RTP_N_PAIRS];
  RtpPlugin *plugin;
};

struct _RtpPlugin {
  RflCore *core;
  RflClock *clock;
  RtpKind kinds[RTP_N_KINDS];
  RflAddress address, address_external, address_local; /* family 0: not configured */
  GArray *advertised;                                  /* RtpAdvertised */
  gint64 inactivity;
  guint video_bandwidth; /* bit/s, 0: no limit */
  guint max_sources;
  gint64 max_in_session[RTP_N_ROLES]; /* of this reflector's participants; -1: no limit */

  RtpLatch *latch;
  GHashTable *peers; /* RtpPeer, the set of all */
  GQueue turns;      /* turn.c's, first come first */
  RflTimer *turn_timer, *activity_timer, *keyframe_timer;
  GHashTable *keyframes; /* RflSource to be asked once more -> when */
  GArray *hooks;         /* guint */

  RflCounter *refused[RTP_N_REFUSED];
  const RflIce *ice; /* (nullable): who answers STUN */
  gpointer ice_self;
  RflCounter *latched, *moved, *proved, *deferred, *second, *keepalives, *inactive, *rtcp_unsent,
      *limited_formats, *unmixed;
  RflCounter *limited[RTP_N_ROLES][2]; /* in a medium, in a session */
  RflLogLimit limited_log, refused_log, latched_log, unmixed_log;
};

/* A stream that fell silent, so that its return from another address can be recognised. */
typedef struct {
  guint32 ssrc;
  guint16 last_seq;
  gint64 last_seen;
} RtpPast;

#define RTP_MAX_PAST 4

/**
 * RtpMedium:
 * @pair: the ports it was told
 * @claim: %NULL while the m-line is not accepted
 * @flow: of the latched address
 * @rtcp_flow: likewise of RTCP: what comes from there is no stranger's, whose packets are limited
 * @leg: once packets may be sent somewhere
 * @local, @rtcp_local: our own address towards it
 * @leg_mode: what its leg was made for; it may have become RFL_LEG_ONE
 * @mixed, @mixed_ptime: what its leg is attached to the mixer with, or %NULL
 * @learnt: (element-type RflFormat): what it sends beside the answer, or %NULL
 * @mux: RTCP goes through the RTP port, both ways
 * @unwanted: one bit for each component (ICE) whose participant does not consent to packets any more
 * @rtcp_due: when the next RTCP would come at the highest steady rate
 */
struct _RtpMedium {
  RtpPeer *peer;
  RtpKind *kind;
  RtpPair *pair;
  RflMedium *medium;
  RtpClaim *claim;
  RflFlow *flow, *rtcp_flow;
  RflLeg *leg;
  RflAddress leg_remote;
  RflLegMode leg_mode;
  GPtrArray *mixed, *learnt;
  guint mixed_ptime;
  RflPtMap map;
  RflAddress local, rtcp_local;
  gint64 rtcp_due;
  guint unwanted;
  gboolean mux;
  RtpPast past[RTP_MAX_PAST];
  guint n_past;
  guint64 packets_past;
  gboolean hears;
};

/**
 * RtpSeat: what a participant counts as
 * @session: a reference; %NULL: nowhere
 * @media: one bit for each kind
 */
typedef struct {
  RflSession *session;
  guint media;
  RtpRole role;
} RtpSeat;

/**
 * RtpPeer:
 * @plugin: %NULL once the plugin has stopped
 * @media: (element-type RtpMedium): by m-line; %NULL for those that are not ours
 * @joined: 0: not yet
 */
struct _RtpPeer {
  RtpPlugin *plugin;
  RflParticipant *participant;
  GPtrArray *media;
  gint64 joined;
  gint64 last_rtcp;
  RtpSeat seat;
};

/* Of hooks and timers @data is the RtpPlugin. */

/* options.c */
extern const RflOption rtp_options[];
/* instance.c: the plugin's life, which plugin.c names in the descriptor */
gpointer rtp_plugin_new (RflCore *core);
gboolean rtp_plugin_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean rtp_plugin_start (gpointer self, GError **error);
RflReload rtp_plugin_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void rtp_plugin_stop (gpointer self);
void rtp_plugin_free (gpointer self);
/* (nullable) */
RtpKind *rtp_plugin_find_kind (RtpPlugin *plugin, const char *name);
/* status.c */
void rtp_plugin_status (gpointer self, RflStatus *status);

/* offer.c: what an offer is answered. Hook of RFL_EVENT_MEDIA_OFFERED. */
RflHookResult rtp_offer_hook (RflEvent *event, gpointer data, GError **error);
/* Where @remote is told to send, port 0; @local: the address it talked to, or none. */
void rtp_offer_address (const RtpPlugin *plugin, const RflAddress *remote, const RflAddress *local,
                        RflAddress *out);

/* wanted.c: what we offer. Hook of RFL_EVENT_OFFER_WANTED. */
RflHookResult rtp_wanted_hook (RflEvent *event, gpointer data, GError **error);

/* seats.c: whether there is room. Hooks of RFL_EVENT_MEDIA_OFFERED: one after rtp_offer_hook()
 * and one after all that may refuse. */
RflHookResult rtp_seats_check_hook (RflEvent *event, gpointer data, GError **error);
RflHookResult rtp_seats_take_hook (RflEvent *event, gpointer data, GError **error);
void rtp_seats_get_counters (RtpPlugin *plugin);
void rtp_seats_release (RtpPeer *peer);
/* This reflector's participants in @session. */
guint rtp_seats_count (RflSession *session, RtpRole role);

/* turn.c: when it is answered. Hook of RFL_EVENT_MEDIA_OFFERED after rtp_offer_hook(). */
RflHookResult rtp_turn_hook (RflEvent *event, gpointer data, GError **error);
/* Something was decided: whoever waited for that may have a turn. */
void rtp_turns_run (gpointer data);
void rtp_turns_clear (RtpPlugin *plugin);

/* peer.c: participants and their media */
/* (nullable): of a participant of this reflector */
RtpPeer *rtp_peer_get (RflParticipant *participant);
/* Claims for what is accepted of the offer under way. */
RtpPeer *rtp_peer_prepare (RtpPlugin *plugin, RflParticipant *participant);
/* (nullable): what belongs to a medium of a participant of this reflector */
RtpMedium *rtp_peer_find_medium (const RflMedium *medium);
/* Lets go of everything in the packet path. */
void rtp_peer_detach (RtpPeer *peer);
RflHookResult rtp_peer_joined_hook (RflEvent *event, gpointer data, GError **error);
RflHookResult rtp_peer_changed_hook (RflEvent *event, gpointer data, GError **error);
RflHookResult rtp_peer_confirmed_hook (RflEvent *event, gpointer data, GError **error);
/* Routes have got formats: whoever has agreed on one of them gets what is sent in it. */
RflHookResult rtp_peer_formats_hook (RflEvent *event, gpointer data, GError **error);
RflHookResult rtp_peer_left_hook (RflEvent *event, gpointer data, GError **error);

/* media.c: one medium in the packet path */
extern const RtpLatchOps rtp_medium_latch_ops;
/* A claim for the offer under way, unless it has one. */
void rtp_medium_claim (RtpMedium *m, const RflMediumDesc *desc);
/* The route has got formats. */
void rtp_medium_refresh (RtpMedium *m);
/* Puts medium->current into force. */
void rtp_medium_apply (RtpMedium *m);
/* Removes sources, leg, flow and claim. */
void rtp_medium_detach (RtpMedium *m);
/* The claim has latched or moved to @remote. */
void rtp_medium_latched (RtpMedium *m, const RflArrival *arrival);
/* Likewise of RTCP. */
void rtp_medium_rtcp_latched (RtpMedium *m, const RflArrival *arrival);
/* RTP or RTCP of its latched address is somebody else's from now on. */
void rtp_medium_lose (RtpMedium *m, gboolean rtcp);
/* Whether it may be in the packet path: latching may come between the answer and the join's end. */
gboolean rtp_medium_is_ready (const RtpMedium *m);

/* source.c: what it sends */
/* A source for @ssrc. Returns: why not, or RTP_N_REFUSED if there is one. */
RtpRefused rtp_medium_add_source (RtpMedium *m, guint32 ssrc, guint8 pt);
/* The participant sends in @pt, which may be one that it has agreed to and nobody has used yet. Returns: whether it means
 * anything now */
gboolean rtp_medium_learn (RtpMedium *m, guint8 pt);
/* Frees @source, which is one of its own, if that has been silent for long. */
void rtp_medium_expire_source (RtpMedium *m, RflSource *source, gint64 now);
/* The sum over its sources. */
guint64 rtp_medium_count_in (const RtpMedium *m);
/* (transfer container) (element-type RflSource) */
GPtrArray *rtp_medium_list_sources (const RtpMedium *m);
void rtp_medium_free_sources (RtpMedium *m);

/* leg.c: what it gets */
/* Where it may be sent to has perhaps changed. */
void rtp_medium_update_leg (RtpMedium *m);
void rtp_medium_drop_leg (RtpMedium *m);
/* Returns: %FALSE if its address is not known. */
gboolean rtp_medium_send_rtcp (RtpMedium *m, const guint8 *data, gsize len);
/* @component: of ICE: 1 RTP, 2 RTCP that is not multiplexed */
void rtp_medium_set_unwanted (RtpMedium *m, guint component, gboolean unwanted);
gboolean rtp_medium_wants (const RtpMedium *m, guint component);
/* Both directions of the numbers: the participant's to format indices and back. */
void rtp_medium_map_formats (const RtpMedium *m, RflPtMap *map, guint8 pt[RFL_ROUTE_MAX_FORMATS]);
/* What the answer in force says of them. */
void rtp_medium_apply_level (RtpMedium *m);
void rtp_medium_apply_bandwidth (const RtpMedium *m);

/* second.c: whoever would have to wait for his turn on the first ports is told the second ones, where he need not */
void rtp_second_offer (RtpPeer *peer, gint64 now);
/* Writes the pair's ports into the answer. */
void rtp_pair_answer (const RtpPair *pair, RflMediumDesc *desc);

/* proof.c: what the service "ice" has found out */
extern const RflIceWatch rtp_proof_watch;

/* arrival.c: what the ports hand up; @data is an RtpPair */
void rtp_arrival_unknown (const RflArrival *arrival, gpointer data);
void rtp_arrival_unmapped (const RflArrival *arrival, gpointer data);
void rtp_arrival_rtcp (const RflArrival *arrival, gpointer data);
void rtp_arrival_other (const RflArrival *arrival, gpointer data);
const char *rtp_refused_name (RtpRefused reason);
void rtp_refuse (RtpPlugin *plugin, RtpRefused reason, const RflAddress *remote);

/* keyframe.c */
/* @m begins to see: asks all others for a keyframe, now and a second later. */
void rtp_keyframe_ask (RtpPlugin *plugin, const RtpMedium *m);
void rtp_keyframe_timer (gpointer data);
RflHookResult rtp_keyframe_appeared_hook (RflEvent *event, gpointer data, GError **error);
RflHookResult rtp_keyframe_vanished_hook (RflEvent *event, gpointer data, GError **error);

/* activity.c */
#define RTP_ACTIVITY_INTERVAL (5 * G_TIME_SPAN_SECOND)
void rtp_activity_timer (gpointer data);
