/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the gate passes uncounted since it knows its transaction or its call, and who only looks like that. */
#include "plugins/sip/gate/gate-private.h"
#include "tests/unit/sip-house.h"
#include <string.h>

#define COUNT(house, name) rfl_counter_read (rfl_counter_get ((house)->core, name, "test"))

/* @branch of @host, which is all that differs */
static void
send_twin (Phone *phone, const char *method, const char *host, const char *branch)
{
  g_autofree char *text =
      g_strdup_printf ("%s sip:room@127.0.0.1 SIP/2.0\r\n"
                       "Via: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\n"
                       "From: <sip:a@h>;tag=7\r\nTo: <sip:room@127.0.0.1>\r\n"
                       "Call-ID: twins\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
                       method, host, branch, method);

  phone_send_raw (phone, text, -1);
}

/* What the stack would make a transaction of is counted: the same branch of another host, and CANCELs
 * of nothing in a Call-ID that has been heard of. */
static void
no_repetition (void)
{
  House *house = house_new ("request_rate = 0.01; request_burst = 2;");
  g_autoptr (Phone) phone = house_phone (house);

  send_twin (phone, "OPTIONS", "a.example.org", "1");
  g_free (phone_expect (phone, "SIP/2.0 200"));
  send_twin (phone, "OPTIONS", "a.example.org", "1");
  g_free (phone_expect (phone, "SIP/2.0 200"));
  send_twin (phone, "OPTIONS", "b.example.org", "1");
  g_free (phone_expect (phone, "SIP/2.0 "));
  g_assert_cmpuint (COUNT (house, "sip.limited"), ==, 0);
  send_twin (phone, "OPTIONS", "c.example.org", "1");
  g_free (phone_expect (phone, "SIP/2.0 503"));
  send_twin (phone, "CANCEL", "a.example.org", "2");
  g_free (phone_expect (phone, "SIP/2.0 503"));
  g_assert_cmpuint (COUNT (house, "sip.limited"), ==, 2);
  house_free (house);
}

/* Like one of the call with @call_id, but for the tags. */
static void
send_inside (Phone *phone, const char *method, const char *call_id, const char *from,
             const char *to)
{
  static guint branch;
  g_autofree char *text =
      g_strdup_printf ("%s sip:room@127.0.0.1 SIP/2.0\r\n"
                       "Via: SIP/2.0/UDP stranger.example.org;branch=z9hG4bKs%u;rport\r\n"
                       "From: <sip:alice@127.0.0.1>%s%s\r\nTo: <sip:room@127.0.0.1>%s%s\r\n"
                       "Call-ID: %s\r\nCSeq: 9 %s\r\nContent-Length: 0\r\n\r\n",
                       method, ++branch, *from ? ";tag=" : "", from, *to ? ";tag=" : "", to,
                       call_id, method);

  phone_send_raw (phone, text, -1);
}

/* Who knows the Call-ID of a call, and even one of its tags, is as limited as everybody. */
static void
stranger_with_call_id (void)
{
  House *house = house_new ("request_rate = 0.01; request_burst = 1;");
  g_autoptr (Phone) in = house_phone (house), stranger = house_phone (house);
  const char *id = in->call_id;
  const char *ours;
  gint64 limited;

  house_call (in);
  ours = in->tag;
  phone_send (stranger, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  g_free (phone_expect (stranger, "SIP/2.0 200"));
  {
    const char *const tags[][2] = { { "x", "y" },   { "f1", "y" }, { "x", ours },
                                    { ours, "f1" }, { "", ours },  { "f1", "f1" },
                                    { "x", "" },    { "f1", "" },  { ours, ours } };
    const char *const methods[] = { "OPTIONS", "BYE", "CANCEL", "INFO" };

    for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
      for (guint j = 0; j < G_N_ELEMENTS (methods); j++)
        {
          send_inside (stranger, methods[j], id, tags[i][0], tags[i][1]);
          g_free (phone_expect (stranger, "SIP/2.0 503"));
        }
    limited = G_N_ELEMENTS (tags) * G_N_ELEMENTS (methods);
    g_assert_cmpint (COUNT (house, "sip.limited"), ==, limited);
    for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
      send_inside (stranger, "ACK", id, tags[i][0], tags[i][1]);
    limited += G_N_ELEMENTS (tags);
  }
  phone_send (in, "OPTIONS", in->contact, NULL, NULL);
  g_free (phone_expect (in, "SIP/2.0 200"));
  g_assert_cmpint (COUNT (house, "sip.limited"), ==, limited);
  house_hang_up (house, in);
  house_free (house);
}

/* Known by both tags before its 200, too. */
static void
early (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);

  house->defer = TRUE;
  phone_invite (phone, "room");
  phone_run_until (house->context, house_is_deferred, house);
  g_assert_cmpuint (g_hash_table_size (house->sip->gate->dialogs), ==, 1);
  rfl_event_resume (house->deferred, NULL);
  g_free (phone_expect (phone, "SIP/2.0 200"));
  phone_ack (phone);
  house_hang_up (house, phone);
  g_assert_cmpuint (g_hash_table_size (house->sip->gate->dialogs), ==, 0);
  house_free (house);
}

/* The call itself sends what it likes; after its end it is a stranger. */
static void
inside (void)
{
  House *house = house_new ("request_rate = 0.01; request_burst = 1; invite_rate = 0.01; "
                            "invite_burst = 2;");
  g_autoptr (Phone) in = house_phone (house), other = house_phone (house);
  g_autofree char *offer = phone_offer (in, "sendonly");

  phone_send (other, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  g_free (phone_expect (other, "SIP/2.0 200"));
  house_call (in);
  for (guint i = 0; i < 5; i++)
    {
      phone_send (in, "INFO", in->contact, NULL, NULL);
      g_free (phone_expect (in, "SIP/2.0 200"));
      phone_send (in, "INVITE", in->contact, CONTACT SDP, offer);
      g_free (phone_expect (in, "SIP/2.0 200"));
      phone_ack (in);
    }
  g_assert_cmpuint (COUNT (house, "sip.limited"), ==, 0);
  house_hang_up (house, in);
  phone_send (in, "INFO", "sip:room@127.0.0.1", NULL, NULL);
  g_free (phone_expect (in, "SIP/2.0 503"));
  g_assert_cmpuint (COUNT (house, "sip.limited"), ==, 1);
  house_free (house);
}

/* Something that was sent before has been handled, in its turn. */
static void
settle (Phone *phone)
{
  send_twin (phone, "OPTIONS", "z.example.org", "z");
  g_free (phone_expect (phone, "SIP/2.0 503"));
}

/* The ACK to a refusal belongs to its INVITE's transaction and costs nothing; another one does, and so does one whose
 * Call-ID is all that it has in common. */
static void
refused_invite (void)
{
  House *house = house_new ("request_rate = 0.01; request_burst = 1;");
  g_autoptr (Phone) phone = house_phone (house);

  send_twin (phone, "OPTIONS", "a.example.org", "0");
  g_free (phone_expect (phone, "SIP/2.0 200"));
  send_twin (phone, "INVITE", "a.example.org", "1");
  g_free (phone_expect (phone, "SIP/2.0 4"));
  send_twin (phone, "ACK", "a.example.org", "1");
  settle (phone);
  g_assert_cmpuint (COUNT (house, "sip.limited"), ==, 1);
  send_twin (phone, "ACK", "a.example.org", "2");
  send_twin (phone, "ACK", "b.example.org", "1");
  send_inside (phone, "ACK", "twins", "7", "x");
  settle (phone);
  g_assert_cmpuint (COUNT (house, "sip.limited"), ==, 5);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/sip/gate-known/no-repetition", no_repetition);
  g_test_add_func ("/sip/gate-known/stranger-with-call-id", stranger_with_call_id);
  g_test_add_func ("/sip/gate-known/early", early);
  g_test_add_func ("/sip/gate-known/inside", inside);
  g_test_add_func ("/sip/gate-known/refused-invite", refused_invite);
  return g_test_run ();
}
