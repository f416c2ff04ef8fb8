/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The conference event package: what is refused, who is told what and how often, how it ends. */
#include "plugins/sip/conference/conference-private.h"
#include "tests/unit/sip-house.h"
#include <string.h>

#define ROOM "sip:room@127.0.0.1"
#define EVENT "Event: conference\r\n"
#define QUICK "notify_interval = 0; "

/* ---- helpers ---- */

static char *
subscribe (Phone *phone, const char *uri, const char *headers, const char *status)
{
  g_autofree char *start = g_strdup_printf ("SIP/2.0 %s", status);
  g_autofree char *all =
      g_strdup_printf ("Contact: <sip:alice@%s>\r\n%s", phone->host, headers ? headers : "");

  phone_send (phone, "SUBSCRIBE", uri, all, NULL);
  return phone_expect (phone, start);
}

static void
must_have (const char *text, const char *what)
{
  if (!strstr (text, what))
    g_error ("no %s in %s", what, text);
}

/* The next NOTIFY, answered. */
static char *
hear (Phone *phone)
{
  char *notify = phone_expect (phone, "NOTIFY ");

  phone_answer (phone, notify, "200 OK");
  return notify;
}

static void
hear_with (Phone *phone, const char *one, const char *two)
{
  g_autofree char *notify = hear (phone);

  must_have (notify, one);
  must_have (notify, two);
}

static void
hear_nothing (Phone *phone)
{
  g_autofree char *message = phone_receive_for (phone, 200);

  if (message)
    g_error ("not expected: %s", message);
}

static guint
count_subscriptions (const House *house)
{
  return g_hash_table_size (house->sip->conference->subscriptions);
}

static gboolean
is_unsubscribed (gpointer house)
{
  return count_subscriptions (house) == 0;
}

static void
hang_up (Phone *phone)
{
  g_autofree char *ok = NULL;

  phone_send (phone, "BYE", phone->contact, NULL, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
}

/* ---- refused ---- */

static void
bad_requests (void)
{
  static const struct {
    const char *uri, *headers, *status, *must_have;
  } rows[] = {
    { ROOM, NULL, "489", NULL },
    { ROOM, "Event: presence\r\n", "489", "Allow-Events: conference" },
    { ROOM, "Event: refer\r\n", "403", NULL },
    { ROOM, EVENT "Accept: application/pidf+xml\r\n", "406", "Accept: application/conference" },
    { ROOM, EVENT "Expires: 59\r\n", "423", "Min-Expires: 60" },
    { "sip:other@127.0.0.1", EVENT, "403", NULL },
    { "sip:127.0.0.1", EVENT, "404", NULL },
    { "sip:a%00@127.0.0.1", EVENT, "400", NULL },
    { ROOM, EVENT "Require: nothing-known\r\n", "420", NULL },
  };
  House *house = house_new (QUICK);
  g_autoptr (Phone) caller = house_phone (house);

  house_call (caller);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Phone) phone = house_phone (house);
      g_autofree char *answer = subscribe (phone, rows[i].uri, rows[i].headers, rows[i].status);

      if (rows[i].must_have)
        must_have (answer, rows[i].must_have);
      hear_nothing (phone);
    }
  g_assert_cmpuint (count_subscriptions (house), ==, 0);
  house_free (house);
}

static void
no_contact (void)
{
  House *house = house_new (QUICK);
  g_autoptr (Phone) caller = house_phone (house), phone = house_phone (house);
  g_autofree char *answer = NULL;

  house_call (caller);
  phone_send (phone, "SUBSCRIBE", ROOM, EVENT, NULL);
  answer = phone_expect (phone, "SIP/2.0 400");
  g_assert_cmpuint (count_subscriptions (house), ==, 0);
  house_free (house);
}

/* A stranger hears neither who is there nor whether somebody is. */
static void
strangers (void)
{
  static const char *const rooms[] = { "room", "empty" };
  House *house = house_new (QUICK);
  g_autoptr (Phone) caller = house_phone (house);

  house_call (caller);
  for (guint i = 0; i < G_N_ELEMENTS (rooms); i++)
    {
      g_autoptr (Phone) stranger = house_phone (house);
      g_autofree char *answer = NULL;
      g_autofree char *text = g_strdup_printf (
          "SUBSCRIBE sip:%s@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKs%u;rport\r\n"
          "From: <sip:mallory@127.0.0.1>;tag=m\r\nTo: <" ROOM ">\r\nCall-ID: s%u\r\n"
          "CSeq: 1 SUBSCRIBE\r\nContact: <sip:m@%s>\r\n" EVENT "Content-Length: 0\r\n\r\n",
          rooms[i], stranger->host, i, i, stranger->host);

      phone_send_raw (stranger, text, -1);
      answer = phone_expect (stranger, "SIP/2.0 403");
      must_have (answer, "Only who is in the room");
    }
  house_free (house);
}

static void
nobody_there (void)
{
  House *house = house_new (QUICK "subscribers = \"all\";");
  g_autoptr (Phone) phone = house_phone (house);

  g_free (subscribe (phone, ROOM, EVENT, "404"));
  g_assert_cmpuint (count_subscriptions (house), ==, 0);
  house_free (house);
}

static void
too_many (void)
{
  House *house = house_new (QUICK "subscribers = \"all\"; max_subscriptions_of_room = 1;");
  g_autoptr (Phone) caller = house_phone (house), one = house_phone (house),
                    two = house_phone (house);
  g_autofree char *ok = NULL, *answer = NULL;

  house_call (caller);
  ok = subscribe (one, ROOM, EVENT, "200");
  g_free (hear (one));
  answer = subscribe (two, ROOM, EVENT, "503");
  must_have (answer, "Retry-After:");
  g_assert_cmpuint (rfl_counter_read (
                        rfl_counter_get (house->core, "sip.subscriptions_limited", "")),
                    ==, 1);
  house_free (house);
}

static void
too_many_in_all (void)
{
  House *house = house_new (QUICK "subscribers = \"all\"; max_subscriptions = 2;");
  g_autoptr (Phone) caller = house_phone (house), one = house_phone (house),
                    two = house_phone (house), three = house_phone (house);
  g_autofree char *ok = NULL, *answer = NULL;

  house_call (caller);
  g_free (subscribe (one, ROOM, EVENT, "200"));
  g_free (hear (one));
  ok = subscribe (two, ROOM, EVENT, "200");
  g_free (hear (two));
  answer = subscribe (three, ROOM, EVENT, "503");
  must_have (answer, "Retry-After:");
  g_free (subscribe (one, one->contact, EVENT "Expires: 0\r\n", "200"));
  g_free (hear (one));
  g_free (subscribe (three, ROOM, EVENT, "200"));
  g_free (hear (three));
  house_free (house);
}

/* ---- authenticated ---- */

#define AUTHORIZATION                                                                              \
  "Authorization: Digest username=\"alice\", realm=\"r\", nonce=\"n\", uri=\"" ROOM                \
  "\", response=\"0123\", qop=auth, nc=00000001, cnonce=\"c\"\r\n"

static char **
challenge (gpointer self, const char *realm, gboolean stale)
{
  static const char *const values[] = { "Digest realm=\"r\", nonce=\"n\"", NULL };

  return g_strdupv ((char **) values);
}

static RflDigestVerdict
check (gpointer self, const RflDigest *digest)
{
  House *house = self;

  g_assert_cmpstr (digest->method, ==, "SUBSCRIBE");
  return house->verdict;
}

static const RflCredentials credentials = { .challenge = challenge, .check = check };

/* Of whom a password is asked may watch with it, without being there. */
static void
authenticated (void)
{
  House *house = house_new (QUICK "subscribers = \"authenticated\";");
  g_autoptr (Phone) caller = house_phone (house), stranger = house_phone (house),
                    wrong = house_phone (house), right = house_phone (house);
  g_autofree char *asked = NULL;

  house_call (caller);
  g_assert_true (rfl_core_offer_service (house->core, RFL_CREDENTIALS_SERVICE,
                                         RFL_CREDENTIALS_VERSION, &credentials, house, NULL));
  asked = subscribe (stranger, ROOM, EVENT, "401");
  must_have (asked, "\r\nWWW-Authenticate: Digest realm=\"r\"");
  house->verdict = RFL_DIGEST_WRONG;
  g_free (subscribe (wrong, ROOM, EVENT AUTHORIZATION, "401"));
  g_assert_cmpuint (count_subscriptions (house), ==, 0);
  house->verdict = RFL_DIGEST_OK;
  g_free (subscribe (right, ROOM, EVENT AUTHORIZATION, "200"));
  hear_with (right, "<user-count>1</user-count>", "state=\"full\"");
  rfl_core_withdraw_service (house->core, RFL_CREDENTIALS_SERVICE);
  house_free (house);
}

/* ---- told ---- */

/* Over the connection that the subscriber made. */
static void
over_tcp (void)
{
  House *house = house_new (QUICK "subscribers = \"all\";");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autoptr (Phone) watcher = phone_new (house->context, house->port, TRUE);

  house_call (one);
  g_free (subscribe (watcher, ROOM, EVENT "Expires: 600\r\n", "200"));
  hear_with (watcher, "SIP/2.0/TCP", "<user-count>1</user-count>");
  house_call (two);
  hear_with (watcher, "SIP/2.0/TCP", "state=\"partial\" version=\"1\"");
  house_free (house);
}

static void
full_and_partial (void)
{
  House *house = house_new (QUICK);
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autoptr (Phone) watcher = house_phone (house);
  g_autofree char *ok = NULL, *full = NULL, *partial = NULL;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  ok = subscribe (watcher, ROOM, EVENT "Expires: 600\r\n", "200");
  must_have (ok, "\r\nExpires: 600");
  must_have (ok, ";isfocus");
  full = hear (watcher);
  must_have (full, "\r\nSubscription-State: active;expires=");
  must_have (full, "\r\nEvent: conference\r\n");
  must_have (full, "\r\nContent-Type: application/conference-info+xml\r\n");
  must_have (full, "state=\"full\" version=\"0\"");
  must_have (full, "<user-count>1</user-count>");
  must_have (full, "<user entity=\"sip:alice@127.0.0.1\" state=\"full\"><display-text>Alice<");
  must_have (full, "<status>connected</status>");
  must_have (full, "<type>audio</type><status>sendrecv</status>");
  /* The same user again is a second endpoint of his. */
  house_call (two);
  partial = hear (watcher);
  must_have (partial, "state=\"partial\" version=\"1\"");
  must_have (partial, "<user-count>1</user-count>");
  must_have (strstr (strstr (partial, "<endpoint") + 1, "<endpoint"), "participant=");
  house_free (house);
}

/* As a moderator would. */
static void
block (House *house, RflDirection blocked)
{
  RflMedium *medium = house_participant (house)->media->pdata[0];
  RflEvent *event = rfl_event_new (RFL_EVENT_MEDIUM_BLOCKED);

  medium->blocked = blocked;
  rfl_event_set_medium (event, medium);
  rfl_bus_emit (house->core->bus, event, NULL, NULL);
}

static void
muted (void)
{
  House *house = house_new (QUICK);
  g_autoptr (Phone) one = house_phone (house);
  g_autofree char *ok = NULL;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  ok = subscribe (one, one->contact, EVENT, "200");
  g_free (hear (one));
  block (house, RFL_DIRECTION_SEND);
  hear_with (one, "<status>muted-via-focus</status>", "<status>recvonly</status>");
  block (house, RFL_DIRECTION_NONE);
  hear_with (one, "<status>connected</status>", "version=\"2\"");
  house_free (house);
}

static void
fetch (void)
{
  House *house = house_new (QUICK);
  g_autoptr (Phone) one = house_phone (house), watcher = house_phone (house);
  g_autofree char *ok = NULL, *notify = NULL;

  house_call (one);
  ok = subscribe (watcher, ROOM, EVENT "Expires: 0\r\n", "200");
  notify = hear (watcher);
  must_have (notify, "\r\nSubscription-State: terminated");
  must_have (notify, "<user-count>1</user-count>");
  phone_run_until (house->context, is_unsubscribed, house);
  hear_nothing (watcher);
  house_free (house);
}

static void
refresh_and_unsubscribe (void)
{
  House *house = house_new (QUICK);
  g_autoptr (Phone) one = house_phone (house), watcher = house_phone (house);
  g_autofree char *ok = NULL, *again = NULL, *end = NULL, *contact = NULL;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  ok = subscribe (watcher, ROOM, EVENT, "200");
  g_free (hear (watcher));
  contact = g_strdup (watcher->contact);
  again = subscribe (watcher, contact, EVENT "Expires: 100\r\n", "200");
  must_have (again, "\r\nExpires: 100");
  for (;;)
    {
      g_autofree char *notify = hear (watcher);

      must_have (notify, "state=\"full\"");
      if (strstr (notify, "version=\"1\""))
        break;
    }
  end = subscribe (watcher, contact, EVENT "Expires: 0\r\n", "200");
  for (;;)
    {
      g_autofree char *notify = hear (watcher);

      if (strstr (notify, "\r\nSubscription-State: terminated"))
        break;
    }
  phone_run_until (house->context, is_unsubscribed, house);
  house_free (house);
}

/* ---- ends ---- */

static void
refused_notify (void)
{
  static const char *const statuses[] = { "481 Gone", "404 Not Found", "401 Unauthorized",
                                          "500 No",   "503 No",        "302 Elsewhere" };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      House *house = house_new (QUICK);
      g_autoptr (Phone) one = house_phone (house), watcher = house_phone (house);
      g_autofree char *ok = NULL, *inside = NULL, *notify = NULL, *second = NULL;

      house_call (one);
      phone_run_until (house->context, house_is_confirmed, house);
      ok = subscribe (watcher, ROOM, EVENT, "200");
      notify = phone_expect (watcher, "NOTIFY ");
      phone_answer (watcher, notify, statuses[i]);
      phone_run_until (house->context, is_unsubscribed, house);
      /* And the call does not suffer when its own is refused. */
      inside = subscribe (one, one->contact, EVENT, "200");
      second = phone_expect (one, "NOTIFY ");
      phone_answer (one, second, statuses[i]);
      phone_run_until (house->context, is_unsubscribed, house);
      g_assert_true (house_is_confirmed (house));
      house_hang_up (house, one);
      house_free (house);
    }
}

/* 64*T1 later it is over, and the call is not. */
static void
silent_subscriber (void)
{
  House *house = house_new (QUICK "transaction_timeout = 1;");
  g_autoptr (Phone) one = house_phone (house);
  g_autofree char *ok = NULL, *notify = NULL;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  ok = subscribe (one, one->contact, EVENT, "200");
  notify = phone_expect (one, "NOTIFY ");
  phone_run_until (house->context, is_unsubscribed, house);
  g_assert_true (house_is_confirmed (house));
  house_hang_up (house, one);
  house_free (house);
}

/* RFC 5057: the dialog's other usage. */
static void
bye_ends_it (void)
{
  House *house = house_new (QUICK);
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autofree char *ok = NULL, *notify = NULL;

  house_call (one);
  house_call (two);
  phone_run_until (house->context, house_is_confirmed, house);
  ok = subscribe (one, one->contact, EVENT, "200");
  g_free (hear (one));
  hang_up (one);
  notify = hear (one);
  must_have (notify, "\r\nSubscription-State: terminated;reason=noresource");
  must_have (notify, one->call_id);
  phone_run_until (house->context, is_unsubscribed, house);
  hear_nothing (one);
  hang_up (two);
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static void
we_hang_up (void)
{
  House *house = house_new (QUICK);
  g_autoptr (Phone) one = house_phone (house);
  g_autofree char *ok = NULL;
  gboolean bye = FALSE, terminated = FALSE;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  ok = subscribe (one, one->contact, EVENT, "200");
  g_free (hear (one));
  rfl_participant_end (house_participant (house), "kicked");
  while (!bye || !terminated)
    {
      g_autofree char *request = phone_receive (one);

      g_assert_nonnull (request);
      bye |= g_str_has_prefix (request, "BYE ");
      terminated |= strstr (request, "Subscription-State: terminated;reason=noresource") != NULL;
      phone_answer (one, request, "200 OK");
    }
  phone_run_until (house->context, is_unsubscribed, house);
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

/* By whose right somebody watches leaves: he watches no more; and an empty room ends. */
static void
right_leaves (void)
{
  House *house = house_new (QUICK);
  g_autoptr (Phone) one = house_phone (house), watcher = house_phone (house);
  g_autofree char *ok = NULL, *notify = NULL;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  ok = subscribe (watcher, ROOM, EVENT, "200");
  g_free (hear (watcher));
  hang_up (one);
  notify = hear (watcher);
  must_have (notify, "\r\nSubscription-State: terminated;reason=rejected");
  phone_run_until (house->context, is_unsubscribed, house);
  house_free (house);
}

static void
room_ends (void)
{
  House *house = house_new (QUICK "subscribers = \"all\";");
  g_autoptr (Phone) one = house_phone (house), watcher = house_phone (house);
  g_autofree char *ok = NULL;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  ok = subscribe (watcher, ROOM, EVENT, "200");
  g_free (hear (watcher));
  hang_up (one);
  hear_with (watcher, "\r\nSubscription-State: terminated;reason=noresource", "Event: conference");
  phone_run_until (house->context, is_unsubscribed, house);
  house_free (house);
}

static void
stops (void)
{
  House *house = house_new (QUICK "subscribers = \"all\";");
  g_autoptr (Phone) one = house_phone (house), watcher = house_phone (house);
  GMainContext *context = g_main_context_ref (house->context); /* which the phones still need */
  g_autofree char *ok = NULL, *inside = NULL;
  gboolean over = FALSE;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  ok = subscribe (watcher, ROOM, EVENT, "200");
  g_free (hear (watcher));
  inside = subscribe (one, one->contact, EVENT, "200");
  house_free (house);
  while (!over)
    {
      g_autofree char *notify = phone_expect (watcher, "NOTIFY ");

      over = strstr (notify, "\r\nSubscription-State: terminated") != NULL;
    }
  g_main_context_unref (context);
}

/* ---- how often ---- */

static void
merged (void)
{
  House *house = house_new ("subscribers = \"all\"; notify_interval = 300;");
  g_autoptr (Phone) watcher = house_phone (house), first = house_phone (house);
  g_autoptr (GPtrArray) phones = g_ptr_array_new_with_free_func ((GDestroyNotify) phone_free);
  g_autofree char *ok = NULL;
  guint n = 0;

  house_call (first);
  ok = subscribe (watcher, ROOM, EVENT, "200");
  g_free (hear (watcher));
  for (guint i = 0; i < 20; i++)
    {
      g_ptr_array_add (phones, house_phone (house));
      house_call (phones->pdata[i]);
    }
  for (;;)
    {
      g_autofree char *notify = phone_receive_for (watcher, 500);

      if (notify == NULL)
        break;
      phone_answer (watcher, notify, "200 OK");
      n++;
    }
  g_test_message ("%u NOTIFYs for 20 calls", n);
  g_assert_cmpuint (n, >=, 1);
  g_assert_cmpuint (n, <=, 5);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/conference/bad-requests", bad_requests);
  g_test_add_func ("/sip/conference/no-contact", no_contact);
  g_test_add_func ("/sip/conference/strangers", strangers);
  g_test_add_func ("/sip/conference/nobody-there", nobody_there);
  g_test_add_func ("/sip/conference/too-many", too_many);
  g_test_add_func ("/sip/conference/too-many-in-all", too_many_in_all);
  g_test_add_func ("/sip/conference/authenticated", authenticated);
  g_test_add_func ("/sip/conference/over-tcp", over_tcp);
  g_test_add_func ("/sip/conference/full-and-partial", full_and_partial);
  g_test_add_func ("/sip/conference/muted", muted);
  g_test_add_func ("/sip/conference/fetch", fetch);
  g_test_add_func ("/sip/conference/refresh-and-unsubscribe", refresh_and_unsubscribe);
  g_test_add_func ("/sip/conference/refused-notify", refused_notify);
  g_test_add_func ("/sip/conference/silent-subscriber", silent_subscriber);
  g_test_add_func ("/sip/conference/bye-ends-it", bye_ends_it);
  g_test_add_func ("/sip/conference/we-hang-up", we_hang_up);
  g_test_add_func ("/sip/conference/right-leaves", right_leaves);
  g_test_add_func ("/sip/conference/room-ends", room_ends);
  g_test_add_func ("/sip/conference/stops", stops);
  g_test_add_func ("/sip/conference/merged", merged);
  return g_test_run ();
}
