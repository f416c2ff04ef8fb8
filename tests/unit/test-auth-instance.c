/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin auth from configure() to free(): what it refuses, what it goes on with after a bad reload, and which
 * hashes it offers to whose users.
 */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "core/config/config.h"
#include "core/core-private.h"
#include "core/log.h"
#include "core/status.h"
#include "plugins/auth/instance.h"

#define MD5 "0123456789abcdef0123456789abcdef"
#define SHA MD5 MD5
#define ANN "ann:home:" MD5 "\nann:home:SHA-256:" SHA "\n"

typedef struct {
  char *dir, *users;
  RflCore *core;
  gpointer auth;
  GString *lines;
} Fixture;

static RflLog *the_log;

static void
collect (GLogLevelFlags level, const char *line, gpointer user_data)
{
  g_string_append_printf (user_data, "%s\n", line);
}

static void
write_users (Fixture *f, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_unlink (f->users);
  g_file_set_contents_full (f->users, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  RflCoreOptions options = { .manual_workers = TRUE, .n_workers = 1 };

  options.clock = rfl_clock_new_manual (G_TIME_SPAN_HOUR);
  f->dir = g_dir_make_tmp ("rfl-auth-XXXXXX", NULL);
  f->users = g_build_filename (f->dir, "users", NULL);
  f->core = rfl_core_new (&options);
  f->auth = auth_instance_new (f->core);
  f->lines = g_string_new (NULL);
  rfl_log_set_sink (the_log, collect, f->lines);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  auth_instance_free (f->auth);
  rfl_core_free (f->core);
  rfl_log_set_sink (the_log, NULL, NULL);
  g_string_free (f->lines, TRUE);
  g_unlink (f->users);
  g_rmdir (f->dir);
  g_free (f->users);
  g_free (f->dir);
}

static RflSettings *
make_settings (Fixture *f, const char *extra)
{
  g_autofree char *text =
      g_strdup_printf ("users_file = \"%s\"; realm = \"home\"; %s %s", f->users, extra,
                       strstr (extra, "algorithms") ? ""
                                                    : "algorithms = [ \"MD5\", \"SHA-256\" ];");
  g_autoptr (GError) error = NULL;
  RflSettings *settings = rfl_settings_new_from_text ("auth", auth_options, text, &error);

  g_assert_no_error (error);
  return settings;
}

static gboolean
configure (Fixture *f, const char *extra, GError **error)
{
  g_autoptr (RflSettings) settings = make_settings (f, extra);

  return auth_instance_configure (f->auth, settings, error);
}

/* With @users as the file. */
static void
start (Fixture *f, const char *users, const char *extra)
{
  g_autoptr (GError) error = NULL;

  write_users (f, users);
  g_assert_true (configure (f, extra, &error));
  g_assert_no_error (error);
  g_assert_true (auth_instance_start (f->auth, &error));
  g_assert_no_error (error);
}

static RflReload
reload (Fixture *f, const char *extra, GError **error)
{
  g_autoptr (RflSettings) settings = make_settings (f, extra);

  return auth_instance_reconfigure (f->auth, settings, error);
}

static const RflCredentials *
find (Fixture *f, gpointer *self)
{
  return rfl_core_find_service (f->core, RFL_CREDENTIALS_SERVICE, RFL_CREDENTIALS_VERSION, self);
}

/* The algorithms of the challenges of @realm, in their order. */
static char *
get_offered (Fixture *f, const char *realm)
{
  gpointer self;
  const RflCredentials *service = find (f, &self);
  g_auto (GStrv) values = service->challenge (self, realm, FALSE);
  GString *names = g_string_new (NULL);

  for (guint i = 0; values[i] != NULL; i++)
    {
      const char *name = strstr (values[i], "algorithm=");

      g_assert_nonnull (name);
      name += strlen ("algorithm=");
      g_string_append_printf (names, "%s%.*s", i > 0 ? " " : "", (int) strcspn (name, ","), name);
    }
  return g_string_free (names, FALSE);
}

static void
assert_offered (Fixture *f, const char *realm, const char *expected)
{
  g_autofree char *offered = get_offered (f, realm);

  g_assert_cmpstr (offered, ==, expected);
}

static void
assert_logged (Fixture *f, const char *expected)
{
  if (strstr (f->lines->str, expected) == NULL)
    g_error ("\"%s\" is not in: %s", expected, f->lines->str);
  g_string_truncate (f->lines, 0);
}

/* ---- what is refused ---- */

static void
bad_settings (Fixture *f, gconstpointer data)
{
  static const char *const rows[][3] = {
    { ANN, "algorithms = [ ];", "algorithms: at least one is needed" },
    { ANN, "algorithms = [ \"SHA\" ];", "\"SHA\" is neither MD5 nor SHA-256" },
    { "ann:home:secret\n", "", "users:1: the last field is no hash of this algorithm" },
    { ANN "bob\n", "", "users:3: not user:realm:ALGORITHM:HA1" },
    { ANN ANN, "", "users:3: this user, realm and algorithm come twice" },
  };
  gpointer self;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      write_users (f, rows[i][0]);
      g_assert_false (configure (f, rows[i][1], &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, rows[i][2]));
      g_assert_null (strstr (error->message, "secret"));
    }
  g_assert_null (find (f, &self));
}

/* Nothing to read, and then what nobody but others may: neither starts. */
static void
bad_file (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (configure (f, "", &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "No such file"));
  g_clear_error (&error);
  write_users (f, ANN);
  g_assert_cmpint (g_chmod (f->users, 0644), ==, 0);
  g_assert_false (configure (f, "", &error));
  g_assert_nonnull (strstr (error->message, "everybody may read"));
  g_clear_error (&error);
  if (geteuid () == 0) /* whom no mode keeps out */
    return;
  g_assert_cmpint (g_chmod (f->users, 0), ==, 0);
  g_assert_false (configure (f, "", &error));
  g_assert_nonnull (strstr (error->message, "Permission denied"));
}

static void
large_file (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  write_users (f, "");
  g_assert_cmpint (truncate (f->users, 16 * 1024 * 1024 + 1), ==, 0);
  g_assert_false (configure (f, "", &error));
  g_assert_nonnull (strstr (error->message, "larger than 16 MiB"));
}

static void
second_provider (Fixture *f, gconstpointer data)
{
  static const RflCredentials other;
  g_autoptr (GError) error = NULL;
  gpointer self;

  write_users (f, ANN);
  g_assert_true (configure (f, "", NULL));
  g_assert_true (rfl_core_offer_service (f->core, RFL_CREDENTIALS_SERVICE, RFL_CREDENTIALS_VERSION,
                                         &other, NULL, NULL));
  g_assert_false (auth_instance_start (f->auth, &error));
  g_assert_nonnull (error);
  auth_instance_stop (f->auth); /* takes nothing away from the other */
  g_assert_true (find (f, &self) == &other);
  rfl_core_withdraw_service (f->core, RFL_CREDENTIALS_SERVICE);
}

/* ---- reload ---- */

static void
bad_reload (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  start (f, ANN, "");
  write_users (f, ANN "bob:home:" MD5 "0\n");
  g_assert_cmpint (reload (f, "", &error), ==, RFL_RELOAD_FAILED);
  g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "users:3: "));
  g_clear_error (&error);
  g_unlink (f->users);
  g_assert_cmpint (reload (f, "", &error), ==, RFL_RELOAD_FAILED);
  g_clear_error (&error);
  write_users (f, ANN);
  g_assert_cmpint (reload (f, "algorithms = [ \"none\" ];", &error), ==, RFL_RELOAD_FAILED);
  assert_offered (f, NULL, "SHA-256 MD5");
}

/* The file says anew what can be offered, and each time the log says whom it is because of. */
static void
good_reload (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gpointer self;

  start (f, ANN, "");
  g_assert_cmpstr (f->lines->str, ==, "");
  assert_offered (f, NULL, "SHA-256 MD5");
  write_users (f, ANN "bob:home:" MD5 "\n");
  g_assert_cmpint (reload (f, "", &error), ==, RFL_RELOAD_APPLIED);
  assert_offered (f, NULL, "MD5");
  assert_logged (f, "SHA-256 is not offered in realm \"home\": 1 of 2 users");
  write_users (f, ANN "bob:home:SHA-256:" SHA "\nbob:home:" MD5 "\n");
  g_assert_cmpint (reload (f, "", &error), ==, RFL_RELOAD_APPLIED);
  assert_offered (f, NULL, "SHA-256 MD5");
  g_assert_cmpstr (f->lines->str, ==, "");
  g_assert_cmpint (reload (f, "algorithms = [ \"MD5\" ];", &error), ==, RFL_RELOAD_APPLIED);
  assert_offered (f, NULL, "MD5");
  auth_instance_stop (f->auth);
  g_assert_null (find (f, &self));
}

/* ---- which hashes are offered ---- */

static void
offers (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *users, *offered, *line;
  } rows[] = {
    { "", "SHA-256 MD5", "nobody in realm \"home\"" },
    { "ann:home:" MD5 "\n", "MD5", "SHA-256 is not offered in realm \"home\": 1 of 1 users" },
    { "ann:home:SHA-256:" SHA "\n", "SHA-256", "MD5 is not offered in realm \"home\": 1 of 1" },
    { ANN, "SHA-256 MD5", "" },
    /* whose phones know MD5 alone must not suffer from bob */
    { ANN "bob:home:SHA-256:" SHA "\n", "SHA-256 MD5",
      "1 of 2 users of realm \"home\" have no MD5" },
    { ANN "bob:home:MD5:" MD5 "\n", "MD5", "SHA-256 is not offered in realm \"home\": 1 of 2" },
    /* nothing suits both */
    { "ann:home:" MD5 "\nbob:home:SHA-256:" SHA "\n", "SHA-256 MD5",
      "1 of 2 users of realm \"home\" have no SHA-256" },
    /* other realms do not matter */
    { ANN "bob:work:" MD5 "\n", "SHA-256 MD5", "SHA-256 is not offered in realm \"work\"" },
  };
  g_autoptr (GError) error = NULL;

  start (f, ANN, "");
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%u", i);
      write_users (f, rows[i].users);
      g_assert_cmpint (reload (f, "", &error), ==, RFL_RELOAD_APPLIED);
      assert_offered (f, NULL, rows[i].offered);
      assert_logged (f, rows[i].line);
    }
  assert_offered (f, "work", "MD5");
  assert_offered (f, "elsewhere", "SHA-256 MD5");
}

/* A 401 without a challenge would be none. */
static void
never_none (Fixture *f, gconstpointer data)
{
  start (f, "ann:home:" MD5 "\n", "algorithms = [ \"SHA-256\" ];");
  assert_offered (f, NULL, "SHA-256");
  assert_logged (f, "1 of 1 users of realm \"home\" have no SHA-256 hash");
}

static void
status (Fixture *f, gconstpointer data)
{
  RflStatus *before = rfl_status_new (), *after = rfl_status_new ();
  g_autofree char *nothing = NULL, *text = NULL;

  rfl_status_call (before, "auth", auth_instance_status, f->auth);
  nothing = rfl_status_finish (before);
  g_assert_null (strstr (nothing, "realm"));
  start (f, ANN "bob:home:" MD5 "\n", "");
  rfl_status_call (after, "auth", auth_instance_status, f->auth);
  text = rfl_status_finish (after);
  g_test_message ("%s", text);
  g_assert_nonnull (
      strstr (text, "\"realm\":\"home\",\"users\":2,\"offered\":\"MD5\",\"nonces\":0"));
}

/* ---- judging by the service ---- */

/* Each verdict has its counter. */
static void
counters (Fixture *f, gconstpointer data)
{
  RflDigest digest = { .method = "INVITE", .username = "ann", .realm = "home" };
  const RflCredentials *service;
  gpointer self;

  start (f, ANN, "");
  service = find (f, &self);
  g_assert_cmpint (service->check (self, &digest), ==, RFL_DIGEST_WRONG);
  g_assert_cmpuint (rfl_counter_read (rfl_counter_get (f->core, "auth.wrong", "")), ==, 1);
  assert_offered (f, NULL, "SHA-256 MD5");
  g_assert_cmpuint (rfl_counter_read (rfl_counter_get (f->core, "auth.challenges", "")), ==, 1);
}

#define ADD(name, func) g_test_add ("/auth-instance/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  the_log = rfl_log_new ();
  rfl_log_install (the_log);
  ADD ("bad-settings", bad_settings);
  ADD ("bad-file", bad_file);
  ADD ("large-file", large_file);
  ADD ("second-provider", second_provider);
  ADD ("bad-reload", bad_reload);
  ADD ("good-reload", good_reload);
  ADD ("offers", offers);
  ADD ("never-none", never_none);
  ADD ("status", status);
  ADD ("counters", counters);
  return g_test_run ();
}
