/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The seam between the packet path and the kernel: everything a worker does with sockets.
 * Tests put a network in memory in its place. Not a general socket library.
 */
#pragma once

#include <reflector/address.h>
#include <sys/uio.h>

typedef struct _RflTransport RflTransport;
typedef struct _RflTransportSocket RflTransportSocket;

typedef struct {
  RflAddress local; /* as told by IP_PKTINFO, with the port */
  RflAddress remote;
  guint8 *data;
  gsize len, size;
  gboolean truncated;
} RflReceived;

/**
 * RflToSend:
 * @segment: 0, or the size of each segment but the last (UDP_SEGMENT)
 */
typedef struct {
  const RflAddress *local; /* family 0: the kernel's choice */
  const RflAddress *remote;
  const struct iovec *iov;
  guint n_iov;
  guint16 segment;
} RflToSend;

/**
 * RflTransport:
 * @open: binds one socket; @shared: with SO_REUSEPORT among workers
 * @get_fd: to wait for input with poll or epoll; -1: step-driven tests
 * @receive: at most @n without waiting. Returns: how many
 * @send: in order, without waiting. Returns: how many the kernel took; the next one failed
 *   with errno. Any thread; @receive: one thread at a time
 * @lock: (nullable): keeps another daemon off @local's port until @unlock. Returns: what
 *   @unlock wants; -1 with RFL_ERROR_IO
 */
struct _RflTransport {
  RflTransportSocket *(*open) (RflTransport *t, const RflAddress *local, gboolean shared,
                               GError **error);
  void (*close) (RflTransport *t, RflTransportSocket *socket);
  int (*get_fd) (RflTransportSocket *socket);
  guint (*receive) (RflTransportSocket *socket, RflReceived *packets, guint n);
  guint (*send) (RflTransportSocket *socket, const RflToSend *packets, guint n);
  int (*lock) (RflTransport *t, const RflAddress *local, GError **error);
  void (*unlock) (RflTransport *t, const RflAddress *local, int lock);
  void (*free) (RflTransport *t);
};

RflTransport *rfl_transport_new_kernel (void);
