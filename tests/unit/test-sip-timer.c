/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Session timers (RFC 4028) of a few seconds: who refreshes, how, and what if nobody does. */
#include "tests/unit/sip-house.h"
#include <sofia-sip/nua_tag.h>
#include <string.h>

#define UPDATES "Allow: INVITE, ACK, BYE, UPDATE\r\n"
#define ANSWER                                                                                     \
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                      \
  "m=audio 40000 RTP/AVP 0\r\n"

/* The configuration does not allow as little as a test can wait for. */
static House *
hasty_house (void)
{
  House *house = house_new ("");
  SipListener *listener = house->sip->listeners->pdata[0];

  house->sip->settings.min_se = 1;
  nua_set_params (listener->nua, NUTAG_MIN_SE (1), TAG_END ());
  house_offer (house, "audio");
  return house;
}

static char *
call_with (Phone *phone, const char *headers)
{
  g_autofree char *all =
      g_strdup_printf ("Contact: <sip:alice@%s>\r\n" SDP "Supported: timer\r\n%s", phone->host,
                       headers);
  char *ok;

  phone_send (phone, "INVITE", "sip:room@127.0.0.1", all, OFFER);
  ok = phone_expect (phone, "SIP/2.0 200");
  phone_ack (phone);
  return ok;
}

static void
too_small (void)
{
  House *house = house_new ("min_se = 200;");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *small = NULL, *ok = NULL;

  phone_send (phone, "INVITE", "sip:room@127.0.0.1",
              CONTACT SDP "Supported: timer\r\nSession-Expires: 199\r\n", OFFER);
  small = phone_expect (phone, "SIP/2.0 422");
  g_assert_nonnull (strstr (small, "\r\nMin-SE: 200"));
  phone_send (phone, "ACK", "sip:room@127.0.0.1", NULL, NULL);
  ok = call_with (phone, "Session-Expires: 200\r\n");
  g_assert_nonnull (strstr (ok, "\r\nSession-Expires: 200;refresher=uac"));
  house_hang_up (house, phone);
  house_free (house);
}

static void
switched_off (void)
{
  House *house = house_new ("session_expires = 0;");
  g_autoptr (Phone) phone = house_phone (house), demanding = house_phone (house);
  g_autofree char *ok = NULL;

  ok = call_with (phone, "Session-Expires: 1800\r\n");
  g_assert_null (strstr (ok, "Session-Expires"));
  g_assert_null (strstr (ok, "timer"));
  house_hang_up (house, phone);
  phone_send (demanding, "INVITE", "sip:room@127.0.0.1", CONTACT SDP "Require: timer\r\n", OFFER);
  g_free (phone_expect (demanding, "SIP/2.0 420"));
  house_free (house);
}

/* Phones that say nothing of timers are left alone. */
static void
unknown_to_caller (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL, *timed = NULL;

  phone_invite (phone, "room");
  ok = phone_expect (phone, "SIP/2.0 200");
  g_assert_null (strstr (ok, "Session-Expires"));
  phone_ack (phone);
  house_hang_up (house, phone);
  /* Whoever knows them gets ours, and refreshes. */
  g_clear_pointer (&phone->tag, g_free);
  timed = call_with (phone, "");
  g_assert_nonnull (strstr (timed, "\r\nSession-Expires: 1800;refresher=uac"));
  g_assert_nonnull (strstr (timed, "\r\nRequire: timer"));
  house_hang_up (house, phone);
  house_free (house);
}

static void
expired (void)
{
  House *house = hasty_house ();
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = call_with (phone, "Session-Expires: 2;refresher=uac\r\n"), *bye = NULL;

  g_assert_nonnull (strstr (ok, "\r\nSession-Expires: 2;refresher=uac"));
  bye = phone_expect (phone, "BYE ");
  g_assert_nonnull (strstr (bye, "cause=408"));
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

/* Neither an UPDATE nor an INVITE is possible: the call lasts until its time is over. */
static void
not_refreshable (void)
{
  House *house = hasty_house ();
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *update = NULL, *invite = NULL, *bye = NULL;

  g_free (call_with (phone, UPDATES "Session-Expires: 3;refresher=uas\r\n"));
  update = phone_expect (phone, "UPDATE ");
  phone_answer (phone, update, "405 Method Not Allowed");
  invite = phone_expect (phone, "INVITE ");
  phone_answer (phone, invite, "488 Not Acceptable Here");
  bye = phone_expect (phone, "BYE ");
  g_assert_nonnull (strstr (bye, "SIP;cause=408;text=\"Session timeout\""));
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static void
by_update (void)
{
  House *house = hasty_house ();
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = call_with (phone, UPDATES "Session-Expires: 4;refresher=uas\r\n");
  guint n = house->n_offers;

  g_assert_nonnull (strstr (ok, "\r\nSession-Expires: 4;refresher=uas"));
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *update = phone_expect (phone, "UPDATE ");
      g_assert_nonnull (strstr (update, "\r\nSession-Expires: 4;refresher=uac"));
      g_assert_nonnull (strstr (update, "\r\nContent-Length: 0\r\n"));
      phone_answer_with (phone, update, "200 OK",
                         CONTACT "Require: timer\r\nSession-Expires: 4;refresher=uac\r\n", "");
    }
  g_assert_cmpuint (house->n_offers, ==, n);
  house_hang_up (house, phone);
  house_free (house);
}

/* The stack counts in whole seconds, so that in a session this short its UPDATE may come before our
 * INVITE. */
static char *
expect_invite (Phone *phone)
{
  for (;;)
    {
      char *message = phone_receive (phone);
      if (message == NULL)
        g_error ("waited for INVITE");
      if (g_str_has_prefix (message, "INVITE "))
        return message;
      if (g_str_has_prefix (message, "UPDATE "))
        phone_answer (phone, message, "405 Method Not Allowed");
      g_free (message);
    }
}

/* Who does not allow UPDATE gets an INVITE with what is in force. */
static void
by_invite (void)
{
  House *house = hasty_house ();
  g_autoptr (Phone) phone = house_phone (house);

  g_free (call_with (phone, "Session-Expires: 4;refresher=uas\r\n"));
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *invite = expect_invite (phone);
      g_assert_nonnull (strstr (invite, "\r\nSession-Expires: 4;refresher=uac"));
      g_assert_nonnull (strstr (invite, "\r\nm=audio 5566 RTP/AVP 0\r\n"));
      phone_answer_with (phone, invite, "200 OK",
                         CONTACT SDP "Require: timer\r\nSession-Expires: 4;refresher=uac\r\n",
                         ANSWER);
      g_free (phone_expect (phone, "ACK "));
    }
  house_hang_up (house, phone);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/timer/too-small", too_small);
  g_test_add_func ("/sip/timer/switched-off", switched_off);
  g_test_add_func ("/sip/timer/unknown-to-caller", unknown_to_caller);
  g_test_add_func ("/sip/timer/expired", expired);
  g_test_add_func ("/sip/timer/not-refreshable", not_refreshable);
  g_test_add_func ("/sip/timer/by-update", by_update);
  g_test_add_func ("/sip/timer/by-invite", by_invite);
  return g_test_run ();
}
