/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What m-lines say, one kind of line each. Not for anybody but sdp-media.c and sdp-write.c. */
#pragma once

#include "plugins/sip/sdp/sdp.h"

/* Behind "NAME:", or %NULL if @attribute is another one. */
const char *sip_sdp_get_value (const char *attribute, const char *name);
/* A number at the start of @text, then the end or one of @stops. @rest: (out): behind that */
gboolean sip_sdp_take_number (const char *text, guint64 max, const char *stops, guint64 *out,
                              const char **rest);

/* sdp-limits.c: b= and a=ptime into desc->bandwidth, desc->ptime and, for no bandwidth at all,
 * desc->direction */
void sip_sdp_read_limits (RflMediumDesc *desc, const SipSdp *sdp, const SipSdpMedia *media);

/* sdp-ice.c: ICE (RFC 8839). Returns: (transfer full) (nullable): what the m-line and its session say of it */
RflIceDesc *sip_sdp_read_ice (const SipSdp *sdp, const SipSdpMedia *media);
/* 0.0.0.0 and port 9 are no hold where candidates are still to come (RFC 8840 §4.1.3). */
gboolean sip_sdp_ice_names_none (const SipSdpMedia *media);

/* sdp-extension.c: a=extmap of audio levels (RFC 8285, RFC 6464) */
#define SIP_SDP_AUDIO_LEVEL "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
/* Returns: its number, or 0 */
void sip_sdp_read_audio_level (RflMediumDesc *desc, const SipSdp *sdp, const SipSdpMedia *media);
/* The answer to that line, if desc->answer_audio_level says that there is one. */
void sip_sdp_write_audio_level (GString *out, const SipSdp *offer, const SipSdpMedia *media,
                                const RflMediumDesc *desc);
