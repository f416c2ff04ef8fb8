/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Descriptors that no core should run: the ones that would need too many shared objects. */
#include "core/plugin.h"
#include <string.h>

static gpointer
make (RflCore *core)
{
  return core;
}

static const RflPlugin good = { .magic = RFL_PLUGIN_MAGIC,
                                .abi_major = RFL_ABI_MAJOR,
                                .abi_minor = RFL_ABI_MINOR,
                                .size = sizeof (RflPlugin),
                                .name = "x",
                                .version = "1",
                                .summary = "Good",
                                .new = make,
                                .free = g_free };

static void
assert_refused (const RflPlugin *plugin, const char *name, const char *says)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (plugin_check_descriptor (plugin, name, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_PLUGIN);
  if (!strstr (error->message, says))
    g_error ("\"%s\" is not in: %s", says, error->message);
}

static void
names (void)
{
  static const char *const wrong[] = { "",     "core", "9lives", "a.b",
                                       "../x", "a b",  "-x",     "gr\xc3\xbcn" };
  static const char *const nothing[] = { "", NULL };
  RflPlugin plugin = good;

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      plugin.name = wrong[i];
      assert_refused (&plugin, wrong[i], "cannot have this name");
    }
  plugin.name = NULL;
  assert_refused (&plugin, "x", "name, version or summary");
  plugin = good;
  plugin.version = NULL;
  assert_refused (&plugin, "x", "name, version or summary");
  plugin = good;
  plugin.summary = NULL;
  assert_refused (&plugin, "x", "name, version or summary");
  plugin = good;
  plugin.wants = nothing;
  assert_refused (&plugin, "x", "an empty name");
  plugin = good;
  plugin.new = NULL;
  assert_refused (&plugin, "x", "lacks the function");
}

static void
options (void)
{
  static const char *const choices[] = { "a", NULL };
  static const RflOption member[] = { { .name = "m", .help = "M" }, RFL_OPTION_END };
  static const RflOption deep[] = {
    { .name = "m", .type = RFL_OPTION_GROUPS, .members = member, .help = "M" }, RFL_OPTION_END
  };
  static const RflOption wrong[] = {
    { .name = "", .help = "No name" },
    { .name = "a b", .help = "A space" },
    { .name = "enabled", .help = "Core's own" },
    { .name = "a" },
    { .name = "a", .type = (RflOptionType) (RFL_OPTION_SECRET + 1), .help = "No type" },
    { .name = "a", .type = (RflOptionType) -1, .help = "No type" },
    { .name = "a", .type = RFL_OPTION_INT, .min = 2, .max = 1, .help = "An empty range" },
    { .name = "a", .type = RFL_OPTION_GROUPS, .help = "No members" },
    { .name = "a", .type = RFL_OPTION_INT, .members = member, .help = "Members" },
    { .name = "a", .type = RFL_OPTION_GROUPS, .members = deep, .help = "Groups in groups" },
    { .name = "a", .type = RFL_OPTION_INT, .choices = choices, .help = "Choices" },
    { .name = "a", .type = RFL_OPTION_IGNORED, .help = "No line to read over" },
    { .name = "a", .type = RFL_OPTION_IGNORED, .classic = "A", .fallback = "1", .help = "Both" },
    { .name = "a", .type = RFL_OPTION_INT, .required = TRUE, .help = "Required outside" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      const RflOption table[] = { wrong[i], RFL_OPTION_END };
      RflPlugin plugin = good;
      plugin.options = table;
      assert_refused (&plugin, "x", "option");
    }
}

static void
twice (void)
{
  static const RflOption table[] = { { .name = "a", .help = "A" },
                                     { .name = "a", .help = "A" },
                                     RFL_OPTION_END };
  RflPlugin plugin = good;

  plugin.options = table;
  assert_refused (&plugin, "x", "twice");
}

static void
endless (void)
{
  g_autofree RflOption *table = g_new0 (RflOption, 400);
  g_autoptr (GPtrArray) strings = g_ptr_array_new_with_free_func (g_free);
  RflPlugin plugin = good;

  for (guint i = 0; i < 400; i++)
    {
      table[i].name = g_strdup_printf ("a%u", i);
      table[i].help = "A";
      g_ptr_array_add (strings, (char *) table[i].name);
    }
  plugin.options = table;
  assert_refused (&plugin, "x", "no end");
}

static void
fine (void)
{
  static const char *const choices[] = { "a", NULL };
  static const RflOption member[] = { { .name = "enabled", .required = TRUE, .help = "M" },
                                      RFL_OPTION_END };
  static const RflOption table[] = {
    { .name = "a", .type = RFL_OPTION_GROUPS, .members = member, .classic = "A", .help = "A" },
    { .name = "b", .type = RFL_OPTION_STRING, .choices = choices, .classic = "B", .help = "B" },
    { .name = "c", .type = RFL_OPTION_INT, .min = 1, .max = 1, .classic = "C", .help = "C" },
    { .name = "d", .type = RFL_OPTION_STRINGS, .classic = "D", .help = "D" },
    { .name = "e", .type = RFL_OPTION_IGNORED, .classic = "E", .help = "E" },
    RFL_OPTION_END
  };
  g_autoptr (GError) error = NULL;
  RflPlugin plugin = good;

  g_assert_true (plugin_check_descriptor (&plugin, "x", &error));
  plugin.options = table;
  g_assert_true (plugin_check_descriptor (&plugin, "x", &error));
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plugin-check/names", names);
  g_test_add_func ("/plugin-check/options", options);
  g_test_add_func ("/plugin-check/twice", twice);
  g_test_add_func ("/plugin-check/endless", endless);
  g_test_add_func ("/plugin-check/fine", fine);
  return g_test_run ();
}
