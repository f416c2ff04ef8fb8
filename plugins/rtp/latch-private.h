/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What claim.c (claims and their index) and latch.c (verdicts) share. Nobody else's. */
#pragma once

#include "plugins/rtp/latch.h"

/* Identifies a latched address. */
typedef struct {
  RflAddress address;
  const char *kind;
} RtpKey;

struct _RtpLatch {
  const RtpLatchOps *ops;
  GHashTable *by_ip;   /* RflAddress without port -> RtpIpClaims (claim-index.c) */
  GHashTable *by_rtp;  /* RtpKey -> RtpClaim */
  GHashTable *by_rtcp; /* RtpKey -> RtpClaim */
  guint64 next_turn;
};

/* One side of a claim: RTP or RTCP. */
typedef struct {
  RflAddress sdp;
  RtpKey latched;   /* family 0: not yet */
  RflAddress named; /* by the SDP, when it latched */
  gint64 reopened;  /* latched, but the SDP has named another address: when; 0: no */
  gint64 changed;   /* when it latched or moved */
  gint64 moved;     /* when it left another address for this one; 0: never */
  gboolean proved;  /* nothing but another proof moves it */
} RtpSide;

typedef struct _RtpIpClaims RtpIpClaims;

/* Where a claim stands in the list of one of its addresses. */
typedef struct {
  RtpIpClaims *list;
  guint index;
} RtpPlace;

struct _RtpClaim {
  RtpLatch *latch;
  gpointer owner;
  const char *kind;
  RflAddress signalling;
  RtpSide rtp, rtcp;
  gint64 rtcp_heard;
  GArray *announced, *learned;
  GStrv cnames;
  gboolean sends, mux, ice;
  guint64 turn;
  gint64 arrived, answered; /* answered 0: waiting */
  gboolean needs_evidence;
  guint n_places;
  RtpPlace places[5]; /* signalling; SDP and latched address of both sides */
};

/* Who has moved sends from there soon; whoever has not is to keep its place. */
static inline gboolean
rtp_side_is_open (const RtpSide *side, gint64 now)
{
  return side->latched.address.family == 0
         || (side->reopened != 0 && now - side->reopened < RTP_LATCH_REOPENED);
}

gboolean rtp_ssrcs_contain (const GArray *ssrcs, guint32 ssrc);
gboolean rtp_claim_knows (const RtpClaim *claim, guint32 ssrc);
/* An address that can be sent to. */
gboolean rtp_address_is_usable (const RflAddress *address);
/* The signalling vouches for what the SDP says: no NAT changed it. */
gboolean rtp_claim_is_plausible (const RtpClaim *claim, const RtpSide *side);
/* Its RTP could be anybody's of the same IP. */
gboolean rtp_claim_is_ambiguous (const RtpClaim *claim);
void rtp_claim_latch (RtpClaim *claim, RtpSide *side, const RflAddress *remote, gint64 now);
/* By all addresses that it has now; before any of them changes it is taken out. */
void rtp_claim_index_add (RtpClaim *claim);
void rtp_claim_index_remove (RtpClaim *claim);
GHashTable *rtp_claim_index_new (void);
/* (nullable) (element-type RtpClaim) */
const GPtrArray *rtp_latch_at (const RtpLatch *latch, const RflAddress *address);
