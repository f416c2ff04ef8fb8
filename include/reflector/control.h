/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Control messages between the reflector and a participant: reliable and in order, in RTCP APP
 * packets named RFLC on any of its media (doc/control-protocol.md). Three things: the service "control" for
 * plugins; the engine that both ends run; the codec below it. Not for what messages mean: that is
 * their service's, by four characters of name.
 *
 * Engine and codec have no clock, no socket and no thread: the time is passed in, octets go out
 * through a function. Each channel belongs to one thread, whichever that is.
 */
#pragma once

#include <reflector/error.h>
#include <reflector/tlv.h>
#include <reflector/types.h>

G_BEGIN_DECLS

/* ---- service "control", of plugin control ---- */

#define RFL_CONTROL_SERVICE "control"
#define RFL_CONTROL_VERSION 1

/* @participant: of this reflector, in its session; @body: lent, its grammar not looked at yet */
typedef void (*RflControlFunc) (RflParticipant *participant, guint8 type, const guint8 *body,
                                gsize len, gpointer user_data);

/**
 * RflControl:
 * @add: one listener for the messages of one @service. Returns: an id above 0; 0: there is one already
 * @remove: not called again. 0 is ignored
 * @send: in order, and repeated until it is acknowledged. RFL_ERROR_UNAVAILABLE: it does not speak
 *   control (now); RFL_ERROR_LIMIT: too much is waiting for it already; RFL_ERROR_MALFORMED: @body
 *   has more than RFL_CONTROL_MAX_BODY octets. What is not acknowledged when a participant leaves, or
 *   starts its end anew, is lost: RFL_EVENT_CONTROL_READY comes again, tell it everything again
 * @speaks: whether messages reach it now
 *
 * Main thread. Nobody gets anything who has not spoken control first.
 */
typedef struct {
  guint (*add) (gpointer self, const char service[4], RflControlFunc func, gpointer user_data);
  void (*remove) (gpointer self, guint id);
  gboolean (*send) (gpointer self, RflParticipant *participant, const char service[4], guint8 type,
                    GBytes *body, GError **error);
  gboolean (*speaks) (gpointer self, RflParticipant *participant);
} RflControl;

/* ---- codec ---- */

#define RFL_CONTROL_APP "RFLC"
/* Octets of one message's body, and of the data of one APP packet (behind its name). */
#define RFL_CONTROL_MAX_BODY 1000
#define RFL_CONTROL_MAX_DATA 1028

#define RFL_CONTROL_FLAG_REPLY 1 /* wants an answer at once */
#define RFL_CONTROL_FLAG_CLOSE 2 /* the sender stops: this epoch of its is over */

/* The head of a datagram; @messages: lent, see rfl_control_next() */
typedef struct {
  guint8 flags;
  guint32 epoch, peer_epoch, ack;
  const guint8 *messages;
  gsize messages_len;
} RflControlFrame;

typedef struct {
  guint32 seq;
  char service[5];
  guint8 type;
  const guint8 *body;
  gsize len;
} RflControlMessage;

/* @packet: one whole RTCP packet, as in RFL_EVENT_CONTROL_MESSAGE. Returns: (nullable): its data if it is an
 * APP of ours; lent. */
RFL_EXPORT const guint8 *rfl_control_get_data (const guint8 *packet, gsize len, gsize *data_len);
/* Returns: %FALSE with RFL_ERROR_MALFORMED unless all of @data is well-formed, messages included. */
RFL_EXPORT gboolean rfl_control_read (RflControlFrame *frame, const guint8 *data, gsize len,
                                      GError **error);
/* Moves @frame->messages on. Returns: %FALSE at the end. */
RFL_EXPORT gboolean rfl_control_next (RflControlFrame *frame, RflControlMessage *out);
/* Appends the head, without messages; then messages. Returns: %FALSE if that would be more than
 * RFL_CONTROL_MAX_DATA. */
RFL_EXPORT void rfl_control_begin (GByteArray *data, const RflControlFrame *frame);
RFL_EXPORT gboolean rfl_control_append (GByteArray *data, const RflControlMessage *message);
/**
 * rfl_control_wrap:
 * @cname: at most 255 octets
 *
 * Returns: (transfer full): @data in a valid compound (RFC 3550 §6.1): an empty RR, SDES, APP; 1,124 octets at
 * most with a CNAME of 64.
 */
RFL_EXPORT GByteArray *rfl_control_wrap (guint32 ssrc, const char *cname, const guint8 *data,
                                         gsize len);

/* ---- engine ---- */

typedef struct _RflControlChannel RflControlChannel;

/**
 * RflControlChannelOps:
 * @transmit: sends the data of one APP packet; must not call back
 * @deliver: the peer's next message
 * @changed: up: messages can be sent, nothing has been said yet; down: what was not delivered
 *   is lost, and the peer, if it comes back, knows nothing. @why: for people
 *
 * @deliver and @changed may call anything, rfl_control_channel_free() too.
 */
typedef struct {
  void (*transmit) (const guint8 *data, gsize len, gpointer user_data);
  void (*deliver) (const char *service, guint8 type, const guint8 *body, gsize len,
                   gpointer user_data);
  void (*changed) (gboolean up, const char *why, gpointer user_data);
} RflControlChannelOps;

/**
 * RflControlChannelConfig:
 * @epoch: of this incarnation; 0: a random one
 * @active: speaks first, and asks every so often whether the peer is still there: the participant's end
 * @max_queue: messages that wait or are not acknowledged; 0: 256
 * @max_rate: messages of the peer per second; more are not taken, so they come again. 0: no limit
 * @give_up: microseconds without an answer until the channel is down; 0: 30 s
 * @idle: of an active end: microseconds of silence until it asks; 0: 10 s
 */
typedef struct {
  guint32 epoch;
  gboolean active;
  guint max_queue, max_rate;
  gint64 give_up, idle;
} RflControlChannelConfig;

/* @sent: each message once, @repeated: again; @stale: datagrams of another incarnation */
typedef struct {
  guint64 datagrams_in, datagrams_out, sent, repeated, received, duplicates;
  guint64 malformed, stale, limited, ups, downs;
} RflControlChannelStats;

/* @ops: static. Returns: (transfer full) */
RFL_EXPORT RflControlChannel *rfl_control_channel_new (const RflControlChannelConfig *config,
                                                       const RflControlChannelOps *ops,
                                                       gpointer user_data);
/* Says nothing to the peer and calls nothing. %NULL is allowed. */
RFL_EXPORT void rfl_control_channel_free (RflControlChannel *channel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflControlChannel, rfl_control_channel_free)
RFL_EXPORT void rfl_control_channel_set_limits (RflControlChannel *channel, guint max_queue,
                                                guint max_rate);
/* Queues a message for the next rfl_control_channel_poll(). Errors are those of RflControl.send. */
RFL_EXPORT gboolean rfl_control_channel_send (RflControlChannel *channel, const char service[4],
                                              guint8 type, const guint8 *body, gsize len,
                                              GError **error);
/* @data: of an APP packet; @now: microseconds, never running back. Poll afterwards. */
RFL_EXPORT void rfl_control_channel_receive (RflControlChannel *channel, const guint8 *data,
                                             gsize len, gint64 now);
/* Sends what is due. Returns: when it wants to be called again (G_MAXINT64: not before the next
 * send or receive). After each send and receive, and then; never from a callback of the channel. */
RFL_EXPORT gint64 rfl_control_channel_poll (RflControlChannel *channel, gint64 now);
/* Tells the peer, once, that this end stops; then it is down, without @changed. */
RFL_EXPORT void rfl_control_channel_close (RflControlChannel *channel);
RFL_EXPORT gboolean rfl_control_channel_is_up (const RflControlChannel *channel);
/* Messages that are not acknowledged yet. */
RFL_EXPORT guint rfl_control_channel_get_pending (const RflControlChannel *channel);
/* Smoothed round trip in microseconds; 0: not known. */
RFL_EXPORT gint64 rfl_control_channel_get_rtt (const RflControlChannel *channel);
RFL_EXPORT const RflControlChannelStats *
rfl_control_channel_get_stats (const RflControlChannel *channel);

G_END_DECLS
