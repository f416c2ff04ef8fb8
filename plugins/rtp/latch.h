/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who an arriving packet belongs to: claims of participants' media on remote addresses, and
 * the evidence that decides between them (design: NAT). Pure state on the main thread; no
 * sockets, flows or sessions here, and nothing is ever sent.
 *
 * A claim waits until its offer is answered, then it is a candidate for packets from its
 * signalling IP and from the addresses its SDP names; the first packet that only it can have
 * sent latches it, RTP and RTCP each on their own. SSRC and CNAME choose among candidates
 * and never make one.
 */
#pragma once

#include <reflector/address.h>

/* How long an address must be silent before another one may take its place. */
#define RTP_LATCH_SILENCE (2 * G_TIME_SPAN_SECOND)
/* RTCP is silent for five seconds as a rule; see can_move_rtcp(). */
#define RTP_LATCH_RTCP_SILENCE (15 * G_TIME_SPAN_SECOND)
/* How long only the address that a right SDP names is its participant's: RTP (of an SSRC that
 * proves nothing) and RTCP. */
#define RTP_LATCH_EXACT (1 * G_TIME_SPAN_SECOND)
#define RTP_LATCH_EXACT_RTCP (5 * G_TIME_SPAN_SECOND)
/* How long somebody whose SDP names another address than before may turn up at a new one. */
#define RTP_LATCH_REOPENED (10 * G_TIME_SPAN_SECOND)
/* How long an unanswered participant waits for the undecided one before it. */
#define RTP_LATCH_TURN (1 * G_TIME_SPAN_SECOND)
/* How many wait at one address; more are answered at once and need evidence. */
#define RTP_LATCH_MAX_WAITING 8
/* SSRCs remembered per claim. */
#define RTP_LATCH_MAX_SSRCS 16

typedef struct _RtpLatch RtpLatch;
typedef struct _RtpClaim RtpClaim;

/**
 * RtpLatchOps:
 * @progress: when the claim's latched RTP address was last heard, and the last sequence
 *   number of @ssrc from it. Returns: whether the claim has that source
 */
typedef struct {
  gboolean (*progress) (gpointer owner, guint32 ssrc, gint64 *last_seen, guint16 *last_seq);
} RtpLatchOps;

/**
 * RtpClaimSpec:
 * @kind: interned
 * @signalling: only its IP counts
 * @sdp_rtp, @sdp_rtcp: as the SDP says; family 0 or the any address: none
 * @ssrcs: (nullable) (element-type guint32): announced
 * @cnames: %NULL-terminated: any of them proves an RTCP packet
 * @sends: whether RTP is to be expected of it
 * @mux: its RTCP comes to the RTP port and from where its RTP does
 * @ice: it will prove where it is, so that nothing weak counts for it
 */
typedef struct {
  const char *kind;
  RflAddress signalling, sdp_rtp, sdp_rtcp;
  const GArray *ssrcs;
  const char *const *cnames;
  gboolean sends, mux, ice;
} RtpClaimSpec;

/* What a packet shows. @ssrc: 0: none known; @cname: (nullable), not terminated; @mux: RTCP that came
 * to the RTP port, which only claims with @mux send */
typedef struct {
  const char *kind;
  RflAddress remote;
  guint32 ssrc;
  guint16 seq;
  const char *cname;
  gsize cname_len;
  gboolean mux;
} RtpSigns;

/**
 * RtpVerdict:
 * @RTP_VERDICT_KNOWN: the claim has this address already
 * @RTP_VERDICT_LATCHED: the claim has it from now on
 * @RTP_VERDICT_MOVED: the claim has it from now on instead of another one
 * @RTP_VERDICT_STRANGER: nobody expects anything from this IP
 * @RTP_VERDICT_WRONG_SSRC: all who could have sent it announced other SSRCs
 * @RTP_VERDICT_UNDECIDED: it could be from several, or from one that others could pass for
 * @RTP_VERDICT_TAKEN: those of this IP are latched, and this is no move of theirs
 * @RTP_VERDICT_ACTIVE: it is of somebody who has been heard at his own address just now
 * @RTP_VERDICT_SEQUENCE: likewise, but silent; its sequence does not go on from his
 * @RTP_VERDICT_PROVED: likewise, but his address is proved
 * @RTP_VERDICT_EARLY: those who could have sent it were to send from the address their SDP names, and have
 *   time to do so
 */
typedef enum {
  RTP_VERDICT_KNOWN,
  RTP_VERDICT_LATCHED,
  RTP_VERDICT_MOVED,
  RTP_VERDICT_STRANGER,
  RTP_VERDICT_WRONG_SSRC,
  RTP_VERDICT_UNDECIDED,
  RTP_VERDICT_TAKEN,
  RTP_VERDICT_ACTIVE,
  RTP_VERDICT_SEQUENCE,
  RTP_VERDICT_PROVED,
  RTP_VERDICT_EARLY
} RtpVerdict;

RtpLatch *rtp_latch_new (const RtpLatchOps *ops);
/* All claims must be gone. */
void rtp_latch_free (RtpLatch *latch);

/* A claim that waits for its answer. @owner: what the callers get back */
RtpClaim *rtp_claim_new (RtpLatch *latch, const RtpClaimSpec *spec, gint64 now, gpointer owner);
void rtp_claim_free (RtpClaim *claim);
/* A new offer. An address that the SDP newly names makes it a candidate again for
 * RTP_LATCH_REOPENED; what is latched stays until then. */
void rtp_claim_update (RtpClaim *claim, const RtpClaimSpec *spec, gint64 now);
gpointer rtp_claim_get_owner (const RtpClaim *claim);
/* Whether its RTP's address is proved. */
gboolean rtp_claim_is_proved (const RtpClaim *claim);
/* Family 0 while not latched. */
const RflAddress *rtp_claim_get_rtp (const RtpClaim *claim);
const RflAddress *rtp_claim_get_rtcp (const RtpClaim *claim);
/* Where packets may be sent now: what is latched, or what the SDP names if the signalling or
 * a packet came from that IP. Returns: %FALSE if nowhere. */
gboolean rtp_claim_get_rtp_target (const RtpClaim *claim, RflAddress *out);
gboolean rtp_claim_get_rtcp_target (const RtpClaim *claim, RflAddress *out);
/* The ports it was told are others': before it is answered. @kind: interned */
void rtp_claim_set_kind (RtpClaim *claim, const char *kind);
/**
 * rtp_claim_prove:
 * @rtcp: RTCP's address, else RTP's
 * @remote: has proved that it is @claim's: latched at once, and only another proof moves it
 *
 * Returns: (nullable): the claim that had the address and has lost it
 */
RtpClaim *rtp_claim_prove (RtpClaim *claim, gboolean rtcp, const RflAddress *remote, gint64 now);
/* What its RTCP was latched to is somebody else's. */
void rtp_claim_lose_rtcp (RtpClaim *claim);
/* An SSRC that the owner saw on the latched address. */
void rtp_claim_learn (RtpClaim *claim, guint32 ssrc);

RtpVerdict rtp_latch_rtp (RtpLatch *latch, const RtpSigns *signs, gint64 now, RtpClaim **claim);
RtpVerdict rtp_latch_rtcp (RtpLatch *latch, const RtpSigns *signs, gint64 now, RtpClaim **claim);

/* ---- turns: per IP and kind only one undecided claim at a time ---- */

/**
 * rtp_claim_may_answer:
 * @until: (out): while it may not: when to ask again at the latest, G_MAXINT64 if only a
 *   change of another claim can help
 *
 * Whether no undecided claim of the same IP and kind is before @claim: answered less than
 * RTP_LATCH_TURN ago (or before @claim came, if that was later), or waiting longer.
 */
gboolean rtp_claim_may_answer (const RtpClaim *claim, gint64 now, gint64 *until);
/**
 * rtp_claim_answered:
 * @jumped: its turn had not come
 *
 * The offer is being answered: a candidate for packets from now on. Of several undecided ones
 * only the last whose turn it was can do without SSRC, CNAME or port. Idempotent.
 */
void rtp_claim_answered (RtpClaim *claim, gboolean jumped, gint64 now);
/* How many wait at its address, itself not included. */
guint rtp_claim_count_waiting (const RtpClaim *claim);
