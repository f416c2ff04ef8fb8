/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reflector-client without network: what is malformed first; digest, SDP, sources, rosters, JSON. */
#include <string.h>

#include "tools/client/conference.h"
#include "tools/client/digest.h"
#include "tools/client/sdp.h"
#include "tools/client/sources.h"

/* ---- digest ---- */

static void
digest_unknown (void)
{
  const ClientChallenge rows[] = {
    { .nonce = "n" },
    { .realm = "r" },
    { .realm = "r", .nonce = "n", .algorithm = "SHA-512-256" },
    { .realm = "r", .nonce = "n", .algorithm = "MD5-sess" },
    { .realm = "r", .nonce = "n", .has_qop = TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (client_challenge_rank (&rows[i]), ==, 0);
}

/* RFC 7616 §3.9.1, both algorithms */
static void
digest_vectors (void)
{
  ClientChallenge challenge = { .realm = "http-auth@example.org",
                                .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                                .opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
                                .algorithm = "MD5",
                                .has_qop = TRUE,
                                .qop_auth = TRUE };
  const char *cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  g_autofree char *md5 = client_digest_write (&challenge, "Mufasa", "Circle of Life", "GET",
                                              "/dir/index.html", cnonce);
  g_autofree char *sha256 = NULL;

  g_assert_nonnull (strstr (md5, "response=\"8ca523f5e9506fed4657c9700eebdbec\""));
  g_assert_cmpuint (client_challenge_rank (&challenge), ==, 1);
  challenge.algorithm = "SHA-256";
  sha256 = client_digest_write (&challenge, "Mufasa", "Circle of Life", "GET", "/dir/index.html",
                                cnonce);
  g_assert_nonnull (
      strstr (sha256,
              "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""));
  g_assert_cmpuint (client_challenge_rank (&challenge), ==, 2);
}

static void
digest_quotes (void)
{
  const ClientChallenge challenge = { .realm = "a\"b", .nonce = "n" };
  g_autofree char *text = client_digest_write (&challenge, "u", "p", "INVITE", "sip:x", "c");

  g_assert_true (g_str_has_prefix (text, "Digest username=\"u\", realm=\"a\\\"b\", "));
  g_assert_null (strstr (text, "qop"));
}

/* ---- SDP ---- */

static void
sdp_malformed (void)
{
  static const char *const rows[] = {
    "",
    "v=1\r\n",
    "o=-\r\n",
    "v=0\r\nm=audio\r\n",
    "v=0\r\nm=audio x RTP/AVP 0\r\n",
    "v=0\r\nm=audio 70000 RTP/AVP 0\r\n",
    "v=0\r\nm=audio 5566 RTP/AVP\r\n",
    "v=0\r\nc=IN IP4 host.example\r\n",
    "v=0\r\nc=\r\n",
    "v=0\r\nm=averyverylongkindofmedium 1 RTP/AVP 0\r\n",
  };
  ClientSdpMedium media[CLIENT_SDP_MAX_LINES];

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (client_sdp_read (rows[i], media), ==, -1);
}

static void
sdp_answer (void)
{
  static const char sdp[] =
      "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\n"
      "m=audio 5566 RTP/AVP 8 101\r\na=rtcp-mux\r\n"
      "m=video 0 RTP/AVPF 96\r\nm=video 5568 RTP/AVPF 97\r\n"
      "c=IN IP6 2001:db8::1\r\n";
  ClientSdpMedium media[CLIENT_SDP_MAX_LINES];
  char text[RFL_ADDRESS_STRLEN];

  g_assert_cmpint (client_sdp_read (sdp, media), ==, 3);
  g_assert_cmpstr (rfl_address_format (&media[0].address, text), ==, "10.0.0.1:5566");
  g_assert_cmpuint (media[0].n_pts, ==, 2);
  g_assert_cmpuint (media[0].pts[0], ==, 8);
  g_assert_true (media[0].mux);
  g_assert_cmpuint (media[1].address.port, ==, 0);
  g_assert_cmpstr (rfl_address_format (&media[2].address, text), ==, "[2001:db8::1]:5568");
  g_assert_false (media[2].mux);
}

static void
sdp_too_many (void)
{
  GString *sdp = g_string_new ("v=0\n");
  ClientSdpMedium media[CLIENT_SDP_MAX_LINES];

  for (guint i = 0; i < 100; i++)
    g_string_append (sdp, "m=audio 1 RTP/AVP 0 1 2 3\n");
  g_assert_cmpint (client_sdp_read (sdp->str, media), ==, CLIENT_SDP_MAX_LINES);
  g_string_free (sdp, TRUE);
}

static void
sdp_offer (void)
{
  const ClientSdpLine line = { .spec = &client_quiet, .port = 4000, .ssrc = 7 };
  RflAddress local;
  g_autofree char *offer = NULL;

  rfl_address_parse (&local, "192.0.2.1", 0);
  offer = client_sdp_write (&local, "sip:a@b", 1, &line, 1);
  g_assert_nonnull (strstr (offer, "m=audio 4000 RTP/AVP 0 8\r\n"));
  g_assert_nonnull (strstr (offer, "a=inactive\r\na=rtcp-mux\r\na=ssrc:7 cname:sip:a@b\r\n"));
}

/* ---- sources ---- */

#define MS G_GINT64_CONSTANT (1000)

static void
feed (ClientSources *sources, guint16 seq, guint32 timestamp, gint64 now)
{
  const RflRtp rtp = { .seq = seq, .timestamp = timestamp, .ssrc = 9, .payload_len = 160 };

  client_sources_rtp (sources, &rtp, 8000, now);
}

static void
sources_loss (void)
{
  g_autoptr (ClientSources) sources = client_sources_new ();
  const ClientSource *source;
  RflRtcpReportBlock block;
  guint i;

  for (i = 0; i < 100; i++) /* wraps, one in ten is lost */
    if (i % 10 != 5)
      feed (sources, (guint16) (65500 + i), 160 * i, 20 * MS * i);
  source = client_sources_list (sources)->pdata[0];
  g_assert_cmpuint (source->packets, ==, 90);
  g_assert_cmpint (source->lost, ==, 10);
  g_assert_cmpfloat (source->jitter, <, 0.01);
  g_assert_cmpuint (client_sources_report (sources, &block, 1, 0), ==, 1);
  g_assert_cmpuint (block.fraction_lost, ==, 25);
  g_assert_cmpuint (client_sources_report (sources, &block, 1, 0), ==, 0);
  feed (sources, (guint16) (65500 + 95), 160 * 95, 20 * MS * i); /* late after all */
  g_assert_cmpint (source->lost, ==, 9);
}

static void
sources_jitter_and_restart (void)
{
  g_autoptr (ClientSources) sources = client_sources_new ();
  const ClientSource *source;

  for (guint i = 0; i < 400; i++) /* 10 ms early, 10 ms late */
    feed (sources, (guint16) i, 160 * i, 20 * MS * i + (i % 2 ? 10 : 0) * MS);
  source = client_sources_list (sources)->pdata[0];
  g_assert_cmpfloat_with_epsilon (source->jitter, 10, 0.5);
  feed (sources, 30000, 5, 9000 * MS);
  g_assert_cmpint (source->lost, ==, 0);
}

static void
sources_names (void)
{
  g_autoptr (ClientSources) sources = client_sources_new ();
  const ClientSource *source;
  guint8 data[256];
  RflRtcpWriter w;

  feed (sources, 1, 0, 0);
  rfl_rtcp_writer_init (&w, data, sizeof data);
  rfl_rtcp_write_rr (&w, 9, NULL, 0);
  rfl_rtcp_write_sdes (&w, 9, "sip:ann@example.org");
  rfl_rtcp_write_bye (&w, 9, NULL);
  client_sources_rtcp (sources, data, w.len, 0);
  source = client_sources_list (sources)->pdata[0];
  g_assert_cmpstr (source->cname, ==, "sip:ann@example.org");
  g_assert_true (source->gone);
}

static void
sources_bounded (void)
{
  g_autoptr (ClientSources) sources = client_sources_new ();

  for (guint i = 0; i < 2 * CLIENT_MAX_SOURCES; i++)
    {
      const RflRtp rtp = { .ssrc = i };
      client_sources_rtp (sources, &rtp, 8000, 0);
    }
  g_assert_cmpuint (client_sources_list (sources)->len, ==, CLIENT_MAX_SOURCES);
}

/* ---- rosters ---- */

#define HEAD                                                                                       \
  "<conference-info xmlns='urn:ietf:params:xml:ns:conference-info' state='%s'>"                    \
  "<conference-state><user-count>%u</user-count></conference-state><users>"
#define CALL                                                                                       \
  "<endpoint entity='e'><status>%s</status><media id='1'><type>audio</type>"                       \
  "<status>sendrecv</status></media></endpoint></user>"
#define TAIL "</users></conference-info>"

static void
conference_malformed (void)
{
  static const char *const rows[] = { "", "x", "<a/>", "<conference-info>",
                                      "<conference-info></x></conference-info>" };
  g_autoptr (Conference) conference = conference_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_false (conference_update (conference, rows[i]));
}

static void
conference_merges (void)
{
  g_autoptr (Conference) conference = conference_new ();
  g_autofree char *full = g_strdup_printf (
      HEAD "<user entity='sip:a' state='full'><display-text>A &amp; O</display-text>" CALL
           "<user entity='sip:b' state='full'>" CALL TAIL,
      "full", 2, "connected", "pending");
  g_autofree char *partial =
      g_strdup_printf (HEAD "<user entity='sip:a' state='deleted'/><user entity='sip:b' "
                            "state='full'>" CALL TAIL,
                       "partial", 1, "on-hold");
  const ConferenceUser *user;

  g_assert_true (conference_update (conference, full));
  g_assert_cmpuint (conference->users->len, ==, 2);
  user = conference->users->pdata[0];
  g_assert_cmpstr (user->name, ==, "A & O");
  g_assert_cmpstr (((ConferenceCall *) user->calls->pdata[0])->media, ==, "audio sendrecv");
  g_assert_true (conference_update (conference, partial));
  g_assert_cmpuint (conference->users->len, ==, 1);
  user = conference->users->pdata[0];
  g_assert_cmpstr (user->entity, ==, "sip:b");
  g_assert_cmpstr (((ConferenceCall *) user->calls->pdata[0])->status, ==, "on-hold");
  g_assert_cmpuint (conference->count, ==, 1);
}

/* ---- lines ---- */

static void
line_escapes (void)
{
  ClientLine *line = client_line_new ("x");
  g_autofree char *text = NULL;

  client_line_text (line, "a", "\"\\\n\x7f\xff");
  client_line_text (line, "b", NULL);
  client_line_double (line, "d", 1.5);
  client_line_open (line, "l", '[');
  client_line_int (client_line_open (line, NULL, '{'), "n", -1);
  client_line_close (line);
  client_line_bool (line, NULL, TRUE);
  text = client_line_end (line);
  g_assert_cmpstr (text, ==,
                   "{\"event\":\"x\",\"a\":\"\\\"\\\\\\u000a\\u007f\357\277\275\",\"b\":null,"
                   "\"d\":1.500,\"l\":[{\"n\":-1},true]}");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/client/digest/unknown", digest_unknown);
  g_test_add_func ("/client/digest/vectors", digest_vectors);
  g_test_add_func ("/client/digest/quotes", digest_quotes);
  g_test_add_func ("/client/sdp/malformed", sdp_malformed);
  g_test_add_func ("/client/sdp/too-many", sdp_too_many);
  g_test_add_func ("/client/sdp/answer", sdp_answer);
  g_test_add_func ("/client/sdp/offer", sdp_offer);
  g_test_add_func ("/client/sources/loss", sources_loss);
  g_test_add_func ("/client/sources/jitter-and-restart", sources_jitter_and_restart);
  g_test_add_func ("/client/sources/names", sources_names);
  g_test_add_func ("/client/sources/bounded", sources_bounded);
  g_test_add_func ("/client/conference/malformed", conference_malformed);
  g_test_add_func ("/client/conference/merges", conference_merges);
  g_test_add_func ("/client/line/escapes", line_escapes);
  return g_test_run ();
}
