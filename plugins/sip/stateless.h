/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A 503 that costs nothing but its octets. Not for anything that a transaction should remember. */
#pragma once

#include <reflector/reflector.h>
#include <sofia-sip/sip.h>

/**
 * sip_stateless_refuse:
 * @sip: a request with Via, From, To, Call-ID and CSeq
 * @tag: for To, where there is none
 * @retry_after: seconds
 *
 * Returns: (transfer full) (nullable): the response (RFC 3261 §8.2.6, RFC 3581 §4), or %NULL where
 *   it would be longer than a datagram should be
 */
GString *sip_stateless_refuse (const sip_t *sip, const RflAddress *remote, const char *tag,
                               guint retry_after);
