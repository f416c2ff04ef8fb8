/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a participant wants to get of a medium: b=, a=ptime, and the audio levels' a=extmap. Lines that
 * are none first. */
#include "plugins/sip/sdp/sdp.h"
#include <string.h>

#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\n"
#define AUDIO "m=audio 4000 RTP/AVP 0\n"
#define VIDEO "m=video 4002 RTP/AVP 31\n"
#define LEVEL "urn:ietf:params:rtp-hdrext:ssrc-audio-level"

static SipSdp *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  SipSdp *sdp = sip_sdp_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  return sdp;
}

static GPtrArray *
offers_of (const SipSdp *sdp)
{
  RflAddress local;
  GPtrArray *offers;

  rfl_address_parse (&local, "10.11.12.13", 0);
  offers = sip_sdp_to_offers (sdp, (SipModes){ RFL_LEG_MIX, RFL_LEG_ONE }, &local);
  return offers;
}

static void
bandwidth (void)
{
  static const struct {
    const char *text;
    guint bits;
  } rows[] = {
    { HEAD VIDEO, 0 },
    { HEAD VIDEO "b=\n", 0 },
    { HEAD VIDEO "b=AS\n", 0 },
    { HEAD VIDEO "b=AS:\n", 0 },
    { HEAD VIDEO "b=AS:-5\n", 0 },
    { HEAD VIDEO "b=AS:1.5\n", 0 },
    { HEAD VIDEO "b=AS:64k\n", 0 },
    { HEAD VIDEO "b=TIAS: 64000\n", 0 },
    { HEAD VIDEO "b=TIAS:99999999999999999999\n", 0 },
    { HEAD VIDEO "b=as:64\n", 0 },
    { HEAD VIDEO "b=CT:64\nb=RS:0\nb=RR:0\nb=X-YZ:128\n", 0 },
    { HEAD VIDEO "b=TIAS:64000\n", 64000 },
    { HEAD VIDEO "b=TIAS:64000 \n", 64000 },
    /* 1,228 octets on the wire have 1,200 of RTP */
    { HEAD VIDEO "b=AS:1228\n", 1200000 },
    { HEAD "m=video 4002 RTP/AVP 31\nc=IN IP6 2001:db8::1\nb=AS:1248\n", 1200000 },
    { HEAD VIDEO "b=AS:1228\nb=TIAS:64000\n", 64000 },
    { HEAD VIDEO "b=TIAS:64000\nb=AS:1228\n", 64000 },
    { HEAD VIDEO "b=TIAS:x\nb=AS:1228\n", 1200000 },
    /* 100 packets a second have 22.4 kbit/s of headers */
    { HEAD VIDEO "b=AS:1000\na=maxprate:100\n", 977600 },
    { HEAD VIDEO "b=AS:1000\na=maxprate:100.0\n", 977600 },
    { HEAD VIDEO "b=AS:1228\na=maxprate:-1\n", 1200000 },
    { HEAD VIDEO "b=AS:1228\na=maxprate:0\n", 1200000 },
    { HEAD VIDEO "b=AS:1228\na=maxprate:1e9\n", 1200000 },
    { HEAD VIDEO "b=AS:1228\na=maxprate:999999\n", 1200000 },
    { HEAD VIDEO "b=AS:4294967295\n", G_MAXUINT },
    { HEAD "b=TIAS:64000\n" VIDEO, 64000 },
    { HEAD "b=TIAS:64000\n" VIDEO "b=TIAS:128000\n", 128000 },
    { HEAD "b=TIAS:64000\n" VIDEO "b=AS:1228\n", 1200000 },
    { HEAD "b=TIAS:64000\n" VIDEO "b=CT:1228\n", 64000 },
    { HEAD "b=TIAS:128000\nb=AS:1\n" VIDEO, 128000 },
    { HEAD "b=AS:1000\na=maxprate:100\n" VIDEO "a=maxprate:1\n", 977600 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (SipSdp) sdp = parse (rows[i].text);
      g_autoptr (GPtrArray) offers = offers_of (sdp);
      const RflMediumDesc *desc = offers->pdata[0];

      g_test_message ("%s", rows[i].text);
      g_assert_cmpuint (desc->bandwidth, ==, rows[i].bits);
      g_assert_cmpint (desc->direction, ==, RFL_DIRECTION_BOTH);
    }
}

/* RFC 3264 §5.1: nothing is to be sent, which is not the same as no limit. */
static void
no_bandwidth (void)
{
  static const char *const texts[] = { HEAD VIDEO "b=AS:0\n", HEAD VIDEO "b=TIAS:0\n",
                                       HEAD "b=AS:0\n" VIDEO, HEAD "b=AS:9\n" VIDEO "b=TIAS:0\n" };
  g_autoptr (SipSdp) other = parse (HEAD "b=AS:0\n" VIDEO "b=AS:9\n");
  g_autoptr (GPtrArray) others = offers_of (other);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (SipSdp) sdp = parse (texts[i]);
      g_autoptr (GPtrArray) offers = offers_of (sdp);
      const RflMediumDesc *desc = offers->pdata[0];

      g_assert_cmpint (desc->direction, ==, RFL_DIRECTION_SEND);
      g_assert_cmpuint (desc->bandwidth, ==, 0);
    }
  g_assert_cmpint (((RflMediumDesc *) others->pdata[0])->direction, ==, RFL_DIRECTION_BOTH);
}

static void
ptime (void)
{
  static const struct {
    const char *lines;
    guint ptime;
  } rows[] = { { "", 0 },
               { "a=ptime\n", 0 },
               { "a=ptime:\n", 0 },
               { "a=ptime:0\n", 0 },
               { "a=ptime:-20\n", 0 },
               { "a=ptime:20ms\n", 0 },
               { "a=ptime:1e3\n", 0 },
               { "a=ptime:2.2.2\n", 0 },
               { "a=ptime:1001\n", 0 },
               { "a=ptime:999999999999999999999\n", 0 },
               { "a=maxptime:20\n", 0 },
               { "a=ptimes:20\n", 0 },
               { "a=ptime:20\n", 20 },
               { "a=ptime:20 \n", 20 },
               { "a=ptime:2.5\n", 3 },
               { "a=ptime:40\na=maxptime:20\n", 20 },
               { "a=ptime:40\na=maxptime:0.5\n", 1 },
               { "a=maxptime:150\na=ptime:60\n", 60 },
               { "a=ptime:60\na=maxptime:x\n", 60 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = g_strconcat (HEAD, AUDIO, rows[i].lines, NULL);
      g_autoptr (SipSdp) sdp = parse (text);
      g_autoptr (GPtrArray) offers = offers_of (sdp);

      g_test_message ("%s", rows[i].lines);
      g_assert_cmpuint (((RflMediumDesc *) offers->pdata[0])->ptime, ==, rows[i].ptime);
    }
}

/* The line of the answer if what was offered is taken; "": there is none. */
static const struct {
  const char *text;
  guint8 number;
  const char *answer;
} levels[] = {
  { HEAD AUDIO, 0, "" },
  { HEAD AUDIO "a=extmap\n", 0, "" },
  { HEAD AUDIO "a=extmap:1\n", 0, "" },
  { HEAD AUDIO "a=extmap:1 urn:other\n", 0, "" },
  { HEAD AUDIO "a=extmap:0 " LEVEL "\n", 0, "" },
  { HEAD AUDIO "a=extmap:-1 " LEVEL "\n", 0, "" },
  { HEAD AUDIO "a=extmap:15 " LEVEL "\n", 0, "" },
  { HEAD AUDIO "a=extmap:16 " LEVEL "\n", 0, "" },
  { HEAD AUDIO "a=extmap:4096 " LEVEL "\n", 0, "" },
  { HEAD AUDIO "a=extmap:1x " LEVEL "\n", 0, "" },
  { HEAD AUDIO "a=extmap:1 " LEVEL "s\n", 0, "" },
  { HEAD AUDIO "a=extmap:1/inactive " LEVEL "\n", 0, "" },
  { HEAD AUDIO "a=extmap:1/sendsometimes " LEVEL "\n", 0, "" },
  { HEAD AUDIO "a=extmap:1 " LEVEL "\na=extmap:1 urn:other\n", 0, "" },
  { HEAD AUDIO "a=extmap:1 " LEVEL "\na=extmap:1 " LEVEL "\n", 0, "" },
  { HEAD VIDEO "a=extmap:1 " LEVEL "\n", 0, "" },
  { HEAD AUDIO "a=extmap:1 " LEVEL "\n", 1, "a=extmap:1 " LEVEL "\r\n" },
  { HEAD AUDIO "a=extmap:14 " LEVEL "\n", 14, "a=extmap:14 " LEVEL "\r\n" },
  { HEAD AUDIO "a=extmap:2 urn:other\na=extmap:3  " LEVEL " vad=on\n", 3,
    "a=extmap:3 " LEVEL "\r\n" },
  { HEAD AUDIO "a=extmap:3 " LEVEL " vad=off\n", 3, "a=extmap:3 " LEVEL " vad=off\r\n" },
  { HEAD AUDIO "a=extmap:3 " LEVEL " vad=no thanks\n", 3, "a=extmap:3 " LEVEL "\r\n" },
  { HEAD AUDIO "a=extmap:3/sendonly " LEVEL "\n", 3, "a=extmap:3/recvonly " LEVEL "\r\n" },
  { HEAD AUDIO "a=extmap:3/recvonly " LEVEL "\n", 3, "a=extmap:3/sendonly " LEVEL "\r\n" },
  { HEAD "a=extmap:4 " LEVEL "\n" AUDIO, 4, "a=extmap:4 " LEVEL "\r\n" },
  { HEAD "a=extmap:4 " LEVEL "\n" AUDIO "a=extmap:5 " LEVEL "\n", 5, "a=extmap:5 " LEVEL "\r\n" },
};

static char *
answer_to (const SipSdp *sdp, RflMediumDesc *desc, GPtrArray *offers)
{
  g_auto (SipSdpOrigin) origin = { 0 };
  RflAddress local;

  rfl_address_parse (&local, "10.11.12.13", 5566);
  desc->accepted = TRUE;
  desc->answer_rtp = desc->answer_rtcp = local;
  g_ptr_array_add (desc->answer, rfl_format_from_static (0));
  return sip_sdp_write_answer (sdp, offers, &local, &origin);
}

/* The participant's, from what we answer. */
static RflDirection
direction_in (const char *answer)
{
  if (*answer == '\0')
    return RFL_DIRECTION_NONE;
  if (strstr (answer, "/recvonly"))
    return RFL_DIRECTION_SEND;
  return strstr (answer, "/sendonly") ? RFL_DIRECTION_RECEIVE : RFL_DIRECTION_BOTH;
}

static void
audio_level (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    {
      g_autoptr (SipSdp) sdp = parse (levels[i].text);
      g_autoptr (GPtrArray) offers = offers_of (sdp);
      RflMediumDesc *desc = offers->pdata[0];
      g_autofree char *refused = answer_to (sdp, desc, offers), *taken = NULL;

      g_test_message ("%s", levels[i].text);
      g_assert_cmpuint (desc->audio_level, ==, levels[i].number);
      g_assert_cmpuint (desc->audio_level_direction, ==, direction_in (levels[i].answer));
      g_assert_null (strstr (refused, "extmap"));
      desc->answer_audio_level = desc->audio_level;
      taken = answer_to (sdp, desc, offers);
      if (*levels[i].answer)
        g_assert_nonnull (strstr (taken, levels[i].answer));
      else
        g_assert_null (strstr (taken, "extmap"));
    }
}

static void
offered (void)
{
  g_autoptr (RflMediumDesc) desc = rfl_medium_desc_new ("audio");
  g_autoptr (GPtrArray) descs = g_ptr_array_new ();
  g_auto (SipSdpOrigin) origin = { 0 };
  g_autofree char *text = NULL;
  g_autoptr (SipSdp) sdp = NULL;

  rfl_address_parse (&desc->answer_rtp, "10.11.12.13", 5566);
  desc->answer_rtcp = desc->answer_rtp;
  desc->accepted = TRUE;
  desc->direction = RFL_DIRECTION_BOTH;
  desc->answer_audio_level = 7;
  g_ptr_array_add (desc->answer, rfl_format_from_static (0));
  g_ptr_array_add (descs, desc);
  text = sip_sdp_write_offer (descs, NULL, &desc->answer_rtp, &origin);
  sdp = parse (text);
  g_ptr_array_set_size (descs, 0);
  g_clear_pointer (&descs, g_ptr_array_unref);
  descs = offers_of (sdp);
  g_assert_cmpuint (((RflMediumDesc *) descs->pdata[0])->audio_level, ==, 7);
}

static void
modes (void)
{
  g_autoptr (SipSdp) sdp = parse (HEAD AUDIO VIDEO "m=text 4004 RTP/AVP 98\n");
  g_autoptr (GPtrArray) offers = offers_of (sdp);
  static const RflLegMode expected[] = { RFL_LEG_MIX, RFL_LEG_ONE, RFL_LEG_ALL };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpint (((RflMediumDesc *) offers->pdata[i])->mode, ==, expected[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/limits/bandwidth", bandwidth);
  g_test_add_func ("/sip/limits/no-bandwidth", no_bandwidth);
  g_test_add_func ("/sip/limits/ptime", ptime);
  g_test_add_func ("/sip/limits/audio-level", audio_level);
  g_test_add_func ("/sip/limits/offered", offered);
  g_test_add_func ("/sip/limits/modes", modes);
  return g_test_run ();
}
