/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stack's sockets, which it shows to nobody: found among the process's descriptors. They stay the
 * stack's. Not about connections: see connections.c.
 */
#pragma once

#include <reflector/reflector.h>

/* @udp, @tcp: (out): bound to @local, the latter listening; -1: there is none. Marks them
 * close-on-exec. */
void sip_sockets_find (const RflAddress *local, int *udp, int *tcp);

/* Whether the stack could listen there just now: if it cannot, it leaks, and a listener is tried again each
 * second. Else errno says why. */
gboolean sip_sockets_are_free (const RflAddress *local, gboolean udp, gboolean tcp);

/* SO_TYPE, SO_ACCEPTCONN and the like; -1: not a socket */
int sip_socket_get_option (int fd, int option);
/* getsockname() or getpeername() */
gboolean sip_socket_get_address (int fd, gboolean remote, RflAddress *out);
