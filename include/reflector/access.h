/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Service "access": whether an address may use this reflector at all. Whoever takes connections or
 * requests asks before anything else. Not authentication: an address proves nobody.
 */
#pragma once

#include <reflector/address.h>
#include <reflector/types.h>

G_BEGIN_DECLS

#define RFL_ACCESS_SERVICE "access"
#define RFL_ACCESS_VERSION 1

/**
 * RflAccessVerdict:
 * @RFL_ACCESS_DENIED: refuse it (SIP, HTTP: 403)
 * @RFL_ACCESS_SILENT: refuse it without any answer: drop the packet, close the connection
 */
typedef enum {
  RFL_ACCESS_ALLOWED,
  RFL_ACCESS_DENIED,
  RFL_ACCESS_SILENT
} RflAccessVerdict;

/**
 * RflAccess:
 * @judge: what becomes of @address, whose port does not count; the provider counts and logs
 *   what it denies, so ask once per request. Family 0 (not known) is allowed
 *
 * Main thread. Without the service everybody is allowed.
 */
typedef struct {
  RflAccessVerdict (*judge) (gpointer self, const RflAddress *address);
} RflAccess;

G_END_DECLS
