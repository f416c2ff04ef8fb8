/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Responses that cost nothing but their octets (RFC 3261 §8.2.7). Not for anything that a transaction
 * should remember. */
#pragma once

#include <reflector/reflector.h>
#include <sofia-sip/sip.h>

/**
 * sip_stateless_respond:
 * @sip: a request with Via, From, To, Call-ID and CSeq
 * @tag: for To, where there is none
 * @status: code and phrase
 * @headers: whole lines, or ""
 *
 * Returns: (transfer full) (nullable): the response (RFC 3261 §8.2.6, RFC 3581 §4), or %NULL where
 *   it would be longer than a datagram should be
 */
GString *sip_stateless_respond (const sip_t *sip, const RflAddress *remote, const char *tag,
                                const char *status, const char *headers);
/* The same with 503. @retry_after: seconds */
GString *sip_stateless_refuse (const sip_t *sip, const RflAddress *remote, const char *tag,
                               guint retry_after);
