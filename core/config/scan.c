/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From files to what libconfig 1.5 reads: takes the classic lines out, puts included files in,
 * and remembers where each line came from. Not a parser of libconfig's grammar: it only knows
 * where a statement begins.
 */
#include "core/config/private.h"
#include <string.h>

gboolean
conf_error (GError **error, ConfPlace place, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_autofree char *message = g_strdup_vprintf (format, args);
  va_end (args);
  if (place.line > 0)
    g_set_error (error, RFL_ERROR, RFL_ERROR_CONFIG, "%s:%u: %s", place.file, place.line, message);
  else
    g_set_error_literal (error, RFL_ERROR, RFL_ERROR_CONFIG, message);
  return FALSE;
}

static void
line_free (gpointer data)
{
  ConfLine *line = data;

  g_free (line->keyword);
  g_strfreev (line->arguments);
  g_free (line);
}

ConfSource *
conf_source_new (const char *dir)
{
  ConfSource *source = g_new0 (ConfSource, 1);

  source->dir = g_intern_string (dir);
  source->text = g_string_new (NULL);
  source->places = g_array_new (FALSE, FALSE, sizeof (ConfPlace));
  source->lines = g_ptr_array_new_with_free_func (line_free);
  return source;
}

void
conf_source_free (ConfSource *source)
{
  g_string_free (source->text, TRUE);
  g_array_unref (source->places);
  g_ptr_array_unref (source->lines);
  g_free (source);
}

ConfPlace
conf_source_get_place (const ConfSource *source, guint line)
{
  if (source->places->len == 0)
    return (ConfPlace){ NULL, 0 };
  guint index = CLAMP (line, 1, source->places->len) - 1;
  return g_array_index (source->places, ConfPlace, index);
}

/* A line of the output that belongs to @at. */
static void
begin_line (ConfSource *source, ConfPlace at)
{
  if (source->places->len > 0)
    g_string_append_c (source->text, '\n');
  g_array_append_val (source->places, at);
}

static gboolean
include_file (ConfLexer *lexer, const char *name, guint n_includes, GError **error)
{
  ConfSource *source = lexer->source;
  g_autofree char *text = NULL;
  g_autoptr (GError) failure = NULL;
  gsize len;

  if (!source->dir)
    return conf_error (error, lexer->at, "@include works only in files");
  if (n_includes == CONF_MAX_INCLUDES)
    return conf_error (error, lexer->at, "files include each other deeper than %d",
                       CONF_MAX_INCLUDES);
  g_autofree char *path =
      g_path_is_absolute (name) ? g_strdup (name) : g_build_filename (source->dir, name, NULL);
  if (!g_file_get_contents (path, &text, &len, &failure))
    return conf_error (error, lexer->at, "@include: %s", failure->message);
  if (!conf_source_scan (source, path, text, len, n_includes + 1, error))
    return FALSE;
  begin_line (source, lexer->at);
  return TRUE;
}

static gboolean
read_include (ConfLexer *lexer, guint n_includes, GError **error)
{
  const char *directive = "@include";
  ConfPlace at = lexer->at;

  if (g_strstr_len (lexer->p, lexer->end - lexer->p, directive) == lexer->p)
    {
      lexer->p += strlen (directive);
      g_auto (GStrv) words = conf_lexer_words (lexer, error);
      if (!words)
        return FALSE;
      if (g_strv_length (words) == 1)
        return include_file (lexer, words[0], n_includes, error);
    }
  return conf_error (error, at, "'@' begins nothing but @include \"FILE\"");
}

/* `NAME` at a statement's start: of a setting, or a classic line. */
static gboolean
read_statement (ConfLexer *lexer, gsize len, GError **error)
{
  ConfSource *source = lexer->source;
  const char *name = lexer->p;

  lexer->p += len;
  char next = conf_lexer_peek (lexer);
  if (next == '=' || next == ':')
    {
      conf_lexer_emit (lexer, name, len);
      source->state = CONF_AT_SEPARATOR;
      return TRUE;
    }
  const char *rest = lexer->p;
  while (rest < lexer->end && (*rest == ' ' || *rest == '\t'))
    rest++;
  if (next != 0 && rest < lexer->end && strchr ("{([", *rest))
    return conf_error (error, lexer->at, "%.*s: ':' is missing before '%c'", (int) len, name,
                       *rest);
  char **arguments = conf_lexer_words (lexer, error);
  if (!arguments)
    return FALSE;
  ConfLine *line = g_new0 (ConfLine, 1);
  line->place = lexer->at;
  line->keyword = g_strndup (name, len);
  line->arguments = arguments;
  g_ptr_array_add (source->lines, line);
  return TRUE;
}

static gboolean
read_name (ConfLexer *lexer, GError **error)
{
  ConfSource *source = lexer->source;
  gsize len = conf_lexer_name_length (lexer);

  if (source->depth == 0 && source->state == CONF_AT_STATEMENT)
    return read_statement (lexer, len, error);
  if (source->depth == 0)
    source->state = CONF_AT_STATEMENT;
  conf_lexer_emit (lexer, lexer->p, len);
  lexer->p += len;
  return TRUE;
}

static gboolean
read_punctuation (ConfLexer *lexer, GError **error)
{
  ConfSource *source = lexer->source;
  char c = *lexer->p;

  if (source->depth == 0 && strchr ("=:", c))
    source->state = CONF_AT_VALUE;
  else if (source->depth == 0)
    source->state = CONF_AT_STATEMENT;
  if (strchr ("{}()[]", c))
    return conf_lexer_bracket (lexer, error);
  conf_lexer_emit (lexer, lexer->p++, 1);
  return TRUE;
}

static gboolean
read_value (ConfLexer *lexer, GError **error)
{
  if (lexer->source->depth == 0)
    lexer->source->state = CONF_AT_STATEMENT;
  return *lexer->p == '"' ? conf_lexer_string (lexer, error) : conf_lexer_number (lexer, error);
}

static gboolean
refuse_character (const ConfLexer *lexer, GError **error)
{
  guint8 c = *lexer->p;

  if (g_ascii_isprint (c))
    return conf_error (error, lexer->at, "'%c' has no place here", c);
  return conf_error (error, lexer->at, "the byte 0x%02x has no place here", c);
}

static gboolean
read_token (ConfLexer *lexer, guint n_includes, GError **error)
{
  char c = *lexer->p;

  if (g_ascii_isspace (c))
    {
      conf_lexer_emit (lexer, lexer->p++, 1);
      return TRUE;
    }
  if (conf_lexer_at_comment (lexer))
    return conf_lexer_comment (lexer, error);
  if (c == '@')
    return read_include (lexer, n_includes, error);
  if (c != '\0' && strchr ("=:;,{}()[]", c))
    return read_punctuation (lexer, error);
  if (c != '\0' && (g_ascii_isdigit (c) || strchr ("\"+-.", c)))
    return read_value (lexer, error);
  if (conf_lexer_name_length (lexer) > 0)
    return read_name (lexer, error);
  return refuse_character (lexer, error);
}

gboolean
conf_source_scan (ConfSource *source, const char *file, const char *text, gsize len,
                  guint n_includes, GError **error)
{
  ConfLexer lexer = {
    .source = source, .at = { g_intern_string (file), 1 }, .p = text, .end = text + len
  };

  begin_line (source, lexer.at);
  if (len >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    lexer.p += 3;
  while (lexer.p < lexer.end)
    {
      if (!read_token (&lexer, n_includes, error))
        return FALSE;
      if (source->text->len > CONF_MAX_TEXT)
        return conf_error (error, lexer.at, "the configuration is larger than %d MiB",
                           CONF_MAX_TEXT / 1024 / 1024);
    }
  return TRUE;
}

gboolean
conf_source_finish (ConfSource *source, GError **error)
{
  if (source->depth == 0)
    return TRUE;
  const ConfOpen *open = &source->open[source->depth - 1];
  return conf_error (error, open->place, "'%c' is never closed", open->bracket);
}
