/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the two halves of the channel share. Not for its users. */
#pragma once

#include <reflector/control.h>

/* Messages on their way without acknowledgement; the receiver keeps twice as many. */
#define CONTROL_WINDOW 32
#define CONTROL_REORDER (2 * CONTROL_WINDOW)
/* Former incarnations of the peer, whose datagrams may be late. */
#define CONTROL_GONE 4

/* One message that is not acknowledged yet. @sent_at 0: never sent */
typedef struct {
  guint32 seq;
  char service[4];
  guint8 type;
  gboolean repeated;
  gint64 sent_at;
  GBytes *body;
} ControlQueued;

typedef struct {
  char service[5];
  guint8 type;
  GBytes *body;
} ControlEarly;

/**
 * RflControlChannel:
 * @generation: of the two streams: callbacks may begin them anew
 * @busy, @dead: in a callback; freed in one
 * @gone: former epochs of the peer, the newest at @n_gone - 1 (modulo CONTROL_GONE)
 * @recover: while not 0: repeating, until this one is acknowledged
 * @retry_at: when the oldest message is repeated; 0: nothing is on its way
 * @ask_at: when the peer is asked (for a first or another sign of life); G_MAXINT64: not
 * @waiting_since: an answer is; 0: it is not
 * @answer_to: an epoch that does not know ours; 0: none
 */
struct _RflControlChannel {
  const RflControlChannelOps *ops;
  gpointer user_data;
  RflControlChannelConfig config;
  guint busy, generation;
  gboolean dead;

  guint32 epoch, peer_epoch, gone[CONTROL_GONE];
  guint n_gone;

  GQueue queue; /* ControlQueued, by seq; those on their way first */
  guint32 next_seq, acked, recover;
  guint retries;
  gboolean repeat_due;
  gint64 retry_at;
  gint64 srtt, rttvar;

  ControlEarly early[CONTROL_REORDER];
  guint32 rx_next;
  double tokens;
  gint64 tokens_at;

  gboolean ack_due;
  guint32 answer_to;
  guint asked;
  gint64 ask_at, waiting_since;
  RflControlChannelStats stats;
};

/* A callback is about to be called, or was. Returns: %FALSE if the channel is no more. */
void control_enter (RflControlChannel *ch);
gboolean control_leave (RflControlChannel *ch);
/* Both streams begin anew, without a peer. */
void control_clear (RflControlChannel *ch);
/* Down, and back under an epoch that the peer has not seen. */
void control_renew (RflControlChannel *ch, const char *why);
/* The peer acknowledges. */
void control_take_ack (RflControlChannel *ch, guint32 ack, gint64 now);
