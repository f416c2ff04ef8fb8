/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may have the stack's time: limits per address for requests that begin something, and calls shed
 * when there are too many. What belongs to a call that is there always passes. Judges UDP requests
 * before the stack has made anything of them, others when they are dispatched. Not authentication.
 */
#pragma once

#include "plugins/sip/auth/backoff.h"
#include "plugins/sip/gate/load.h"
#include "plugins/sip/stack/stack.h"

/**
 * SipGateVerdict:
 * @SIP_GATE_REFUSE: answer with 503
 * @SIP_GATE_DROP: more of them than get an answer
 */
typedef enum {
  SIP_GATE_PASS,
  SIP_GATE_REFUSE,
  SIP_GATE_DROP
} SipGateVerdict;

/* Main thread. */
SipGate *sip_gate_new (SipPlugin *plugin);
/* %NULL is allowed. */
void sip_gate_free (SipGate *gate);
/* The plugin's settings have changed. */
void sip_gate_configure (SipGate *gate);

/**
 * sip_gate_judge:
 * @remote: where it came from
 * @queue: how full the receive buffer is that it came from, 0 … 1
 * @retry_after: (out): seconds, with %SIP_GATE_REFUSE
 *
 * Takes what the request costs; ask once for each.
 */
SipGateVerdict sip_gate_judge (SipGate *gate, const sip_t *sip, const RflAddress *remote,
                               double queue, guint *retry_after);

/* SipGuardFunc for @listener: what does not pass is answered here, or not at all. */
gboolean sip_gate_filter (msg_t *msg, sip_t *sip, gpointer listener);
/* For what the filter has not seen. Returns: whether the event may go on; if not, it was answered. */
gboolean sip_gate_admit (SipListener *listener, nua_event_t event, int status, nua_handle_t *nh,
                         const SipCall *call, const sip_t *sip);

/* A dialog begins, whose tags the stack knows: its requests pass. May be told again. */
void sip_gate_know (SipGate *gate, SipCall *call);
void sip_gate_forget (SipGate *gate, SipCall *call);

/**
 * sip_gate_note_wrong:
 *
 * Somebody at @remote gave wrong credentials.
 *
 * Returns: 0, or for how many seconds nothing is said to such answers but 503; twice as long each time
 */
guint sip_gate_note_wrong (SipGate *gate, const RflAddress *remote);

/* Lent; of single users. */
SipBackoff *sip_gate_get_backoff (const SipGate *gate);
/* Whether @remote has no limits of its own (option `unlimited`): a proxy for many. */
gboolean sip_gate_is_exempt (const SipGate *gate, const RflAddress *remote);

void sip_gate_status (const SipGate *gate, RflStatus *status);
