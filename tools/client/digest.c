/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers to digest challenges with MD5 and SHA-256. Not for checking them. */
#include "config.h"

#include <string.h>

#include "tools/client/digest.h"

static gboolean
get_type (const ClientChallenge *challenge, GChecksumType *type)
{
  const char *name = challenge->algorithm != NULL ? challenge->algorithm : "MD5";

  if (g_ascii_strcasecmp (name, "MD5") == 0)
    *type = G_CHECKSUM_MD5;
  else if (g_ascii_strcasecmp (name, "SHA-256") == 0)
    *type = G_CHECKSUM_SHA256;
  else
    return FALSE;
  return TRUE;
}

guint
client_challenge_rank (const ClientChallenge *challenge)
{
  GChecksumType type;

  if (!challenge->realm || !challenge->nonce || !get_type (challenge, &type)
      || (challenge->has_qop && !challenge->qop_auth))
    return 0;
  return type == G_CHECKSUM_SHA256 ? 2 : 1;
}

static char *
hash (GChecksumType type, const char *a, const char *b, const char *c)
{
  g_autofree char *text = g_strjoin (":", a, b, c, NULL);
  char *sum = g_compute_checksum_for_string (type, text, -1);

  explicit_bzero (text, strlen (text));
  return sum;
}

/* RFC 3261 §25.1: a quoted string */
static void
put (GString *out, const char *name, const char *value)
{
  g_string_append_printf (out, "%s%s=\"", out->len > 7 ? ", " : "", name);
  for (; *value != '\0'; value++)
    {
      if (*value == '"' || *value == '\\')
        g_string_append_c (out, '\\');
      g_string_append_c (out, *value);
    }
  g_string_append_c (out, '"');
}

char *
client_digest_write (const ClientChallenge *challenge, const char *user, const char *password,
                     const char *method, const char *uri, const char *cnonce)
{
  GChecksumType type = G_CHECKSUM_MD5;
  g_autofree char *ha1 = NULL, *ha2 = NULL, *middle = NULL, *response = NULL;
  GString *out = g_string_new ("Digest ");

  get_type (challenge, &type);
  ha1 = hash (type, user, challenge->realm, password);
  ha2 = hash (type, method, uri, NULL);
  middle = challenge->has_qop ? g_strjoin (":", challenge->nonce, "00000001", cnonce, "auth", NULL)
                              : g_strdup (challenge->nonce);
  response = hash (type, ha1, middle, ha2);
  explicit_bzero (ha1, strlen (ha1));
  put (out, "username", user);
  put (out, "realm", challenge->realm);
  put (out, "nonce", challenge->nonce);
  put (out, "uri", uri);
  put (out, "response", response);
  if (challenge->algorithm)
    g_string_append_printf (out, ", algorithm=%s", challenge->algorithm);
  if (challenge->has_qop)
    {
      put (out, "cnonce", cnonce);
      g_string_append (out, ", qop=auth, nc=00000001");
    }
  if (challenge->opaque)
    put (out, "opaque", challenge->opaque);
  return g_string_free (out, FALSE);
}
