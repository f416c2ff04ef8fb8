/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A loopback TCP port, for tools that know no Unix sockets. Not reachable from other hosts; but
 * every user of this one may connect.
 */
#include <errno.h>
#include <netinet/in.h>
#include <reflector/error.h>
#include <sys/socket.h>
#include <unistd.h>

#include "plugins/status/server.h"

static gboolean
begin (int fd, guint16 port)
{
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons (port) };
  int on = 1;

  here.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  return fd >= 0 && setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0
         && bind (fd, (struct sockaddr *) &here, sizeof here) == 0 && listen (fd, 16) == 0;
}

int
status_port_listen (guint16 port, GError **error)
{
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

  if (begin (fd, port))
    return fd;
  g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "127.0.0.1:%u: %s", port, g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}
