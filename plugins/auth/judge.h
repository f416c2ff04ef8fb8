/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Digest challenges and judging the answers to them, without clock or plugin. Not a parser
 * of headers.
 */
#pragma once

#include <reflector/credentials.h>
#include <reflector/option.h>

#include "plugins/auth/nonce.h"
#include "plugins/auth/users.h"

/* The options of the plugin. */
extern const RflOption auth_options[];

/* What the operator has set. */
typedef struct {
  char *realm;
  gboolean offered[AUTH_N_ALGORITHMS]; /* as far as the users of a realm have its hash */
  gboolean allow_without_qop;
  gint64 nonce_lifetime; /* microseconds */
  guint max_nonces;
  AuthUsers *users;
} AuthConfig;

/* Reads the users file too. */
AuthConfig *auth_config_new (const RflSettings *settings, GError **error);
void auth_config_free (AuthConfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (AuthConfig, auth_config_free)

/* Whether challenges of @realm have @algorithm among them. */
gboolean auth_judge_offers (const AuthConfig *config, const char *realm, AuthAlgorithm algorithm);
/* RflCredentials.challenge at time @now */
char **auth_judge_challenge (const AuthConfig *config, AuthNonces *nonces, gint64 now,
                             const char *realm, gboolean stale);
/* RflCredentials.check at time @now */
RflDigestVerdict auth_judge_check (const AuthConfig *config, AuthNonces *nonces, gint64 now,
                                   const RflDigest *digest);
