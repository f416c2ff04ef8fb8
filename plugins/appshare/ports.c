/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets that listen. Not for who comes: see relay/door.c. */
#include "plugins/appshare/appshare.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 128

static int
listen_on (const RflAddress *address, gboolean both, GError **error)
{
  struct sockaddr_storage sa;
  socklen_t len = rfl_address_to_sockaddr (address, &sa);
  int fd = socket (address->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int on = 1, only = !both;

  if (fd >= 0)
    {
      setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
      if (address->family == AF_INET6)
        setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
      if (bind (fd, (struct sockaddr *) &sa, len) == 0 && listen (fd, BACKLOG) == 0)
        return fd;
    }
  g_set_error (error, RFL_ERROR, RFL_ERROR_IO, "TCP port %u: %s", address->port,
               g_strerror (errno));
  if (fd >= 0)
    close (fd);
  return -1;
}

int
app_listen (const char *bind_to, guint16 port, GError **error)
{
  RflAddress address = { .family = AF_INET6, .port = port };
  int fd;

  if (bind_to && rfl_address_parse (&address, bind_to, port))
    return listen_on (&address, FALSE, error);
  fd = listen_on (&address, TRUE, NULL);
  if (fd >= 0)
    return fd;
  /* a kernel without IPv6 */
  rfl_address_parse (&address, "0.0.0.0", port);
  return listen_on (&address, FALSE, error);
}
