/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A call: one INVITE dialog that is one participant of a session. Not about requests
 * outside of calls: see dispatch.c.
 */
#pragma once

#include "plugins/sip/request/respond.h"
#include "plugins/sip/sdp/sdp.h"

/**
 * SipCallState:
 * @SIP_CALL_JOINING: the INVITE is not answered yet
 * @SIP_CALL_ANSWERED: 200 sent, no ACK yet
 * @SIP_CALL_ENDING: BYE or a refusal is on its way
 * @SIP_CALL_GONE: nothing of it is left but references
 */
typedef enum {
  SIP_CALL_JOINING,
  SIP_CALL_ANSWERED,
  SIP_CALL_CONFIRMED,
  SIP_CALL_ENDING,
  SIP_CALL_GONE
} SipCallState;

/* What the caller's INVITE said of reliable provisional responses (RFC 3262). */
typedef enum {
  SIP_100REL_NO,
  SIP_100REL_SUPPORTED,
  SIP_100REL_REQUIRED
} Sip100rel;

/**
 * SipRefresh:
 *
 * Of timer.c.
 *
 * @wanted: the caller knows session timers and we use them
 * @ours: we are to refresh; @by_update: by UPDATE, which the stack does by itself
 * @failed: @timer ends the call
 * @interval: seconds
 */
typedef struct {
  gboolean wanted, ours, by_update, failed;
  guint interval;
  RflTimer *timer;
} SipRefresh;

/**
 * SipReinvite:
 *
 * Of reinvite.c.
 *
 * @wanted, @sent: SipReinvitePurpose of one that is to be sent, of one that has no final response
 */
typedef struct {
  guint wanted, sent, tries;
  RflTimer *timer;
} SipReinvite;

/**
 * SipCall:
 * @remote: where its last INVITE came from
 * @user: whose credentials the INVITE had, or %NULL
 * @routed: a proxy has recorded its route
 * @contact, @next_hop: of our responses and requests; @next_hop is %NULL past a proxy
 * @request, @offer: what is being negotiated, or %NULL
 * @move: where it is to go to when @request succeeds, or %NULL
 * @heads: of the m-lines of the peer's last description, or %NULL before there was one
 * @proposal: (element-type RflMediumDesc): an offer of ours that is not answered, or %NULL
 * @settling: the answer to an offer of ours is being decided
 * @ack_due: an INVITE has its 200, and the ACK has not come
 * @farewell: the Reason of a BYE that is to follow the ACK, or %NULL
 * @ringing, @ringing_reliably: of ringing.c
 * @host, @place, @invite, @twin: of index.c
 * @since: rfl_clock_now() of its INVITE
 * @journal_id, @gate_id: of its record, and of its dialog; or 0
 * @talk: text messages, or %NULL (message.h)
 */
struct _SipCall {
  gatomicrefcount refs;
  SipListener *listener;
  nua_handle_t *nh;
  SipCallState state;
  RflParticipant *participant;
  SipModes modes;
  char *room, *peer, *user;
  RflAddress remote, host;
  gboolean tcp, routed;
  char *contact, *next_hop;
  SipRequest *request;
  SipSdp *offer;
  SipSdpOrigin origin;
  SipTarget *move;
  char **heads;
  GPtrArray *proposal;
  gboolean settling, ack_due;
  char *farewell;
  gint64 since;
  guint64 journal_id, gate_id;
  SipTalk *talk;
  Sip100rel caller_100rel;
  RflTimer *ringing;
  gboolean ringing_reliably;
  SipRefresh refresh;
  SipReinvite reinvite;
  char *place, *invite;
  SipCall *twin;
};

/* Makes @call, whose other members are set, a call of the plugin, with its participant. @who: names, PIN, and how it
 * came */
void sip_call_adopt (SipCall *call, const RflParticipantSpec *who);
/* @sip: (nullable): the ACK */
void sip_call_acknowledged (SipCall *call, const sip_t *sip);
/* The stack ends the dialog by itself, or the peer does. */
void sip_call_ending (SipCall *call, const char *reason);
/* The dialog is over: leaves the session, lets go of everything. */
void sip_call_gone (SipCall *call, const char *reason);
/* We end it: refusal, BYE, or BYE after the ACK. */
void sip_call_end (SipCall *call, const char *reason);
/* The same with another @cause than 200 in the Reason (RFC 3326), a SIP status. */
void sip_call_end_with (SipCall *call, guint cause, const char *reason);
/* The peer's last description, for offers of ours. */
void sip_call_note_heads (SipCall *call, const SipSdp *sdp);

/* (element-type SipCall): holds a reference to each */
GHashTable *sip_calls_new (void);
void sip_calls_end_all (SipPlugin *plugin, const char *reason);
void sip_calls_drop_all (SipPlugin *plugin);
SipCall *sip_call_ref (SipCall *call);
void sip_call_unref (SipCall *call);
/* Returns: (nullable): the call that @participant is, lent */
SipCall *sip_call_find (RflParticipant *participant);
/* A debug line about it, rate-limited; @call has its participant. */
void sip_call_log (SipCall *call, const char *what);
const char *sip_call_state_name (SipCallState state);
