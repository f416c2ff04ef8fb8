/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A program on a socket, as inetd would run it. Not for programs without one.
 */
#pragma once

#include <gio/gio.h>

typedef struct _Command Command;

/* Runs @argv with one socket as its standard input and output; standard error stays ours. It ends with us.
 * @io (out) (transfer full): our end of the socket. Errors: of GIO and g_spawn. */
Command *command_start (const char *const *argv, GIOStream **io, GError **error);
/* Ends it, if it does not by itself now that its socket is closed: SIGTERM after 2 s, SIGKILL after 5. Frees @command.
 */
void command_end (Command *command);
/* The same at once, with SIGTERM: nobody will wait. */
void command_free (Command *command);
