/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SSRCs in RTCP, found and replaced (RFC 3550 §6.4 to §6.6, RFC 3611 §4, RFC 4585 §6.1, RFC
 * 5104 §4.3.1).
 * Not for deciding by what.
 */
#include "plugins/interconnect/ssrc-map.h"
#include <reflector/rtcp.h>
#include <string.h>

typedef struct {
  guint8 *data; /* one packet */
  gsize len;
  LinkMapFunc map;
  gpointer user_data;
} Mapping;

static void
map_at (const Mapping *m, gsize offset)
{
  guint32 be, ssrc;

  if (offset + sizeof be > m->len)
    return;
  memcpy (&be, m->data + offset, sizeof be);
  ssrc = m->map (g_ntohl (be), m->user_data);
  be = g_htonl (ssrc);
  memcpy (m->data + offset, &be, sizeof be);
}

static void
map_chunks (const Mapping *m, guint n)
{
  gsize at = 4;

  for (guint i = 0; i < n && at + 4 <= m->len; i++)
    {
      map_at (m, at);
      at += 4;
      while (at + 1 < m->len && m->data[at] != 0)
        at += 2 + m->data[at + 1];
      at = (at & ~(gsize) 3) + 4; /* at least one null octet */
    }
}

static void
map_sender (const Mapping *m, const RflRtcp *rtcp)
{
  if (rtcp->type == RFL_RTCP_SDES)
    map_chunks (m, rtcp->count);
  else if (rtcp->type == RFL_RTCP_BYE)
    for (guint i = 0; i < rtcp->count; i++)
      map_at (m, 4 + 4 * i);
  else
    map_at (m, 4);
}

static void
map_target (const Mapping *m, const RflRtcp *rtcp)
{
  gboolean report = rtcp->type == RFL_RTCP_SR || rtcp->type == RFL_RTCP_RR;
  gboolean fir = rtcp->type == RFL_RTCP_PSFB && rtcp->count == RFL_PSFB_FIR;

  for (gsize at = 0; rfl_rtcp_next_xr_ssrc (rtcp, &at);)
    map_at (m, at);
  for (guint i = 0; report && i < rtcp->count; i++)
    map_at (m, (rtcp->type == RFL_RTCP_SR ? 28 : 8) + 24 * i);
  if (fir)
    for (gsize at = 12; at < m->len; at += 8)
      map_at (m, at);
  else if (rtcp->type == RFL_RTCP_RTPFB || rtcp->type == RFL_RTCP_PSFB)
    map_at (m, 8);
}

static void
map_all (guint8 *data, gsize len, LinkMapFunc map, gpointer user_data,
         void (*one) (const Mapping *m, const RflRtcp *rtcp))
{
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, data, len);
  while (rfl_rtcp_iter_next (&iter, &rtcp))
    {
      const Mapping m = { data + (rtcp.data - data), rtcp.len, map, user_data };
      one (&m, &rtcp);
    }
}

void
link_map_senders (guint8 *data, gsize len, LinkMapFunc map, gpointer user_data)
{
  map_all (data, len, map, user_data, map_sender);
}

void
link_map_targets (guint8 *data, gsize len, LinkMapFunc map, gpointer user_data)
{
  map_all (data, len, map, user_data, map_target);
}
