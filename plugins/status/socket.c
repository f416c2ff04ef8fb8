/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A Unix socket's place in the file system: what may be replaced, and who may connect. Not
 * for what goes over it.
 */
#include <errno.h>
#include <glib/gstdio.h>
#include <reflector/error.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "plugins/status/server.h"

gboolean
status_socket_path_fits (const char *path)
{
  struct sockaddr_un sa;

  return *path != '\0' && strlen (path) < sizeof sa.sun_path;
}

static void
fill_address (struct sockaddr_un *sa, const char *path)
{
  memset (sa, 0, sizeof *sa);
  sa->sun_family = AF_UNIX;
  g_strlcpy (sa->sun_path, path, sizeof sa->sun_path);
}

static int
new_socket (void)
{
  return socket (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static gboolean
fail (GError **error, const char *path, const char *why)
{
  g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "%s: %s", path, why);
  return FALSE;
}

/* Only a refusal proves that nobody listens. */
static gboolean
is_stale (const char *path)
{
  struct sockaddr_un sa;
  int fd = new_socket ();
  gboolean stale;

  if (fd < 0)
    return FALSE;
  fill_address (&sa, path);
  stale = connect (fd, (struct sockaddr *) &sa, sizeof sa) < 0 && errno == ECONNREFUSED;
  close (fd);
  return stale;
}

static gboolean
make_room (const char *path, GError **error)
{
  struct stat st;

  if (lstat (path, &st) < 0)
    return errno == ENOENT || fail (error, path, g_strerror (errno));
  if (!S_ISSOCK (st.st_mode))
    return fail (error, path, "is there and is no socket");
  if (!is_stale (path))
    return fail (error, path, "somebody listens there already");
  return g_unlink (path) == 0 || errno == ENOENT || fail (error, path, g_strerror (errno));
}

/* Before listen() nobody can connect, so there is no moment with a wrong mode. */
static gboolean
begin (int fd, const char *path, GError **error)
{
  struct sockaddr_un sa;

  fill_address (&sa, path);
  if (fd < 0 || bind (fd, (struct sockaddr *) &sa, sizeof sa) < 0)
    return fail (error, path, g_strerror (errno));
  if (g_chmod (path, 0660) == 0 && listen (fd, 16) == 0)
    return TRUE;
  fail (error, path, g_strerror (errno));
  g_unlink (path);
  return FALSE;
}

int
status_socket_listen (const char *path, GError **error)
{
  int fd;

  if (!status_socket_path_fits (path))
    {
      fail (error, path, "too long for a socket");
      return -1;
    }
  if (!make_room (path, error))
    return -1;
  fd = new_socket ();
  if (begin (fd, path, error))
    return fd;
  if (fd >= 0)
    close (fd);
  return -1;
}
