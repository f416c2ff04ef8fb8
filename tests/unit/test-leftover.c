/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a plugin leaves behind after stop() is told by its name, and gone. */
#include "core/core-private.h"
#include "core/log.h"
#include "core/plugin.h"
#include <string.h>

static RflHookResult
never (RflEvent *event, gpointer user_data, GError **error)
{
  g_assert_not_reached ();
}

static void
collect (GLogLevelFlags level, const char *line, gpointer user_data)
{
  g_string_append_printf (user_data, "%s\n", line);
}

static void
add_hook (RflCore *core, const char *name)
{
  const RflHook hook = { .name = name, .event = RFL_EVENT_DRAINING, .func = never };

  g_assert_cmpuint (rfl_bus_add_hook (rfl_core_get_bus (core), &hook, NULL), >, 0);
}

static void
leftovers (void)
{
  static const char *const provides[] = { "left", "right", NULL };
  const RflPlugin tidy = { .name = "tidy" }, lazy = { .name = "lazy", .provides = provides };
  RflCoreOptions options = { .manual_workers = TRUE, .n_workers = 1 };
  g_autoptr (GString) lines = g_string_new (NULL);
  RflLog *log = rfl_log_new ();
  RflCore *core;
  gpointer self;

  options.clock = rfl_clock_new_manual (1);
  core = rfl_core_new (&options);
  rfl_log_install (log);
  rfl_log_set_sink (log, collect, lines);
  add_hook (core, "lazy/one");
  add_hook (core, "lazy/two");
  g_assert_true (rfl_core_offer_service (core, "right", 1, &tidy, NULL, NULL));
  plugin_take_leftovers (core, &tidy);
  g_assert_cmpstr (lines->str, ==, "");
  plugin_take_leftovers (core, &lazy);
  g_assert_cmpstr (lines->str, ==,
                   "WARNING reflectord: plugin lazy has stopped and left behind: "
                   "hook lazy/one, hook lazy/two, service right\n");
  g_assert_null (rfl_core_find_service (core, "right", 1, &self));
  rfl_core_drain (core); /* calls nobody */
  rfl_core_free (core);
  rfl_log_set_sink (log, NULL, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/leftover/named-and-gone", leftovers);
  return g_test_run ();
}
