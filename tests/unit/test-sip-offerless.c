/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls that bring no offer, and what is made of the answers to ours: bad ones first. */
#include "tests/unit/sip-house.h"
#include <string.h>

#define ANSWER(MEDIA)                                                                              \
  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" MEDIA
#define VIDEO "m=video 40002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"

static void
acknowledge (Phone *phone, const char *headers, const char *body)
{
  phone_send (phone, "ACK", phone->contact, headers, body);
}

/* Returns: (transfer full): the 200 with the offer */
static char *
invite (Phone *phone, const char *uri)
{
  g_autofree char *contact = g_strdup_printf ("Contact: <sip:alice@%s>\r\n", phone->host);

  phone_send (phone, "INVITE", uri, contact, NULL);
  return phone_expect (phone, "SIP/2.0 200");
}

/* RFC 3261 §13.2.2.4: who cannot use the answer sends a BYE. */
static void
bad_answers (void)
{
  static const struct {
    const char *headers, *body, *reason;
  } rows[] = {
    { NULL, NULL, "cause=488;text=\"The offer was not answered\"" },
    { "Content-Type: text/plain\r\n", "yes", "cause=488" },
    { SDP, "nonsense", "cause=400" },
    { SDP, ANSWER ("m=audio 40000 RTP/AVP 0\r\n"), "cause=400" },
    { SDP, ANSWER (VIDEO "m=audio 40000 RTP/AVP 0\r\n"), "cause=400" },
    { SDP, ANSWER ("m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n"), "cause=488" },
    { SDP, ANSWER ("m=audio 40000 RTP/SAVP 0\r\nm=video 0 RTP/AVP 96\r\n"), "cause=488" },
  };
  House *house = house_new ("");

  house_offer (house, "audio video");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Phone) phone = house_phone (house);
      g_autofree char *bye = NULL;

      g_free (invite (phone, "sip:room@127.0.0.1"));
      g_test_message ("%s", rows[i].body);
      acknowledge (phone, rows[i].headers, rows[i].body);
      bye = phone_expect (phone, "BYE ");
      if (!strstr (bye, rows[i].reason))
        g_error ("no %s in %s", rows[i].reason, bye);
      phone_answer (phone, bye, "200 OK");
      phone_run_until (house->context, house_is_empty, house);
    }
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.bad_answers), ==, G_N_ELEMENTS (rows));
  house_free (house);
}

/* Codecs in common there are none. */
static void
refused_answer (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL, *bye = NULL;

  house_offer (house, "audio");
  ok = invite (phone, "sip:room@127.0.0.1");
  house->refuse = RFL_ERROR_NO_CODEC;
  acknowledge (phone, SDP, ANSWER ("m=audio 40000 RTP/AVP 0\r\n"));
  bye = phone_expect (phone, "BYE ");
  g_assert_nonnull (strstr (bye, "SIP;cause=488;text=\"the 'test' says no\""));
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static RflHookResult
forbid (RflEvent *event, gpointer user_data, GError **error)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "not you");
  return RFL_HOOK_REFUSE;
}

/* Whoever is refused gets no 200; nor is there one with nothing in it. */
static void
refused_before (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) first = house_phone (house), second = house_phone (house);
  RflHook hook = { .name = "test/admission",
                   .event = RFL_EVENT_PARTICIPANT_JOINING,
                   .stage = RFL_HOOK_EARLY,
                   .func = forbid };
  guint id = rfl_bus_add_hook (house->core->bus, &hook, NULL);

  phone_send (first, "INVITE", "sip:room@127.0.0.1", CONTACT, NULL);
  g_free (phone_expect (first, "SIP/2.0 403"));
  rfl_bus_remove_hook (house->core->bus, id);
  phone_send (second, "INVITE", "sip:room@127.0.0.1", CONTACT, NULL);
  g_free (phone_expect (second, "SIP/2.0 488"));
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static gboolean
has_media (gpointer data)
{
  RflParticipant *participant = house_participant (data);

  return participant->media->len > 0 && participant->confirmed;
}

static void
answered (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL;
  const RflMediumDesc *desc;

  house_offer (house, "audio video");
  ok = invite (phone, "sip:room@127.0.0.1;mode=one");
  g_assert_nonnull (strstr (ok, "\r\nContent-Type: application/sdp\r\n"));
  g_assert_nonnull (strstr (ok, "\r\nm=audio 5566 RTP/AVP 0\r\n"));
  g_assert_nonnull (strstr (ok, "\r\na=sendrecv\r\n"));
  g_assert_cmpuint (house_participant (house)->media->len, ==, 0);
  acknowledge (phone, SDP, ANSWER ("m=audio 40000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n"));
  phone_run_until (house->context, has_media, house);
  g_assert_cmpuint (house_participant (house)->media->len, ==, 2);
  desc = ((RflMedium *) house_participant (house)->media->pdata[0])->current;
  g_assert_true (desc->accepted);
  g_assert_cmpint (desc->mode, ==, RFL_LEG_ONE);
  g_assert_cmpuint (desc->rtp.port, ==, 40000);
  house_hang_up (house, phone);
  house_free (house);
}

static gboolean
was_asked_twice (gpointer data)
{
  return ((House *) data)->n_offers == 2;
}

/* A re-INVITE without an offer is offered what is in force, in the m-lines that there are. */
static void
later (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL, *again = NULL, *bye = NULL, *busy = NULL;

  house_offer (house, "audio");
  house_call (phone);
  ok = invite (phone, phone->contact);
  g_assert_nonnull (strstr (ok, "\r\nm=audio 5566 RTP/AVP 0\r\n"));
  /* No other offer may come in between. */
  phone_send (phone, "UPDATE", phone->contact, CONTACT SDP, OFFER);
  busy = phone_expect (phone, "SIP/2.0 491");
  phone->cseq--;
  acknowledge (phone, SDP, ANSWER ("m=audio 40010 RTP/AVP 0\r\na=sendonly\r\n"));
  phone->cseq++;
  phone_run_until (house->context, was_asked_twice, house);
  g_assert_cmpint (house->direction, ==, RFL_DIRECTION_SEND);
  /* Without an answer all stays as it is ... */
  g_free (invite (phone, phone->contact));
  acknowledge (phone, NULL, NULL);
  again = invite (phone, phone->contact);
  g_assert_cmpuint (house->n_offers, ==, 2);
  /* ... but one that cannot be read leaves open what the caller does now. */
  acknowledge (phone, SDP, "nonsense");
  bye = phone_expect (phone, "BYE ");
  g_assert_nonnull (strstr (bye, "cause=400"));
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/offerless/bad-answers", bad_answers);
  g_test_add_func ("/sip/offerless/refused-answer", refused_answer);
  g_test_add_func ("/sip/offerless/refused-before", refused_before);
  g_test_add_func ("/sip/offerless/answered", answered);
  g_test_add_func ("/sip/offerless/later", later);
  return g_test_run ();
}
