/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines UDP_PORT, UDP_RANGE and TRAFFIC_DESCR, and the options beside them: which ports and
 * payload types each medium has, and how many may use it. Opens nothing and knows no session.
 */
#pragma once

#include <reflector/format.h>
#include <reflector/option.h>

enum {
  RTP_AUDIO,
  RTP_VIDEO,
  RTP_N_KINDS
};

/* Whoever sends in one of its media takes part; who only receives is a lurker. */
typedef enum {
  RTP_CLIENT,
  RTP_LURKER,
  RTP_N_ROLES
} RtpRole;

/**
 * RtpTraffic:
 * @limited: else every payload type is allowed
 */
typedef struct {
  gboolean limited;
  gboolean allowed[128];
} RtpTraffic;

/**
 * RtpPortUse:
 * @second_rtp, @second_rtcp: 0: none
 * @max: how many of each role; -1: no limit of its own
 */
typedef struct {
  guint16 rtp, rtcp;
  guint16 second_rtp, second_rtcp;
  gint64 max[RTP_N_ROLES];
  RtpTraffic traffic;
} RtpPortUse;

/* Members of the options udp_ports, udp_ranges and traffic. */
extern const RflOption rtp_port_members[], rtp_range_members[], rtp_traffic_members[];

/* Reads all of it for audio and video. */
gboolean rtp_ports_read (const RflSettings *settings, RtpPortUse uses[RTP_N_KINDS], GError **error);

/* traffic.c */
gboolean rtp_traffic_read (const RflSettings *settings, RtpPortUse uses[RTP_N_KINDS],
                           GError **error);
/* Whether an offer's format may be taken. */
gboolean rtp_traffic_allows (const RtpTraffic *traffic, const RflFormat *format);
/* Whether this side may offer something with this number. */
gboolean rtp_traffic_allows_number (const RtpTraffic *traffic, guint8 pt);
/* One bit for each medium that @text names, or 0. */
guint rtp_media_from_text (const char *text);
