/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A transport address (IPv4 or IPv6 and a port) as a plain value that can be
 * compared and hashed byte by byte. Not a resolver: host names never get here.
 */
#pragma once

#include <reflector/types.h>
#include <sys/socket.h>

G_BEGIN_DECLS

/**
 * RflAddress:
 * @family: AF_INET, AF_INET6, or 0 for "none"
 * @port: in host byte order
 * @scope: interface index of an IPv6 link-local address, else 0
 * @ip: network byte order; IPv4 uses the first four bytes, the rest are 0
 *
 * Without padding, so memcmp() and a hash over all bytes are valid. An IPv4
 * address mapped into IPv6 is always stored as IPv4.
 */
typedef struct {
  guint16 family;
  guint16 port;
  guint32 scope;
  guint8 ip[16];
} RflAddress;

/* "203.0.113.7:5060", "[2001:db8::1]:5060" */
#define RFL_ADDRESS_STRLEN 64

/**
 * rfl_address_parse:
 * @ip: a numeric IPv4 or IPv6 address without port or brackets
 *
 * Returns: %FALSE (and @out all zero) if @ip is not numeric. Any thread.
 */
RFL_EXPORT gboolean rfl_address_parse (RflAddress *out, const char *ip, guint16 port);
RFL_EXPORT gboolean rfl_address_from_sockaddr (RflAddress *out, const struct sockaddr *sa,
                                               socklen_t len);
/* Returns: the length written into @out. */
RFL_EXPORT socklen_t rfl_address_to_sockaddr (const RflAddress *address,
                                              struct sockaddr_storage *out);
RFL_EXPORT guint rfl_address_hash (gconstpointer address);
RFL_EXPORT gboolean rfl_address_equal (gconstpointer a, gconstpointer b);
/* Same IP, whatever the port. */
RFL_EXPORT gboolean rfl_address_same_ip (const RflAddress *a, const RflAddress *b);
/* Same IPv4 address, or /64 of IPv6, which whoever has one address has all of: for limits per address. */
RFL_EXPORT gboolean rfl_address_same_holder (const RflAddress *a, const RflAddress *b);
/* 0.0.0.0, :: or none */
RFL_EXPORT gboolean rfl_address_is_any (const RflAddress *address);
/* RFC 1918, RFC 4193, loopback and link-local. */
RFL_EXPORT gboolean rfl_address_is_private (const RflAddress *address);
/* Writes "ip:port" (brackets around IPv6). Returns: @out. */
RFL_EXPORT const char *rfl_address_format (const RflAddress *address, char out[RFL_ADDRESS_STRLEN]);
/* Writes the IP alone, without brackets. Returns: @out. */
RFL_EXPORT const char *rfl_address_format_ip (const RflAddress *address,
                                              char out[RFL_ADDRESS_STRLEN]);
/**
 * rfl_address_local_for:
 *
 * Which of this host's addresses the kernel would use towards @remote (asks the
 * routing table, sends nothing). The port of @out is 0.
 *
 * Returns: %FALSE if there is no route.
 */
RFL_EXPORT gboolean rfl_address_local_for (const RflAddress *remote, RflAddress *out);

G_END_DECLS
