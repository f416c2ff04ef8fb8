/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What checkip is asked and answers. Opens nothing. */
#include "plugins/nat/checkip.h"

#include <string.h>

/* The end of the line that begins at @data, or %NULL. */
static const char *
find_eol (const char *data, gsize len)
{
  return len > 0 ? memchr (data, '\n', len) : NULL;
}

static gboolean
has_blank_line (const char *data, gsize len)
{
  for (gsize i = 1; i < len; i++)
    if (data[i] == '\n'
        && (data[i - 1] == '\n' || (i >= 2 && data[i - 1] == '\r' && data[i - 2] == '\n')))
      return TRUE;
  return FALSE;
}

/* METHOD TARGET HTTP/1.x */
static gboolean
is_request_line (const char *line, gsize len)
{
  g_autofree char *text = g_strndup (line, len);
  g_auto (GStrv) words = g_strsplit (g_strchomp (text), " ", 4);

  return g_strv_length (words) == 3 && *words[0] != '\0' && g_str_has_prefix (words[2], "HTTP/1.")
         && g_ascii_isdigit (words[2][7]) && words[2][8] == '\0';
}

CheckipKind
checkip_judge (const char *data, gsize len)
{
  const char *eol = find_eol (data, len);

  if (len == 0)
    return CHECKIP_WAIT;
  if (!g_ascii_isupper (*data))
    return CHECKIP_LINE;
  if (eol && !is_request_line (data, (gsize) (eol - data)))
    return CHECKIP_LINE;
  if (len >= CHECKIP_MAX_REQUEST)
    return eol ? CHECKIP_HTTP : CHECKIP_LINE;
  return has_blank_line (data, len) ? CHECKIP_HTTP : CHECKIP_WAIT;
}

char *
checkip_write_line (const RflAddress *remote)
{
  char ip[RFL_ADDRESS_STRLEN];

  return g_strdup_printf ("%s\n", rfl_address_format_ip (remote, ip));
}

static char *
write_json (const RflAddress *remote)
{
  char ip[RFL_ADDRESS_STRLEN];

  return g_strdup_printf ("{\"ip\":\"%s\",\"port\":%u,\"family\":\"%s\"}\n",
                          rfl_address_format_ip (remote, ip), remote->port,
                          remote->family == AF_INET6 ? "ipv6" : "ipv4");
}

/* Whether one of the media ranges of an Accept line is JSON's and not refused by q=0 (RFC 9110 §12.5.1). */
static gboolean
accepts_json (const char *value)
{
  g_auto (GStrv) ranges = g_strsplit (value, ",", 32);

  for (guint i = 0; ranges[i]; i++)
    {
      g_auto (GStrv) parts = g_strsplit (ranges[i], ";", 8);
      gboolean wanted =
          parts[0] && g_ascii_strcasecmp (g_strstrip (parts[0]), "application/json") == 0;

      for (guint k = 1; wanted && parts[k]; k++)
        if (g_str_has_prefix (g_strstrip (parts[k]), "q=")
            && g_ascii_strtod (parts[k] + 2, NULL) <= 0)
          wanted = FALSE;
      if (wanted)
        return TRUE;
    }
  return FALSE;
}

static gboolean
wants_json (char *const *lines)
{
  static const char name[] = "accept:";

  for (guint i = 1; lines[i]; i++)
    if (g_ascii_strncasecmp (lines[i], name, sizeof name - 1) == 0
        && accepts_json (lines[i] + sizeof name - 1))
      return TRUE;
  return FALSE;
}

static char *
respond (const char *status, const char *type, const char *body, gboolean head)
{
  return g_strdup_printf ("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %" G_GSIZE_FORMAT
                          "\r\nCache-Control: no-store\r\nConnection: close\r\n%s\r\n%s",
                          status, type, strlen (body),
                          g_str_has_prefix (status, "405") ? "Allow: GET, HEAD\r\n" : "",
                          head ? "" : body);
}

char *
checkip_write_http (const char *data, gsize len, const RflAddress *remote)
{
  static const char plain[] = "text/plain; charset=utf-8";
  g_autofree char *text = g_strndup (data, len);
  g_auto (GStrv) lines = g_strsplit (text, "\n", 0);
  g_autofree char *body = NULL;
  gboolean head = g_str_has_prefix (text, "HEAD ");

  if (!has_blank_line (data, len))
    return respond ("431 Request Header Fields Too Large", plain, "too long\n", head);
  if (!head && !g_str_has_prefix (text, "GET "))
    return respond ("405 Method Not Allowed", plain, "GET or HEAD\n", FALSE);
  if (wants_json (lines))
    {
      body = write_json (remote);
      return respond ("200 OK", "application/json", body, head);
    }
  body = checkip_write_line (remote);
  return respond ("200 OK", plain, body, head);
}
