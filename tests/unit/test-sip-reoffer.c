/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session has another codec: its callers are asked to negotiate again. Refusals first: they end no
 * call.
 */
#include "tests/unit/sip-house.h"
#include <string.h>

#define ANSWER                                                                                     \
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"                      \
  "m=audio 40000 RTP/AVP 0\r\n"

/* Returns: (transfer full): the INVITE that comes for it */
static char *
ask (House *house, Phone *phone)
{
  g_assert_true (rfl_participant_reoffer (house_participant (house)));
  return phone_expect (phone, "INVITE ");
}

/* The ACK is on its way before the plugin hears of the response. */
static gboolean
is_settled (gpointer data)
{
  const House *house = data;
  GHashTableIter iter;
  SipCall *call;

  g_hash_table_iter_init (&iter, house->sip->calls);
  while (g_hash_table_iter_next (&iter, (gpointer *) &call, NULL))
    if (call->reinvite.sent || call->proposal || call->settling)
      return FALSE;
  return TRUE;
}

static void
expect_ack (House *house, Phone *phone)
{
  g_free (phone_expect (phone, "ACK "));
  phone_run_until (house->context, is_settled, house);
}

static void
refused (void)
{
  static const char *const statuses[] = { "488 Not Acceptable Here", "415 Unsupported Media Type",
                                          "603 Decline" };
  House *house = house_new ("");

  house_offer (house, "audio");
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autoptr (Phone) phone = house_phone (house);
      house_call (phone);
      phone_run_until (house->context, house_is_confirmed, house);
      g_autofree char *invite = ask (house, phone);
      g_assert_nonnull (strstr (invite, "m=audio "));
      phone_answer (phone, invite, statuses[i]);
      expect_ack (house, phone);
      g_assert_cmpuint (rfl_counter_read (house->sip->counters.reoffers_refused), ==, i + 1);
      g_assert_nonnull (house_participant (house));
      house_hang_up (house, phone);
    }
  g_assert_cmpuint (house->n_offers, ==,
                    G_N_ELEMENTS (statuses)); /* those of the calls themselves */
  house_free (house);
}

/* What it answers is nothing: so everything stays. */
static void
answered_badly (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);

  house_offer (house, "audio");
  house_call (phone);
  phone_run_until (house->context, house_is_confirmed, house);
  g_autofree char *invite = ask (house, phone);
  phone_answer_with (phone, invite, "200 OK", CONTACT SDP, "nonsense");
  expect_ack (house, phone);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.bad_answers), ==, 1);
  house_hang_up (house, phone);
  house_free (house);
}

/* Both sides ask at once: ours comes again. */
static void
met (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);

  house_offer (house, "audio");
  house_call (phone);
  phone_run_until (house->context, house_is_confirmed, house);
  g_autofree char *invite = ask (house, phone);
  phone_answer (phone, invite, "491 Request Pending");
  g_free (phone_expect (phone, "ACK "));
  g_autofree char *again = phone_expect (phone, "INVITE ");
  phone_answer_with (phone, again, "200 OK", CONTACT SDP, ANSWER);
  expect_ack (house, phone);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.reoffers), ==, 2);
  g_assert_cmpuint (house->n_offers, ==, 2);
  house_hang_up (house, phone);
  house_free (house);
}

static gboolean
wants_to_ask (gpointer house)
{
  GHashTableIter iter;
  gpointer call = NULL;

  g_hash_table_iter_init (&iter, ((House *) house)->sip->calls);
  return g_hash_table_iter_next (&iter, &call, NULL) && ((SipCall *) call)->reinvite.tries != 0;
}

/* It is to be asked before the ACK of its own INVITE has come: ours waits, or that would be taken for the answer. */
static void
crossed (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *offer = phone_offer (phone, "sendrecv"), *ok = NULL, *invite = NULL;
  g_autofree char *headers = g_strdup_printf ("Contact: <sip:alice@%s>\r\n" SDP, phone->host);

  house_offer (house, "audio");
  house_call (phone);
  phone_run_until (house->context, house_is_confirmed, house);
  phone_send (phone, "INVITE", phone->contact, headers, offer);
  ok = phone_expect (phone, "SIP/2.0 200");
  g_assert_true (rfl_participant_reoffer (house_participant (house)));
  phone_run_until (house->context, wants_to_ask, house);
  phone_ack (phone);
  invite = phone_expect (phone, "INVITE ");
  g_assert_cmpuint (house->n_offers, ==, 2);
  phone_answer_with (phone, invite, "200 OK", CONTACT SDP, ANSWER);
  expect_ack (house, phone);
  g_assert_cmpuint (house->n_offers, ==, 3);
  house_hang_up (house, phone);
  house_free (house);
}

/* What it answers is in force. Asked twice at once is asked once. */
static void
taken (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);

  house_offer (house, "audio");
  house_call (phone);
  phone_run_until (house->context, house_is_confirmed, house);
  g_assert_true (rfl_participant_reoffer (house_participant (house)));
  g_autofree char *invite = ask (house, phone);
  phone_answer_with (phone, invite, "200 OK", CONTACT SDP, ANSWER);
  expect_ack (house, phone);
  g_assert_cmpuint (house->n_offers, ==, 2);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.reoffers), ==, 1);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.reoffers_refused), ==, 0);
  house_hang_up (house, phone);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/reoffer/refused", refused);
  g_test_add_func ("/sip/reoffer/answered-badly", answered_badly);
  g_test_add_func ("/sip/reoffer/met", met);
  g_test_add_func ("/sip/reoffer/crossed", crossed);
  g_test_add_func ("/sip/reoffer/taken", taken);
  return g_test_run ();
}
