/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* reflectorctl status: asks the plugin status of the running daemon. Not for looking into the
 * answer (json.c).
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/ctl.h"

#define DEFAULT_SOCKET "/run/reflectord/status.sock"
#define TIMEOUT 10 /* seconds */
#define MAX_ANSWER (256 * 1024 * 1024)

static gboolean
fail (GError **error, const char *path, const char *why)
{
  g_set_error (error, CTL_ERROR, CTL_FAILED, "%s: %s", path, why);
  return FALSE;
}

/* Returns: a connected socket, or -1 */
static int
dial (const char *path, GError **error)
{
  struct sockaddr_un sa = { .sun_family = AF_UNIX };
  struct timeval timeout = { .tv_sec = TIMEOUT };
  int fd;

  if (strlen (path) >= sizeof sa.sun_path)
    {
      fail (error, path, "too long for a socket");
      return -1;
    }
  memcpy (sa.sun_path, path, strlen (path));
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 && setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0
      && setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0
      && connect (fd, (struct sockaddr *) &sa, sizeof sa) == 0)
    return fd;
  fail (error, path,
        errno == ECONNREFUSED || errno == ENOENT ? "no reflectord listens there"
                                                 : g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

static gboolean
read_answer (int fd, const char *path, GString *out, GError **error)
{
  char buffer[16384];
  gssize n;

  while ((n = read (fd, buffer, sizeof buffer)) != 0)
    {
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail (error, path,
                     errno == EAGAIN ? "the daemon does not answer" : g_strerror (errno));
      if (out->len + n > MAX_ANSWER)
        return fail (error, path, "the answer is too long");
      g_string_append_len (out, buffer, n);
    }
  if (out->len > 0 && out->str[out->len - 1] == '\n')
    return TRUE;
  return fail (error, path, "the answer is not complete (too many ask at once?)");
}

static gboolean
fetch (const char *path, GString *out, GError **error)
{
  int fd = dial (path, error);
  gboolean done;

  if (fd < 0)
    return FALSE;
  done = read_answer (fd, path, out, error);
  close (fd);
  return done;
}

/* Names come from anywhere, and a terminal obeys control characters. */
static char *
make_harmless (const char *value)
{
  g_autofree char *valid = g_utf8_make_valid (value, -1);
  GString *out = g_string_new (NULL);

  for (const char *p = valid; *p; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      g_string_append_unichar (out, g_unichar_iscntrl (c) && c != '\n' && c != '\t' ? 0xfffd : c);
    }
  return g_string_free (out, FALSE);
}

static int
print (const char *text, const char *key)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *value = NULL, *harmless = NULL;

  if (key == NULL)
    return fputs (text, stdout) >= 0 && fflush (stdout) == 0 ? CTL_OK : CTL_FAILED;
  value = json_find (text, key, &error);
  if (value == NULL)
    {
      ctl_fail (error);
      return error->code;
    }
  harmless = make_harmless (value);
  return puts (harmless) >= 0 && fflush (stdout) == 0 ? CTL_OK : CTL_FAILED;
}

int
ctl_status (int argc, char **argv)
{
  g_autofree char *path = NULL;
  const GOptionEntry entries[] = { { "socket", 's', 0, G_OPTION_ARG_FILENAME, &path,
                                     "Socket of the plugin status (default " DEFAULT_SOCKET ")",
                                     "PATH" },
                                   G_OPTION_ENTRY_NULL };
  g_autoptr (GOptionContext) context = g_option_context_new ("[KEY.PATH]");
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context,
                                "Prints the state of the running daemon as JSON, or the one value "
                                "at KEY.PATH,\nfor example counters.auth.wrong or "
                                "sessions.0.name.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!ctl_parse (context, &argc, &argv, 0, 1))
    return CTL_USAGE;
  if (!fetch (path != NULL ? path : DEFAULT_SOCKET, text, &error))
    return ctl_fail (error);
  return print (text->str, argc > 1 ? argv[1] : NULL);
}
