/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Changing users files: names that break the format, what stays of the old file, rights. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/ctl.h"

G_DEFINE_QUARK (reflectorctl, ctl_error)

static void
names (void)
{
  static const char *const bad[] = { "", "a:b", "a\nb", "a\tb", "\x7f", "\xff" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const UsersChange user = { .user = bad[i], .realm = "home" };
      const UsersChange realm = { .user = "ann", .realm = bad[i] };

      g_assert_nonnull (strstr (users_change_check (&user), "USER"));
      g_assert_nonnull (strstr (users_change_check (&realm), "REALM"));
    }
  g_assert_nonnull (users_change_check (&(UsersChange){ .user = "#a", .realm = "home" }));
  g_assert_null (users_change_check (&(UsersChange){ .user = "j\xc3\xbcrgen e", .realm = "a b" }));
}

static char *
lines_of (const char *user, const char *realm, const char *password)
{
  g_autofree char *secret = g_strdup_printf ("%s:%s:%s", user, realm, password);
  g_autofree char *md5 = g_compute_checksum_for_string (G_CHECKSUM_MD5, secret, -1);
  g_autofree char *sha = g_compute_checksum_for_string (G_CHECKSUM_SHA256, secret, -1);

  return g_strdup_printf ("%s:%s:MD5:%s\n%s:%s:SHA-256:%s\n", user, realm, md5, user, realm, sha);
}

static void
text (void)
{
  g_autofree char *ann = lines_of ("ann", "home", "secret");
  const struct {
    const char *before, *password, *front, *back;
    gboolean found;
  } rows[] = {
    { "", "secret", "", "", FALSE },
    { "#\n\nbob:home:1", "secret", "#\n\nbob:home:1\n", "", FALSE },
    { "#\n\nbob:home:1\n", "secret", "#\n\nbob:home:1\n", "", FALSE },
    { "ann:work:1\nann2:home:1\nAnn:home:1\n#ann:home:\n", "secret",
      "ann:work:1\nann2:home:1\nAnn:home:1\n#ann:home:\n", "", FALSE },
    { "a:b:1\nann:home:1\nc:d:2\nann:home:MD5:2\nann:home:SHA-256:3\n", "secret", "a:b:1\n",
      "c:d:2\n", TRUE },
    { "a:b:1\nann:home:1\nc:d:2", NULL, "a:b:1\n", "c:d:2\n", TRUE },
    { "a:b:1\n", NULL, "a:b:1\n", "", FALSE },
    { "ann:home:1\r\n\n\n", "secret", "", "\n\n", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const UsersChange change = { .user = "ann", .realm = "home", .password = rows[i].password };
      gboolean found;
      g_autofree char *expected =
          g_strconcat (rows[i].front, rows[i].password ? ann : "", rows[i].back, NULL);
      g_autofree char *got = users_text_change (rows[i].before, &change, &found);

      g_assert_cmpstr (got, ==, expected);
      g_assert_cmpint (found, ==, rows[i].found);
    }
}

/* Computed by md5sum: the hash is of user:realm:password and nothing else. */
static void
hash (void)
{
  const UsersChange change = { .user = "Mufasa",
                               .realm = "testrealm@host.com",
                               .password = "Circle Of Life" };
  gboolean found;
  g_autofree char *got = users_text_change ("", &change, &found);

  g_assert_true (g_str_has_prefix (
      got, "Mufasa:testrealm@host.com:MD5:939e7578ed9e3c518a452acee763bce9\n")); /* RFC 2617 §3.5 */
}

typedef struct {
  char *dir, *path;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("rfl-users-XXXXXX", NULL);
  f->path = g_build_filename (f->dir, "users", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_unlink (f->path);
  g_assert_cmpint (g_rmdir (f->dir), ==, 0); /* no temporary file is left */
  g_free (f->path);
  g_free (f->dir);
}

static gboolean
change (Fixture *f, const char *password, gboolean anew, GError **error)
{
  const UsersChange ann = { .user = "ann", .realm = "home", .password = password };

  return users_file_change (f->path, &ann, anew, error);
}

static guint
mode_of (const char *path)
{
  struct stat st;

  g_assert_cmpint (g_lstat (path, &st), ==, 0);
  return st.st_mode & 07777;
}

static void
fails (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = g_strdup (f->path), *got = NULL;

  g_assert_false (change (f, NULL, FALSE, &error)); /* nobody to delete */
  g_assert_nonnull (strstr (error->message, "no such user"));
  g_assert_false (g_file_test (f->path, G_FILE_TEST_EXISTS));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (f->path, "a\0b", 3, NULL));
  g_assert_false (change (f, "secret", FALSE, &error));
  g_assert_nonnull (strstr (error->message, "not a users file"));
  g_clear_error (&error);
  g_assert_true (g_file_get_contents (f->path, &got, NULL, NULL));
  g_assert_cmpmem (got, 3, "a\0b", 3);

  g_free (f->path);
  f->path = g_strdup (f->dir);
  g_assert_false (change (f, "secret", FALSE, &error));
  g_assert_nonnull (strstr (error->message, "not a file"));
  g_clear_error (&error);
  g_free (f->path);
  f->path = g_build_filename (f->dir, "none", "users", NULL);
  g_assert_false (change (f, "secret", FALSE, &error));
  g_assert_nonnull (strstr (error->message, "No such file"));
  g_free (f->path);
  f->path = g_steal_pointer (&before);
}

static void
rights (Fixture *f, gconstpointer data)
{
  mode_t before = umask (0);
  g_autoptr (GError) error = NULL;
  g_autofree char *got = NULL, *expected = lines_of ("ann", "home", "other");

  change (f, "secret", FALSE, &error);
  umask (before);
  g_assert_no_error (error);
  g_assert_cmpint (mode_of (f->path), ==, 0600);
  g_assert_cmpint (g_chmod (f->path, 0644), ==, 0);
  change (f, "other", FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (mode_of (f->path), ==, 0640);
  g_assert_true (g_file_get_contents (f->path, &got, NULL, NULL));
  g_assert_cmpstr (got, ==, expected);
}

static void
links (Fixture *f, gconstpointer data)
{
  g_autofree char *link = g_build_filename (f->dir, "link", NULL), *path = g_strdup (f->path);
  g_autoptr (GError) error = NULL;

  g_assert_true (change (f, "secret", FALSE, &error));
  g_assert_cmpint (symlink ("users", link), ==, 0);
  g_free (f->path);
  f->path = g_strdup (link);
  g_assert_true (change (f, NULL, FALSE, &error));
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  g_free (f->path);
  f->path = g_steal_pointer (&path);
  g_assert_false (change (f, NULL, FALSE, NULL)); /* it is gone from the file itself */
  g_unlink (link);
}

static void
anew (Fixture *f, gconstpointer data)
{
  g_autofree char *got = NULL, *expected = lines_of ("ann", "home", "secret");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (f->path, "bob:home:1\n", -1, NULL));
  g_assert_true (change (f, "secret", TRUE, &error));
  g_assert_true (g_file_get_contents (f->path, &got, NULL, NULL));
  g_assert_cmpstr (got, ==, expected);
}

#define ADD(name, func) g_test_add ("/ctl-users-file/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ctl-users-file/names", names);
  g_test_add_func ("/ctl-users-file/text", text);
  g_test_add_func ("/ctl-users-file/hash", hash);
  ADD ("fails", fails);
  ADD ("rights", rights);
  ADD ("links", links);
  ADD ("anew", anew);
  return g_test_run ();
}
