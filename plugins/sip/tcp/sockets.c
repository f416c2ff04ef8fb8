/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks through /proc/self/fd, and tries what the stack will do. Keeps no socket of its own. */
#include "plugins/sip/tcp/sockets.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* With the stack's options. */
static gboolean
can_bind (const RflAddress *local, int type)
{
  struct sockaddr_storage sa;
  socklen_t len = rfl_address_to_sockaddr (local, &sa);
  int fd = socket (sa.ss_family, type | SOCK_CLOEXEC, 0), error;
  gboolean bound = fd >= 0
                   && (type == SOCK_DGRAM
                       || setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof (int)) == 0)
                   && bind (fd, (struct sockaddr *) &sa, len) == 0;

  error = errno;
  if (fd >= 0)
    close (fd);
  errno = error;
  return bound;
}

gboolean
sip_sockets_are_free (const RflAddress *local, gboolean udp, gboolean tcp)
{
  return (!udp || can_bind (local, SOCK_DGRAM)) && (!tcp || can_bind (local, SOCK_STREAM));
}
