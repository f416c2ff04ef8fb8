/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operator's tool: its commands, options and exit codes. Not where the work is done. */
#include "config.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "tools/ctl.h"

G_DEFINE_QUARK (reflectorctl, ctl_error)

static const struct {
  const char *name, *help;
  int (*run) (int argc, char **argv);
} commands[] = {
  { "passwd", "set or delete a user's password in a users file", ctl_passwd },
  { "status", "print the state of the running daemon as JSON, or one value of it", ctl_status },
};

static void
print_help (FILE *out)
{
  fprintf (out, "Usage: reflectorctl COMMAND [OPTION…] [ARGUMENT…]\n\nCommands:\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (out, "  %-8s  %s\n", commands[i].name, commands[i].help);
  fprintf (out, "\nreflectorctl COMMAND --help tells more.\n"
                "Exit status: 0 done, 1 failed, 2 wrong usage, 3 no such key.\n");
}

int
ctl_fail (const GError *error)
{
  fprintf (stderr, "reflectorctl: %s\n", error->message);
  return CTL_FAILED;
}

gboolean
ctl_parse (GOptionContext *context, int *argc, char ***argv, int min, int max)
{
  g_autoptr (GError) error = NULL;
  const char *wrong = NULL;

  if (!g_option_context_parse (context, argc, argv, &error))
    wrong = error->message;
  else if (*argc - 1 < min)
    wrong = "an argument is missing";
  else if (*argc - 1 > max)
    wrong = "too many arguments";
  if (wrong != NULL)
    fprintf (stderr, "reflectorctl: %s (see --help)\n", wrong);
  return wrong == NULL;
}

int
main (int argc, char **argv)
{
  const char *command = argc > 1 ? argv[1] : "";

  setlocale (LC_ALL, "");
  if (strcmp (command, "--help") == 0 || strcmp (command, "-h") == 0)
    {
      print_help (stdout);
      return CTL_OK;
    }
  if (strcmp (command, "--version") == 0)
    {
      printf ("reflectorctl %s\n", PACKAGE_VERSION);
      return CTL_OK;
    }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (command, commands[i].name) == 0)
      {
        g_autofree char *name = g_strconcat ("reflectorctl ", command, NULL);

        g_set_prgname (name);
        return commands[i].run (argc - 1, argv + 1);
      }
  if (*command != '\0')
    fprintf (stderr, "reflectorctl: there is no command %s\n", command);
  print_help (stderr);
  return CTL_USAGE;
}
