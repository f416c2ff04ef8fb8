/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration in a folder: which files, in which order, included ones, and one group in
 * several files.
 */
#include "core/config/config.h"
#include <reflector/error.h>
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
  char *dir;
} Fixture;

static const RflOption members[] = { { .name = "host", .type = RFL_OPTION_STRING },
                                     RFL_OPTION_END };

static const RflOption table[] = {
  { .name = "a", .type = RFL_OPTION_INT },
  { .name = "b", .type = RFL_OPTION_INT },
  { .name = "address", .type = RFL_OPTION_STRING, .classic = "IP_ADDRESS" },
  { .name = "peers", .type = RFL_OPTION_GROUPS, .members = members, .classic = "PEER" },
  RFL_OPTION_END
};

static void
set_up (Fixture *fixture, gconstpointer user_data)
{
  fixture->dir = g_dir_make_tmp ("test-config-XXXXXX", NULL);
  g_assert_nonnull (fixture->dir);
}

static void
tear_down (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->dir, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->dir, name, NULL);
      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->dir), ==, 0);
  g_free (fixture->dir);
}

static void
put (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->dir, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

/* Loads the folder, claims group `g`; on failure @message (transfer full) is the error without
 * the folder's name. */
static RflSettings *
load (Fixture *fixture, char **message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflConfig) config = rfl_config_load (fixture->dir, &error);
  g_autoptr (RflSettings) settings = NULL;

  if (config)
    settings = rfl_config_claim (config, "g", table, &error);
  if (settings && rfl_config_check_unclaimed (config, &error))
    return g_steal_pointer (&settings);
  g_autofree char *prefix = g_strconcat (fixture->dir, "/", NULL);
  g_auto (GStrv) parts = g_strsplit (error->message, prefix, -1);
  *message = g_strjoinv ("", parts);
  return NULL;
}

static void
expect_error (Fixture *fixture, const char *expected)
{
  g_autofree char *message = NULL;

  g_assert_null (load (fixture, &message));
  g_assert_cmpstr (message, ==, expected);
}

static void
missing_folder (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (rfl_config_load ("/nonexistent/conf.d", &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "/nonexistent/conf.d"));
}

static void
unreadable_file (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->dir, "10-x.conf", NULL);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_null (rfl_config_load (fixture->dir, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, path));
}

static void
twice (Fixture *fixture, gconstpointer user_data)
{
  put (fixture, "10-x.conf", "g: {\n a = 1; };");
  put (fixture, "20-x.conf", "\ng: { b = 1;\n a = 1; };");
  expect_error (fixture, "20-x.conf:3: g.a: is given a second time, the first one is 10-x.conf:2");
}

static void
enabled_twice (Fixture *fixture, gconstpointer user_data)
{
  put (fixture, "10-x.conf", "g: { enabled = true; };");
  put (fixture, "20-x.conf", "g: { enabled = false; };");
  expect_error (fixture,
                "20-x.conf:1: g.enabled: is given a second time, the first one is 10-x.conf:1");
}

static void
classic_twice (Fixture *fixture, gconstpointer user_data)
{
  put (fixture, "10-x.conf", "IP_ADDRESS 10.0.0.1");
  put (fixture, "20-x.conf", "# x\nIP_ADDRESS 10.0.0.1");
  expect_error (fixture, "20-x.conf:2: g.address: is given a second time, the first one is "
                         "10-x.conf:1");
}

static void
include_missing (Fixture *fixture, gconstpointer user_data)
{
  put (fixture, "10-x.conf", "g: {\n@include \"nothing.inc\"\n};");
  expect_error (
      fixture,
      "10-x.conf:2: @include: Failed to open file “nothing.inc”: No such file or directory");
}

static void
include_loop (Fixture *fixture, gconstpointer user_data)
{
  put (fixture, "10-x.conf", "@include \"10-x.conf\"\n");
  expect_error (fixture, "10-x.conf:1: files include each other deeper than 10");
}

static void
include_too_much (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < 1000; i++)
    g_string_append (text, "@include \"b.inc\"\n");
  put (fixture, "a.inc", text->str);
  g_string_truncate (text, 0);
  for (guint i = 0; i < 10000; i++)
    g_string_append (text, "\n");
  put (fixture, "b.inc", text->str);
  put (fixture, "10-x.conf", "@include \"a.inc\"");
  expect_error (fixture, "b.inc:3047: the configuration is larger than 4 MiB");
}

static void
include_wrong (Fixture *fixture, gconstpointer user_data)
{
  put (fixture, "x.inc", "\n a = \"x\";\n");
  put (fixture, "10-x.conf", "g: { b = 1;\n@include \"x.inc\"\n};");
  expect_error (fixture, "x.inc:2: g.a: is a string, must be an integer");
  put (fixture, "x.inc", "\n a = 1;");
  put (fixture, "10-x.conf", "g: { b = 1;\n@include \"x.inc\"\n\n b = \"x\" };");
  expect_error (fixture, "10-x.conf:4: a name stands here that its group has already");
  put (fixture, "10-x.conf", "g: {\n@include \"x.inc\"\n\n b = \"x\" };");
  expect_error (fixture, "10-x.conf:4: g.b: is a string, must be an integer");
  put (fixture, "x.inc", "{");
  expect_error (fixture, "10-x.conf:1: '{' is never closed");
}

static void
include_right (Fixture *fixture, gconstpointer user_data)
{
  g_autofree char *message = NULL;

  put (fixture, "x.inc", "a = 1");
  put (fixture, "lines.inc", "PEER one\nIP_ADDRESS 10.0.0.1\n");
  put (fixture, "10-x.conf",
       "@include \"lines.inc\"\ng: { b = 2;\n  @include \"x.inc\" # here\n};\nPEER two");
  g_autoptr (RflSettings) s = load (fixture, &message);
  g_assert_cmpstr (message, ==, NULL);
  g_assert_cmpint (rfl_settings_get_int (s, "a"), ==, 1);
  g_assert_cmpint (rfl_settings_get_int (s, "b"), ==, 2);
  g_assert_cmpstr (rfl_settings_get_string (s, "address"), ==, "10.0.0.1");
  g_assert_cmpuint (rfl_settings_get_n_groups (s, "peers"), ==, 2);
}

static void
order (Fixture *fixture, gconstpointer user_data)
{
  g_autofree char *message = NULL;
  static const char *const hosts[] = { "p3", "p1", "p2" }; /* the group comes before lines */

  put (fixture, "20-b.conf", "PEER p2");
  put (fixture, "10-a.conf", "PEER p1");
  put (fixture, "30-c.conf", "g: { a = 1; peers = ( { host = \"p3\"; } ); };");
  put (fixture, "40-d.conf", "g: { b = 2; };");
  put (fixture, "50-e.conf.bak", "nonsense {");
  put (fixture, ".60-f.conf", "nonsense {");
  put (fixture, "README", "nonsense {");
  g_autoptr (RflSettings) s = load (fixture, &message);
  g_assert_cmpstr (message, ==, NULL);
  g_assert_cmpint (rfl_settings_get_int (s, "a"), ==, 1);
  g_assert_cmpint (rfl_settings_get_int (s, "b"), ==, 2);
  g_assert_cmpuint (rfl_settings_get_n_groups (s, "peers"), ==, G_N_ELEMENTS (hosts));
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    g_assert_cmpstr (rfl_settings_get_string (rfl_settings_get_group (s, "peers", i), "host"), ==,
                     hosts[i]);
}

/* A file alone is read without its neighbours; what it includes stands beside it. */
static void
one_file (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->dir, "classic.cfg", NULL);

  put (fixture, "classic.cfg", "PEER p1\r\n@include \"x.inc\"\r\n");
  put (fixture, "x.inc", "peer p2");
  put (fixture, "10-a.conf", "nonsense {");
  g_autoptr (RflConfig) config = rfl_config_load (path, &error);
  g_assert_no_error (error);
  g_autoptr (RflSettings) s = rfl_config_claim (config, "g", table, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rfl_settings_get_n_groups (s, "peers"), ==, 2);
}

static void
empty_folder (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (RflConfig) config = rfl_config_load (fixture->dir, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (rfl_config_get_groups (config)->len, ==, 0);
  g_assert_true (rfl_config_check_unclaimed (config, &error));
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*func) (Fixture *fixture, gconstpointer user_data);
  } tests[] = {
    { "/config-files/missing-folder", missing_folder },
    { "/config-files/unreadable-file", unreadable_file },
    { "/config-files/twice", twice },
    { "/config-files/enabled-twice", enabled_twice },
    { "/config-files/classic-twice", classic_twice },
    { "/config-files/include-missing", include_missing },
    { "/config-files/include-loop", include_loop },
    { "/config-files/include-too-much", include_too_much },
    { "/config-files/include-wrong", include_wrong },
    { "/config-files/include-right", include_right },
    { "/config-files/order", order },
    { "/config-files/empty-folder", empty_folder },
    { "/config-files/one-file", one_file },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
  return g_test_run ();
}
