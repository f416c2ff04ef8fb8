/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finding one value in a JSON text by its path. Not a general JSON parser: it
 * builds nothing, and takes any word for a number.
 */
#include "config.h"

#include <string.h>

#include "tools/ctl.h"

#define MAX_DEPTH 64

typedef struct {
  const char *p;
  guint depth;
  gboolean broken;
} Scanner;

static gboolean
broken (Scanner *s)
{
  s->broken = TRUE;
  return FALSE;
}

static void
skip_space (Scanner *s)
{
  s->p += strspn (s->p, " \t\r\n");
}

static gboolean
take (Scanner *s, char c)
{
  skip_space (s);
  if (*s->p != c)
    return FALSE;
  s->p++;
  return TRUE;
}

static gunichar
read_hex4 (const char *p)
{
  gunichar value = 0;

  for (guint i = 0; i < 4; i++)
    {
      if (!g_ascii_isxdigit (p[i]))
        return (gunichar) -1;
      value = value << 4 | (gunichar) g_ascii_xdigit_value (p[i]);
    }
  return value;
}

/* At the u of an escape. Two of them make one character outside the basic plane (RFC 8259 §7);
 * half of such a pair alone becomes the replacement character. */
static gboolean
read_unicode (Scanner *s, GString *out)
{
  gunichar c = read_hex4 (s->p + 1), low;

  if (c == (gunichar) -1)
    return broken (s);
  s->p += 5;
  if (c >= 0xd800 && c < 0xdc00 && s->p[0] == '\\' && s->p[1] == 'u')
    {
      low = read_hex4 (s->p + 2);
      if (low >= 0xdc00 && low < 0xe000)
        {
          c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
          s->p += 6;
        }
    }
  g_string_append_unichar (out, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
  return TRUE;
}

static gboolean
read_escape (Scanner *s, GString *out)
{
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  const char *found = *s->p != '\0' ? strchr (names, *s->p) : NULL;

  if (*s->p == 'u')
    return read_unicode (s, out);
  if (found == NULL)
    return broken (s);
  g_string_append_c (out, values[found - names]);
  s->p++;
  return TRUE;
}

/* At the opening quote. */
static gboolean
read_string (Scanner *s, GString *out)
{
  if (!take (s, '"'))
    return broken (s);
  while (*s->p != '"')
    {
      if (*s->p == '\0')
        return broken (s);
      if (*s->p == '\\')
        {
          s->p++;
          if (!read_escape (s, out))
            return FALSE;
        }
      else
        g_string_append_c (out, *s->p++);
    }
  s->p++;
  return TRUE;
}

static gboolean skip_value (Scanner *s);

/* At what follows { or [; @named: members have names. */
static gboolean
skip_members (Scanner *s, char end, gboolean named)
{
  g_autoptr (GString) name = g_string_new (NULL);

  if (take (s, end))
    return TRUE;
  do
    {
      if (named && (!read_string (s, name) || !take (s, ':')))
        return broken (s);
      if (!skip_value (s))
        return FALSE;
    }
  while (take (s, ','));
  return take (s, end) || broken (s);
}

static gboolean
skip_scalar (Scanner *s)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gsize len;

  if (*s->p == '"')
    return read_string (s, text);
  len = strspn (s->p, "+-.0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  s->p += len;
  return len > 0 || broken (s);
}

static gboolean
skip_value (Scanner *s)
{
  gboolean done;

  skip_space (s);
  if (*s->p != '{' && *s->p != '[')
    return skip_scalar (s);
  if (++s->depth > MAX_DEPTH)
    return broken (s);
  done = *s->p++ == '{' ? skip_members (s, '}', TRUE) : skip_members (s, ']', FALSE);
  s->depth--;
  return done;
}

/* Returns: what is left of @path behind @name, or %NULL */
static const char *
match (const char *path, const char *name)
{
  gsize len = strlen (name);

  if (strncmp (path, name, len) != 0)
    return NULL;
  if (path[len] == '.')
    return path + len + 1;
  return path[len] == '\0' ? path + len : NULL;
}

static gboolean find (Scanner *s, const char *path);

/* Goes to the value at @path among the members. A name may have dots in it, so that more than
 * one may match the front of the path. */
static gboolean
find_member (Scanner *s, const char *path, char end, gboolean named)
{
  g_autoptr (GString) name = g_string_new (NULL);
  guint index = 0;

  if (take (s, end))
    return FALSE;
  do
    {
      Scanner inside;
      const char *rest;

      g_string_truncate (name, 0);
      if (!named)
        g_string_printf (name, "%u", index++);
      else if (!read_string (s, name) || !take (s, ':'))
        return broken (s);
      rest = match (path, name->str);
      inside = *s;
      if (rest != NULL && find (&inside, rest))
        {
          *s = inside;
          return TRUE;
        }
      if (inside.broken || !skip_value (s))
        return broken (s);
    }
  while (take (s, ','));
  return take (s, end) ? FALSE : broken (s);
}

static gboolean
find (Scanner *s, const char *path)
{
  skip_space (s);
  if (*path == '\0')
    return TRUE;
  if (*s->p != '{' && *s->p != '[')
    return FALSE;
  if (++s->depth > MAX_DEPTH)
    return broken (s);
  return *s->p++ == '{' ? find_member (s, path, '}', TRUE) : find_member (s, path, ']', FALSE);
}

/* Whether all of @text is one value. */
static gboolean
is_json (const char *text)
{
  Scanner s = { .p = text };

  if (!skip_value (&s))
    return FALSE;
  skip_space (&s);
  return *s.p == '\0';
}

char *
json_find (const char *text, const char *path, GError **error)
{
  Scanner s = { .p = text };
  g_autoptr (GString) string = g_string_new (NULL);
  const char *begin;

  if (!is_json (text))
    {
      g_set_error_literal (error, CTL_ERROR, CTL_FAILED, "the daemon's answer is not JSON");
      return NULL;
    }
  if (!find (&s, path))
    {
      g_set_error (error, CTL_ERROR, CTL_NO_SUCH_KEY, "there is no key %s", path);
      return NULL;
    }
  begin = s.p;
  if (*begin != '"')
    return skip_value (&s) ? g_strndup (begin, s.p - begin) : NULL;
  return read_string (&s, string) ? g_strdup (string->str) : NULL;
}
