/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nobody with good intentions sends, over UDP and TCP. After each the plugin answers an
 * OPTIONS and has no calls. Defects of the stack found once are named S1, S2 … */
#include "tests/unit/sip-house.h"
#include <string.h>
#include <sys/resource.h>

#define VIA "Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n"
#define VIA_NAME "Via: SIP/2.0/UDP phone.invalid;branch=z9hG4bKx\r\n"
#define REST "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: x\r\n"

static void
check_alive (House *house)
{
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *ok = NULL;

  phone_send (phone, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
  if (!strstr (ok, "\r\nAccept: application/sdp\r\n"))
    g_error ("%s", ok);
  phone_run_until (house->context, house_is_empty, house);
}

static const char *const messages[] = {
  "\r\n\r\n", "\r\n", "x", "\r\n\r\n\r\n\r\nINVITE", "INVITE\r\n\r\n", "INVITE  SIP/2.0\r\n\r\n",
  "INVITE sip:a@b SIP/2.0\r\n\r\n", "INVITE sip:a@b SIP/3.0\r\n" VIA REST "CSeq: 1 INVITE\r\n\r\n",
  "INVITE sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 1 BYE\r\n\r\n",
  "INVITE sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 99999999999999 INVITE\r\n\r\n",
  "INVITE sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\nContent-Length: 99999\r\n\r\nv=0",
  "INVITE sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\nContent-Length: -1\r\n\r\nv=0",
  "INVITE sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\nContent-Length: 18446744073709551615\r\n"
  "\r\nv=0",
  "INVITE sip:a@b SIP/2.0\r\nVia: x\r\n" REST "CSeq: 1 INVITE\r\n\r\n",
  "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS [::1\r\n" REST "CSeq: 1 INVITE\r\n\r\n",
  "INVITE sip:%%% SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\n\r\n",
  "INVITE * SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\nContact: *\r\n\r\n",
  "ACK sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 1 ACK\r\nContact: <tel:1>\r\n\r\n",
  "PRACK sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 1 PRACK\r\nRAck: 1 1 INVITE\r\n\r\n",
  "SIP/2.0 200 OK\r\n" VIA REST "CSeq: 1 INVITE\r\nContact: <tel:1>\r\n\r\n",
  "SIP/2.0 999 \xff\r\n" VIA REST "CSeq: 1 BYE\r\n\r\n", "SIP/2.0 -1 x\r\n\r\n",
  /* S4 */
  "OPTIONS sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 1 OPTIONS\r\nRoute: <sip:127.0.0.1;lr;l>\r\n\r\n",
  "INVITE sip:a@b;;;=;mode SIP/2.0\r\n" VIA REST "CSeq: 1 INVITE\r\n\r\n",
  "INVITE sip:a@b SIP/2.0\r\n" VIA REST
  "CSeq: 1 INVITE\r\nAuthorization: Digest \r\nAuthorization: Digest username=\"\r\n\r\n",
  "OPTIONS sip:a@b SIP/2.0\r\n" VIA "From: <>\r\nTo: ;\r\nCall-ID:\r\nCSeq: \r\n\r\n"
};

static void
over (gboolean tcp)
{
  House *house = house_new ("transaction_timeout = 1;");

  for (guint i = 0; i < G_N_ELEMENTS (messages); i++)
    {
      g_autoptr (Phone) phone = phone_new (house->context, house->port, tcp);
      phone_send_raw (phone, messages[i], -1);
      check_alive (house);
    }
  house_free (house);
}

static void
over_udp (void)
{
  over (FALSE);
}

static void
over_tcp (void)
{
  over (TRUE);
}

/* A datagram of @len octets that begins like an OPTIONS. */
static void
large (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) udp = house_phone (house);
  GString *text = g_string_new ("OPTIONS sip:a@b SIP/2.0\r\n" VIA REST "CSeq: 1 OPTIONS\r\n");

  while (text->len < 60000)
    g_string_append (text, "X: y\r\n");
  phone_send_raw (udp, text->str, text->len);
  g_string_append (text, "\r\n");
  phone_send_raw (udp, text->str, text->len);
  check_alive (house);
  g_string_free (text, TRUE);
  house_free (house);
}

static gboolean
is_at_end (gpointer data)
{
  Phone *phone = data;
  g_autofree char *message = phone->closed ? NULL : phone_receive_for (phone, 50);

  return phone->closed || message != NULL;
}

/* More than 64 KiB of one message on a connection: the connection goes, not the memory. */
static void
endless_message (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) tcp = phone_new (house->context, house->port, TRUE);
  g_autofree char *filler = g_strnfill (8000, 'x');

  phone_send_raw (tcp, "OPTIONS sip:a@b SIP/2.0\r\nX: ", -1);
  for (guint i = 0; i < 12 && !tcp->closed; i++)
    {
      phone_send_raw (tcp, filler, -1);
      while (g_main_context_iteration (house->context, FALSE))
        ;
    }
  phone_run_until (house->context, is_at_end, tcp);
  check_alive (house);
  house_free (house);
}

/* S2: inside a dialog the application hears of a Contact too late; the parser does not. Our
 * BYE, which is what died of it, must come. */
static void
target_of_dialog (void)
{
  static const char *const contacts[] = { "Contact: <tel:1>\r\n", "Contact: *\r\n",
                                          "m: <http://a>\r\n",
                                          "Contact: <sip:a@b>, <urn:a:b>\r\n" };
  static const char *const methods[] = { "INVITE", "UPDATE", "REFER", "SUBSCRIBE", "OPTIONS" };
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house);
  g_autofree char *offer = phone_offer (phone, "sendrecv"), *bye = NULL;

  house_call (phone);
  for (guint i = 0; i < G_N_ELEMENTS (methods) * G_N_ELEMENTS (contacts); i++)
    {
      g_autofree char *headers = g_strconcat (contacts[i / G_N_ELEMENTS (methods)],
                                              "Refer-To: <sip:x@y>\r\nEvent: refer\r\n"
                                              "Content-Type: application/sdp\r\n",
                                              NULL);
      g_autofree char *answer = NULL;
      phone_send (phone, methods[i % G_N_ELEMENTS (methods)], phone->contact, headers, offer);
      answer = phone_expect (phone, "SIP/2.0 400 Bad");
    }
  rfl_participant_end (house_participant (house), "enough");
  bye = phone_expect (phone, "BYE ");
  phone_answer (phone, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
  check_alive (house);
  house_free (house);
}

static gboolean
has_closed_three (gpointer data)
{
  return rfl_counter_read (((House *) data)->sip->counters.closed_connections) >= 3;
}

static void
too_many_connections (void)
{
  House *house = house_new ("max_connections = 3;");
  Phone *phones[6];

  phones[0] = phone_new (house->context, house->port, TRUE);
  house_call (phones[0]);
  for (guint i = 1; i < G_N_ELEMENTS (phones); i++)
    phones[i] = phone_new (house->context, house->port, TRUE);
  phone_run_until (house->context, has_closed_three, house);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.closed_connections), ==, 3);
  house_hang_up (house, phones[0]); /* what carries a call stays */
  for (guint i = 0; i < G_N_ELEMENTS (phones); i++)
    phone_free (phones[i]);
  check_alive (house);
  house_free (house);
}

static guint
count_descriptors (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

static gboolean
has_no_more_than (gpointer data)
{
  return count_descriptors () <= *(guint *) data;
}

/* After a malformed message the stack reads no more, and so never sees that the peer closes. */
static void
abandoned_connections (void)
{
  House *house = house_new ("");
  guint before = count_descriptors ();

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (Phone) phone = phone_new (house->context, house->port, TRUE);
      phone_send_raw (phone, "\xff\xfe\r\n\r\n\xff\xfe\r\n\r\n", -1);
      g_free (phone_receive_for (phone, 50));
    }
  phone_run_until (house->context, has_no_more_than, &before);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.abandoned_connections), ==, 5);
  check_alive (house);
  house_free (house);
}

static gboolean
has_abandoned_one (gpointer data)
{
  return rfl_counter_read (((House *) data)->sip->counters.abandoned_connections) == 1;
}

/* The same, and the peer is not seen to close: what nobody reads stands before its end. */
static void
choked_connection (void)
{
  House *house = house_new ("");
  Phone *phone = phone_new (house->context, house->port, TRUE);

  phone_send_raw (phone, "\xff\xfe\r\n\r\n\xff\xfe\r\n\r\n", -1);
  g_free (phone_receive_for (phone, 50));
  phone_send_raw (phone, "more", -1);
  phone_run_until (house->context, has_abandoned_one, house);
  phone_free (phone);
  check_alive (house);
  house_free (house);
}

/* Whatever the limit of connections says, the last descriptors are not for them. */
static void
too_few_descriptors (void)
{
  House *house = house_new ("");
  Phone *phones[6];
  struct rlimit before, low;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (phones); i++)
    phones[i] = phone_new (house->context, house->port, TRUE);
  low = before;
  low.rlim_cur = count_descriptors () + 2 + G_N_ELEMENTS (phones);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
  phone_run_until (house->context, has_closed_three, house);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (phones); i++)
    phone_free (phones[i]);
  check_alive (house);
  house_free (house);
}

static void
call_with (House *house, Phone *phone, const char *headers)
{
  g_autofree char *all = g_strconcat (headers, SDP, NULL), *ok = NULL, *again = NULL;

  phone_send (phone, "INVITE", "sip:room@127.0.0.1", all, OFFER);
  ok = phone_expect (phone, "SIP/2.0 200");
  phone_ack (phone);
  phone_run_until (house->context, house_is_confirmed, house);
  phone_send (phone, "INVITE", phone->contact, all, OFFER);
  again = phone_expect (phone, "SIP/2.0 200");
  phone_ack (phone);
}

/* @ends: has the BYE */
static void
end_call (House *house, Phone *ends)
{
  g_autofree char *bye = NULL;

  sip_calls_end_all (house->sip, "enough");
  bye = phone_expect (ends, "BYE ");
  phone_answer (ends, bye, "200 OK");
  phone_run_until (house->context, house_is_empty, house);
}

/* S6: where no name server can be reached the stack's resolver tries again for ever and does not come
 * back: no request of ours goes to a name. */
static void
names (void)
{
  static const char *const headers[] = {
    CONTACT "Record-Route: <sip:proxy.invalid;lr>\r\n",
    CONTACT "Record-Route: <sip:127.0.0.1:9;maddr=proxy.invalid;lr>\r\n",
    CONTACT "Record-Route: <sip:127.0.0.1\xff:9;lr>\r\n",
    "Contact: <sip:alice@phone.invalid>\r\n",
    VIA_NAME "Contact: <sip:alice@phone.invalid>\r\n",
    VIA_NAME "Contact: <sip:alice@phone.invalid>\r\nRecord-Route: <sip:proxy.invalid;lr>\r\n",
  };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (headers); i++)
    {
      House *house = house_new ("");
      g_autoptr (Phone) phone = phone_new (house->context, house->port, i % 2);

      g_test_message ("%u: %s", i % 2, headers[i / 2]);
      call_with (house, phone, headers[i / 2]);
      end_call (house, phone);
      house_free (house);
    }
}

/* Numbers are followed. */
static void
numeric_route (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = house_phone (house), proxy = house_phone (house);
  g_autofree char *headers =
      g_strdup_printf (CONTACT "Record-Route: <sip:127.0.0.1:%u;lr>, <sip:proxy.invalid;lr>\r\n",
                       proxy->port);

  call_with (house, phone, headers);
  end_call (house, proxy);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* The plugin warns of floods, as it should. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/sip/hostile/over-udp", over_udp);
  g_test_add_func ("/sip/hostile/over-tcp", over_tcp);
  g_test_add_func ("/sip/hostile/large", large);
  g_test_add_func ("/sip/hostile/endless-message", endless_message);
  g_test_add_func ("/sip/hostile/target-of-dialog", target_of_dialog);
  g_test_add_func ("/sip/hostile/names", names);
  g_test_add_func ("/sip/hostile/numeric-route", numeric_route);
  g_test_add_func ("/sip/hostile/too-many-connections", too_many_connections);
  g_test_add_func ("/sip/hostile/abandoned-connections", abandoned_connections);
  g_test_add_func ("/sip/hostile/choked-connection", choked_connection);
  g_test_add_func ("/sip/hostile/too-few-descriptors", too_few_descriptors);
  return g_test_run ();
}
