/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Floods, from one address and altogether: what is refused, what hears nothing, and that those who are in
 * a call notice nothing of it. */
#include "plugins/sip/auth/digest.h"
#include "plugins/sip/gate/gate-private.h"
#include "tests/unit/sip-house.h"
#include <string.h>

#define COUNT(house, name) rfl_counter_read (rfl_counter_get ((house)->core, name, "test"))

/* Three of each from one address, of which two may come; @tcp. */
static void
too_many_invites (gboolean tcp)
{
  House *house = house_new ("invite_rate = 0.01; invite_burst = 2;");
  g_autoptr (Phone) in = phone_new (house->context, house->port, tcp);
  g_autoptr (Phone) second = phone_new (house->context, house->port, tcp);
  g_autoptr (Phone) third = phone_new (house->context, house->port, tcp);
  g_autofree char *busy = NULL, *ok = NULL, *again = NULL, *offer = phone_offer (in, "sendonly");
  g_autofree char *gone = NULL;

  house_call (in);
  phone_invite (second, "room");
  ok = phone_expect (second, "SIP/2.0 200");
  phone_ack (second);
  phone_invite (third, "room");
  busy = phone_expect (third, "SIP/2.0 503");
  g_assert_nonnull (strstr (busy, "\r\nRetry-After: "));
  phone_send (third, "ACK", "sip:room@127.0.0.1", NULL, NULL);
  phone_send (in, "INVITE", in->contact, CONTACT SDP, offer);
  again = phone_expect (in, "SIP/2.0 200");
  phone_ack (in);
  g_assert_cmpuint (COUNT (house, "sip.limited"), ==, 1);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.joined), ==, 2);
  phone_send (second, "BYE", second->contact, NULL, NULL);
  gone = phone_expect (second, "SIP/2.0 200");
  house_hang_up (house, in);
  house_free (house);
}

static void
invites_over_udp (void)
{
  too_many_invites (FALSE);
}

static void
invites_over_tcp (void)
{
  too_many_invites (TRUE);
}

/* The response comes without the stack, and must still be a good one. */
static void
stateless_response (void)
{
  static const char request[] =
      "INVITE sip:room@127.0.0.1 SIP/2.0\r\n"
      "v: SIP/2.0/UDP example.org:9;branch=z9hG4bKq;rport;received=1.2.3.4;x\r\n"
      "Via: SIP/2.0/TCP p.example.org;branch=z9hG4bKp, SIP/2.0/UDP a;branch=c\r\n"
      "f: \"A, B\" <sip:a@h>;tag=7\r\nTo: <sip:room@h>\r\ni: call\r\n"
      "CSeq: 77 INVITE\r\nl: 0\r\n\r\n";
  House *house = house_new ("invite_rate = 0.01; invite_burst = 1;");
  g_autoptr (Phone) first = house_phone (house), phone = house_phone (house);
  g_autofree char *busy = NULL, *via = NULL;

  house_call (first);
  phone_send_raw (phone, request, -1);
  busy = phone_expect (phone, "SIP/2.0 503 Service Unavailable\r\n");
  via = g_strdup_printf ("\r\nVia: SIP/2.0/UDP example.org:9;branch=z9hG4bKq;rport=%u;x;"
                         "received=127.0.0.1\r\nVia: SIP/2.0/TCP p.example.org;branch=z9hG4bKp\r\n"
                         "Via: SIP/2.0/UDP a;branch=c\r\n",
                         phone->port);
  g_assert_nonnull (strstr (busy, via));
  g_assert_nonnull (strstr (busy, "\r\nFrom: \"A, B\" <sip:a@h>;tag=7\r\n"));
  g_assert_nonnull (strstr (busy, "\r\nTo: <sip:room@h>;tag=busy"));
  g_assert_nonnull (strstr (busy, "\r\nCall-ID: call\r\nCSeq: 77 INVITE\r\n"));
  g_assert_true (g_str_has_suffix (busy, "\r\nContent-Length: 0\r\n\r\n"));
  house_hang_up (house, first);
  house_free (house);
}

/* A repeated INVITE is none more, and CANCEL, ACK and OPTIONS are none at all. */
static void
what_is_not_counted (void)
{
  House *house = house_new ("invite_rate = 0.01; invite_burst = 1;");
  g_autoptr (Phone) phone = house_phone (house), other = house_phone (house);
  g_autofree char *ok = NULL, *again = NULL, *options = NULL;

  phone_invite (phone, "room");
  ok = phone_expect (phone, "SIP/2.0 200");
  phone->cseq--;
  g_clear_pointer (&phone->tag, g_free);
  phone_invite (phone, "room");
  again = phone_expect (phone, "SIP/2.0 200");
  phone_ack (phone);
  phone_send (other, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  options = phone_expect (other, "SIP/2.0 200");
  g_assert_cmpuint (COUNT (house, "sip.limited"), ==, 0);
  house_hang_up (house, phone);
  house_free (house);
}

static void
options_until (House *house, Phone *phone, const char *expected)
{
  g_autofree char *answer = NULL;

  g_clear_pointer (&phone->tag, g_free);
  phone_send (phone, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  answer = phone_expect (phone, expected);
}

/* Two pass, as many refusals as the larger burst allows are sent, the rest hears nothing. A To tag
 * of a dialog that is not there helps nobody. */
static void
other_requests (void)
{
  House *house = house_new ("request_rate = 0.01; request_burst = 2; invite_rate = 0.01; "
                            "invite_burst = 3;");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *silence = NULL;

  options_until (house, phone, "SIP/2.0 200");
  phone_send (phone, "MESSAGE", "sip:room@127.0.0.1", NULL, NULL);
  g_free (phone_expect (phone, "SIP/2.0 4"));
  options_until (house, phone, "SIP/2.0 503");
  phone->tag = g_strdup ("faked");
  phone_send (phone, "BYE", "sip:room@127.0.0.1", NULL, NULL);
  g_free (phone_expect (phone, "SIP/2.0 503"));
  options_until (house, phone, "SIP/2.0 503");
  phone_send (phone, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  silence = phone_receive_for (phone, 100);
  g_assert_null (silence);
  g_assert_cmpuint (COUNT (house, "sip.limited"), ==, 4);
  g_assert_cmpuint (COUNT (house, "sip.dropped"), ==, 1);
  house_free (house);
}

static void
unlimited (void)
{
  House *house = house_new ("request_rate = 0.01; request_burst = 1; "
                            "unlimited = [ \"192.0.2.1\", \"127.0.0.0/8\" ];");
  g_autoptr (Phone) phone = house_phone (house);

  for (guint i = 0; i < 20; i++)
    options_until (house, phone, "SIP/2.0 200");
  house_free (house);
}

static void
bad_network (void)
{
  static const char *const texts[] = { "example.org", "10.0.0.0/33", "", "10.0.0.1/8" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *text = g_strdup_printf ("unlimited = [ \"%s\" ];", texts[i]);
      g_autoptr (RflSettings) from = rfl_settings_new_from_text ("sip", sip_options, text, NULL);
      g_autoptr (GError) error = NULL;
      SipSettings settings;

      sip_settings_init (&settings);
      g_assert_false (sip_settings_read (&settings, from, &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      sip_settings_clear (&settings);
    }
}

/* ---- overload ---- */

static gboolean
is_high (gpointer house)
{
  return sip_load_is_high (((House *) house)->sip->gate->load);
}

/* The main loop comes late twice in a row. */
static void
be_away (House *house)
{
  for (guint i = 0; i < 2; i++)
    {
      g_usleep (200 * G_TIME_SPAN_MILLISECOND);
      while (g_main_context_iteration (house->context, FALSE))
        ;
    }
}

static void
late_once (void)
{
  RflClock *clock = rfl_clock_new_manual (0);
  SipLoad *load = sip_load_new (clock);

  sip_load_set_limit (load, G_TIME_SPAN_SECOND);
  for (guint i = 0; i < 3; i++)
    {
      sip_load_note_lag (load, 2 * G_TIME_SPAN_SECOND);
      g_assert_false (sip_load_is_high (load));
      sip_load_note_lag (load, 0);
    }
  sip_load_note_lag (load, G_TIME_SPAN_SECOND);
  sip_load_note_lag (load, G_TIME_SPAN_SECOND);
  g_assert_true (sip_load_is_high (load));
  sip_load_free (load);
  rfl_clock_free (clock);
}

/* The main loop was away: new calls are shed, what belongs to a call is served. */
static void
overload (void)
{
  House *house = house_new ("overload_lag = 50;");
  g_autoptr (Phone) in = house_phone (house), late = house_phone (house);
  g_autofree char *busy = NULL, *offer = phone_offer (in, "sendonly");

  house_call (in);
  for (guint i = 0; i < 20 && busy == NULL; i++)
    {
      g_autofree char *answer = NULL;
      be_away (house);
      phone_run_until (house->context, is_high, house);
      phone_send (in, "INVITE", in->contact, CONTACT SDP, offer);
      g_free (phone_expect (in, "SIP/2.0 200"));
      phone_ack (in);
      g_clear_pointer (&late->tag, g_free);
      phone_invite (late, "room");
      answer = phone_expect (late, "SIP/2.0 ");
      if (g_str_has_prefix (answer, "SIP/2.0 503"))
        busy = g_steal_pointer (&answer);
      else /* this machine was slow itself */
        {
          phone_ack (late);
          phone_send (late, "BYE", late->contact, NULL, NULL);
          g_free (phone_expect (late, "SIP/2.0 200"));
        }
    }
  g_assert_nonnull (busy);
  g_assert_nonnull (strstr (busy, "\r\nRetry-After: "));
  g_assert_cmpuint (COUNT (house, "sip.shed"), ==, 1);
  house_hang_up (house, in);
  house_free (house);
}

static void
run_clock (RflClock *clock, SipLoad *load, double filled, guint looks)
{
  for (guint i = 0; i < looks; i++)
    sip_load_note_queue (load, filled);
  rfl_clock_advance (clock, 101 * G_TIME_SPAN_MILLISECOND);
}

/* A queue is no overload unless it never becomes short. */
static void
queues (void)
{
  RflClock *clock = rfl_clock_new_manual (0);
  SipLoad *load = sip_load_new (clock);

  sip_load_set_limit (load, G_TIME_SPAN_SECOND);
  run_clock (clock, load, 0.9, 5);
  g_assert_false (sip_load_is_high (load)); /* hardly anybody called */
  sip_load_note_queue (load, 0.1);
  run_clock (clock, load, 0.9, 50);
  g_assert_false (sip_load_is_high (load)); /* it was short once */
  run_clock (clock, load, 0.9, 50);
  g_assert_true (sip_load_is_high (load));
  for (guint i = 0; i < 3; i++)
    run_clock (clock, load, 0.1, 50);
  g_assert_false (sip_load_is_high (load));
  sip_load_set_limit (load, 0);
  run_clock (clock, load, 0.9, 50);
  g_assert_false (sip_load_is_high (load));
  sip_load_free (load);
  rfl_clock_free (clock);
}

/* ---- small parts ---- */

static void
recent (void)
{
  RflClock *clock = rfl_clock_new_manual (0);
  SipRecent *table = sip_recent_new (clock, G_TIME_SPAN_SECOND);
  guint64 a = sip_recent_hash (table, "a", "b", NULL, NULL);

  g_assert_cmpuint (a, !=, sip_recent_hash (table, "ab", NULL, NULL, NULL));
  g_assert_cmpuint (a, !=, sip_recent_hash (table, "a", NULL, "b", NULL));
  g_assert_false (sip_recent_has (table, a));
  sip_recent_add (table, a);
  g_assert_true (sip_recent_has (table, a));
  g_assert_false (sip_recent_has (table, a + 8192));
  rfl_clock_advance (clock, G_TIME_SPAN_SECOND);
  g_assert_false (sip_recent_has (table, a));
  sip_recent_free (table);
  rfl_clock_free (clock);
}

static void
digest_uri (void)
{
  static const struct {
    const char *request, *uri;
    gboolean fits;
  } rows[] = { { "sip:room@h", "", FALSE },
               { "sip:room@h", "room", FALSE },
               { "sip:room@h", "/room", FALSE },
               { "sip:room@h", "sip:", FALSE },
               { "sip:room@h", "tel:1", FALSE },
               { "sip:room@h", "http://h/room", FALSE },
               { "sip:room@h", "sip:other@h", FALSE },
               { "sip:room@h", "sip:Room@h", FALSE },
               { "sip:room@h", "sip:room%00@h", FALSE },
               { "tel:1", "sip:h", FALSE },
               { "sip:room@h", "sip:room@h", TRUE },
               { "sip:room@h", "sip:h:5060", TRUE }, /* sipp */
               { "sip:room@h;transport=tcp", "sip:room@h", TRUE },
               { "sip:room@h", "sip:room@h;transport=tcp?a=b", TRUE },
               { "sip:ro%6Fm@h", "sip:r%6Fom@h", TRUE },
               { "sip:room@10.0.0.1:5070", "sips:room@conference.example.org", TRUE },
               { "sip:h", "sip:anna@h", TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      su_home_t home[1] = { SU_HOME_INIT (home) };
      const url_t *url;

      su_home_init (home);
      url = url_make (home, rows[i].request);
      g_test_message ("%s %s", rows[i].request, rows[i].uri);
      g_assert_cmpint (sip_digest_uri_fits (url, rows[i].uri), ==, rows[i].fits);
      su_home_deinit (home);
    }
}

/* ---- wrong credentials ---- */

static char **
challenge (gpointer self, const char *realm, gboolean stale)
{
  const char *const values[] = { "Digest realm=\"r\", nonce=\"n\"", NULL };

  return g_strdupv ((char **) values);
}

static RflDigestVerdict
check (gpointer self, const RflDigest *digest)
{
  return strcmp (digest->response, "right") == 0 ? RFL_DIGEST_OK : RFL_DIGEST_WRONG;
}

static const RflCredentials credentials = { .challenge = challenge, .check = check };

static char *
invite_with (Phone *phone, const char *response, const char *uri)
{
  g_autofree char *headers =
      g_strdup_printf (CONTACT SDP
                       "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", "
                       "uri=\"%s\", response=\"%s\"\r\n",
                       uri, response);
  char *answer;

  g_clear_pointer (&phone->tag, g_free);
  phone_send (phone, "INVITE", "sip:room@127.0.0.1", headers, OFFER);
  do
    answer = phone_receive (phone);
  while (answer && g_str_has_prefix (answer, "SIP/2.0 1") && (g_free (answer), TRUE));
  g_assert_nonnull (answer);
  if (!g_str_has_prefix (answer, "SIP/2.0 2"))
    phone_send (phone, "ACK", "sip:room@127.0.0.1", NULL, NULL);
  return answer;
}

static guint
retry_after (const char *answer)
{
  const char *header = strstr (answer, "\r\nRetry-After: ");

  g_assert_true (g_str_has_prefix (answer, "SIP/2.0 503"));
  g_assert_nonnull (header);
  return g_ascii_strtoull (header + 15, NULL, 10);
}

/* After three the answers say 503, and say so for twice as long each time; who is right gets in. */
static void
wrong_credentials (void)
{
  House *house = house_new ("wrong_rate = 0.5; wrong_burst = 3; wrong_attempts = 0;");
  g_autoptr (Phone) phone = house_phone (house), colleague = house_phone (house);
  g_autofree char *first = NULL, *second = NULL, *third = NULL, *good = NULL;

  g_assert_true (rfl_core_offer_service (house->core, RFL_CREDENTIALS_SERVICE,
                                         RFL_CREDENTIALS_VERSION, &credentials, house, NULL));
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *again = invite_with (phone, "wrong", "sip:room@h");
      g_assert_true (g_str_has_prefix (again, "SIP/2.0 401"));
    }
  first = invite_with (phone, "wrong", "sip:room@h");
  second = invite_with (phone, "wrong", "sip:room@h");
  third = invite_with (phone, "right", "sip:other@h"); /* not for this request */
  g_assert_cmpuint (retry_after (second), >=, 2 * retry_after (first) - 2);
  g_assert_cmpuint (retry_after (third), >=, 2 * retry_after (second) - 2);
  g_assert_cmpuint (retry_after (third), >, retry_after (first));
  good = invite_with (colleague, "right", "sip:127.0.0.1:5060");
  g_assert_true (g_str_has_prefix (good, "SIP/2.0 200"));
  phone_ack (colleague);
  g_assert_cmpuint (COUNT (house, "sip.wrong_delayed"), ==, 3);
  house_hang_up (house, colleague);
  rfl_core_withdraw_service (house->core, RFL_CREDENTIALS_SERVICE);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/sip/gate/recent", recent);
  g_test_add_func ("/sip/gate/digest-uri", digest_uri);
  g_test_add_func ("/sip/gate/bad-network", bad_network);
  g_test_add_func ("/sip/gate/queues", queues);
  g_test_add_func ("/sip/gate/invites-over-udp", invites_over_udp);
  g_test_add_func ("/sip/gate/invites-over-tcp", invites_over_tcp);
  g_test_add_func ("/sip/gate/stateless-response", stateless_response);
  g_test_add_func ("/sip/gate/what-is-not-counted", what_is_not_counted);
  g_test_add_func ("/sip/gate/other-requests", other_requests);
  g_test_add_func ("/sip/gate/unlimited", unlimited);
  g_test_add_func ("/sip/gate/late-once", late_once);
  g_test_add_func ("/sip/gate/overload", overload);
  g_test_add_func ("/sip/gate/wrong-credentials", wrong_credentials);
  return g_test_run ();
}
