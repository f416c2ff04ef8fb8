/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The daemon's command line and exit codes. Not where anything is decided or run. */
#include <config.h>

#include "core/core-private.h"
#include "core/daemon.h"
#include "core/log.h"
#include <reflector/error.h>
#include <reflector/plugin.h>
#include <stdio.h>
#include <stdlib.h>

enum {
  EXIT_OK = 0,
  EXIT_START = 1, /* no socket, no plugin, … */
  EXIT_CONFIG = 2 /* the configuration or the command line is wrong */
};

typedef struct {
  char *dir, *plugin_path, *log_level;
  gboolean check_config, manual, version;
} Arguments;

static void
arguments_clear (Arguments *arguments)
{
  g_free (arguments->dir);
  g_free (arguments->plugin_path);
  g_free (arguments->log_level);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Arguments, arguments_clear)

static gboolean
parse_arguments (Arguments *out, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &out->dir,
      "Read the files DIR/*.conf, or one file (default " RFL_CONF_DIR ")", "DIR|FILE" },
    { "check-config", 0, 0, G_OPTION_ARG_NONE, &out->check_config,
      "Print the configuration in force and exit", NULL },
    { "plugin-path", 'p', 0, G_OPTION_ARG_FILENAME, &out->plugin_path,
      "Look for plugins in these folders first", "DIR[:DIR...]" },
    { "log-level", 'l', 0, G_OPTION_ARG_STRING, &out->log_level,
      "error, warning, notice, info or debug, whatever the configuration says", "LEVEL" },
    { "manual", 0, 0, G_OPTION_ARG_NONE, &out->manual, "Print all options as Markdown and exit",
      NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &out->version, "Print the version and exit", NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "The RTP conference reflector's daemon.");
  g_option_context_set_description (
      context, "SIGTERM ends the calls, then the daemon; SIGHUP reads the configuration again; "
               "SIGUSR1 logs the status.\nExit codes: 0, 2 if the configuration is wrong, 1 for "
               "any other failure to start.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc == 1)
    return TRUE;
  g_set_error (error, RFL_ERROR, RFL_ERROR_CONFIG, "unexpected argument %s", (*argv)[1]);
  return FALSE;
}

/* One line on standard error, which a supervisor shows. */
static int
fail (const GError *error, int code)
{
  fprintf (stderr, "reflectord: %s\n", error->message);
  return code;
}

static int
load_failure_code (const GError *error)
{
  gboolean config = g_error_matches (error, RFL_ERROR, RFL_ERROR_CONFIG)
                    || g_error_matches (error, RFL_ERROR, RFL_ERROR_IO);
  return config ? EXIT_CONFIG : EXIT_START;
}

static int
print (char *text)
{
  g_autofree char *owned = text;
  gboolean written = fputs (owned, stdout) >= 0 && fflush (stdout) == 0;

  return written ? EXIT_OK : EXIT_START;
}

static int
run (const Arguments *arguments, RflLog *log)
{
  const char *path =
      arguments->plugin_path ? arguments->plugin_path : g_getenv ("REFLECTORD_PLUGIN_PATH");
  const RflCoreOptions options = { .plugin_path = path, .log = log };
  g_autoptr (RflCore) core = rfl_core_new (&options);
  g_autoptr (GError) error = NULL;

  if (arguments->manual)
    return print (rfl_core_print_manual (core));
  if (!rfl_core_load (core, arguments->dir ? arguments->dir : RFL_CONF_DIR, &error))
    return fail (error, load_failure_code (error));
  if (arguments->check_config)
    return print (rfl_core_print_config (core));
  rfl_process_prepare ();
  if (!daemon_run (core, &error))
    return fail (error, EXIT_START);
  return EXIT_OK;
}

int
main (int argc, char **argv)
{
  g_auto (Arguments) arguments = { 0 };
  g_autoptr (GError) error = NULL;

  if (!parse_arguments (&arguments, &argc, &argv, &error))
    return fail (error, EXIT_CONFIG);
  if (arguments.version)
    {
      printf ("reflectord %s (plugin ABI %d.%d)\n", PACKAGE_VERSION, RFL_ABI_MAJOR, RFL_ABI_MINOR);
      return EXIT_OK;
    }
  RflLog *log = rfl_log_new ();
  rfl_log_install (log);
  if (arguments.log_level && !rfl_log_force_level (log, arguments.log_level))
    {
      fprintf (stderr,
               "reflectord: --log-level: is \"%s\", must be one of \"error\", \"warning\", "
               "\"notice\", \"info\", \"debug\"\n",
               arguments.log_level);
      return EXIT_CONFIG;
    }
  return run (&arguments, log);
}
