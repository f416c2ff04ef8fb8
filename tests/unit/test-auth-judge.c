/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digest answers: each thing that must be refused, what clients really send, the examples
 * of RFC 7616, and the options.
 */
#include <reflector/error.h>
#include <glib/gstdio.h>
#include <string.h>

#include "core/config/config.h"
#include "plugins/auth/judge.h"

#define NOW (1000 * G_TIME_SPAN_SECOND)

typedef struct {
  char *dir, *users;
  AuthConfig *config;
  AuthNonces *nonces;
  char *nonce;
} Fixture;

static char *
hash (AuthAlgorithm algorithm, const char *a, const char *b, const char *c)
{
  const char *const parts[] = { a, b, c, NULL };

  return auth_algorithm_hash (algorithm, parts);
}

static AuthConfig *
configure (Fixture *f, const char *extra, GError **error)
{
  g_autofree char *text =
      g_strdup_printf ("users_file = \"%s\"; realm = \"home\"; %s", f->users, extra);
  g_autoptr (RflSettings) settings = rfl_settings_new_from_text ("auth", auth_options, text, error);

  return settings != NULL ? auth_config_new (settings, error) : NULL;
}

static void
set_up (Fixture *f, gconstpointer extra)
{
  g_autofree char *md5 = hash (AUTH_MD5, "ann", "home", "secret");
  g_autofree char *sha = hash (AUTH_SHA256, "ann", "home", "secret");
  g_autofree char *wil = hash (AUTH_MD5, "wil", "work", "other");
  g_autofree char *text =
      g_strdup_printf ("ann:home:%s\nann:home:SHA-256:%s\nwil:work:%s\n", md5, sha, wil);
  g_autoptr (GError) error = NULL;

  f->dir = g_dir_make_tmp ("rfl-auth-XXXXXX", NULL);
  f->users = g_build_filename (f->dir, "users", NULL);
  g_file_set_contents_full (f->users, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
  f->config = configure (f, extra ? extra : "", &error);
  g_assert_no_error (error);
  f->nonces = auth_nonces_new (16);
  f->nonce = auth_nonces_make (f->nonces, "home", NOW);
}

static void
tear_down (Fixture *f, gconstpointer extra)
{
  g_unlink (f->users);
  g_rmdir (f->dir);
  auth_config_free (f->config);
  auth_nonces_free (f->nonces);
  g_free (f->nonce);
  g_free (f->dir);
  g_free (f->users);
}

/* What a client that knows @password answers in place of digest->response. */
static char *
answer (const RflDigest *d, AuthAlgorithm algorithm, const char *password)
{
  g_autofree char *ha1 = hash (algorithm, d->username, d->realm, password);
  g_autofree char *ha2 = hash (algorithm, d->method, d->uri, NULL);
  g_autofree char *middle =
      d->qop ? g_strdup_printf ("%s:%s:%s:%s", d->nonce, d->nc, d->cnonce, d->qop)
             : g_strdup (d->nonce);

  return hash (algorithm, ha1, middle, ha2);
}

static RflDigest template(const Fixture *f)
{
  return (RflDigest){ .method = "INVITE",
                      .username = "ann",
                      .realm = "home",
                      .nonce = f->nonce,
                      .uri = "sip:room@127.0.0.1",
                      .algorithm = "MD5",
                      .cnonce = "c",
                      .qop = "auth",
                      .nc = "00000001" };
}

static RflDigestVerdict
check (Fixture *f, RflDigest *d, AuthAlgorithm algorithm, const char *password)
{
  g_autofree char *response = answer (d, algorithm, password);

  d->response = response;
  return auth_judge_check (f->config, f->nonces, NOW, d);
}

#define MEMBER(name) G_STRUCT_OFFSET (RflDigest, name)

/* Whatever is wrong or unknown; the password is always right. */
static void
wrong (Fixture *f, gconstpointer data)
{
  g_autofree char *changed = g_strdup (f->nonce);
  const struct {
    gsize member;
    const char *value;
  } rows[] = {
    { MEMBER (username), "bob" },
    { MEMBER (username), "" },
    { MEMBER (username), "Ann" },
    { MEMBER (realm), "work" },
    { MEMBER (realm), "HOME" },
    { MEMBER (nonce), "" },
    { MEMBER (nonce), "abc" },
    { MEMBER (nonce), changed },
    { MEMBER (qop), "auth-int" },
    { MEMBER (qop), "" },
    { MEMBER (qop), NULL },
    { MEMBER (nc), "00000000" },
    { MEMBER (nc), "1" },
    { MEMBER (nc), "000000001" },
    { MEMBER (nc), "-0000001" },
    { MEMBER (nc), " 0000001" },
    { MEMBER (nc), "0x000001" },
    { MEMBER (algorithm), "MD5-sess" },
    { MEMBER (algorithm), "SHA-256" },
    { MEMBER (algorithm), "none" },
  };

  changed[0] = 'f';
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      RflDigest d = template(f);

      G_STRUCT_MEMBER (const char *, &d, rows[i].member) = rows[i].value;
      g_test_message ("row %u: %s", i, rows[i].value);
      g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_WRONG);
    }
  g_assert_cmpuint (auth_nonces_count (f->nonces), ==, 0);
}

static void
missing (Fixture *f, gconstpointer data)
{
  RflDigest good = template(f);
  g_autofree char *response = answer (&good, AUTH_MD5, "secret");
  const gsize members[] = { MEMBER (method), MEMBER (username), MEMBER (realm),  MEMBER (nonce),
                            MEMBER (uri),    MEMBER (response), MEMBER (cnonce), MEMBER (nc) };

  good.response = response;
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    {
      RflDigest d = good;

      G_STRUCT_MEMBER (const char *, &d, members[i]) = NULL;
      g_assert_cmpint (auth_judge_check (f->config, f->nonces, NOW, &d), ==, RFL_DIGEST_WRONG);
    }
  g_assert_cmpint (auth_judge_check (f->config, f->nonces, NOW, &good), ==, RFL_DIGEST_OK);
}

static void
wrong_response (Fixture *f, gconstpointer data)
{
  RflDigest d = template(f);
  g_autofree char *right = answer (&d, AUTH_MD5, "secret");
  g_autofree char *longer = g_strconcat (right, "0", NULL);

  g_assert_cmpint (check (f, &d, AUTH_MD5, "Secret"), ==, RFL_DIGEST_WRONG);
  g_assert_cmpint (check (f, &d, AUTH_MD5, ""), ==, RFL_DIGEST_WRONG);
  for (gsize cut = 0; cut <= 33; cut++)
    {
      g_autofree char *response = g_strndup (longer, cut);

      d.response = response;
      g_assert_cmpint (auth_judge_check (f->config, f->nonces, NOW, &d), ==,
                       cut == 32 ? RFL_DIGEST_OK : RFL_DIGEST_WRONG);
    }
}

static void
right (Fixture *f, gconstpointer data)
{
  RflDigest d = template(f);
  g_autofree char *response = NULL, *upper = NULL;

  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_OK);
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_REPLAY);
  d.nc = "00000002";
  d.algorithm = NULL;
  d.uri = "sip:127.0.0.1:5060"; /* sipp */
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_OK);
  d.nc = "0000000A";
  d.algorithm = "md5";
  response = answer (&d, AUTH_MD5, "secret");
  upper = g_ascii_strup (response, -1);
  d.response = upper;
  g_assert_cmpint (auth_judge_check (f->config, f->nonces, NOW, &d), ==, RFL_DIGEST_OK);
  d.nc = "00000003";
  g_assert_cmpint (check (f, &d, AUTH_MD5, "wrong"), ==, RFL_DIGEST_WRONG);
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_OK);
}

static void
stale (Fixture *f, gconstpointer data)
{
  RflDigest d = template(f);
  g_autofree char *response = answer (&d, AUTH_MD5, "secret");
  gint64 late = NOW + 301 * G_TIME_SPAN_SECOND;

  d.response = response;
  g_assert_cmpint (auth_judge_check (f->config, f->nonces, late, &d), ==, RFL_DIGEST_STALE);
  d.response = "0123456789abcdef0123456789abcdef"; /* says nothing about expiry to a stranger */
  g_assert_cmpint (auth_judge_check (f->config, f->nonces, late, &d), ==, RFL_DIGEST_WRONG);
}

static void
sha256 (Fixture *f, gconstpointer data)
{
  RflDigest d = template(f);

  d.algorithm = "SHA-256";
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_WRONG);
  g_assert_cmpint (check (f, &d, AUTH_SHA256, "secret"), ==, RFL_DIGEST_OK);
  d.nc = "00000002";
  d.algorithm = "MD5";
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_OK);
}

static void
without_qop (Fixture *f, gconstpointer data)
{
  RflDigest d = template(f);

  d.qop = d.nc = d.cnonce = NULL;
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_OK);
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_REPLAY);
}

static void
challenges (Fixture *f, gconstpointer data)
{
  g_auto (GStrv) fresh = auth_judge_challenge (f->config, f->nonces, NOW, NULL, FALSE);
  g_auto (GStrv) again = auth_judge_challenge (f->config, f->nonces, NOW, NULL, TRUE);
  g_autoptr (GRegex) pattern =
      g_regex_new ("^Digest realm=\"home\", nonce=\"([0-9a-f]{64})\", (stale=true, )?"
                   "algorithm=(MD5|SHA-256), qop=\"auth\"$",
                   0, 0, NULL);

  g_assert_cmpuint (g_strv_length (fresh), ==, 2);
  g_assert_nonnull (strstr (fresh[0], "SHA-256"));
  g_assert_nonnull (strstr (fresh[1], "MD5"));
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GMatchInfo) match = NULL;
      g_autofree char *nonce = NULL;

      g_assert_true (g_regex_match (pattern, fresh[i], 0, &match));
      nonce = g_match_info_fetch (match, 1);
      g_assert_cmpint (auth_nonces_judge (f->nonces, nonce, "home", NOW, 1), ==, AUTH_NONCE_VALID);
      g_assert_null (strstr (fresh[i], "stale"));
      g_assert_nonnull (strstr (again[i], "stale=true"));
    }
}

/* A realm of the asker's: its nonces and hashes are not good for another one. */
static void
other_realm (Fixture *f, gconstpointer data)
{
  g_auto (GStrv) asked = auth_judge_challenge (f->config, f->nonces, NOW, "work", FALSE);
  g_autofree char *nonce = auth_nonces_make (f->nonces, "work", NOW);
  RflDigest d = template(f);

  g_assert_true (g_str_has_prefix (asked[0], "Digest realm=\"work\", "));
  d.asked_realm = "work";
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_WRONG);
  d.realm = "work";
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_WRONG);
  d.nonce = nonce; /* ann has a hash in realm home only */
  g_assert_cmpint (check (f, &d, AUTH_MD5, "secret"), ==, RFL_DIGEST_WRONG);
  d.username = "wil";
  g_assert_cmpint (check (f, &d, AUTH_MD5, "other"), ==, RFL_DIGEST_OK);
  d.asked_realm = NULL;
  g_assert_cmpint (check (f, &d, AUTH_MD5, "other"), ==, RFL_DIGEST_WRONG);
}

/* RFC 7616 §3.9.1 */
static void
examples (void)
{
  static const char *const expected[] = {
    [AUTH_MD5] = "8ca523f5e9506fed4657c9700eebdbec",
    [AUTH_SHA256] = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
  };
  const RflDigest d = { .method = "GET",
                        .username = "Mufasa",
                        .realm = "http-auth@example.org",
                        .nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                        .uri = "/dir/index.html",
                        .nc = "00000001",
                        .qop = "auth",
                        .cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ" };

  for (guint i = 0; i < AUTH_N_ALGORITHMS; i++)
    {
      g_autofree char *response = answer (&d, i, "Circle of Life");
      g_assert_cmpstr (response, ==, expected[i]);
    }
}

static void
options (Fixture *f, gconstpointer data)
{
  static const char *const rows[][2] = {
    { "realm = \"\";", "realm: empty" },
    { "realm = \"a:b\";", "without colon" },
    { "realm = \"a\\\"b\";", "without colon" },
    { "realm = \"a\\nb\";", "without colon" },
    { "algorithms = [ \"MD5\", \"SHA-512\" ];", "\"SHA-512\" is neither" },
    { "users_file = \"\";", "must be given" },
    { "users_file = \"/nonexistent/users\";", "/nonexistent/users: No such file" },
    { "nonce_lifetime = 9;", "nonce_lifetime" },
    { "max_nonces = 0;", "max_nonces" },
    { "", "users_file: must be given" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gboolean whole = strstr (rows[i][0], "users_file") || rows[i][0][0] == '\0';
      g_autofree char *text =
          whole ? g_strdup (rows[i][0])
                : g_strdup_printf ("users_file = \"%s\"; %s", f->users, rows[i][0]);
      g_autoptr (GError) error = NULL;
      g_autoptr (RflSettings) settings =
          rfl_settings_new_from_text ("auth", auth_options, text, &error);

      g_test_message ("%s", text);
      if (settings != NULL)
        g_assert_null (auth_config_new (settings, &error));
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, rows[i][1]));
    }
}

#define ADD(name, extra, func)                                                                     \
  g_test_add ("/auth-judge/" name, Fixture, extra, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("wrong", NULL, wrong);
  ADD ("missing", NULL, missing);
  ADD ("wrong-response", NULL, wrong_response);
  ADD ("right", NULL, right);
  ADD ("stale", NULL, stale);
  ADD ("sha256", "algorithms = [ \"SHA-256\", \"MD5\" ];", sha256);
  ADD ("without-qop", "allow_without_qop = true;", without_qop);
  ADD ("challenges", "algorithms = [ \"MD5\", \"SHA-256\" ];", challenges);
  ADD ("options", NULL, options);
  ADD ("other-realm", NULL, other_realm);
  g_test_add_func ("/auth-judge/examples", examples);
  return g_test_run ();
}
