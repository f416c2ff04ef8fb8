/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is printed reads back as the same; the manual has every option. */
#include "core/config/config.h"
#include <math.h>
#include <string.h>

static const char *const choices[] = { "a", "b|c", NULL };

static const RflOption inner[] = { { .name = "weight", .type = RFL_OPTION_DOUBLE },
                                   RFL_OPTION_END };

static const RflOption members[] = {
  { .name = "host", .type = RFL_OPTION_STRING, .required = TRUE, .help = "Whom." },
  { .name = "tags", .type = RFL_OPTION_STRINGS },
  { .name = "inner", .type = RFL_OPTION_GROUPS, .members = inner },
  RFL_OPTION_END
};

static const RflOption table[] = {
  { .name = "on", .type = RFL_OPTION_BOOL, .help = "Whether." },
  { .name = "n", .type = RFL_OPTION_INT, .min = 1, .max = G_MAXINT64, .fallback = "7" },
  { .name = "low", .type = RFL_OPTION_INT, .min = G_MININT64, .max = 0 },
  { .name = "ratio", .type = RFL_OPTION_DOUBLE, .min = -1, .max = 1, .fallback = "0.1" },
  { .name = "huge", .type = RFL_OPTION_DOUBLE },
  { .name = "text", .type = RFL_OPTION_STRING, .classic = "TEXT" },
  { .name = "kind", .type = RFL_OPTION_STRING, .choices = choices, .fallback = "\"a\"" },
  { .name = "names", .type = RFL_OPTION_STRINGS },
  { .name = "peers", .type = RFL_OPTION_GROUPS, .members = members, .classic = "PEER" },
  RFL_OPTION_END
};

static RflSettings *
read_back (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflConfig) config = rfl_config_load_text ("printed", text, &error);

  g_assert_no_error (error);
  RflSettings *settings = rfl_config_claim (config, "g", table, &error);
  g_assert_no_error (error);
  g_assert_true (rfl_config_check_unclaimed (config, &error));
  return settings;
}

static void
round_trip (void)
{
  static const char *const texts[] = {
    "",
    "on = true; n = 9223372036854775807L; low = -9223372036854775808L; ratio = -1;",
    "n = 2147483648; low = -2147483649; huge = 1.0e300; ratio = 0.3333333333333333;",
    "huge = -0.5e-300;",
    "text = \"\"; names = [ \"\" ];",
    "text = \"a\\\\b\\\"c\\x01\\x7f\\n\\r\\t\xc3\xa4 // # /* @include \\\"x\\\"\";",
    "kind = \"b|c\"; names = [ \"x\", \"y\" ]; peers = ( { host = \"a\"; } );",
    ("peers = ( { host = \"a\"; tags = [ \"t\" ]; inner = ( { weight = 1; }, { } ); },"
     "  { host = \"b\"; inner = ( ); } );"),
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) first = rfl_settings_new_from_text ("g", table, texts[i], &error);
      g_assert_no_error (error);
      g_autofree char *printed = rfl_settings_to_text (first);
      g_autoptr (RflSettings) second = read_back (printed);
      g_autofree char *again = rfl_settings_to_text (second);
      g_assert_cmpstr (printed, ==, again);
    }
}

static void
exact (void)
{
  g_autoptr (RflSettings) s =
      rfl_settings_new_from_text ("g", table, "text = \"a\\tb\"; peers = ( { host = \"h\"; } );",
                                  NULL);
  g_autofree char *printed = rfl_settings_to_text (s);

  g_assert_cmpstr (printed, ==,
                   "g: {\n"
                   "  on = false;\n"
                   "  n = 7;\n"
                   "  low = 0;\n"
                   "  ratio = 0.1;\n"
                   "  huge = 0.0;\n"
                   "  text = \"a\\x09b\";\n"
                   "  kind = \"a\";\n"
                   "  names = [ ];\n"
                   "  peers = (\n"
                   "    {\n"
                   "      host = \"h\";\n"
                   "      tags = [ ];\n"
                   "      inner = ();\n"
                   "    } );\n"
                   "};\n");
}

/* The plugin gets it, and knows whose file it is; whoever reads what is printed does not. */
static void
secret (void)
{
  static const RflOption keys[] = { { .name = "key", .type = RFL_OPTION_SECRET, .help = "Key." },
                                    { .name = "other", .type = RFL_OPTION_SECRET, .help = "Key." },
                                    RFL_OPTION_END };
  g_autoptr (GError) error = NULL;
  g_autoptr (RflConfig) config =
      rfl_config_load_text ("keys.conf", "g: {\n key = \"swordfish\";\n};", &error);
  g_autoptr (RflSettings) s = rfl_config_claim (config, "g", keys, &error);
  g_autofree char *printed = NULL;
  g_autoptr (GString) out = g_string_new (NULL);

  g_assert_no_error (error);
  g_assert_cmpstr (rfl_settings_get_string (s, "key"), ==, "swordfish");
  g_assert_cmpstr (rfl_settings_get_file (s, "key"), ==, "keys.conf");
  g_assert_null (rfl_settings_get_file (s, "other"));
  printed = rfl_settings_to_text (s);
  g_assert_cmpstr (printed, ==,
                   "g: {\n"
                   "  # key is set, and not shown\n"
                   "  # other is not set\n"
                   "};\n");
  rfl_options_print_manual ("g", keys, out);
  g_assert_nonnull (strstr (out->str, "\n| `key` | secret | not set |  |  | Key. |\n"));
}

/* Doubles come back bit by bit. */
static void
numbers (void)
{
  static const double rows[] = { 0.1, 1e20, 1e21, 5e-324, 1.7976931348623157e308, -3, 1.0 / 3 };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      char digits[G_ASCII_DTOSTR_BUF_SIZE];
      g_autofree char *text =
          g_strdup_printf ("huge = %s%s;",
                           g_ascii_formatd (digits, sizeof digits, "%.17e", rows[i]), "");
      g_autoptr (RflSettings) first = rfl_settings_new_from_text ("g", table, text, NULL);
      g_autofree char *printed = rfl_settings_to_text (first);
      g_autoptr (RflSettings) second = read_back (printed);
      g_assert_true (rfl_settings_get_double (first, "huge") == rows[i]);
      g_assert_true (rfl_settings_get_double (second, "huge") == rows[i]);
    }
}

static void
manual (void)
{
  g_autoptr (GString) out = g_string_new (NULL);

  rfl_options_print_manual ("g", table, out);
  rfl_options_print_manual ("none", NULL, out);
  g_assert_true (g_str_has_prefix (out->str, "## g\n\n| option |"));
  static const char *const rows[] = {
    "\n| `on` | boolean | `false` |  |  | Whether. |\n",
    "\n| `n` | integer | `7` | from 1 |  |  |\n",
    "\n| `low` | integer | `0` | up to 0 |  |  |\n",
    "\n| `ratio` | number | `0.1` | -1 to 1 |  |  |\n",
    "\n| `huge` | number | `0.0` |  |  |  |\n",
    "\n| `text` | string | not set |  | `TEXT` |  |\n",
    "\n| `kind` | string | `\"a\"` | `a`, `b\\|c` |  |  |\n",
    "\n| `names` | strings | `[ ]` |  |  |  |\n",
    "\n| `peers` | list of groups | `( )` |  | `PEER` |  |\n",
    "\n| `peers[].host` | string | required |  |  | Whom. |\n",
    "\n| `peers[].inner[].weight` | number | `0.0` |  |  |  |\n",
    "\n## none\n\nNo options.\n",
  };
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (!strstr (out->str, rows[i]))
      g_error ("%s has no row %s", out->str, rows[i]);
}

static void
ignored (void)
{
  static const RflOption lines[] = {
    { .name = "n", .type = RFL_OPTION_INT },
    { .name = "old", .type = RFL_OPTION_IGNORED, .classic = "OLD", .help = "it is old" },
    RFL_OPTION_END
  };
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (RflSettings) s = rfl_settings_new_from_text ("g", lines, "n = 1;", NULL);
  g_autofree char *printed = rfl_settings_to_text (s);

  rfl_options_print_manual ("g", lines, out);
  g_assert_null (strstr (out->str, "| `old`"));
  g_assert_nonnull (strstr (out->str, "\nThe classic line `OLD` is read over: it is old.\n"));
  g_assert_cmpstr (printed, ==, "g: {\n  n = 1;\n};\n");
}

static void
diff (void)
{
  g_autoptr (RflSettings) a = rfl_settings_new_from_text ("g", table, "n = 7; text = \"x\";", NULL);
  g_autoptr (RflSettings) b =
      rfl_settings_new_from_text ("g", table, "on = true; peers = ( { host = \"a\"; } );", NULL);
  g_autofree char *none = rfl_settings_diff (a, a), *some = rfl_settings_diff (a, b);

  g_assert_cmpstr (none, ==, "");
  g_assert_cmpstr (some, ==, "on, text, peers");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config-print/round-trip", round_trip);
  g_test_add_func ("/config-print/exact", exact);
  g_test_add_func ("/config-print/secret", secret);
  g_test_add_func ("/config-print/numbers", numbers);
  g_test_add_func ("/config-print/manual", manual);
  g_test_add_func ("/config-print/ignored", ignored);
  g_test_add_func ("/config-print/diff", diff);
  return g_test_run ();
}
