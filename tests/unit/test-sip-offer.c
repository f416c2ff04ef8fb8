/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offers of ours as text, and what is made of the answers to them. */
#include "plugins/sip/sdp/sdp.h"
#include <reflector/error.h>
#include <string.h>

#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nt=0 0\nc=IN IP4 192.0.2.9\n"

static RflMediumDesc *
medium (const char *kind, guint16 port, guint8 pt, const char *encoding, guint rate)
{
  RflMediumDesc *desc = rfl_medium_desc_new (kind);

  if (port == 0)
    return desc;
  g_ptr_array_add (desc->answer, rfl_format_new (pt, encoding, rate, 1, NULL));
  desc->accepted = TRUE;
  desc->direction = RFL_DIRECTION_BOTH;
  rfl_address_parse (&desc->answer_rtp, "192.0.2.1", port);
  rfl_address_parse (&desc->answer_rtcp, "192.0.2.1", port + 1);
  return desc;
}

static GPtrArray *
audio_and_video (void)
{
  GPtrArray *descs = g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free);

  g_ptr_array_add (descs, medium ("audio", 5566, 0, "PCMU", 8000));
  g_ptr_array_add (descs, medium ("video", 5568, 96, "VP8", 90000));
  return descs;
}

/* Returns: what @text becomes as the answer to audio and video. */
static GPtrArray *
answer (const char *text, GError **error)
{
  g_autoptr (GPtrArray) offered = audio_and_video ();
  g_autoptr (SipSdp) sdp = sip_sdp_parse (text, strlen (text), NULL);
  RflAddress local;

  g_assert_nonnull (sdp);
  rfl_address_parse (&local, "192.0.2.1", 0);
  return sip_sdp_answer_to_offers (sdp, offered, (SipModes){ RFL_LEG_ONE, RFL_LEG_ALL }, &local,
                                   error);
}

static void
bad_answers (void)
{
  static const struct {
    const char *text;
    RflError error;
  } rows[] = {
    { HEAD "m=audio 4000 RTP/AVP 0\n", RFL_ERROR_MALFORMED },
    { HEAD "m=audio 4000 RTP/AVP 0\nm=video 4002 RTP/AVP 96\nm=video 4004 RTP/AVP 96\n",
      RFL_ERROR_MALFORMED },
    { HEAD "m=video 4002 RTP/AVP 96\nm=audio 4000 RTP/AVP 0\n", RFL_ERROR_MALFORMED },
    { HEAD "m=audio 4000 RTP/AVP 0\nm=audio 4002 RTP/AVP 0\n", RFL_ERROR_MALFORMED },
    { HEAD "m=audio 4000 RTP/AVP 0\nm=x 4002 RTP/AVP 0\n", RFL_ERROR_MALFORMED },
    { HEAD "m=audio 0 RTP/AVP 0\nm=video 0 RTP/AVP 96\n", RFL_ERROR_NO_CODEC },
    { HEAD "m=audio 4000 RTP/SAVP 0\nm=video 0 RTP/AVP 96\n", RFL_ERROR_NO_CODEC },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (answer (rows[i].text, &error));
      g_assert_error (error, RFL_ERROR, (int) rows[i].error);
    }
}

static void
good_answers (void)
{
  g_autoptr (GPtrArray) both = answer (
      HEAD "m=audio 4000 RTP/AVP 0\na=sendonly\nm=video 4002 RTP/AVPF 96\na=rtpmap:96 VP8/90000\n",
      NULL);
  g_autoptr (GPtrArray) one =
      answer (HEAD "m=audio 0 RTP/AVP 0\nm=video 4002 RTP/AVP 96\na=rtpmap:96 VP8/90000\n", NULL);
  const RflMediumDesc *desc;

  g_assert_nonnull (both);
  desc = both->pdata[0];
  g_assert_cmpint (desc->direction, ==, RFL_DIRECTION_SEND);
  g_assert_cmpint (desc->mode, ==, RFL_LEG_ONE);
  g_assert_cmpuint (desc->rtp.port, ==, 4000);
  g_assert_nonnull (one);
  desc = one->pdata[0];
  g_assert_cmpuint (desc->rtp.port, ==, 0);
}

static void
written (void)
{
  g_autoptr (GPtrArray) descs = audio_and_video ();
  g_auto (SipSdpOrigin) origin = { 0 };
  RflAddress fallback = { 0 };
  g_autofree char *text = sip_sdp_write_offer (descs, NULL, &fallback, &origin), *again = NULL;
  g_autoptr (SipSdp) parsed = sip_sdp_parse (text, strlen (text), NULL);

  g_assert_nonnull (parsed);
  g_assert_nonnull (strstr (text, " IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
                                  "m=audio 5566 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
                                  "a=sendrecv\r\n"
                                  "m=video 5568 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
                                  "a=sendrecv\r\n"
                                  "a=rtcp-fb:* nack pli\r\na=rtcp-fb:* ccm fir\r\n"));
  /* The same once more is no new version (RFC 3264 §8). */
  again = sip_sdp_write_offer (descs, NULL, &fallback, &origin);
  g_assert_cmpstr (text, ==, again);
}

/* An m-line keeps its kind, transport and place, whatever becomes of it. */
static void
later_offer (void)
{
  static const char last[] =
      HEAD "m=message 9 TCP/MSRP *\nm=audio 4000 RTP/AVPF 0\nm=video 0 RTP/SAVP 96\n";
  g_autoptr (GPtrArray) descs =
      g_ptr_array_new_with_free_func ((GDestroyNotify) rfl_medium_desc_free);
  g_autoptr (SipSdp) sdp = sip_sdp_parse (last, strlen (last), NULL);
  g_auto (GStrv) heads = sip_sdp_get_heads (sdp);
  g_auto (SipSdpOrigin) origin = { 0 };
  RflAddress fallback = { 0 };
  g_autofree char *text = NULL;

  g_ptr_array_add (descs, medium ("other", 0, 0, NULL, 0));
  g_ptr_array_add (descs, medium ("audio", 5566, 0, "PCMU", 8000));
  g_ptr_array_add (descs, medium ("video", 0, 0, NULL, 0));
  g_ptr_array_add (descs, medium ("video", 0, 0, NULL, 0));
  text = sip_sdp_write_offer (descs, heads, &fallback, &origin);
  g_assert_nonnull (strstr (text, "\r\nm=message 0 TCP/MSRP *\r\nm=audio 5566 RTP/AVPF 0\r\n"));
  g_assert_nonnull (strstr (text, "\r\nm=video 0 RTP/SAVP 96\r\nm=video 0 RTP/AVP 0\r\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/offer/bad-answers", bad_answers);
  g_test_add_func ("/sip/offer/good-answers", good_answers);
  g_test_add_func ("/sip/offer/written", written);
  g_test_add_func ("/sip/offer/later-offer", later_offer);
  return g_test_run ();
}
