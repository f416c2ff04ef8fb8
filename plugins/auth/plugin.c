/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin auth: offers the service "credentials" out of a users file. Not where answers
 * are judged (judge.c).
 */
#include "config.h"

#define RFL_LOG_DOMAIN "auth"
#include <reflector/reflector.h>

#include "plugins/auth/judge.h"

typedef struct {
  RflCore *core;
  RflClock *clock;
  AuthConfig *config;
  AuthNonces *nonces;
  gboolean offered;
  RflCounter *challenges;
  RflCounter *verdicts[RFL_DIGEST_WRONG + 1];
} Auth;

static char **
challenge (gpointer self, const char *realm, gboolean stale)
{
  Auth *auth = self;

  rfl_counter_add (auth->challenges, 1);
  return auth_judge_challenge (auth->config, auth->nonces, rfl_clock_now (auth->clock), realm,
                               stale);
}

static RflDigestVerdict
check (gpointer self, const RflDigest *digest)
{
  Auth *auth = self;
  RflDigestVerdict verdict =
      auth_judge_check (auth->config, auth->nonces, rfl_clock_now (auth->clock), digest);

  rfl_counter_add (auth->verdicts[verdict], 1);
  return verdict;
}

static const RflCredentials credentials = { .challenge = challenge, .check = check };

static gpointer
auth_new (RflCore *core)
{
  Auth *auth = g_new0 (Auth, 1);

  auth->core = core;
  auth->clock = rfl_core_get_clock (core);
  auth->challenges = rfl_counter_get (core, "auth.challenges", "digest challenges made");
  auth->verdicts[RFL_DIGEST_OK] = rfl_counter_get (core, "auth.ok", "right digest answers");
  auth->verdicts[RFL_DIGEST_STALE] =
      rfl_counter_get (core, "auth.stale", "right answers to expired challenges");
  auth->verdicts[RFL_DIGEST_REPLAY] =
      rfl_counter_get (core, "auth.replay", "right answers that came before");
  auth->verdicts[RFL_DIGEST_WRONG] = rfl_counter_get (core, "auth.wrong", "wrong digest answers");
  return auth;
}

static void
warn_about_users (const AuthConfig *config)
{
  for (guint i = 0; i < AUTH_N_ALGORITHMS; i++)
    if (config->offered[i] && auth_users_count (config->users, config->realm, i) == 0)
      rfl_warning (NULL, "the users file has nobody with an %s hash in realm \"%s\"",
                   auth_algorithm_get_name (i), config->realm);
}

static gboolean
auth_configure (gpointer self, const RflSettings *settings, GError **error)
{
  Auth *auth = self;

  auth->config = auth_config_new (settings, error);
  if (auth->config == NULL)
    return FALSE;
  auth->nonces = auth_nonces_new (auth->config->max_nonces);
  warn_about_users (auth->config);
  return TRUE;
}

static gboolean
auth_start (gpointer self, GError **error)
{
  Auth *auth = self;

  auth->offered = rfl_core_offer_service (auth->core, RFL_CREDENTIALS_SERVICE,
                                          RFL_CREDENTIALS_VERSION, &credentials, auth, error);
  return auth->offered;
}

static RflReload
auth_reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  Auth *auth = self;
  AuthConfig *config = auth_config_new (settings, error);

  if (config == NULL)
    return RFL_RELOAD_FAILED;
  auth_config_free (auth->config);
  auth->config = config;
  auth_nonces_set_max (auth->nonces, config->max_nonces);
  warn_about_users (config);
  return RFL_RELOAD_APPLIED;
}

static void
auth_stop (gpointer self)
{
  Auth *auth = self;

  if (auth->offered)
    rfl_core_withdraw_service (auth->core, RFL_CREDENTIALS_SERVICE);
  auth->offered = FALSE;
}

static void
auth_free (gpointer self)
{
  Auth *auth = self;

  auth_stop (auth);
  auth_config_free (auth->config);
  auth_nonces_free (auth->nonces);
  g_free (auth);
}

static void
auth_status (gpointer self, RflStatus *status)
{
  Auth *auth = self;
  guint users = 0;

  if (auth->config == NULL)
    return;
  for (guint i = 0; i < AUTH_N_ALGORITHMS; i++)
    users += auth_users_count (auth->config->users, auth->config->realm, i);
  rfl_status_add_string (status, "realm", auth->config->realm);
  rfl_status_add_int (status, "hashes", users);
  rfl_status_add_int (status, "nonces", auth_nonces_count (auth->nonces));
}

static const char *const provides[] = { RFL_CREDENTIALS_SERVICE, NULL };

RFL_PLUGIN (.name = "auth", .version = PACKAGE_VERSION, .summary = "digest authentication",
            .provides = provides, .options = auth_options, .new = auth_new,
            .configure = auth_configure, .start = auth_start, .reconfigure = auth_reconfigure,
            .stop = auth_stop, .free = auth_free, .status = auth_status);
