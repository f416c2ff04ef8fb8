/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of this folder share: the table of rings and forks, and a ring from its beginning to
 * its end. Not for others: see dialout.h.
 */
#pragma once

#include "plugins/sip/dialout/dialout.h"

/**
 * SipDialout:
 * @rings: (element-type utf8 SipRing): by name, those that are not over
 * @forks: (element-type nua_handle_t SipFork)
 */
struct _SipDialout {
  SipPlugin *plugin;
  GHashTable *rings, *forks;
  GArray *hooks;
  gboolean offered;
  RflCounter *rung, *answered, *unanswered, *limited;
  RflLogLimit log;
};

static inline RflClock *
sip_dialout_get_clock (const SipDialout *dialout)
{
  return rfl_core_get_clock (dialout->plugin->core);
}

/* ---- ring.c ---- */

/* A ring of @name in the table, without forks; lent. @room, @from: as in SipRing */
SipRing *sip_ring_new (SipDialout *dialout, const SipName *name, const char *room,
                       const char *from);
/* An INVITE to each contact of @name that can be called. */
void sip_ring_call (SipRing *ring, const SipName *name);
/* Nobody has answered, and nobody is to any more; @why is for the log. May free @ring. */
void sip_ring_give_up (SipRing *ring, const char *why);
void sip_ring_log (const SipRing *ring, const char *what);
