/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the judge an answer, a parameter per line; nobody knows the password, so nothing
 * may be right.
 */
#include "plugins/auth/judge.h"
#include "tests/fuzz/fuzz.h"

#define N_MEMBERS (sizeof (RflDigest) / sizeof (const char *))

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char file[] = "ann:home:0123456789abcdef0123456789abcdef";
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", N_MEMBERS);
  g_autoptr (AuthNonces) nonces = auth_nonces_new (16);
  g_autofree char *nonce = auth_nonces_make (nonces, "home", 1);
  AuthConfig config = { .realm = (char *) "home",
                        .offered = { TRUE, TRUE },
                        .allow_without_qop = size % 2,
                        .nonce_lifetime = 1 };
  const char *members[N_MEMBERS] = { NULL };
  RflDigest digest;

  for (guint i = 0; i < g_strv_length (lines); i++)
    members[i] = strcmp (lines[i], "-") == 0       ? NULL
                 : strcmp (lines[i], "NONCE") == 0 ? nonce
                                                   : lines[i];
  memcpy (&digest, members, sizeof digest);
  config.users = auth_users_parse ("users", file, sizeof file - 1, NULL);
  g_assert_cmpint (auth_judge_check (&config, nonces, 2, &digest), ==, RFL_DIGEST_WRONG);
  g_assert_cmpuint (auth_nonces_count (nonces), ==, 0);
  auth_users_free (config.users);
  return 0;
}
