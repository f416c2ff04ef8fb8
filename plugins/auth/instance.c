/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plugin's instance: offers the service "credentials" out of a users file. Not where answers
 * are judged (judge.c).
 */

#define RFL_LOG_DOMAIN "auth"
#include <reflector/reflector.h>

#include "plugins/auth/instance.h"

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

gpointer
auth_instance_new (RflCore *core)
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

gboolean
auth_instance_configure (gpointer self, const RflSettings *settings, GError **error)
{
  Auth *auth = self;

  auth->config = auth_config_new (settings, error);
  if (auth->config == NULL)
    return FALSE;
  auth->nonces = auth_nonces_new (auth->config->max_nonces);
  auth_report_users (auth->config);
  return TRUE;
}

gboolean
auth_instance_start (gpointer self, GError **error)
{
  Auth *auth = self;

  auth->offered = rfl_core_offer_service (auth->core, RFL_CREDENTIALS_SERVICE,
                                          RFL_CREDENTIALS_VERSION, &credentials, auth, error);
  return auth->offered;
}

RflReload
auth_instance_reconfigure (gpointer self, const RflSettings *settings, GError **error)
{
  Auth *auth = self;
  AuthConfig *config = auth_config_new (settings, error);

  if (config == NULL)
    return RFL_RELOAD_FAILED;
  auth_config_free (auth->config);
  auth->config = config;
  auth_nonces_set_max (auth->nonces, config->max_nonces);
  auth_report_users (config);
  return RFL_RELOAD_APPLIED;
}

void
auth_instance_stop (gpointer self)
{
  Auth *auth = self;

  if (auth->offered)
    rfl_core_withdraw_service (auth->core, RFL_CREDENTIALS_SERVICE);
  auth->offered = FALSE;
}

void
auth_instance_free (gpointer self)
{
  Auth *auth = self;

  auth_instance_stop (auth);
  auth_config_free (auth->config);
  auth_nonces_free (auth->nonces);
  g_free (auth);
}

void
auth_instance_status (gpointer self, RflStatus *status)
{
  Auth *auth = self;
  g_autofree char *offered = NULL;

  if (auth->config == NULL)
    return;
  offered = auth_report_offered (auth->config);
  rfl_status_add_string (status, "realm", auth->config->realm);
  rfl_status_add_int (status, "users", auth_users_count (auth->config->users, auth->config->realm));
  rfl_status_add_string (status, "offered", offered);
  rfl_status_add_int (status, "nonces", auth_nonces_count (auth->nonces));
}
