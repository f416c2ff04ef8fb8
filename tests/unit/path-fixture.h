/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the packet path's unit tests share: a core on a network in memory with manual workers, a
 * clock moved by hand, one port, participants without protocol, and RTP packets. Not for tests
 * with threads or sockets.
 */
#pragma once

#include "core/core-private.h"
#include "tests/helpers/memory-transport.h"
#include <reflector/rtp.h>

#define HOST "10.0.0.1"
#define PORT "10.0.0.1:5566"

typedef struct {
  TestNetwork *net;
  RflClock *clock;
  RflCore *core;
  RflPath *path;
  RflPort *port;
  GPtrArray *participants;
  GPtrArray *flows, *sources, *legs; /* freed with the fixture */
  /* what the port asked */
  guint n_unknown, n_unmapped, n_rtcp, n_other;
  GArray *tickets; /* guint64 */
  RflArrival last;
  void (*on_unknown) (gpointer fixture, const RflArrival *arrival);
  void (*on_unmapped) (gpointer fixture, const RflArrival *arrival);
} Fixture;

Fixture *fixture_new (guint n_workers);
void fixture_free (Fixture *f);
/* A participant of @session with one medium of @kind; @origin: %NULL for a local one. */
RflMedium *fixture_join (Fixture *f, const char *session, const char *name, const char *origin,
                         const char *kind);
/* The route of @medium's session and kind, with PCMU and telephone-event or VP8. */
RflRoute *fixture_route (RflMedium *medium);
/* The caller's to free. */
RflFlow *fixture_flow (Fixture *f, const char *remote);
RflSource *fixture_source (RflMedium *medium, RflFlow *flow, guint32 wire_ssrc, guint32 ssrc);
RflLegSpec fixture_leg_spec (Fixture *f, RflMedium *medium, const char *remote);
/* The same, freed with the fixture. */
RflFlow *fixture_add_flow (Fixture *f, const char *remote);
RflSource *fixture_add_source (Fixture *f, RflMedium *medium, RflFlow *flow, guint32 wire_ssrc,
                               guint32 ssrc);
RflLeg *fixture_add_leg (Fixture *f, RflMedium *medium, const char *remote);
RflLeg *fixture_add_leg_spec (Fixture *f, const RflLegSpec *spec);
/* Before its time. */
void fixture_drop_flow (Fixture *f, RflFlow *flow);
void fixture_drop_source (Fixture *f, RflSource *source);
void fixture_drop_leg (Fixture *f, RflLeg *leg);

/* An RTP packet with @len octets of payload; PCMU is 0, telephone-event 101, VP8 96. */
typedef struct {
  guint8 data[4096];
  gsize len;
} TestRtp;
TestRtp test_rtp (guint8 pt, guint16 seq, guint32 timestamp, guint32 ssrc, gsize len);
void fixture_inject (Fixture *f, const char *from, const TestRtp *rtp);
/* Injects, steps. As VP8 it is a keyframe of one packet. */
void fixture_send (Fixture *f, const char *from, guint8 pt, guint16 seq, guint32 timestamp,
                   guint32 ssrc);
void fixture_step (Fixture *f);
guint64 fixture_count (Fixture *f, const char *counter);
/* What went to @to since the last call of test_network_take_sent(), parsed. */
guint sent_to (GPtrArray *sent, const char *to, RflRtp *out, guint max);
