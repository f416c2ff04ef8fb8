/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The configuration as read from a folder of files, before and after it is checked against
 * option tables. Knows neither plugins nor what an option is for.
 *
 * Life: rfl_config_load() reads the files NN-NAME.conf of DIR in the order of their names, merges the groups
 * and collects the classic lines; whoever owns a group asks for it with its table; at the
 * end rfl_config_check_unclaimed() finds what nobody asked for. Main thread.
 */
#pragma once

#include <reflector/option.h>

typedef struct _RflConfig RflConfig;

/* @path: of a folder, or of one file alone. Errors: RFL_ERROR_CONFIG with "FILE:LINE: …"
 * (RFL_ERROR_IO for a folder or file that cannot be read). A folder without files is an empty
 * configuration. */
RflConfig *rfl_config_load (const char *path, GError **error);
/* The same from memory; @name stands for the file's name in errors. */
RflConfig *rfl_config_load_text (const char *name, const char *text, GError **error);
void rfl_config_free (RflConfig *config);

/* (transfer none) (element-type utf8): names of the groups in order of appearance */
const GPtrArray *rfl_config_get_groups (const RflConfig *config);
gboolean rfl_config_has_group (const RflConfig *config, const char *group);
/* Whether a classic line uses a keyword of @table. */
gboolean rfl_config_has_classic (const RflConfig *config, const RflOption *table);
/* Whether @group says `enabled = false`; a type error there is an error. */
gboolean rfl_config_get_enabled (const RflConfig *config, const char *group, gboolean *enabled,
                                 GError **error);

/**
 * rfl_config_claim:
 * @group: may be absent from the files: then all defaults and classic lines apply
 * @table: checked against: unknown names, types, ranges, choices, missing required members
 *
 * `enabled` is accepted in every group. Classic lines whose keyword is in @table become
 * values; the same option both ways is an error (GROUPS and STRINGS: the entries are joined).
 * Returns: (transfer full): or %NULL with RFL_ERROR_CONFIG "FILE:LINE: GROUP.NAME: …".
 */
RflSettings *rfl_config_claim (RflConfig *config, const char *group, const RflOption *table,
                               GError **error);
/* (transfer none) (element-type utf8): "FILE:LINE: KEYWORD …" for each line that was claimed and
 * read over (RFL_OPTION_IGNORED) */
const GPtrArray *rfl_config_get_notices (const RflConfig *config);
/* The first group or classic line that nobody claimed is an error with file and line. */
gboolean rfl_config_check_unclaimed (const RflConfig *config, GError **error);

RFL_EXPORT void rfl_settings_free (RflSettings *settings);
/* For unit tests of plugins: the text of a group's inside, e.g. "port = 5060;". */
RFL_EXPORT RflSettings *rfl_settings_new_from_text (const char *group, const RflOption *table,
                                                    const char *text, GError **error);
/* Appends `GROUP: { every option with its value in force };` in libconfig's syntax, which
 * reads back as the same settings. */
void rfl_settings_print (const RflSettings *settings, GString *out);
/* Returns: (transfer full): the same, alone. */
char *rfl_settings_to_text (const RflSettings *settings);
/* Appends a Markdown table of @table's options (name, type, default, range, help). */
void rfl_options_print_manual (const char *group, const RflOption *table, GString *out);
/* (transfer full): names of the options whose values differ, with ", " between them; of two
 * settings of one table */
char *rfl_settings_diff (const RflSettings *a, const RflSettings *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflSettings, rfl_settings_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RflConfig, rfl_config_free)
