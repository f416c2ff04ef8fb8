/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin is: a shared object that exports one constant symbol `rfl_plugin`,
 * checked before any of its code runs.
 *
 * Life of an instance, all on the main thread:
 *
 *   new → configure → start → (reconfigure …) → stop → free
 *
 * All plugins are configured before the first one starts; they start in the order
 * of their dependencies and stop in reverse. configure() opens no socket and starts
 * no thread. A plugin keeps everything in its instance, nothing in file-scope
 * variables, and leaves nothing behind after free(). The object stays loaded.
 */
#pragma once

#include <reflector/core.h>
#include <reflector/error.h>
#include <reflector/option.h>
#include <reflector/status.h>
#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_PLUGIN_MAGIC 0x52464c50u /* "RFLP" */
/* Another major: incompatible. A plugin needs at least its own minor of core. */
#define RFL_ABI_MAJOR 1
#define RFL_ABI_MINOR 3

typedef enum {
  RFL_PLUGIN_NONE = 0,
  RFL_PLUGIN_DEFAULT = 1 << 0, /* runs when the configuration names no plugin at all */
  RFL_PLUGIN_OPTIONAL = 1 << 1 /* its failure is a warning, not the end of start-up */
} RflPluginFlags;

typedef enum {
  RFL_RELOAD_APPLIED, /* the new settings are in force, no call was touched */
  RFL_RELOAD_RESTART, /* only a stop and start would apply them; the old ones stay */
  RFL_RELOAD_FAILED   /* wrong, error is set; the old ones stay in force */
} RflReload;

/**
 * RflPlugin:
 * @name: also the name of its configuration group and of its file, NAME.so; a letter, then
 *   letters, digits, _ and -
 * @version, @summary: one line each, for the operator
 * @provides, @requires, @wants: %NULL-terminated names, or %NULL. A name is a
 *   plugin's or a service's. What is required must be there and starts before;
 *   what is wanted starts before if it is there
 * @options: table ended by RFL_OPTION_END, or %NULL. `enabled` exists for every
 *   plugin and is not listed
 * @new: returns the instance; must not fail for reasons of configuration
 * @reconfigure: gets all settings anew, whether they changed or not
 * @free: must accept an instance in any state after new
 * @status: adds to an object of the plugin's own, which is open already
 *
 * Without @name, @version, @summary, @new and @free it is refused; all else may be %NULL. What
 * returns %FALSE or RFL_RELOAD_FAILED sets its error.
 */
struct _RflPlugin {
  guint32 magic;
  guint16 abi_major, abi_minor;
  gsize size;
  const char *name, *version, *summary;
  RflPluginFlags flags;
  const char *const *provides;
  const char *const *requires;
  const char *const *wants;
  const RflOption *options;

  gpointer (*new) (RflCore *core);
  gboolean (*configure) (gpointer self, const RflSettings *settings, GError **error);
  gboolean (*start) (gpointer self, GError **error);
  RflReload (*reconfigure) (gpointer self, const RflSettings *settings, GError **error);
  void (*stop) (gpointer self);
  void (*free) (gpointer self);
  void (*status) (gpointer self, RflStatus *status);
};

/**
 * RFL_PLUGIN:
 *
 * Defines the exported descriptor: RFL_PLUGIN (.name = "echo", .version = "1", …);
 */
#define RFL_PLUGIN(...)                                                                            \
  RFL_EXPORT extern const RflPlugin rfl_plugin;                                                    \
  const RflPlugin rfl_plugin = { .magic = RFL_PLUGIN_MAGIC,                                        \
                                 .abi_major = RFL_ABI_MAJOR,                                       \
                                 .abi_minor = RFL_ABI_MINOR,                                       \
                                 .size = sizeof (RflPlugin),                                       \
                                 __VA_ARGS__ }

G_END_DECLS
