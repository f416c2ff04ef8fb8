/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The whole plugin on a core without other plugins, called by phones of text over loopback:
 * refusals first, then calls in all the ways they begin, change and end. */
#include "core/config/config.h"
#include "core/core-private.h"
#include "plugins/sip/call.h"
#include "plugins/sip/instance.h"
#include "tests/unit/sip-phone.h"
#include <string.h>

/* Stands in for media and credentials. */
typedef struct {
  GMainContext *context;
  RflCore *core;
  SipPlugin *sip;
  RflSettings *settings;
  guint16 port;
  guint media_hook;
  int refuse; /* an RflError, or -1 */
  gboolean defer;
  RflEvent *deferred;
  RflDigestVerdict verdict;
  RflDirection direction; /* of the last offer */
  guint n_offers;
} House;

static void
answer_medium (RflMedium *medium)
{
  RflMediumDesc *desc = medium->offered;

  if (strcmp (desc->kind, "audio") != 0 || desc->formats->len == 0)
    return;
  g_ptr_array_add (desc->answer, rfl_format_copy (desc->formats->pdata[0]));
  desc->accepted = TRUE;
  desc->answer_rtp = desc->answer_rtcp = desc->local;
  desc->answer_rtp.port = 5566;
  desc->answer_rtcp.port = 5567;
}

static RflHookResult
on_offer (RflEvent *event, gpointer user_data, GError **error)
{
  House *house = user_data;

  house->n_offers++;
  if (house->refuse >= 0)
    {
      g_set_error (error, RFL_ERROR, house->refuse, "the \"test\" says no");
      return RFL_HOOK_REFUSE;
    }
  for (guint i = 0; i < event->participant->media->len; i++)
    {
      RflMedium *medium = event->participant->media->pdata[i];
      house->direction = medium->offered->direction;
      answer_medium (medium);
    }
  if (!house->defer)
    return RFL_HOOK_CONTINUE;
  house->deferred = rfl_event_ref (event);
  return RFL_HOOK_DEFER;
}

/* A port that is free just now: the plugin is started again if somebody else took it. */
static gboolean
try_start (House *house, const char *more)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  house->port = g_random_int_range (20000, 30000);
  text = g_strdup_printf ("port = %u; addresses = [ \"127.0.0.1\" ]; %s", house->port, more);
  house->settings = rfl_settings_new_from_text ("sip", sip_options, text, &error);
  g_assert_no_error (error);
  house->sip = sip_instance_new (house->core);
  g_assert_true (sip_instance_configure (house->sip, house->settings, NULL));
  if (sip_instance_start (house->sip, &error))
    return TRUE;
  g_test_message ("%s", error->message);
  sip_instance_free (house->sip);
  rfl_settings_free (house->settings);
  return FALSE;
}

static House *
house_new (const char *more)
{
  House *house = g_new0 (House, 1);
  RflCoreOptions options = { .manual_workers = TRUE };
  RflHook hook = { .name = "test/media",
                   .event = RFL_EVENT_MEDIA_OFFERED,
                   .stage = RFL_HOOK_NORMAL,
                   .func = on_offer,
                   .user_data = house };

  house->context = options.context = g_main_context_new ();
  house->refuse = -1;
  house->core = rfl_core_new (&options);
  house->media_hook = rfl_bus_add_hook (house->core->bus, &hook, NULL);
  for (guint i = 0; i < 10; i++)
    if (try_start (house, more))
      return house;
  g_error ("no port is free");
}

static void
house_free (House *house)
{
  sip_instance_stop (house->sip);
  g_assert_cmpuint (g_hash_table_size (house->core->participants), ==, 0);
  sip_instance_free (house->sip);
  g_clear_pointer (&house->deferred, rfl_event_unref);
  rfl_settings_free (house->settings);
  rfl_bus_remove_hook (house->core->bus, house->media_hook);
  rfl_core_free (house->core);
  g_main_context_unref (house->context);
  g_free (house);
}

static Phone *
house_phone (House *house)
{
  return phone_new (house->context, house->port, FALSE);
}

static gboolean
is_empty (gpointer data)
{
  House *house = data;

  return g_hash_table_size (house->sip->calls) == 0
         && g_hash_table_size (house->core->participants) == 0;
}

static gboolean
is_confirmed (gpointer data)
{
  GHashTableIter iter;
  gpointer call;

  g_hash_table_iter_init (&iter, ((House *) data)->sip->calls);
  return g_hash_table_iter_next (&iter, &call, NULL)
         && ((SipCall *) call)->state == SIP_CALL_CONFIRMED;
}

static RflParticipant *
only_participant (House *house)
{
  RflSession *session = rfl_core_find_session (house->core, "room");

  g_assert_nonnull (session);
  g_assert_cmpuint (session->participants->len, ==, 1);
  return session->participants->pdata[0];
}

/* Calls, is answered, acknowledges. */
static void
call (Phone *phone)
{
  g_autofree char *ok = NULL;

  phone_invite (phone, "room");
  ok = phone_expect (phone, "SIP/2.0 200");
  phone_ack (phone);
}

static void
hang_up (House *house, Phone *phone)
{
  g_autofree char *ok = NULL;

  phone_send (phone, "BYE", phone->contact, NULL, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
  phone_run_until (house->context, is_empty, house);
}

/* ---- refusals ---- */

#define CONTACT "Contact: <sip:alice@127.0.0.1:9>\r\n"
#define SDP "Content-Type: application/sdp\r\n"
#define OFFER                                                                                   \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                   \
  "m=audio 40000 RTP/AVP 0\r\n"

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
  { "INVITE", "sip:room@127.0.0.1", CONTACT, NULL, "488", "Warning: 399" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP, "v=1\r\n", "400", "Warning: 399" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP, OFFER "m=audio 2 UDP\r\n", "400", "SDP line 7" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT "Content-Type: text/plain\r\n", "hello", "415",
    "Accept: application/sdp" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT "Content-Type: multipart/mixed;boundary=x\r\n",
    "--x\r\n\r\n--x--\r\n", "415", "Accept: application/sdp" },
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP "Content-Encoding: gzip\r\n", OFFER, "415", NULL },
  { "INVITE", "sip:room@127.0.0.1", CONTACT SDP "Require: 100rel, foo\r\n", OFFER, "420",
    "Unsupported: 100rel" },
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
  { "MESSAGE", "sip:room@127.0.0.1", "Content-Type: text/plain\r\n", "hi", "405",
    "Allow: INVITE" },
  { "SUBSCRIBE", "sip:room@127.0.0.1", "Event: conference\r\n" CONTACT, NULL, "405",
    "Allow: INVITE" },
  { "REGISTER", "sip:127.0.0.1", CONTACT, NULL, "405", "Allow: INVITE" },
  { "PUBLISH", "sip:room@127.0.0.1", "Event: presence\r\n", NULL, "405", "Allow: INVITE" },
  { "NOTIFY", "sip:room@127.0.0.1", "Event: refer\r\n" CONTACT, NULL, "405", "Allow: INVITE" },
  { "INFO", "sip:room@127.0.0.1", NULL, NULL, "405", "Allow: INVITE" },
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
  phone_run_until (house->context, is_empty, house);
  house_free (house);
}

static void
errors_of_join (void)
{
  static const struct { RflError error; const char *status, *must_have; } rows[] = {
    { RFL_ERROR_NO_CODEC, "488", "Warning: 305 reflectord \"the 'test' says no\"" },
    { RFL_ERROR_LIMIT, "486", NULL },
    { RFL_ERROR_FORBIDDEN, "403", NULL },
    { RFL_ERROR_UNAVAILABLE, "503", "Retry-After:" },
    { RFL_ERROR_FAILED, "500", NULL }
  };
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
  phone_run_until (house->context, is_empty, house);
  house_free (house);
}

static void
limits (void)
{
  House *house = house_new ("max_calls = 1;");
  g_autoptr (Phone) first = house_phone (house), second = house_phone (house);
  g_autofree char *answer = NULL, *draining = NULL, *bye = NULL;

  call (first);
  phone_invite (second, "room");
  answer = phone_expect (second, "SIP/2.0 503");
  g_assert_nonnull (strstr (answer, "Retry-After:"));
  rfl_core_drain (house->core);
  bye = phone_expect (first, "BYE ");
  g_assert_nonnull (strstr (bye, "\r\nReason: SIP;cause=200;text=\"The conference server"));
  phone_answer (first, bye, "200 OK");
  phone_run_until (house->context, is_empty, house);
  phone_invite (first, "room");
  draining = phone_expect (first, "SIP/2.0 4"); /* in the old dialog: 481 */
  house_free (house);
}

/* ---- calls ---- */

static void
whole_call (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL, *options = NULL;
  RflParticipant *participant;

  phone_invite (phone, "room");
  ok = phone_expect (phone, "SIP/2.0 200");
  g_assert_nonnull (strstr (ok, "\r\nContent-Type: application/sdp\r\n"));
  g_assert_nonnull (strstr (ok, "\r\nm=audio 5566 RTP/AVP 0\r\n"));
  g_assert_nonnull (strstr (ok, ";received=127.0.0.1") ? ok : strstr (ok, ";rport="));
  phone_ack (phone);
  participant = only_participant (house);
  g_assert_cmpstr (participant->identity, ==, "sip:alice@127.0.0.1");
  g_assert_cmpstr (participant->cname, ==, "sip:alice@127.0.0.1");
  g_assert_cmpstr (participant->display_name, ==, "Alice");
  g_assert_cmpuint (participant->signalling.port, ==, phone->port);
  phone_send (phone, "OPTIONS", phone->contact, NULL, NULL);
  options = phone_expect (phone, "SIP/2.0 200");
  g_assert_nonnull (strstr (options, "\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE"));
  hang_up (house, phone);
  house_free (house);
}

static void
over_tcp (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = phone_new (house->context, house->port, TRUE);
  g_autofree char *bye = NULL;

  /* The Contact is where nobody listens: what we send must use the connection. */
  g_free (phone->host);
  phone->host = g_strdup ("192.168.77.1:5060");
  call (phone);
  g_assert_nonnull (strstr (phone->contact, ";transport=tcp"));
  phone_run_until (house->context, is_confirmed, house);
  rfl_participant_end (only_participant (house), "time is up");
  bye = phone_expect (phone, "BYE ");
  g_assert_nonnull (strstr (bye, "text=\"time is up\""));
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, is_empty, house);
  house_free (house);
}

/* A phone behind a NAT names addresses that cannot be reached. */
static void
behind_nat (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *bye = NULL;

  g_free (phone->host);
  phone->host = g_strdup ("192.168.77.1:5060");
  call (phone);
  phone_run_until (house->context, is_confirmed, house);
  rfl_participant_end (only_participant (house), "enough");
  bye = phone_expect (phone, "BYE ");
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, is_empty, house);
  house_free (house);
}

static void
hold_and_resume (void)
{
  static const struct { const char *method, *offered, *answered; RflDirection direction; } rows[] = {
    { "INVITE", "sendonly", "a=recvonly\r\n", RFL_DIRECTION_SEND },
    { "INVITE", "inactive", "a=inactive\r\n", RFL_DIRECTION_NONE },
    { "UPDATE", "sendrecv", "a=sendrecv\r\n", RFL_DIRECTION_BOTH }
  };
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);

  call (phone);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *offer = phone_offer (phone, rows[i].offered), *ok = NULL;
      phone_send (phone, rows[i].method, phone->contact, CONTACT SDP, offer);
      ok = phone_expect (phone, "SIP/2.0 200");
      g_assert_nonnull (strstr (ok, rows[i].answered));
      g_assert_cmpint (house->direction, ==, rows[i].direction);
      if (strcmp (rows[i].method, "INVITE") == 0)
        phone_ack (phone);
    }
  hang_up (house, phone);
  house_free (house);
}

/* RFC 3261 §14.2: the call goes on as it was. */
static void
refused_change (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *refusal = NULL, *malformed = NULL, *ok = NULL, *hostile = NULL;
  g_autofree char *offer = phone_offer (phone, "sendonly");

  call (phone);
  house->refuse = RFL_ERROR_NO_CODEC;
  phone_send (phone, "INVITE", phone->contact, CONTACT SDP, offer);
  refusal = phone_expect (phone, "SIP/2.0 488");
  phone_send (phone, "INVITE", phone->contact, CONTACT SDP, "nonsense");
  malformed = phone_expect (phone, "SIP/2.0 400");
  phone_send (phone, "UPDATE", phone->contact, "Contact: <tel:1>\r\n" SDP, offer);
  hostile = phone_expect (phone, "SIP/2.0 400 Bad");
  house->refuse = -1;
  phone_send (phone, "UPDATE", phone->contact, CONTACT, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
  g_assert_cmpuint (house->n_offers, ==, 2);
  hang_up (house, phone);
  house_free (house);
}

static gboolean
is_deferred (gpointer data)
{
  return ((House *) data)->deferred != NULL;
}

static void
deferred_join (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL;

  house->defer = TRUE;
  phone_invite (phone, "room");
  phone_run_until (house->context, is_deferred, house);
  rfl_event_resume (house->deferred, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
  phone_ack (phone);
  hang_up (house, phone);
  house_free (house);
}

static void
cancelled_join (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL, *uri = NULL, *terminated = NULL;

  house->defer = TRUE;
  uri = g_strdup_printf ("sip:room@127.0.0.1:%u", house->port);
  phone_invite (phone, "room");
  phone_run_until (house->context, is_deferred, house);
  phone_send (phone, "CANCEL", uri, NULL, NULL);
  terminated = phone_expect (phone, "SIP/2.0 487");
  phone_run_until (house->context, is_empty, house);
  rfl_event_resume (house->deferred, NULL); /* too late, and harmless */
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.cancelled), ==, 1);
  house_free (house);
}

/* Also the way to see that the dialog's target was sound: the stack sends the BYE. */
static void
no_ack (void)
{
  House *house = house_new ("transaction_timeout = 1;");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL, *bye = NULL;

  phone_invite (phone, "room");
  ok = phone_expect (phone, "SIP/2.0 200");
  bye = phone_expect (phone, "BYE ");
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, is_empty, house);
  house_free (house);
}

/* RFC 3261 §15: no BYE of ours before the ACK. */
static void
ended_before_ack (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL, *bye = NULL;

  phone_invite (phone, "room");
  ok = phone_expect (phone, "SIP/2.0 200");
  rfl_participant_end (only_participant (house), "moderator");
  phone_ack (phone);
  bye = phone_expect (phone, "BYE ");
  g_assert_nonnull (strstr (bye, "text=\"moderator\""));
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, is_empty, house);
  house_free (house);
}

static void
twice_the_same_user (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autofree char *ok = NULL;

  call (one);
  call (two);
  g_assert_cmpuint (rfl_core_find_session (house->core, "room")->participants->len, ==, 2);
  phone_send (two, "BYE", two->contact, NULL, NULL);
  ok = phone_expect (two, "SIP/2.0 200");
  hang_up (house, one);
  house_free (house);
}

/* A peer that never answers our BYE holds the end up for two seconds, not for thirty. */
static void
stop_with_silent_peer (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *bye = NULL;
  gint64 start;

  call (phone);
  phone_run_until (house->context, is_confirmed, house);
  start = g_get_monotonic_time ();
  house_free (house);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 4 * G_TIME_SPAN_SECOND);
  phone->context = NULL;
  bye = phone_expect (phone, "BYE ");
}

/* ---- digest ---- */

static char **
challenge (gpointer self, gboolean stale)
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
  House *house = house_new ("");
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
  hang_up (house, phone);
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
  g_test_add_func ("/sip/dialog/refused", refused);
  g_test_add_func ("/sip/dialog/errors-of-join", errors_of_join);
  g_test_add_func ("/sip/dialog/limits", limits);
  g_test_add_func ("/sip/dialog/digest-without-service", digest_without_service);
  g_test_add_func ("/sip/dialog/digest", digest);
  g_test_add_func ("/sip/dialog/whole-call", whole_call);
  g_test_add_func ("/sip/dialog/over-tcp", over_tcp);
  g_test_add_func ("/sip/dialog/behind-nat", behind_nat);
  g_test_add_func ("/sip/dialog/hold-and-resume", hold_and_resume);
  g_test_add_func ("/sip/dialog/refused-change", refused_change);
  g_test_add_func ("/sip/dialog/deferred-join", deferred_join);
  g_test_add_func ("/sip/dialog/cancelled-join", cancelled_join);
  g_test_add_func ("/sip/dialog/no-ack", no_ack);
  g_test_add_func ("/sip/dialog/ended-before-ack", ended_before_ack);
  g_test_add_func ("/sip/dialog/twice-the-same-user", twice_the_same_user);
  g_test_add_func ("/sip/dialog/stop-with-silent-peer", stop_with_silent_peer);
  return g_test_run ();
}
