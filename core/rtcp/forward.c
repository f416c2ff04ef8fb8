/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a participant's compound passes to which leg, and under which SSRCs. What passes
 * is a valid compound of its own (it starts with an SR or RR). Not for feedback and messages,
 * which do not pass.
 */
#include <string.h>

#include "core/rtcp/rtcp-private.h"
#include "core/wire/bytes.h"
#include "core/wire/sdes.h"

#define BLOCK 24

/* The SSRC under which the end of @leg knows the source that the route calls @ssrc: who sends
 * it knows nothing of our alias. */
static guint32
map_reported (const RflRoute *route, RflLeg *leg, guint32 ssrc)
{
  RflSource *source = rfl_route_find_source (route, ssrc);
  RflMedium *owner = rfl_leg_get_owner (leg);

  return source != NULL && owner != NULL && source->owner == owner ? source->wire_ssrc : ssrc;
}

/* Reports about a stream that only its `one` leg has end here. */
static void
put_report (const RtcpCompound *in, guint index, RflLeg *leg, RflRtcpWriter *w)
{
  const RflRtcp *rtcp = &in->packets[index];
  gsize fixed = rtcp->type == RFL_RTCP_SR ? 28 : 8, removed;
  guint8 *p = w->data + w->len, *to = p + fixed;
  guint kept = 0;

  rfl_rtcp_write_raw (w, rtcp->data, rtcp->len);
  wire_put32 (p + 4, in->ssrc[index]);
  for (guint i = 0; i < rtcp->count; i++)
    {
      const guint8 *block = p + fixed + BLOCK * i;
      guint32 ssrc = wire_get32 (block);

      if (in->one != NULL && ssrc == in->one_ssrc)
        continue;
      memmove (to, block, BLOCK);
      wire_put32 (to, map_reported (in->route, leg, ssrc));
      to += BLOCK;
      kept++;
    }
  removed = BLOCK * (gsize) (rtcp->count - kept);
  if (removed == 0)
    return;
  memmove (to, to + removed, rtcp->len - (to - p) - removed);
  p[0] = (guint8) ((p[0] & 0xe0) | kept);
  wire_put16 (p + 2, (guint16) ((rtcp->len - removed) / 4 - 1));
  w->len -= removed;
}

/* A `one` leg knows no sender but us, so it gets only what others report about its owner. */
static void
put_report_about_owner (const RtcpCompound *in, guint index, RflLeg *leg, RflRtcpWriter *w)
{
  RflRtcpReportBlock blocks[31];
  guint n = 0;

  for (guint i = 0; rfl_rtcp_get_report (&in->packets[index], i, &blocks[n]); i++)
    {
      RflSource *source = rfl_route_find_source (in->route, blocks[n].ssrc);

      if (source != NULL && source->owner == rfl_leg_get_owner (leg)
          && (in->one == NULL || blocks[n].ssrc != in->one_ssrc))
        blocks[n++].ssrc = source->wire_ssrc;
    }
  if (n > 0)
    rfl_rtcp_write_rr (w, in->ssrc[index], blocks, n);
}

static void
map_into (const RtcpCompound *in, guint8 *p)
{
  guint32 ssrc;

  if (rtcp_map_sender (in->route, in->from, wire_get32 (p), &ssrc))
    wire_put32 (p, ssrc);
}

/* SDES, BYE and XR: as they are but for their senders' SSRCs */
static void
put_mapped (const RtcpCompound *in, guint index, RflRtcpWriter *w)
{
  const RflRtcp *rtcp = &in->packets[index];
  const guint8 *at = rtcp->body, *end = rtcp->body + rtcp->body_len;
  guint8 *p = w->data + w->len;
  WireSdesChunk chunk;

  rfl_rtcp_write_raw (w, rtcp->data, rtcp->len);
  if (rtcp->type == RFL_RTCP_XR)
    map_into (in, p + 4);
  for (guint i = 0; rtcp->type == RFL_RTCP_BYE && i < rtcp->count; i++)
    map_into (in, p + 4 + 4 * i);
  for (guint i = 0; rtcp->type == RFL_RTCP_SDES && i < rtcp->count; i++)
    if (wire_sdes_next (&at, end, &chunk))
      map_into (in, p + (chunk.data - rtcp->data));
}

static void
put_packet (const RtcpCompound *in, guint index, RflLeg *leg, RflRtcpWriter *w)
{
  switch (in->packets[index].type)
    {
    case RFL_RTCP_SR:
    case RFL_RTCP_RR:
      put_report (in, index, leg, w);
      break;
    case RFL_RTCP_XR:
      if (in->one != NULL) /* its blocks speak of the stream that only this leg has */
        break;
      /* fall through */
    case RFL_RTCP_SDES:
    case RFL_RTCP_BYE:
      if (w->len == 0) /* RFC 3550 §6.1: a report comes first, even an empty one */
        rfl_rtcp_write_rr (w, in->ssrc[index], NULL, 0);
      put_mapped (in, index, w);
      break;
    default:
      break;
    }
}

static gboolean
takes_from (RflLeg *leg, const RflMedium *from)
{
  return rfl_leg_get_owner (leg) != from && rfl_leg_is_active (leg)
         && (rtcp_is_local (from) || !(rfl_leg_get_flags (leg) & RFL_LEG_LOCAL_ONLY));
}

static void
build (const RtcpCompound *in, RflLeg *leg, RflRtcpWriter *w)
{
  for (guint i = 0; i < in->n; i++)
    {
      if (rfl_leg_get_mode (leg) == RFL_LEG_ALL)
        put_packet (in, i, leg, w);
      else if (in->packets[i].type == RFL_RTCP_SR || in->packets[i].type == RFL_RTCP_RR)
        put_report_about_owner (in, i, leg, w);
    }
}

void
rtcp_compound_forward (const RtcpCompound *in)
{
  gsize size = in->len + 8; /* and an empty RR before it */
  g_autofree guint8 *data = g_malloc (size);

  for (guint i = 0; i < in->route->legs->len; i++)
    {
      RflLeg *leg = g_ptr_array_index (in->route->legs, i);
      RflRtcpWriter w;

      if (!takes_from (leg, in->from))
        continue;
      rfl_rtcp_writer_init (&w, data, size);
      build (in, leg, &w);
      if (w.len > 0 && !w.overflow)
        rfl_leg_send_rtcp (leg, in->from, data, w.len);
    }
}
