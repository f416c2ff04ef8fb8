/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines that offers and answers of ours have in common. Not the order of m-lines, nor what is
 * taken: see sdp-write.c and sdp-offer.c.
 */
#pragma once

#include "plugins/sip/sdp/sdp.h"

/* "IN IP4 192.0.2.1" */
void sip_sdp_write_address (GString *out, const RflAddress *address);
/* a=rtpmap, a=fmtp */
void sip_sdp_write_format (GString *out, const RflFormat *format);
/* a=rtcp-rsize and a=rtcp-mux where agreed; else a=rtcp where RTCP is not where everybody looks
 * for it (RFC 3605) */
void sip_sdp_write_rtcp (GString *out, const RflMediumDesc *desc);
/* Our direction, where the other side does @theirs. */
void sip_sdp_write_direction (GString *out, RflDirection theirs);
/* m=, c= where it is not @session's, a=rtpmap and a=fmtp: of desc->answer */
void sip_sdp_write_medium (GString *out, const char *kind, const char *proto,
                           const RflMediumDesc *desc, const RflAddress *session);

/* sdp-ice.c: the lines of desc->answer_ice (RFC 8839 §5), if there is any */
void sip_sdp_write_ice (GString *out, const RflMediumDesc *desc);
/* The session's lines if any of @descs has ICE. (element-type RflMediumDesc) */
void sip_sdp_write_ice_session (GString *out, const GPtrArray *descs);

/* The session part from s= on. (transfer full) */
GString *sip_sdp_begin (const RflAddress *session);
/* @body: (transfer full): what sip_sdp_begin() has begun, with its media.
 * Returns: (transfer full): the whole description, versioned by @origin */
char *sip_sdp_end (GString *body, const RflAddress *session, SipSdpOrigin *origin);
