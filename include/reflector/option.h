/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plugin's options: a constant table that drives checking, --check-config and
 * the reference manual, and the checked values that configure() gets. By the
 * time a plugin sees its RflSettings every name, type, range and choice has been
 * checked and every default filled in. Not a general configuration tree.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

typedef enum {
  RFL_OPTION_BOOL,
  RFL_OPTION_INT,    /* 64 bit; min and max are checked */
  RFL_OPTION_DOUBLE, /* min and max are checked */
  RFL_OPTION_STRING,
  RFL_OPTION_STRINGS, /* array or list of strings */
  RFL_OPTION_GROUPS,  /* list of groups, each with the table `members` */
  RFL_OPTION_IGNORED, /* no option: a classic line that is read over, with a notice */
  RFL_OPTION_SECRET   /* as STRING, but its value is shown nowhere, not by --check-config either */
} RflOptionType;

/**
 * RflOption:
 * @name: as in the file; %NULL ends the table
 * @fallback: the default in libconfig's syntax (`5060`, `"PCMU"`, `[ "a" ]`);
 *   %NULL: BOOL false, INT/DOUBLE 0, STRING absent, lists empty
 * @required: must be given (only in members of GROUPS)
 * @min, @max: for INT and DOUBLE; both 0: unlimited
 * @choices: %NULL-terminated allowed values of STRING, or %NULL
 * @members: table of each group of GROUPS
 * @classic: keyword of the classic line that sets this option, or %NULL; found in upper and
 *   lower case. BOOL, INT, DOUBLE and STRING take one word; STRINGS takes the rest of the line
 *   and may be repeated; GROUPS takes one word per member in table order (trailing members may
 *   be left out when not required, a last member of STRINGS takes the rest) and may be
 *   repeated; IGNORED takes anything
 * @help: one line; not %NULL. Of IGNORED: why it is read over
 */
typedef struct _RflOption RflOption;
struct _RflOption {
  const char *name;
  RflOptionType type;
  const char *fallback;
  gboolean required;
  gint64 min, max;
  const char *const *choices;
  const RflOption *members;
  const char *classic;
  const char *help;
};

#define RFL_OPTION_END                                                                             \
  {                                                                                                \
    .name = NULL                                                                                   \
  }

/* Getters lend; what they return lives as long as the settings. Asking for a name
 * or type that is not in the table is a programmer error. Any thread. */
RFL_EXPORT gboolean rfl_settings_get_bool (const RflSettings *s, const char *name);
RFL_EXPORT gint64 rfl_settings_get_int (const RflSettings *s, const char *name);
RFL_EXPORT double rfl_settings_get_double (const RflSettings *s, const char *name);
/* %NULL when absent; of STRING and SECRET */
RFL_EXPORT const char *rfl_settings_get_string (const RflSettings *s, const char *name);
/* Never %NULL; %NULL-terminated */
RFL_EXPORT const char *const *rfl_settings_get_strings (const RflSettings *s, const char *name);
/* Returns: number of groups of a GROUPS option */
RFL_EXPORT guint rfl_settings_get_n_groups (const RflSettings *s, const char *name);
RFL_EXPORT const RflSettings *rfl_settings_get_group (const RflSettings *s, const char *name,
                                                      guint index);
/* Whether the operator wrote the option (rather than its default applying) */
RFL_EXPORT gboolean rfl_settings_is_set (const RflSettings *s, const char *name);

/* Returns: (nullable): the file that the option stands in; %NULL if it is not set */
RFL_EXPORT const char *rfl_settings_get_file (const RflSettings *s, const char *name);

/**
 * rfl_settings_set_error:
 *
 * Sets %RFL_ERROR_CONFIG with "FILE:LINE: NAME: MESSAGE" for what only the plugin
 * can judge (a host name, a file's contents). @name may be %NULL for the group.
 *
 * Returns: %FALSE always, so that a caller can return it.
 */
RFL_EXPORT gboolean rfl_settings_set_error (const RflSettings *s, const char *name, GError **error,
                                            const char *format, ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS
