/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who speaks in a compound: each packet's sender as the route knows it. Not for where the
 * packets go.
 */
#include "core/rtcp/rtcp-private.h"
#include "core/session-private.h"
#include "core/wire/bytes.h"
#include "core/wire/sdes.h"
#include <string.h>

gboolean
rtcp_is_local (const RflMedium *medium)
{
  return medium->participant->origin == NULL;
}

/* A link restores the SSRCs that its peer's route has, so those who are behind it speak of the
 * source's SSRC. */
guint32
rtcp_name_for (const RflSource *source, const RflMedium *owner)
{
  return owner != NULL && source->owner == owner && rtcp_is_local (owner) ? source->wire_ssrc
                                                                          : source->ssrc;
}

/* What @from calls its source. */
static gboolean
is_called (const RflSource *source, const RflMedium *from, guint32 ssrc)
{
  return source->owner == from && ssrc == rtcp_name_for (source, from);
}

/* The only source of @from, or %NULL. */
static RflSource *
only_source (const RflRoute *route, const RflMedium *from)
{
  RflSource *found = NULL;

  for (guint i = 0; i < route->sources->len; i++)
    {
      RflSource *source = g_ptr_array_index (route->sources, i);

      if (source->owner == from && found != NULL)
        return NULL;
      if (source->owner == from)
        found = source;
    }
  return found;
}

/* Without a look at all sources: most who report are none. */
static RflSource *
find_own (const RflRoute *route, const RflMedium *from, guint32 wire_ssrc)
{
  const GPtrArray *aliases = rfl_route_get_aliases (route);
  RflSource *source = rfl_route_find_source (route, wire_ssrc);

  if (source != NULL && is_called (source, from, wire_ssrc))
    return source;
  for (guint i = 0; i < aliases->len; i++)
    if (is_called (g_ptr_array_index (aliases, i), from, wire_ssrc))
      return g_ptr_array_index (aliases, i);
  return NULL;
}

gboolean
rtcp_map_sender (const RflRoute *route, const RflMedium *from, guint32 wire_ssrc, guint32 *ssrc)
{
  const RflSource *own = find_own (route, from, wire_ssrc);

  *ssrc = wire_ssrc;
  if (own != NULL)
    {
      *ssrc = own->ssrc;
      return TRUE;
    }
  if (rfl_route_find_source (route, wire_ssrc) == NULL)
    return TRUE; /* of a receiver, or of a source before its first packet */
  if (rtcp_is_local (from))
    return FALSE;
  /* Behind a link, and aliased when it entered here: what it was called there is not known
   * here, but if it is the only one there is no doubt. */
  own = only_source (route, from);
  if (own == NULL)
    return FALSE;
  *ssrc = own->ssrc;
  return TRUE;
}

static gboolean
sdes_is_own (const RtcpCompound *compound, const RflRtcp *rtcp)
{
  const guint8 *at = rtcp->body, *end = rtcp->body + rtcp->body_len;
  WireSdesChunk chunk;
  guint32 ssrc;

  if (rtcp->type != RFL_RTCP_SDES)
    return TRUE;
  for (guint i = 0; i < rtcp->count && wire_sdes_next (&at, end, &chunk); i++)
    if (!rtcp_map_sender (compound->route, compound->from, chunk.ssrc, &ssrc))
      return FALSE;
  return TRUE;
}

static gboolean
bye_is_own (const RtcpCompound *compound, const RflRtcp *rtcp)
{
  guint32 wire_ssrc, ssrc;

  for (guint i = 0; rfl_rtcp_get_bye (rtcp, i, &wire_ssrc); i++)
    if (!rtcp_map_sender (compound->route, compound->from, wire_ssrc, &ssrc))
      return FALSE;
  return TRUE;
}

/* Feedback is not repeated in anybody's name, so it does not matter which SSRC it says it is
 * from. */
static gboolean
is_own (const RtcpCompound *compound, const RflRtcp *rtcp, guint32 *ssrc)
{
  switch (rtcp->type)
    {
    case RFL_RTCP_RTPFB:
    case RFL_RTCP_PSFB:
      *ssrc = rtcp->ssrc;
      return TRUE;
    default:
      return rtcp_map_sender (compound->route, compound->from, rtcp->ssrc, ssrc)
             && sdes_is_own (compound, rtcp) && bye_is_own (compound, rtcp);
    }
}

guint32
rtcp_app_name (const RflRtcp *rtcp)
{
  return memcmp (rtcp->body, "RFL", 3) == 0 ? 0 : wire_get32 (rtcp->body);
}

/* Messages over a link were counted where they came from. */
static gboolean
take_app (RtcpCompound *compound, const RflRtcp *rtcp)
{
  RtcpMember *member;

  if (rtcp_is_local (compound->from))
    {
      member = rtcp_member_get (compound->from);
      if (!rtcp_member_may_send_app (member, compound->state))
        {
          session_note (compound->state->core, RFL_CORE_LOG_APP, compound->state->session->name,
                        compound->from->participant, "more than it may send");
          return FALSE;
        }
      rtcp_member_learn (member, rtcp_app_name (rtcp));
    }
  compound->has_app |= rtcp_app_name (rtcp) != 0;
  return TRUE;
}

static void
find_one (RtcpCompound *compound)
{
  const RtcpOne *one = g_hash_table_lookup (compound->state->ones, compound->from);
  RflLegStats stats;

  if (one == NULL)
    return;
  rfl_leg_get_stats (one->leg, &stats);
  compound->one = one->leg;
  compound->one_ssrc = stats.ssrc;
  compound->following = stats.following;
}

void
rtcp_compound_read (RtcpCompound *compound, const guint8 *data, gsize len)
{
  RflRtcpIter iter;
  RflRtcp *rtcp = compound->packets;

  compound->one = NULL;
  compound->one_ssrc = compound->following = 0;
  compound->has_app = FALSE;
  compound->summarised = rtcp_state_summarises (compound->state);
  compound->n = 0;
  compound->len = len;
  find_one (compound);
  rfl_rtcp_iter_init (&iter, data, len);
  for (; compound->n < RTCP_MAX_PACKETS && rfl_rtcp_iter_next (&iter, rtcp);
       rtcp = &compound->packets[compound->n])
    {
      if (!is_own (compound, rtcp, &compound->ssrc[compound->n]))
        rfl_counter_add (compound->state->foreign, 1);
      else if (rtcp->type != RFL_RTCP_APP || take_app (compound, rtcp))
        compound->n++;
    }
}

gboolean
rtcp_compound_is_sender (const RtcpCompound *compound, guint32 ssrc)
{
  const RflSource *source = rfl_route_find_source (compound->route, ssrc);

  if (source != NULL)
    return source->owner == compound->from;
  for (guint i = 0; i < compound->n; i++)
    if (compound->packets[i].type == RFL_RTCP_SR && compound->ssrc[i] == ssrc)
      return TRUE;
  return FALSE;
}
