/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader: finding plugins (plugin-file.c), judging their descriptors (plugin-check.c), their
 * order (plugin-order.c), and the set that runs (plugin.c). Which of them the operator wants
 * is load.c's business.
 */
#pragma once

#include "core/config/config.h"
#include "core/core-private.h"

typedef struct _RflPluginSet RflPluginSet;

typedef enum {
  PLUGIN_LOADED,     /* its descriptor is checked, none of its code has run */
  PLUGIN_CONFIGURED, /* there is an instance */
  PLUGIN_STARTED,
  PLUGIN_FAILED /* optional, and left out */
} PluginState;

/**
 * PluginEntry:
 * @plugin: copy of the descriptor; members that an older one lacks are 0
 * @settings: in force; what the instance was configured with
 */
typedef struct {
  RflPlugin plugin;
  PluginState state;
  gpointer self;
  RflSettings *settings;
} PluginEntry;

void plugin_entry_free (PluginEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PluginEntry, plugin_entry_free)

/* plugin-check.c */
/* Whether core can work with what @raw points to, which need not be a descriptor at all. */
gboolean plugin_check_descriptor (const RflPlugin *raw, const char *name, GError **error);

/* plugin-file.c */
/* Returns: (transfer full): @first, then $REFLECTORD_PLUGIN_PATH (both separated by colons),
 * @configured (nullable), the installed folder; each once */
char **plugin_folders (const char *first, const char *const *configured);
/* Returns: (transfer full): the file of plugin @name in the first folder that has it, or NULL */
char *plugin_find (char **folders, const char *name);
/* Returns: (transfer full) (element-type utf8): sorted names of all plugins in @folders */
GPtrArray *plugin_list (char **folders);
/* Loads @file, for ever, and checks that it is plugin @name. Returns: (transfer full) */
PluginEntry *plugin_open (const char *file, const char *name, GError **error);

/* plugin-order.c */
/* Puts @entries in the order in which they start. An optional one whose requirements are not met
 * is left out: PLUGIN_FAILED, with a warning. */
gboolean plugin_sort (GPtrArray *entries, GError **error);
/* Whether a plugin that @entry requires has failed. */
gboolean plugin_requirements_met (const GPtrArray *entries, const PluginEntry *entry,
                                  GError **error);
/* An optional plugin has failed: warns, clears @error. Returns: %FALSE if it is not optional. */
gboolean plugin_leave_out (PluginEntry *entry, GError **error);

/* leftover.c */
/* After @plugin's stop(): what is still there of it is told and removed. */
void plugin_take_leftovers (RflCore *core, const RflPlugin *plugin);

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
/* @settings: (element-type RflSettings): one for each entry, NULL: leave it alone; those that come
 * into force are exchanged for the old ones. On failure those that were changed get these back. */
gboolean plugin_set_reconfigure (RflPluginSet *set, GPtrArray *settings, GError **error);
