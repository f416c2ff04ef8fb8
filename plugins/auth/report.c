/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells the operator whom his users file keeps from what. Decides nothing: see judge.c. */
#define RFL_LOG_DOMAIN "auth"
#include "plugins/auth/instance.h"
#include <reflector/reflector.h>

/* @lacking: how many of the users of @realm have no hash of @algorithm */
static void
report_algorithm (const AuthConfig *config, const char *realm, AuthAlgorithm algorithm,
                  guint lacking)
{
  const char *name = auth_algorithm_get_name (algorithm);
  guint users = auth_users_count (config->users, realm);

  if (!auth_judge_offers (config, realm, algorithm))
    rfl_notice (NULL,
                "%s is not offered in realm \"%s\": %u of %u users have no such hash; "
                "`reflectorctl passwd` makes it",
                name, realm, lacking, users);
  else
    rfl_warning (NULL,
                 "%u of %u users of realm \"%s\" have no %s hash and cannot answer phones' "
                 "choice of it",
                 lacking, users, realm, name);
}

static void
report_realm (const AuthConfig *config, const char *realm)
{
  guint users = auth_users_count (config->users, realm);

  if (users == 0)
    rfl_warning (NULL, "the users file has nobody in realm \"%s\"", realm);
  for (guint i = 0; i < AUTH_N_ALGORITHMS; i++)
    {
      guint lacking = users - auth_users_count_hashes (config->users, realm, i);

      if (config->offered[i] && lacking > 0)
        report_algorithm (config, realm, i, lacking);
    }
}

/* Listeners have realms of their own; each of the file may be one. */
void
auth_report_users (const AuthConfig *config)
{
  g_auto (GStrv) realms = auth_users_list_realms (config->users);

  if (!g_strv_contains ((const char *const *) realms, config->realm))
    report_realm (config, config->realm);
  for (guint i = 0; realms[i] != NULL; i++)
    report_realm (config, realms[i]);
}

char *
auth_report_offered (const AuthConfig *config)
{
  GString *names = g_string_new (NULL);

  for (int i = AUTH_N_ALGORITHMS - 1; i >= 0; i--)
    if (auth_judge_offers (config, config->realm, i))
      g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "",
                              auth_algorithm_get_name (i));
  return g_string_free (names, FALSE);
}
