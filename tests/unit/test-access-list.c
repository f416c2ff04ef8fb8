/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks as operators write them: what is refused, and which addresses are in them. */
#include "plugins/access/list.h"
#include <string.h>

static void
test_wrong (void)
{
  static const struct {
    const char *text, *why;
  } cases[] = {
    { "example.com", "is no numeric address" },
    { "10.0.0", "is no numeric address" },
    { "10.0.0.256", "is no numeric address" },
    { "/8", "is no numeric address" },
    { "[10.0.0.1", "is no numeric address" },
    { "none", "is no numeric address" },
    { "10.0.0.0/", "has neither a prefix" },
    { "10.0.0.0/33", "has neither a prefix" },
    { "10.0.0.0/-1", "has neither a prefix" },
    { "10.0.0.0/8/8", "has neither a prefix" },
    { "10.0.0.0/255.0.255.0", "has neither a prefix" },
    { "10.0.0.0/ffff::", "has neither a prefix" },
    { "2001:db8::/129", "has neither a prefix" },
    { "2001:db8::/255.0.0.0", "has neither a prefix" },
    { "::ffff:10.0.0.0/95", "has neither a prefix" },
    { "10.0.0.1,x", "\"x\" is no numeric address" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *texts[] = { "all", cases[i].text, NULL };
      g_autofree char *why = NULL;

      g_test_message ("%s", cases[i].text);
      g_assert_null (access_list_parse (texts, &why));
      g_assert_nonnull (strstr (why, cases[i].why));
    }
}

static void
test_in (void)
{
  static const struct {
    const char *text, *in, *out;
  } cases[] = {
    { "10.1.2.3", "10.1.2.3", "10.1.2.4" },
    { "10.1.2.3/32", "10.1.2.3", "10.1.2.2" },
    { "10.1.2.3/8", "10.255.0.1", "11.0.0.1" },
    { "10.1.2.3/255.255.255.0", "10.1.2.255", "10.1.3.3" },
    { "172.16.0.0/12", "172.31.255.255", "172.32.0.0" },
    { "172.16.0.0/255.240.0.0", "172.31.255.255", "172.32.0.0" },
    { "10.0.0.0/31", "10.0.0.1", "10.0.0.2" },
    { "0.0.0.0/0", "203.0.113.7", "2001:db8::1" },
    { "0.0.0.0/0.0.0.0", "203.0.113.7", "2001:db8::1" },
    { "::/0", "2001:db8::1", "203.0.113.7" },
    { "2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1" },
    { "[2001:db8::1]", "2001:db8::1", "2001:db8::2" },
    { "[2001:db8::]/64", "2001:db8::2", "2001:db8:0:1::2" },
    { "2001:db8::/ffff:ffff::", "2001:db8:1::1", "2001:db9::1" },
    { "::ffff:10.0.0.0/104", "10.9.9.9", "11.0.0.0" },
    { "10.0.0.1,192.0.2.0/24,", "192.0.2.9", "10.0.0.2" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const char *texts[] = { cases[i].text, NULL };
      g_autofree char *why = NULL;
      g_autoptr (GPtrArray) list = access_list_parse (texts, &why);
      RflAddress in, out;

      g_test_message ("%s", cases[i].text);
      g_assert_nonnull (list);
      g_assert_true (rfl_address_parse (&in, cases[i].in, 5060));
      g_assert_true (rfl_address_parse (&out, cases[i].out, 5060));
      g_assert_true (access_list_has (list, &in));
      g_assert_false (access_list_has (list, &out));
    }
}

static void
test_all_and_none (void)
{
  static const char *const all[] = { "All", NULL }, *const none[] = { NULL };
  g_autoptr (GPtrArray) everybody = access_list_parse (all, NULL);
  g_autoptr (GPtrArray) nobody = access_list_parse (none, NULL);
  RflAddress v4, v6, unknown = { 0 };

  rfl_address_parse (&v4, "203.0.113.7", 1);
  rfl_address_parse (&v6, "2001:db8::1", 1);
  g_assert_true (access_list_has (everybody, &v4));
  g_assert_true (access_list_has (everybody, &v6));
  g_assert_false (access_list_has (everybody, &unknown));
  g_assert_false (access_list_has (nobody, &v4));
  g_assert_false (access_list_has (nobody, &v6));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/access/list/wrong", test_wrong);
  g_test_add_func ("/access/list/in", test_in);
  g_test_add_func ("/access/list/all-and-none", test_all_and_none);
  return g_test_run ();
}
