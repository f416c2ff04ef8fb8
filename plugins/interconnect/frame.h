/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What one datagram on the RTCP relay is: a compound RTCP packet with an APP packet "RFLK"
 * that holds either link messages or the name of the participant whose RTCP follows. Pure.
 * Not for the order or loss of messages: see channel.h.
 */
#pragma once

#include "plugins/interconnect/message.h"

#define LINK_VERSION 1
/* A datagram with link messages; one with participants' RTCP may fill the path's MTU. */
#define LINK_MAX_DATAGRAM 1200
#define LINK_MAX_RTCP_DATAGRAM 1452
#define LINK_ITEM_HEADER 8

typedef enum {
  LINK_FRAME_MESSAGES = 0, /* APP subtype */
  LINK_FRAME_RTCP = 1
} LinkFrameKind;

/* The sender is not up yet: it wants a HELLO at once. */
#define LINK_FLAG_REPLY 1

/**
 * LinkFrame:
 * @flags: LINK_FLAG_…
 * @epoch: the sender's incarnation
 * @peer_epoch: the receiver's incarnation as the sender knows it; 0: not yet
 * @ack: the last sequence number it has in order from @peer_epoch; 0: none
 * @stamp: the sender's clock, microseconds
 * @echo: @stamp of the newest frame it has from us, 0 if none; @held: for how long
 * @items: LINK_FRAME_MESSAGES: a well-formed chain of messages, see link_item_next()
 * @naming: LINK_FRAME_RTCP: session, participant and medium of @items, which is RTCP
 */
typedef struct {
  LinkFrameKind kind;
  guint8 flags;
  guint64 epoch, peer_epoch;
  guint32 ack, stamp, echo, held;
  const guint8 *items;
  gsize items_len;
  LinkMessage *naming;
} LinkFrame;

typedef struct {
  guint32 seq;
  guint8 type;
  const guint8 *body;
  gsize len;
} LinkItem;

/* Whom a datagram says it is from: SSRC and CNAME of its compound. */
typedef struct {
  guint32 ssrc;
  const char *cname;
} LinkSender;

/* How many octets of items (headers and padding included) fit a datagram from @sender. */
gsize link_frame_room (const LinkSender *sender);
gsize link_item_size (gsize body_len);
/* Appends one item. */
void link_item_write (GByteArray *items, const LinkItem *item);
/* Takes the next item off the chain. Returns: %FALSE at its end or where it breaks. */
gboolean link_item_next (const guint8 **items, gsize *len, LinkItem *out);

/**
 * link_frame_encode:
 * @frame: LINK_FRAME_RTCP: @items is appended as it is, as compound packets
 *
 * Returns: (transfer full): %NULL if it exceeds what its kind allows
 */
GByteArray *link_frame_encode (const LinkFrame *frame, const LinkSender *sender);
/* @out borrows from @data; link_frame_clear() frees what it owns. Returns: %FALSE with
 * RFL_ERROR_MALFORMED, then @out is empty. */
gboolean link_frame_decode (LinkFrame *out, const guint8 *data, gsize len, GError **error);
void link_frame_clear (LinkFrame *frame);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LinkFrame, link_frame_clear)
