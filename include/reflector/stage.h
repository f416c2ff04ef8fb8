/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stages: a plugin's functions on the way of RTP packets, in the workers. A port or leg
 * compiles its stages into a flat array; what nobody uses costs nothing.
 *
 * A stage function must not block, allocate, lock, log or touch the bus or any object of
 * the main thread; it counts (rfl_counter_add_worker()) and works on what its context
 * keeps per worker. It gets a batch and skips packets whose verdict is not PASS.
 */
#pragma once

#include <reflector/address.h>
#include <reflector/types.h>

G_BEGIN_DECLS

typedef enum {
  RFL_VERDICT_PASS,
  RFL_VERDICT_DROP,    /* gone; the stage counts why */
  RFL_VERDICT_CONSUMED /* gone, and that is fine */
} RflVerdict;

/**
 * RflStage:
 * @RFL_STAGE_VALIDATE: is it well-formed, may it be here
 * @RFL_STAGE_AUTHENTICATE: who vouches for it (SRTP)
 * @RFL_STAGE_METER: how much of it is allowed
 * @RFL_STAGE_REWRITE: change it before it is routed
 * @RFL_STAGE_TAP: after its source is known, before it fans out
 * @RFL_STAGE_EGRESS: on legs only: the packet as it is about to leave on this leg
 */
typedef enum {
  RFL_STAGE_VALIDATE,
  RFL_STAGE_AUTHENTICATE,
  RFL_STAGE_METER,
  RFL_STAGE_REWRITE,
  RFL_STAGE_TAP,
  RFL_STAGE_EGRESS
} RflStage;

/**
 * RflPacket:
 * @data: writable; @size octets are there, @len of them in use
 * @ssrc, @source_id: known from TAP on; @source_id is unique while the process runs
 * @format: index in the route, from TAP on
 * @arrival: rfl_clock_now() of the batch
 * @muted: for taps: it ends after them, see rfl_medium_set_blocked()
 */
typedef struct {
  guint8 *data;
  gsize len, size;
  const RflAddress *local, *remote;
  gint64 arrival;
  guint64 source_id;
  guint32 ssrc;
  guint8 format;
  RflVerdict verdict;
  gboolean muted;
} RflPacket;

typedef void (*RflStageFunc) (RflPacket *packets, guint n, guint worker, gpointer context);

/* Number of workers; does not change from configure() on. Any thread. */
RFL_EXPORT guint rfl_path_get_n_workers (const RflPath *path);
/**
 * rfl_port_add_stage:
 * @stage: anything but RFL_STAGE_EGRESS
 * @context: must live until rfl_port_remove_stage() has returned; shared by all workers, so what
 *   changes in it is kept per worker
 *
 * Returns: an id above 0. Main thread.
 */
RFL_EXPORT guint rfl_port_add_stage (RflPort *port, RflStage stage, RflStageFunc func,
                                     gpointer context);
/* No worker runs it any more when this returns. */
RFL_EXPORT void rfl_port_remove_stage (RflPort *port, guint id);
/* As above for RFL_STAGE_EGRESS of one leg; @packets has room of 64 octets behind @len. */
RFL_EXPORT guint rfl_leg_add_stage (RflLeg *leg, RflStageFunc func, gpointer context);
RFL_EXPORT void rfl_leg_remove_stage (RflLeg *leg, guint id);

/**
 * rfl_route_add_tap:
 *
 * As RFL_STAGE_TAP of a port, for the packets of one route's sources, at whichever port they come
 * in (a link's, too): after the port's taps, before they fan out. What @func sets as verdict is not looked
 * at; it must not write to the data.
 */
RFL_EXPORT guint rfl_route_add_tap (RflRoute *route, RflStageFunc func, gpointer context);
/* No worker runs it any more when this returns. 0 is ignored. */
RFL_EXPORT void rfl_route_remove_tap (RflRoute *route, guint id);

/* (nullable): an open port by its name, for plugins that did not open it: in their start(), with
 * its owner in their `wants` or `requires`. Remove your stages in stop(). The status shows the
 * names (path.ports); those of plugin rtp are "rtp.audio", "rtp.audio-rtcp", "rtp.video" and
 * "rtp.video-rtcp". */
RFL_EXPORT RflPort *rfl_path_find_port (RflPath *path, const char *name);

G_END_DECLS
