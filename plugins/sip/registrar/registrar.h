/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The registrar: REGISTER read, judged and answered (RFC 3261 §10). Where the contacts are kept:
 * location.h; who calls them: dialout.h.
 */
#pragma once

#include "plugins/sip/registrar/location.h"
#include "plugins/sip/stack/stack.h"

SipRegistrar *sip_registrar_new (SipPlugin *plugin);
void sip_registrar_free (SipRegistrar *registrar);
/* The settings have changed. */
void sip_registrar_update (SipRegistrar *registrar);
SipLocation *sip_registrar_get_location (const SipRegistrar *registrar);
void sip_registrar_status (const SipRegistrar *registrar, RflStatus *status);

/* A REGISTER; @call: if it came inside of a call. */
void sip_registrar_on_register (SipListener *listener, nua_handle_t *nh, SipCall *call,
                                const sip_t *sip);

/**
 * SipRegisterLimits: seconds a contact may ask for
 */
typedef struct {
  guint min, max;
} SipRegisterLimits;

/**
 * sip_registrar_read:
 *
 * What a REGISTER asks for, but for where it came from.
 *
 * Returns: (transfer full): %NULL with RFL_ERROR_MALFORMED, RFL_ERROR_NOT_FOUND (no name to
 *   register) or RFL_ERROR_LIMIT (a contact wants less than the shortest time)
 */
SipRegistration *sip_registrar_read (const sip_t *sip, const SipRegisterLimits *limits,
                                     GError **error);
