/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A latch with a clock that is moved by hand, and nothing else of the plugin. Addresses in the
 * tests: 203.0.113.9 is a NAT with clients 10.0.0.x behind it, 203.0.113.1 and .2 are hosts,
 * 198.51.100.66 is a stranger.
 */
#pragma once

#include "plugins/rtp/latch.h"

#define SECOND G_TIME_SPAN_SECOND

typedef struct {
  RtpLatch *latch;
  gint64 now;
} Fixture;

/* What the path would know of a claim's stream. */
typedef struct {
  const char *name;
  guint32 ssrc;
  guint16 seq;
  gint64 seen;
} Owner;

typedef struct {
  const char *name;
  void (*func) (Fixture *f, gconstpointer unused);
} LatchTest;

int run_tests (int argc, char **argv, const LatchTest *tests, guint n);

RflAddress at (const char *ip, guint16 port);
/* Before the answer. @ssrc 0: none announced */
RtpClaim *waiting (Fixture *f, Owner *owner, const char *signalling, const char *sdp_ip,
                   guint16 port, guint32 ssrc);
/* After it. */
RtpClaim *claim (Fixture *f, Owner *owner, const char *signalling, const char *sdp_ip, guint16 port,
                 guint32 ssrc);
/* @out: (out) (nullable): whose packet it is, if anybody's */
RtpVerdict rtp (Fixture *f, const char *ip, guint16 port, guint32 ssrc, guint16 seq,
                RtpClaim **out);
RtpVerdict rtcp (Fixture *f, const char *ip, guint16 port, guint32 ssrc, const char *cname,
                 RtpClaim **out);
/* @expected: "nowhere" if nothing may be sent yet */
void assert_target (const RtpClaim *c, gboolean of_rtcp, const char *expected);
