/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long until the next report (RFC 3550 §6.3.1). Pure; not for what is in it.
 */
#include "core/rtcp/rtcp-private.h"

/* Of the bandwidth, while senders are few (RFC 3550 §6.2). */
#define SENDERS_SHARE 0.25
/* e - 3/2: timer reconsideration makes for less than the wanted bandwidth (§6.3.1). */
#define COMPENSATION 1.21828

gint64
rtcp_interval (const RtcpLoad *load, double random)
{
  double bandwidth = load->bandwidth, n = load->members, seconds;

  if (load->senders <= n * SENDERS_SHARE)
    {
      bandwidth *= load->sends ? SENDERS_SHARE : 1 - SENDERS_SHARE;
      n = load->sends ? load->senders : n - load->senders;
    }
  seconds = bandwidth > 0 ? load->size * n / bandwidth : 0;
  seconds = MAX (seconds, (double) RTCP_MIN_INTERVAL / G_USEC_PER_SEC);
  return (gint64) (seconds * (0.5 + random) / COMPENSATION * G_USEC_PER_SEC);
}
