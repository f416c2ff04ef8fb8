/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a gate is made of, for gate.c and gate-filter.c. */
#pragma once

#include "plugins/sip/gate/gate.h"
#include "plugins/sip/auth/backoff.h"
#include "plugins/sip/gate/recent.h"
#include <gio/gio.h>
#include <reflector/rate.h>

/**
 * SipGate:
 * @invites, @requests, @refusals, @wrong: %NULL: no limit
 * @recent: transactions that have passed
 * @dialogs: set of hashes of Call-ID and tags
 * @tag: To tag of our stateless responses
 */
struct _SipGate {
  SipPlugin *plugin;
  RflClock *clock;
  SipLoad *load;
  RflRates *invites, *requests, *refusals, *wrong;
  SipBackoff *backoff;
  SipRecent *recent;
  GHashTable *dialogs;
  char tag[24];
  RflCounter *limited, *dropped, *shed, *delayed;
  RflLogLimit log;
};
