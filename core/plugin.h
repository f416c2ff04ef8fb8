/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader: finding plugins (plugin-file.c), their order (plugin-order.c), and the set that
 * runs (plugin.c). Which of them the operator wants is load.c's business.
 */
#pragma once

#include "core/config/config.h"
#include "core/core-private.h"

typedef struct _RflPluginSet RflPluginSet;

typedef enum {
  PLUGIN_LOADED,     /* its descriptor is checked, none of its code has run */
  PLUGIN_CONFIGURED, /* there is an instance */
  PLUGIN_STARTED,
  PLUGIN_FAILED      /* optional, and left out */
} PluginState;

/**
 * PluginEntry:
 * @plugin: copy of the descriptor; members that an older one lacks are 0
 * @file: whence
 * @settings: in force; what the instance was configured with
 */
typedef struct {
  RflPlugin plugin;
  char *file;
  PluginState state;
  gpointer self;
  RflSettings *settings;
} PluginEntry;

void plugin_entry_free (PluginEntry *entry);

/* plugin-file.c */
/* Returns: (transfer full): NULL-terminated folders: @first, then $REFLECTORD_PLUGIN_PATH (both
 * separated by colons), @configured, the installed one; each once. */
char **plugin_folders (const char *first, const char *const *configured);
/* Returns: (transfer full): file name of plugin @name in the first folder that has it */
char *plugin_find (char **folders, const char *name);
/* Returns: (transfer full) (element-type utf8): sorted names of all plugins in @folders */
GPtrArray *plugin_list (char **folders);
/* Loads @file and checks its descriptor, which must be named @name. Returns: (transfer full) */
PluginEntry *plugin_open (const char *file, const char *name, GError **error);
gboolean plugin_check_descriptor (const RflPlugin *plugin, const char *name, GError **error);

/* plugin-order.c */
/* Puts @entries in the order in which they start. Optional ones whose requirements are not met
 * are reported to @dropped (they become PLUGIN_FAILED and go to the end). */
typedef void (*PluginDroppedFunc) (PluginEntry *entry, const char *why);
gboolean plugin_sort (GPtrArray *entries, PluginDroppedFunc dropped, GError **error);
/* Whether @name is what @entry is or provides. */
gboolean plugin_provides (const PluginEntry *entry, const char *name);

/* plugin.c */
/* @entries: (transfer full) (element-type PluginEntry): with their settings. Sorts, makes and
 * configures them. Returns: (transfer full): NULL with @error, then nothing is left. */
RflPluginSet *plugin_set_new (RflCore *core, GPtrArray *entries, GError **error);
/* In order; whatever has started stops again if one fails. */
gboolean plugin_set_start (RflPluginSet *set, GError **error);
void plugin_set_stop (RflPluginSet *set);
/* Instances go in reverse order. NULL is allowed. */
void plugin_set_free (RflPluginSet *set);
/* (element-type PluginEntry): in order of start */
const GPtrArray *plugin_set_get_entries (const RflPluginSet *set);
/* @settings: (transfer full) (nullable) (element-type RflSettings): by index of the entries;
 * those taken are stolen. On failure the plugins that were already changed get their old ones. */
gboolean plugin_set_reconfigure (RflPluginSet *set, GPtrArray *settings, GError **error);
void plugin_set_status (const RflPluginSet *set, RflStatus *status);
