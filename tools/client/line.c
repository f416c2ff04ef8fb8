/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Objects of JSON, one to a line. Does not read any. */
#include "config.h"

#include <string.h>

#include "tools/client/client.h"

#define MAX_DEPTH 8

struct _ClientLine {
  GString *text;
  char brackets[MAX_DEPTH];
  guint depth;
};

static void
put_string (GString *out, const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);

  g_string_append_c (out, '"');
  for (const char *p = valid; *p != '\0'; p++)
    if (*p == '"' || *p == '\\')
      g_string_append_printf (out, "\\%c", *p);
    else if ((guchar) *p < 0x20 || *p == 0x7f)
      g_string_append_printf (out, "\\u%04x", (guint) (guchar) *p);
    else
      g_string_append_c (out, *p);
  g_string_append_c (out, '"');
}

static void
put_key (ClientLine *line, const char *key)
{
  char last = line->text->str[line->text->len - 1];

  if (last != '{' && last != '[')
    g_string_append_c (line->text, ',');
  if (key != NULL)
    {
      put_string (line->text, key);
      g_string_append_c (line->text, ':');
    }
}

ClientLine *
client_line_new (const char *event)
{
  ClientLine *line = g_new0 (ClientLine, 1);

  line->text = g_string_new ("{");
  line->brackets[line->depth++] = '}';
  return client_line_text (line, "event", event);
}

ClientLine *
client_line_text (ClientLine *line, const char *key, const char *value)
{
  put_key (line, key);
  if (value == NULL)
    g_string_append (line->text, "null");
  else
    put_string (line->text, value);
  return line;
}

ClientLine *
client_line_int (ClientLine *line, const char *key, gint64 value)
{
  put_key (line, key);
  g_string_append_printf (line->text, "%" G_GINT64_FORMAT, value);
  return line;
}

ClientLine *
client_line_double (ClientLine *line, const char *key, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  put_key (line, key);
  g_string_append (line->text, g_ascii_formatd (text, sizeof text, "%.3f", value));
  return line;
}

ClientLine *
client_line_bool (ClientLine *line, const char *key, gboolean value)
{
  return client_line_raw (line, key, value ? "true" : "false");
}

ClientLine *
client_line_raw (ClientLine *line, const char *key, const char *value)
{
  put_key (line, key);
  g_string_append (line->text, value);
  return line;
}

ClientLine *
client_line_open (ClientLine *line, const char *key, char bracket)
{
  g_return_val_if_fail (line->depth < MAX_DEPTH, line);
  put_key (line, key);
  g_string_append_c (line->text, bracket);
  line->brackets[line->depth++] = bracket == '{' ? '}' : ']';
  return line;
}

ClientLine *
client_line_close (ClientLine *line)
{
  g_return_val_if_fail (line->depth > 1, line);
  g_string_append_c (line->text, line->brackets[--line->depth]);
  return line;
}

char *
client_line_end (ClientLine *line)
{
  char *text;

  while (line->depth > 0)
    g_string_append_c (line->text, line->brackets[--line->depth]);
  text = g_string_free (line->text, FALSE);
  g_free (line);
  return text;
}
