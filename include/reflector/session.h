/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions (conferences), the participants in them and their media. Whatever makes
 * participants (a SIP dialog, a link, a bridge) fills in what it knows; core knows
 * none of their protocols. Not for packets: see route.h.
 *
 * Everything here belongs to the main thread. The structs are read-only for plugins;
 * members are only ever added at their ends. Pointers are lent: an object lives until
 * the event that says that it ended has been dispatched, longer with a reference.
 */
#pragma once

#include <reflector/address.h>
#include <reflector/format.h>
#include <reflector/types.h>

G_BEGIN_DECLS

/* What the participant does, seen from the participant. */
typedef enum {
  RFL_DIRECTION_NONE = 0,
  RFL_DIRECTION_SEND = 1 << 0,
  RFL_DIRECTION_RECEIVE = 1 << 1,
  RFL_DIRECTION_BOTH = RFL_DIRECTION_SEND | RFL_DIRECTION_RECEIVE
} RflDirection;

/**
 * RflLegMode:
 * @RFL_LEG_ALL: every source as it is
 * @RFL_LEG_ONE: one continuous stream of our own SSRC that follows one source at a time
 * @RFL_LEG_MIX: one stream of our own SSRC that a mixer makes of all others (mixer.h, feed.h)
 */
typedef enum {
  RFL_LEG_ALL,
  RFL_LEG_ONE,
  RFL_LEG_MIX
} RflLegMode;

/**
 * RflMediumDesc:
 *
 * One m-line: the first part is what the participant offers, the second what hooks of
 * RFL_EVENT_MEDIA_OFFERED answer. Owned by whoever made it until it is taken.
 *
 * @kind: "audio", "video" or another configured one; an interned string
 * @formats: (element-type RflFormat): in the participant's order and numbers
 * @rtp, @rtcp: where its SDP wants packets; family 0: it named none
 * @ssrcs: (element-type guint32): announced by a=ssrc (RFC 5576), often empty
 * @cname: announced with them, or %NULL
 * @local: the local address the participant talked to (port 0), for the answer
 * @accepted: answer: whether the m-line lives (SIP: else port 0)
 * @answer: (element-type RflFormat): answer: agreed formats in the participant's numbers
 * @answer_rtp, @answer_rtcp: answer: where the participant is to send
 * @rtcp_mux, @answer_mux: offer and answer: RTCP on the RTP port (RFC 5761)
 * @rtcp_rsize, @answer_rsize: offer and answer: RTCP of reduced size (RFC 5506)
 * @mode: what its maker wishes. Hooks of RFL_EVENT_MEDIA_OFFERED change it to what is possible: `mix`
 *   without a mixer for it is `one`
 * @bandwidth: of the offer: bit/s that the participant wants to get at most (b=TIAS, b=AS; RFC 3890,
 *   RTP packets without IP and UDP headers), 0: it says nothing
 * @ptime: of the offer: milliseconds in a packet it wants to get (a=ptime), 0: it says nothing
 * @audio_level, @answer_audio_level: offer and answer: number of the header extension for audio levels
 *   (RFC 6464), 0: none
 * @ice, @answer_ice: (nullable): offer and answer: of ICE (ice.h)
 * @audio_level_direction: of the offer: whether the participant sends them, wants to get them, or both (RFC 8285 §5)
 */
typedef struct {
  const char *kind;
  GPtrArray *formats;
  RflDirection direction;
  RflLegMode mode;
  RflAddress rtp, rtcp;
  GArray *ssrcs;
  char *cname;
  RflAddress local;

  gboolean accepted;
  GPtrArray *answer;
  RflAddress answer_rtp, answer_rtcp;
  gboolean rtcp_mux, answer_mux;
  gboolean rtcp_rsize, answer_rsize;

  guint bandwidth;
  guint ptime;
  guint8 audio_level, answer_audio_level;

  RflIceDesc *ice, *answer_ice;
  RflDirection audio_level_direction;
} RflMediumDesc;

/* @kind is interned, which is for ever: never pass what a peer chose without comparing it to
 * what is known. Arrays are there and empty. */
RFL_EXPORT RflMediumDesc *rfl_medium_desc_new (const char *kind);
RFL_EXPORT void rfl_medium_desc_free (RflMediumDesc *desc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflMediumDesc, rfl_medium_desc_free)

/**
 * RflMedium:
 * @index: of the m-line
 * @current: what is in force, or %NULL before the first offer was agreed
 * @offered: what is being negotiated, %NULL outside RFL_EVENT_MEDIA_OFFERED
 * @route: the session's route of this kind; %NULL before the participant joins, and while the
 *   medium has never been accepted
 * @blocked: see rfl_medium_set_blocked()
 */
struct _RflMedium {
  RflParticipant *participant;
  guint index;
  const char *kind;
  RflMediumDesc *current;
  RflMediumDesc *offered;
  RflRoute *route;
  RflDirection blocked;
};

typedef enum {
  RFL_PARTICIPANT_NEW,
  RFL_PARTICIPANT_JOINING,
  RFL_PARTICIPANT_JOINED,
  RFL_PARTICIPANT_LEFT
} RflParticipantState;

/**
 * RflParticipant:
 * @id: unique among all reflectors, printable ASCII of at most 64 characters
 * @identity: whom it says it is, for SIP its From URI; never %NULL. Without one it cannot join
 * @cname: RTCP CNAME expected of it when its SDP names none, or %NULL
 * @origin: id of the reflector that it called; %NULL: this one
 * @signalling: where its signalling comes from; family 0 for remote ones
 * @media: (element-type RflMedium): by m-line index
 * @confirmed: whether its signalling has proven to come from where it says: whoever can
 *   forge an address does not see our answer. Until then nothing is sent to its media
 * @local: the local address that its signalling came to, port 0; family 0: not known
 * @pin: what it brought to be let in (SIP: URI parameter `pin`), or %NULL; never to be logged
 * @invited: this side asked it to come (SIP: an INVITE of ours)
 * @waiting: it has taken its place but is not let in yet: nobody is to hear, see or be told of it. See
 *   rfl_participant_set_waiting()
 */
struct _RflParticipant {
  const char *id;
  const char *identity;
  const char *display_name;
  const char *cname;
  const char *origin;
  RflAddress signalling;
  RflParticipantState state;
  RflSession *session;
  GPtrArray *media;
  gboolean confirmed;
  RflAddress local;
  const char *pin;
  gboolean waiting;
  gboolean invited;
};

/**
 * RflSession:
 * @participants: (element-type RflParticipant): joined ones, here and elsewhere, those who wait among them
 * @n_local: how many of them called this reflector
 * @routes: (element-type RflRoute): one for each kind of medium in use
 */
struct _RflSession {
  const char *name;
  GPtrArray *participants;
  guint n_local;
  GPtrArray *routes;
};

/**
 * RflParticipantOps:
 * @ended: somebody else (inactivity, a moderator, the drain) ended the participant; the
 *   maker tells its peer. Called after RFL_EVENT_PARTICIPANT_LEFT. Not called for the
 *   maker's own rfl_participant_leave(), nor if its join was not reported as a success
 * @reoffer: (nullable): what the session speaks has changed: the maker gets an offer
 *   (rfl_participant_get_offer()) and negotiates it with its peer when it can. Returns: whether it will
 */
typedef struct {
  void (*ended) (RflParticipant *participant, const char *reason, gpointer user_data);
  gboolean (*reoffer) (RflParticipant *participant, gpointer user_data);
} RflParticipantOps;

typedef struct {
  const char *id; /* %NULL: chosen here; given for those from another reflector */
  const char *identity;
  const char *display_name;
  const char *cname;
  const char *origin;
  RflAddress signalling;
  const RflParticipantOps *ops; /* static */
  gpointer user_data;
  gboolean unconfirmed; /* its maker will call rfl_participant_confirm() */
  const char *pin;      /* (nullable) */
  gboolean invited;
} RflParticipantSpec;

/* Strings are copied. Returns: (transfer full). */
RFL_EXPORT RflParticipant *rfl_participant_new (RflCore *core, const RflParticipantSpec *spec);
/* The maker knows which of our addresses the participant talked to: offers of ours name it,
 * see rfl_participant_get_offer(). The port is not looked at. */
RFL_EXPORT void rfl_participant_set_local (RflParticipant *participant, const RflAddress *local);
RFL_EXPORT RflParticipant *rfl_participant_ref (RflParticipant *participant);
/* The last reference makes a participant that is still in a session leave. */
RFL_EXPORT void rfl_participant_unref (RflParticipant *participant);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflParticipant, rfl_participant_unref)

/* @error: %NULL on success; RFL_ERROR_CANCELLED if it left before it was decided.
 * After success the media's `current` hold the answers. */
typedef void (*RflJoinFunc) (RflParticipant *participant, const GError *error, gpointer user_data);

/**
 * rfl_participant_join:
 * @session_name: 1 to 255 bytes of UTF-8, compared byte by byte
 * @offers: (transfer full) (element-type RflMediumDesc): one per m-line; none: it takes its place
 *   now and brings its media by rfl_participant_offer(), and RFL_EVENT_MEDIA_OFFERED is left out
 * @func: called exactly once, perhaps before this returns
 *
 * Creates the session if need be, runs RFL_EVENT_PARTICIPANT_JOINING and
 * RFL_EVENT_MEDIA_OFFERED (any hook may refuse, the latter's may defer), then
 * RFL_EVENT_PARTICIPANT_JOINED. A participant with an origin is not asked for: the two
 * refusable events are left out, its offers become current as they are.
 */
RFL_EXPORT void rfl_participant_join (RflParticipant *participant, const char *session_name,
                                      GPtrArray *offers, RflJoinFunc func, gpointer user_data);
/**
 * rfl_participant_offer:
 *
 * A joined participant changes its media (re-INVITE, UPDATE). RFL_EVENT_MEDIA_OFFERED,
 * then RFL_EVENT_MEDIUM_CHANGED for each medium. Refused: the old state stays;
 * RFL_ERROR_UNAVAILABLE: an earlier offer is not decided yet (SIP: 491). More offers than
 * media add media; fewer are a refusal.
 */
RFL_EXPORT void rfl_participant_offer (RflParticipant *participant, GPtrArray *offers,
                                       RflJoinFunc func, gpointer user_data);
/* The maker takes back an offer of rfl_participant_offer() that is not decided yet (SIP: CANCEL
 * of a re-INVITE): its function gets RFL_ERROR_CANCELLED, the old state stays. */
RFL_EXPORT void rfl_participant_withdraw (RflParticipant *participant);
/* @offers: (element-type RflMediumDesc): lent; %NULL if the participant has left meanwhile */
typedef void (*RflOfferFunc) (RflParticipant *participant, const GPtrArray *offers,
                              gpointer user_data);
/**
 * rfl_participant_get_offer:
 * @participant: a joined one
 * @func: called exactly once, perhaps before this returns
 *
 * What this side would offer the participant (RFC 3264; SIP: an INVITE without an offer, or one of
 * ours). RFL_EVENT_OFFER_WANTED: for one without media each medium there could be, else
 * each it has, by index. Of a description `kind`, `direction` and the answer part are set: the
 * formats this side takes with their payload type numbers, where it wants packets. What
 * the participant answers then becomes its offer: rfl_participant_offer().
 */
RFL_EXPORT void rfl_participant_get_offer (RflParticipant *participant, RflOfferFunc func,
                                           gpointer user_data);
/* Asks the maker of a joined participant to negotiate its media again. Returns: %FALSE if it cannot;
 * then everything stays as it is. */
RFL_EXPORT gboolean rfl_participant_reoffer (RflParticipant *participant);
/* The maker has seen that the signalling address is the participant's own (SIP over UDP: its
 * ACK). RFL_EVENT_PARTICIPANT_CONFIRMED if it has joined already. Idempotent. */
RFL_EXPORT void rfl_participant_confirm (RflParticipant *participant);
/**
 * rfl_participant_set_waiting:
 *
 * A hook of RFL_EVENT_PARTICIPANT_JOINING says that the participant waits to be let in, and later that it is:
 * RFL_EVENT_PARTICIPANT_ADMITTED. It can begin to wait only before it has joined. What passes to and
 * from its media is for the same hook to block (rfl_medium_set_blocked()).
 */
RFL_EXPORT void rfl_participant_set_waiting (RflParticipant *participant, gboolean waiting);
/* The number of those of @session who do not wait. */
RFL_EXPORT guint rfl_session_count_present (const RflSession *session);
/* The maker takes it out of its session: sources vanish, RFL_EVENT_PARTICIPANT_LEFT,
 * the session ends with its last participant. @reason is for log and events. Idempotent. */
RFL_EXPORT void rfl_participant_leave (RflParticipant *participant, const char *reason);
/* Anybody ends it: as leave, then the maker's ops->ended. Idempotent. */
RFL_EXPORT void rfl_participant_end (RflParticipant *participant, const char *reason);
/**
 * rfl_medium_set_blocked:
 * @blocked: what does not pass whatever its participant's SDP says. RFL_DIRECTION_SEND: its packets end
 *   where they enter, after the taps (muted; counted), RFL_DIRECTION_RECEIVE: its legs get nothing
 *   but frames with RflFrame.past_block
 *
 * Of a participant of this reflector. RFL_EVENT_MEDIUM_BLOCKED if that changes anything. Present and
 * later sources and legs alike.
 */
RFL_EXPORT void rfl_medium_set_blocked (RflMedium *medium, RflDirection blocked);
/* @data: lent. Returns: %FALSE if there is no address to send to, yet or any more */
typedef gboolean (*RflMediumSendFunc) (RflMedium *medium, const guint8 *data, gsize len,
                                       gpointer user_data);
/* Whoever carries @medium's packets says how RTCP of ours gets to its participant; @func %NULL: no more. */
RFL_EXPORT void rfl_medium_set_rtcp_sender (RflMedium *medium, RflMediumSendFunc func,
                                            gpointer user_data);
/**
 * rfl_medium_send_rtcp:
 * @data: a valid compound (rtcp.h)
 *
 * To this one participant, whatever its leg's mode and direction, and to nobody else. A datagram: it may get
 * lost. RFL_ERROR_UNAVAILABLE: there is no address to send to yet (neither its SDP nor its packets have
 * proved one), or nobody carries the medium; nothing is kept: try again later.
 */
RFL_EXPORT gboolean rfl_medium_send_rtcp (RflMedium *medium, const guint8 *data, gsize len,
                                          GError **error);
/* Octets of a text message. */
#define RFL_TEXT_MAX 1024
/**
 * rfl_session_send_text:
 * @sender: (nullable): who says it, a participant of @session, here or elsewhere; %NULL: this
 *   reflector, then it stays here
 * @text: 1 to RFL_TEXT_MAX octets of UTF-8
 *
 * RFL_EVENT_TEXT_MESSAGE: whoever makes participants passes it to those of his but @sender,
 * links to their peers if @sender called this reflector. RFL_ERROR_MALFORMED (too long, not
 * UTF-8), RFL_ERROR_NOT_FOUND (@sender is not in @session), RFL_ERROR_FORBIDDEN (it waits to be let in).
 */
RFL_EXPORT gboolean rfl_session_send_text (RflSession *session, RflParticipant *sender,
                                           const char *text, GError **error);
/**
 * rfl_participant_send_text:
 * @participant: of this reflector, joined
 * @text: 1 to RFL_TEXT_MAX octets of UTF-8
 *
 * This reflector says something to it alone: RFL_EVENT_PARTICIPANT_TEXT. Who waits to be let in hears nothing.
 * RFL_ERROR_MALFORMED, RFL_ERROR_NOT_FOUND, RFL_ERROR_FORBIDDEN, as above.
 */
RFL_EXPORT gboolean rfl_participant_send_text (RflParticipant *participant, const char *text,
                                               GError **error);
/* A plugin's own data; @key is interned or static and starts with the plugin's name.
 * Freed with the participant. */
RFL_EXPORT void rfl_participant_set_data (RflParticipant *participant, const char *key,
                                          gpointer data, GDestroyNotify destroy);
RFL_EXPORT gpointer rfl_participant_get_data (RflParticipant *participant, const char *key);
RFL_EXPORT void rfl_session_set_data (RflSession *session, const char *key, gpointer data,
                                      GDestroyNotify destroy);
RFL_EXPORT gpointer rfl_session_get_data (RflSession *session, const char *key);

/* Returns: (nullable): lent */
RFL_EXPORT RflSession *rfl_core_find_session (RflCore *core, const char *name);
RFL_EXPORT RflParticipant *rfl_core_find_participant (RflCore *core, const char *id);
/* Returns: (transfer container): all sessions; main thread */
RFL_EXPORT GPtrArray *rfl_core_list_sessions (RflCore *core);
RFL_EXPORT RflSession *rfl_session_ref (RflSession *session);
RFL_EXPORT void rfl_session_unref (RflSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflSession, rfl_session_unref)

G_END_DECLS
