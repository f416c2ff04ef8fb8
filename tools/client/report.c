/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What we report in RTCP (RFC 3550 §6.4): SR or RR, CNAME, BYE. Not when. */
#include "config.h"

#include <string.h>

#include "tools/client/private.h"

#define MAX_BLOCKS 31
/* Seconds from 1900 to 1970 */
#define NTP_EPOCH G_GUINT64_CONSTANT (2208988800)

static guint64
ntp_now (void)
{
  gint64 now = g_get_real_time ();
  guint64 seconds = (guint64) (now / G_USEC_PER_SEC) + NTP_EPOCH;

  return seconds << 32 | ((guint64) (now % G_USEC_PER_SEC) << 32) / G_USEC_PER_SEC;
}

static guint
get_rate (const ClientFormat *format)
{
  const char *slash = format != NULL ? strchr (format->rtpmap, '/') : NULL;

  return slash != NULL ? (guint) g_ascii_strtoull (slash + 1, NULL, 10) : 8000;
}

/* The timestamp that a sample of this moment would have. */
static guint32
timestamp_now (const ClientMedium *medium, gint64 now)
{
  gint64 passed = CLAMP (now - medium->sent_at, 0, G_TIME_SPAN_MINUTE);

  return medium->timestamp + (guint32) (passed * get_rate (medium->format) / G_USEC_PER_SEC);
}

gsize
client_report_write (ClientMedium *medium, gboolean bye, guint8 *out, gsize size)
{
  RflRtcpReportBlock blocks[MAX_BLOCKS];
  gint64 now = g_get_monotonic_time ();
  guint n = client_sources_report (medium->sources, blocks, MAX_BLOCKS, now);
  RflRtcpWriter w;

  rfl_rtcp_writer_init (&w, out, size);
  if (medium->sent_lately)
    {
      const RflRtcpSenderInfo info = { .ntp = ntp_now (),
                                       .rtp_timestamp = timestamp_now (medium, now),
                                       .packets = (guint32) medium->packets,
                                       .octets = (guint32) medium->octets };
      rfl_rtcp_write_sr (&w, medium->ssrc, &info, blocks, n);
    }
  else
    rfl_rtcp_write_rr (&w, medium->ssrc, blocks, n);
  medium->sent_lately = FALSE;
  rfl_rtcp_write_sdes (&w, medium->ssrc, medium->client->identity);
  if (bye)
    rfl_rtcp_write_bye (&w, medium->ssrc, NULL);
  return w.overflow ? 0 : w.len;
}
