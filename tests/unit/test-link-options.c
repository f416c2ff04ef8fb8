/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of the interconnection: what is wrong is told with file and line. */
#include "plugins/interconnect/link.h"

#include "core/config/config.h"
#include <string.h>

static void
wrong (void)
{
  static const struct {
    const char *text, *message;
  } rows[] = {
    { "peers = ({ host = \"reflector.example.org\"; });", "is not a numeric address" },
    { "peers = ({ host = \"\"; });", "is not a numeric address" },
    { "peers = ({ host = \"10.0.0.1:5564\"; });", "is not a numeric address" },
    { "peers = ({ host = \"0.0.0.0\"; });", "is not a numeric address" },
    { "peers = ({ host = \"::\"; });", "is not a numeric address" },
    { "peers = ({ host = \"10.0.0.1\"; }, { host = \"10.0.0.1\"; });", "another peer" },
    { "peers = ({ host = \"10.0.0.1\"; }, { host = \"10.0.0.1\"; port = 5565; });",
      "another peer" },
    { "address = \"eth0\";", "is not a numeric address" },
    { "hello_interval = 0.01;", "below 0.1" },
    { "dead_after = 1.5;", "less than twice" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) settings =
          rfl_settings_new_from_text ("interconnect", link_options, rows[i].text, &error);
      LinkConfig config;
      g_assert_no_error (error);
      g_assert_false (link_config_read (&config, settings, &error));
      link_config_clear (&config);
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      g_assert_true (g_regex_match_simple ("^[^:]+:[0-9]+: ", error->message, 0, 0));
      if (!strstr (error->message, rows[i].message))
        g_error ("%s: %s", rows[i].text, error->message);
    }
}

static void
right (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) settings = rfl_settings_new_from_text (
      "interconnect", link_options,
      "peers = ({ host = \"10.11.12.14\"; }, { host = \"2001:db8::1\"; port = 6000; });", &error);
  LinkConfig config, other;
  char text[RFL_ADDRESS_STRLEN];

  g_assert_no_error (error);
  g_assert_true (link_config_read (&config, settings, &error));
  g_assert_cmpuint (config.peers->len, ==, 2);
  g_assert_cmpstr (rfl_address_format (&g_array_index (config.peers, RflAddress, 0), text), ==,
                   "10.11.12.14:5564");
  g_assert_cmpstr (rfl_address_format (&g_array_index (config.peers, RflAddress, 1), text), ==,
                   "[2001:db8::1]:6000");
  g_assert_cmpuint (config.port, ==, 5564);
  g_assert_cmpint (config.hello_interval, ==, G_TIME_SPAN_SECOND);
  g_assert_cmpint (config.dead_after, ==, 5 * G_TIME_SPAN_SECOND);
  g_assert_true (link_config_read (&other, settings, &error));
  g_assert_true (link_config_same_network (&config, &other));
  other.port++;
  g_assert_false (link_config_same_network (&config, &other));
  link_config_clear (&config);
  link_config_clear (&other);
}

/* Nothing configured at all. */
static void
none (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) settings =
      rfl_settings_new_from_text ("interconnect", link_options, "", &error);
  LinkConfig config;

  g_assert_no_error (error);
  g_assert_true (link_config_read (&config, settings, &error));
  g_assert_cmpuint (config.peers->len, ==, 0);
  link_config_clear (&config);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/link-options/wrong", wrong);
  g_test_add_func ("/link-options/right", right);
  g_test_add_func ("/link-options/none", none);
  return g_test_run ();
}
