/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A Unix socket, or a loopback port, that tells everybody who connects the same kind of text, once, and closes.
 * Not a protocol: what a client writes is not read. Main thread.
 */
#pragma once

#include <reflector/core.h>
#include <reflector/counter.h>

typedef struct _StatusServer StatusServer;

/* Returns: (transfer full): what to tell one client */
typedef char *(*StatusTellFunc) (gpointer user_data);

/**
 * StatusServerSpec:
 * @path: of the socket, mode 0660; one that nobody listens on is replaced; %NULL: none, but ...
 * @port: ... this TCP port of 127.0.0.1
 * @max_clients: at a time; further ones are closed at once
 * @timeout: microseconds until a client that does not read is closed
 * @max_age: microseconds for which a text is told again instead of a new one; 0: never
 */
typedef struct {
  const char *path;
  guint16 port;
  guint max_clients;
  gint64 timeout, max_age;
  StatusTellFunc tell;
  gpointer user_data;
} StatusServerSpec;

/* RFL_ERROR_IO: somebody listens there, something else is there, no permission. */
StatusServer *status_server_new (RflCore *core, const StatusServerSpec *spec, GError **error);
/* Closes what is open and removes the socket. %NULL is allowed. */
void status_server_free (StatusServer *server);
guint status_server_get_n_clients (const StatusServer *server);

/* Whether @path fits into a socket's address. */
gboolean status_socket_path_fits (const char *path);
/* A listening socket on @path, or -1 with RFL_ERROR_IO. */
int status_socket_listen (const char *path, GError **error);
/* The same on a TCP port of 127.0.0.1. */
int status_port_listen (guint16 port, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StatusServer, status_server_free)
