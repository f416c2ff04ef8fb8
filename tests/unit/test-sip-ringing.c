/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that wait: 180, reliable or not, and callers who do not play along. */
#include "tests/unit/sip-house.h"
#include <string.h>

/* The number in @message's header "NAME: N". */
static guint64
number_of (const char *message, const char *name)
{
  const char *at = strstr (message, name);

  g_assert_nonnull (at);
  return g_ascii_strtoull (at + strlen (name), NULL, 10);
}

static void
invite (Phone *phone, const char *headers)
{
  g_autofree char *all =
      g_strdup_printf ("Contact: <sip:alice@%s>\r\nContent-Type: application/sdp\r\n%s",
                       phone->host, headers);

  phone_send (phone, "INVITE", "sip:room@127.0.0.1", all, OFFER);
}

/* A dialog begins with a reliable 180, which the phone does not learn from by itself. */
static void
learn_early (Phone *phone, const char *ringing)
{
  const char *tag = strstr (strstr (ringing, "\r\nTo:"), "tag=") + 4;
  const char *contact = strchr (strstr (ringing, "\r\nContact:"), '<') + 1;

  phone->tag = g_strndup (tag, strcspn (tag, ";\r"));
  phone->contact = g_strndup (contact, strcspn (contact, ">"));
}

static void
acknowledge (Phone *phone, const char *ringing, const char *more, const char *expected)
{
  guint invite_cseq = phone->cseq;
  g_autofree char *headers = g_strdup_printf ("RAck: %" G_GUINT64_FORMAT " %u INVITE\r\n%s",
                                              number_of (ringing, "\r\nRSeq: "), invite_cseq, more);

  phone_send (phone, "PRACK", phone->contact, headers, NULL);
  g_free (phone_expect (phone, expected));
  phone->cseq = invite_cseq;
}

static void
resume (House *house)
{
  house->defer = FALSE;
  rfl_event_resume (house->deferred, NULL);
}

/* Nobody confirms the 180: the stack ends it with 504. */
static void
never_acknowledged (void)
{
  House *house = house_new ("transaction_timeout = 1;");
  g_autoptr (Phone) phone = house_phone (house);

  house->defer = TRUE;
  invite (phone, "Supported: 100rel\r\n");
  g_free (phone_expect (phone, "SIP/2.0 180"));
  resume (house);
  g_free (phone_expect (phone, "SIP/2.0 504"));
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

/* The stack would hold the 200 back for ever after a PRACK that it has to refuse. */
static void
refused_prack (void)
{
  House *house = house_new ("transaction_timeout = 1;");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ringing = NULL;

  house->defer = TRUE;
  invite (phone, "Supported: 100rel\r\n");
  ringing = phone_expect (phone, "SIP/2.0 180");
  learn_early (phone, ringing);
  resume (house);
  acknowledge (phone, ringing, "Supported: timer\r\nSession-Expires: 5\r\n", "SIP/2.0 422");
  g_free (phone_expect (phone, "SIP/2.0 480"));
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

/* CANCEL between a reliable 180 and its PRACK, when the answer is decided but held back. */
static void
cancelled (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);

  house->defer = TRUE;
  invite (phone, "Supported: 100rel\r\n");
  g_free (phone_expect (phone, "SIP/2.0 180"));
  resume (house);
  phone_send (phone, "CANCEL", "sip:room@127.0.0.1", NULL, NULL);
  g_free (phone_expect (phone, "SIP/2.0 487"));
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static void
reliable (gconstpointer headers)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ringing = NULL, *early = NULL, *ok = NULL;

  house->defer = TRUE;
  invite (phone, headers);
  ringing = phone_expect (phone, "SIP/2.0 180");
  g_assert_nonnull (strstr (ringing, "\r\nRequire: 100rel\r\n"));
  g_assert_nonnull (strstr (ringing, "\r\nContent-Length: 0\r\n"));
  learn_early (phone, ringing);
  resume (house);
  early = phone_receive_for (phone, 100);
  g_assert_true (early == NULL || g_str_has_prefix (early, "SIP/2.0 180"));
  acknowledge (phone, ringing, "", "SIP/2.0 200");
  ok = phone_expect (phone, "SIP/2.0 200");
  g_assert_nonnull (strstr (ok, "\r\nm=audio 5566 RTP/AVP 0\r\n"));
  phone_ack (phone);
  phone_run_until (house->context, house_is_confirmed, house);
  phone->cseq++;
  house_hang_up (house, phone);
  house_free (house);
}

static void
plain (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house), quick = house_phone (house);
  g_autofree char *ringing = NULL, *first = NULL;

  house->defer = TRUE;
  invite (phone, "");
  ringing = phone_expect (phone, "SIP/2.0 180");
  g_assert_null (strstr (ringing, "RSeq"));
  g_assert_null (strstr (ringing, "Require"));
  resume (house);
  g_free (phone_expect (phone, "SIP/2.0 200"));
  phone_ack (phone);
  house_hang_up (house, phone);
  /* What is answered at once does not ring. */
  invite (quick, "Supported: 100rel\r\n");
  first = phone_receive (quick);
  while (first && g_str_has_prefix (first, "SIP/2.0 100"))
    {
      g_free (first);
      first = phone_receive (quick);
    }
  g_assert_true (g_str_has_prefix (first, "SIP/2.0 200"));
  phone_ack (quick);
  house_hang_up (house, quick);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/ringing/never-acknowledged", never_acknowledged);
  g_test_add_func ("/sip/ringing/refused-prack", refused_prack);
  g_test_add_func ("/sip/ringing/cancelled", cancelled);
  g_test_add_data_func ("/sip/ringing/supported", "Supported: 100rel\r\n", reliable);
  g_test_add_data_func ("/sip/ringing/required", "Require: 100rel\r\n", reliable);
  g_test_add_func ("/sip/ringing/plain", plain);
  return g_test_run ();
}
