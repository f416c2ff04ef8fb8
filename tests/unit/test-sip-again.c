/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What comes twice: requests on the wire, requests on two paths, and users. */
#include "tests/unit/sip-house.h"
#include <string.h>

static guint
count_calls (const House *house)
{
  return g_hash_table_size (house->sip->calls);
}

/* RFC 3261 §8.2.2.2: the same INVITE on two paths. */
static void
merged (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house), late = NULL;

  g_free (two->call_id);
  two->call_id = g_strdup (one->call_id);
  house->defer = TRUE;
  phone_invite (one, "room");
  phone_run_until (house->context, house_is_deferred, house);
  phone_invite (two, "room");
  g_free (phone_expect (two, "SIP/2.0 482"));
  g_assert_cmpuint (count_calls (house), ==, 1);
  house->defer = FALSE;
  rfl_event_resume (house->deferred, NULL);
  g_free (phone_expect (one, "SIP/2.0 200"));
  phone_ack (one);
  /* Also when the transaction is over. */
  late = house_phone (house);
  g_free (late->call_id);
  late->call_id = g_strdup (one->call_id);
  phone_invite (late, "room");
  g_free (phone_expect (late, "SIP/2.0 482"));
  g_assert_cmpuint (count_calls (house), ==, 1);
  house_hang_up (house, one);
  house_free (house);
}

/* Returns: (transfer full): @message without what a server may choose anew */
static char *
status_and_body (const char *message)
{
  const char *body = strstr (message, "\r\n\r\n");

  return g_strdup_printf ("%.12s%s", message, body);
}

/* A retransmission gets the same answer and makes nothing. */
static void
retransmitted (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *first = NULL, *second = NULL, *a = NULL, *b = NULL;

  phone_invite (phone, "room");
  first = phone_expect (phone, "SIP/2.0 200");
  phone->cseq--;
  g_clear_pointer (&phone->tag, g_free);
  phone_invite (phone, "room");
  second = phone_expect (phone, "SIP/2.0 200");
  a = status_and_body (first);
  b = status_and_body (second);
  g_assert_cmpstr (a, ==, b);
  g_assert_cmpuint (count_calls (house), ==, 1);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.invites), ==, 1);
  phone_ack (phone);
  house_hang_up (house, phone);
  house_free (house);
}

static void
refused (void)
{
  House *house = house_new ("second_call = \"refuse\";");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);

  house_call (one);
  phone_invite (two, "room");
  g_free (phone_expect (two, "SIP/2.0 486"));
  /* In another room he is not. */
  phone_run_until (house->context, house_is_confirmed, house);
  g_assert_cmpuint (count_calls (house), ==, 1);
  g_clear_pointer (&two->tag, g_free);
  phone_invite (two, "elsewhere");
  g_free (phone_expect (two, "SIP/2.0 200"));
  phone_ack (two);
  phone_send (two, "BYE", two->contact, NULL, NULL);
  g_free (phone_expect (two, "SIP/2.0 200"));
  /* Once the first call is over there is room. */
  house_hang_up (house, one);
  g_clear_pointer (&one->tag, g_free);
  house_call (one);
  house_hang_up (house, one);
  house_free (house);
}

/* The old call ends when the new one stands, not before. */
static void
replaced (void)
{
  House *house = house_new ("second_call = \"replace\";");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autofree char *early = NULL, *bye = NULL;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  phone_invite (two, "room");
  g_free (phone_expect (two, "SIP/2.0 200"));
  early = phone_receive_for (one, 100);
  g_assert_null (early);
  g_assert_cmpuint (count_calls (house), ==, 2);
  phone_ack (two);
  bye = phone_expect (one, "BYE ");
  g_assert_nonnull (strstr (bye, "text=\"Replaced by another call of the same user\""));
  phone_answer (one, bye, "200 OK");
  house_participant (house);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.replaced), ==, 1);
  house_hang_up (house, two);
  house_free (house);
}

static SipCall *
some_call (const House *house)
{
  GHashTableIter iter;
  gpointer call = NULL;

  g_hash_table_iter_init (&iter, house->sip->calls);
  g_hash_table_iter_next (&iter, &call, NULL);
  return call;
}

/* Only the From URI is the same: that proves nothing. */
static void
not_replaced (void)
{
  House *house = house_new ("second_call = \"replace\";");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  SipCall *call;

  house_call (one);
  phone_run_until (house->context, house_is_confirmed, house);
  call = some_call (house);
  rfl_address_parse (&call->remote, "192.0.2.77", 5060);
  house_call (two);
  g_assert_null (phone_receive_for (one, 100));
  g_assert_cmpuint (count_calls (house), ==, 2);
  /* Nor are other credentials from the same address. */
  rfl_address_parse (&call->remote, "127.0.0.1", 5060);
  call->user = g_strdup ("bob");
  phone_send (two, "BYE", two->contact, NULL, NULL);
  g_free (phone_expect (two, "SIP/2.0 200"));
  g_clear_pointer (&two->tag, g_free);
  house_call (two);
  g_assert_null (phone_receive_for (one, 100));
  g_assert_cmpuint (count_calls (house), ==, 2);
  phone_send (two, "BYE", two->contact, NULL, NULL);
  g_free (phone_expect (two, "SIP/2.0 200"));
  house_hang_up (house, one);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/again/merged", merged);
  g_test_add_func ("/sip/again/retransmitted", retransmitted);
  g_test_add_func ("/sip/again/not-replaced", not_replaced);
  g_test_add_func ("/sip/again/refused", refused);
  g_test_add_func ("/sip/again/replaced", replaced);
  return g_test_run ();
}
