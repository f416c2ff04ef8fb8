/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses: what is no address, the mapped form, hashing, text. */
#include <reflector/address.h>

static void
bad (void)
{
  static const char *const inputs[] = { "",          "host",  "1.2.3", "1.2.3.4.5", "256.1.1.1",
                                        "1.2.3.4:5", "[::1]", ":::",   "1.2.3.4 ",  "12345::1" };

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
    {
      RflAddress address;
      g_assert_false (rfl_address_parse (&address, inputs[i], 1));
      g_assert_cmpint (address.family, ==, 0);
    }
}

static void
text (void)
{
  static const char *const rows[][2] = { { "203.0.113.7", "203.0.113.7:5060" },
                                         { "2001:db8::1", "[2001:db8::1]:5060" },
                                         { "::ffff:10.0.0.1", "10.0.0.1:5060" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      RflAddress address, back;
      struct sockaddr_storage sa;
      char out[RFL_ADDRESS_STRLEN];

      g_assert_true (rfl_address_parse (&address, rows[i][0], 5060));
      g_assert_cmpstr (rfl_address_format (&address, out), ==, rows[i][1]);
      socklen_t len = rfl_address_to_sockaddr (&address, &sa);
      g_assert_true (rfl_address_from_sockaddr (&back, (struct sockaddr *) &sa, len));
      g_assert_true (rfl_address_equal (&address, &back));
      g_assert_cmpuint (rfl_address_hash (&address), ==, rfl_address_hash (&back));
    }
}

static void
kinds (void)
{
  static const struct {
    const char *ip;
    gboolean is_private;
  } rows[] = { { "10.1.2.3", TRUE },    { "172.31.0.1", TRUE },   { "172.32.0.1", FALSE },
               { "192.168.0.1", TRUE }, { "8.8.8.8", FALSE },     { "fd00::1", TRUE },
               { "fe80::1", TRUE },     { "2001:db8::1", FALSE }, { "::1", TRUE },
               { "127.0.0.1", TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      RflAddress address;
      g_assert_true (rfl_address_parse (&address, rows[i].ip, 0));
      g_assert_cmpint (rfl_address_is_private (&address), ==, rows[i].is_private);
    }
}

static void
local_for (void)
{
  RflAddress remote, local;

  g_assert_true (rfl_address_parse (&remote, "127.0.0.1", 9));
  g_assert_true (rfl_address_local_for (&remote, &local));
  g_assert_true (rfl_address_same_ip (&remote, &local));
  g_assert_cmpint (local.port, ==, 0);
}

static gboolean
same_holder (const char *one, const char *other)
{
  RflAddress a, b;

  g_assert_true (rfl_address_parse (&a, one, 1));
  g_assert_true (rfl_address_parse (&b, other, 2));
  return rfl_address_same_holder (&a, &b);
}

static void
holders (void)
{
  g_assert_false (same_holder ("192.0.2.1", "192.0.2.2"));
  g_assert_false (same_holder ("2001:db8::1", "2001:db8:0:1::1"));
  g_assert_false (same_holder ("0.0.0.0", "::"));
  g_assert_true (same_holder ("192.0.2.1", "192.0.2.1"));
  g_assert_true (same_holder ("192.0.2.1", "::ffff:192.0.2.1"));
  g_assert_true (same_holder ("2001:db8::1", "2001:db8::ffff:0:0:1"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/bad", bad);
  g_test_add_func ("/address/text", text);
  g_test_add_func ("/address/kinds", kinds);
  g_test_add_func ("/address/holders", holders);
  g_test_add_func ("/address/local-for", local_for);
  return g_test_run ();
}
