/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sending half of a control channel: queue, window, acknowledgement, repetition, questions. Not for
 * what comes in: see channel.c.
 */
#include "core/control/channel-private.h"

#include <string.h>

/* Before the round trip is known; the least and the most when it is. */
#define FIRST_RETRY (250 * G_TIME_SPAN_MILLISECOND)
#define MIN_RETRY (50 * G_TIME_SPAN_MILLISECOND)
#define MAX_RETRY (4 * G_TIME_SPAN_SECOND)

gboolean
rfl_control_channel_send (RflControlChannel *ch, const char service[4], guint8 type,
                          const guint8 *body, gsize len, GError **error)
{
  ControlQueued *queued;

  if (ch->peer_epoch == 0)
    g_set_error (error, RFL_ERROR, RFL_ERROR_UNAVAILABLE, "the other end does not speak control");
  else if (len > RFL_CONTROL_MAX_BODY)
    g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED,
                 "a body of %" G_GSIZE_FORMAT " octets is too long", len);
  else if (ch->queue.length >= ch->config.max_queue)
    g_set_error (error, RFL_ERROR, RFL_ERROR_LIMIT, "%u messages are waiting already",
                 ch->queue.length);
  else
    {
      queued = g_new0 (ControlQueued, 1);
      queued->seq = ch->next_seq++;
      memcpy (queued->service, service, sizeof queued->service);
      queued->type = type;
      queued->body = g_bytes_new (body, len);
      g_queue_push_tail (&ch->queue, queued);
      ch->stats.sent++;
      return TRUE;
    }
  return FALSE;
}

/* ---- acknowledgement ---- */

/* RFC 6298 §2.3 */
static gint64
retry_after (const RflControlChannel *ch)
{
  gint64 base = FIRST_RETRY;

  if (ch->srtt > 0)
    base = MAX (ch->srtt + MAX (4 * ch->rttvar, 10 * G_TIME_SPAN_MILLISECOND), MIN_RETRY);
  return MIN (base << MIN (ch->retries, 6), MAX_RETRY);
}

static void
take_rtt (RflControlChannel *ch, gint64 rtt)
{
  rtt = MAX (rtt, 1);
  if (ch->srtt == 0)
    {
      ch->srtt = rtt;
      ch->rttvar = rtt / 2;
      return;
    }
  ch->rttvar += (ABS (ch->srtt - rtt) - ch->rttvar) / 4;
  ch->srtt += (rtt - ch->srtt) / 8;
}

/* What was repeated, or waited behind what was, says nothing of the round trip (RFC 6298 §3). */
static void
pop_acked (RflControlChannel *ch, guint32 ack, gint64 now)
{
  for (const ControlQueued *head = g_queue_peek_head (&ch->queue);
       head && head->sent_at != 0 && (gint32) (ack - head->seq) >= 0;
       head = g_queue_peek_head (&ch->queue))
    {
      ControlQueued *queued = g_queue_pop_head (&ch->queue);

      if (queued->seq == ack && !queued->repeated && ch->recover == 0)
        take_rtt (ch, now - queued->sent_at);
      g_bytes_unref (queued->body);
      g_free (queued);
    }
}

void
control_take_ack (RflControlChannel *ch, guint32 ack, gint64 now)
{
  const ControlQueued *head;

  /* serial arithmetic (RFC 1982); what was never sent, and what is late, acknowledges nothing */
  if ((gint32) (ch->next_seq - 1 - ack) < 0 || (gint32) (ack - ch->acked) <= 0)
    return;
  head = g_queue_peek_head (&ch->queue);
  if (!head || head->sent_at == 0)
    return;
  pop_acked (ch, ack, now);
  ch->acked = ack;
  ch->retries = 0;
  head = g_queue_peek_head (&ch->queue);
  if (!head || head->sent_at == 0)
    {
      ch->recover = 0;
      ch->retry_at = ch->waiting_since = 0;
      return;
    }
  /* RFC 6582: one more is missing behind what was repeated */
  if (ch->recover != 0 && (gint32) (ack - ch->recover) >= 0)
    ch->recover = 0;
  ch->repeat_due = ch->recover != 0;
  ch->retry_at = now + retry_after (ch);
  ch->waiting_since = now;
}

/* ---- datagrams ---- */

static void
begin (const RflControlChannel *ch, GByteArray *data, guint8 flags, guint32 to)
{
  RflControlFrame frame = { .flags = flags, .epoch = ch->epoch, .peer_epoch = to };

  if (to != 0 && to == ch->peer_epoch)
    frame.ack = ch->rx_next - 1;
  g_byte_array_set_size (data, 0);
  rfl_control_begin (data, &frame);
}

static void
transmit (RflControlChannel *ch, const GByteArray *data)
{
  ch->stats.datagrams_out++;
  ch->ops->transmit (data->data, data->len, ch->user_data);
}

static void
transmit_head (RflControlChannel *ch, guint8 flags, guint32 to)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();

  begin (ch, data, flags, to);
  transmit (ch, data);
}

static gboolean
append (GByteArray *data, const ControlQueued *queued)
{
  RflControlMessage message = { .seq = queued->seq, .type = queued->type };

  memcpy (message.service, queued->service, sizeof queued->service);
  message.body = g_bytes_get_data (queued->body, &message.len);
  return rfl_control_append (data, &message);
}

/* The oldest ones, as many as one datagram takes: the receiver may well have the others. */
static void
repeat (RflControlChannel *ch, gint64 now)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();

  begin (ch, data, 0, ch->peer_epoch);
  for (const GList *l = ch->queue.head; l; l = l->next)
    {
      ControlQueued *queued = l->data;

      if (queued->sent_at == 0 || !append (data, queued))
        break;
      queued->repeated = TRUE;
      ch->stats.repeated++;
    }
  ch->repeat_due = ch->ack_due = FALSE;
  ch->retry_at = now + retry_after (ch);
  transmit (ch, data);
}

static void
note_sent (RflControlChannel *ch, gint64 now)
{
  ch->ack_due = FALSE;
  if (ch->retry_at == 0)
    ch->retry_at = now + retry_after (ch);
  if (ch->waiting_since == 0)
    ch->waiting_since = now;
}

/* As many new ones as the window allows. */
static void
send_new (RflControlChannel *ch, gint64 now)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  gboolean any = FALSE;
  guint n = 0;

  begin (ch, data, 0, ch->peer_epoch);
  for (const GList *l = ch->queue.head; l && n < CONTROL_WINDOW; l = l->next, n++)
    {
      ControlQueued *queued = l->data;

      if (queued->sent_at != 0)
        continue;
      if (!append (data, queued))
        {
          transmit (ch, data);
          begin (ch, data, 0, ch->peer_epoch);
          append (data, queued);
        }
      queued->sent_at = now;
      any = TRUE;
    }
  if (!any)
    return;
  note_sent (ch, now);
  transmit (ch, data);
}

/* The peer of an active end is asked until it is there, and whether it still is. */
static void
ask (RflControlChannel *ch, gint64 now)
{
  transmit_head (ch, RFL_CONTROL_FLAG_REPLY, ch->peer_epoch);
  ch->ack_due = FALSE;
  ch->ask_at = now + MIN (FIRST_RETRY << MIN (ch->asked, 6), MAX_RETRY);
  ch->asked++;
  if (ch->peer_epoch != 0 && ch->waiting_since == 0)
    ch->waiting_since = now;
}

static guint32
last_on_way (const RflControlChannel *ch)
{
  guint32 seq = ch->acked;

  for (const GList *l = ch->queue.head; l && ((const ControlQueued *) l->data)->sent_at != 0;
       l = l->next)
    seq = ((const ControlQueued *) l->data)->seq;
  return seq;
}

static void
send_due (RflControlChannel *ch, gint64 now)
{
  if (ch->answer_to != 0)
    transmit_head (ch, 0, ch->answer_to);
  ch->answer_to = 0;
  if (ch->retry_at != 0 && now >= ch->retry_at)
    {
      ch->retries++;
      ch->recover = last_on_way (ch);
      ch->repeat_due = TRUE;
    }
  if (ch->repeat_due)
    repeat (ch, now);
  if (ch->peer_epoch != 0)
    send_new (ch, now);
  if (now >= ch->ask_at)
    ask (ch, now);
  if (ch->ack_due)
    transmit_head (ch, 0, ch->peer_epoch);
  ch->ack_due = FALSE;
}

static gint64
next_deadline (const RflControlChannel *ch)
{
  gint64 next = ch->ask_at;

  if (ch->retry_at != 0)
    next = MIN (next, ch->retry_at);
  if (ch->waiting_since != 0)
    next = MIN (next, ch->waiting_since + ch->config.give_up);
  return next;
}

gint64
rfl_control_channel_poll (RflControlChannel *ch, gint64 now)
{
  if (ch->busy > 0)
    return G_MAXINT64;
  if (ch->waiting_since != 0 && now - ch->waiting_since >= ch->config.give_up)
    {
      control_enter (ch);
      control_renew (ch, "the other end does not answer");
      if (!control_leave (ch))
        return G_MAXINT64;
    }
  send_due (ch, now);
  return next_deadline (ch);
}

void
rfl_control_channel_close (RflControlChannel *ch)
{
  if (ch->peer_epoch != 0)
    transmit_head (ch, RFL_CONTROL_FLAG_CLOSE, ch->peer_epoch);
  ch->epoch++;
  ch->epoch += ch->epoch == 0;
  control_clear (ch);
  ch->ask_at = G_MAXINT64;
}
