/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The receiving half of the reliable channel: each message once and in order, and not more of them than
 * allowed. Not for whose they are: see channel.c.
 */
#include "plugins/interconnect/channel-private.h"

static void
deliver (LinkChannel *ch, guint8 type, GBytes *body)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (body, &len);
  g_autoptr (LinkMessage) message = NULL;

  ch->stats.received++;
  if (!link_type_is_known (type))
    return;
  message = link_message_decode (type, data, len, NULL);
  if (message)
    ch->ops->deliver (message, ch->user_data);
  else
    ch->stats.malformed++;
}

static void
deliver_in_order (LinkChannel *ch)
{
  for (;;)
    {
      LinkReordered *slot = &ch->reorder[ch->rx_next % G_N_ELEMENTS (ch->reorder)];
      if (!slot->body)
        return;
      g_autoptr (GBytes) body = g_steal_pointer (&slot->body);
      ch->rx_next++;
      deliver (ch, slot->type, body);
    }
}

static gboolean
take_token (LinkChannel *ch, gint64 now)
{
  double rate = ch->max_messages;

  if (ch->max_messages == 0)
    return TRUE;
  ch->message_tokens += rate * (now - ch->tokens_at) / G_TIME_SPAN_SECOND;
  ch->message_tokens = MIN (ch->message_tokens, rate);
  ch->tokens_at = now;
  if (ch->message_tokens < 1)
    {
      ch->stats.limited++;
      return FALSE;
    }
  ch->message_tokens -= 1;
  return TRUE;
}

void
link_channel_take_sequenced (LinkChannel *ch, const LinkItem *item, gint64 now)
{
  LinkReordered *slot = &ch->reorder[item->seq % G_N_ELEMENTS (ch->reorder)];

  ch->ack_due = TRUE;
  if (item->seq - ch->rx_next >= G_N_ELEMENTS (ch->reorder) || slot->body)
    {
      ch->stats.duplicates++;
      return;
    }
  if (!take_token (ch, now))
    return; /* not acknowledged, so it comes again */
  slot->type = item->type;
  slot->body = g_bytes_new (item->body, item->len);
  deliver_in_order (ch);
}
