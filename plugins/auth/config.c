/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of auth, and what they mean. Not for judging answers. */
#include "plugins/auth/judge.h"

#include <string.h>

const RflOption auth_options[] = {
  { .name = "users_file",
    .type = RFL_OPTION_STRING,
    .help = "File of users and hashes, made by `reflectorctl passwd`; must be given" },
  { .name = "realm",
    .type = RFL_OPTION_STRING,
    .fallback = "\"reflectord\"",
    .help = "Realm that clients show; part of each hash in the users file" },
  { .name = "algorithms",
    .type = RFL_OPTION_STRINGS,
    .fallback = "[ \"SHA-256\", \"MD5\" ]",
    .help = "Hashes to offer, of MD5 and SHA-256, the latter first and only while every user of "
            "the realm has one" },
  { .name = "nonce_lifetime",
    .type = RFL_OPTION_INT,
    .fallback = "300",
    .min = 10,
    .max = 86400,
    .help = "Seconds that a challenge may be answered; then clients get a new one" },
  { .name = "max_nonces",
    .type = RFL_OPTION_INT,
    .fallback = "10000",
    .min = 16,
    .max = 1000000,
    .help = "Challenges in use that are remembered; beyond that the oldest expire early" },
  { .name = "allow_without_qop",
    .type = RFL_OPTION_BOOL,
    .fallback = "false",
    .help = "Accept answers in the manner of RFC 2069, each once" },
  RFL_OPTION_END
};

static gboolean
read_realm (AuthConfig *config, const RflSettings *settings, GError **error)
{
  const char *realm = rfl_settings_get_string (settings, "realm");

  if (*realm == '\0')
    return rfl_settings_set_error (settings, "realm", error, "empty");
  for (const char *p = realm; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p) || strchr (":\"\\", *p) != NULL)
      return rfl_settings_set_error (settings, "realm", error,
                                     "must be without colon, quote, backslash and control "
                                     "characters");
  config->realm = g_strdup (realm);
  return TRUE;
}

static gboolean
read_algorithms (AuthConfig *config, const RflSettings *settings, GError **error)
{
  const char *const *names = rfl_settings_get_strings (settings, "algorithms");
  AuthAlgorithm algorithm;

  if (names[0] == NULL)
    return rfl_settings_set_error (settings, "algorithms", error, "at least one is needed");
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (!auth_algorithm_parse (names[i], &algorithm))
        return rfl_settings_set_error (settings, "algorithms", error,
                                       "\"%s\" is neither MD5 nor SHA-256", names[i]);
      config->offered[algorithm] = TRUE;
    }
  return TRUE;
}

static gboolean
read_users (AuthConfig *config, const RflSettings *settings, GError **error)
{
  const char *path = rfl_settings_get_string (settings, "users_file");
  g_autoptr (GError) why = NULL;

  if (path == NULL || *path == '\0')
    return rfl_settings_set_error (settings, "users_file", error,
                                   "must be given where auth is enabled");
  config->users = auth_users_load (path, &why);
  if (config->users == NULL)
    return rfl_settings_set_error (settings, "users_file", error, "%s", why->message);
  return TRUE;
}

AuthConfig *
auth_config_new (const RflSettings *settings, GError **error)
{
  g_autoptr (AuthConfig) config = g_new0 (AuthConfig, 1);

  config->nonce_lifetime = rfl_settings_get_int (settings, "nonce_lifetime") * G_TIME_SPAN_SECOND;
  config->max_nonces = (guint) rfl_settings_get_int (settings, "max_nonces");
  config->allow_without_qop = rfl_settings_get_bool (settings, "allow_without_qop");
  if (!read_realm (config, settings, error) || !read_algorithms (config, settings, error)
      || !read_users (config, settings, error))
    return NULL;
  return g_steal_pointer (&config);
}

void
auth_config_free (AuthConfig *config)
{
  if (config == NULL)
    return;
  g_free (config->realm);
  auth_users_free (config->users);
  g_free (config);
}
