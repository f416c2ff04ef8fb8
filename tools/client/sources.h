/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who sends in a medium, and how well it arrives (RFC 3550 §6.4, A.3, A.8). Pure: the time is passed in.
 */
#pragma once

#include "tools/client/client.h"

typedef struct _ClientSources ClientSources;

/* More are not looked at. */
#define CLIENT_MAX_SOURCES 1024

ClientSources *client_sources_new (void);
void client_sources_free (ClientSources *sources);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClientSources, client_sources_free)
/* @rate: ticks per second; @now: monotonic microseconds */
void client_sources_rtp (ClientSources *sources, const RflRtp *rtp, guint rate, gint64 now);
/* @data: well-formed */
void client_sources_rtcp (ClientSources *sources, const guint8 *data, gsize len, gint64 now);
GPtrArray *client_sources_list (const ClientSources *sources);
/* Report blocks about at most @max of those that have sent since the last call. */
guint client_sources_report (ClientSources *sources, RflRtcpReportBlock *out, guint max,
                             gint64 now);
