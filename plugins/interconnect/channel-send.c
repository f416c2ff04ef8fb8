/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sending half of the reliable channel: queue, window, repetition, HELLO. Not for what
 * comes in: see channel.c.
 */
#include "plugins/interconnect/channel-private.h"
#include <string.h>

/* Between HELLOs to a peer that was heard but is not in step, or that has missed two. */
#define IMPATIENT (200 * G_TIME_SPAN_MILLISECOND)
/* The same HELLO is not said again within this time, whoever asks. */
#define HELLO_GAP (20 * G_TIME_SPAN_MILLISECOND)

void
link_queued_free (LinkQueued *queued)
{
  g_byte_array_unref (queued->body);
  g_free (queued);
}

gboolean
link_channel_send (LinkChannel *ch, const LinkMessage *message)
{
  if (!ch->up || ch->overflow)
    return FALSE;
  if (ch->queue.length >= LINK_MAX_QUEUE)
    {
      ch->overflow = TRUE; /* the next poll begins anew: no message may be missing */
      return FALSE;
    }
  GByteArray *body = link_message_encode (message);
  if (!body)
    return FALSE;
  LinkQueued *queued = g_new0 (LinkQueued, 1);
  queued->seq = ch->next_seq++;
  queued->type = message->type;
  queued->body = body;
  g_queue_push_tail (&ch->queue, queued);
  ch->stats.sent++;
  return TRUE;
}

gboolean
link_channel_take_ack (LinkChannel *ch, guint32 ack)
{
  /* serial arithmetic (RFC 1982) */
  if ((gint32) (ch->next_seq - 1 - ack) < 0 || (gint32) (ack - ch->acked) < 0)
    return FALSE;
  for (LinkQueued *head = ch->queue.head ? ch->queue.head->data : NULL;
       head && head->sends > 0 && (gint32) (ack - head->seq) >= 0;
       head = ch->queue.head ? ch->queue.head->data : NULL)
    {
      ch->acked = head->seq;
      link_queued_free (g_queue_pop_head (&ch->queue));
    }
  return TRUE;
}

/* RFC 6298 §2.3, but never more than two round trips: one repetition too many costs little, a
 * source that waits for its message costs its first packets. */
static gint64
retry_after (const LinkChannel *ch, guint sends)
{
  gint64 base = ch->srtt + MAX (4 * ch->rttvar, 10 * G_TIME_SPAN_MILLISECOND);

  if (ch->srtt == 0)
    base = LINK_FIRST_RETRY;
  else
    base = CLAMP (base, LINK_MIN_RETRY, MAX (LINK_FIRST_RETRY, 2 * ch->srtt));
  return MIN (base << MIN (sends - 1, 6), LINK_MAX_RETRY);
}

/* On a lossy path a few HELLOs in a row are lost by chance: ask before believing it dead. */
static gboolean
wants_reply (const LinkChannel *ch, gint64 now)
{
  return !ch->up || now - ch->last_heard > 2 * ch->hello_interval;
}

static void
transmit_frame (LinkChannel *ch, LinkFrame *frame, const GByteArray *items)
{
  frame->items = items->data;
  frame->items_len = items->len;
  g_autoptr (GByteArray) datagram = link_frame_encode (frame, &ch->sender);

  g_return_if_fail (datagram);
  ch->stats.frames_out++;
  ch->ops->transmit (datagram->data, datagram->len, ch->user_data);
}

static void
transmit (LinkChannel *ch, const GByteArray *items, gint64 now)
{
  LinkFrame frame = {
    .kind = LINK_FRAME_MESSAGES,
    .flags = wants_reply (ch, now) ? LINK_FLAG_REPLY : 0,
    .epoch = ch->epoch,
    .peer_epoch = ch->peer_epoch,
    .ack = ch->rx_next - 1,
    .stamp = link_stamp (now),
    .echo = ch->peer_stamp,
    .held = ch->peer_stamp ? (guint32) (now - ch->peer_stamp_at) : 0,
  };

  ch->ack_due = FALSE;
  transmit_frame (ch, &frame, items);
}

/* To an incarnation that has yet to prove that it is alive: no acknowledgement, it has no
 * stream with us. */
static void
challenge (LinkChannel *ch, const GByteArray *items, gint64 now)
{
  LinkFrame frame = {
    .kind = LINK_FRAME_MESSAGES,
    .flags = LINK_FLAG_REPLY,
    .epoch = ch->epoch,
    .peer_epoch = ch->candidate.epoch,
    .stamp = link_stamp (now),
    .echo = ch->candidate.stamp,
    .held = (guint32) (now - ch->candidate.stamp_at),
  };

  transmit_frame (ch, &frame, items);
}

static void
write_unsequenced (LinkChannel *ch, GByteArray *items, guint8 type)
{
  g_autoptr (LinkMessage) message = link_message_new (type);

  if (type == LINK_HELLO)
    {
      message->reflector = g_strdup (ch->sender.cname);
      message->features = ch->features;
    }
  g_autoptr (GByteArray) body = link_message_encode (message);
  link_item_write (items, &(LinkItem){ 0, type, body->data, body->len });
}

static void
send_hello (LinkChannel *ch, gboolean to_candidate, gint64 now)
{
  g_autoptr (GByteArray) items = g_byte_array_new ();

  write_unsequenced (ch, items, LINK_HELLO);
  ch->last_hello = now;
  ch->last_hello_to = to_candidate ? ch->candidate.epoch : ch->peer_epoch;
  ch->last_hello_up = ch->up;
  ch->next_hello = now + ch->hello_interval;
  if (to_candidate || (ch->peer_epoch != 0 && wants_reply (ch, now)))
    ch->next_hello = now + MIN (IMPATIENT, ch->hello_interval);
  if (to_candidate)
    challenge (ch, items, now);
  else
    transmit (ch, items, now);
}

/* The candidate is asked at once, and as often as HELLOs are due while there is nobody else. */
static void
send_hellos (LinkChannel *ch, gint64 now)
{
  gboolean asked = ch->reply_due;
  gboolean due = now >= ch->next_hello;
  gboolean to_candidate = ch->candidate.epoch != 0 && (ch->peer_epoch == 0 || asked);
  guint64 to = to_candidate ? ch->candidate.epoch : ch->peer_epoch;
  gboolean repeated =
      ch->last_hello_to == to && ch->last_hello_up == ch->up && now - ch->last_hello < HELLO_GAP;

  ch->reply_due = FALSE;
  if (due || (asked && !repeated))
    send_hello (ch, to_candidate, now);
}

/* Moves due messages into datagrams; each goes out as soon as the next would not fit. */
static void
send_due (LinkChannel *ch, gint64 now)
{
  g_autoptr (GByteArray) items = g_byte_array_new ();
  gsize room = link_frame_room (&ch->sender);
  guint n = 0;

  for (GList *l = ch->queue.head; l && n < LINK_WINDOW; l = l->next, n++)
    {
      LinkQueued *queued = l->data;
      if (queued->sends > 0 && now < queued->due)
        continue;
      if (items->len + link_item_size (queued->body->len) > room)
        {
          transmit (ch, items, now);
          g_byte_array_set_size (items, 0);
        }
      link_item_write (items, &(LinkItem){ queued->seq, queued->type, queued->body->data,
                                           queued->body->len });
      ch->stats.repeated += queued->sends > 0;
      queued->sends++;
      queued->due = now + retry_after (ch, queued->sends);
    }
  if (items->len > 0)
    transmit (ch, items, now);
}

void
link_channel_flush (LinkChannel *ch, gint64 now)
{
  if (ch->busy > 0)
    return;
  send_hellos (ch, now);
  if (ch->up)
    send_due (ch, now);
  if (ch->up && ch->ack_due)
    {
      g_autoptr (GByteArray) none = g_byte_array_new ();
      transmit (ch, none, now);
    }
}

static gint64
next_deadline (const LinkChannel *ch)
{
  gint64 next = ch->next_hello;
  guint n = 0;

  if (ch->up)
    next = MIN (next, ch->last_heard + ch->dead_after);
  for (const GList *l = ch->queue.head; l && n < LINK_WINDOW; l = l->next, n++)
    next = MIN (next, ((const LinkQueued *) l->data)->due);
  return next;
}

gint64
link_channel_poll (LinkChannel *ch, gint64 now)
{
  if (ch->busy > 0)
    return LINK_BUSY;
  ch->busy++;
  if (ch->candidate.epoch != 0 && now - ch->candidate.since >= ch->dead_after)
    ch->candidate.epoch = 0;
  if (ch->overflow)
    link_channel_renew (ch, "too many messages are waiting");
  else if (ch->up && now - ch->last_heard >= ch->dead_after)
    link_channel_renew (ch, "the peer is silent");
  ch->busy--;
  link_channel_flush (ch, now);
  return next_deadline (ch);
}

void
link_channel_goodbye (LinkChannel *ch, gint64 now)
{
  g_autoptr (GByteArray) items = g_byte_array_new ();

  if (ch->peer_epoch == 0)
    return;
  write_unsequenced (ch, items, LINK_GOODBYE);
  transmit (ch, items, now);
}
