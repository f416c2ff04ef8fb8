/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names of files, media types, digests and keys as HTTP has them (doc/file-protocol.md). Not for header fields that every
 * HTTP library knows.
 */
#include <reflector/file.h>

#include <string.h>

gboolean
rfl_file_is_name (const char *name)
{
  gsize len = strlen (name);

  if (len == 0 || len > RFL_FILE_MAX_NAME || g_str_equal (name, ".") || g_str_equal (name, "..")
      || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (; *name; name = g_utf8_next_char (name))
    if (*name == '/' || *name == '\\' || g_unichar_iscntrl (g_utf8_get_char (name)))
      return FALSE;
  return TRUE;
}

/* RFC 9110 §5.6.2 */
#define TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"

gboolean
rfl_file_is_type (const char *media_type)
{
  gsize len = strlen (media_type), type = strspn (media_type, TOKEN);

  return len <= RFL_FILE_MAX_TYPE && type > 0 && media_type[type] == '/'
         && media_type[type + 1] != '\0' && strspn (media_type + type + 1, TOKEN) == len - type - 1;
}

char *
rfl_file_escape_name (const char *name)
{
  return g_uri_escape_string (name, NULL, FALSE);
}

/* ---- digests ---- */

void
rfl_file_digest_write (const guint8 sha256[RFL_FILE_SHA256], char out[RFL_FILE_DIGEST_STRLEN])
{
  g_autofree char *text = g_base64_encode (sha256, RFL_FILE_SHA256);

  g_snprintf (out, RFL_FILE_DIGEST_STRLEN, "sha-256=:%s:", text);
}

/* A byte sequence (RFC 8941 §3.3.5) of exactly a hash's length: 43 digits and "=". */
static gboolean
read_hash (guint8 out[RFL_FILE_SHA256], const char *text, gsize len)
{
  char copy[45];
  gsize n = 0;

  if (len != 46 || text[0] != ':' || text[45] != ':' || text[44] != '='
      || strspn (text + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
             != 43)
    return FALSE;
  memcpy (copy, text + 1, 44);
  copy[44] = '\0';
  g_base64_decode_inplace (copy, &n);
  if (n != RFL_FILE_SHA256)
    return FALSE;
  memcpy (out, copy, RFL_FILE_SHA256);
  return TRUE;
}

gboolean
rfl_file_digest_read (guint8 out[RFL_FILE_SHA256], const char *value)
{
  guint found = 0;

  while (*value)
    {
      const char *name = value + strspn (value, " \t,");
      gsize name_len = strcspn (name, "=,");
      const char *hash = name + name_len + (name[name_len] == '=');
      gsize len = strcspn (hash, ",");

      value = hash + len;
      while (len > 0 && (hash[len - 1] == ' ' || hash[len - 1] == '\t'))
        len--;
      if (name_len != 7 || memcmp (name, "sha-256", 7) != 0)
        continue;
      if (!read_hash (out, hash, len))
        return FALSE;
      found++;
    }
  return found == 1;
}

/* ---- hexadecimal digits ---- */

void
rfl_file_hex_write (const guint8 *octets, gsize len, char *out)
{
  static const char digits[] = "0123456789abcdef";

  for (gsize i = 0; i < len; i++)
    {
      *out++ = digits[octets[i] >> 4];
      *out++ = digits[octets[i] & 15];
    }
  *out = '\0';
}

gboolean
rfl_file_hex_read (guint8 *out, gsize len, const char *hex)
{
  for (gsize i = 0; i < len; i++, hex += 2)
    {
      if (!g_ascii_isxdigit (hex[0]) || !g_ascii_isxdigit (hex[1]))
        return FALSE;
      out[i] = (guint8) (g_ascii_xdigit_value (hex[0]) << 4 | g_ascii_xdigit_value (hex[1]));
    }
  return *hex == '\0';
}
