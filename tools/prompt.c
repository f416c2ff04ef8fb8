/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking for a new password. Not for checking one. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "tools/ctl.h"

#define MAX_LENGTH 1024

void
ctl_free_secret (char *secret)
{
  if (secret == NULL)
    return;
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

/* Waits for input; @signals: a descriptor that tells of signals, or -1. Returns: whether
 * there is some */
static gboolean
wait_for_input (int signals)
{
  struct pollfd fds[] = { { STDIN_FILENO, POLLIN, 0 }, { signals, POLLIN, 0 } };

  while (poll (fds, 2, -1) < 0)
    if (errno != EINTR)
      return FALSE;
  return fds[1].revents == 0;
}

/* One line without its end, octet by octet: what comes after it is somebody else's. */
static char *
read_line (int signals, GError **error)
{
  char *line = g_malloc0 (MAX_LENGTH + 1);
  gsize len = 0;
  gssize n;
  char c;

  while (wait_for_input (signals) && (n = read (STDIN_FILENO, &c, 1)) != 0)
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0 || c == '\n' || len == MAX_LENGTH)
        break;
      line[len++] = c;
    }
  if (len > 0 && len < MAX_LENGTH && strlen (line) == len)
    return line;
  g_set_error_literal (error, CTL_ERROR, CTL_FAILED,
                       len == 0 ? "the password is empty"
                                : "the password is too long, or has a NUL in it");
  ctl_free_secret (line);
  return NULL;
}

static char *
ask (const char *what, const char *user, int signals, GError **error)
{
  char *line;

  fprintf (stderr, "%s for %s: ", what, user);
  line = read_line (signals, error);
  fputc ('\n', stderr);
  return line;
}

static char *
ask_twice (const char *user, int signals, GError **error)
{
  char *first = ask ("New password", user, signals, error);
  char *second = first != NULL ? ask ("Again", user, signals, error) : NULL;

  if (second != NULL && strcmp (first, second) != 0)
    {
      g_set_error_literal (error, CTL_ERROR, CTL_FAILED, "the two are not the same");
      ctl_free_secret (g_steal_pointer (&first));
    }
  else if (second == NULL)
    ctl_free_secret (g_steal_pointer (&first));
  ctl_free_secret (second);
  return first;
}

/* Signals wait until the terminal echoes again, and then do what they always do. */
static char *
ask_without_echo (const char *user, const struct termios *before, GError **error)
{
  struct termios quiet = *before;
  sigset_t set, old;
  int signals;
  char *password;

  sigemptyset (&set);
  sigaddset (&set, SIGINT);
  sigaddset (&set, SIGQUIT);
  sigaddset (&set, SIGTERM);
  sigaddset (&set, SIGHUP);
  sigaddset (&set, SIGTSTP);
  sigprocmask (SIG_BLOCK, &set, &old);
  signals = signalfd (-1, &set, SFD_CLOEXEC);
  quiet.c_lflag &= ~(tcflag_t) ECHO;
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &quiet);
  password = ask_twice (user, signals, error);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, before);
  if (signals >= 0)
    close (signals);
  sigprocmask (SIG_SETMASK, &old, NULL);
  return password;
}

char *
prompt_new_password (const char *user, GError **error)
{
  struct termios before;

  if (tcgetattr (STDIN_FILENO, &before) != 0)
    return read_line (-1, error);
  return ask_without_echo (user, &before, error);
}
