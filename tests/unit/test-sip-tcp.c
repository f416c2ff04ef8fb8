/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Connections: too many of them, such as say nothing, messages in pieces and in one piece, and keep-alives. */
#include "plugins/sip/tcp/connections.h"
#include "tests/unit/sip-house.h"
#include <string.h>
#include <sys/resource.h>

#define OPTIONS                                                                                    \
  "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK%u\r\n"             \
  "From: <sip:a@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: %u\r\nCSeq: 1 OPTIONS\r\n"                     \
  "Content-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody"

static gboolean
is_closed (gpointer phone)
{
  Phone *p = phone;

  if (!p->closed)
    g_free (phone_receive_for (p, 20));
  return p->closed;
}

static void
check_serves (House *house, Phone *phone)
{
  g_autofree char *ok = NULL;

  g_clear_pointer (&phone->tag, g_free);
  phone_send (phone, "OPTIONS", "sip:127.0.0.1", NULL, NULL);
  ok = phone_expect (phone, "SIP/2.0 200");
}

/* Octet by octet, over the ends of headers and messages; then ten in one piece. */
static void
pieces (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = phone_new (house->context, house->port, TRUE);
  g_autofree char *one = g_strdup_printf (OPTIONS, 1, 1), *answer = NULL;
  g_autoptr (GString) many = g_string_new (NULL);

  for (const char *p = one; *p; p++)
    {
      phone_send_raw (phone, p, 1);
      while (g_main_context_iteration (house->context, FALSE))
        ;
    }
  answer = phone_expect (phone, "SIP/2.0 200");
  for (guint i = 2; i < 12; i++)
    g_string_append_printf (many, OPTIONS, i, i);
  phone_send_raw (phone, many->str, many->len);
  for (guint i = 2; i < 12; i++)
    g_free (phone_expect (phone, "SIP/2.0 200"));
  g_assert_false (phone->closed);
  house_free (house);
}

/* RFC 5626 §3.5.1: a double CRLF gets a single one, and a request behind it its answer. */
static void
keep_alive (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = phone_new (house->context, house->port, TRUE);

  check_serves (house, phone);
  for (guint i = 0; i < 3; i++)
    {
      phone_send_raw (phone, "\r\n\r\n", 4);
      g_free (phone_receive_for (phone, 100));
      g_assert_cmpstr (phone->input->str, ==, "\r\n");
      g_string_truncate (phone->input, 0);
    }
  check_serves (house, phone);
  house_free (house);
}

/* Some are answered and closed by the stack; of others it stops reading, and they go as silent ones do. */
static void
malformed (void)
{
  static const char *const texts[] = { "x y z\r\n\r\n", "INVITE sip:a@b SIP/2.0\r\n\r\n",
                                       "\x16\x03\x01\x02\r\n\r\n",
                                       "GET / HTTP/1.1\r\nHost: a\r\n\r\n" };
  House *house = house_new ("first_message = 1;");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (Phone) phone = phone_new (house->context, house->port, TRUE);
      phone_send_raw (phone, texts[i], -1);
      phone_run_until (house->context, is_closed, phone);
    }
  house_free (house);
}

/* Who brings nothing, or half a request, goes; who has called or asked stays. */
static void
silence (void)
{
  House *house = house_new ("first_message = 1;");
  g_autoptr (Phone) silent = phone_new (house->context, house->port, TRUE);
  g_autoptr (Phone) half = phone_new (house->context, house->port, TRUE);
  g_autoptr (Phone) asks = phone_new (house->context, house->port, TRUE);

  phone_send_raw (half, "OPTIONS sip:a@b SIP/2.0\r\nVia: ", -1);
  check_serves (house, asks);
  phone_run_until (house->context, is_closed, silent);
  phone_run_until (house->context, is_closed, half);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.silent_connections), ==, 2);
  check_serves (house, asks);
  house_free (house);
}

static gboolean
has_closed_two (gpointer house)
{
  return rfl_counter_read (((House *) house)->sip->counters.closed_connections) >= 2;
}

static void
many_of_one_address (void)
{
  House *house = house_new ("max_connections_of_address = 3;");
  Phone *phones[5];

  phones[0] = phone_new (house->context, house->port, TRUE);
  house_call (phones[0]);
  for (guint i = 1; i < G_N_ELEMENTS (phones); i++)
    phones[i] = phone_new (house->context, house->port, TRUE);
  phone_run_until (house->context, has_closed_two, house);
  check_serves (house, phones[4]);
  house_hang_up (house, phones[0]);
  for (guint i = 0; i < G_N_ELEMENTS (phones); i++)
    phone_free (phones[i]);
  house_free (house);
}

static gboolean
has_refused (gpointer house)
{
  return rfl_counter_read (((House *) house)->sip->counters.refused_connections) > 0;
}

/* No descriptor is left at all: the connection is closed, and the main loop does not spin. */
static void
no_descriptor (void)
{
  House *house = house_new ("");
  g_autoptr (Phone) phone = phone_new (house->context, house->port, TRUE);
  g_autoptr (Phone) late = NULL;
  struct rlimit before, low;

  check_serves (house, phone);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  late = phone_new (house->context, house->port, TRUE);
  low = before;
  low.rlim_cur = (rlim_t) late->fd + 1;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &low), ==, 0);
  phone_run_until (house->context, has_refused, house);
  for (guint i = 0; i < 100; i++)
    g_main_context_iteration (house->context, FALSE);
  g_assert_cmpuint (rfl_counter_read (house->sip->counters.refused_connections), ==, 1);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  phone_run_until (house->context, is_closed, late);
  house_free (house);
}

/* A burst beyond what the look once in a while leaves is not even accepted by the stack. */
static void
burst (void)
{
  House *house = house_new ("max_connections = 2;");
  Phone *phones[40];

  for (guint i = 0; i < G_N_ELEMENTS (phones); i++)
    phones[i] = phone_new (house->context, house->port, TRUE);
  phone_run_until (house->context, has_refused, house);
  g_assert_cmpuint (sip_connections_count (house->sip->connections), <=, 10);
  for (guint i = 0; i < G_N_ELEMENTS (phones); i++)
    phone_free (phones[i]);
  house_free (house);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/sip/tcp/pieces", pieces);
  g_test_add_func ("/sip/tcp/keep-alive", keep_alive);
  g_test_add_func ("/sip/tcp/malformed", malformed);
  g_test_add_func ("/sip/tcp/silence", silence);
  g_test_add_func ("/sip/tcp/many-of-one-address", many_of_one_address);
  g_test_add_func ("/sip/tcp/no-descriptor", no_descriptor);
  g_test_add_func ("/sip/tcp/burst", burst);
  return g_test_run ();
}
