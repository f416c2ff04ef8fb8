/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls over loopback in all the ways they begin, change and end. */
#include "tests/unit/sip-house.h"
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
  participant = house_participant (house);
  g_assert_false (participant->confirmed);
  phone_ack (phone);
  g_assert_cmpstr (participant->identity, ==, "sip:alice@127.0.0.1");
  g_assert_cmpstr (participant->cname, ==, "sip:alice@127.0.0.1");
  g_assert_cmpstr (participant->display_name, ==, "Alice");
  g_assert_cmpuint (participant->signalling.port, ==, phone->port);
  phone_send (phone, "OPTIONS", phone->contact, NULL, NULL);
  options = phone_expect (phone, "SIP/2.0 200");
  g_assert_nonnull (strstr (options, "\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE"));
  g_assert_true (participant->confirmed);
  house_hang_up (house, phone);
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
  house_call (phone);
  g_assert_nonnull (strstr (phone->contact, ";transport=tcp"));
  phone_run_until (house->context, house_is_confirmed, house);
  rfl_participant_end (house_participant (house), "time is up");
  bye = phone_expect (phone, "BYE ");
  g_assert_nonnull (strstr (bye, "text=\"time is up\""));
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
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
  house_call (phone);
  phone_run_until (house->context, house_is_confirmed, house);
  rfl_participant_end (house_participant (house), "enough");
  bye = phone_expect (phone, "BYE ");
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static void
hold_and_resume (void)
{
  static const struct {
    const char *method, *offered, *answered;
    RflDirection direction;
  } rows[] = { { "INVITE", "sendonly", "a=recvonly\r\n", RFL_DIRECTION_SEND },
               { "INVITE", "inactive", "a=inactive\r\n", RFL_DIRECTION_NONE },
               { "UPDATE", "sendrecv", "a=sendrecv\r\n", RFL_DIRECTION_BOTH } };
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);

  house_call (phone);
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
  house_hang_up (house, phone);
  house_free (house);
}

/* A phone that has moved: what we send goes to where its last INVITE or UPDATE came from, with
 * an offer or without (RFC 3311 §5.1). */
static void
move (gboolean update)
{
  House *house = house_new ("");
  g_autoptr (Phone) old = house_phone (house), new = house_phone (house);
  g_autofree char *offer = phone_offer (old, "sendrecv"), *ok = NULL, *bye = NULL, *contact = NULL;

  house_call (old);
  g_free (new->call_id);
  new->call_id = g_strdup (old->call_id);
  new->tag = g_strdup (old->tag);
  new->contact = g_strdup (old->contact);
  new->cseq = old->cseq;
  contact = g_strdup_printf ("Contact: <sip:alice@192.168.77.2>\r\n" SDP);
  if (update)
    phone_send (new, "UPDATE", new->contact, "Contact: <sip:alice@192.168.77.2>\r\n", NULL);
  else
    phone_send (new, "INVITE", new->contact, contact, offer);
  ok = phone_expect (new, "SIP/2.0 200");
  if (!update)
    phone_ack (new);
  phone_run_until (house->context, house_is_confirmed, house);
  rfl_participant_end (house_participant (house), "enough");
  bye = phone_expect (new, "BYE ");
  phone_answer (new, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static void
moved (void)
{
  move (FALSE);
  move (TRUE);
}

static gboolean
is_readable (gpointer fd)
{
  char octet;

  return recv (GPOINTER_TO_INT (fd), &octet, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

/* A proxy that did not record its route does not want to see what follows: it goes to the
 * Contact (RFC 3261 §12.2.1.1), wherever the INVITE came from. */
static void
behind_proxy_without_route (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) proxy = house_phone (house), phone = house_phone (house);
  g_autofree char *headers =
      g_strdup_printf ("Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKphone\r\n"
                       "Contact: <sip:alice@127.0.0.2:%u>\r\n" SDP,
                       phone->port, phone->port);
  struct sockaddr_in sa = { .sin_family = AF_INET, .sin_addr.s_addr = g_htonl (0x7f000002) };
  int fd = socket (AF_INET, SOCK_DGRAM, 0);
  char bye[2048] = "";

  sa.sin_port = g_htons (phone->port);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &sa, sizeof sa), ==, 0);
  phone_send (proxy, "INVITE", "sip:room@127.0.0.1", headers, OFFER);
  g_free (phone_expect (proxy, "SIP/2.0 200"));
  phone_ack (proxy);
  phone_run_until (house->context, house_is_confirmed, house);
  rfl_participant_end (house_participant (house), "enough");
  phone_run_until (house->context, is_readable, GINT_TO_POINTER (fd));
  g_assert_cmpint (recv (fd, bye, sizeof bye - 1, 0), >, 0);
  g_assert_true (g_str_has_prefix (bye, "BYE sip:alice@127.0.0.2"));
  phone_answer (proxy, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  close (fd);
  house_free (house);
}

/* RFC 4028: the caller refreshes. */
static void
session_timer (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *small = NULL, *ok = NULL, *refreshed = NULL;

  phone_send (phone, "INVITE", "sip:room@127.0.0.1",
              CONTACT SDP "Supported: timer\r\nSession-Expires: 20\r\n", OFFER);
  small = phone_expect (phone, "SIP/2.0 422");
  g_assert_nonnull (strstr (small, "\r\nMin-SE: 90"));
  phone_send (phone, "ACK", "sip:room@127.0.0.1", NULL, NULL);
  phone_send (phone, "INVITE", "sip:room@127.0.0.1",
              CONTACT SDP "Supported: timer\r\nSession-Expires: 120\r\n", OFFER);
  ok = phone_expect (phone, "SIP/2.0 200");
  g_assert_nonnull (strstr (ok, "\r\nSession-Expires: 120;refresher=uac"));
  phone_ack (phone);
  phone_send (phone, "UPDATE", phone->contact,
              CONTACT "Supported: timer\r\nSession-Expires: 120;refresher=uac\r\n", NULL);
  refreshed = phone_expect (phone, "SIP/2.0 200");
  g_assert_nonnull (strstr (refreshed, "\r\nSession-Expires: 120;refresher=uac"));
  house_hang_up (house, phone);
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

  house_call (phone);
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
  house_hang_up (house, phone);
  house_free (house);
}

static void
deferred_join (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL;

  house->defer = TRUE;
  phone_invite (phone, "room");
  phone_run_until (house->context, house_is_deferred, house);
  rfl_event_resume (house->deferred, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
  phone_ack (phone);
  house_hang_up (house, phone);
  house_free (house);
}

static void
cancelled_join (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *uri = NULL, *terminated = NULL;

  house->defer = TRUE;
  uri = g_strdup_printf ("sip:room@127.0.0.1:%u", house->port);
  phone_invite (phone, "room");
  phone_run_until (house->context, house_is_deferred, house);
  phone_send (phone, "CANCEL", uri, NULL, NULL);
  terminated = phone_expect (phone, "SIP/2.0 487");
  phone_run_until (house->context, house_is_empty, house);
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
  phone_run_until (house->context, house_is_empty, house);
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
  rfl_participant_end (house_participant (house), "moderator");
  phone_ack (phone);
  bye = phone_expect (phone, "BYE ");
  g_assert_nonnull (strstr (bye, "text=\"moderator\""));
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  house_free (house);
}

static void
twice_the_same_user (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) one = house_phone (house), two = house_phone (house);
  g_autofree char *ok = NULL;

  house_call (one);
  house_call (two);
  g_assert_cmpuint (rfl_core_find_session (house->core, "room")->participants->len, ==, 2);
  phone_send (two, "BYE", two->contact, NULL, NULL);
  ok = phone_expect (two, "SIP/2.0 200");
  house_hang_up (house, one);
  house_free (house);
}

/* A peer that never answers our BYE holds the end up for a second or two, not for thirty. */
static void
stop_with_silent_peer (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *bye = NULL;
  gint64 start;

  house_call (phone);
  phone_run_until (house->context, house_is_confirmed, house);
  start = g_get_monotonic_time ();
  house_free (house);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 10 * G_TIME_SPAN_SECOND);
  phone->context = NULL;
  bye = phone_expect (phone, "BYE ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sip/dialog/refused-change", refused_change);
  g_test_add_func ("/sip/dialog/cancelled-join", cancelled_join);
  g_test_add_func ("/sip/dialog/no-ack", no_ack);
  g_test_add_func ("/sip/dialog/ended-before-ack", ended_before_ack);
  g_test_add_func ("/sip/dialog/stop-with-silent-peer", stop_with_silent_peer);
  g_test_add_func ("/sip/dialog/whole-call", whole_call);
  g_test_add_func ("/sip/dialog/over-tcp", over_tcp);
  g_test_add_func ("/sip/dialog/behind-nat", behind_nat);
  g_test_add_func ("/sip/dialog/hold-and-resume", hold_and_resume);
  g_test_add_func ("/sip/dialog/moved", moved);
  g_test_add_func ("/sip/dialog/behind-proxy-without-route", behind_proxy_without_route);
  g_test_add_func ("/sip/dialog/session-timer", session_timer);
  g_test_add_func ("/sip/dialog/deferred-join", deferred_join);
  g_test_add_func ("/sip/dialog/twice-the-same-user", twice_the_same_user);
  return g_test_run ();
}
