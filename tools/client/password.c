/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where the password comes from; never from the command line, which every user of the machine can read. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tools/client/private.h"

#define MAX_LENGTH 1024

void
client_free_secret (char *secret)
{
  if (secret == NULL)
    return;
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

static char *
first_line (char *text)
{
  text[strcspn (text, "\r\n")] = '\0';
  return text;
}

static char *
read_file (const char *path, GError **error)
{
  g_autoptr (GError) reason = NULL;
  char *text = NULL;

  if (g_file_get_contents (path, &text, NULL, &reason))
    return first_line (text);
  g_set_error (error, CLIENT_ERROR, CLIENT_FAILED, "%s", reason->message);
  return NULL;
}

static char *
ask (int tty, const struct termios *before, const char *question)
{
  struct termios quiet = *before;
  char *line = g_malloc0 (MAX_LENGTH + 1);
  gssize n;

  quiet.c_lflag &= ~(tcflag_t) ECHO;
  tcsetattr (tty, TCSAFLUSH, &quiet);
  n = write (tty, question, strlen (question));
  if (n >= 0)
    n = read (tty, line, MAX_LENGTH);
  tcsetattr (tty, TCSAFLUSH, before);
  if (write (tty, "\n", 1) < 0 || n <= 0)
    {
      g_free (line);
      return NULL;
    }
  return first_line (line);
}

char *
client_get_password (const ClientSettings *settings, const char *realm, GError **error)
{
  const char *environment = g_getenv ("REFLECTOR_PASSWORD");
  g_autofree char *question = NULL;
  struct termios before;
  char *password = NULL;
  int tty;

  if (settings->password_file != NULL)
    return read_file (settings->password_file, error);
  if (environment != NULL)
    return g_strdup (environment);
  question = g_strdup_printf ("Password of %s: ", settings->user);
  tty = open ("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
  if (tty >= 0 && tcgetattr (tty, &before) == 0)
    password = ask (tty, &before, question);
  if (tty >= 0)
    close (tty);
  if (password == NULL)
    g_set_error (error, CLIENT_ERROR, CLIENT_DENIED,
                 "the server wants a password of %s (--password-file, REFLECTOR_PASSWORD)",
                 settings->user);
  return password;
}
