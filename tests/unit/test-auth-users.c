/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The users file: every way to be wrong, with its line; what is accepted; what may be read. */
#include <reflector/error.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plugins/auth/users.h"

#define MD5 "0123456789abcdef0123456789ABCDEF"
#define SHA MD5 MD5
#define OK "ann:home:" MD5 "\n"

typedef struct {
  const char *text, *message;
} Row;

static const Row wrong[] = {
  { "ann", "users:1: not user:realm:ALGORITHM:HA1" },
  { "ann:home", "users:1: not user:realm:ALGORITHM:HA1" },
  { "ann:home:MD5:" MD5 ":", "users:1: not user:realm:ALGORITHM:HA1" },
  { OK ":home:" MD5, "users:2: the user's name is missing" },
  { OK "\n#\nbob::" MD5 "\n", "users:4: the realm is missing" },
  { "ann:home:SHA-512:" SHA, "users:1: the algorithm is neither MD5 nor SHA-256" },
  { "ann:home::" MD5, "users:1: the algorithm is neither MD5 nor SHA-256" },
  { "ann:home:MD5:" SHA, "users:1: the last field is no hash of this algorithm" },
  { "ann:home:SHA-256:" MD5, "users:1: the last field is no hash of this algorithm" },
  { "ann:home:" SHA, "users:1: the last field is no hash of this algorithm" },
  { "ann:home:secret", "users:1: the last field is no hash of this algorithm" },
  { "ann:home:" MD5 " ", "users:1: the last field is no hash of this algorithm" },
  { "ann:home:0123456789abcdef0123456789abcdeg",
    "users:1: the last field is no hash of this algorithm" },
  { OK OK, "users:2: this user, realm and algorithm come twice" },
  { OK "ann:home:md5:" MD5, "users:2: this user, realm and algorithm come twice" },
  { "an\tn:home:" MD5, "users:1: a control character" },
  { "ann:home:" MD5 "\r\r\n", "users:1: a control character" },
  { "\xff:home:" MD5, "users:1: not UTF-8" },
  { " ", "users:1: not user:realm:ALGORITHM:HA1" },
};

static void
bad (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      gsize len = strlen (wrong[i].text);
      g_autofree char *data = g_memdup2 (wrong[i].text, len); /* not terminated */
      g_autoptr (GError) error = NULL;

      g_assert_null (auth_users_parse ("users", data, len, &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      g_assert_cmpstr (error->message, ==, wrong[i].message);
    }
}

static void
nul (void)
{
  static const char text[] = "ann:home:" MD5 "\0rest\n";
  g_autoptr (GError) error = NULL;

  g_assert_null (auth_users_parse ("users", text, sizeof text - 1, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
}

static AuthUsers *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  AuthUsers *users = auth_users_parse ("users", text, strlen (text), &error);

  g_assert_no_error (error);
  return users;
}

static void
good (void)
{
  g_autoptr (AuthUsers) users = parse ("# comment:with:colons\n\n"
                                       "ann:home:" MD5 "\r\n"
                                       "ann:home:sha-256:" SHA "\n"
                                       "ann:work:MD5:ffffffffffffffffffffffffffffffff\n"
                                       "j\xc3\xbcrgen e:home:MD5:" MD5);

  g_assert_cmpstr (auth_users_find (users, "ann", "home", AUTH_MD5), ==,
                   "0123456789abcdef0123456789abcdef");
  g_assert_cmpuint (strlen (auth_users_find (users, "ann", "home", AUTH_SHA256)), ==, 64);
  g_assert_cmpstr (auth_users_find (users, "ann", "work", AUTH_MD5), ==,
                   "ffffffffffffffffffffffffffffffff");
  g_assert_nonnull (auth_users_find (users, "j\xc3\xbcrgen e", "home", AUTH_MD5));
  g_assert_null (auth_users_find (users, "Ann", "home", AUTH_MD5));
  g_assert_null (auth_users_find (users, "ann", "work", AUTH_SHA256));
  g_assert_null (auth_users_find (users, "", "", AUTH_MD5));
  g_assert_null (auth_users_find (users, "ann:home", "", AUTH_MD5));
  g_assert_cmpuint (auth_users_count_hashes (users, "home", AUTH_MD5), ==, 2);
  g_assert_cmpuint (auth_users_count_hashes (users, "work", AUTH_SHA256), ==, 0);
}

static void
nobody (void)
{
  g_autoptr (AuthUsers) users = auth_users_parse ("users", "", 0, NULL);

  g_assert_nonnull (users);
  g_assert_null (auth_users_find (users, "ann", "home", AUTH_MD5));
}

static void
file (void)
{
  g_autofree char *dir = g_dir_make_tmp ("rfl-auth-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (dir, "users", NULL);
  g_autoptr (AuthUsers) users = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (auth_users_load (path, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (auth_users_load (dir, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
  g_clear_error (&error);

  g_assert_true (g_file_set_contents_full (path, OK, -1, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
  g_assert_cmpint (g_chmod (path, 0604), ==, 0);
  g_assert_null (auth_users_load (path, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "everybody may read"));
  g_clear_error (&error);

  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  users = auth_users_load (path, &error);
  g_assert_no_error (error);
  g_assert_nonnull (auth_users_find (users, "ann", "home", AUTH_MD5));
  g_unlink (path);

  g_assert_cmpint (mkfifo (path, 0600), ==, 0); /* must not wait for a writer */
  g_assert_null (auth_users_load (path, &error));
  g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
  g_unlink (path);
  g_rmdir (dir);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/auth-users/bad", bad);
  g_test_add_func ("/auth-users/nul", nul);
  g_test_add_func ("/auth-users/good", good);
  g_test_add_func ("/auth-users/nobody", nobody);
  g_test_add_func ("/auth-users/file", file);
  return g_test_run ();
}
