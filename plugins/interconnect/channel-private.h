/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two halves of the channel share. Not for its users. */
#pragma once

#include "plugins/interconnect/channel.h"

/* One message that is not acknowledged yet. @due 0: never sent */
typedef struct {
  guint32 seq;
  guint8 type;
  guint sends;
  gint64 due;
  GByteArray *body;
} LinkQueued;

typedef struct {
  guint8 type;
  GBytes *body;
} LinkReordered;

/* Another incarnation than the peer's present one has been heard, but has not proved that it
 * is alive. @since: when it was first heard; @stamp: of its newest frame */
typedef struct {
  guint64 epoch;
  gint64 since, stamp_at;
  guint32 stamp;
} LinkCandidate;

struct _LinkChannel {
  const LinkChannelOps *ops;
  gpointer user_data;
  char *name;
  LinkSender sender;
  gint64 hello_interval, dead_after;

  guint64 epoch, peer_epoch;
  LinkCandidate candidate;
  gboolean up;
  char *peer_id;
  guint32 features, peer_features;
  gint64 last_heard;

  GQueue queue; /* LinkQueued, by seq; those on their way first */
  guint32 next_seq;
  guint32 acked;       /* the last one that has left @queue */
  gint64 astray_since; /* 0: the peer's acknowledgements are possible */
  guint other_ids;     /* HELLOs in a row that name another reflector */
  guint max_messages;
  double message_tokens;
  gint64 tokens_at;
  gboolean overflow;
  LinkReordered reorder[2 * LINK_WINDOW];
  guint32 rx_next;

  gboolean ack_due, reply_due;
  guint busy;
  gint64 next_hello, last_hello;
  guint64 last_hello_to; /* the peer epoch that the last HELLO named */
  gboolean last_hello_up;
  guint32 peer_stamp;
  gint64 peer_stamp_at;
  gint64 srtt, rttvar;
  LinkChannelStats stats;
};

static inline guint32
link_stamp (gint64 now)
{
  guint32 stamp = (guint32) now;
  return stamp ? stamp : 1;
}

/* Delivers what is in order now; one beyond the rate is left for the peer to repeat. */
void link_channel_take_sequenced (LinkChannel *ch, const LinkItem *item, gint64 now);
void link_queued_free (LinkQueued *queued);
/* Returns: %FALSE if @ack cannot be: not sent yet, or less than was acknowledged before. */
gboolean link_channel_take_ack (LinkChannel *ch, guint32 ack);
/* Down, and back under an epoch of our own that the peer has not seen. */
void link_channel_renew (LinkChannel *ch, const char *why);
