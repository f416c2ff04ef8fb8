/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single lines of session descriptions, and their frame. Not about which m-lines there are. */
#include "plugins/sip/sdp/sdp-lines.h"
#include <string.h>

static const char *
direction_name (RflDirection direction)
{
  switch (direction)
    {
    case RFL_DIRECTION_SEND:
      return "sendonly";
    case RFL_DIRECTION_RECEIVE:
      return "recvonly";
    case RFL_DIRECTION_BOTH:
      return "sendrecv";
    default:
      return "inactive";
    }
}

/* What we do when the other side does @direction. */
static RflDirection
reverse (RflDirection direction)
{
  RflDirection out = RFL_DIRECTION_NONE;

  if (direction & RFL_DIRECTION_SEND)
    out |= RFL_DIRECTION_RECEIVE;
  if (direction & RFL_DIRECTION_RECEIVE)
    out |= RFL_DIRECTION_SEND;
  return out;
}

void
sip_sdp_write_address (GString *out, const RflAddress *address)
{
  char ip[RFL_ADDRESS_STRLEN];

  if (address->family == 0)
    g_string_append (out, "IN IP4 0.0.0.0");
  else
    g_string_append_printf (out, "IN %s %s", address->family == AF_INET6 ? "IP6" : "IP4",
                            rfl_address_format_ip (address, ip));
}

void
sip_sdp_write_format (GString *out, const RflFormat *format)
{
  g_string_append_printf (out, "a=rtpmap:%u %s/%u", format->pt, format->encoding,
                          format->clock_rate);
  if (format->channels > 1)
    g_string_append_printf (out, "/%u", format->channels);
  g_string_append (out, "\r\n");
  if (format->fmtp)
    g_string_append_printf (out, "a=fmtp:%u %s\r\n", format->pt, format->fmtp);
}

void
sip_sdp_write_rtcp (GString *out, const RflMediumDesc *desc)
{
  const RflAddress *rtcp = &desc->answer_rtcp;

  if (desc->answer_rsize)
    g_string_append (out, "a=rtcp-rsize\r\n");
  if (desc->answer_mux)
    {
      g_string_append (out, "a=rtcp-mux\r\n");
      return;
    }
  if (rtcp->family == 0
      || (rtcp->port == desc->answer_rtp.port + 1 && rfl_address_same_ip (rtcp, &desc->answer_rtp)))
    return;
  g_string_append_printf (out, "a=rtcp:%u", rtcp->port);
  if (!rfl_address_same_ip (rtcp, &desc->answer_rtp))
    {
      g_string_append_c (out, ' ');
      sip_sdp_write_address (out, rtcp);
    }
  g_string_append (out, "\r\n");
}

void
sip_sdp_write_direction (GString *out, RflDirection theirs)
{
  g_string_append_printf (out, "a=%s\r\n", direction_name (reverse (theirs)));
}

void
sip_sdp_write_medium (GString *out, const char *kind, const char *proto, const RflMediumDesc *desc,
                      const RflAddress *session)
{
  g_string_append_printf (out, "m=%s %u %s", kind, desc->answer_rtp.port, proto);
  for (guint i = 0; i < desc->answer->len; i++)
    g_string_append_printf (out, " %u", ((const RflFormat *) desc->answer->pdata[i])->pt);
  g_string_append (out, "\r\n");
  if (!rfl_address_same_ip (&desc->answer_rtp, session))
    {
      g_string_append (out, "c=");
      sip_sdp_write_address (out, &desc->answer_rtp);
      g_string_append (out, "\r\n");
    }
  for (guint i = 0; i < desc->answer->len; i++)
    sip_sdp_write_format (out, desc->answer->pdata[i]);
}

static void
update_origin (SipSdpOrigin *origin, char *body)
{
  if (origin->last == NULL)
    origin->id = origin->version = (guint64) g_random_int () << 16 | g_random_int_range (1, 65536);
  else if (strcmp (origin->last, body) != 0)
    origin->version++;
  g_free (origin->last);
  origin->last = body;
}

void
sip_sdp_origin_clear (SipSdpOrigin *origin)
{
  g_clear_pointer (&origin->last, g_free);
}

GString *
sip_sdp_begin (const RflAddress *session)
{
  GString *body = g_string_new ("s=-\r\nc=");

  sip_sdp_write_address (body, session);
  g_string_append (body, "\r\nt=0 0\r\n");
  return body;
}

char *
sip_sdp_end (GString *body, const RflAddress *session, SipSdpOrigin *origin)
{
  GString *out = g_string_new ("v=0\r\n");

  update_origin (origin, g_string_free (body, FALSE));
  g_string_append_printf (out, "o=- %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " ", origin->id,
                          origin->version);
  sip_sdp_write_address (out, session);
  g_string_append_printf (out, "\r\n%s", origin->last);
  return g_string_free (out, FALSE);
}
