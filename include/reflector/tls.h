/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* TLS servers on GIO, for plugins with TCP ports: what GIO leaves to strangers otherwise. Not for what is said inside. */
#pragma once

#include <gio/gio.h>
#include <reflector/types.h>

G_BEGIN_DECLS

/**
 * rfl_tls_server_new:
 * @io: (transfer none): a connection that its client has not spoken on yet
 *
 * A server's side without the system's authorities, which no client is judged by: else each connection reads them all, 4 MB. They
 * cannot be taken away afterwards.
 *
 * Returns: (transfer full) (nullable): a GTlsServerConnection; %NULL if GIO has no TLS here. Any thread.
 */
RFL_EXPORT GIOStream *rfl_tls_server_new (GIOStream *io, GTlsCertificate *certificate);

typedef struct _RflTlsHello RflTlsHello;

/* @whole: the record is there; called again with %FALSE if the time is over, unless it was freed meanwhile. %FALSE: the
 * client has gone, does not speak TLS, or is late. It may free the hello. */
typedef void (*RflTlsHelloFunc) (gboolean whole, gpointer user_data);

/**
 * rfl_tls_hello_new:
 * @socket: not blocking
 *
 * Waits for a TLS client's first record (RFC 8446 §5.1) without reading it: GIO's handshake occupies a thread, of which there are
 * few, until its client has spoken. On the thread of @context, which calls @func.
 *
 * Returns: (transfer full)
 */
RFL_EXPORT RflTlsHello *rfl_tls_hello_new (GSocket *socket, GMainContext *context, guint seconds,
                                           RflTlsHelloFunc func, gpointer user_data);
/* %NULL is allowed. */
RFL_EXPORT void rfl_tls_hello_free (RflTlsHello *hello);

G_END_DECLS
