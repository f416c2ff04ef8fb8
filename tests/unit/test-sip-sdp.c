/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Session descriptions: what is no SDP, the bounds, what real clients offer and what they
 * are answered (tests/unit/sip-sdp/NAME.offer and NAME.answer). */
#include "plugins/sip/sdp/sdp.h"
#include <reflector/error.h>
#include <string.h>

#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nt=0 0\n"
#define IPV4 HEAD "c=IN IP4 192.0.2.1\n"

static GPtrArray *
offers_of (const SipSdp *sdp)
{
  RflAddress local;

  rfl_address_parse (&local, "10.11.12.13", 0);
  return sip_sdp_to_offers (sdp, (SipModes){ 0 }, &local);
}

static SipSdp *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  SipSdp *sdp = sip_sdp_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  return sdp;
}

static void
bad (void)
{
  static const char *const inputs[] = { "",
                                        "\n",
                                        "v",
                                        "v=",
                                        "v=1\n",
                                        "hello",
                                        "v=0\n",
                                        "o=- 1 1 IN IP4 1.2.3.4\nv=0\n",
                                        HEAD,
                                        "v=0\nv=0\nm=audio 1 RTP/AVP 0\n",
                                        "v=0\no=- 1 1 IN IP4\nm=audio 1 RTP/AVP 0\n",
                                        "v=0\no=\nm=audio 1 RTP/AVP 0\n",
                                        IPV4 "m=\n",
                                        IPV4 "m=audio\n",
                                        IPV4 "m=audio 1\n",
                                        IPV4 "m=audio 1 RTP/AVP\n",
                                        IPV4 "m=audio 1 RTP/AVP \n",
                                        IPV4 "m=audio x RTP/AVP 0\n",
                                        IPV4 "m=audio -1 RTP/AVP 0\n",
                                        IPV4 "m=audio 65536 RTP/AVP 0\n",
                                        IPV4 "m=audio 1x RTP/AVP 0\n",
                                        IPV4 "m=audio /2 RTP/AVP 0\n",
                                        IPV4 "m=au(dio 1 RTP/AVP 0\n",
                                        IPV4 "m=audio 1 RTP\"AVP 0\n",
                                        IPV4 "m=audio 1 RTP/AVP \xc3\xa4\n",
                                        IPV4 "m=audio 1 RTP/AVP 0\t8\n",
                                        "v=0\nc=\nm=audio 1 RTP/AVP 0\n",
                                        "v=0\nc=IN IP4\nm=audio 1 RTP/AVP 0\n",
                                        IPV4 "M=audio 1 RTP/AVP 0\n",
                                        IPV4 "m =audio 1 RTP/AVP 0\n",
                                        IPV4 "m=audio 1 RTP/AVP 0\nxyz\n",
                                        IPV4 "m=audio 1 RTP/AVP 0\r8\n",
                                        "\xef\xbb\xbfv=0\nm=audio 1 RTP/AVP 0\n" };

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
    {
      g_autoptr (GError) error = NULL;
      if (sip_sdp_parse (inputs[i], strlen (inputs[i]), &error) != NULL)
        g_error ("parsed: %s", inputs[i]);
      g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
    }
}

static void
nul_inside (void)
{
  static const char text[] = IPV4 "m=audio 1 RTP/AVP 0\n\0a=x\n";
  g_autoptr (GError) error = NULL;

  g_assert_null (sip_sdp_parse (text, sizeof text - 1, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_MALFORMED);
}

/* The text of an offer with @n times @line behind @head. */
static SipSdp *
parse_repeated (const char *head, const char *line, guint n)
{
  GString *text = g_string_new (head);
  SipSdp *sdp;

  for (guint i = 0; i < n; i++)
    g_string_append (text, line);
  g_string_append_c (text, '\n');
  sdp = sip_sdp_parse (text->str, text->len, NULL);
  g_string_free (text, TRUE);
  return sdp;
}

static void
bounds (void)
{
  static const struct {
    const char *head, *line;
    guint most;
  } rows[] = { { IPV4, "m=audio 2 RTP/AVP 0\n", SIP_SDP_MAX_MEDIA },
               { IPV4 "m=audio 2 RTP/AVP", " 0", SIP_SDP_MAX_FORMATS },
               { IPV4 "m=audio 2 UDP/X", " a", SIP_SDP_MAX_FORMATS },
               { IPV4 "m=audio 2 RTP/AVP 0\n", "a=x\n", SIP_SDP_MAX_ATTRIBUTES },
               { IPV4 "m=audio 2 RTP/AVP 0\n", "\n", SIP_SDP_MAX_SIZE - 100 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      SipSdp *sdp = parse_repeated (rows[i].head, rows[i].line, rows[i].most);
      g_assert_nonnull (sdp);
      sip_sdp_free (sdp);
      sdp = parse_repeated (rows[i].head, rows[i].line, rows[i].most + 100);
      g_assert_null (sdp);
    }
}

/* Sofia-SIP's parser takes 4.9 GB for these (defect S1); ours has nothing to loop over. */
static void
memory_bomb (void)
{
  static const char *const formats[] = { ",", ";", "/", ":", "\"", "a,b" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_autofree char *text =
          g_strdup_printf (IPV4 "m=audio 2 UDP %s\nm=audio 4 RTP/AVP 0\n", formats[i]);
      g_autoptr (SipSdp) sdp = parse (text);
      g_assert_cmpuint (sdp->media->len, ==, 2);
      g_assert_false (sip_sdp_media_is_usable (sdp->media->pdata[0]));
    }
}

/* What a peer may get wrong inside an m-line costs it that format or attribute only. */
static void
skipped (void)
{
  static const struct {
    const char *lines;
    guint n_formats;
  } rows[] = {
    { "m=audio 2 RTP/AVP 96\n", 0 },
    { "m=audio 2 RTP/AVP 0 0 0\n", 1 },
    { "m=audio 2 RTP/AVP 128 0 x 999999999999\n", 1 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:96\n", 0 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:96 opus\n", 0 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:96 opus/\n", 0 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:96 opus/0\n", 0 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:96 opus/48000/\n", 0 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:96 opus/48000/0\n", 0 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:96 opus/99999999999999999999\n", 0 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:96 /8000\n", 0 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:960 opus/48000\na=rtpmap:-1 x/1\na=rtpmap: x\n", 0 },
    { "m=audio 2 RTP/AVP 96\na=rtpmap:96 opus/48000/2 \na=rtpmap:96 x/1\n", 1 },
    { "m=audio 2 RTP/AVP 0\na=rtcp:0\na=rtcp:x\na=rtcp:70000\na=rtcp:\na=rtcp\n", 1 },
    { "m=audio 2 RTP/AVP 0\na=ssrc:\na=ssrc:0 cname:x\na=ssrc:4294967296 cname:x\na=ssrc:a\n", 1 }
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = g_strconcat (IPV4, rows[i].lines, NULL);
      g_autoptr (SipSdp) sdp = parse (text);
      g_autoptr (GPtrArray) offers = offers_of (sdp);
      RflMediumDesc *desc = offers->pdata[0];

      if (desc->formats->len != rows[i].n_formats)
        g_error ("%u formats in: %s", desc->formats->len, rows[i].lines);
      g_assert_cmpuint (desc->ssrcs->len, ==, 0);
      g_assert_null (desc->cname);
      g_assert_cmpuint (desc->rtcp.port, ==, 3);
    }
}

static void
append_formats (GString *out, const GPtrArray *formats)
{
  for (guint i = 0; i < formats->len; i++)
    {
      const RflFormat *f = formats->pdata[i];
      g_string_append_printf (out, " %u:%s/%u/%u%s%s", f->pt, f->encoding, f->clock_rate,
                              f->channels, f->fmtp ? "=" : "", f->fmtp ? f->fmtp : "");
    }
}

static char *
describe (const RflMediumDesc *desc)
{
  GString *out = g_string_new (desc->kind);
  char rtp[RFL_ADDRESS_STRLEN], rtcp[RFL_ADDRESS_STRLEN];

  g_string_append_printf (out, " d%d %s %s", desc->direction, rfl_address_format (&desc->rtp, rtp),
                          rfl_address_format (&desc->rtcp, rtcp));
  append_formats (out, desc->formats);
  for (guint i = 0; i < desc->ssrcs->len; i++)
    g_string_append_printf (out, " s%u", g_array_index (desc->ssrcs, guint32, i));
  if (desc->cname)
    g_string_append_printf (out, " %s", desc->cname);
  return g_string_free (out, FALSE);
}

static void
meaning (void)
{
  static const struct {
    const char *text, *expected;
  } rows[] = {
    { IPV4 "m=audio 2 RTP/AVP 0 8\n",
      "audio d3 192.0.2.1:2 192.0.2.1:3 0:PCMU/8000/1 8:PCMA/8000/1" },
    { IPV4 "a=recvonly\nm=audio 2 RTP/AVP 0\n", "audio d2 192.0.2.1:2 192.0.2.1:3 0:PCMU/8000/1" },
    { IPV4 "a=recvonly\nm=audio 2 RTP/AVP 0\na=sendonly\n",
      "audio d1 192.0.2.1:2 192.0.2.1:3 0:PCMU/8000/1" },
    { IPV4 "a=inactive\nm=audio 2 RTP/AVP 0\n", "audio d0 192.0.2.1:2 192.0.2.1:3 0:PCMU/8000/1" },
    { IPV4 "m=audio 2 RTP/AVP 0\nc=IN IP4 0.0.0.0\n", "audio d1 none:0 none:0 0:PCMU/8000/1" },
    { HEAD "c=IN IP4 0.0.0.0\nm=audio 2 RTP/AVP 0\n", "audio d1 none:0 none:0 0:PCMU/8000/1" },
    { HEAD "c=IN IP4 0.0.0.0\nm=audio 2 RTP/AVP 0\nc=IN IP4 192.0.2.9\n",
      "audio d3 192.0.2.9:2 192.0.2.9:3 0:PCMU/8000/1" },
    { HEAD "m=audio 2 RTP/AVP 0\nc=IN IP6 2001:db8::1\n",
      "audio d3 [2001:db8::1]:2 [2001:db8::1]:3 0:PCMU/8000/1" },
    { HEAD "m=audio 2 RTP/AVP 0\nc=IN IP6 192.0.2.1\n", "audio d3 none:0 none:0 0:PCMU/8000/1" },
    { HEAD "m=audio 2 RTP/AVP 0\nc=IN IP4 host.example\n", "audio d3 none:0 none:0 0:PCMU/8000/1" },
    { HEAD "m=audio 2 RTP/AVP 0\nc=ATM NSAP 1\n", "audio d3 none:0 none:0 0:PCMU/8000/1" },
    { HEAD "m=audio 2 RTP/AVP 0\n", "audio d3 none:0 none:0 0:PCMU/8000/1" },
    { IPV4 "m=audio 65535/2 RTP/AVP 0\n", "audio d3 192.0.2.1:65535 192.0.2.1:0 0:PCMU/8000/1" },
    { IPV4 "m=audio 2 RTP/AVP 0\na=rtcp:70\n", "audio d3 192.0.2.1:2 192.0.2.1:70 0:PCMU/8000/1" },
    { IPV4 "m=audio 2 RTP/AVPF 0\na=rtcp:70 IN IP4 192.0.2.7\n",
      "audio d3 192.0.2.1:2 192.0.2.7:70 0:PCMU/8000/1" },
    { IPV4 "m=audio 2 RTP/AVP 0 18\na=fmtp:18 annexb=yes\na=rtpmap:0 PCMU/8000\n",
      "audio d3 192.0.2.1:2 192.0.2.1:3 0:PCMU/8000/1 18:G729/8000/1=annexb=yes" },
    /* goes into link messages, which are UTF-8 */
    { IPV4 "m=audio 2 RTP/AVP 0 18\na=fmtp:18 \xff=yes\na=rtpmap:0 PCMU/8000\n",
      "audio d3 192.0.2.1:2 192.0.2.1:3 0:PCMU/8000/1 18:G729/8000/1" },
    { IPV4 "m=video 2 RTP/AVP 97\na=rtpmap:97 VP8/90000\na=ssrc:7 cname:a b\na=ssrc:8 msid:x\n"
           "a=ssrc:7 label:y\n",
      "video d3 192.0.2.1:2 192.0.2.1:3 97:VP8/90000/1 s7 s8 a b" },
    { IPV4 "m=audio 2 RTP/AVP 0\na=sendonly \n", "audio d1 192.0.2.1:2 192.0.2.1:3 0:PCMU/8000/1" },
    { IPV4 "m=audio 0 RTP/AVP 0\n", "audio d0 192.0.2.1:0 192.0.2.1:0" },
    { HEAD "m=audio 0 RTP/AVP 0\n", "audio d0 10.11.12.13:0 10.11.12.13:0" },
    { IPV4 "m=audio 2 RTP/SAVP 0\n", "audio d0 192.0.2.1:0 192.0.2.1:0" },
    { IPV4 "m=audio 2 UDP/TLS/RTP/SAVPF 0\n", "audio d0 192.0.2.1:0 192.0.2.1:0" },
    { IPV4 "m=application 2 UDP/BFCP *\n", "application d0 192.0.2.1:0 192.0.2.1:0" },
    { IPV4 "m=invented 2 RTP/AVP 0\n", "other d3 192.0.2.1:2 192.0.2.1:3 0:PCMU/8000/1" }
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (SipSdp) sdp = parse (rows[i].text);
      g_autoptr (GPtrArray) offers = offers_of (sdp);
      g_autofree char *got = describe (offers->pdata[0]);

      g_assert_cmpuint (offers->len, ==, 1);
      g_assert_cmpstr (got, ==, rows[i].expected);
    }
}

/* Takes PCMU and telephone-event for audio, VP8 for video: as the rtp plugin might. */
static void
take (RflMediumDesc *desc, const char *encoding)
{
  for (guint i = 0; i < desc->formats->len; i++)
    {
      const RflFormat *f = desc->formats->pdata[i];
      if (g_ascii_strcasecmp (f->encoding, encoding) == 0 && f->clock_rate != 48000
          && f->clock_rate != 16000)
        {
          g_ptr_array_add (desc->answer, rfl_format_copy (f));
          return;
        }
    }
}

static void
answer_all (GPtrArray *descs, const char *ip)
{
  for (guint i = 0; i < descs->len; i++)
    {
      RflMediumDesc *desc = descs->pdata[i];
      gboolean video = strcmp (desc->kind, "video") == 0;

      take (desc, video ? "VP8" : "PCMU");
      desc->accepted = desc->answer->len > 0;
      if (!video)
        take (desc, "telephone-event");
      rfl_address_parse (&desc->answer_rtp, ip, video ? 5568 : 5566);
      rfl_address_parse (&desc->answer_rtcp, ip, video ? 5569 : 5567);
      desc->answer_mux = desc->rtcp_mux;
      desc->answer_rsize = desc->rtcp_rsize;
      if (desc->answer_mux)
        desc->answer_rtcp = desc->answer_rtp;
    }
}

/* The answer with the o-line's numbers taken out, LF only. */
static char *
answer_of (const char *offer)
{
  g_autoptr (SipSdp) sdp = parse (offer);
  g_autoptr (GPtrArray) descs = offers_of (sdp);
  SipSdpOrigin origin = { 0 };
  RflAddress fallback;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  char **origin_line;

  rfl_address_parse (&fallback, "10.11.12.13", 0);
  answer_all (descs, "10.11.12.13");
  text = sip_sdp_write_answer (sdp, descs, &fallback, &origin);
  sip_sdp_origin_clear (&origin);
  lines = g_strsplit (text, "\r\n", -1);
  origin_line = &lines[1];
  g_assert_true (g_str_has_prefix (*origin_line, "o=- "));
  g_free (*origin_line);
  *origin_line = g_strdup ("o=");
  return g_strjoinv ("\n", lines);
}

static void
real_offers (gconstpointer data)
{
  g_autofree char *base = g_test_build_filename (G_TEST_DIST, "unit", "sip-sdp", data, NULL);
  g_autofree char *in = g_strconcat (base, ".offer", NULL);
  g_autofree char *out = g_strconcat (base, ".answer", NULL);
  g_autofree char *offer = NULL, *expected = NULL, *got = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (in, &offer, NULL, &error);
  g_assert_no_error (error);
  g_file_get_contents (out, &expected, NULL, &error);
  g_assert_no_error (error);
  got = answer_of (offer);
  g_assert_cmpstr (got, ==, expected);
}

static void
directions (void)
{
  static const struct {
    const char *offered, *answered;
  } rows[] = { { "sendrecv", "sendrecv" },
               { "sendonly", "recvonly" },
               { "recvonly", "sendonly" },
               { "inactive", "inactive" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *offer =
          g_strdup_printf (IPV4 "m=audio 2 RTP/AVP 0\na=%s\n", rows[i].offered);
      g_autofree char *line = g_strdup_printf ("\na=%s\n", rows[i].answered);
      g_autofree char *got = answer_of (offer);
      g_assert_nonnull (strstr (got, line));
    }
}

/* m-lines in the offer's order and number, whatever becomes of them. */
static void
refused_lines (void)
{
  g_autofree char *got =
      answer_of (IPV4 "m=audio 2 RTP/SAVP 0 8\nm=audio 4 RTP/AVP 0\nm=video 0 RTP/AVP 34\n"
                      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\nm=video 6 RTP/AVPF 34\n");

  g_assert_cmpstr (got, ==,
                   "v=0\no=\ns=-\nc=IN IP4 10.11.12.13\nt=0 0\n"
                   "m=audio 0 RTP/SAVP 0\n"
                   "m=audio 5566 RTP/AVP 0\na=rtpmap:0 PCMU/8000\na=sendrecv\n"
                   "m=video 0 RTP/AVP 34\n"
                   "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\n"
                   "m=video 0 RTP/AVPF 34\n");
}

static void
addresses (void)
{
  g_autoptr (SipSdp) sdp = parse (IPV4 "m=audio 2 RTP/AVP 0\nm=audio 2 RTP/AVP 0\n");
  g_autoptr (GPtrArray) descs = offers_of (sdp);
  RflMediumDesc *first = descs->pdata[0], *second = descs->pdata[1];
  SipSdpOrigin origin = { 0 };
  RflAddress fallback = { 0 };
  g_autofree char *text = NULL;

  answer_all (descs, "192.0.2.50");
  first->answer_rtcp.port = 7000;
  rfl_address_parse (&second->answer_rtp, "2001:db8::5", 5566);
  text = sip_sdp_write_answer (sdp, descs, &fallback, &origin);
  g_assert_nonnull (strstr (text, " IN IP4 192.0.2.50\r\ns=-\r\nc=IN IP4 192.0.2.50\r\n"));
  g_assert_nonnull (strstr (text, "a=rtcp:7000\r\n"));
  g_assert_nonnull (strstr (text, "m=audio 5566 RTP/AVP 0\r\nc=IN IP6 2001:db8::5\r\n"));
  g_assert_nonnull (strstr (text, "a=rtcp:5567 IN IP4 192.0.2.50\r\n"));
  sip_sdp_origin_clear (&origin);
}

/* RFC 3264 §8: the same answer keeps its version, another one adds one. */
static void
version (void)
{
  g_autoptr (SipSdp) sdp = parse (IPV4 "m=audio 2 RTP/AVP 0\n");
  g_autoptr (GPtrArray) descs = offers_of (sdp);
  RflMediumDesc *desc = descs->pdata[0];
  RflAddress fallback = { 0 };
  SipSdpOrigin origin = { 0 };
  guint64 id, first;
  g_autofree char *a = NULL, *b = NULL, *c = NULL;

  answer_all (descs, "192.0.2.50");
  a = sip_sdp_write_answer (sdp, descs, &fallback, &origin);
  id = origin.id;
  first = origin.version;
  b = sip_sdp_write_answer (sdp, descs, &fallback, &origin);
  g_assert_cmpstr (a, ==, b);
  desc->direction = RFL_DIRECTION_SEND;
  c = sip_sdp_write_answer (sdp, descs, &fallback, &origin);
  g_assert_cmpuint (origin.id, ==, id);
  g_assert_cmpuint (origin.version, ==, first + 1);
  g_assert_cmpstr (b, !=, c);
  sip_sdp_origin_clear (&origin);
}

int
main (int argc, char **argv)
{
  static const char *const clients[] = { "baresip_all",       "baresip_default", "baresip_dtls",
                                         "baresip_ice",       "baresip_rtcpmux", "baresip_srtp",
                                         "baresip_srtp_mand", "linphone_avpf",   "linphone_default",
                                         "linphone_dtls",     "linphone_ice",    "linphone_srtp",
                                         "linphone_video" };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/sdp/bad", bad);
  g_test_add_func ("/sip/sdp/nul-inside", nul_inside);
  g_test_add_func ("/sip/sdp/bounds", bounds);
  g_test_add_func ("/sip/sdp/memory-bomb", memory_bomb);
  g_test_add_func ("/sip/sdp/skipped", skipped);
  g_test_add_func ("/sip/sdp/meaning", meaning);
  g_test_add_func ("/sip/sdp/directions", directions);
  g_test_add_func ("/sip/sdp/refused-lines", refused_lines);
  g_test_add_func ("/sip/sdp/addresses", addresses);
  g_test_add_func ("/sip/sdp/version", version);
  for (guint i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *path = g_strconcat ("/sip/sdp/client/", clients[i], NULL);
      g_test_add_data_func (path, clients[i], real_offers);
    }
  return g_test_run ();
}
