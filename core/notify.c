/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sd_notify(3)'s protocol in its smallest form: one datagram to a local socket, or a warning: a
 * service manager that does not read must not hold up calls. Not a watchdog client.
 */
#include "core/notify.h"
#include <reflector/log.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
notify_service_manager (const char *state)
{
  const char *path = g_getenv ("NOTIFY_SOCKET");
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  gsize len = path ? strlen (path) : 0;

  if (len < 2 || len >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
    return;
  memcpy (address.sun_path, path, len);
  if (path[0] == '@') /* in the abstract name space */
    address.sun_path[0] = '\0';
  int fd = socket (AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0
      || sendto (fd, state, strlen (state), MSG_NOSIGNAL | MSG_DONTWAIT,
                 (struct sockaddr *) &address, offsetof (struct sockaddr_un, sun_path) + len)
             < 0)
    rfl_warning (NULL, "the service manager at %s cannot be told %.*s: %s", path,
                 (int) strcspn (state, "\n"), state, g_strerror (errno));
  if (fd >= 0)
    close (fd);
}
