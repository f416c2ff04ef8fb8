/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A TCP service that tells whoever connects the address it comes from: in one line of text, or by HTTP, there as JSON
 * to who asks for it. Knows nothing of STUN. Main thread.
 */
#pragma once

#include <reflector/address.h>
#include <reflector/core.h>
#include <reflector/status.h>

/* Octets of a request that are read. */
#define CHECKIP_MAX_REQUEST 4096

/* ---- what is answered (checkip-text.c); pure ---- */

typedef enum {
  CHECKIP_WAIT, /* more must come before it is clear */
  CHECKIP_LINE,
  CHECKIP_HTTP
} CheckipKind;

/* What @len octets so far are. */
CheckipKind checkip_judge (const char *data, gsize len);
/* Returns: (transfer full): "203.0.113.7\n" */
char *checkip_write_line (const RflAddress *remote);
/* @data: a whole request's head, or what there is of one that is too long. Returns: (transfer full): the response */
char *checkip_write_http (const char *data, gsize len, const RflAddress *remote);

/* ---- the service (checkip.c) ---- */

/**
 * CheckipSpec:
 * @port: of TCP
 * @max_clients, @max_per_address: connections at a time
 * @patience: µs after which who has said nothing gets a line of text
 * @deadline: µs a connection may last
 */
typedef struct {
  guint16 port;
  guint max_clients, max_per_address;
  gint64 patience, deadline;
} CheckipSpec;

typedef struct _Checkip Checkip;

/* Returns: (transfer full): %NULL with RFL_ERROR_IO */
Checkip *checkip_new (RflCore *core, const CheckipSpec *spec, GError **error);
/* Other limits from now on; the port is not looked at. */
void checkip_set_limits (Checkip *checkip, const CheckipSpec *spec);
/* %NULL is allowed. */
void checkip_free (Checkip *checkip);
guint checkip_get_n_clients (const Checkip *checkip);
