/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Request targets and Host: what could name two things to two readers is refused. Not for which
 * resources exist.
 */
#include "config.h"

#include <string.h>

#include "plugins/files/http/guard-head.h"

/* Of an escape at @at; -1: it is none. */
static int
escaped (const char *at, const char *end)
{
  int high, low;

  if (end - at < 3 || at[0] != '%')
    return -1;
  high = g_ascii_xdigit_value (at[1]);
  low = g_ascii_xdigit_value (at[2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* "." and "..", with any of their dots escaped: libraries remove such segments, each in its way. */
static gboolean
is_dots (const char *at, const char *end)
{
  guint dots = 0;

  while (at < end)
    {
      int octet = *at == '%' ? escaped (at, end) : *at;

      if (octet != '.')
        return FALSE;
      at += *at == '%' ? 3 : 1;
      dots++;
    }
  return dots == 1 || dots == 2;
}

static const char *
check_escapes (const char *target, const char *end)
{
  const char *at;

  for (at = target; at < end; at++)
    {
      int octet;

      if (*at <= ' ' || *at >= 0x7f || *at == '#')
        return "the target has a character that must be escaped";
      if (*at != '%')
        continue;
      octet = escaped (at, end);
      if (octet < 0)
        return "the target has a broken escape";
      if (octet < 0x20 || octet == 0x7f)
        return "the target has an escaped control character";
    }
  return NULL;
}

/* @target: what stands between the request line's two spaces */
const char *
guard_check_target (const char *target, gsize len)
{
  const char *end = target + len, *at;
  const char *query = memchr (target, '?', len);
  const char *fault;

  if (len == 0 || target[0] != '/')
    return "the target must begin with a slash";
  fault = check_escapes (target, end);
  if (fault)
    return fault;
  if (query)
    end = query;
  for (at = target + 1; at < end;)
    {
      const char *slash = memchr (at, '/', (gsize) (end - at));
      const char *stop = slash ? slash : end;

      if (stop == at)
        return "the target has an empty segment";
      if (is_dots (at, stop))
        return "the target has a dot segment";
      at = slash ? slash + 1 : end;
    }
  return NULL;
}

static gboolean
is_port (const char *text, gsize len)
{
  gsize i;
  guint port = 0;

  for (i = 0; i < len; i++)
    {
      if (!g_ascii_isdigit (text[i]))
        return FALSE;
      port = port * 10 + (guint) (text[i] - '0');
      if (port > 65535)
        return FALSE;
    }
  return TRUE;
}

/* A name, an IPv4 address, or an IPv6 one in brackets; with a port or without (RFC 9110 §7.2). */
const char *
guard_check_host (const char *host, gsize len)
{
  static const char wrong[] = "Host is no address";
  const char *end = host + len, *colon;
  gsize i, name;

  if (len > 0 && host[0] == '[')
    {
      const char *close = memchr (host, ']', len);

      if (!close || close == host + 1)
        return wrong;
      for (i = 1; host + i < close; i++)
        if (!g_ascii_isxdigit (host[i]) && host[i] != ':' && host[i] != '.')
          return wrong;
      if (close + 1 == end)
        return NULL;
      return close[1] == ':' && is_port (close + 2, (gsize) (end - close - 2)) ? NULL : wrong;
    }
  colon = memchr (host, ':', len);
  name = colon ? (gsize) (colon - host) : len;
  if (name == 0 || name > 255)
    return wrong;
  for (i = 0; i < name; i++)
    if (!g_ascii_isalnum (host[i]) && !strchr ("-._", host[i]))
      return wrong;
  return colon && !is_port (colon + 1, (gsize) (end - colon - 1)) ? wrong : NULL;
}
