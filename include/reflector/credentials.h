/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "credentials": HTTP digest (RFC 7616, and RFC 2617 for old phones) for
 * whatever protocol carries it. The asker parses its own headers; the provider makes
 * challenges and judges answers. Not a user database for anything else.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_CREDENTIALS_SERVICE "credentials"
#define RFL_CREDENTIALS_VERSION 2

/* The parameters of an Authorization header, unquoted; absent ones are %NULL.
 * @method: of the request, not of the header
 * @asked_realm: that the challenge was for; %NULL: the provider's own
 */
typedef struct {
  const char *method, *asked_realm;
  const char *username, *realm, *nonce, *uri, *response;
  const char *algorithm, *cnonce, *qop, *nc, *opaque;
} RflDigest;

/**
 * RflDigestVerdict:
 * @RFL_DIGEST_STALE: right, but the nonce has expired: challenge again with stale=true
 * @RFL_DIGEST_REPLAY: nonce count used before: challenge again
 * @RFL_DIGEST_WRONG: unknown user, wrong response, foreign nonce, parameters missing
 */
typedef enum {
  RFL_DIGEST_OK,
  RFL_DIGEST_STALE,
  RFL_DIGEST_REPLAY,
  RFL_DIGEST_WRONG
} RflDigestVerdict;

/**
 * RflCredentials:
 * @challenge: (transfer full): %NULL-terminated values for WWW-Authenticate
 *   (`Digest realm="…", nonce="…", …`), one per algorithm that the users of the realm can
 *   answer, strongest first, at least one; free with g_strfreev(). @realm: %NULL: the
 *   provider's own
 * @check: judges; takes the same time for unknown users as for wrong passwords
 *
 * Main thread.
 */
typedef struct {
  char **(*challenge) (gpointer self, const char *realm, gboolean stale);
  RflDigestVerdict (*check) (gpointer self, const RflDigest *digest);
} RflCredentials;

G_END_DECLS
