/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of core/rtcp/ share: the state that RTCP keeps for a session, and who may
 * speak for which SSRC. Not for anybody outside this room.
 */
#pragma once

#include "core/core-private.h"
#include <reflector/rtcp.h>

/* A compound has hardly more packets; further ones are not looked at. */
#define RTCP_MAX_PACKETS 32

/**
 * RtcpState:
 * @ssrc: ours, for what we ask for
 * @keyframes: (element-type RtcpKeyframe): asked for in the last 500 ms
 *
 * One per session, as its data; freed with it.
 */
typedef struct {
  RflSession *session;
  RflClock *clock;
  const char *cname;
  guint32 ssrc;
  guint8 fir_seq;
  GHashTable *keyframes;
  RflTimer *keyframe_timer;
  RflTimer *report_timer;
  RflCounter *received, *invalid, *foreign, *ended, *messages;
  RflCounter *keyframes_sent, *keyframes_held, *reports_sent;
} RtcpState;

/* Makes it on first use. */
RtcpState *rtcp_state_get (RflSession *session);
/* Our SSRC, which no source of @route has. */
guint32 rtcp_state_own_ssrc (RtcpState *state, const RflRoute *route);

/**
 * RtcpCompound:
 * @from: who sent it, never %NULL
 * @one: the leg of mode `one` towards @from, or %NULL
 * @one_ssrc, @following: what that leg sends, and the source behind it
 * @ssrc: for each packet, its sender's SSRC as the route knows it
 */
typedef struct {
  RflRoute *route;
  RflMedium *from;
  RflLeg *one;
  guint32 one_ssrc, following;
  guint n;
  RflRtcp packets[RTCP_MAX_PACKETS];
  guint32 ssrc[RTCP_MAX_PACKETS];
  gsize len;
} RtcpCompound;

/* Reads what is valid already. Packets that name a source of somebody else are left out.
 * Returns: how many were. */
guint rtcp_compound_read (RtcpCompound *compound, RflRoute *route, RflMedium *from,
                          const guint8 *data, gsize len);
/* Hands each leg what concerns it (core/rtcp/forward.c). */
void rtcp_compound_forward (const RtcpCompound *compound);

/* The SSRC under which the route knows what @from sends as @wire_ssrc. Returns: %FALSE if
 * that is somebody else's. */
gboolean rtcp_map_sender (const RflRoute *route, const RflMedium *from, guint32 wire_ssrc,
                          guint32 *ssrc);
/* Whether @medium's participant called this reflector. */
gboolean rtcp_is_local (const RflMedium *medium);

/* core/rtcp/keyframe.c. @fir: it was asked for by FIR, so that FIR goes along with PLI. */
void rtcp_keyframe_request (RtcpState *state, RflSource *source, RflMedium *from, gboolean fir);
void rtcp_keyframe_init (RtcpState *state);
/* core/rtcp/sender-report.c */
void rtcp_report_init (RtcpState *state);
