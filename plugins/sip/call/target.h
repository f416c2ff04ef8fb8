/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where messages of a call go, and the Contact that asks the peer to send his to us. Not
 * where media go.
 */
#pragma once

#include "plugins/sip/call/call.h"

/**
 * SipTarget:
 *
 * Where a request shows its sender to be.
 *
 * @next_hop: for our requests, or %NULL past a proxy
 */
struct _SipTarget {
  RflAddress remote;
  gboolean tcp, routed;
  char *next_hop;
};

/* What @sip, which came from @remote, would make of @call's target. @call: (nullable): it begins a dialog of
 * its own. (transfer full) */
SipTarget *sip_target_new (const SipCall *call, const sip_t *sip, const RflAddress *remote,
                           gboolean tcp);
void sip_target_free (SipTarget *target);
/* @target: (transfer full): is @call's from now on */
void sip_target_apply (SipCall *call, SipTarget *target);
/* (transfer full) (nullable): where requests of the dialog go that @sip begins, which is no call; %NULL past a proxy */
char *sip_target_find_hop (const sip_t *sip, const RflAddress *remote, gboolean tcp);
/* Our Contact on @listener for @room. @media: as below. (transfer full) */
char *sip_target_write_contact (const SipListener *listener, const char *room, gboolean tcp,
                                const RflAddress *media);
/* Our Contact towards @call's peer. @media: where its media go, or none. (transfer full) */
char *sip_target_make_contact (const SipCall *call, const RflAddress *media);
