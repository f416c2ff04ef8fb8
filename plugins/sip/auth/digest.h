/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may call: challenge and check by the credentials service. Knows no user. */
#pragma once

#include "plugins/sip/request/respond.h"

/* Whether @uri of a digest may come with a request to @request; see digest-uri.c. */
gboolean sip_digest_uri_fits (const url_t *request, const char *uri);

/* Whether the configuration and the running plugins want callers to be challenged. */
gboolean sip_digest_is_wanted (const SipListener *listener);

/**
 * sip_digest_make_challenge:
 * @sip: the request
 *
 * Returns: (transfer full) (nullable): the headers of a 401, whole lines; %NULL: nobody can check
 *   credentials
 */
char *sip_digest_make_challenge (SipListener *listener, const sip_t *sip);

/**
 * sip_digest_check:
 * @user: (out) (optional) (transfer full): whose credentials they are; set when it returns %TRUE
 *
 * Returns: whether the request may go on; if not, it has been answered with a challenge
 *   (or with 503 when nobody can check credentials)
 */
gboolean sip_digest_check (SipListener *listener, SipRequest *request, const sip_t *sip,
                           const char *peer, char **user);
