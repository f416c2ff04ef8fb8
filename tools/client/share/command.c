/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Starting and ending programs that serve one viewer each. Not for reading what they write.
 */
#include "config.h"

#include "tools/client/share/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE 2 /* seconds */
#define KILL_AFTER 5

struct _Command {
  GSubprocess *process;
  GSource *timer;
  guint seconds;
};

static void
die_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM);
}

static GIOStream *
wrap (int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);

  if (socket == NULL)
    {
      close (fd);
      return NULL;
    }
  return G_IO_STREAM (g_socket_connection_factory_create_connection (socket));
}

Command *
command_start (const char *const *argv, GIOStream **io, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GIOStream) ours = NULL;
  GSubprocess *process;
  Command *command;
  int fds[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
    {
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), "%s", g_strerror (errno));
      return NULL;
    }
  g_subprocess_launcher_take_stdin_fd (launcher, fcntl (fds[1], F_DUPFD_CLOEXEC, 3));
  g_subprocess_launcher_take_stdout_fd (launcher, fds[1]);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  ours = wrap (fds[0], error);
  process = ours != NULL ? g_subprocess_launcher_spawnv (launcher, argv, error) : NULL;
  /* the end of the program is seen by its socket's, so no copy of that may stay */
  g_subprocess_launcher_close (launcher);
  if (process == NULL)
    return NULL;
  command = g_new0 (Command, 1);
  command->process = process;
  *io = g_steal_pointer (&ours);
  return command;
}

static void
destroy (Command *command)
{
  if (command->timer != NULL)
    g_source_destroy (command->timer);
  g_clear_pointer (&command->timer, g_source_unref);
  g_object_unref (command->process);
  g_free (command);
}

void
command_free (Command *command)
{
  if (command == NULL)
    return;
  g_subprocess_send_signal (command->process, SIGTERM);
  destroy (command);
}

static gboolean
on_second (gpointer user_data)
{
  Command *command = user_data;

  /* no identifier: it has ended and was waited for */
  if (g_subprocess_get_identifier (command->process) == NULL)
    {
      destroy (command);
      return G_SOURCE_REMOVE;
    }
  command->seconds++;
  if (command->seconds >= KILL_AFTER)
    g_subprocess_force_exit (command->process);
  else if (command->seconds >= PATIENCE)
    g_subprocess_send_signal (command->process, SIGTERM);
  return G_SOURCE_CONTINUE;
}

void
command_end (Command *command)
{
  if (command == NULL || command->timer != NULL)
    return;
  command->timer = g_timeout_source_new_seconds (1);
  g_source_set_callback (command->timer, on_second, command, NULL);
  g_source_attach (command->timer, g_main_context_get_thread_default ());
}
