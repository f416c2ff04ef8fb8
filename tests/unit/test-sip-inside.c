/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests inside a call that must leave it as it was: refused, taken back, not for us. */
#include "tests/unit/sip-house.h"
#include <string.h>

#define MEDIA_CONTROL "Content-Type: application/media_control+xml\r\n"
#define PICTURE                                                                                    \
  "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<media_control><vc_primitive><to_encoder>"        \
  "<picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n"

static RflHookResult
on_digit (RflEvent *event, gpointer data, GError **error)
{
  g_string_append (data, event->name);
  return RFL_HOOK_CONTINUE;
}

static void
info (void)
{
  char large[3000];
  const struct {
    const char *headers, *body, *status, *must_have;
  } rows[] = {
    { "Content-Type: application/dtmf-info\r\n", "Signal=5\r\n", "SIP/2.0 415",
      "\r\nAccept: application/media_control+xml, application/dtmf-relay, application/dtmf" },
    { "Content-Type: application/dtmf-relay\r\n", "Duration=160\r\n", "SIP/2.0 400", NULL },
    { "Content-Type: application/dtmf-relay\r\n", "Signal=55\r\n", "SIP/2.0 400", NULL },
    { "Content-Type: application/dtmf-relay\r\n", large, "SIP/2.0 413", NULL },
    { "Content-Type: application/dtmf\r\n", "16", "SIP/2.0 400", NULL },
    { "Content-Type: application/dtmf\r\n", "5", "SIP/2.0 200", NULL },
    { "Content-Type: application/dtmf-relay\r\n", "Signal= #\r\nDuration=160\r\n", "SIP/2.0 200",
      NULL },
    { "Content-Type: application/dtmf-relay\r\n", "Duration=160\r\nsignal=10", "SIP/2.0 200",
      NULL },
    { NULL, "x", "SIP/2.0 415", NULL },
    { MEDIA_CONTROL, large, "SIP/2.0 413", NULL },
    { MEDIA_CONTROL, "<media_control>", "SIP/2.0 400", NULL },
    { MEDIA_CONTROL, "<media_control>\xff</media_control>", "SIP/2.0 400", NULL },
    { MEDIA_CONTROL "Content-Encoding: gzip\r\n", PICTURE, "SIP/2.0 415", NULL },
    { MEDIA_CONTROL, "<media_control/>", "SIP/2.0 200", NULL },
    { NULL, NULL, "SIP/2.0 200", NULL },
    { MEDIA_CONTROL, PICTURE, "SIP/2.0 200", NULL },
  };
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autoptr (GString) digits = g_string_new (NULL);
  const RflHook hook = {
    "test/digit", RFL_EVENT_DIGIT, RFL_HOOK_LATE, NULL, NULL, on_digit, digits
  };
  guint id = rfl_bus_add_hook (rfl_core_get_bus (house->core), &hook, NULL);

  memset (large, ' ', sizeof large);
  large[sizeof large - 1] = '\0';
  house_call (phone);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *answer = NULL;
      phone_send (phone, "INFO", phone->contact, rows[i].headers, rows[i].body);
      answer = phone_expect (phone, rows[i].status);
      g_assert_true (rows[i].must_have == NULL || strstr (answer, rows[i].must_have));
    }
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.picture_requests), ==, 1);
  g_assert_cmpstr (digits->str, ==, "5#*");
  rfl_bus_remove_hook (rfl_core_get_bus (house->core), id);
  house_hang_up (house, phone);
  house_free (house);
}

/* A phone that transfers shows that it could not, and the call goes on. */
static void
transfer (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *refer = NULL, *unknown = NULL, *replaces = NULL;

  house_call (phone);
  phone_send (phone, "REFER", phone->contact, CONTACT "Refer-To: <sip:bob@192.0.2.9>\r\n", NULL);
  refer = phone_expect (phone, "SIP/2.0 405");
  g_assert_nonnull (strstr (refer, "\r\nAllow: INVITE"));
  g_assert_null (strstr (refer, "REFER,"));
  phone_send (phone, "REFER", phone->contact,
              CONTACT "Refer-To: <sip:b@192.0.2.9?Replaces=1%3Bto-tag%3D2%3Bfrom-tag%3D3>\r\n",
              NULL);
  replaces = phone_expect (phone, "SIP/2.0 405");
  phone_send (phone, "DANCE", phone->contact, NULL, NULL);
  unknown = phone_expect (phone, "SIP/2.0 501");
  house_participant (house);
  house_hang_up (house, phone);
  house_free (house);
}

/* @other speaks as if it were @phone's new place. */
static void
take_over (Phone *other, const Phone *phone)
{
  g_free (other->call_id);
  other->call_id = g_strdup (phone->call_id);
  other->tag = g_strdup (phone->tag);
  other->contact = g_strdup (phone->contact);
  other->cseq = phone->cseq;
}

/* A change that is refused has not moved the call's target (RFC 3261 §12.2.2). */
static void
refused_move (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house), other = house_phone (house);
  g_autofree char *offer = phone_offer (phone, "sendrecv"), *bye = NULL;

  house_call (phone);
  phone_run_until (house->context, house_is_confirmed, house);
  take_over (other, phone);
  house->refuse = RFL_ERROR_NO_CODEC;
  phone_send (other, "INVITE", other->contact, "Contact: <sip:alice@192.168.77.2>\r\n" SDP, offer);
  g_free (phone_expect (other, "SIP/2.0 488"));
  house->refuse = -1;
  rfl_participant_end (house_participant (house), "enough");
  bye = phone_expect (phone, "BYE ");
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static gboolean
is_decided (gpointer data)
{
  return ((RflMedium *) house_participant (data)->media->pdata[0])->offered == NULL;
}

/* The CANCEL of a change that waits: nothing has changed, and the next one is taken. */
static void
cancelled_change (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *offer = phone_offer (phone, "sendonly"), *ok = NULL;
  const RflMediumDesc *current;

  house_call (phone);
  house->defer = TRUE;
  phone_send (phone, "INVITE", phone->contact, CONTACT SDP, offer);
  phone_run_until (house->context, house_is_deferred, house);
  phone_send (phone, "CANCEL", phone->contact, NULL, NULL);
  g_free (phone_expect (phone, "SIP/2.0 487"));
  phone_run_until (house->context, is_decided, house);
  rfl_event_resume (house->deferred, NULL); /* too late, and harmless */
  current = ((RflMedium *) house_participant (house)->media->pdata[0])->current;
  g_assert_cmpint (current->direction, ==, RFL_DIRECTION_BOTH);
  house->defer = FALSE;
  phone_send (phone, "INVITE", phone->contact, CONTACT SDP, offer);
  ok = phone_expect (phone, "SIP/2.0 200");
  g_assert_nonnull (strstr (ok, "\r\na=recvonly\r\n"));
  phone_ack (phone);
  house_hang_up (house, phone);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/inside/info", info);
  g_test_add_func ("/sip/inside/transfer", transfer);
  g_test_add_func ("/sip/inside/refused-move", refused_move);
  g_test_add_func ("/sip/inside/cancelled-change", cancelled_change);
  return g_test_run ();
}
