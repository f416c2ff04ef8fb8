/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this room share: sources with their places, parsed files, values. Not
 * for the rest of core, which knows config.h only.
 */
#pragma once

#include "core/config/config.h"
#include <libconfig.h>
#include <reflector/error.h>

/* Where something stands. @file is interned; line 0: it stands in no file. */
typedef struct {
  const char *file;
  guint line;
} ConfPlace;

/* Sets RFL_ERROR_CONFIG "FILE:LINE: …". Returns: %FALSE always. */
gboolean conf_error (GError **error, ConfPlace place, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* ---- scan.c: one text becomes what libconfig reads, and classic lines ---- */

#define CONF_MAX_DEPTH 32
#define CONF_MAX_INCLUDES 10
#define CONF_MAX_WORDS 256
#define CONF_MAX_TEXT (4 * 1024 * 1024)

/* `KEYWORD ARGUMENT …`; @arguments ends with %NULL */
typedef struct {
  ConfPlace place;
  char *keyword;
  char **arguments;
  gboolean claimed;
} ConfLine;

typedef enum {
  CONF_AT_STATEMENT,
  CONF_AT_SEPARATOR,
  CONF_AT_VALUE
} ConfState;

typedef struct {
  char bracket;
  ConfPlace place;
} ConfOpen;

/**
 * ConfSource:
 * @dir: (nullable): what @include is relative to; %NULL: nothing may be included
 * @text: without comments, classic lines and includes; integers carry an L where needed
 * @places: (element-type ConfPlace): of each line of @text
 * @lines: (element-type ConfLine): classic lines
 * @state, @depth, @open: what the scanner is in the middle of, at bracket depth 0
 */
typedef struct {
  const char *dir;
  GString *text;
  GArray *places;
  GPtrArray *lines;
  ConfState state;
  guint depth;
  ConfOpen open[CONF_MAX_DEPTH];
} ConfSource;

ConfSource *conf_source_new (const char *dir);
void conf_source_free (ConfSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ConfSource, conf_source_free)
/* Appends @text; called anew for each included file. */
gboolean conf_source_scan (ConfSource *source, const char *file, const char *text, gsize len,
                           guint n_includes, GError **error);
/* Whether all brackets are closed. */
gboolean conf_source_finish (ConfSource *source, GError **error);
ConfPlace conf_source_get_place (const ConfSource *source, guint line);

/* ---- lexer.c: the tokens of one text ---- */

/* @line counts from 1; @place for errors. */
typedef struct {
  ConfSource *source;
  ConfPlace at;
  const char *p, *end;
} ConfLexer;

void conf_lexer_emit (ConfLexer *lexer, const char *text, gsize len);
/* Each consumes what begins at @p; comments leave only their line ends. */
gboolean conf_lexer_at_comment (const ConfLexer *lexer);
gboolean conf_lexer_comment (ConfLexer *lexer, GError **error);
gboolean conf_lexer_string (ConfLexer *lexer, GError **error);
gboolean conf_lexer_number (ConfLexer *lexer, GError **error);
gboolean conf_lexer_bracket (ConfLexer *lexer, GError **error);
gsize conf_lexer_name_length (const ConfLexer *lexer);
/* The first character after white space and comments, or 0. Consumes nothing. */
char conf_lexer_peek (const ConfLexer *lexer);
/* The rest of the line as words; stops before the line end. (transfer full) */
char **conf_lexer_words (ConfLexer *lexer, GError **error);

/* ---- file.c: one file as libconfig's tree ---- */

typedef struct {
  ConfSource *source;
  config_t tree;
} ConfFile;

ConfFile *conf_file_read (const char *dir, const char *name, GError **error);
ConfFile *conf_file_read_text (const char *name, const char *text, GError **error);
void conf_file_free (ConfFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ConfFile, conf_file_free)
ConfPlace conf_file_get_place (const ConfFile *file, const config_setting_t *setting);

/* ---- value.c: one option's value ---- */

typedef struct {
  gboolean is_set;
  ConfPlace place;
  gboolean boolean;
  gint64 integer;
  double number;
  char *string;
  GPtrArray *strings; /* ends with %NULL; only of STRINGS */
  GPtrArray *groups;  /* (element-type RflSettings); only of GROUPS */
} ConfValue;

/* What is being read: messages name it as @path.@option->name. */
typedef struct {
  const RflOption *option;
  const char *path;
  ConfPlace place;
} ConfSubject;

void conf_value_init (ConfValue *value, const RflOption *option);
void conf_value_clear (ConfValue *value);
gboolean conf_value_read (ConfValue *value, const ConfSubject *subject, const ConfFile *file,
                          config_setting_t *setting, GError **error);
gboolean conf_value_read_word (ConfValue *value, const ConfSubject *subject, const char *word,
                               GError **error);
/* One more entry of STRINGS. */
gboolean conf_value_add_word (ConfValue *value, const ConfSubject *subject, const char *word,
                              GError **error);
/* The table's default. */
gboolean conf_value_read_fallback (ConfValue *value, const ConfSubject *subject, GError **error);
/* Appends @text as libconfig reads a string, on one line. */
void conf_quote (const char *text, GString *out);
gboolean conf_subject_error (GError **error, const ConfSubject *subject, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* ---- settings.c: a group's values ---- */

struct _RflSettings {
  char *path;
  const RflOption *table;
  guint n;
  ConfValue *values;
  ConfPlace place;
};

RflSettings *conf_settings_new (const char *path, const RflOption *table, ConfPlace place);
/* @enabled: whether the name `enabled` is let through */
gboolean conf_settings_read (RflSettings *settings, const ConfFile *file, config_setting_t *group,
                             gboolean enabled, GError **error);
gboolean conf_settings_read_line (RflSettings *settings, const RflOption *option,
                                  const ConfLine *line, GError **error);
/* Whether the operator may write @option in a group. */
gboolean conf_option_is_real (const RflOption *option);
/* Defaults, and what is required. */
gboolean conf_settings_finish (RflSettings *settings, GError **error);

/* ---- suggest.c ---- */

/* Returns: (nullable): the one of @names that @wrong may have been meant for */
const char *conf_suggest (const char *wrong, const char *const *names);
