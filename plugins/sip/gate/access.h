/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks the service "access", if there is one, about whoever sends. Decides nothing itself. */
#pragma once

#include "plugins/sip/request/arrival.h"

/* Whether requests of @remote may begin anything on @listener. */
gboolean sip_access_is_open (const SipListener *listener, const RflAddress *remote);
/* A request outside of any call: whether its sender is kept out; then it has been answered. */
gboolean sip_access_refuses (nua_event_t event, SipListener *listener, nua_handle_t *nh,
                             const sip_t *sip);
/* For the guard: whether the message is to be dropped unread. @data: SipPlugin */
gboolean sip_access_is_silent (msg_t *msg, gpointer data);
