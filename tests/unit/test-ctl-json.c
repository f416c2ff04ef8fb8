/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding values by path: what is no JSON, what is not there, every kind of value. */
#include "tools/ctl.h"

G_DEFINE_QUARK (reflectorctl, ctl_error)

static void
not_json (void)
{
  static const char *const rows[] = {
    "",
    " ",
    "{",
    "{\"a\"",
    "{\"a\":",
    "{\"a\":1",
    "{\"b\" 1,\"a\":1}",
    "{\"b\":}",
    "{\"b\":1 \"a\":1}",
    "{b:1}",
    "{\"b\":\"",
    "{\"b\":\"\\",
    "{\"b\":\"\\x\"}",
    "{\"b\":\"\\u12\"}",
    "{\"b\":[1,}",
    "{\"b\":{]",
    "[",
    "[1",
    "{\"a\":\"x",
    "{\"a\":{\"b\"",
    "{\"a\":[1,2}",
    "{\"a\":1}}",
    "{\"a\":1},",
    "1 2",
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", rows[i]);
      g_assert_null (json_find (rows[i], "a", &error));
      g_assert_cmpint (error->code, ==, CTL_FAILED);
    }
}

static void
too_deep (void)
{
  g_autofree char *open = g_strnfill (100000, '[');
  g_autofree char *text = g_strconcat ("{\"b\":", open, NULL);
  g_autoptr (GString) path = g_string_new ("b");
  g_autoptr (GError) error = NULL;

  g_assert_null (json_find (text, "a", &error));
  g_assert_cmpint (error->code, ==, CTL_FAILED);
  g_clear_error (&error);
  for (guint i = 0; i < 100000; i++)
    g_string_append (path, ".0");
  g_assert_null (json_find (text, path->str, &error));
  g_assert_cmpint (error->code, ==, CTL_FAILED);
}

static const char text[] =
    " { \"core\" : {\"id\":\"r1\", \"n\": -1.5e3 ,\"none\":null,\"yes\":true,\"o\":{},\"l\":[]},\n"
    "\"sessions\":[{\"name\":\"a.b\"},[10,[20]],\"x\"],"
    "\"counters\":{\"auth\":0,\"auth.wrong\":7,\"auth.wrong.more\":8,\"a\":{\"b\":1},\"a.b\":{"
    "\"c\":2}},"
    "\"esc\":\"q\\\"\\\\\\/\\n\\u00fc\\ud83d\\ude00\\ud800\",\"k\\u0065y\":1,\"\":9}\n";

static void
absent (void)
{
  static const char *const rows[] = { "x",
                                      "cor",
                                      "core.x",
                                      "core.id.x",
                                      "core.n.0",
                                      "sessions.3",
                                      "sessions.-1",
                                      "sessions.00",
                                      "sessions.name",
                                      "sessions.1.1.1",
                                      "core.l.0",
                                      "counters.auth.x",
                                      "counters.wrong",
                                      ".core",
                                      "core..id",
                                      "core.o.x" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", rows[i]);
      g_assert_null (json_find (text, rows[i], &error));
      g_assert_cmpint (error->code, ==, CTL_NO_SUCH_KEY);
    }
}

static void
present (void)
{
  static const char *const rows[][2] = {
    { "core.id", "r1" },
    { "core.n", "-1.5e3" },
    { "core.none", "null" },
    { "core.yes", "true" },
    { "core.o", "{}" },
    { "core.l", "[]" },
    { "sessions.0.name", "a.b" },
    { "sessions.0", "{\"name\":\"a.b\"}" },
    { "sessions.1.1.0", "20" },
    { "sessions.1", "[10,[20]]" },
    { "sessions.2", "x" },
    { "counters.auth", "0" },
    { "counters.auth.wrong", "7" },
    { "counters.auth.wrong.more", "8" },
    { "counters.a.b", "1" },
    { "counters.a.b.c", "2" },
    { "esc", "q\"\\/\n\xc3\xbc\xf0\x9f\x98\x80\xef\xbf\xbd" },
    { "key", "1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *value = json_find (text, rows[i][0], &error);

      g_assert_no_error (error);
      g_assert_cmpstr (value, ==, rows[i][1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl-json/not-json", not_json);
  g_test_add_func ("/ctl-json/too-deep", too_deep);
  g_test_add_func ("/ctl-json/absent", absent);
  g_test_add_func ("/ctl-json/present", present);
  return g_test_run ();
}
