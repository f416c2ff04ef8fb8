/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Limits on TCP connections, counted when they are accepted: how many, how many of one address, and how long one
 * may say nothing. Main thread. */
#pragma once

#include "plugins/sip/stack/stack.h"

SipConnections *sip_connections_new (SipPlugin *plugin);
/* %NULL is allowed. */
void sip_connections_free (SipConnections *connections);
guint sip_connections_count (const SipConnections *connections);

/* Watches the listening socket @fd, so that what is too much is never the stack's. */
GSource *sip_connections_watch (SipConnections *connections, int fd);
/* A whole message has come over the connection from @remote. */
void sip_connections_note_message (SipConnections *connections, const RflAddress *remote);
