/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What does not become a call: over loopback, hostile messages too. */
#include "tests/unit/sip-house.h"
#include <string.h>

typedef struct {
  const char *method, *uri, *headers, *body, *status, *must_have;
} Refusal;

static const Refusal refusals[] = {
  { "INVITE", "sip:127.0.0.1", CONTACT SDP, OFFER, "404", NULL },
  { "INVITE", "sip:%ff@127.0.0.1", CONTACT SDP, OFFER, "400", "Warning: 399" },
  { "INVITE", "sip:a%0d%0aX@127.0.0.1", CONTACT SDP, OFFER, "400", NULL },
  { "INVITE", "sip:room@127.0.0.1;mode=two", CONTACT SDP, OFFER, "400", "The parameter mode" },
  { "INVITE", "tel:+49123", CONTACT SDP, OFFER, "416", NULL },
  { "INVITE", "http://127.0.0.1/", CONTACT SDP, OFFER, "416", NULL },
  { "INVITE", "urn:service:sos", CONTACT SDP, OFFER, "416", NULL },
  { "INVITE", "sip:room@127.0.0.1", CONTACT, NULL, "488", "Warning: 305" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP, "v=1\r\n", "400", "Warning: 399" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP, OFFER "m=audio 2 UDP\r\n", "400", "SDP line 7" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT "Content-Type: text/plain\r\n", "hello", "415",
    "Accept: application/sdp" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT "Content-Type: multipart/mixed;boundary=x\r\n",
    "--x\r\n\r\n--x--\r\n", "415", "Accept: application/sdp" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP "Content-Encoding: gzip\r\n", OFFER, "415", NULL },
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP "Require: 100rel, foo\r\n", OFFER, "420",
    "Unsupported: foo" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP,
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nc=IN IP4 127.0.0.1\r\n"
    "m=audio 2 RTP/SAVP 0\r\n",
    "488", "Warning: 302" },
  /* S1: the stack's own parser would take 4.9 GB. */
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP,
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nc=IN IP4 127.0.0.1\r\n"
    "m=audio 2 UDP ,\r\n",
    "488", NULL },
  /* S2: each of these would crash the stack at the next BYE. */
  { "INVITE", "sip:room@127.0.0.1", "Contact: <tel:+49123>\r\n" SDP, OFFER, "400 Bad", NULL },
  { "INVITE", "sip:room@127.0.0.1", "Contact: *\r\n" SDP, OFFER, "400 Bad", NULL },
  { "INVITE", "sip:room@127.0.0.1", "Contact: <http://a/>\r\n" SDP, OFFER, "400 Bad", NULL },
  { "INVITE", "sip:room@127.0.0.1", "m: <mailto:a@b>\r\n" SDP, OFFER, "400 Bad", NULL },
  { "INVITE", "sip:room@127.0.0.1", "Contact: <urn:a:b>\r\n" SDP, OFFER, "400 Bad", NULL },
  { "INVITE", "sip:room@127.0.0.1", CONTACT "Record-Route: <tel:1>\r\n" SDP, OFFER, "400 Bad",
    NULL },
  { "REFER", "sip:room@127.0.0.1", "Refer-To: <sip:x@y>\r\n" CONTACT, NULL, "405",
    "Allow: INVITE" },
  { "MESSAGE", "sip:room@127.0.0.1", "Content-Type: text/plain\r\n", "hi", "404", "no such room" },
  { "SUBSCRIBE", "sip:room@127.0.0.1", "Event: presence\r\n" CONTACT, NULL, "489",
    "Allow: INVITE" },
  { "REGISTER", "sip:127.0.0.1", CONTACT, NULL, "405", "Allow: INVITE" },
  { "PUBLISH", "sip:room@127.0.0.1", "Event: presence\r\n", NULL, "405", "Allow: INVITE" },
  { "NOTIFY", "sip:room@127.0.0.1", "Event: refer\r\n" CONTACT, NULL, "405", "Allow: INVITE" },
  { "INFO", "sip:room@127.0.0.1", NULL, NULL, "481", NULL },
  { "DANCE", "sip:room@127.0.0.1", NULL, NULL, "501", "Allow: INVITE" },
  { "BYE", "sip:room@127.0.0.1", NULL, NULL, "481", NULL },
  { "UPDATE", "sip:room@127.0.0.1", CONTACT SDP, OFFER, "481", NULL },
  { "CANCEL", "sip:room@127.0.0.1", NULL, NULL, "481", NULL }
};

static void
refused (void)
{
  House *house = house_new ("");

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      const Refusal *r = &refusals[i];
      g_autoptr (Phone) phone = house_phone (house);
      g_autofree char *start = g_strdup_printf ("SIP/2.0 %s", r->status), *answer = NULL;

      g_test_message ("%s %s %s", r->method, r->uri, r->headers);
      phone_send (phone, r->method, r->uri, r->headers, r->body);
      answer = phone_expect (phone, start);
      if (r->must_have && !strstr (answer, r->must_have))
        g_error ("%s %s: no %s in %s", r->method, r->uri, r->must_have, answer);
      if (strcmp (r->method, "INVITE") == 0)
        phone_send (phone, "ACK", r->uri, NULL, NULL);
    }
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static void
errors_of_join (void)
{
  static const struct {
    RflError error;
    const char *status, *must_have;
  } rows[] = { { RFL_ERROR_NO_CODEC, "488", "Warning: 305 reflectord \"the 'test' says no\"" },
               { RFL_ERROR_LIMIT, "486", NULL },
               { RFL_ERROR_FORBIDDEN, "403", NULL },
               { RFL_ERROR_UNAVAILABLE, "503", "Retry-After:" },
               { RFL_ERROR_FAILED, "500", NULL } };
  House *house = house_new ("");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Phone) phone = house_phone (house);
      g_autofree char *start = g_strdup_printf ("SIP/2.0 %s", rows[i].status), *answer = NULL;

      house->refuse = rows[i].error;
      phone_invite (phone, "room");
      answer = phone_expect (phone, start);
      g_assert_true (rows[i].must_have == NULL || strstr (answer, rows[i].must_have));
    }
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static void
limits (void)
{
  House *house = house_new ("max_calls = 1;");
  g_autoptr (Phone) first = house_phone (house), second = house_phone (house);
  g_autoptr (Phone) third = house_phone (house);
  g_autofree char *answer = NULL, *draining = NULL, *bye = NULL, *late = NULL;

  house_call (first);
  phone_invite (second, "room");
  answer = phone_expect (second, "SIP/2.0 503");
  g_assert_nonnull (strstr (answer, "Retry-After:"));
  rfl_core_drain (house->core);
  bye = phone_expect (first, "BYE ");
  g_assert_nonnull (strstr (bye, "\r\nReason: SIP;cause=200;text=\"The conference server"));
  phone_answer (first, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  phone_invite (first, "room");
  draining = phone_expect (first, "SIP/2.0 4"); /* in the old dialog: 481 */
  phone_invite (third, "room");
  late = phone_expect (third, "SIP/2.0 503");
  g_assert_nonnull (strstr (late, "Retry-After:"));
  house_free (house);
}

static char **
challenge (gpointer self, const char *realm, gboolean stale)
{
  const char *const values[] = {
    "Digest realm=\"r\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"",
    stale ? "Digest realm=\"r\", nonce=\"n\", stale=true" : "Digest realm=\"r\", nonce=\"n\"", NULL
  };

  return g_strdupv ((char **) values);
}

static RflDigestVerdict
check (gpointer self, const RflDigest *digest)
{
  House *house = self;

  g_assert_cmpstr (digest->method, ==, "INVITE");
  g_assert_cmpstr (digest->username, ==, "alice \"a\"");
  g_assert_cmpstr (digest->realm, ==, "r");
  g_assert_cmpstr (digest->nonce, ==, "n");
  g_assert_cmpstr (digest->uri, ==, "sip:room@127.0.0.1");
  g_assert_cmpstr (digest->response, ==, "0123");
  g_assert_cmpstr (digest->qop, ==, "auth");
  g_assert_cmpstr (digest->nc, ==, "00000001");
  g_assert_cmpstr (digest->cnonce, ==, "c");
  g_assert_null (digest->opaque);
  return house->verdict;
}

static const RflCredentials credentials = { .challenge = challenge, .check = check };

static char *
invite_with (Phone *phone, const char *authorization, const char *expected)
{
  g_autofree char *headers = g_strconcat (CONTACT SDP, authorization, NULL);
  char *answer;

  phone_send (phone, "INVITE", "sip:room@127.0.0.1", headers, OFFER);
  answer = phone_expect (phone, expected);
  if (!g_str_has_prefix (expected, "SIP/2.0 2"))
    phone_send (phone, "ACK", "sip:room@127.0.0.1", NULL, NULL);
  return answer;
}

static void
digest (void)
{
  static const char good[] =
      "Authorization: Digest username=\"alice \\\"a\\\"\", realm=\"r\", nonce=\"n\", "
      "uri=\"sip:room@127.0.0.1\", response=\"0123\", qop=auth, nc=00000001, cnonce=\"c\"\r\n";
  House *house = house_new ("sha256_agents = [ \"\" ];");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *none = NULL, *basic = NULL, *wrong = NULL, *stale = NULL, *ok = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (rfl_core_offer_service (house->core, RFL_CREDENTIALS_SERVICE,
                                         RFL_CREDENTIALS_VERSION, &credentials, house, &error));
  none = invite_with (phone, "", "SIP/2.0 401");
  g_assert_nonnull (strstr (none, "\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n2\""));
  g_assert_nonnull (strstr (none, "\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\""));
  basic = invite_with (phone, "Authorization: Basic YTpi\r\n", "SIP/2.0 401");
  house->verdict = RFL_DIGEST_WRONG;
  wrong = invite_with (phone, good, "SIP/2.0 401");
  g_assert_null (strstr (wrong, "stale"));
  house->verdict = RFL_DIGEST_STALE;
  stale = invite_with (phone, good, "SIP/2.0 401");
  g_assert_nonnull (strstr (stale, "stale=true"));
  house->verdict = RFL_DIGEST_OK;
  ok = invite_with (phone, good, "SIP/2.0 200");
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.challenged), ==, 4);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.wrong_credentials), ==, 1);
  phone_ack (phone);
  house_hang_up (house, phone);
  rfl_core_withdraw_service (house->core, RFL_CREDENTIALS_SERVICE);
  house_free (house);
}

/* A repeated INVITE is no news to a transaction, but gets another challenge from who has none; and
 * over TCP, where there is one, a challenge as well. */
static void
challenge_without_state (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autoptr (Phone) tcp = phone_new (house->context, house->port, TRUE);
  g_autofree char *first = NULL, *again = NULL, *over_tcp = NULL;

  g_assert_true (rfl_core_offer_service (house->core, RFL_CREDENTIALS_SERVICE,
                                         RFL_CREDENTIALS_VERSION, &credentials, house, NULL));
  phone_send (phone, "INVITE", "sip:room@127.0.0.1", CONTACT SDP, OFFER);
  first = phone_expect (phone, "SIP/2.0 401");
  g_assert_nonnull (strstr (first, ";tag="));
  g_assert_nonnull (strstr (first, ";received=127.0.0.1"));
  phone->cseq--;
  g_clear_pointer (&phone->tag, g_free);
  phone_send (phone, "INVITE", "sip:room@127.0.0.1", CONTACT SDP, OFFER);
  again = phone_expect (phone, "SIP/2.0 401");
  phone_send (phone, "ACK", "sip:room@127.0.0.1", NULL, NULL);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.challenged), ==, 2);
  phone_send (tcp, "INVITE", "sip:room@127.0.0.1", CONTACT SDP, OFFER);
  over_tcp = phone_expect (tcp, "SIP/2.0 401");
  phone_send (tcp, "ACK", "sip:room@127.0.0.1", NULL, NULL);
  g_assert_cmpuint (g_hash_table_size (house->core->participants), ==, 0);
  rfl_core_withdraw_service (house->core, RFL_CREDENTIALS_SERVICE);
  house_free (house);
}

/* Configured "on", but nobody there: an error, not an open door. */
static void
digest_without_service (void)
{
  RflCoreOptions options = { .manual_workers = TRUE };
  RflCore *core = rfl_core_new (&options);
  gpointer sip = sip_instance_new (core);
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) settings =
      rfl_settings_new_from_text ("sip", sip_options, "authenticate = \"on\";", NULL);

  g_assert_true (sip_instance_configure (sip, settings, NULL));
  g_assert_false (sip_instance_start (sip, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
  sip_instance_stop (sip);
  sip_instance_free (sip);
  rfl_core_free (core);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/refuse/refused", refused);
  g_test_add_func ("/sip/refuse/errors-of-join", errors_of_join);
  g_test_add_func ("/sip/refuse/limits", limits);
  g_test_add_func ("/sip/refuse/digest", digest);
  g_test_add_func ("/sip/refuse/challenge-without-state", challenge_without_state);
  g_test_add_func ("/sip/refuse/digest-without-service", digest_without_service);
  return g_test_run ();
}
