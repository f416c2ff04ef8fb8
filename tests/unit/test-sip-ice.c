/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ICE in session descriptions (RFC 8839): what is none, session and m-line, candidates, answers and offers. */
#include "plugins/sip/sdp/sdp.h"

#include <reflector/ice.h>
#include <string.h>

#define HEAD "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
#define AUDIO "m=audio 4000 RTP/AVP 0\n"
#define PWD "a=ice-pwd:aaaaaaaaaaaaaaaaaaaaaa\n"
#define ICE "a=ice-ufrag:abcd\n" PWD

typedef struct {
  SipSdp *sdp;
  GPtrArray *offers;
} Read;

static void
read_clear (Read *r)
{
  g_ptr_array_unref (r->offers);
  sip_sdp_free (r->sdp);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Read, read_clear)

static Read
read_text (const char *text)
{
  g_autoptr (GError) error = NULL;
  Read r = { .sdp = sip_sdp_parse (text, strlen (text), &error) };
  RflAddress local;

  g_assert_no_error (error);
  rfl_address_parse (&local, "10.11.12.13", 0);
  r.offers = sip_sdp_to_offers (r.sdp, (SipModes){ 0 }, &local);
  return r;
}

static const RflMediumDesc *
desc (const Read *r, guint index)
{
  return r->offers->pdata[index];
}

static void
none (void)
{
  static const char *const rows[] = {
    HEAD AUDIO,
    HEAD AUDIO "a=ice-ufrag:abcd\n",
    HEAD AUDIO PWD,
    HEAD AUDIO PWD "a=ice-ufrag:abc\n",
    HEAD AUDIO PWD "a=ice-ufrag:ab d\n",
    HEAD AUDIO PWD "a=ice-ufrag:ab:d\n",
    HEAD AUDIO PWD "a=ice-ufrag:\n",
    HEAD AUDIO PWD "a=ice-ufrag\n",
    HEAD AUDIO "a=ice-ufrag:abcd\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaa\n",
    HEAD AUDIO ICE "a=ice-mismatch\n",
    HEAD ICE AUDIO "a=ice-ufrag:x\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (Read) r = read_text (rows[i]);
      g_test_message ("%s", rows[i]);
      g_assert_null (desc (&r, 0)->ice);
    }
}

static void
too_long (void)
{
  g_autofree char *secret = g_strnfill (257, 'a');
  g_autofree char *text = g_strdup_printf (HEAD AUDIO PWD "a=ice-ufrag:%s\n", secret);
  g_auto (Read) r = read_text (text);

  g_assert_null (desc (&r, 0)->ice);
}

/* What the m-line says counts before what the session says. */
static void
levels (void)
{
  g_auto (Read) r = read_text (HEAD ICE "a=ice-lite\n" AUDIO "m=video 4002 RTP/AVP 31\n"
                                        "a=ice-ufrag:efgh\n");

  g_assert_cmpstr (desc (&r, 0)->ice->ufrag, ==, "abcd");
  g_assert_cmpstr (desc (&r, 1)->ice->ufrag, ==, "efgh");
  g_assert_cmpstr (desc (&r, 1)->ice->pwd, ==, "aaaaaaaaaaaaaaaaaaaaaa");
  g_assert_true (desc (&r, 0)->ice->lite && desc (&r, 0)->ice->complete);
}

static void
candidates (void)
{
  g_auto (Read) r =
      read_text (HEAD AUDIO ICE "a=candidate:1 1 UDP 2130706431 192.0.2.1 4000 typ host\n"
                                "a=candidate:2 2 udp 99 2001:db8::1 4001 typ srflx raddr 10.0.0.1 "
                                "rport 5000 generation 0\n"
                                "a=candidate:3 1 TCP 1 192.0.2.1 9 typ host tcptype active\n"
                                "a=candidate:4 1 UDP 1 x.local 4000 typ host\n"
                                "a=candidate:5 1 UDP 1 192.0.2.1 0 typ host\n"
                                "a=candidate:6 0 UDP 1 192.0.2.1 1 typ host\n"
                                "a=candidate:7 256 UDP 1 192.0.2.1 1 typ host\n"
                                "a=candidate:8 1 UDP 4294967296 192.0.2.1 1 typ host\n"
                                "a=candidate:9 1 UDP 1 192.0.2.1 65536 typ host\n"
                                "a=candidate:10 1 UDP 1 192.0.2.1 1 host\n"
                                "a=candidate:\na=candidate\n");
  const GArray *list = desc (&r, 0)->ice->candidates;
  const RflIceCandidate *c = (RflIceCandidate *) list->data;
  char text[RFL_ADDRESS_STRLEN];

  g_assert_cmpuint (list->len, ==, 2);
  g_assert_true (c[0].component == 1 && c[0].priority == 2130706431u);
  g_assert_cmpstr (rfl_address_format (&c[0].address, text), ==, "192.0.2.1:4000");
  g_assert_true (c[1].component == 2);
  g_assert_cmpstr (rfl_address_format (&c[1].address, text), ==, "[2001:db8::1]:4001");
}

static void
many_candidates (void)
{
  g_autoptr (GString) text = g_string_new (HEAD AUDIO ICE);

  for (guint i = 0; i < 200; i++)
    g_string_append_printf (text, "a=candidate:%u 1 UDP 1 192.0.2.1 %u typ host\n", i, i + 1);
  g_auto (Read) r = read_text (text->str);
  g_assert_cmpuint (desc (&r, 0)->ice->candidates->len, ==, RFL_ICE_MAX_CANDIDATES);
}

/* RFC 8840: no candidates yet is no hold. */
static void
trickle (void)
{
  g_auto (Read) r =
      read_text ("v=0\nc=IN IP4 0.0.0.0\nm=audio 9 RTP/AVP 0\n" ICE "a=ice-options:ice2 trickle\n");
  g_auto (Read) done = read_text (HEAD AUDIO ICE "a=ice-options:trickle\na=end-of-candidates\n");
  g_auto (Read) held = read_text ("v=0\nc=IN IP4 0.0.0.0\nm=audio 4000 RTP/AVP 0\n" ICE);

  g_assert_false (desc (&r, 0)->ice->complete);
  g_assert_cmpint (desc (&r, 0)->direction, ==, RFL_DIRECTION_BOTH);
  g_assert_true (desc (&done, 0)->ice->complete);
  g_assert_cmpint (desc (&held, 0)->direction, ==, RFL_DIRECTION_SEND);
}

/* ---- writing ---- */

static RflIceDesc *
ours (gboolean mux)
{
  RflIceDesc *ice = rfl_ice_desc_new ();

  ice->lite = TRUE;
  ice->ufrag = g_strdup ("ours");
  ice->pwd = g_strdup ("our password");
  for (guint i = 0; i < (mux ? 1 : 2); i++)
    {
      RflIceCandidate c = { (guint8) (i + 1), 100 - i, { 0 } };
      rfl_address_parse (&c.address, "10.11.12.13", (guint16) (5566 + i));
      g_array_append_val (ice->candidates, c);
    }
  return ice;
}

static void
take_answer (RflMediumDesc *d, RflIceDesc *ice)
{
  d->accepted = TRUE;
  g_ptr_array_add (d->answer, rfl_format_new (0, "PCMU", 8000, 1, NULL));
  rfl_address_parse (&d->answer_rtp, "10.11.12.13", 5566);
  rfl_address_parse (&d->answer_rtcp, "10.11.12.13", 5567);
  d->answer_ice = ice;
}

static char *
answer (const Read *r)
{
  g_auto (SipSdpOrigin) origin = { 0 };

  return sip_sdp_write_answer (r->sdp, r->offers, &desc (r, 0)->answer_rtp, &origin);
}

static void
answers (void)
{
  g_auto (Read) r = read_text (HEAD AUDIO ICE);
  g_autofree char *text = NULL;

  take_answer (r.offers->pdata[0], ours (FALSE));
  text = answer (&r);
  g_assert_nonnull (strstr (text, "\r\nt=0 0\r\na=ice-lite\r\na=ice-options:ice2\r\nm=audio"));
  g_assert_nonnull (strstr (text, "\r\na=ice-ufrag:ours\r\na=ice-pwd:our password\r\n"
                                  "a=candidate:1 1 UDP 100 10.11.12.13 5566 typ host\r\n"
                                  "a=candidate:1 2 UDP 99 10.11.12.13 5567 typ host\r\n"
                                  "a=end-of-candidates\r\n"));
}

static void
mismatch (void)
{
  g_auto (Read) r = read_text (HEAD AUDIO ICE);
  RflIceDesc *ice = rfl_ice_desc_new ();
  g_autofree char *text = NULL;

  ice->mismatch = TRUE;
  take_answer (r.offers->pdata[0], ice);
  text = answer (&r);
  g_assert_nonnull (strstr (text, "\r\na=ice-mismatch\r\n"));
  g_assert_null (strstr (text, "ice-lite"));
  g_assert_null (strstr (text, "ice-ufrag"));
}

static void
without (void)
{
  g_auto (Read) r = read_text (HEAD AUDIO ICE);
  g_autofree char *text = NULL;

  take_answer (r.offers->pdata[0], NULL);
  text = answer (&r);
  g_assert_null (strstr (text, "ice"));
}

static void
offers (void)
{
  g_auto (Read) r = read_text (HEAD AUDIO ICE);
  g_auto (SipSdpOrigin) origin = { 0 };
  g_autofree char *text = NULL;

  take_answer (r.offers->pdata[0], ours (TRUE));
  text = sip_sdp_write_offer (r.offers, NULL, &desc (&r, 0)->answer_rtp, &origin);
  g_assert_nonnull (strstr (text, "\r\na=ice-lite\r\n"));
  g_assert_nonnull (strstr (text, "\r\na=ice-ufrag:ours\r\n"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/ice/none", none);
  g_test_add_func ("/sip/ice/too-long", too_long);
  g_test_add_func ("/sip/ice/levels", levels);
  g_test_add_func ("/sip/ice/candidates", candidates);
  g_test_add_func ("/sip/ice/many-candidates", many_candidates);
  g_test_add_func ("/sip/ice/trickle", trickle);
  g_test_add_func ("/sip/ice/answers", answers);
  g_test_add_func ("/sip/ice/mismatch", mismatch);
  g_test_add_func ("/sip/ice/without", without);
  g_test_add_func ("/sip/ice/offers", offers);
  return g_test_run ();
}
