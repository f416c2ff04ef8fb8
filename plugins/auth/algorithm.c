/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hashes of HTTP digest. Not for what is hashed. */
#include "plugins/auth/algorithm.h"

#include <string.h>

static const struct {
  const char *name;
  GChecksumType type;
  gsize length;
} algorithms[AUTH_N_ALGORITHMS] = {
  [AUTH_MD5] = { "MD5", G_CHECKSUM_MD5, 32 },
  [AUTH_SHA256] = { "SHA-256", G_CHECKSUM_SHA256, 64 },
};

gboolean
auth_algorithm_parse (const char *name, AuthAlgorithm *out)
{
  for (guint i = 0; i < AUTH_N_ALGORITHMS; i++)
    if (g_ascii_strcasecmp (name, algorithms[i].name) == 0)
      {
        *out = i;
        return TRUE;
      }
  return FALSE;
}

const char *
auth_algorithm_get_name (AuthAlgorithm algorithm)
{
  return algorithms[algorithm].name;
}

gsize
auth_algorithm_get_length (AuthAlgorithm algorithm)
{
  return algorithms[algorithm].length;
}

char *
auth_algorithm_hash (AuthAlgorithm algorithm, const char *const *parts)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (algorithms[algorithm].type);

  for (guint i = 0; parts[i] != NULL; i++)
    {
      if (i > 0)
        g_checksum_update (checksum, (const guchar *) ":", 1);
      g_checksum_update (checksum, (const guchar *) parts[i], strlen (parts[i]));
    }
  return g_strdup (g_checksum_get_string (checksum));
}

gboolean
auth_equal (const char *a, const char *b, gsize len)
{
  volatile guint8 difference = 0;

  for (gsize i = 0; i < len; i++)
    difference |= (guint8) (a[i] ^ b[i]);
  return difference == 0;
}
