/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Participants' RTCP over the RTCP relay: wrapped in a compound that names session, medium
 * and participant, with original SSRCs. Not for what RTCP passes to whom: that is core's.
 */
#include "plugins/interconnect/link.h"
#include "plugins/interconnect/ssrc-map.h"
#include <string.h>

/* Whose RTCP is looked at. */
typedef struct {
  const LinkPeer *peer;
  const RflRoute *route;
  const RflMedium *from;
} Context;

static const LinkIn *
find_in (const LinkPeer *peer, const RflSource *source)
{
  return source->flow == peer->rtp_flow
             ? g_hash_table_lookup (peer->in, GUINT_TO_POINTER (source->wire_ssrc))
             : NULL;
}

/* What the peer calls the source that is @ssrc here. */
static guint32
to_peer (guint32 ssrc, gpointer user_data)
{
  const Context *context = user_data;
  const RflSource *source = rfl_route_find_source (context->route, ssrc);
  const LinkIn *in = source ? find_in (context->peer, source) : NULL;

  return in ? in->original : ssrc;
}

/* What the sender's source that the peer calls @ssrc is here. */
static guint32
from_peer (guint32 ssrc, gpointer user_data)
{
  const Context *context = user_data;

  for (guint i = 0; i < context->route->sources->len; i++)
    {
      const RflSource *source = context->route->sources->pdata[i];
      const LinkIn *in = source->owner == context->from ? find_in (context->peer, source) : NULL;
      if (in && in->original == ssrc)
        return source->ssrc;
    }
  return ssrc;
}

static gboolean
send_wrapped (LinkPeer *peer, LinkMessage *naming, const guint8 *data, gsize len)
{
  LinkFrame frame = { .kind = LINK_FRAME_RTCP, .naming = naming, .items = data, .items_len = len };
  g_autoptr (GByteArray) datagram = link_channel_wrap (peer->channel, &frame);
  const RflAddress any = { 0 };

  if (!datagram)
    return FALSE;
  rfl_port_send (peer->plugin->rtcp_port, &any, &peer->rtcp, datagram->data, datagram->len);
  link_count (peer->plugin, LINK_COUNT_RTCP_OUT);
  peer->rtcp_out++;
  return TRUE;
}

/* A compound that does not fit with the name before it goes packet by packet. */
static void
send_pieces (LinkPeer *peer, LinkMessage *naming, const guint8 *data, gsize len)
{
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, data, len);
  while (rfl_rtcp_iter_next (&iter, &rtcp))
    if (!send_wrapped (peer, naming, rtcp.data, rtcp.len))
      link_complain (peer->plugin, LINK_COUNT_UNSENDABLE, peer->name,
                     "an RTCP packet of %" G_GSIZE_FORMAT " octets does not fit the link to %s",
                     rtcp.len, peer->name);
}

static void
send_rtcp (RflLeg *leg, RflMedium *from, const guint8 *data, gsize len)
{
  const LinkLeg *own = rfl_leg_get_user_data (leg);
  LinkPeer *peer = own->room->peer;
  Context context = { .peer = peer, .route = own->route };
  g_autoptr (LinkMessage) naming = NULL;
  g_autofree guint8 *copy = NULL;

  if (!link_channel_is_up (peer->channel) || (from && !link_presence_is_told (from->participant)))
    return;
  naming = link_message_new (LINK_RTCP);
  naming->session = g_strdup (own->room->name);
  naming->participant = from ? g_strdup (from->participant->id) : NULL;
  g_ptr_array_add (naming->media, link_medium_new (from ? from->index : 0, own->route->kind));
  copy = g_memdup2 (data, len);
  link_map_targets (copy, len, to_peer, &context);
  if (!send_wrapped (peer, naming, copy, len))
    send_pieces (peer, naming, copy, len);
}

const RflLegOps link_leg_ops = { send_rtcp };

static RflRoute *
find_route (const LinkPeer *peer, const LinkMessage *naming)
{
  const LinkMedium *named = naming->media->pdata[0];
  const LinkRoom *room = g_hash_table_lookup (peer->rooms, naming->session);

  for (guint i = 0; room && i < room->legs->len; i++)
    {
      const LinkLeg *leg = room->legs->pdata[i];
      if (g_str_equal (leg->route->kind, named->kind))
        return leg->route;
    }
  return NULL;
}

void
link_relay_receive (LinkPeer *peer, const LinkFrame *frame)
{
  const LinkMessage *naming = frame->naming;
  RflMedium *from = naming->participant ? link_presence_find_medium (peer, naming) : NULL;
  RflRoute *route = from ? from->route : NULL;
  g_autofree guint8 *copy = NULL;

  if (!naming->participant)
    route = find_route (peer, naming);
  if (!route)
    {
      link_count (peer->plugin, LINK_COUNT_UNKNOWN_PARTICIPANT);
      return;
    }
  link_count (peer->plugin, LINK_COUNT_RTCP_IN);
  peer->rtcp_in++;
  Context context = { .peer = peer, .route = route, .from = from };
  copy = g_memdup2 (frame->items, frame->items_len);
  if (from)
    link_map_senders (copy, frame->items_len, from_peer, &context);
  rfl_route_receive_rtcp (route, from, copy, frame->items_len);
}
