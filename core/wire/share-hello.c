/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The line with which a connection for a share begins, and the answer (doc/share-protocol.md, "Connections"). Not
 * for whether a passkey is right.
 */
#include <reflector/share.h>

#include <stdio.h>
#include <string.h>

#define START "RFL/1 SHARE "

static gboolean
read_key (guint8 *out, const char *hex)
{
  for (guint i = 0; i < RFL_SHARE_PASSKEY; i++)
    {
      int high = g_ascii_xdigit_value (hex[2 * i]), low = g_ascii_xdigit_value (hex[2 * i + 1]);

      if (high < 0 || low < 0)
        return FALSE;
      out[i] = (guint8) (high << 4 | low);
    }
  return TRUE;
}

gboolean
rfl_share_hello_parse (RflShareHello *out, const char *line, gsize len)
{
  gsize start = strlen (START), key = 2 * RFL_SHARE_PASSKEY, id;

  if (len < start + 1 + 1 + key || len > RFL_SHARE_MAX_LINE || memcmp (line, START, start) != 0)
    return FALSE;
  id = len - start - 1 - key;
  if (id > RFL_SHARE_MAX_ID || line[start + id] != ' ' || memchr (line + start, 0, id))
    return FALSE;
  memcpy (out->share, line + start, id);
  out->share[id] = '\0';
  return rfl_share_is_id (out->share) && read_key (out->passkey, line + start + id + 1);
}

gsize
rfl_share_hello_write (const RflShareHello *hello, char out[RFL_SHARE_MAX_LINE + 1])
{
  int len = snprintf (out, RFL_SHARE_MAX_LINE + 1, START "%.*s ", RFL_SHARE_MAX_ID, hello->share);

  for (guint i = 0; i < RFL_SHARE_PASSKEY; i++)
    len += snprintf (out + len, 3, "%02x", hello->passkey[i]);
  memcpy (out + len, "\r\n", 3);
  return (gsize) len + 2;
}

static char *
printable (const char *text, gsize len)
{
  char *out = g_strndup (text, len);

  for (char *c = out; *c; c++)
    if (!g_ascii_isprint (*c))
      *c = '?';
  return g_strstrip (out);
}

gboolean
rfl_share_answer_parse (const char *line, gsize len, GError **error)
{
  gsize ok = strlen (RFL_SHARE_OK) - 2, no = strlen (RFL_SHARE_NO);

  if (len == ok && memcmp (line, RFL_SHARE_OK, ok) == 0)
    return TRUE;
  if (len >= no && memcmp (line, RFL_SHARE_NO, no) == 0 && (len == no || line[no] == ' '))
    {
      g_autofree char *why = printable (line + no, len - no);
      g_set_error (error, RFL_ERROR, RFL_ERROR_FORBIDDEN, "%s", *why ? why : "refused");
    }
  else
    g_set_error_literal (error, RFL_ERROR, RFL_ERROR_MALFORMED, "this is no port for shares");
  return FALSE;
}
