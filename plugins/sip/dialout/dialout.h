/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Calls of ours: whoever is registered under a name is rung when somebody calls the room of that
 * name, or when the service "caller" is asked to. A ring is one such call with a fork, an INVITE,
 * for each contact. What answers first becomes a SipCall (call-out.h); no one who only rings is a
 * participant.
 */
#pragma once

#include "plugins/sip/registrar/registrar.h"

typedef struct _SipRing SipRing;
typedef struct _SipFork SipFork;

SipDialout *sip_dialout_new (SipPlugin *plugin);
void sip_dialout_free (SipDialout *dialout);
/* Gives up every ring, as nobody has answered. */
void sip_dialout_end_all (SipDialout *dialout);
/* The same, without waiting for what becomes of the CANCELs. */
void sip_dialout_drop_all (SipDialout *dialout);
/* Whether an INVITE of ours on @listener is not over. */
gboolean sip_dialout_uses (const SipDialout *dialout, const SipListener *listener);
/* INVITEs that are not answered. */
guint sip_dialout_count (const SipDialout *dialout);

/* Returns: whether @nh is a fork's, and the event dealt with. */
gboolean sip_dialout_on_event (SipListener *listener, nua_event_t event, int status,
                               nua_handle_t *nh, const sip_t *sip, tagi_t tags[]);

/**
 * SipRing:
 * @name, @identity, @display_name: who is called
 * @room: where to
 * @from: who calls, as a From header
 * @over: somebody has answered, or nobody is to any more
 */
struct _SipRing {
  gatomicrefcount refs;
  SipDialout *dialout;
  char *name, *identity, *display_name, *room, *from;
  guint n_forks;
  gboolean over;
  RflTimer *timer;
};

SipRing *sip_ring_ref (SipRing *ring);
void sip_ring_unref (SipRing *ring);
/* @fork has ended without a call, or has become one. */
void sip_ring_lose (SipRing *ring, SipFork *fork);
/* Somebody has answered: the others need not. */
void sip_ring_win (SipRing *ring, SipFork *fork);

/* ---- fork.c ---- */

/**
 * SipFork:
 * @proven: that it is the user whose name is called
 * @given_up: CANCEL or BYE is on its way
 */
struct _SipFork {
  SipRing *ring;
  SipListener *listener;
  nua_handle_t *nh;
  RflAddress remote;
  gboolean tcp, proven, given_up;
  char *next_hop, *contact;
};

/* Sends an INVITE to @binding. Returns: (nullable): %NULL: it cannot be called */
SipFork *sip_fork_new (SipRing *ring, SipListener *listener, const SipBinding *binding);
/* Ends its dialog too, unless a call has it now. */
void sip_fork_free (SipFork *fork);
void sip_fork_give_up (SipFork *fork);
/* The answer to its INVITE; frees @fork if that is the end of it. */
void sip_fork_on_answer (SipFork *fork, int status, const sip_t *sip);
