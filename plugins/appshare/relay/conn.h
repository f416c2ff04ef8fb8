/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One TCP connection, plain or TLS, on the relay's thread: reads when asked to, writes what the socket takes and
 * keeps the rest. Not for what the octets mean, nor for how much may be kept: whoever sends looks at
 * conn_get_queued().
 */
#pragma once

#include <gio/gio.h>
#include <reflector/address.h>

typedef struct _Conn Conn;

/**
 * ConnFuncs:
 * @data: lent, in the reader's buffer, before which RFL_SHARE_FRAME_HEAD octets may be overwritten
 * @written: so many octets of the queue are gone
 * @closed: the peer has ended it, or it has failed; nothing more comes. Not from within conn_send()
 *
 * Any of them may free the connection.
 */
typedef struct {
  void (*data) (Conn *conn, guint8 *data, gsize len, gpointer user_data);
  void (*written) (Conn *conn, gsize len, gpointer user_data);
  void (*closed) (Conn *conn, gpointer user_data);
} ConnFuncs;

/* What all connections of one thread read into. */
#define CONN_BUFFER (128 * 1024)
typedef struct {
  guint8 head[8];
  guint8 data[CONN_BUFFER];
} ConnBuffer;

/* @io: (transfer full); @buffer: outlives it. Does not read yet. */
Conn *conn_new (GIOStream *io, const RflAddress *peer, GMainContext *context, ConnBuffer *buffer);
/* At once; nothing is called any more. %NULL is allowed. */
void conn_free (Conn *conn);
/* The peer gets what is queued still, for @seconds at most; the caller forgets it. @list: (element-type Conn): where it
 * is meanwhile, to be freed at the end */
void conn_finish (Conn *conn, guint seconds, GHashTable *list);
void conn_set_funcs (Conn *conn, const ConnFuncs *funcs, gpointer user_data);
/* @max: octets to read at once; 0: not now */
void conn_read (Conn *conn, gsize max);
/* @shared: (inout) (nullable): the same octets for several connections: kept once. What the socket does not take is
 * kept. */
void conn_send (Conn *conn, const guint8 *data, gsize len, GBytes **shared);
gsize conn_get_queued (const Conn *conn);
const RflAddress *conn_get_peer (const Conn *conn);
GIOStream *conn_get_io (const Conn *conn);
/* Puts a TLS connection in its place, before anything was read. (transfer full) */
void conn_set_io (Conn *conn, GIOStream *io);
