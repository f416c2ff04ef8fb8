/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reliable channel: incarnations of both ends, HELLO, what a datagram is. Not for the order of
 * messages (channel-order.c), nor for sending and repeating: see channel-send.c.
 */
#include "plugins/interconnect/channel-private.h"
#include <string.h>

#define OTHER_IDS 3

LinkChannel *
link_channel_new (const LinkChannelConfig *config, const LinkChannelOps *ops, gpointer user_data)
{
  LinkChannel *ch = g_new0 (LinkChannel, 1);

  g_return_val_if_fail (config->epoch != 0, NULL);
  ch->ops = ops;
  ch->user_data = user_data;
  ch->epoch = config->epoch;
  ch->name = g_strdup (config->sender.cname);
  ch->sender = (LinkSender){ config->sender.ssrc, ch->name };
  ch->hello_interval = config->hello_interval;
  ch->dead_after = config->dead_after;
  ch->max_messages = config->max_messages;
  ch->message_tokens = config->max_messages;
  ch->next_seq = 1;
  ch->rx_next = 1;
  g_queue_init (&ch->queue);
  return ch;
}

static void
clear_streams (LinkChannel *ch)
{
  g_queue_clear_full (&ch->queue, (GDestroyNotify) link_queued_free);
  for (guint i = 0; i < G_N_ELEMENTS (ch->reorder); i++)
    g_clear_pointer (&ch->reorder[i].body, g_bytes_unref);
  ch->next_seq = 1;
  ch->rx_next = 1;
  ch->acked = 0;
  ch->astray_since = 0;
  ch->other_ids = 0;
  ch->ack_due = FALSE;
  ch->overflow = FALSE;
  ch->peer_stamp = 0;
}

void
link_channel_free (LinkChannel *ch)
{
  if (!ch)
    return;
  clear_streams (ch);
  g_free (ch->peer_id);
  g_free (ch->name);
  g_free (ch);
}

void
link_channel_set_times (LinkChannel *ch, gint64 hello_interval, gint64 dead_after)
{
  ch->hello_interval = hello_interval;
  ch->dead_after = dead_after;
}

void
link_channel_set_max_messages (LinkChannel *ch, guint max_messages)
{
  ch->max_messages = max_messages;
  ch->message_tokens = MIN (ch->message_tokens, max_messages);
}

gboolean
link_channel_is_up (const LinkChannel *ch)
{
  return ch->up;
}

const char *
link_channel_get_peer_id (const LinkChannel *ch)
{
  return ch->peer_id;
}

void
link_channel_set_features (LinkChannel *ch, guint32 features)
{
  ch->features = features;
}

guint32
link_channel_get_peer_features (const LinkChannel *ch)
{
  return ch->peer_features;
}

guint64
link_channel_get_peer_epoch (const LinkChannel *ch)
{
  return ch->peer_epoch;
}

gint64
link_channel_get_rtt (const LinkChannel *ch)
{
  return ch->srtt;
}

const LinkChannelStats *
link_channel_get_stats (const LinkChannel *ch)
{
  return &ch->stats;
}

guint
link_channel_get_pending (const LinkChannel *ch)
{
  return ch->queue.length;
}

static void
go_down (LinkChannel *ch, const char *why)
{
  gboolean was_up = ch->up;

  ch->up = FALSE;
  ch->peer_epoch = 0;
  ch->srtt = 0;
  clear_streams (ch);
  if (was_up)
    {
      ch->stats.downs++;
      ch->ops->changed (FALSE, why, ch->user_data);
    }
}

void
link_channel_renew (LinkChannel *ch, const char *why)
{
  /* the peer may not have noticed anything: our new epoch tells it to begin anew, and makes
   * strangers of its datagrams that are still on their way */
  ch->epoch++;
  ch->epoch += ch->epoch == 0;
  go_down (ch, why);
}

static void
adopt (LinkChannel *ch, guint64 epoch)
{
  if (ch->peer_epoch != 0)
    go_down (ch, "the peer has started anew");
  memset (&ch->candidate, 0, sizeof ch->candidate);
  ch->peer_epoch = epoch;
  clear_streams (ch);
  g_clear_pointer (&ch->peer_id, g_free);
  ch->peer_features = 0;
}

static void
go_up (LinkChannel *ch)
{
  ch->up = TRUE;
  ch->stats.ups++;
  ch->ops->changed (TRUE, "in step", ch->user_data);
}

static void
take_rtt (LinkChannel *ch, const LinkFrame *frame, gint64 now)
{
  if (frame->echo == 0)
    return;
  guint32 gone = link_stamp (now) - frame->echo;
  gint64 rtt = (gint64) gone - frame->held;

  if (rtt < 0 || rtt > 10 * G_TIME_SPAN_SECOND)
    return;
  rtt = MAX (rtt, 1);
  if (ch->srtt == 0)
    {
      ch->srtt = rtt;
      ch->rttvar = rtt / 2;
      return;
    }
  /* RFC 6298 §2.3 */
  ch->rttvar += (ABS (ch->srtt - rtt) - ch->rttvar) / 4;
  ch->srtt += (rtt - ch->srtt) / 8;
}

/* Identity belongs to the incarnation. But one HELLO may have told a wrong one at the start, so
 * three in a row are believed. Returns: %FALSE if the pair is over. */
static gboolean
take_hello (LinkChannel *ch, const LinkMessage *hello)
{
  gboolean same = g_strcmp0 (ch->peer_id, hello->reflector) == 0;

  ch->other_ids = same ? 0 : ch->other_ids + 1;
  if (same || !ch->up)
    ch->peer_features = hello->features;
  if (!same && !ch->up)
    {
      g_free (ch->peer_id);
      ch->peer_id = g_strdup (hello->reflector);
    }
  else if (!same && ch->other_ids >= OTHER_IDS)
    {
      link_channel_renew (ch, "the peer has another id than it said");
      return FALSE;
    }
  return TRUE;
}

static gboolean
take_unsequenced (LinkChannel *ch, const LinkItem *item)
{
  g_autoptr (LinkMessage) message = link_message_decode (item->type, item->body, item->len, NULL);

  if (!message)
    ch->stats.malformed++;
  else if (item->type == LINK_HELLO)
    return take_hello (ch, message);
  else if (item->type == LINK_GOODBYE)
    {
      link_channel_renew (ch, "the peer says goodbye");
      return FALSE;
    }
  return TRUE;
}

/* Whether @frame answers something we sent after its sender was first seen: a datagram that
 * was late on its way from an incarnation that is gone cannot do that. */
static gboolean
is_fresh (const LinkChannel *ch, const LinkFrame *frame)
{
  const LinkCandidate *candidate = &ch->candidate;

  return candidate->epoch == frame->epoch && frame->echo != 0
         && (gint32) (frame->echo - link_stamp (candidate->since)) >= 0;
}

static void
consider (LinkChannel *ch, const LinkFrame *frame, gint64 now)
{
  LinkCandidate *candidate = &ch->candidate;

  if (candidate->epoch != frame->epoch)
    *candidate = (LinkCandidate){ .epoch = frame->epoch, .since = now };
  candidate->stamp = frame->stamp;
  candidate->stamp_at = now;
  ch->reply_due = TRUE;
  ch->stats.stale++;
}

/* Who is that? Returns: whether @frame belongs to the present pair of incarnations. */
static gboolean
meet (LinkChannel *ch, const LinkFrame *frame, gint64 now)
{
  gboolean to_us = frame->peer_epoch == ch->epoch;

  if (frame->epoch == ch->peer_epoch)
    {
      ch->reply_due |= (frame->flags & LINK_FLAG_REPLY) != 0;
      ch->stats.stale += !to_us;
      return to_us;
    }
  if (!to_us || (ch->peer_epoch != 0 && !is_fresh (ch, frame)))
    {
      consider (ch, frame, now);
      return FALSE;
    }
  adopt (ch, frame->epoch);
  ch->reply_due |= (frame->flags & LINK_FLAG_REPLY) != 0;
  return TRUE;
}

static void
note_stamp (LinkChannel *ch, const LinkFrame *frame, gint64 now)
{
  ch->last_heard = now;
  ch->peer_stamp = frame->stamp;
  ch->peer_stamp_at = now;
  take_rtt (ch, frame, now);
}

/* Returns: %FALSE if the peer said goodbye. */
static gboolean
take_items (LinkChannel *ch, const LinkFrame *frame, gboolean sequenced, gint64 now)
{
  const guint8 *items = frame->items;
  gsize len = frame->items_len;
  LinkItem item;

  while (link_item_next (&items, &len, &item))
    if ((item.type >= LINK_FIRST_SEQUENCED) != sequenced)
      continue;
    else if (sequenced)
      link_channel_take_sequenced (ch, &item, now);
    else if (!take_unsequenced (ch, &item))
      return FALSE;
  return TRUE;
}

/* A late datagram acknowledges less than others before it. But when all do, or acknowledge what was
 * never sent, the two sides count differently (somebody has spoken in the peer's name) and no
 * message would ever arrive again. Returns: %FALSE if the pair is over. */
static gboolean
check_step (LinkChannel *ch, guint32 ack, gint64 now)
{
  if (link_channel_take_ack (ch, ack))
    {
      ch->astray_since = 0;
      return TRUE;
    }
  ch->stats.astray++;
  if (ch->astray_since == 0)
    ch->astray_since = now;
  if (now - ch->astray_since < LINK_ASTRAY)
    return TRUE;
  link_channel_renew (ch, "the two sides count messages differently");
  return FALSE;
}

static void
take_frame (LinkChannel *ch, const LinkFrame *frame, gint64 now)
{
  note_stamp (ch, frame, now);
  if (!take_items (ch, frame, FALSE, now))
    return;
  if (!ch->up && ch->peer_id)
    go_up (ch);
  if (ch->up && check_step (ch, frame->ack, now))
    take_items (ch, frame, TRUE, now);
}

void
link_channel_receive (LinkChannel *ch, const LinkFrame *frame, gint64 now)
{
  g_return_if_fail (frame->kind == LINK_FRAME_MESSAGES);
  ch->stats.frames_in++;
  ch->busy++;
  if (frame->epoch != ch->epoch && meet (ch, frame, now))
    take_frame (ch, frame, now);
  ch->busy--;
  link_channel_flush (ch, now);
}

gboolean
link_channel_accepts (LinkChannel *ch, const LinkFrame *frame, gint64 now)
{
  if (!ch->up || frame->epoch != ch->peer_epoch || frame->peer_epoch != ch->epoch)
    {
      ch->stats.stale++;
      return FALSE;
    }
  ch->last_heard = now;
  return TRUE;
}

GByteArray *
link_channel_wrap (LinkChannel *ch, LinkFrame *frame)
{
  frame->epoch = ch->epoch;
  frame->peer_epoch = ch->peer_epoch;
  return link_frame_encode (frame, &ch->sender);
}
