/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the answer to an INVITE of ours to a call like any other. Not who is called: dialout.h. */
#pragma once

#include "plugins/sip/call/call.h"
#include "plugins/sip/dialout/dialout.h"

/**
 * SipCallOut:
 *
 * An INVITE of ours that was answered with 200 and is not acknowledged.
 *
 * @nh: (transfer full)
 * @user: (nullable): whose credentials the phone has shown when it registered
 * @offer: (transfer full): of the 200
 * @sip: the 200
 */
typedef struct {
  SipListener *listener;
  nua_handle_t *nh;
  const char *room, *user, *identity, *display_name, *contact, *next_hop;
  RflAddress remote;
  gboolean tcp;
  SipModes modes;
  SipSdp *offer;
  const sip_t *sip;
} SipCallOut;

/* Joins the room with what the phone offers, and acknowledges with the answer. */
void sip_call_out_start (SipCallOut *out);
/* Acknowledges, refusing all of @offer (%NULL: there was none), and hangs up. */
void sip_call_out_decline (nua_handle_t *nh, const SipListener *listener, const SipSdp *offer);
