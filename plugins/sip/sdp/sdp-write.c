/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes the answer to a session description (RFC 3264 §6). Not the place where something
 * is accepted or refused: that stands in the descs.
 */
#include "plugins/sip/sdp/sdp-lines.h"
#include "plugins/sip/sdp/sdp-read.h"
#include <string.h>

#define MAX_FEEDBACK 32

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
write_accepted (GString *out, const SipSdp *sdp, const SipSdpMedia *offer,
                const RflMediumDesc *desc, const RflAddress *session)
{
  sip_sdp_write_medium (out, offer->kind, offer->proto, desc, session);
  sip_sdp_write_rtcp (out, desc);
  sip_sdp_write_direction (out, desc->direction);
  write_feedback (out, offer, desc);
  sip_sdp_write_audio_level (out, sdp, offer, desc);
  sip_sdp_write_ice (out, desc);
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
        write_accepted (out, offer, media, desc, session);
      else
        g_string_append_printf (out, "m=%s 0 %s %s\r\n", media->kind, media->proto,
                                (const char *) media->formats->pdata[0]);
    }
}

char *
sip_sdp_write_answer (const SipSdp *offer, const GPtrArray *descs, const RflAddress *fallback,
                      SipSdpOrigin *origin)
{
  const RflAddress *session;
  GString *body;

  g_return_val_if_fail (descs->len == offer->media->len, NULL);
  session = session_address (offer, descs, fallback);
  body = sip_sdp_begin (session);
  sip_sdp_write_ice_session (body, descs);
  write_all_media (body, offer, descs, session);
  return sip_sdp_end (body, session, origin);
}
