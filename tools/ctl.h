/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of reflectorctl share. Not a library: the daemon's API is elsewhere.
 */
#pragma once

#include <glib.h>

#define CTL_ERROR (ctl_error_quark ())
GQuark ctl_error_quark (void);

/* Exit codes */
typedef enum {
  CTL_OK = 0,
  CTL_FAILED = 1,
  CTL_USAGE = 2,
  CTL_NO_SUCH_KEY = 3
} CtlExit;

/* Commands; argv[0] is the command's name. Return an exit code. */
int ctl_passwd (int argc, char **argv);
int ctl_status (int argc, char **argv);

/* Parses options and checks the number of what is left. Returns: %FALSE after telling what is
 * wrong. */
gboolean ctl_parse (GOptionContext *context, int *argc, char ***argv, int min, int max);
/* "reflectorctl: …" on standard error. Returns: CTL_FAILED */
int ctl_fail (const GError *error);

/* ---- json.c ---- */
/* The value at @path ("sessions.0.name"; keys may have dots of their own) in the JSON
 * @text. Returns: (transfer full): strings unquoted, all else as written; %NULL with an error
 * of code CTL_NO_SUCH_KEY, or CTL_FAILED if @text is not JSON. */
char *json_find (const char *text, const char *path, GError **error);

/* ---- users-file.c ---- */
typedef struct {
  const char *user, *realm;
  const char *password; /* %NULL: delete */
} UsersChange;

/* Returns: what is wrong with the names of @change, or %NULL */
const char *users_change_check (const UsersChange *change);
/* The contents @text with @change made: all lines of this user and realm give way to one for each
 * algorithm. @found: whether there was one. */
char *users_text_change (const char *text, const UsersChange *change, gboolean *found);
/* Changes the file in one step, so that the daemon sees the old or the new one. A new file
 * has mode 0600; of an old one owner and mode stay, but others lose their rights.
 * @anew: forget what is in it. */
gboolean users_file_change (const char *path, const UsersChange *change, gboolean anew,
                            GError **error);

/* ---- prompt.c ---- */
/* Asks twice on the terminal, without echo; or reads one line if standard input is none.
 * Returns: (transfer full): free with ctl_free_secret() */
char *prompt_new_password (const char *user, GError **error);
void ctl_free_secret (char *secret);
