/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP digest: challenges (RFC 7616 §3.3) and judging answers (§3.4). Whether the digest's
 * uri is the request's is not judged here: the asker knows the request, and clients differ.
 */
#include "plugins/auth/judge.h"

#include <string.h>

static guint
weaker_configured (const AuthConfig *config, AuthAlgorithm algorithm)
{
  guint set = 0;

  for (guint i = 0; i < (guint) algorithm; i++)
    if (config->offered[i])
      set |= 1u << i;
  return set;
}

/* Whether anybody could answer any challenge of @realm. */
static gboolean
is_hopeless (const AuthConfig *config, const char *realm)
{
  for (guint i = 0; i < AUTH_N_ALGORITHMS; i++)
    if (config->offered[i] && auth_users_count_hashes (config->users, realm, i) > 0)
      return FALSE;
  return TRUE;
}

/* A client answers the first challenge that it can (RFC 8760 §2.4), and only then says who it is. So a
 * stronger hash is held back while a user lacks it, unless another one has nothing else. */
gboolean
auth_judge_offers (const AuthConfig *config, const char *realm, AuthAlgorithm algorithm)
{
  guint weaker = weaker_configured (config, algorithm);

  if (!config->offered[algorithm])
    return FALSE;
  return auth_users_count_hashes (config->users, realm, algorithm)
             == auth_users_count (config->users, realm)
         || auth_users_count_only (config->users, realm, algorithm, weaker) > 0
         || is_hopeless (config, realm);
}

char **
auth_judge_challenge (const AuthConfig *config, AuthNonces *nonces, gint64 now, const char *realm,
                      gboolean stale)
{
  GPtrArray *values = g_ptr_array_new ();

  if (realm == NULL)
    realm = config->realm;

  for (int i = AUTH_N_ALGORITHMS - 1; i >= 0; i--)
    {
      g_autofree char *nonce = NULL;

      if (!auth_judge_offers (config, realm, i))
        continue;
      nonce = auth_nonces_make (nonces, realm, now);
      g_ptr_array_add (values,
                       g_strdup_printf ("Digest realm=\"%s\", nonce=\"%s\", %salgorithm=%s, "
                                        "qop=\"auth\"",
                                        realm, nonce, stale ? "stale=true, " : "",
                                        auth_algorithm_get_name (i)));
    }
  g_ptr_array_add (values, NULL);
  return (char **) g_ptr_array_free (values, FALSE);
}

static gboolean
is_complete (const RflDigest *digest)
{
  return digest->method != NULL && digest->username != NULL && digest->realm != NULL
         && digest->nonce != NULL && digest->uri != NULL && digest->response != NULL
         && (digest->qop == NULL || (digest->cnonce != NULL && digest->nc != NULL));
}

/* RFC 7616 §3.4: eight hexadecimal digits, from 1. */
static gboolean
parse_nc (const char *text, guint32 *nc)
{
  if (strlen (text) != 8 || strspn (text, "0123456789abcdefABCDEF") != 8)
    return FALSE;
  *nc = (guint32) g_ascii_strtoull (text, NULL, 16);
  return *nc > 0;
}

/* Without qop there is no count: such an answer holds once, as the nonce's first. */
static gboolean
read_quality (const AuthConfig *config, const RflDigest *digest, guint32 *nc)
{
  *nc = 1;
  if (digest->qop == NULL)
    return config->allow_without_qop;
  return g_ascii_strcasecmp (digest->qop, "auth") == 0 && parse_nc (digest->nc, nc);
}

static char *
compute_response (AuthAlgorithm algorithm, const char *ha1, const RflDigest *digest)
{
  const char *const request[] = { digest->method, digest->uri, NULL };
  g_autofree char *ha2 = auth_algorithm_hash (algorithm, request);
  const char *const with_qop[] = { ha1,         digest->nonce, digest->nc, digest->cnonce,
                                   digest->qop, ha2,           NULL };
  const char *const without[] = { ha1, digest->nonce, ha2, NULL };

  return auth_algorithm_hash (algorithm, digest->qop != NULL ? with_qop : without);
}

/* Does the same for a user that does not exist. */
static gboolean
response_is_right (const AuthConfig *config, const AuthNonces *nonces, AuthAlgorithm algorithm,
                   const RflDigest *digest)
{
  gsize len = auth_algorithm_get_length (algorithm);
  g_autofree char *decoy = auth_nonces_decoy (nonces, len);
  const char *ha1 = auth_users_find (config->users, digest->username, digest->realm, algorithm);
  g_autofree char *expected = compute_response (algorithm, ha1 != NULL ? ha1 : decoy, digest);
  g_autofree char *given = g_ascii_strdown (digest->response, -1);
  gboolean equal = strlen (given) == len && auth_equal (expected, given, len);

  return equal && ha1 != NULL;
}

RflDigestVerdict
auth_judge_check (const AuthConfig *config, AuthNonces *nonces, gint64 now, const RflDigest *digest)
{
  const char *realm = digest->asked_realm ? digest->asked_realm : config->realm;
  AuthAlgorithm algorithm = AUTH_MD5;
  AuthNonceState state;
  guint32 nc;

  if (!is_complete (digest) || strcmp (digest->realm, realm) != 0
      || (digest->algorithm != NULL && !auth_algorithm_parse (digest->algorithm, &algorithm))
      || !config->offered[algorithm] || !read_quality (config, digest, &nc))
    return RFL_DIGEST_WRONG;
  state = auth_nonces_judge (nonces, digest->nonce, realm, now, config->nonce_lifetime);
  if (state == AUTH_NONCE_FOREIGN || !response_is_right (config, nonces, algorithm, digest))
    return RFL_DIGEST_WRONG;
  if (state == AUTH_NONCE_EXPIRED)
    return RFL_DIGEST_STALE;
  return auth_nonces_use (nonces, digest->nonce, nc) ? RFL_DIGEST_OK : RFL_DIGEST_REPLAY;
}
