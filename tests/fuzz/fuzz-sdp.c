/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the session description parser, accepts whatever it understands, and holds the
 * answer to RFC 3264: it parses, and has the offer's m-lines. */
#include "plugins/sip/sdp/sdp.h"

#include "tests/fuzz/fuzz.h"

static void
accept_all (GPtrArray *descs)
{
  for (guint i = 0; i < descs->len; i++)
    {
      RflMediumDesc *desc = descs->pdata[i];

      g_assert_cmpuint (desc->formats->len, <=, SIP_SDP_MAX_FORMATS);
      g_assert_cmpuint (desc->ssrcs->len, <=, SIP_SDP_MAX_SSRCS);
      for (guint k = 0; k < desc->formats->len; k++)
        {
          const RflFormat *format = desc->formats->pdata[k];
          g_assert_cmpuint (format->pt, <, 128);
          g_ptr_array_add (desc->answer, rfl_format_copy (format));
        }
      g_assert_cmpuint (desc->audio_level, <=, 14);
      g_assert_cmpuint (desc->ptime, <=, 1000);
      desc->answer_audio_level = desc->audio_level;
      desc->accepted = TRUE;
      rfl_address_parse (&desc->answer_rtp, "192.0.2.1", 5566);
      rfl_address_parse (&desc->answer_rtcp, "2001:db8::1", 5567);
    }
}

static void
check_answer (const SipSdp *offer, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SipSdp) answer = sip_sdp_parse (text, strlen (text), &error);

  /* A long offer's answer, with an rtpmap for each format, may outgrow the parser's bounds. */
  if (answer == NULL && strlen (text) > 8192)
    return;
  g_assert_no_error (error);
  g_assert_nonnull (answer);
  g_assert_cmpuint (answer->media->len, ==, offer->media->len);
  for (guint i = 0; i < offer->media->len; i++)
    {
      const SipSdpMedia *a = answer->media->pdata[i], *o = offer->media->pdata[i];
      g_assert_cmpstr (a->kind, ==, o->kind);
      g_assert_cmpstr (a->proto, ==, o->proto);
      g_assert_true (a->port == 0 || sip_sdp_media_is_usable (o));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (SipSdp) sdp = sip_sdp_parse ((const char *) data, size, NULL);
  g_autoptr (GPtrArray) descs = NULL;
  g_autofree char *text = NULL;
  SipSdpOrigin origin = { 0 };
  RflAddress local;

  if (sdp == NULL)
    return 0;
  rfl_address_parse (&local, "192.0.2.1", 0);
  descs = sip_sdp_to_offers (sdp, (SipModes){ 0 }, &local);
  g_assert_cmpuint (descs->len, ==, sdp->media->len);
  accept_all (descs);
  text = sip_sdp_write_answer (sdp, descs, &local, &origin);
  check_answer (sdp, text);
  sip_sdp_origin_clear (&origin);
  return 0;
}
