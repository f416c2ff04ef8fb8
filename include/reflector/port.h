/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ports and flows: where packets come in, and to whom a remote address belongs. Only
 * the path's workers bind media ports; each has its own socket on every port
 * (SO_REUSEPORT), and everybody else sends through them. Not for where packets go: see
 * route.h.
 *
 * All functions here are for the main thread. A worker that cannot resolve an RTP packet
 * (no flow for its address, or no source for its SSRC on that flow) parks it, up to 64
 * packets and 200 ms per (address, SSRC), and asks the port's `unknown`. Whoever answers
 * makes the flow or source and then calls rfl_port_release(): what was parked is handled
 * in order before anything newer. RTCP always goes to the main thread, in bounded queues,
 * known flows apart from strangers.
 */
#pragma once

#include <reflector/address.h>
#include <reflector/types.h>

G_BEGIN_DECLS

/* 200 ms */
#define RFL_PARK_TIME (200 * G_TIME_SPAN_MILLISECOND)
#define RFL_PARK_PACKETS 64

/**
 * RflArrival:
 *
 * One packet on its way to the main thread; valid during the call only.
 *
 * @local: the address it was sent to, with the port
 * @flow: the flow it belongs to, or %NULL
 * @ssrc: of RTP; 0 for other classes
 * @ticket: what is parked under it; 0 if nothing is (RTCP and others)
 */
typedef struct {
  RflPort *port;
  RflAddress local, remote;
  RflFlow *flow;
  guint32 ssrc;
  guint64 ticket;
  const guint8 *data;
  gsize len;
} RflArrival;

typedef void (*RflArrivalFunc) (const RflArrival *arrival, gpointer user_data);

/**
 * RflPortSpec:
 * @name: for log, status and counters ("rtp.audio"); copied
 * @port: UDP port, above 0
 * @addresses: (nullable): %NULL-terminated numeric addresses to bind; %NULL: all of IPv4
 *   and of IPv6
 * @unknown: an RTP packet without flow or source
 * @rtcp: an RTCP packet (by RFC 5761 §4, on whatever port)
 * @other: (nullable): STUN and the like; %NULL: dropped and counted
 * @unmapped: (nullable): the first packet of a source with a payload type that its map does not have.
 *   rfl_source_set_map() may give it a meaning; what is parked meanwhile is released afterwards. %NULL: such packets
 *   are dropped and counted, as all later ones are
 */
typedef struct {
  const char *name;
  guint16 port;
  const char *const *addresses;
  RflArrivalFunc unknown, rtcp, other;
  gpointer user_data;
  RflArrivalFunc unmapped;
} RflPortSpec;

/* Binds in every worker, and a lock file keeps a second daemon off the port.
 * Returns: (transfer full): %NULL with RFL_ERROR_IO, then nothing is bound. */
RFL_EXPORT RflPort *rfl_port_open (RflPath *path, const RflPortSpec *spec, GError **error);
/* No callback of it runs any more; its flows must be gone. %NULL is allowed. */
RFL_EXPORT void rfl_port_close (RflPort *port);
RFL_EXPORT guint16 rfl_port_get_number (const RflPort *port);
/* Sends one datagram from the port, now, from the main thread. @local: the source address
 * to use, family 0: the kernel's choice. Returns: whether the kernel took it (counted). */
RFL_EXPORT gboolean rfl_port_send (RflPort *port, const RflAddress *local, const RflAddress *remote,
                                   const guint8 *data, gsize len);
/* Hands what is parked under @ticket to the flow and source that now exist. An expired
 * ticket is ignored. */
RFL_EXPORT void rfl_port_release (RflPort *port, guint64 ticket);
/* Throws it away; the next packet asks again, but not within 100 ms. */
RFL_EXPORT void rfl_port_discard (RflPort *port, guint64 ticket);

/**
 * RflPtMap:
 *
 * From a sender's payload type numbers to the route's format indices: index[pt], or
 * %RFL_PT_NONE for what is dropped (and counted).
 */
typedef struct {
  guint8 index[128];
} RflPtMap;

/**
 * rfl_flow_new:
 *
 * From now on packets from @remote on @port belong together. @local with family 0 matches
 * any local address; so does its port. Flows of a port differ in @remote.
 *
 * Returns: (transfer full): %NULL if @remote has a flow on @port already.
 */
RFL_EXPORT RflFlow *rfl_flow_new (RflPort *port, const RflAddress *remote, gpointer user_data);
/* Its sources must be gone. Freed when no worker uses it. %NULL is allowed. */
RFL_EXPORT void rfl_flow_free (RflFlow *flow);
RFL_EXPORT gpointer rfl_flow_get_user_data (const RflFlow *flow);
RFL_EXPORT RflPort *rfl_flow_get_port (const RflFlow *flow);
RFL_EXPORT const RflAddress *rfl_flow_get_remote (const RflFlow *flow);
/* (nullable): the flow of @remote on @port */
RFL_EXPORT RflFlow *rfl_port_find_flow (RflPort *port, const RflAddress *remote);
/* When its last packet came (rfl_clock_now()), 0 if none did. Summed over workers. */
RFL_EXPORT gint64 rfl_flow_last_seen (const RflFlow *flow);

G_END_DECLS
