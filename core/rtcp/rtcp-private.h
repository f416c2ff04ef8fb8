/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of core/rtcp/ share: the state that RTCP keeps for a session, its sources and
 * its participants' media, and who may speak for which SSRC. Not for anybody outside this room.
 */
#pragma once

#include "core/core-private.h"
#include <reflector/rtcp.h>

/* A compound has hardly more packets; further ones are not looked at. */
#define RTCP_MAX_PACKETS 32
/* RFC 3550 §6.2: the shortest interval between reports of one participant. */
#define RTCP_MIN_INTERVAL (5 * G_TIME_SPAN_SECOND)
/* RFC 3550 §6.3.5: whoever has not reported for five intervals has left. */
#define RTCP_REPORT_LIFE (5 * RTCP_MIN_INTERVAL)
#define RTCP_MAX_BLOCKS 31

/**
 * RtcpState:
 * @ssrcs: ours: for what we ask for and how sources arrive here; for summaries
 * @summarised: the session has more participants than get everybody's reports
 * @sources: RflSource -> RtcpSource
 * @asked: (element-type RtcpSource): asked for a keyframe in the last 500 ms, the set of them
 * @ones: RflMedium -> RtcpOne: legs of mode `one` and `mix`
 *
 * One per session, as its data; freed with it.
 */
typedef struct {
  RflSession *session;
  RflCore *core;
  RflClock *clock;
  const char *cname;
  guint32 ssrcs[2];
  gboolean summarised;
  GHashTable *sources, *asked, *ones;
  RflTimer *keyframe_timer, *report_timer;
  guint report_size; /* average of our reports, octets */
  RflCounter *received, *invalid, *foreign, *ended, *messages, *unknown;
  RflCounter *keyframes_sent, *keyframes_held, *reports_sent, *summarised_reports, *limits;
} RtcpState;

#define RTCP_OWN 0
#define RTCP_SUMMARY 1

/* Makes it on first use. */
RtcpState *rtcp_state_get (RflSession *session);
/* (nullable) */
RtcpState *rtcp_state_find (RflSession *session);
/* Our SSRC for @what, which no source of @route has. */
guint32 rtcp_state_own_ssrc (RtcpState *state, const RflRoute *route, guint what);
/* Whether receivers' reports end here, now. */
gboolean rtcp_state_summarises (RtcpState *state);

typedef enum {
  RTCP_FIR_NONE,
  RTCP_FIR_REPEATED,
  RTCP_FIR_NEW
} RtcpFir;

/**
 * RtcpSource:
 * @asked: when it was asked for a keyframe last; @wanted: once more since; @fir: how
 * @fir_seq: number of our last FIR (RFC 5104 §4.3.1.1)
 * @firs: guint64 of requester -> number of its last FIR
 * @sr_ntp, @sr_at: middle of its last SR's NTP timestamp, and when that came; 0: never
 * @reports: key of the receiver -> RtcpReport; %NULL: none
 * @expected, @received: of what we told last
 */
typedef struct {
  RflSource *source;
  gint64 asked;
  gboolean wanted;
  RtcpFir fir;
  guint8 fir_seq;
  GHashTable *firs;
  guint32 sr_ntp;
  gint64 sr_at;
  GHashTable *reports;
  guint64 expected, received;
} RtcpSource;

/* Makes it on first use; %NULL for one that has vanished. */
RtcpSource *rtcp_source_get (RtcpState *state, RflSource *source);

#define RTCP_MAX_NAMES 8

/**
 * RtcpMember:
 * @app_due: when its next APP would come at the highest steady rate
 * @copy_due: likewise the next copy of its RTCP
 * @names: of APP packets that it sent: it knows what to do with them
 *
 * One per medium of a participant.
 */
typedef struct {
  gint64 app_due, copy_due;
  guint32 names[RTCP_MAX_NAMES];
  guint n_names;
} RtcpMember;

RtcpMember *rtcp_member_get (RflMedium *medium);
/* Whether one more APP is within its rate. */
gboolean rtcp_member_may_send_app (RtcpMember *member, const RtcpState *state);
/* Whether one more compound may be repeated to @n: the main thread does that, for all sessions. */
gboolean rtcp_member_may_be_copied (RtcpMember *member, const RtcpState *state, guint n);
void rtcp_member_learn (RtcpMember *member, guint32 name);
/* Whether @medium's participant has sent an APP of that name. */
gboolean rtcp_member_knows (RflMedium *medium, guint32 name);

/**
 * RtcpCompound:
 * @from: who sent it, never %NULL
 * @one: the leg of mode `one` or `mix` towards @from, or %NULL
 * @one_ssrc, @following: what that leg sends, and the source behind it; 0: no single one
 * @summarised: receivers' reports end here
 * @has_app: an APP is among the packets that may be repeated
 * @ssrc: for each packet, its sender's SSRC as the route knows it
 */
typedef struct {
  RtcpState *state;
  RflRoute *route;
  RflMedium *from;
  RflLeg *one;
  guint32 one_ssrc, following;
  gboolean summarised, has_app;
  guint n;
  RflRtcp packets[RTCP_MAX_PACKETS];
  guint32 ssrc[RTCP_MAX_PACKETS];
  gsize len;
} RtcpCompound;

/* Reads what is valid already into what has state, route and from. Packets that name a source of
 * somebody else, and APP packets above the rate, are left out and counted. */
void rtcp_compound_read (RtcpCompound *compound, const guint8 *data, gsize len);
/* Whether the route knows @ssrc as one of @from's sources, or an SR here says that it is. */
gboolean rtcp_compound_is_sender (const RtcpCompound *compound, guint32 ssrc);
/* Hands each leg what concerns it (core/rtcp/forward.c). */
void rtcp_compound_forward (const RtcpCompound *compound);
/* The name of an APP, as a number; 0: one that is for the reflector alone. */
guint32 rtcp_app_name (const RflRtcp *rtcp);

/* The SSRC under which the route knows what @from sends as @wire_ssrc. Returns: %FALSE if
 * that is somebody else's. */
gboolean rtcp_map_sender (const RflRoute *route, const RflMedium *from, guint32 wire_ssrc,
                          guint32 *ssrc);
/* What whoever is at the end of @leg calls @source: who sends it knows nothing of our alias. */
guint32 rtcp_name_for (const RflSource *source, const RflMedium *owner);
/* Whether @medium's participant called this reflector. */
gboolean rtcp_is_local (const RflMedium *medium);

/* core/rtcp/summary.c: what receivers report */
/* Takes what ends here. */
void rtcp_summary_note (const RtcpCompound *compound);
/* A linked reflector's summary of its receivers: an RR with their number behind its blocks. */
void rtcp_summary_note_link (RtcpState *state, const RflRoute *route, const RflRtcp *rtcp);
/* What receivers say of @source, as one block about it. Returns: how many they are; 0: none,
 * then @out is unchanged. */
guint rtcp_summary_make (RtcpState *state, RtcpSource *source, RflRtcpReportBlock *out);

/* core/rtcp/keyframe.c. @how: by FIR, so that FIR goes along with PLI. */
void rtcp_keyframe_request (RtcpState *state, RflSource *source, RflMedium *from, RtcpFir how);
/* What a FIR is that says to be the @seq-th of @sender. */
RtcpFir rtcp_keyframe_note_fir (RtcpState *state, RflSource *source, gconstpointer from,
                                guint32 sender, guint8 seq);
void rtcp_keyframe_init (RtcpState *state);

/* core/rtcp/bandwidth.c: takes TMMBR and REMB about what only @in's sender gets. Returns: whether @rtcp was
 * such a one */
gboolean rtcp_bandwidth_receive (RtcpState *state, const RtcpCompound *in, const RflRtcp *rtcp);

/* core/rtcp/report.c: our reports to sources */
void rtcp_report_init (RtcpState *state);

/**
 * RtcpOne:
 * @due: when it gets its next report
 * @silent_since: when it was made, or last seen to send
 * @answered: when a TMMBR was, 0: never
 * @sends: its last report was a sender's
 */
typedef struct {
  RtcpState *state;
  RflLeg *leg;
  RflTimer *timer;
  gint64 due, silent_since, answered;
  gboolean sends;
} RtcpOne;

/* core/rtcp/sender-report.c */
/* Until it is looked again whether a stream flows that has been @silent for so long, of @n_legs in the
 * session. Microseconds */
gint64 rtcp_one_look (guint n_legs, gint64 silent);
void rtcp_one_free (gpointer data);

/**
 * RtcpLoad: of RFC 3550 §6.3.1
 * @bandwidth: for all RTCP, octets a second
 * @size: of an average compound, octets
 */
typedef struct {
  guint members, senders;
  double bandwidth, size;
  gboolean sends;
} RtcpLoad;

/* Until the next report of ours, in microseconds. @random: 0 to 1 */
gint64 rtcp_interval (const RtcpLoad *load, double random);
