/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much a participant wants to get: bandwidth and packet length. Lines that are none are as if they
 * were not there. Keeps nobody to anything: that is the media's plugin's.
 */
#include "plugins/sip/sdp/sdp-read.h"
#include <math.h>

#define UDP_HEADER 8
#define IP4_HEADER 20
#define IP6_HEADER 40
/* RTP octets in a packet of video, where a=maxprate does not tell how many packets there are. */
#define USUAL_PACKET 1200
#define MAX_PTIME 1000 /* ms */
#define MAX_PACKET_RATE 1e6

/* Digits with or without a fraction. Returns: -1 if it is something else */
static double
parse_real (const char *text)
{
  char *end;
  double value;

  if (!g_ascii_isdigit (*text) || text[strspn (text, "0123456789.")] != '\0')
    return -1;
  value = g_ascii_strtod (text, &end);
  return *end == '\0' && isfinite (value) ? value : -1;
}

static const char *
find_value (const GPtrArray *attributes, const char *name)
{
  for (guint i = 0; i < attributes->len; i++)
    {
      const char *value = sip_sdp_get_value (attributes->pdata[i], name);
      if (value)
        return value;
    }
  return NULL;
}

/* a=maxprate (RFC 3890 §6.3) stands beside the b-line that it explains. */
static double
packet_rate (const GPtrArray *attributes)
{
  const char *value = find_value (attributes, "maxprate");
  double rate = value ? parse_real (value) : -1;

  return rate <= MAX_PACKET_RATE ? rate : -1;
}

/* b=AS counts IP and UDP headers (RFC 8866 §5.8, RFC 3550 §6.2), what we keep to does not. */
static double
without_headers (double as, double rate, gboolean ip6)
{
  double header = UDP_HEADER + (ip6 ? IP6_HEADER : IP4_HEADER);
  double counted = as - rate * header * 8;

  return rate > 0 && counted > 0 ? counted : as * USUAL_PACKET / (USUAL_PACKET + header);
}

/* Bits a second, -1: not said */
static double
bandwidth_of (const SipSdpBandwidth *b, const GPtrArray *attributes, gboolean ip6)
{
  if (b->has_tias)
    return b->tias;
  return b->has_as ? without_headers (b->as * 1000.0, packet_rate (attributes), ip6) : -1;
}

/* None at all means that nothing is to be sent (RFC 3264 §5.1). */
static void
set_bandwidth (RflMediumDesc *desc, double bits)
{
  if (bits == 0)
    desc->direction &= ~RFL_DIRECTION_RECEIVE;
  else if (bits > 0)
    desc->bandwidth = (guint) CLAMP (bits, 1, G_MAXUINT);
}

/* Milliseconds, 0: not said. Fractions are allowed (RFC 8866 §6.4), none is not. */
static double
read_time (const GPtrArray *attributes, const char *name)
{
  const char *value = find_value (attributes, name);
  double time = value ? parse_real (value) : 0;

  return time > 0 && time <= MAX_PTIME ? time : 0;
}

static guint
choose_ptime (double wanted, double most)
{
  if (wanted == 0)
    return 0;
  if (most > 0 && most < wanted)
    return MAX (1, (guint) most);
  return (guint) ceil (wanted);
}

void
sip_sdp_read_limits (RflMediumDesc *desc, const SipSdp *sdp, const SipSdpMedia *media)
{
  gboolean ip6 = media->address.family == AF_INET6;
  double bits = bandwidth_of (&media->bandwidth, media->attributes, ip6);

  if (bits < 0)
    bits = bandwidth_of (&sdp->bandwidth, sdp->attributes, ip6);
  set_bandwidth (desc, bits);
  desc->ptime = choose_ptime (read_time (media->attributes, "ptime"),
                              read_time (media->attributes, "maxptime"));
}
