/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the interconnection share: the plugin's instance, a peer, and the rooms
 * that a peer and this reflector have in common. Main thread throughout. Not for the wire:
 * see frame.h.
 */
#pragma once

#define RFL_LOG_DOMAIN "interconnect"

#include "plugins/interconnect/channel.h"
#include <reflector/reflector.h>

/* So many labels back a label whose source is gone is still not given out again. */
#define LINK_MAX_USED (1u << 17)

typedef struct _LinkPlugin LinkPlugin;
typedef struct _LinkPeer LinkPeer;
typedef struct _LinkRoom LinkRoom;

/* Things that a peer or a stranger can make happen; each has a counter and, where an operator
 * could do something about it, a rate-limited line. */
typedef enum {
  LINK_COUNT_STRANGER,
  LINK_COUNT_MISPLACED,
  LINK_COUNT_MALFORMED,
  LINK_COUNT_OVER_RATE,
  LINK_COUNT_STALE,
  LINK_COUNT_LIMIT,
  LINK_COUNT_DUPLICATE,
  LINK_COUNT_UNKNOWN_PARTICIPANT,
  LINK_COUNT_UNKNOWN_LABEL,
  LINK_COUNT_UNKNOWN_FORMAT,
  LINK_COUNT_UNSENDABLE,
  LINK_COUNT_LEFT_OUT,
  LINK_COUNT_OVER_MESSAGES,
  LINK_COUNT_OUT_OF_STEP,
  LINK_COUNT_CODEC_CHANGED,
  LINK_COUNT_CODEC_KEPT,
  LINK_COUNT_ASKED_AGAIN,
  LINK_COUNT_KEPT_LOCAL,
  LINK_COUNT_TEXT_IN,
  LINK_COUNT_TEXT_OUT,
  LINK_COUNT_TEXT_REFUSED,
  LINK_COUNT_SERVICE_IN,
  LINK_COUNT_SERVICE_OUT,
  LINK_COUNT_SERVICE_NOBODYS,
  LINK_COUNT_SERVICE_REFUSED,
  LINK_COUNT_RTCP_IN,
  LINK_COUNT_RTCP_OUT,
  LINK_N_COUNTS
} LinkCount;

typedef struct {
  guint participants, sessions, sources, rate, messages, service_queue;
} LinkLimits;

typedef struct {
  char *address; /* (nullable) */
  guint16 port;
  GArray *peers; /* RflAddress: RTP relay of each */
  gint64 hello_interval, dead_after, digest_interval;
  LinkLimits limits;
} LinkConfig;

struct _LinkPlugin {
  RflCore *core;
  LinkConfig config;
  RflPort *rtp_port, *rtcp_port;
  GPtrArray *peers;  /* LinkPeer */
  GArray *hooks;     /* guint */
  GArray *listeners; /* LinkListener of service.c */
  guint last_listener;
  gboolean offered;
  guint32 ssrc; /* of our compounds */
  RflCounter *counters[LINK_N_COUNTS];
  RflLogLimit log_limits[LINK_N_COUNTS];
};

/* One label that the peer chose: what it stands for here. @formats: what its numbers mean; @hash: of its SOURCE; @stale: not told
 * again yet since a RETELL; @audio_level: see LinkMessage */
typedef struct {
  guint32 label;
  guint32 original;
  RflSource *source;
  GPtrArray *formats; /* RflFormat */
  guint64 hash;
  gboolean stale;
  guint8 audio_level;
} LinkIn;
void link_in_free (LinkIn *in);

/* @label: ours for a source of a participant here, kept as long as the source lives */
typedef struct {
  guint32 label;
} LinkOut;

/**
 * LinkRemote:
 *
 * A participant behind the peer. @joined: core has it in a session
 * @hash: of its JOIN; 0: that could not be carried out
 * @stale: not told again yet since a RETELL
 * @text: what it has said of a text that goes on in the next message, or %NULL
 */
typedef struct {
  LinkRoom *room;
  RflParticipant *participant;
  gboolean joined;
  guint64 hash;
  gboolean stale;
  GString *text;
} LinkRemote;

/* A bucket that differed, with the sums then. @pause: 0: it did not; @left: digests to wait
 * until it is asked for once more */
typedef struct {
  LinkSum told, held;
  guint pause, left;
} LinkDoubt;

/* @slice: of the next digest; @told: when a bucket was told again */
typedef struct {
  RflTimer *timer;
  guint slice;
  LinkDoubt doubts[LINK_N_BUCKETS];
  gint64 told[LINK_N_BUCKETS];
  guint64 sent, received, asked;
} LinkDigest;

/* @leg: towards the peer, of one route of the session; @n_formats, @codec: of the route, as announced;
 * @whole: with all its formats */
typedef struct {
  LinkRoom *room;
  RflRoute *route;
  RflLeg *leg;
  guint n_formats, codec;
  gboolean whole;
} LinkLeg;

/**
 * LinkRoom:
 *
 * A session that the peer has participants in. @session: %NULL until one of them has joined
 */
struct _LinkRoom {
  LinkPeer *peer;
  char *name;
  RflSession *session;
  GHashTable *remotes; /* LinkRemote, a set */
  GPtrArray *legs;     /* LinkLeg */
};

/**
 * LinkPeer:
 * @name: its RTP relay address, for the log
 * @waiting: label -> LinkWaiting of media.c: parked packets whose SOURCE is on its way
 * @features: of its HELLO, as its legs know them
 * @used: labels given out in this incarnation; @used_order: those of them whose sources are gone
 */
struct _LinkPeer {
  LinkPlugin *plugin;
  RflAddress rtp, rtcp;
  char name[RFL_ADDRESS_STRLEN];
  LinkChannel *channel;
  RflTimer *timer;
  RflFlow *rtp_flow, *rtcp_flow;
  GHashTable *rooms;   /* session name -> LinkRoom */
  GHashTable *remotes; /* participant id -> LinkRemote */
  GHashTable *in;      /* label -> LinkIn */
  GHashTable *out;     /* RflSource -> LinkOut */
  GHashTable *used;
  GQueue used_order;
  GHashTable *waiting;
  LinkDigest digest;
  gint64 rate_at;
  double rate_tokens;
  guint64 rtcp_in, rtcp_out;
  guint32 features;
};

/* ---- options.c ---- */
extern const RflOption link_options[];
gboolean link_config_read (LinkConfig *config, const RflSettings *settings, GError **error);
void link_config_clear (LinkConfig *config);
gboolean link_config_same_network (const LinkConfig *a, const LinkConfig *b);

/* ---- instance.c: the functions of the descriptor ---- */
gpointer link_plugin_new (RflCore *core);
gboolean link_plugin_configure (gpointer self, const RflSettings *settings, GError **error);
gboolean link_plugin_start (gpointer self, GError **error);
RflReload link_plugin_reconfigure (gpointer self, const RflSettings *settings, GError **error);
void link_plugin_stop (gpointer self);
void link_plugin_free (gpointer self);
/* status.c */
void link_plugin_status (gpointer self, RflStatus *status);
void link_count (LinkPlugin *plugin, LinkCount what);
/* Counts, and logs at most so often. @peer may be %NULL. */
void link_complain (LinkPlugin *plugin, LinkCount what, const char *peer, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
void link_counters_init (LinkPlugin *plugin);
/* Sends what is queued for any peer. */
void link_plugin_kick (LinkPlugin *plugin);

/* ---- peer.c ---- */
LinkPeer *link_peer_new (LinkPlugin *plugin, const RflAddress *rtp);
/* Opens its flows and begins to say HELLO. */
gboolean link_peer_start (LinkPeer *peer, GError **error);
/* Says goodbye; its participants leave. */
void link_peer_stop (LinkPeer *peer);
void link_peer_free (LinkPeer *peer);
/* Sends what has been queued on the channel. */
void link_peer_kick (LinkPeer *peer);
/* Whether one more datagram is within the rate. */
gboolean link_peer_allows (LinkPeer *peer);
void link_peer_receive (LinkPeer *peer, const guint8 *data, gsize len);

/* ---- announce.c ---- */
/* Whether peers are told of it: it called this reflector and does not wait to be let in. */
gboolean link_presence_is_told (const RflParticipant *participant);
/* (transfer full): the JOIN of a participant here */
LinkMessage *link_presence_describe (const RflParticipant *participant);
/* Tells every peer of it; @type: LINK_JOIN or LINK_LEAVE. */
void link_presence_tell (LinkPlugin *plugin, const RflParticipant *participant, guint8 type);
/* Tells every peer again of those of @session who are here. */
void link_presence_tell_session (LinkPlugin *plugin, const RflSession *session);
/* Tells the peer of every participant here. */
void link_presence_tell_all (LinkPeer *peer);

/* ---- presence.c ---- */
gboolean link_presence_add_hooks (LinkPlugin *plugin, GError **error);
void link_presence_receive_join (LinkPeer *peer, const LinkMessage *join);
void link_presence_receive_leave (LinkPeer *peer, const LinkMessage *leave);
/* Takes the participant @id of the peer out, if there is one. */
void link_presence_drop (LinkPeer *peer, const char *id, const char *why);
/* (nullable): the medium that a SOURCE or RTCP is about, if it is of a participant of @peer */
RflMedium *link_presence_find_medium (const LinkPeer *peer, const LinkMessage *message);
/* Everything that came from the peer goes. */
void link_presence_forget_all (LinkPeer *peer);

/* ---- room.c ---- */
LinkRoom *link_room_get (LinkPeer *peer, const char *name);
void link_room_free (LinkRoom *room);
/* Makes and frees legs so that they exist where both sides have somebody. */
void link_room_update (LinkRoom *room);
/* The same for the rooms that all peers have of @session. */
void link_rooms_update (LinkPlugin *plugin, RflSession *session);
LinkLeg *link_room_find_leg (const LinkRoom *room, const RflRoute *route);
void link_room_drop_legs (LinkRoom *room);

/* ---- label.c ---- */
gboolean link_media_add_hooks (LinkPlugin *plugin, GError **error);
void link_media_announce (LinkLeg *leg, RflSource *source);
void link_media_announce_all (LinkLeg *leg);
void link_media_withdraw_all (LinkLeg *leg);
/* Its owner has negotiated again. */
void link_media_announce_medium (LinkPlugin *plugin, const RflMedium *medium);
/* (transfer full): the SOURCE of a source here, for @peer */
LinkMessage *link_media_describe (const LinkPeer *peer, const RflSource *source, guint32 label);

/* ---- media.c ---- */
/* Ends what of @buckets was not told again; the others get their own SSRC back where it is free. */
void link_media_drop_stale (LinkPeer *peer, guint64 buckets);
/* The formats of @route have changed: what the peers' numbers mean is looked up anew. */
void link_media_map_again (LinkPlugin *plugin, const RflRoute *route);
void link_media_receive_source (LinkPeer *peer, const LinkMessage *message);
void link_media_receive_end (LinkPeer *peer, const LinkMessage *message);
void link_media_unknown_label (LinkPeer *peer, guint32 label, guint64 ticket);
void link_media_forget_all (LinkPeer *peer);

/* ---- codec.c ---- */
/* (transfer full) (element-type RflFormat): what of the route's formats crosses every link, with its
 * numbers there: the session codec, then those that go with any codec */
GPtrArray *link_codec_formats (const RflRoute *route);
/* The number on links of the format at @index: its own, unless one before it has that. */
guint8 link_codec_number (const RflRoute *route, guint index);
/* (transfer full) (element-type RflFormat): what @source may send and @peer takes, with its numbers
 * there; of its owner's answer first, as many as a message has */
GPtrArray *link_codec_of_source (const LinkPeer *peer, const RflSource *source);
/* The same as payload types for the leg to @peer. */
void link_codec_fill (const LinkPeer *peer, const RflRoute *route,
                      guint8 pt[RFL_ROUTE_MAX_FORMATS]);
/* LINK_FEATURE_… of this reflector */
guint32 link_codec_features (const LinkPlugin *plugin);
/* Whether packets in other codecs than the session's go to @peer. */
gboolean link_codec_is_whole (const LinkPeer *peer);
/* What a peer's source sends becomes a format of @route where the mixer here knows it. */
void link_codec_admit (LinkPlugin *plugin, RflRoute *route, const GPtrArray *formats);
/* A remote participant tells what its session speaks. */
void link_codec_take (LinkPlugin *plugin, const RflParticipant *participant);

/* ---- digest.c ---- */
void link_digest_schedule (LinkPeer *peer);
void link_digest_clear (LinkPeer *peer);
/* Something has changed that may let in what was refused. */
void link_digest_hurry (LinkPlugin *plugin);
/* The link is down. */
void link_digest_forget (LinkPeer *peer);
void link_digest_receive (LinkPeer *peer, const LinkMessage *digest);
void link_digest_receive_sync (LinkPeer *peer, const LinkMessage *sync);
void link_digest_receive_retell (LinkPeer *peer, const LinkMessage *mark);
void link_digest_receive_retold (LinkPeer *peer, const LinkMessage *mark);

/* ---- text.c ---- */
gboolean link_text_add_hooks (LinkPlugin *plugin, GError **error);
void link_text_receive (LinkPeer *peer, const LinkMessage *message);

/* ---- service.c: messages of other plugins ---- */
GArray *link_service_listeners_new (void);
gboolean link_service_offer (LinkPlugin *plugin, GError **error);
void link_service_withdraw (LinkPlugin *plugin);
void link_service_receive (LinkPeer *peer, const LinkMessage *message);

/* ---- relay.c ---- */
extern const RflLegOps link_leg_ops;
void link_relay_receive (LinkPeer *peer, const LinkFrame *frame);
