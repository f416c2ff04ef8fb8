/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys in bodies that no RFC describes; as phones write them. Keeps no state. */
#include "plugins/sip/call/dtmf.h"
#include <string.h>

static const char keys[] = "0123456789*#ABCD";

/* Without blanks around it, one key or two digits. */
static char
read_key (const char *text, gsize len)
{
  guint number;

  while (len > 0 && g_ascii_isspace (text[len - 1]))
    len--;
  while (len > 0 && g_ascii_isspace (*text))
    text++, len--;
  if (len == 1 && *text != '\0' && strchr (keys, g_ascii_toupper (*text)))
    return g_ascii_toupper (*text);
  if (len != 2 || text[0] != '1' || !g_ascii_isdigit (text[1]))
    return 0;
  number = 10 + (guint) g_ascii_digit_value (text[1]);
  return number < sizeof keys - 1 ? keys[number] : 0;
}

/* The value behind "Signal =", or %NULL. */
static const char *
find_value (const char *line, gsize len)
{
  const char *equals = memchr (line, '=', len);
  gsize n = equals ? (gsize) (equals - line) : 0;

  while (n > 0 && g_ascii_isspace (line[n - 1]))
    n--;
  while (n > 0 && g_ascii_isspace (*line))
    line++, n--;
  return n == 6 && g_ascii_strncasecmp (line, "Signal", 6) == 0 ? equals + 1 : NULL;
}

char
sip_dtmf_read_relay (const char *body, gsize len)
{
  while (len > 0)
    {
      const char *end = memchr (body, '\n', len);
      gsize line = end ? (gsize) (end - body) : len;
      const char *value = find_value (body, line);

      if (value)
        return read_key (value, line - (gsize) (value - body));
      body += end ? line + 1 : line;
      len -= end ? line + 1 : line;
    }
  return 0;
}

char
sip_dtmf_read_plain (const char *body, gsize len)
{
  return read_key (body, len);
}
