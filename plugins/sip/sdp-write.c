/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the answer to a session description (RFC 3264 §6). Not the place where something
 * is accepted or refused: that stands in the descs.
 */
#include "plugins/sip/sdp.h"
#include <string.h>

#define MAX_FEEDBACK 32

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

static void
write_address (GString *out, const RflAddress *address)
{
  char ip[RFL_ADDRESS_STRLEN];

  if (address->family == 0)
    g_string_append (out, "IN IP4 0.0.0.0");
  else
    g_string_append_printf (out, "IN %s %s", address->family == AF_INET6 ? "IP6" : "IP4",
                            rfl_address_format_ip (address, ip));
}

static gboolean
has_pt (const RflMediumDesc *desc, const char *text, gsize len)
{
  char pt[4];

  for (guint i = 0; i < desc->answer->len; i++)
    {
      const RflFormat *format = desc->answer->pdata[i];
      if ((gsize) g_snprintf (pt, sizeof pt, "%u", format->pt) == len
          && strncmp (pt, text, len) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Picture requests are what we carry of RFC 4585 and RFC 5104; they are echoed for what was
 * accepted, with AVP too: baresip and linphone offer and understand them there. */
static void
write_feedback (GString *out, const SipSdpMedia *offer, const RflMediumDesc *desc)
{
  guint n = 0;

  for (guint i = 0; i < offer->attributes->len && n < MAX_FEEDBACK; i++)
    {
      const char *attribute = offer->attributes->pdata[i], *what;
      gsize len;

      if (!g_str_has_prefix (attribute, "rtcp-fb:"))
        continue;
      len = strcspn (attribute + 8, " ");
      what = attribute + 8 + len;
      if (strcmp (what, " nack pli") != 0 && strcmp (what, " ccm fir") != 0)
        continue;
      if ((len == 1 && attribute[8] == '*') || has_pt (desc, attribute + 8, len))
        {
          g_string_append_printf (out, "a=%s\r\n", attribute);
          n++;
        }
    }
}

static void
write_format (GString *out, const RflFormat *format)
{
  g_string_append_printf (out, "a=rtpmap:%u %s/%u", format->pt, format->encoding,
                          format->clock_rate);
  if (format->channels > 1)
    g_string_append_printf (out, "/%u", format->channels);
  g_string_append (out, "\r\n");
  if (format->fmtp)
    g_string_append_printf (out, "a=fmtp:%u %s\r\n", format->pt, format->fmtp);
}

/* RFC 3605: only where RTCP is not where everybody looks for it. */
static void
write_rtcp (GString *out, const RflMediumDesc *desc)
{
  const RflAddress *rtcp = &desc->answer_rtcp;

  if (rtcp->family == 0
      || (rtcp->port == desc->answer_rtp.port + 1 && rfl_address_same_ip (rtcp, &desc->answer_rtp)))
    return;
  g_string_append_printf (out, "a=rtcp:%u", rtcp->port);
  if (!rfl_address_same_ip (rtcp, &desc->answer_rtp))
    {
      g_string_append_c (out, ' ');
      write_address (out, rtcp);
    }
  g_string_append (out, "\r\n");
}

static void
write_accepted (GString *out, const SipSdpMedia *offer, const RflMediumDesc *desc,
                const RflAddress *session)
{
  g_string_append_printf (out, "m=%s %u %s", offer->kind, desc->answer_rtp.port, offer->proto);
  for (guint i = 0; i < desc->answer->len; i++)
    g_string_append_printf (out, " %u", ((const RflFormat *) desc->answer->pdata[i])->pt);
  g_string_append (out, "\r\n");
  if (!rfl_address_same_ip (&desc->answer_rtp, session))
    {
      g_string_append (out, "c=");
      write_address (out, &desc->answer_rtp);
      g_string_append (out, "\r\n");
    }
  for (guint i = 0; i < desc->answer->len; i++)
    write_format (out, desc->answer->pdata[i]);
  write_rtcp (out, desc);
  g_string_append_printf (out, "a=%s\r\n", direction_name (reverse (desc->direction)));
  write_feedback (out, offer, desc);
}

static gboolean
is_accepted (const SipSdpMedia *offer, const RflMediumDesc *desc)
{
  return desc->accepted && desc->answer->len > 0 && sip_sdp_media_is_usable (offer);
}

static const RflAddress *
session_address (const SipSdp *offer, const GPtrArray *descs, const RflAddress *fallback)
{
  for (guint i = 0; i < offer->media->len; i++)
    {
      const RflMediumDesc *desc = descs->pdata[i];
      if (is_accepted (offer->media->pdata[i], desc))
        return &desc->answer_rtp;
    }
  return fallback;
}

static void
write_all_media (GString *out, const SipSdp *offer, const GPtrArray *descs,
                 const RflAddress *session)
{
  for (guint i = 0; i < offer->media->len; i++)
    {
      const SipSdpMedia *media = offer->media->pdata[i];
      const RflMediumDesc *desc = descs->pdata[i];

      if (is_accepted (media, desc))
        write_accepted (out, media, desc, session);
      else
        g_string_append_printf (out, "m=%s 0 %s %s\r\n", media->kind, media->proto,
                                (const char *) media->formats->pdata[0]);
    }
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

char *
sip_sdp_write_answer (const SipSdp *offer, const GPtrArray *descs, const RflAddress *fallback,
                      SipSdpOrigin *origin)
{
  const RflAddress *session;
  GString *body = g_string_new ("s=-\r\nc="), *out = g_string_new ("v=0\r\n");

  g_return_val_if_fail (descs->len == offer->media->len, NULL);
  session = session_address (offer, descs, fallback);
  write_address (body, session);
  g_string_append (body, "\r\nt=0 0\r\n");
  write_all_media (body, offer, descs, session);
  update_origin (origin, g_string_free (body, FALSE));
  g_string_append_printf (out, "o=- %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " ", origin->id,
                          origin->version);
  write_address (out, session);
  g_string_append_printf (out, "\r\n%s", origin->last);
  return g_string_free (out, FALSE);
}
