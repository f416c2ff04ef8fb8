/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reliable channel to one peer: who is at the other end and since when, and messages in
 * order, each once, over a path that loses, doubles and reorders. Pure: the time is passed
 * in, datagrams go out through a function. Not for what messages mean.
 *
 * A stream of messages is named by the pair (sender's epoch, receiver's epoch); when either
 * changes, both sides begin anew with sequence number 1 and an empty state.
 */
#pragma once

#include "plugins/interconnect/frame.h"

/* Messages on their way without acknowledgement; the receiver buffers twice as many. */
#define LINK_WINDOW 64
#define LINK_MAX_QUEUE 65536
/* Before the round trip is known, and the least when it is. */
#define LINK_FIRST_RETRY (40 * G_TIME_SPAN_MILLISECOND)
#define LINK_MIN_RETRY (20 * G_TIME_SPAN_MILLISECOND)
#define LINK_MAX_RETRY (1 * G_TIME_SPAN_SECOND)
/* For so long acknowledgements may be impossible before the streams begin anew. */
#define LINK_ASTRAY (2 * G_TIME_SPAN_SECOND)

typedef struct _LinkChannel LinkChannel;

/**
 * LinkChannelOps:
 * @transmit: sends one datagram; must not call back
 * @deliver: the next message of the peer, in order
 * @changed: the peer is up (its state is empty: tell it everything), or down (forget
 *   everything it told); @why is for the log
 *
 * @deliver and @changed may send on any channel.
 */
typedef struct {
  void (*transmit) (const guint8 *data, gsize len, gpointer user_data);
  void (*deliver) (const LinkMessage *message, gpointer user_data);
  void (*changed) (gboolean up, const char *why, gpointer user_data);
} LinkChannelOps;

/**
 * LinkChannelConfig:
 * @epoch: of this incarnation, not 0
 * @sender: for the compounds; its cname is our reflector id. Copied
 * @hello_interval, @dead_after: microseconds
 * @max_messages: sequenced ones per second of the peer; what is more is left for it to repeat.
 *   0: no limit
 */
typedef struct {
  guint64 epoch;
  LinkSender sender;
  gint64 hello_interval, dead_after;
  guint max_messages;
} LinkChannelConfig;

/* @sent counts each message once, @repeated its repetitions; @limited: beyond max_messages;
 * @astray: datagrams that acknowledged what cannot be */
typedef struct {
  guint64 frames_in, frames_out, sent, repeated, received, duplicates, malformed, stale;
  guint64 limited, astray, ups, downs;
} LinkChannelStats;

LinkChannel *link_channel_new (const LinkChannelConfig *config, const LinkChannelOps *ops,
                               gpointer user_data);
/* Says nothing to the peer and calls nothing. %NULL is allowed. */
void link_channel_free (LinkChannel *ch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinkChannel, link_channel_free)
void link_channel_set_times (LinkChannel *ch, gint64 hello_interval, gint64 dead_after);
void link_channel_set_max_messages (LinkChannel *ch, guint max_messages);

/* LINK_FEATURE_…, for the HELLOs that follow; 0 at first */
void link_channel_set_features (LinkChannel *ch, guint32 features);

gboolean link_channel_is_up (const LinkChannel *ch);
/* (nullable): the peer's reflector id, from its HELLO */
const char *link_channel_get_peer_id (const LinkChannel *ch);
/* LINK_FEATURE_… of its HELLO; 0 before that */
guint32 link_channel_get_peer_features (const LinkChannel *ch);
guint64 link_channel_get_peer_epoch (const LinkChannel *ch);
/* Smoothed round trip in microseconds, 0: not measured yet */
gint64 link_channel_get_rtt (const LinkChannel *ch);
const LinkChannelStats *link_channel_get_stats (const LinkChannel *ch);
/* Messages that are not acknowledged yet. */
guint link_channel_get_pending (const LinkChannel *ch);

/* Queues @message until link_channel_flush(). Returns: %FALSE if the peer is not up (it will
 * be told everything when it is) or @message does not fit a datagram. */
gboolean link_channel_send (LinkChannel *ch, const LinkMessage *message);
/* Sends what is queued as far as the window allows. */
void link_channel_flush (LinkChannel *ch, gint64 now);
/* From a callback of the channel: it will flush by itself. */
#define LINK_BUSY G_MAXINT64
/* Does what is due. Returns: when it wants to be called again, or LINK_BUSY. */
gint64 link_channel_poll (LinkChannel *ch, gint64 now);
void link_channel_receive (LinkChannel *ch, const LinkFrame *frame, gint64 now);
/* One GOODBYE; the peer forgets us at once if it arrives. */
void link_channel_goodbye (LinkChannel *ch, gint64 now);

/* Whether an unsequenced LINK_FRAME_RTCP belongs to the present incarnations. */
gboolean link_channel_accepts (LinkChannel *ch, const LinkFrame *frame, gint64 now);
/* Fills in @frame's epochs and encodes it. (transfer full) (nullable) */
GByteArray *link_channel_wrap (LinkChannel *ch, LinkFrame *frame);
