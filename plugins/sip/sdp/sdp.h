/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Session descriptions (RFC 8866) as far as offer and answer need them: read, understood
 * as media, written. Not a general SDP library: what a conference does not use is skipped.
 *
 * Sofia-SIP's own parser is never given anything from the network: one m-line makes it
 * allocate without end. This one works on one copy of the text and has fixed bounds.
 */
#pragma once

#include <reflector/session.h>

#define SIP_SDP_MAX_SIZE (64 * 1024)
#define SIP_SDP_MAX_MEDIA 16
#define SIP_SDP_MAX_FORMATS 64
#define SIP_SDP_MAX_ATTRIBUTES 1024
#define SIP_SDP_MAX_SSRCS 16

/* b=AS in kbit/s, b=TIAS in bit/s (RFC 8866 §5.8, RFC 3890) */
typedef struct {
  gboolean has_as, has_tias;
  guint64 as, tias;
} SipSdpBandwidth;

/**
 * SipSdpMedia:
 * @formats: (element-type utf8): as written
 * @attributes: (element-type utf8): what follows "a="
 * @address: of the c-line in force, port 0; family 0: none, or none that is numeric
 * @held: the c-line in force says 0.0.0.0 or :: (RFC 3264 §8.4, the old way)
 */
typedef struct {
  const char *kind;
  const char *proto;
  guint16 port;
  RflAddress address;
  gboolean held;
  RflDirection direction;
  GPtrArray *formats;
  GPtrArray *attributes;
  SipSdpBandwidth bandwidth;
} SipSdpMedia;

/**
 * SipSdp:
 * @text: the copy that every string points into
 * @media: (element-type SipSdpMedia)
 * @attributes: (element-type utf8): of the session
 */
typedef struct {
  char *text;
  GPtrArray *media;
  GPtrArray *attributes;
  SipSdpBandwidth bandwidth;
} SipSdp;

/* Returns: (transfer full): %NULL with RFL_ERROR_MALFORMED and the line's number. */
SipSdp *sip_sdp_parse (const char *text, gsize len, GError **error);
void sip_sdp_free (SipSdp *sdp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SipSdp, sip_sdp_free)

/* Whether the m-line is one that we could take: RTP without encryption, not disabled. */
gboolean sip_sdp_media_is_usable (const SipSdpMedia *media);
/* Whether any m-line is. */
gboolean sip_sdp_is_usable (const SipSdp *sdp);

/* What the participant is to get of each kind of medium. */
typedef struct {
  RflLegMode audio, video;
} SipModes;

/**
 * sip_sdp_to_offers:
 * @local: the local address that the offerer talked to
 *
 * Returns: (transfer full) (element-type RflMediumDesc): one for each m-line; one that is
 *   disabled, or whose transport we do not speak, has no formats, no direction and port 0
 */
GPtrArray *sip_sdp_to_offers (const SipSdp *sdp, SipModes modes, const RflAddress *local);

/**
 * SipSdpOrigin:
 *
 * Our end's o-line: the version moves by one whenever what follows it changes
 * (RFC 3264 §8).
 */
typedef struct {
  guint64 id;
  guint64 version;
  char *last;
} SipSdpOrigin;

void sip_sdp_origin_clear (SipSdpOrigin *origin);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SipSdpOrigin, sip_sdp_origin_clear)

/**
 * sip_sdp_write_answer:
 * @offer: what is answered
 * @descs: (element-type RflMediumDesc): its offers with their answers
 * @fallback: for the c-line when no medium is accepted
 *
 * Returns: (transfer full): the answer: the offer's m-lines in their order, port 0 for what
 *   is refused
 */
char *sip_sdp_write_answer (const SipSdp *offer, const GPtrArray *descs, const RflAddress *fallback,
                            SipSdpOrigin *origin);

/* Returns: (transfer full): "KIND PROTO FORMAT" of each m-line, for later offers of ours: an
 * m-line keeps its place and kind as long as the dialog lives (RFC 3264 §8) */
char **sip_sdp_get_heads (const SipSdp *sdp);
/**
 * sip_sdp_write_offer:
 * @descs: (element-type RflMediumDesc): of rfl_participant_get_offer()
 * @heads: (nullable): of the other side's last description, see sip_sdp_get_heads()
 * @fallback: for the c-line when no medium is offered
 *
 * Returns: (transfer full): an m-line for each of @descs, port 0 for those not accepted
 */
char *sip_sdp_write_offer (const GPtrArray *descs, char *const *heads, const RflAddress *fallback,
                           SipSdpOrigin *origin);
/**
 * sip_sdp_answer_to_offers:
 * @offered: (element-type RflMediumDesc): what the answer is to
 *
 * As sip_sdp_to_offers(), for the answer to an offer of ours.
 *
 * Returns: (transfer full): %NULL with RFL_ERROR_MALFORMED when its m-lines are not those of the
 *   offer, or RFL_ERROR_NO_CODEC when it takes none of them
 */
GPtrArray *sip_sdp_answer_to_offers (const SipSdp *answer, const GPtrArray *offered, SipModes modes,
                                     const RflAddress *local, GError **error);
