/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Feeds the parser of the users file; an error must name a line and keep hashes to itself. */
#include <reflector/error.h>

#include "plugins/auth/users.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (AuthUsers) users = auth_users_parse ("users", (const char *) data, size, &error);

  if (users == NULL)
    {
      g_assert_error (error, RFL_ERROR, RFL_ERROR_CONFIG);
      g_assert_true (g_str_has_prefix (error->message, "users:"));
      g_assert_cmpuint (strlen (error->message), <, 80);
      return 0;
    }
  g_assert_no_error (error);
  g_assert_null (auth_users_find (users, "", "home", AUTH_MD5));
  auth_users_find (users, "ann", "home", AUTH_MD5);
  auth_users_count_hashes (users, "home", AUTH_SHA256);
  return 0;
}
