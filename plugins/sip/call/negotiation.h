/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a caller wants of a call, decided by core and answered: to join, to change. Not how calls end:
 * see call.h.
 */
#pragma once

#include "plugins/sip/call/call.h"

/**
 * SipInvite:
 *
 * What invite.c has found in an acceptable INVITE or UPDATE.
 *
 * @offer: %NULL: the answer is to have an offer of ours
 * @room, @user, @request, @offer: (transfer full)
 */
typedef struct {
  SipRequest *request;
  SipSdp *offer;
  char *room, *user;
  SipModes modes;
  RflAddress remote;
  gboolean tcp;
  const sip_t *sip;
} SipInvite;

/* Takes what is to be taken out of @invite, joins the room and answers. */
void sip_negotiation_start (SipListener *listener, SipInvite *invite);
/* Another offer inside the dialog, or an INVITE that asks for one; @invite's room and modes are not looked at. */
void sip_negotiation_change (SipCall *call, SipInvite *invite);
/* An UPDATE that changes no media gets its 200; @invite has no offer. */
void sip_negotiation_confirm (SipCall *call, SipInvite *invite);
/* A CANCEL came: a change that is not decided yet is none. */
void sip_negotiation_cancelled (SipCall *call);
/* Nothing is negotiated any more: lets go of the request, which is answered, and of its offer. */
void sip_negotiation_end (SipCall *call);
