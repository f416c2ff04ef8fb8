/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration in memory: what is wrong, where, and in which words; classic lines; merging
 * of groups. The daemon's exit codes are tests/conf/'s business.
 */
#include "core/config/config.h"
#include <reflector/error.h>

static const char *const colours[] = { "red", "green", NULL };

static const RflOption members[] = {
  { .name = "host", .type = RFL_OPTION_STRING, .required = TRUE },
  { .name = "port", .type = RFL_OPTION_INT, .min = 1, .max = 65535, .fallback = "5564" },
  RFL_OPTION_END
};

static const RflOption table[] = {
  { .name = "on", .type = RFL_OPTION_BOOL, .fallback = "true" },
  { .name = "port", .type = RFL_OPTION_INT, .min = 1, .max = 65535, .fallback = "5060" },
  { .name = "big", .type = RFL_OPTION_INT },
  { .name = "least", .type = RFL_OPTION_INT, .min = 2, .max = G_MAXINT64, .fallback = "2" },
  { .name = "ratio", .type = RFL_OPTION_DOUBLE, .min = 0, .max = 2, .fallback = "0.5" },
  { .name = "weight", .type = RFL_OPTION_DOUBLE },
  { .name = "address", .type = RFL_OPTION_STRING, .classic = "IP_ADDRESS" },
  { .name = "colour", .type = RFL_OPTION_STRING, .choices = colours, .fallback = "\"red\"" },
  { .name = "names", .type = RFL_OPTION_STRINGS, .fallback = "[ \"a\", \"b\" ]" },
  { .name = "peers", .type = RFL_OPTION_GROUPS, .members = members, .classic = "PEER" },
  RFL_OPTION_END
};

/* Claims group `g` and nothing else. */
static RflSettings *
claim (const char *text, GError **error)
{
  g_autoptr (RflConfig) config = rfl_config_load_text ("f.conf", text, error);

  if (!config)
    return NULL;
  g_autoptr (RflSettings) settings = rfl_config_claim (config, "g", table, error);
  if (!settings || !rfl_config_check_unclaimed (config, error))
    return NULL;
  return g_steal_pointer (&settings);
}

/* What is wrong, and the beginning of the line that says so. */
static const struct {
  const char *text, *message;
} wrong[] = {
  /* the scanner */
  { "g: {\n", "f.conf:1: '{' is never closed" },
  { "g: {\n (\n};", "f.conf:3: '}' does not close the '(' of f.conf:2" },
  { "};", "f.conf:1: '}' closes nothing" },
  { "\n/* x", "f.conf:2: the comment that begins here has no end" },
  { "g: { address = \"x\n };", "f.conf:1: the string that begins here has no end" },
  { "g: { address = \"x\\", "f.conf:1: the string that begins here has no end" },
  { "g: { address = \"\\x00\"; };", "f.conf:1: \\x00 cannot be part of a string" },
  { "g: { big = 9223372036854775808; };", "f.conf:1: 9223372036854775808 does not fit" },
  { "g: { big = 0x8000000000000000; };", "f.conf:1: 0x8000000000000000 does not fit" },
  { "g: { big = -9223372036854775809L; };", "f.conf:1: -9223372036854775809L does not fit" },
  { "g: {};\n$", "f.conf:2: '$' has no place here" },
  { "g: {};\n\xff", "f.conf:2: the byte 0xff has no place here" },
  { "@include \"x\"", "f.conf:1: @include works only in files" },
  { "@include x y", "f.conf:1: '@' begins nothing but @include \"FILE\"" },
  { "@incl", "f.conf:1: '@' begins nothing but @include \"FILE\"" },
  { "g { port = 1; };", "f.conf:1: g: ':' is missing before '{'" },
  { "IP_ADDRESS \"10.0.0.1", "f.conf:1: the string has no end on its line" },
  /* libconfig */
  { "g: {\n port 1;\n};", "f.conf:2: syntax error" },
  { "g: { port = ; };", "f.conf:1: syntax error" },
  { "g: {\n port = 1;\n port = 2;\n};", "f.conf:3: a name stands here that its group has" },
  { "g: {};\ng: {};", "f.conf:2: a name stands here that its group has" },
  { "g: { names = [ \"a\", 1 ]; };", "f.conf:1: " },
  /* the top level */
  { "\nport = 5060;", "f.conf:2: port: stands outside of a group" },
  { "IP_ADDRESS = \"10.0.0.1\"", "f.conf:1: IP_ADDRESS: stands outside of a group" },
  { "h: { };", "f.conf:1: h: there is no plugin of this name" },
  { "\nhello: { };", "f.conf:2: hello: there is no plugin of this name" },
  { "IP_ADRESS 10.0.0.1", "f.conf:1: IP_ADRESS: no plugin knows this line" },
  { "IP_ADDRESS 10.0.0.1\nfoo bar = 5;", "f.conf:2: foo: no plugin knows this line" },
  { "g: [];", "f.conf:1: g: stands outside of a group" },
  /* unknown names */
  { "g: {\n prot = 1;\n};", "f.conf:2: g.prot: unknown option, did you mean 'port'?" },
  { "g: { Port = 1; };", "f.conf:1: g.Port: unknown option, did you mean 'port'?" },
  { "g: { enable = true; };", "f.conf:1: g.enable: unknown option, did you mean 'enabled'?" },
  { "g: { a123456789012345678901234567890123456789012345678 = 1; };",
    "f.conf:1: g.a123456789012345678901234567890123456789012345678: unknown option, there are" },
  { "g: { port = [ ]; ratio = ( ); };", "f.conf:1: g.port: is an array, must be an integer" },
  { "g: { ratio = ( ); };", "f.conf:1: g.ratio: is a list, must be a number" },
  { "g: { address = 1.5; };", "f.conf:1: g.address: is a number with a fraction, must be" },
  { "g: { quux = 1; };",
    "f.conf:1: g.quux: unknown option, there are: on, port, big, least, ratio, weight, address, "
    "colour, names, peers, enabled" },
  { "g: { peers = ( { host = \"a\"; enabled = true; } ); };",
    "f.conf:1: g.peers[0].enabled: unknown option, there are: host, port" },
  /* types */
  { "g: { on = 1; };", "f.conf:1: g.on: is an integer, must be true or false" },
  { "g: { on = \"yes\"; };", "f.conf:1: g.on: is a string, must be true or false" },
  { "g: { port = \"5060\"; };", "f.conf:1: g.port: is a string, must be an integer" },
  { "g: { port = 50.5; };", "f.conf:1: g.port: is a number with a fraction, must be an integer" },
  { "g: { port = true; };", "f.conf:1: g.port: is true or false, must be an integer" },
  { "g: { ratio = \"1\"; };", "f.conf:1: g.ratio: is a string, must be a number" },
  { "g: { address = 10; };", "f.conf:1: g.address: is an integer, must be a string" },
  { "g: { names = \"a\"; };", "f.conf:1: g.names: is a string, must be strings" },
  { "g: { names = [ 1 ]; };", "f.conf:1: g.names: has an integer in it, must be strings" },
  { "g: { names = ( \"a\", { } ); };", "f.conf:1: g.names: has a group in it, must be strings" },
  { "g: { peers = { }; };", "f.conf:1: g.peers: is a group, must be groups" },
  { "g: { peers = [ ]; };", "f.conf:1: g.peers: is an array, must be groups" },
  { "g: { peers = ( 1 ); };", "f.conf:1: g.peers: has an integer in it, must be groups" },
  { "g: { enabled = 0; };", "f.conf:1: g.enabled: is an integer, must be true or false" },
  { "h: { enabled = 0; };", "f.conf:1: h.enabled: is an integer, must be true or false" },
  { "g: { address = \"\xff\"; };", "f.conf:1: g.address: is not valid UTF-8" },
  /* ranges and choices */
  { "g: { port = 0; };", "f.conf:1: g.port: is 0, must be 1 to 65535" },
  { "g: { port = -1; };", "f.conf:1: g.port: is -1, must be 1 to 65535" },
  { "g: { port = 65536; };", "f.conf:1: g.port: is 65536, must be 1 to 65535" },
  { "g: { port = 99999999999; };", "f.conf:1: g.port: is 99999999999, must be 1 to 65535" },
  { "g: { port = 4294972356; };", "f.conf:1: g.port: is 4294972356, must be 1 to 65535" },
  { "g: { port = 5060000000000L; };", "f.conf:1: g.port: is 5060000000000, must be 1 to 65535" },
  { "g: { port = 0xFFFFFFFF; };", "f.conf:1: g.port: is 4294967295, must be 1 to 65535" },
  { "g: { least = 1; };", "f.conf:1: g.least: is 1, must be at least 2" },
  { "g: { ratio = 2.5; };", "f.conf:1: g.ratio: is 2.5, must be 0 to 2" },
  { "g: { ratio = -1; };", "f.conf:1: g.ratio: is -1, must be 0 to 2" },
  { "g: { weight = 1.0e999; };", "f.conf:1: g.weight: is not a finite number" },
  { "g: { colour = \"blue\"; };",
    "f.conf:1: g.colour: is \"blue\", must be one of \"red\", \"green\"" },
  { "g: { colour = \"\"; };", "f.conf:1: g.colour: is \"\", must be one of" },
  { "g: { colour = \"a\n\\x1bb\"; };", "f.conf:1: g.colour: is \"a\\x0a\\x1bb\", must be" },
  { "g: { colour = \"0123456789012345678901234567890123456789012345678901234567890123456789\"; };",
    "f.conf:1: g.colour: is \"0123456789012345678901234567890123456789012345678901234567890123\"…"
    ", must be one of" },
  /* required, twice */
  { "g: { peers = (\n { port = 1; } ); };", "f.conf:2: g.peers[0].host: is missing" },
  { "g: { peers = ( { host = \"a\"; },\n { host = \"b\"; port = 0; } ); };",
    "f.conf:2: g.peers[1].port: is 0, must be 1 to 65535" },
  { "IP_ADDRESS 1\ng: {\n address = \"2\"; };",
    "f.conf:1: g.address: is given a second time, the first one is f.conf:3" },
  { "IP_ADDRESS 1\nIP_ADDRESS 2",
    "f.conf:2: g.address: is given a second time, the first one is f.conf:1" },
  /* classic lines */
  { "IP_ADDRESS", "f.conf:1: g.address: IP_ADDRESS takes exactly one word" },
  { "IP_ADDRESS # none", "f.conf:1: g.address: IP_ADDRESS takes exactly one word" },
  { "IP_ADDRESS a b", "f.conf:1: g.address: IP_ADDRESS takes exactly one word" },
  { "IP_ADDRESS \xff", "f.conf:1: g.address: is not valid UTF-8" },
  { "PEER", "f.conf:1: g.peers[0].host: is missing" },
  { "PEER a 0", "f.conf:1: g.peers[0].port: is 0, must be 1 to 65535" },
  { "PEER a b", "f.conf:1: g.peers[0].port: is \"b\", must be an integer" },
  { "PEER a 1x", "f.conf:1: g.peers[0].port: is \"1x\", must be an integer" },
  { "PEER a 99999999999999999999", "f.conf:1: g.peers[0].port: is \"99999999999999999999\"" },
  { "PEER a\nPEER a 1 2", "f.conf:2: g.peers: PEER takes at most 2 words" },
};

static void
bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) settings = claim (wrong[i].text, &error);

      g_assert_null (settings);
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      if (!g_str_has_prefix (error->message, wrong[i].message))
        g_error ("%s\n  gives    %s\n  expected %s", wrong[i].text, error->message,
                 wrong[i].message);
      g_assert_null (strchr (error->message, '\n'));
    }
}

static void
deep (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new ("g: { peers = ");

  for (guint i = 0; i < 100000; i++)
    g_string_append_c (text, '(');
  g_assert_null (claim (text->str, &error));
  g_assert_cmpstr (error->message, ==, "f.conf:1: nested deeper than 32");
}

static void
defaults (void)
{
  static const char *const texts[] = { "", "g: { };", "g = { enabled = true }", "# nothing\n",
                                       "\xef\xbb\xbfg: { };" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) s = claim (texts[i], &error);

      g_assert_no_error (error);
      g_assert_true (rfl_settings_get_bool (s, "on"));
      g_assert_cmpint (rfl_settings_get_int (s, "port"), ==, 5060);
      g_assert_cmpint (rfl_settings_get_int (s, "big"), ==, 0);
      g_assert_cmpfloat (rfl_settings_get_double (s, "ratio"), ==, 0.5);
      g_assert_null (rfl_settings_get_string (s, "address"));
      g_assert_cmpstr (rfl_settings_get_string (s, "colour"), ==, "red");
      g_assert_cmpuint (g_strv_length ((char **) rfl_settings_get_strings (s, "names")), ==, 2);
      g_assert_cmpuint (rfl_settings_get_n_groups (s, "peers"), ==, 0);
      g_assert_false (rfl_settings_is_set (s, "port"));
    }
}

static void
values (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) s =
      claim ("g: { on = false; port = 0x13C4; big = 99999999999; least = 9223372036854775807L;\n"
             "ratio = 1; weight = -1.5e3; address = \"10.0\" \".0.1\"; colour = \"green\";\n"
             "names = ( \"x\" ); peers = ( { host = \"a\"; }, { host = \"b\"; port = 1; } ) }",
             &error);

  g_assert_no_error (error);
  g_assert_false (rfl_settings_get_bool (s, "on"));
  g_assert_cmpint (rfl_settings_get_int (s, "port"), ==, 5060);
  g_assert_cmpint (rfl_settings_get_int (s, "big"), ==, G_GINT64_CONSTANT (99999999999));
  g_assert_cmpint (rfl_settings_get_int (s, "least"), ==, G_MAXINT64);
  g_assert_cmpfloat (rfl_settings_get_double (s, "ratio"), ==, 1.0);
  g_assert_cmpfloat (rfl_settings_get_double (s, "weight"), ==, -1500.0);
  g_assert_cmpstr (rfl_settings_get_string (s, "address"), ==, "10.0.0.1");
  g_assert_cmpstr (rfl_settings_get_strings (s, "names")[0], ==, "x");
  g_assert_null (rfl_settings_get_strings (s, "names")[1]);
  g_assert_true (rfl_settings_is_set (s, "port"));
  const RflSettings *peer = rfl_settings_get_group (s, "peers", 0);
  g_assert_cmpint (rfl_settings_get_int (peer, "port"), ==, 5564);
  peer = rfl_settings_get_group (s, "peers", 1);
  g_assert_cmpstr (rfl_settings_get_string (peer, "host"), ==, "b");
}

/* Classic lines at every place where a statement may begin. */
static void
classic (void)
{
  static const char *const texts[] = {
    "IP_ADDRESS 10.0.0.1\nPEER a 1\nPEER b",
    "IP_ADDRESS\t10.0.0.1\r\n  PEER a 1\r\nPEER b\r\n",
    "PEER a 1;\nIP_ADDRESS \"10.0.0.1\";\nPEER b;",
    "# PEER z 1\nPEER a 1 # one\nPEER b // two\n/* PEER y\n */ IP_ADDRESS 10.0.0.1 /* x */",
    "g: { port = 5060; }\nPEER a 1\nPEER b\nIP_ADDRESS 10.0.0.1",
    "g: { }; PEER a 1\nIP_ADDRESS 10.0.0.1\nPEER b",
    "IP_ADDRESS 10.0.0.1\ng\n:\n{ peers = ( { host = \"a\"; port = 1; } ) }\nPEER b",

  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) s = claim (texts[i], &error);

      g_assert_no_error (error);
      g_assert_cmpstr (rfl_settings_get_string (s, "address"), ==, "10.0.0.1");
      g_assert_cmpuint (rfl_settings_get_n_groups (s, "peers"), ==, 2);
      const RflSettings *a = rfl_settings_get_group (s, "peers", 0);
      const RflSettings *b = rfl_settings_get_group (s, "peers", 1);
      g_assert_cmpstr (rfl_settings_get_string (a, "host"), ==, "a");
      g_assert_cmpint (rfl_settings_get_int (a, "port"), ==, 1);
      g_assert_cmpstr (rfl_settings_get_string (b, "host"), ==, "b");
      g_assert_cmpint (rfl_settings_get_int (b, "port"), ==, 5564);
    }
}

static void
assert_strings (const RflSettings *s, const char *name, const char *want)
{
  g_autofree char *have = g_strjoinv (",", (char **) rfl_settings_get_strings (s, name));

  g_assert_cmpstr (have, ==, want);
}

static void
too_many_words (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) text = g_string_new ("PEER");

  for (guint i = 0; i < 257; i++)
    g_string_append (text, " 1");
  g_assert_null (claim (text->str, &error));
  g_assert_cmpstr (error->message, ==, "f.conf:1: more than 256 words on one line");
}

/* A word or words of any type, in either case. */
static void
classic_types (void)
{
  static const RflOption rows_members[] = {
    { .name = "host", .type = RFL_OPTION_STRING, .required = TRUE },
    { .name = "tags", .type = RFL_OPTION_STRINGS },
    RFL_OPTION_END
  };
  static const RflOption words[] = {
    { .name = "on", .type = RFL_OPTION_BOOL, .classic = "ON" },
    { .name = "n", .type = RFL_OPTION_INT, .min = G_MININT64, .max = 5, .classic = "N" },
    { .name = "d", .type = RFL_OPTION_DOUBLE, .classic = "D" },
    { .name = "names", .type = RFL_OPTION_STRINGS, .classic = "NAMES", .fallback = "[ \"q\" ]" },
    { .name = "rows", .type = RFL_OPTION_GROUPS, .members = rows_members, .classic = "ROWS" },
    { .name = "licence", .type = RFL_OPTION_IGNORED, .classic = "LICENCE", .help = "nobody asks" },
    RFL_OPTION_END
  };
  static const char *const rows[][2] = {
    { "ON yes", "f.conf:1: g.on: is \"yes\", must be true or false" },
    { "N 6", "f.conf:1: g.n: is 6, must be at most 5" },
    { "N 0x5", "f.conf:1: g.n: is \"0x5\", must be an integer" },
    { "D 1,5", "f.conf:1: g.d: is \"1,5\", must be a number" },
    { "D nan", "f.conf:1: g.d: is not a finite number" },
    { "NAMES", "f.conf:1: g.names: NAMES takes at least one word" },
    { "NAMES a\nNAMES b \xff", "f.conf:2: g.names: is not valid UTF-8" },
    { "ROWS", "f.conf:1: g.rows[0].host: is missing" },
    { "ROWS a b \xff", "f.conf:1: g.rows[0].tags: is not valid UTF-8" },
    { "g: { licence = \"x\"; };",
      "f.conf:1: g.licence: unknown option, there are: on, n, d, names, "
      "rows, enabled" },
    { "on TRUE\nN -5\nD 1.5e1\nNames b\r\nnames\tc d # e\nROWS h x y z\nLICENCE a b", NULL }
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflConfig) config = rfl_config_load_text ("f.conf", rows[i][0], &error);
      g_autoptr (RflSettings) s = rfl_config_claim (config, "g", words, &error);
      g_assert_cmpstr (error ? error->message : NULL, ==, rows[i][1]);
      if (error)
        continue;
      g_assert_true (rfl_settings_get_bool (s, "on"));
      g_assert_cmpint (rfl_settings_get_int (s, "n"), ==, -5);
      g_assert_cmpfloat (rfl_settings_get_double (s, "d"), ==, 15.0);
      assert_strings (s, "names", "b,c,d");
      assert_strings (rfl_settings_get_group (s, "rows", 0), "tags", "x,y,z");
      g_assert_cmpuint (rfl_config_get_notices (config)->len, ==, 1);
      g_assert_cmpstr (rfl_config_get_notices (config)->pdata[0], ==,
                       "f.conf:7: LICENCE is read over: nobody asks");
    }
}

/* A list in a group and lines of the same option are one list. */
static void
lists_add_up (void)
{
  static const RflOption lists[] = {
    { .name = "names", .type = RFL_OPTION_STRINGS, .classic = "NAMES" }, RFL_OPTION_END
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (RflConfig) config =
      rfl_config_load_text ("f.conf", "NAMES b c\ng: { names = [ \"a\" ]; };", &error);
  g_autoptr (RflSettings) s = rfl_config_claim (config, "g", lists, &error);

  g_assert_no_error (error);
  assert_strings (s, "names", "a,b,c");
}

/* Asking for what the table has not is a mistake in the plugin. */
static void
programmer_error (void)
{
  if (g_test_subprocess ())
    {
      g_autoptr (RflSettings) s = claim ("", NULL);
      rfl_settings_get_int (s, "address");
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*the options of g have no such address of this type*");
}

/* What looks like a classic line but stands in a string, a comment or a group is none. */
static void
not_classic (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflConfig) config =
      rfl_config_load_text ("f.conf", "g: { address = \"\nPEER a 1\n\"; }; /*\nPEER a */\n",
                            &error);

  g_assert_no_error (error);
  g_assert_false (rfl_config_has_classic (config, table));
  g_assert_false (rfl_config_has_classic (config, NULL));
}

static void
groups (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflConfig) config =
      rfl_config_load_text ("f.conf", "b: { enabled = false; }; a: { }\nPEER x", &error);
  gboolean enabled;

  g_assert_no_error (error);
  const GPtrArray *names = rfl_config_get_groups (config);
  g_assert_cmpuint (names->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (names, 0), ==, "b");
  g_assert_true (rfl_config_has_group (config, "a"));
  g_assert_false (rfl_config_has_group (config, "c"));
  g_assert_true (rfl_config_has_classic (config, table));
  g_assert_true (rfl_config_get_enabled (config, "b", &enabled, &error));
  g_assert_false (enabled);
  g_assert_true (rfl_config_get_enabled (config, "c", &enabled, &error));
  g_assert_true (enabled);
  /* a disabled group needs no plugin, an enabled one does */
  g_assert_false (rfl_config_check_unclaimed (config, &error));
  g_assert_cmpstr (error->message, ==, "f.conf:1: a: there is no plugin of this name");
}

static void
plugin_errors (void)
{
  g_autoptr (GError) a = NULL, b = NULL, c = NULL, d = NULL;
  g_autoptr (RflSettings) s =
      claim ("g: {\n address = \"x\";\n peers = (\n { host = \"?\"; } ); };", NULL);
  g_autoptr (RflSettings) none = claim ("", NULL);

  g_assert_false (rfl_settings_set_error (s, "address", &a, "is %s", "bad"));
  g_assert_cmpstr (a->message, ==, "f.conf:2: g.address: is bad");
  rfl_settings_set_error (s, NULL, &b, "is bad");
  g_assert_cmpstr (b->message, ==, "f.conf:1: g: is bad");
  rfl_settings_set_error (rfl_settings_get_group (s, "peers", 0), "host", &c, "is bad");
  g_assert_cmpstr (c->message, ==, "f.conf:4: g.peers[0].host: is bad");
  rfl_settings_set_error (none, "address", &d, "is bad");
  g_assert_cmpstr (d->message, ==, "g.address: is bad");
}

static void
from_text (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflSettings) s = rfl_settings_new_from_text ("g", table, "port = 1; # last", &error);

  g_assert_no_error (error);
  g_assert_cmpint (rfl_settings_get_int (s, "port"), ==, 1);
  g_assert_null (rfl_settings_new_from_text ("g", table, "port = 1;\nport_ = 0;", &error));
  g_assert_cmpstr (error->message, ==, "g:2: g.port_: unknown option, did you mean 'port'?");
  g_clear_error (&error);
  g_assert_null (rfl_settings_new_from_text ("g", NULL, "port = 1;", &error));
  g_assert_cmpstr (error->message, ==, "g:1: g.port: unknown option, there are: enabled");
}

/* A table whose own default breaks its own rule is told as such, not passed on. */
static void
bad_defaults (void)
{
  static const RflOption range[] = {
    { .name = "n", .type = RFL_OPTION_INT, .min = 1, .max = 2, .fallback = "3" }, RFL_OPTION_END
  };
  static const RflOption syntax[] = { { .name = "n", .type = RFL_OPTION_STRINGS, .fallback = "[" },
                                      RFL_OPTION_END };
  g_autoptr (GError) a = NULL, b = NULL;

  g_assert_null (rfl_settings_new_from_text ("g", range, "", &a));
  g_assert_cmpstr (a->message, ==, "built-in default:1: g.n: is 3, must be 1 to 2");
  g_assert_null (rfl_settings_new_from_text ("g", syntax, "", &b));
  g_assert_true (g_str_has_prefix (b->message, "g.n: built-in default:1: "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/bad", bad);
  g_test_add_func ("/config/deep", deep);
  g_test_add_func ("/config/bad-defaults", bad_defaults);
  g_test_add_func ("/config/defaults", defaults);
  g_test_add_func ("/config/values", values);
  g_test_add_func ("/config/classic", classic);
  g_test_add_func ("/config/classic-types", classic_types);
  g_test_add_func ("/config/lists-add-up", lists_add_up);
  g_test_add_func ("/config/too-many-words", too_many_words);
  g_test_add_func ("/config/not-classic", not_classic);
  g_test_add_func ("/config/groups", groups);
  g_test_add_func ("/config/plugin-errors", plugin_errors);
  g_test_add_func ("/config/from-text", from_text);
  g_test_add_func ("/config/programmer-error", programmer_error);
  return g_test_run ();
}
