/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What of a participant's compound passes to which leg, and under which SSRCs. What passes
 * is a valid compound of its own (it starts with an SR or RR). Not for feedback, which does
 * not pass.
 */
#include <string.h>

#include "core/rtcp/rtcp-private.h"
#include "core/session-private.h"
#include "core/wire/bytes.h"
#include "core/wire/sdes.h"

#define BLOCK 24

/* Whom a compound is written for: @owner: of its leg, or %NULL; @all: gets sources as they are,
 * else the owner of a `one` leg, who knows no sender but us. */
typedef struct {
  const RtcpCompound *in;
  RflMedium *owner;
  gboolean all;
  RflRtcpWriter w;
} Output;

static guint32
map_reported (const Output *out, guint32 ssrc)
{
  const RflSource *source = rfl_route_find_source (out->in->route, ssrc);

  return source ? rtcp_name_for (source, out->owner) : ssrc;
}

/* Of what no source sends nobody knows what it is about; what is about the stream that only a
 * `one` leg has ends here, and so does every receiver's report when they are many. */
static gboolean
is_repeated (const RtcpCompound *in, guint32 ssrc)
{
  return !in->summarised && (in->one == NULL || ssrc != in->one_ssrc)
         && rfl_route_find_source (in->route, ssrc) != NULL;
}

static void
put_report (Output *out, guint index)
{
  const RtcpCompound *in = out->in;
  const RflRtcp *rtcp = &in->packets[index];
  gsize fixed = rtcp->type == RFL_RTCP_SR ? 28 : 8, removed;
  guint8 *p = out->w.data + out->w.len, *to = p + fixed;
  guint kept = 0;

  rfl_rtcp_write_raw (&out->w, rtcp->data, rtcp->len);
  wire_put32 (p + 4, in->ssrc[index]);
  for (guint i = 0; i < rtcp->count; i++)
    {
      const guint8 *block = p + fixed + BLOCK * i;
      guint32 ssrc = wire_get32 (block);

      if (!is_repeated (in, ssrc))
        continue;
      memmove (to, block, BLOCK);
      wire_put32 (to, map_reported (out, ssrc));
      to += BLOCK;
      kept++;
    }
  removed = BLOCK * (gsize) (rtcp->count - kept);
  if (removed == 0)
    return;
  memmove (to, to + removed, rtcp->len - (to - p) - removed);
  p[0] = (guint8) ((p[0] & 0xe0) | kept);
  wire_put16 (p + 2, (guint16) ((rtcp->len - removed) / 4 - 1));
  out->w.len -= removed;
}

/* Only what is reported, about the owner's sources or about all; nothing of what is sent. */
static void
put_blocks (Output *out, guint index, gboolean about_owner)
{
  const RtcpCompound *in = out->in;
  RflRtcpReportBlock blocks[RTCP_MAX_BLOCKS];
  guint n = 0;

  for (guint i = 0; rfl_rtcp_get_report (&in->packets[index], i, &blocks[n]); i++)
    {
      const RflSource *source = rfl_route_find_source (in->route, blocks[n].ssrc);

      if (source != NULL && (!about_owner || source->owner == out->owner)
          && is_repeated (in, blocks[n].ssrc))
        blocks[n++].ssrc = rtcp_name_for (source, out->owner);
    }
  if (n > 0)
    rfl_rtcp_write_rr (&out->w, in->ssrc[index], blocks, n);
}

/* Nothing of what it sends is heard, so it is nobody's sender; who it is and what it receives is told. */
static gboolean
is_muted (const RtcpCompound *in)
{
  return (in->from->blocked & RFL_DIRECTION_SEND) != 0;
}

static guint32
map_own (const RtcpCompound *in, guint32 wire_ssrc)
{
  guint32 ssrc = wire_ssrc;

  rtcp_map_sender (in->route, in->from, wire_ssrc, &ssrc);
  return ssrc;
}

/* Whether what @ssrc says of itself is of interest to others. */
static gboolean
is_told (const RtcpCompound *in, guint32 ssrc)
{
  return !in->summarised || rtcp_compound_is_sender (in, ssrc);
}

/* Begins a packet like @rtcp of which the count and the length are still to come. */
static guint8 *
begin_like (Output *out, const RflRtcp *rtcp)
{
  guint8 *p = out->w.data + out->w.len;

  p[0] = 0x80;
  p[1] = rtcp->type;
  return p;
}

static void
end_packet (Output *out, guint8 *p, const guint8 *end, guint count)
{
  if (count == 0)
    return;
  p[0] |= count;
  wire_put16 (p + 2, (guint16) ((end - p) / 4 - 1));
  out->w.len += end - p;
}

static void
put_sdes_of_senders (Output *out, const RflRtcp *rtcp)
{
  const guint8 *at = rtcp->body, *end = rtcp->body + rtcp->body_len;
  guint8 *p = begin_like (out, rtcp), *to = p + 4;
  WireSdesChunk chunk;
  guint kept = 0;

  for (guint i = 0; i < rtcp->count && wire_sdes_next (&at, end, &chunk); i++)
    {
      guint32 ssrc = map_own (out->in, chunk.ssrc);

      if (!is_told (out->in, ssrc))
        continue;
      memcpy (to, chunk.data, at - chunk.data);
      wire_put32 (to, ssrc);
      to += at - chunk.data;
      kept++;
    }
  end_packet (out, p, to, kept);
}

static void
put_bye_of_senders (Output *out, const RflRtcp *rtcp)
{
  gsize ssrcs = 4 * (gsize) rtcp->count, rest = rtcp->body_len - ssrcs;
  guint8 *p = begin_like (out, rtcp), *to = p + 4;
  guint32 wire_ssrc;
  guint kept = 0;

  for (guint i = 0; rfl_rtcp_get_bye (rtcp, i, &wire_ssrc); i++)
    {
      guint32 ssrc = map_own (out->in, wire_ssrc);

      if (!is_told (out->in, ssrc))
        continue;
      wire_put32 (to, ssrc);
      to += 4;
      kept++;
    }
  memcpy (to, rtcp->body + ssrcs, rest);
  end_packet (out, p, to + rest, kept);
}

/* SDES, BYE and XR: as they are but for SSRCs */
static void
put_mapped (Output *out, const RflRtcp *rtcp)
{
  const guint8 *at = rtcp->body, *end = rtcp->body + rtcp->body_len;
  guint8 *p = out->w.data + out->w.len;
  WireSdesChunk chunk;

  rfl_rtcp_write_raw (&out->w, rtcp->data, rtcp->len);
  if (rtcp->type == RFL_RTCP_XR || rtcp->type == RFL_RTCP_APP)
    wire_put32 (p + 4, map_own (out->in, wire_get32 (p + 4)));
  for (gsize target = 0; rfl_rtcp_next_xr_ssrc (rtcp, &target);)
    wire_put32 (p + target, map_reported (out, wire_get32 (p + target)));
  for (guint i = 0; rtcp->type == RFL_RTCP_BYE && i < rtcp->count; i++)
    wire_put32 (p + 4 + 4 * i, map_own (out->in, wire_get32 (p + 4 + 4 * i)));
  for (guint i = 0; rtcp->type == RFL_RTCP_SDES && i < rtcp->count; i++)
    if (wire_sdes_next (&at, end, &chunk))
      wire_put32 (p + (chunk.data - rtcp->data), map_own (out->in, chunk.ssrc));
}

/* RFC 3550 §6.1: a report comes first, even an empty one. What comes after it may turn out to be
 * nothing, then it goes again. */
static void
put_behind_report (Output *out, guint index)
{
  const RflRtcp *rtcp = &out->in->packets[index];
  gsize before = out->w.len, begun;

  if (before == 0)
    rfl_rtcp_write_rr (&out->w, out->in->ssrc[index], NULL, 0);
  begun = out->w.len;
  if (out->in->summarised && rtcp->type == RFL_RTCP_SDES)
    put_sdes_of_senders (out, rtcp);
  else if (out->in->summarised && rtcp->type == RFL_RTCP_BYE)
    put_bye_of_senders (out, rtcp);
  else
    put_mapped (out, rtcp);
  if (out->w.len == begun)
    out->w.len = before;
  else if (before == 0) /* in the name of who comes first of those who are left */
    memcpy (out->w.data + 4, out->w.data + begun + 4, 4);
}

/* A message goes to those who sent such ones themselves, and to links, which do not know. */
static gboolean
wants_app (const Output *out, const RflRtcp *rtcp)
{
  guint32 name = rtcp_app_name (rtcp);

  return name != 0 && (out->owner == NULL || rtcp_member_knows (out->owner, name));
}

static void
put_packet (Output *out, guint index)
{
  const RflRtcp *rtcp = &out->in->packets[index];
  gboolean told = is_told (out->in, out->in->ssrc[index]);

  switch (rtcp->type)
    {
    case RFL_RTCP_SR:
    case RFL_RTCP_RR:
      if (told && out->all && is_muted (out->in))
        put_blocks (out, index, FALSE);
      else if (told && out->all)
        put_report (out, index);
      else if (!out->all && !out->in->summarised)
        put_blocks (out, index, TRUE);
      break;
    case RFL_RTCP_XR:
      if (told && out->all && out->in->one == NULL) /* else of the stream that only this leg has */
        put_behind_report (out, index);
      break;
    case RFL_RTCP_SDES:
    case RFL_RTCP_BYE:
      if (out->all && rtcp->count > 0) /* of nobody there is nothing to tell */
        put_behind_report (out, index);
      break;
    case RFL_RTCP_APP:
      if (wants_app (out, rtcp))
        put_behind_report (out, index);
      break;
    default:
      break;
    }
}

static void
write_all (Output *out)
{
  out->w.len = 0;
  for (guint i = 0; i < out->in->n; i++)
    put_packet (out, i);
}

static gboolean
takes_from (RflLeg *leg, const RflMedium *from)
{
  return rfl_leg_get_owner (leg) != from && rfl_leg_is_active (leg) && !from->participant->waiting
         && (rtcp_is_local (from) || !(rfl_leg_get_flags (leg) & RFL_LEG_LOCAL_ONLY));
}

/* Those who know a source by another SSRC than the rest. (transfer full) (nullable) */
static GHashTable *
find_aliased (const RflRoute *route)
{
  const GPtrArray *aliases = rfl_route_get_aliases (route);
  GHashTable *owners = aliases->len > 0 ? g_hash_table_new (NULL, NULL) : NULL;

  for (guint i = 0; i < aliases->len; i++)
    g_hash_table_add (owners, ((const RflSource *) g_ptr_array_index (aliases, i))->owner);
  return owners;
}

/* Most legs get the same. */
static void
send_to (const RtcpCompound *in, RflLeg *leg, const Output *common, Output *own)
{
  const RflRtcpWriter *w = &common->w;

  if (own != NULL)
    {
      own->owner = rfl_leg_get_owner (leg);
      own->all = rfl_leg_get_mode (leg) == RFL_LEG_ALL;
      write_all (own);
      w = &own->w;
    }
  if (w->len > 0)
    rfl_leg_send_rtcp (leg, in->from, w->data, w->len);
}

static gboolean
may_be_copied (const RtcpCompound *in)
{
  if (rtcp_member_may_be_copied (rtcp_member_get (in->from), in->state, in->route->legs->len))
    return TRUE;
  session_note (in->state->core, RFL_CORE_LOG_COPIES, in->state->session->name,
                in->from->participant, "more copies than rtcp_copy_rate");
  return FALSE;
}

void
rtcp_compound_forward (const RtcpCompound *in)
{
  gsize size = in->len + 8; /* and an empty RR before it */
  g_autofree guint8 *data = g_malloc (size), *more = g_malloc (size);
  g_autoptr (GHashTable) aliased = NULL;
  Output common = { .in = in, .all = TRUE }, own = { .in = in };

  rfl_rtcp_writer_init (&common.w, data, size);
  rfl_rtcp_writer_init (&own.w, more, size);
  write_all (&common);
  if (common.w.len == 0 && !in->has_app) /* nor has anybody else: most of a large session's */
    return;
  if (!may_be_copied (in))
    return;
  aliased = find_aliased (in->route);
  for (guint i = 0; i < in->route->legs->len; i++)
    {
      RflLeg *leg = g_ptr_array_index (in->route->legs, i);
      gboolean special = in->has_app || rfl_leg_get_mode (leg) != RFL_LEG_ALL
                         || (aliased && g_hash_table_contains (aliased, rfl_leg_get_owner (leg)));

      if (takes_from (leg, in->from))
        send_to (in, leg, &common, special ? &own : NULL);
    }
}
