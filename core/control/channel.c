/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The receiving half of a control channel: who is at the other end, in which incarnation, and each of its
 * messages once and in order. Not for sending and repeating: see channel-send.c.
 */
#include "core/control/channel-private.h"

#include <string.h>

#define DEFAULT_QUEUE 256
#define DEFAULT_GIVE_UP (30 * G_TIME_SPAN_SECOND)
#define DEFAULT_IDLE (10 * G_TIME_SPAN_SECOND)

/* ---- life ---- */

RflControlChannel *
rfl_control_channel_new (const RflControlChannelConfig *config, const RflControlChannelOps *ops,
                         gpointer user_data)
{
  RflControlChannel *ch = g_new0 (RflControlChannel, 1);

  ch->ops = ops;
  ch->user_data = user_data;
  ch->config = *config;
  if (config->give_up == 0)
    ch->config.give_up = DEFAULT_GIVE_UP;
  if (config->idle == 0)
    ch->config.idle = DEFAULT_IDLE;
  rfl_control_channel_set_limits (ch, config->max_queue, config->max_rate);
  ch->tokens = ch->config.max_rate;
  for (ch->epoch = config->epoch; ch->epoch == 0;)
    ch->epoch = g_random_int ();
  g_queue_init (&ch->queue);
  control_clear (ch);
  return ch;
}

static void
queued_free (gpointer data)
{
  ControlQueued *queued = data;

  g_bytes_unref (queued->body);
  g_free (queued);
}

void
control_clear (RflControlChannel *ch)
{
  g_queue_clear_full (&ch->queue, queued_free);
  for (guint i = 0; i < CONTROL_REORDER; i++)
    g_clear_pointer (&ch->early[i].body, g_bytes_unref);
  ch->generation++;
  ch->peer_epoch = 0;
  ch->next_seq = ch->rx_next = 1;
  ch->acked = ch->recover = 0;
  ch->retries = ch->asked = 0;
  ch->repeat_due = ch->ack_due = FALSE;
  ch->retry_at = ch->waiting_since = ch->srtt = 0;
  ch->ask_at = ch->config.active ? 0 : G_MAXINT64;
}

void
rfl_control_channel_free (RflControlChannel *ch)
{
  if (!ch)
    return;
  ch->dead = TRUE;
  if (ch->busy > 0)
    return;
  control_clear (ch);
  g_free (ch);
}

void
control_enter (RflControlChannel *ch)
{
  ch->busy++;
}

gboolean
control_leave (RflControlChannel *ch)
{
  gboolean dead = ch->dead;

  ch->busy--;
  if (dead && ch->busy == 0)
    rfl_control_channel_free (ch);
  return !dead;
}

void
rfl_control_channel_set_limits (RflControlChannel *ch, guint max_queue, guint max_rate)
{
  ch->config.max_queue = max_queue ? max_queue : DEFAULT_QUEUE;
  ch->config.max_rate = max_rate;
  ch->tokens = MIN (ch->tokens, max_rate);
}

gboolean
rfl_control_channel_is_up (const RflControlChannel *ch)
{
  return ch->peer_epoch != 0;
}

guint
rfl_control_channel_get_pending (const RflControlChannel *ch)
{
  return ch->queue.length;
}

gint64
rfl_control_channel_get_rtt (const RflControlChannel *ch)
{
  return ch->srtt;
}

const RflControlChannelStats *
rfl_control_channel_get_stats (const RflControlChannel *ch)
{
  return &ch->stats;
}

/* ---- incarnations ---- */

static void
go_down (RflControlChannel *ch, const char *why)
{
  gboolean was_up = ch->peer_epoch != 0;

  control_clear (ch);
  if (!was_up)
    return;
  ch->stats.downs++;
  ch->ops->changed (FALSE, why, ch->user_data);
}

void
control_renew (RflControlChannel *ch, const char *why)
{
  ch->epoch++;
  ch->epoch += ch->epoch == 0;
  go_down (ch, why);
}

static gboolean
is_gone (const RflControlChannel *ch, guint32 epoch)
{
  for (guint i = 0; i < CONTROL_GONE; i++)
    if (ch->gone[i] == epoch)
      return TRUE;
  return FALSE;
}

static void
bury (RflControlChannel *ch)
{
  ch->gone[ch->n_gone++ % CONTROL_GONE] = ch->peer_epoch;
}

/* Whoever spoke first asks at once, so that the other one learns that it is known. */
static void
adopt (RflControlChannel *ch, guint32 epoch)
{
  if (ch->peer_epoch != 0)
    {
      bury (ch);
      go_down (ch, "the other end has started anew");
      if (ch->dead)
        return;
    }
  control_clear (ch);
  ch->peer_epoch = epoch;
  ch->stats.ups++;
  ch->ops->changed (TRUE, "in step", ch->user_data);
}

/* Returns: whether @frame belongs to the present pair of incarnations. */
static gboolean
meet (RflControlChannel *ch, const RflControlFrame *frame)
{
  gboolean to_us = frame->peer_epoch == ch->epoch;
  gboolean asks = (frame->flags & RFL_CONTROL_FLAG_REPLY) || frame->messages_len > 0;

  if (to_us && frame->epoch == ch->peer_epoch)
    return TRUE;
  if (to_us && frame->epoch != ch->epoch && !is_gone (ch, frame->epoch)
      && !(frame->flags & RFL_CONTROL_FLAG_CLOSE))
    {
      adopt (ch, frame->epoch);
      return !ch->dead && ch->peer_epoch == frame->epoch;
    }
  ch->stats.stale++;
  if (asks && !to_us && frame->epoch != ch->epoch && !is_gone (ch, frame->epoch))
    ch->answer_to = frame->epoch;
  return FALSE;
}

/* ---- messages ---- */

static gboolean
take_token (RflControlChannel *ch, gint64 now)
{
  double rate = ch->config.max_rate;

  if (ch->config.max_rate == 0)
    return TRUE;
  ch->tokens += rate * (double) (now - ch->tokens_at) / G_TIME_SPAN_SECOND;
  ch->tokens = MIN (ch->tokens, rate);
  ch->tokens_at = now;
  if (ch->tokens < 1)
    {
      ch->stats.limited++;
      return FALSE;
    }
  ch->tokens -= 1;
  return TRUE;
}

static void
keep (RflControlChannel *ch, const RflControlMessage *message, gint64 now)
{
  ControlEarly *slot = &ch->early[message->seq % CONTROL_REORDER];

  if (message->seq - ch->rx_next >= CONTROL_REORDER || slot->body)
    {
      ch->stats.duplicates++;
      return;
    }
  if (!take_token (ch, now))
    return; /* not acknowledged, so it comes again */
  memcpy (slot->service, message->service, sizeof slot->service);
  slot->type = message->type;
  slot->body = g_bytes_new (message->body, message->len);
}

/* Returns: %FALSE if the streams are over. */
static gboolean
deliver_in_order (RflControlChannel *ch)
{
  guint generation = ch->generation;

  for (;;)
    {
      ControlEarly *slot = &ch->early[ch->rx_next % CONTROL_REORDER];
      g_autoptr (GBytes) body = g_steal_pointer (&slot->body);
      gsize len;
      const guint8 *data;

      if (!body)
        return TRUE;
      data = g_bytes_get_data (body, &len);
      ch->rx_next++;
      ch->stats.received++;
      ch->ops->deliver (slot->service, slot->type, data, len, ch->user_data);
      if (ch->dead || ch->generation != generation)
        return FALSE;
    }
}

static void
take_messages (RflControlChannel *ch, RflControlFrame *frame, gint64 now)
{
  RflControlMessage message;

  while (rfl_control_next (frame, &message))
    {
      ch->ack_due = TRUE;
      keep (ch, &message, now);
      if (!deliver_in_order (ch))
        return;
    }
}

/* Any sign of life answers a question, but not messages: those need their acknowledgement. */
static void
note_life (RflControlChannel *ch, gint64 now)
{
  ch->asked = 0;
  ch->ask_at = ch->config.active ? now + ch->config.idle : G_MAXINT64;
  if (ch->retry_at == 0)
    ch->waiting_since = 0;
}

static void
take_frame (RflControlChannel *ch, RflControlFrame *frame, gint64 now)
{
  gboolean is_new = ch->peer_epoch != frame->epoch;

  if (!meet (ch, frame))
    return;
  if (frame->flags & RFL_CONTROL_FLAG_CLOSE)
    {
      bury (ch);
      go_down (ch, "the other end has stopped");
      if (ch->config.active)
        ch->ask_at = now + ch->config.idle;
      return;
    }
  if (!is_new || !ch->config.active)
    note_life (ch, now);
  ch->ack_due |= (frame->flags & RFL_CONTROL_FLAG_REPLY) != 0;
  control_take_ack (ch, frame->ack, now);
  take_messages (ch, frame, now);
}

void
rfl_control_channel_receive (RflControlChannel *ch, const guint8 *data, gsize len, gint64 now)
{
  RflControlFrame frame;

  ch->stats.datagrams_in++;
  if (!rfl_control_read (&frame, data, len, NULL))
    {
      ch->stats.malformed++;
      return;
    }
  control_enter (ch);
  take_frame (ch, &frame, now);
  control_leave (ch);
}
