/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of commands. Not where they are. */
#include "config.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tools/client/commands.h"

static const ClientCommand *const commands[] = {
  &client_command_bridge,    &client_command_broadcast,
#ifdef HAVE_SOUP
  &client_command_get_file,
#endif
  &client_command_monitor,   &client_command_play,
  &client_command_record,    &client_command_roster,
#ifdef HAVE_SOUP
  &client_command_send_file,
#endif
  &client_command_share,     &client_command_view,
};

static void
print_help (FILE *out)
{
  fprintf (out, "Usage: reflector-client COMMAND [OPTION…] [ARGUMENT…] ROOM\n\nCommands:\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    fprintf (out, "  %-10s  %s\n", commands[i]->name, commands[i]->summary);
  fprintf (out, "\nROOM is sip:ROOM@SERVER[:PORT], ROOM@SERVER, or a name with --server.\n"
                "reflector-client COMMAND --help tells more.\n"
                "Exit status: 0 done, 1 failed here, 2 wrong usage, 3 no answer, 4 refused,\n"
                "5 wrong user or password, 6 ended by the server.\n");
}

static int
run (const ClientCommand *command, int argc, char **argv)
{
  g_autofree char *name = g_strconcat ("reflector-client ", command->name, NULL);

  g_set_prgname (name);
  signal (SIGPIPE, SIG_IGN);
  return command->run (argc, argv);
}

int
main (int argc, char **argv)
{
  const char *name = argc > 1 ? argv[1] : "";

  setlocale (LC_ALL, "");
  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0)
    {
      print_help (stdout);
      return CLIENT_OK;
    }
  if (strcmp (name, "--version") == 0)
    {
      printf ("reflector-client %s\n", PACKAGE_VERSION);
      return CLIENT_OK;
    }
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (name, commands[i]->name) == 0)
      return run (commands[i], argc - 1, argv + 1);
  if (*name != '\0')
    fprintf (stderr, "reflector-client: there is no command %s\n", name);
  print_help (stderr);
  return CLIENT_USAGE;
}
