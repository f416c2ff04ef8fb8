/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whom the service "access" keeps out: what he hears, over UDP and TCP, and that calls which are up
 * go on. Which address is in which list is plugins/access's business.
 */
#include "tests/unit/sip-house.h"
#include <string.h>

typedef struct {
  RflAccessVerdict verdict;
  guint n_asked;
} Doorkeeper;

static RflAccessVerdict
judge (gpointer self, const RflAddress *address)
{
  Doorkeeper *keeper = self;
  char text[RFL_ADDRESS_STRLEN];

  g_assert_cmpstr (rfl_address_format_ip (address, text), ==, "127.0.0.1");
  keeper->n_asked++;
  return keeper->verdict;
}

static const RflAccess doorkeeper = { .judge = judge };

static House *
guarded_house (Doorkeeper *keeper)
{
  House *house = house_new ("");
  g_autoptr (GError) error = NULL;

  g_assert_true (rfl_core_offer_service (house->core, RFL_ACCESS_SERVICE, RFL_ACCESS_VERSION,
                                         &doorkeeper, keeper, &error));
  return house;
}

static const struct {
  const char *method, *headers;
} requests[] = { { "INVITE", CONTACT },
                 { "OPTIONS", CONTACT },
                 { "REGISTER", CONTACT },
                 { "MESSAGE", "Content-Type: text/plain\r\n" },
                 { "SUBSCRIBE", "Event: conference\r\n" CONTACT } };

static void
denied (void)
{
  Doorkeeper keeper = { RFL_ACCESS_DENIED, 0 };
  House *house = guarded_house (&keeper);

  for (guint i = 0; i < 2 * G_N_ELEMENTS (requests); i++)
    {
      g_autoptr (Phone) phone = phone_new (house->context, house->port, i % 2);
      const char *method = requests[i / 2].method;
      g_autofree char *answer = NULL;

      phone_send (phone, method, "sip:room@127.0.0.1", requests[i / 2].headers, NULL);
      answer = phone_receive (phone);
      if (answer && strncmp (answer, "SIP/2.0 100", 11) == 0)
        {
          g_free (answer);
          answer = phone_receive (phone);
        }
      g_test_message ("%s: %s", method, answer);
      g_assert_nonnull (answer);
      /* What the plugin does not know at all the stack refuses by itself. */
      g_assert_true (g_str_has_prefix (answer, "SIP/2.0 403")
                     || g_str_has_prefix (answer, "SIP/2.0 405"));
      g_assert_true (i >= 4 || strstr (answer, "Warning: 399 reflectord \"Your address is not"));
      if (i < 2)
        phone_send (phone, "ACK", "sip:room@127.0.0.1", NULL, NULL);
    }
  g_assert_cmpuint (keeper.n_asked, >=, 4);
  g_assert_cmpuint (house->n_offers, ==, 0);
  house_free (house);
}

static void
silent (void)
{
  Doorkeeper keeper = { RFL_ACCESS_SILENT, 0 };
  House *house = guarded_house (&keeper);

  for (guint i = 0; i < 2 * G_N_ELEMENTS (requests); i++)
    {
      g_autoptr (Phone) phone = phone_new (house->context, house->port, i % 2);

      phone_send (phone, requests[i / 2].method, "sip:room@127.0.0.1", requests[i / 2].headers,
                  NULL);
      g_assert_null (phone_receive_for (phone, 300));
    }
  g_assert_cmpuint (keeper.n_asked, >=, 2 * G_N_ELEMENTS (requests));
  g_assert_cmpuint (house->n_offers, ==, 0);
  keeper.verdict = RFL_ACCESS_ALLOWED;
  g_autoptr (Phone) welcome = house_phone (house);
  house_call (welcome);
  house_hang_up (house, welcome);
  house_free (house);
}

static void
calls_go_on (void)
{
  static const RflAccessVerdict verdicts[] = { RFL_ACCESS_DENIED, RFL_ACCESS_SILENT };

  for (guint i = 0; i < G_N_ELEMENTS (verdicts); i++)
    {
      Doorkeeper keeper = { RFL_ACCESS_ALLOWED, 0 };
      House *house = guarded_house (&keeper);
      g_autoptr (Phone) phone = house_phone (house);
      g_autofree char *offer = NULL, *answer = NULL, *nothing = NULL;

      house_call (phone);
      keeper.verdict = verdicts[i];
      offer = phone_offer (phone, "sendonly");
      phone_send (phone, "INVITE", phone->contact, CONTACT SDP, offer);
      answer = phone_expect (phone, "SIP/2.0 200");
      phone_ack (phone);
      house_hang_up (house, phone);
      /* No longer than the last call from there. */
      phone_send (phone, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
      nothing = phone_receive_for (phone, 300);
      g_assert_true (!nothing == (verdicts[i] == RFL_ACCESS_SILENT));
      house_free (house);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/access/denied", denied);
  g_test_add_func ("/sip/access/silent", silent);
  g_test_add_func ("/sip/access/calls-go-on", calls_go_on);
  return g_test_run ();
}
