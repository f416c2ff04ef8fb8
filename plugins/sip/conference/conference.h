/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The conference event package (RFC 4575): whoever subscribes to a room's URI is told who is in it, and what
 * changes. One of each plugin. Changes no call and no room.
 */
#pragma once

#include "plugins/sip/stack/stack.h"

SipConference *sip_conference_new (SipPlugin *plugin);
/* %NULL is allowed, as in all of these. */
void sip_conference_free (SipConference *conference);

/* A SUBSCRIBE; from @status 200 on the stack has answered it by itself. @call: (nullable): in whose dialog it is */
void sip_conference_on_subscribe (SipListener *listener, nua_handle_t *nh, SipCall *call,
                                  int status, const sip_t *sip);
/* What became of a NOTIFY, ours or one that the stack repeats. */
void sip_conference_on_answer (SipListener *listener, nua_handle_t *nh, int status, tagi_t tags[]);
/* The call's dialog is no more a call. Returns: whether its handle is the conference's from now on, which
 * destroys it when its subscriber knows */
gboolean sip_conference_take_handle (SipConference *conference, SipCall *call);

/* Ends all subscriptions with @reason, of RFC 6665 §4.1.3. */
void sip_conference_end_all (SipConference *conference, const char *reason);
/* The stack is down: lets go of everything without a word. */
void sip_conference_drop_all (SipConference *conference);
/* Ends those at a listener that is going; what they say then still needs it. Returns: whether there are any */
gboolean sip_conference_leaves (SipConference *conference, const SipListener *listener);
void sip_conference_status (const SipConference *conference, RflStatus *status);
