/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What connections.c counts and accept.c must know. */
#pragma once

#include "plugins/sip/tcp/connections.h"

/**
 * SipConnections:
 * @soon: after a connection was accepted
 * @dir: open for good: there may be no descriptor left when it is needed most
 * @known: RflAddress → Known, of those that were there at the last look
 * @count: at the last look, and accepted since
 * @limit: what is to be left at a look
 */
struct _SipConnections {
  SipPlugin *plugin;
  RflTimer *timer, *soon;
  GDir *dir;
  SipShortage *shortage;
  GHashTable *known;
  guint count, limit;
  RflLogLimit log;
};

/* How many more than the limit there may be until the next look. */
#define SIP_CONNECTIONS_SLACK 8
