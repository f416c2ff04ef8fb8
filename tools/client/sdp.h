/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As much of SDP (RFC 4566, RFC 3264) as a participant needs: an offer, and what an answer says. Pure.
 */
#pragma once

#include <reflector/address.h>

#include "tools/client/client.h"

/* One m-line of ours */
typedef struct {
  const ClientMediumSpec *spec;
  guint16 port; /* 0: refused */
  guint32 ssrc;
  const ClientFormat *only; /* in an answer: this format alone; %NULL: all */
} ClientSdpLine;

/* Returns: (transfer full) */
char *client_sdp_write (const RflAddress *local, const char *cname, guint version,
                        const ClientSdpLine *lines, guint n_lines);

#define CLIENT_SDP_MAX_LINES 8
#define CLIENT_SDP_MAX_FORMATS 32

typedef struct {
  char kind[16];
  RflAddress address; /* of RTP; port 0: refused */
  gboolean mux;
  guint8 pts[CLIENT_SDP_MAX_FORMATS];
  guint n_pts;
} ClientSdpMedium;

/* Returns: the number of m-lines read into @out, of CLIENT_SDP_MAX_LINES; -1: it is no SDP. */
int client_sdp_read (const char *sdp, ClientSdpMedium *out);
