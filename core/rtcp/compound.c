/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who speaks in a compound: each packet's sender as the route knows it. Not for where the
 * packets go.
 */
#include "core/rtcp/rtcp-private.h"
#include "core/wire/sdes.h"

gboolean
rtcp_is_local (const RflMedium *medium)
{
  return medium->participant->origin == NULL;
}

/* What @from calls its source. A link restores the SSRCs that its peer's route has, so those
 * who are behind it speak of the source's SSRC. */
static gboolean
is_called (const RflSource *source, const RflMedium *from, guint32 ssrc)
{
  return source->owner == from && ssrc == (rtcp_is_local (from) ? source->wire_ssrc : source->ssrc);
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

gboolean
rtcp_map_sender (const RflRoute *route, const RflMedium *from, guint32 wire_ssrc, guint32 *ssrc)
{
  RflSource *only;

  *ssrc = wire_ssrc;
  for (guint i = 0; i < route->sources->len; i++)
    {
      RflSource *source = g_ptr_array_index (route->sources, i);

      if (is_called (source, from, wire_ssrc))
        {
          *ssrc = source->ssrc;
          return TRUE;
        }
    }
  if (rfl_route_find_source (route, wire_ssrc) == NULL)
    return TRUE; /* of a receiver, or of a source before its first packet */
  if (rtcp_is_local (from))
    return FALSE;
  /* Behind a link, and aliased when it entered here: what it was called there is not known
   * here, but if it is the only one there is no doubt. */
  only = only_source (route, from);
  if (only == NULL)
    return FALSE;
  *ssrc = only->ssrc;
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

/* Feedback and messages are not repeated in anybody's name, so it does not matter which
 * SSRC they say they are from. */
static gboolean
is_own (const RtcpCompound *compound, const RflRtcp *rtcp, guint32 *ssrc)
{
  switch (rtcp->type)
    {
    case RFL_RTCP_APP:
    case RFL_RTCP_RTPFB:
    case RFL_RTCP_PSFB:
      *ssrc = rtcp->ssrc;
      return TRUE;
    default:
      return rtcp_map_sender (compound->route, compound->from, rtcp->ssrc, ssrc)
             && sdes_is_own (compound, rtcp) && bye_is_own (compound, rtcp);
    }
}

static void
find_one (RtcpCompound *compound)
{
  RflLegStats stats;

  for (guint i = 0; i < compound->route->legs->len; i++)
    {
      RflLeg *leg = g_ptr_array_index (compound->route->legs, i);

      if (rfl_leg_get_owner (leg) != compound->from || rfl_leg_get_mode (leg) != RFL_LEG_ONE)
        continue;
      rfl_leg_get_stats (leg, &stats);
      compound->one = leg;
      compound->one_ssrc = stats.ssrc;
      compound->following = stats.following;
    }
}

guint
rtcp_compound_read (RtcpCompound *compound, RflRoute *route, RflMedium *from, const guint8 *data,
                    gsize len)
{
  RflRtcpIter iter;
  guint foreign = 0;

  compound->route = route;
  compound->from = from;
  compound->one = NULL;
  compound->one_ssrc = compound->following = 0;
  compound->n = 0;
  compound->len = len;
  find_one (compound);
  rfl_rtcp_iter_init (&iter, data, len);
  while (compound->n < RTCP_MAX_PACKETS
         && rfl_rtcp_iter_next (&iter, &compound->packets[compound->n]))
    {
      if (is_own (compound, &compound->packets[compound->n], &compound->ssrc[compound->n]))
        compound->n++;
      else
        foreign++;
    }
  return foreign;
}
