/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routes: one kind of medium of one session in the packet path. Sources feed it, legs
 * take from it; every worker holds its own copy of both and fans a packet out itself.
 * Not for deciding who may send: that is for whoever makes flows and sources.
 *
 * Main thread throughout. What is freed here is freed when every worker has let go.
 */
#pragma once

#include <reflector/port.h>
#include <reflector/session.h>
#include <reflector/types.h>

G_BEGIN_DECLS

/* Formats of a route: the session codec, then its companions (telephone-event). */
#define RFL_ROUTE_MAX_FORMATS 16

/**
 * RflRoute:
 * @kind: interned
 * @formats: (element-type RflFormat): canonical; a format's index is what all PT maps
 *   speak of. Empty until the session codec is decided
 * @sources: (element-type RflSource)
 * @legs: (element-type RflLeg)
 * @codec: index of the session codec, which newcomers must have: 0 unless the session has taken over
 *   another one when two parts of it met
 */
struct _RflRoute {
  RflSession *session;
  const char *kind;
  GPtrArray *formats;
  GPtrArray *sources;
  GPtrArray *legs;
  guint codec;
};

/* Made on first use; lives as long as the session. */
RFL_EXPORT RflRoute *rfl_session_get_route (RflSession *session, const char *kind);
/* (transfer full) (element-type RflFormat). Only while there are no sources and no legs,
 * or to append: indices that are in use never change. Returns: %FALSE if refused. */
RFL_EXPORT gboolean rfl_route_set_formats (RflRoute *route, GPtrArray *formats);
/* @index: of @route's formats. Packets are not touched by it; legs and sources of those who
 * negotiated before go on as they are. */
RFL_EXPORT void rfl_route_set_codec (RflRoute *route, guint index);
/* Returns: index of the format that @format matches, or RFL_PT_NONE. */
RFL_EXPORT guint8 rfl_route_find_format (const RflRoute *route, const RflFormat *format);

/* Numbers of the header extension for audio levels (RFC 6464) on legs: packets leave with all that their
 * sender wrote; or without, since the receiver has agreed to none. */
#define RFL_LEVEL_AS_IS 0
#define RFL_LEVEL_NONE 0xff

/**
 * RflSource:
 * @ssrc: unique in its route: the sender's own, or an alias where that was taken
 * @wire_ssrc: as it arrives on @flow
 * @owner: the medium of the participant who sends it
 * @back: leg towards its sender, for feedback; %NULL while there is none
 * @audio_level: number of the header extension in which its packets have audio levels, 0: none is known
 */
struct _RflSource {
  RflRoute *route;
  RflMedium *owner;
  RflFlow *flow;
  guint32 ssrc;
  guint32 wire_ssrc;
  RflLeg *back;
  guint8 audio_level;
};

/**
 * RflSourceSpec:
 * @map: copied; replaceable later
 * @ssrc: to use if free; else the route chooses an alias
 * @flow, @wire_ssrc: together unique
 * @windowed: a sequence number passes once, in a window of 64; for paths between reflectors, which
 *   may double and reorder
 */
typedef struct {
  RflRoute *route;
  RflMedium *owner;
  RflFlow *flow;
  guint32 ssrc;
  guint32 wire_ssrc;
  const RflPtMap *map;
  RflLeg *back;
  gboolean windowed;
  guint8 audio_level;
} RflSourceSpec;

/* Emits RFL_EVENT_SOURCE_APPEARED; hooks have run (unless this is called inside another
 * event's hook) before it returns. Returns: (transfer none): lives until
 * rfl_source_free(); %NULL if (flow, wire_ssrc) is taken. */
RFL_EXPORT RflSource *rfl_source_new (const RflSourceSpec *spec);
/* Emits RFL_EVENT_SOURCE_VANISHED; until that is over it may still be looked at, but changes do
 * nothing any more. %NULL is allowed. */
RFL_EXPORT void rfl_source_free (RflSource *source);
RFL_EXPORT void rfl_source_set_map (RflSource *source, const RflPtMap *map);
/* The sender's address has moved; order within the source is kept. */
RFL_EXPORT void rfl_source_set_flow (RflSource *source, RflFlow *flow);
RFL_EXPORT void rfl_source_set_back (RflSource *source, RflLeg *back);
/* @number: 1 to 14, 0: none */
RFL_EXPORT void rfl_source_set_audio_level (RflSource *source, guint8 number);
/* Unique while the process runs; RflPacket.source_id of its packets. */
RFL_EXPORT guint64 rfl_source_get_id (const RflSource *source);
/* (nullable) */
RFL_EXPORT RflSource *rfl_route_find_source (const RflRoute *route, guint32 ssrc);
RFL_EXPORT RflSource *rfl_flow_find_source (const RflFlow *flow, guint32 wire_ssrc);

typedef struct {
  guint64 packets, octets; /* payload octets, RTP without header */
  gint64 last_seen;        /* rfl_clock_now(), 0: never */
  guint16 last_seq;
  guint32 last_timestamp;
} RflSourceStats;
RFL_EXPORT void rfl_source_get_stats (const RflSource *source, RflSourceStats *out);

/**
 * RflLegFlags:
 * @RFL_LEG_LOCAL_ONLY: takes only sources whose owner has no origin (what came over a
 *   link goes to participants only)
 * @RFL_LEG_LABELLED: takes only sources for which rfl_source_set_label() was called, under
 *   that SSRC
 */
typedef enum {
  RFL_LEG_NONE = 0,
  RFL_LEG_LOCAL_ONLY = 1 << 0,
  RFL_LEG_LABELLED = 1 << 1
} RflLegFlags;

/**
 * RflLegOps:
 * @send_rtcp: carries a valid compound that concerns this route (feedback alone where
 *   rfl_leg_set_reduced_rtcp() allows it) to whoever is at the end of the leg. @from: the participant's medium it is from, or %NULL: from us
 */
typedef struct {
  void (*send_rtcp) (RflLeg *leg, RflMedium *from, const guint8 *data, gsize len);
} RflLegOps;

/**
 * RflLegSpec:
 * @owner: medium that gets the packets, never its own sources; %NULL for a link
 * @port: to send from
 * @local: address to send from (its port is ignored); family 0: the kernel's choice
 * @pt: payload type for each format index; RFL_PT_NONE: that format is not sent
 * @feed: of RFL_LEG_MIX, else %NULL: what it hangs on, which must outlive it
 * @ops: static
 * @audio_level: see rfl_leg_set_audio_level()
 */
typedef struct {
  RflRoute *route;
  RflMedium *owner;
  RflPort *port;
  RflAddress local, remote;
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  RflLegMode mode;
  RflLegFlags flags;
  const RflLegOps *ops;
  gpointer user_data;
  RflFeed *feed;
  guint8 audio_level;
} RflLegSpec;

/* Returns: (transfer full) */
RFL_EXPORT RflLeg *rfl_leg_new (const RflLegSpec *spec);
/* Each worker lets go of it before its next batch, memory is freed when all have; sources
 * with it as `back` lose it now. %NULL is allowed. */
RFL_EXPORT void rfl_leg_free (RflLeg *leg);
RFL_EXPORT gpointer rfl_leg_get_user_data (const RflLeg *leg);
RFL_EXPORT RflMedium *rfl_leg_get_owner (const RflLeg *leg);
RFL_EXPORT RflRoute *rfl_leg_get_route (const RflLeg *leg);
RFL_EXPORT RflLegMode rfl_leg_get_mode (const RflLeg *leg);
/**
 * rfl_leg_follow:
 * @leg: of RFL_LEG_ONE
 * @source: (nullable): of its route, not its owner's: what it is to carry. It goes on with what it carries
 *   until @source sends: with video until a keyframe of @source begins, which is asked for every half second,
 *   so that no picture breaks. %NULL: whoever sends, as at first
 *
 * When @source vanishes it is as if %NULL had been given. The same again changes nothing.
 */
RFL_EXPORT void rfl_leg_follow (RflLeg *leg, RflSource *source);
/* @bits_per_second: of RTP packets without IP and UDP headers, 0: no limit. Kept on video of RFL_LEG_ONE
 * only, by leaving out temporal layers and whole frames, and never so that the rest cannot be decoded; what a
 * receiver itself asks for (TMMBR, REMB) is a limit besides. RFL_LEG_ALL means every source as it is, packets
 * and numbers: there it has no effect. */
RFL_EXPORT void rfl_leg_set_bandwidth (RflLeg *leg, guint bits_per_second);
RFL_EXPORT void rfl_leg_set_remote (RflLeg *leg, const RflAddress *local, const RflAddress *remote);
RFL_EXPORT void rfl_leg_set_pt (RflLeg *leg, const guint8 pt[RFL_ROUTE_MAX_FORMATS]);
/**
 * rfl_leg_set_audio_level:
 * @number: 1 to 14: under which the receiver has agreed to audio levels; RFL_LEVEL_NONE: to none;
 *   RFL_LEVEL_AS_IS: at first
 *
 * Packets of a source whose number is known (RflSource.audio_level) leave with nothing but the level as header extension,
 * under @number, or without one. They are untouched where both numbers are the same, and so are those of other
 * sources.
 */
RFL_EXPORT void rfl_leg_set_audio_level (RflLeg *leg, guint8 number);
/* A leg on hold gets neither RTP nor RTCP of others. New legs are active. */
RFL_EXPORT void rfl_leg_set_active (RflLeg *leg, gboolean active);
/* Whoever is at its end takes RTCP of reduced size (RFC 5506): what is asked of it then comes
 * without a report before it. */
RFL_EXPORT void rfl_leg_set_reduced_rtcp (RflLeg *leg, gboolean reduced);
/* The SSRC of @source on @leg (RFL_LEG_LABELLED). */
RFL_EXPORT void rfl_source_set_label (RflSource *source, RflLeg *leg, guint32 ssrc);

typedef struct {
  guint64 packets, octets; /* RTP packets and payload octets sent */
  guint64 failed;          /* refused by the kernel */
  guint32 ssrc;            /* of RFL_LEG_ONE and RFL_LEG_MIX, else 0 */
  guint32 last_timestamp;  /* of those: RTP timestamp of its last packet ... */
  gint64 last_sent;        /* ... and when that was (rfl_clock_now()), 0: never */
  guint32 following;       /* of RFL_LEG_ONE: ssrc of the source it follows, 0: none */
  guint64 left_out;        /* packets that its bandwidth left out */
} RflLegStats;
RFL_EXPORT void rfl_leg_get_stats (const RflLeg *leg, RflLegStats *out);

/**
 * rfl_route_receive_rtcp:
 * @from: the medium of the participant who sent it, here or behind a link; %NULL: a linked
 *   reflector itself, which only asks for keyframes and summarises its receivers' reports
 * @data: as received; invalid ones are counted and dropped
 *
 * Policy for RTCP (doc/architecture.md, "RTCP"): SR, RR, SDES, XR and BYE pass to every other
 * active leg (link legs: only what comes from participants here); in a session above
 * `core.rtcp_summary_above` participants only senders' do, and each source's `back` leg gets a
 * summary of what receivers report. PLI and FIR go to the source's `back` leg only, at most one per
 * source in 500 ms, NACK and TMMBR end here, BYE ends the sources it names. APP becomes
 * RFL_EVENT_CONTROL_MESSAGE where it enters, and passes to those who have sent one of the same
 * name on this medium, unless the name begins with "RFL".
 */
RFL_EXPORT void rfl_route_receive_rtcp (RflRoute *route, RflMedium *from, const guint8 *data,
                                        gsize len);
/* Asks the source's sender for a keyframe (PLI), within the same limit. */
RFL_EXPORT void rfl_source_request_keyframe (RflSource *source);
/* The same for every source that @medium gets packets of; nothing if that is no video or has no
 * route. */
RFL_EXPORT void rfl_medium_request_keyframe (RflMedium *medium);

G_END_DECLS
