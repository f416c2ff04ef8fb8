/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tokens of a configuration text, one function each. What they mean in a row is the
 * scanner's business, and what a value means libconfig's.
 */
#include "core/config/private.h"
#include <string.h>

/* Also keeps the places of the lines that it begins. */
void
conf_lexer_emit (ConfLexer *lexer, const char *text, gsize len)
{
  for (gsize i = 0; i < len; i++)
    {
      g_string_append_c (lexer->source->text, text[i]);
      if (text[i] != '\n')
        continue;
      lexer->at.line++;
      g_array_append_val (lexer->source->places, lexer->at);
    }
}

static gboolean
starts_with (const ConfLexer *lexer, const char *prefix)
{
  gsize len = strlen (prefix);
  return (gsize) (lexer->end - lexer->p) >= len && memcmp (lexer->p, prefix, len) == 0;
}

gboolean
conf_lexer_at_comment (const ConfLexer *lexer)
{
  return starts_with (lexer, "#") || starts_with (lexer, "//") || starts_with (lexer, "/*");
}

/* Returns: behind the comment at @p, or %NULL if it has no end. */
static const char *
comment_end (const ConfLexer *lexer)
{
  if (starts_with (lexer, "/*"))
    {
      const char *end = g_strstr_len (lexer->p + 2, lexer->end - lexer->p - 2, "*/");
      return end ? end + 2 : NULL;
    }
  const char *end = memchr (lexer->p, '\n', lexer->end - lexer->p);
  return end ? end : lexer->end;
}

gboolean
conf_lexer_comment (ConfLexer *lexer, GError **error)
{
  const char *end = comment_end (lexer);

  if (!end)
    return conf_error (error, lexer->at, "the comment that begins here has no end");
  conf_lexer_emit (lexer, " ", 1);
  for (; lexer->p < end; lexer->p++)
    if (*lexer->p == '\n')
      conf_lexer_emit (lexer, "\n", 1);
  return TRUE;
}

gboolean
conf_lexer_string (ConfLexer *lexer, GError **error)
{
  const char *p = lexer->p + 1;

  while (p < lexer->end && *p != '"')
    {
      if (lexer->end - p >= 4 && memcmp (p, "\\x00", 4) == 0)
        return conf_error (error, lexer->at, "\\x00 cannot be part of a string");
      p += *p == '\\' ? 2 : 1;
    }
  if (p >= lexer->end)
    return conf_error (error, lexer->at, "the string that begins here has no end");
  conf_lexer_emit (lexer, lexer->p, p + 1 - lexer->p);
  lexer->p = p + 1;
  return TRUE;
}

/* Whether @word is an integer as libconfig writes them; libconfig itself cuts those that
 * do not fit. */
static gboolean
is_integer (const char *word, gboolean *hex)
{
  const char *p = word;

  *hex = p[0] == '0' && (p[1] == 'x' || p[1] == 'X');
  p += *hex ? 2 : *p == '-' || *p == '+';
  const char *first = p;
  while (*hex ? g_ascii_isxdigit (*p) : g_ascii_isdigit (*p))
    p++;
  if (p == first)
    return FALSE;
  return *p == '\0' || strcmp (p, "L") == 0 || strcmp (p, "LL") == 0;
}

static gboolean
parse_integer (const char *word, gboolean hex, gint64 *out)
{
  g_autofree char *digits = g_strdup (word);

  digits[strcspn (digits, "L")] = '\0';
  if (!hex)
    return g_ascii_string_to_signed (digits, 10, G_MININT64, G_MAXINT64, out, NULL);
  guint64 value;
  if (!g_ascii_string_to_unsigned (digits + 2, 16, 0, G_MAXINT64, &value, NULL))
    return FALSE;
  *out = value;
  return TRUE;
}

gboolean
conf_lexer_number (ConfLexer *lexer, GError **error)
{
  const char *p = lexer->p;
  gboolean hex;
  gint64 value;

  while (p < lexer->end && (g_ascii_isalnum (*p) || strchr ("+-.", *p)))
    p++;
  g_autofree char *word = g_strndup (lexer->p, p - lexer->p);
  lexer->p = p;
  if (!is_integer (word, &hex))
    {
      conf_lexer_emit (lexer, word, strlen (word));
      return TRUE;
    }
  if (!parse_integer (word, hex, &value))
    return conf_error (error, lexer->at, "%s does not fit in 64 bits", word);
  g_autofree char *out =
      g_strdup_printf ("%" G_GINT64_FORMAT "%s", value, value == (gint32) value ? "" : "L");
  conf_lexer_emit (lexer, out, strlen (out));
  return TRUE;
}

static char
opener_of (char bracket)
{
  return bracket == '}' ? '{' : bracket == ')' ? '(' : '[';
}

gboolean
conf_lexer_bracket (ConfLexer *lexer, GError **error)
{
  ConfSource *source = lexer->source;
  char c = *lexer->p;

  if (strchr ("{([", c))
    {
      if (source->depth == CONF_MAX_DEPTH)
        return conf_error (error, lexer->at, "nested deeper than %d", CONF_MAX_DEPTH);
      source->open[source->depth++] = (ConfOpen){ c, lexer->at };
    }
  else if (source->depth == 0)
    return conf_error (error, lexer->at, "'%c' closes nothing", c);
  else
    {
      ConfOpen *open = &source->open[--source->depth];
      if (open->bracket != opener_of (c))
        return conf_error (error, lexer->at, "'%c' does not close the '%c' of %s:%u", c,
                           open->bracket, open->place.file, open->place.line);
    }
  conf_lexer_emit (lexer, lexer->p++, 1);
  return TRUE;
}

gsize
conf_lexer_name_length (const ConfLexer *lexer)
{
  const char *p = lexer->p;

  if (p == lexer->end || !(g_ascii_isalpha (*p) || *p == '*' || *p == '_'))
    return 0;
  while (p < lexer->end && (g_ascii_isalnum (*p) || *p == '*' || *p == '_' || *p == '-'))
    p++;
  return p - lexer->p;
}

char
conf_lexer_peek (const ConfLexer *lexer)
{
  ConfLexer ahead = *lexer;

  while (ahead.p && ahead.p < ahead.end)
    if (conf_lexer_at_comment (&ahead))
      ahead.p = comment_end (&ahead);
    else if (g_ascii_isspace (*ahead.p))
      ahead.p++;
    else
      return *ahead.p;
  return 0;
}

/* One word at @p, with or without quotes; a semicolon or blank ends it. */
static char *
next_word (ConfLexer *lexer, GError **error)
{
  const char *start = lexer->p;

  if (*start == '"')
    {
      for (start++, lexer->p++; lexer->p < lexer->end && !strchr ("\"\n", *lexer->p);)
        lexer->p++;
      if (lexer->p == lexer->end || *lexer->p != '"')
        {
          conf_error (error, lexer->at, "the string has no end on its line");
          return NULL;
        }
      lexer->p++;
      return g_strndup (start, lexer->p - 1 - start);
    }
  while (lexer->p < lexer->end && !g_ascii_isspace (*lexer->p) && *lexer->p != ';')
    lexer->p++;
  return g_strndup (start, lexer->p - start);
}

char **
conf_lexer_words (ConfLexer *lexer, GError **error)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new_with_free_func (g_free);

  while (lexer->p < lexer->end && *lexer->p != '\n' && !conf_lexer_at_comment (lexer))
    {
      if (g_ascii_isspace (*lexer->p) || *lexer->p == ';')
        {
          lexer->p++;
          continue;
        }
      char *word = next_word (lexer, error);
      if (!word)
        return NULL;
      g_ptr_array_add (words, word);
      if (words->len > CONF_MAX_WORDS)
        {
          conf_error (error, lexer->at, "more than %d words on one line", CONF_MAX_WORDS);
          return NULL;
        }
    }
  g_ptr_array_add (words, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&words), FALSE);
}
