/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The one error domain. A code says what the caller can do about it; the
 * message says what happened, with the file and line or the peer. Not for
 * programmer errors: those are g_return_if_fail() and friends.
 */
#pragma once

#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_ERROR (rfl_error_quark ())
RFL_EXPORT GQuark rfl_error_quark (void);

/**
 * RflError:
 * @RFL_ERROR_FAILED: none of the others (SIP: 500)
 * @RFL_ERROR_CONFIG: the operator's configuration is wrong
 * @RFL_ERROR_PLUGIN: a plugin cannot be loaded or its dependencies not be met
 * @RFL_ERROR_IO: a socket or file refuses; the message has the system's reason
 * @RFL_ERROR_MALFORMED: what a peer sent breaks its protocol's grammar
 * @RFL_ERROR_NO_CODEC: no codec in common (SIP: 488 with a Warning)
 * @RFL_ERROR_LIMIT: a configured limit is reached (SIP: 486)
 * @RFL_ERROR_FORBIDDEN: refused by policy (SIP: 403)
 * @RFL_ERROR_NOT_FOUND: there is no such thing (SIP: 404)
 * @RFL_ERROR_UNAVAILABLE: not now, later perhaps (SIP: 503 with Retry-After)
 * @RFL_ERROR_CANCELLED: given up before it was decided
 */
typedef enum {
  RFL_ERROR_FAILED,
  RFL_ERROR_CONFIG,
  RFL_ERROR_PLUGIN,
  RFL_ERROR_IO,
  RFL_ERROR_MALFORMED,
  RFL_ERROR_NO_CODEC,
  RFL_ERROR_LIMIT,
  RFL_ERROR_FORBIDDEN,
  RFL_ERROR_NOT_FOUND,
  RFL_ERROR_UNAVAILABLE,
  RFL_ERROR_CANCELLED
} RflError;

G_END_DECLS
