/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes an offer of ours (RFC 3264 §5), and finds its m-lines again in the answer. What is
 * offered stands in the descs; answers of ours are written in sdp-write.c.
 */
#include "plugins/sip/sdp/sdp-lines.h"
#include "plugins/sip/sdp/sdp-read.h"
#include <reflector/error.h>
#include <string.h>

char **
sip_sdp_get_heads (const SipSdp *sdp)
{
  char **heads = g_new0 (char *, sdp->media->len + 1);

  for (guint i = 0; i < sdp->media->len; i++)
    {
      const SipSdpMedia *media = sdp->media->pdata[i];
      heads[i] = g_strdup_printf ("%s %s %s", media->kind, media->proto,
                                  (const char *) media->formats->pdata[0]);
    }
  return heads;
}

static gboolean
is_offered (const RflMediumDesc *desc)
{
  return desc->accepted && desc->answer->len > 0;
}

static const RflAddress *
session_address (const GPtrArray *descs, const RflAddress *fallback)
{
  for (guint i = 0; i < descs->len; i++)
    if (is_offered (descs->pdata[i]))
      return &((const RflMediumDesc *) descs->pdata[i])->answer_rtp;
  return fallback;
}

static void
write_offered (GString *out, const RflMediumDesc *desc, const char *kind, const char *proto,
               const RflAddress *session)
{
  sip_sdp_write_medium (out, kind, proto, desc, session);
  sip_sdp_write_rtcp (out, desc);
  sip_sdp_write_direction (out, desc->direction);
  /* Under RTP/AVP too, as phones that know of them do; others skip the lines. */
  if (strcmp (kind, "video") == 0)
    g_string_append (out, "a=rtcp-fb:* nack pli\r\na=rtcp-fb:* ccm fir\r\n");
  if (desc->answer_audio_level != 0)
    g_string_append_printf (out, "a=extmap:%u %s\r\n", desc->answer_audio_level,
                            SIP_SDP_AUDIO_LEVEL);
  sip_sdp_write_ice (out, desc);
}

/* @head: "KIND PROTO FORMAT" of the m-line so far, or %NULL */
static void
write_media (GString *out, const RflMediumDesc *desc, const char *head, const RflAddress *session)
{
  g_auto (GStrv) words = g_strsplit (head ? head : "", " ", 3);
  gboolean known = g_strv_length (words) == 3;
  const char *kind = known ? words[0] : desc->kind, *proto = known ? words[1] : "RTP/AVP";

  if (is_offered (desc))
    write_offered (out, desc, kind, proto, session);
  else
    g_string_append_printf (out, "m=%s 0 %s %s\r\n", kind, proto, known ? words[2] : "0");
}

char *
sip_sdp_write_offer (const GPtrArray *descs, char *const *heads, const RflAddress *fallback,
                     SipSdpOrigin *origin)
{
  const RflAddress *session = session_address (descs, fallback);
  guint n_heads = heads ? g_strv_length ((char **) heads) : 0;
  GString *body = sip_sdp_begin (session);

  sip_sdp_write_ice_session (body, descs);
  for (guint i = 0; i < descs->len; i++)
    write_media (body, descs->pdata[i], i < n_heads ? heads[i] : NULL, session);
  return sip_sdp_end (body, session, origin);
}

static gboolean
is_disabled (const RflMediumDesc *desc)
{
  return desc->rtp.family != 0 && desc->rtp.port == 0;
}

/* RFC 3264 §6: one m-line for each of the offer's, in its order; port 0 stays port 0. */
static gboolean
check_answer (const GPtrArray *answer, const GPtrArray *offered, GError **error)
{
  if (answer->len != offered->len)
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED,
                   "The answer has %u media where %u were offered", answer->len, offered->len);
      return FALSE;
    }
  for (guint i = 0; i < answer->len; i++)
    {
      const RflMediumDesc *theirs = answer->pdata[i], *ours = offered->pdata[i];
      if (!is_disabled (theirs) && (!is_offered (ours) || strcmp (theirs->kind, ours->kind) != 0))
        {
          g_set_error (error, RFL_ERROR, RFL_ERROR_MALFORMED,
                       "Medium %u of the answer was not offered", i);
          return FALSE;
        }
    }
  return TRUE;
}

GPtrArray *
sip_sdp_answer_to_offers (const SipSdp *answer, const GPtrArray *offered, SipModes modes,
                          const RflAddress *local, GError **error)
{
  g_autoptr (GPtrArray) media = sip_sdp_to_offers (answer, modes, local);

  if (!check_answer (media, offered, error))
    return NULL;
  if (!sip_sdp_is_usable (answer))
    {
      g_set_error (error, RFL_ERROR, RFL_ERROR_NO_CODEC, "None of the offered media is taken");
      return NULL;
    }
  return g_steal_pointer (&media);
}
