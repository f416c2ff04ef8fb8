/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks through /proc/self/fd. Opens and closes no socket. */
#include "plugins/sip/tcp/sockets.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

int
sip_socket_get_option (int fd, int option)
{
  int value = 0;
  socklen_t len = sizeof value;

  return getsockopt (fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

gboolean
sip_socket_get_address (int fd, gboolean remote, RflAddress *out)
{
  struct sockaddr_storage sa;
  socklen_t len = sizeof sa;

  return (remote ? getpeername : getsockname) (fd, (struct sockaddr *) &sa, &len) == 0
         && rfl_address_from_sockaddr (out, (struct sockaddr *) &sa, len);
}

static void
look_at (int fd, const RflAddress *local, int *udp, int *tcp)
{
  int type = sip_socket_get_option (fd, SO_TYPE);
  RflAddress address;

  if (type < 0 || !sip_socket_get_address (fd, FALSE, &address)
      || !rfl_address_equal (&address, local))
    return;
  if (type == SOCK_DGRAM)
    *udp = fd;
  else if (type == SOCK_STREAM && sip_socket_get_option (fd, SO_ACCEPTCONN) == 1)
    *tcp = fd;
  else
    return;
  fcntl (fd, F_SETFD, FD_CLOEXEC);
}

void
sip_sockets_find (const RflAddress *local, int *udp, int *tcp)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/fd", 0, NULL);

  *udp = *tcp = -1;
  for (const char *name; dir && (name = g_dir_read_name (dir)) != NULL;)
    look_at (atoi (name), local, udp, tcp);
}
