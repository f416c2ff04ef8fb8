/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the main thread and the workers tell each other, and the workers among themselves, through rings. Not what
 * becomes of it: state.c, state-route.c, upcall.c, relay.c.
 */
#pragma once

#include "core/path/buffer.h"
#include "core/path/ring.h"
#include <reflector/route.h>
#include <reflector/stage.h>

/* Stages of a port or leg, or the taps of a route, in order; made by the main thread, replaced as a whole. */
typedef struct {
  guint n_before; /* run before the source is known; the rest are TAP or EGRESS */
  guint n;
  struct {
    RflStageFunc func;
    gpointer context;
  } stage[];
} StageArray;

typedef struct {
  guint64 leg;
  guint32 ssrc;
} SourceLabel;

/* ---- messages from the main thread ---- */

typedef enum {
  MESSAGE_NONE,
  MESSAGE_PORT_ADD,
  MESSAGE_PORT_REMOVE,
  MESSAGE_PORT_STAGES,
  MESSAGE_FLOW_ADD,
  MESSAGE_FLOW_REMOVE,
  MESSAGE_ROUTE_FORMATS,
  MESSAGE_ROUTE_TAPS,
  MESSAGE_SOURCE_ADD,
  MESSAGE_SOURCE_REMOVE,
  MESSAGE_SOURCE_MAP,
  MESSAGE_SOURCE_FLOW,
  MESSAGE_SOURCE_LABEL,
  MESSAGE_SOURCE_MUTED,
  MESSAGE_SOURCE_LEVEL,
  MESSAGE_LEG_ADD,
  MESSAGE_LEG_REMOVE,
  MESSAGE_LEG_REMOTE,
  MESSAGE_LEG_PT,
  MESSAGE_LEG_ACTIVE,
  MESSAGE_LEG_BLOCKED,
  MESSAGE_LEG_STAGES,
  MESSAGE_LEG_FOLLOW,
  MESSAGE_LEG_LIMIT,
  MESSAGE_LEG_LEVEL,
  MESSAGE_FEED_ADD,
  MESSAGE_FEED_REMOVE,
  MESSAGE_FEEDER_ADD,
  MESSAGE_FEEDER_REMOVE,
  MESSAGE_RELEASE,
  MESSAGE_DISCARD,
  N_MESSAGES
} MessageType;

/**
 * Message:
 * @seq: of what went to all workers, in the same order
 * @object, @other: copies of the worker that gets it
 */
typedef struct {
  MessageType type;
  guint64 seq;
  gpointer object, other;
  union {
    struct {
      RflAddress local, remote;
    } address;
    guint8 pt[RFL_ROUTE_MAX_FORMATS];
    struct {
      guint32 rate[RFL_ROUTE_MAX_FORMATS];
      guint8 codec[RFL_ROUTE_MAX_FORMATS]; /* WireVideoCodec */
      guint companions;
    } formats;
    const RflPtMap *map;
    const StageArray *stages;
    SourceLabel label;
    guint64 ticket;
    gboolean active;
    guint8 level;
    struct {
      guint bits, overhead;
    } limit;
  };
} Message;

/* ---- to the main thread ---- */

typedef enum {
  UPCALL_UNKNOWN,
  UPCALL_RTCP,
  UPCALL_OTHER,
  UPCALL_KEYFRAME
} UpcallType;

/* @buffer: a reference, except for UPCALL_KEYFRAME */
typedef struct {
  UpcallType type;
  RflPort *port;
  RflBuffer *buffer;
  guint64 ticket, source_id;
} Upcall;

/* ---- from worker to worker ---- */

/* @seq: of the messages that the sender had seen: the receiver waits until it has too */
typedef struct {
  RflBuffer *buffer;
  guint64 source_id, seq;
} Relayed;
