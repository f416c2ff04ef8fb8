/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reflectorctl passwd. Not the format of the file (users-file.c). */
#include "config.h"

#include <string.h>

#include "tools/ctl.h"

typedef struct {
  gboolean anew, remove;
} Options;

static int
change_password (const char *path, UsersChange *change, const Options *options)
{
  g_autoptr (GError) error = NULL;
  char *password = NULL;
  gboolean done = FALSE;

  if (!options->remove)
    change->password = password = prompt_new_password (change->user, &error);
  if (options->remove || password != NULL)
    done = users_file_change (path, change, options->anew, &error);
  ctl_free_secret (password);
  return done ? CTL_OK : ctl_fail (error);
}

int
ctl_passwd (int argc, char **argv)
{
  Options options = { FALSE, FALSE };
  const GOptionEntry entries[] = {
    { "create", 'c', 0, G_OPTION_ARG_NONE, &options.anew, "Begin FILE anew", NULL },
    { "delete", 'D', 0, G_OPTION_ARG_NONE, &options.remove, "Delete the user", NULL },
    G_OPTION_ENTRY_NULL
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("FILE USER [REALM]");
  g_autoptr (GError) error = NULL;
  UsersChange change = { .realm = "reflectord" };
  const char *wrong;

  g_option_context_set_summary (
      context, "Sets the password of USER in the users file FILE, which is made if there is none.\n"
               "The password is asked for, or read as one line if standard input is no terminal.\n"
               "REALM is auth's option realm, \"reflectord\" when left out.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!ctl_parse (context, &argc, &argv, 2, 3))
    return CTL_USAGE;
  change.user = argv[2];
  if (argc > 3)
    change.realm = argv[3];
  wrong = options.anew && options.remove ? "-c and -D exclude each other"
                                         : users_change_check (&change);
  if (wrong == NULL)
    return change_password (argv[1], &change, &options);
  g_set_error_literal (&error, CTL_ERROR, CTL_USAGE, wrong);
  ctl_fail (error);
  return CTL_USAGE;
}
