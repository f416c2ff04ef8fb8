/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counting what arrives from each source. Plays and keeps nothing. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "tools/client/sources.h"

/* A jump above this is a source that began anew (RFC 3550 A.1). */
#define MAX_JUMP 3000

typedef struct {
  ClientSource public;
  gboolean heard;
  guint32 first, highest; /* extended sequence numbers */
  guint64 expected_before, received_before, received;
  double transit, jitter; /* ticks */
  guint rate;
  guint32 lsr;
  gint64 lsr_at;
} Source;

struct _ClientSources {
  GPtrArray *list;
  GHashTable *by_ssrc;
};

static void
source_free (gpointer data)
{
  Source *source = data;

  g_free (source->public.cname);
  g_free (source);
}

ClientSources *
client_sources_new (void)
{
  ClientSources *sources = g_new0 (ClientSources, 1);

  sources->list = g_ptr_array_new_with_free_func (source_free);
  sources->by_ssrc = g_hash_table_new (NULL, NULL);
  return sources;
}

void
client_sources_free (ClientSources *sources)
{
  if (sources == NULL)
    return;
  g_hash_table_unref (sources->by_ssrc);
  g_ptr_array_unref (sources->list);
  g_free (sources);
}

static Source *
find (ClientSources *sources, guint32 ssrc, gboolean make)
{
  Source *source = g_hash_table_lookup (sources->by_ssrc, GUINT_TO_POINTER (ssrc));

  if (source == NULL && make && sources->list->len < CLIENT_MAX_SOURCES)
    {
      source = g_new0 (Source, 1);
      source->public.ssrc = ssrc;
      g_hash_table_insert (sources->by_ssrc, GUINT_TO_POINTER (ssrc), source);
      g_ptr_array_add (sources->list, source);
    }
  return source;
}

static void
begin (Source *source, const RflRtp *rtp)
{
  source->heard = TRUE;
  source->first = source->highest = 0x10000 + rtp->seq;
  source->expected_before = source->received_before = source->received = 0;
  source->transit = NAN;
}

static void
count_sequence (Source *source, const RflRtp *rtp)
{
  gint16 ahead = source->heard ? rfl_seq_diff (rtp->seq, (guint16) source->highest) : 0;

  if (!source->heard || ahead > MAX_JUMP || ahead < -MAX_JUMP)
    begin (source, rtp);
  else if (ahead > 0)
    source->highest += (guint32) ahead;
  else if (source->highest + (guint32) (gint32) ahead < source->first)
    source->first = source->highest + (guint32) (gint32) ahead;
  source->received++;
  source->public.lost = (gint64) (source->highest - source->first + 1) - (gint64) source->received;
}

/* RFC 3550 A.8 */
static void
count_jitter (Source *source, const RflRtp *rtp, guint rate, gint64 now)
{
  double arrival = (double) now * rate / G_USEC_PER_SEC;
  double transit = fmod (arrival, 4294967296.0) - (double) rtp->timestamp;
  double moved;

  if (rate != source->rate)
    source->transit = NAN;
  source->rate = rate;
  if (!isnan (source->transit))
    {
      moved = fabs (remainder (transit - source->transit, 4294967296.0));
      /* a pause in which the timestamps stood still is none of the network's */
      if (moved < rate)
        source->jitter += (moved - source->jitter) / 16;
    }
  source->transit = transit;
  source->public.jitter = source->jitter * 1000 / rate;
}

void
client_sources_rtp (ClientSources *sources, const RflRtp *rtp, guint rate, gint64 now)
{
  Source *source = find (sources, rtp->ssrc, TRUE);

  if (source == NULL)
    return;
  count_sequence (source, rtp);
  count_jitter (source, rtp, MAX (rate, 1), now);
  source->public.pt = rtp->pt;
  source->public.packets++;
  source->public.octets += rtp->payload_len;
  source->public.last = now;
  source->public.gone = FALSE;
}

static void
take_name (ClientSources *sources, const RflRtcp *rtcp, guint32 ssrc)
{
  gsize len;
  const char *cname = rfl_rtcp_get_cname (rtcp, ssrc, &len);
  Source *source = cname ? find (sources, ssrc, FALSE) : NULL;

  if (source == NULL)
    return;
  g_free (source->public.cname);
  source->public.cname = g_utf8_make_valid (cname, (gssize) len);
}

static void
take_packet (ClientSources *sources, const RflRtcp *rtcp, gint64 now)
{
  Source *source = find (sources, rtcp->ssrc, FALSE);
  RflRtcpSenderInfo info;
  guint32 ssrc;

  if (rtcp->type == RFL_RTCP_SDES)
    for (guint i = 0; i < sources->list->len; i++)
      take_name (sources, rtcp, ((Source *) sources->list->pdata[i])->public.ssrc);
  else if (rtcp->type == RFL_RTCP_BYE)
    for (guint i = 0; rfl_rtcp_get_bye (rtcp, i, &ssrc); i++)
      {
        source = find (sources, ssrc, FALSE);
        if (source != NULL)
          source->public.gone = TRUE;
      }
  else if (rtcp->type == RFL_RTCP_SR && source && rfl_rtcp_get_sender_info (rtcp, &info))
    {
      source->lsr = (guint32) (info.ntp >> 16);
      source->lsr_at = now;
    }
}

void
client_sources_rtcp (ClientSources *sources, const guint8 *data, gsize len, gint64 now)
{
  RflRtcpIter iter;
  RflRtcp rtcp;

  rfl_rtcp_iter_init (&iter, data, len);
  while (rfl_rtcp_iter_next (&iter, &rtcp))
    take_packet (sources, &rtcp, now);
}

GPtrArray *
client_sources_list (const ClientSources *sources)
{
  return sources->list;
}

/* RFC 3550 A.3 */
static void
report (Source *source, RflRtcpReportBlock *out, gint64 now)
{
  guint64 expected = source->highest - source->first + 1;
  gint64 interval = (gint64) (expected - source->expected_before);
  gint64 lost = interval - (gint64) (source->received - source->received_before);

  *out = (RflRtcpReportBlock){
    .ssrc = source->public.ssrc,
    .fraction_lost = interval > 0 && lost > 0 ? (guint8) MIN (lost * 256 / interval, 255) : 0,
    .cumulative_lost = (gint32) CLAMP (source->public.lost, -0x800000, 0x7fffff),
    .highest_seq = source->highest - 0x10000,
    .jitter = (guint32) source->jitter,
    .lsr = source->lsr,
    .dlsr = source->lsr ? (guint32) ((now - source->lsr_at) * 65536 / G_USEC_PER_SEC) : 0,
  };
  source->expected_before = expected;
  source->received_before = source->received;
}

guint
client_sources_report (ClientSources *sources, RflRtcpReportBlock *out, guint max, gint64 now)
{
  guint n = 0;

  for (guint i = 0; i < sources->list->len && n < max; i++)
    {
      Source *source = sources->list->pdata[i];

      if (!source->heard || source->received == source->received_before)
        continue;
      report (source, &out[n++], now);
    }
  return n;
}
