/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The packet path as the main thread sees it: the objects behind port.h, route.h and stage.h,
 * and how changes of them reach the workers. Workers see copies only: worker.h.
 */
#pragma once

#include "core/core-private.h"
#include "core/path/worker.h"
#include <reflector/log.h>

#define PATH_MAX_WORKERS RFL_MAX_WORKERS
/* Legs of a route beyond so many are shared out among the workers. */
#define PATH_SHARD_LEGS 256

/* Frames that may wait for one worker, at most. */
#define FEEDER_MAX_CAPACITY 65536

/* One copy of an object per worker, none sharing a cache line with another's. */
typedef struct {
  gpointer block;
  gsize stride;
} Copies;

/* What path_watch_start() looks at. */
#define PATH_N_WATCHED 5

struct _RflPath {
  RflCore *core;
  RflTransport *transport;
  RflWorker **workers;
  guint n_workers;
  gboolean manual, running;
  guint64 seq; /* of the last message to all workers */
  guint64 next_id;
  guint next_stage;
  GPtrArray *ports;
  GPtrArray *routes;
  GPtrArray *feeders;
  guint n_owned[PATH_MAX_WORKERS]; /* legs of all routes */
  GHashTable *source_by_id;
  GQueue limbo; /* what is freed when every worker has let go */
  gint want_ack;
  gint woken, wake_fd;
  GSource *wake_source;
  RflTimer *watchdog;
  RflLogLimit watchdog_limit;
  ParkRates rates;
  RflTimer *watch;
  RflLogLimit watch_limit;
  guint64 watched[PATH_N_WATCHED];
  RflCounter *counters[N_COUNTS];
  RflCounter *main_sent, *main_failed, *stalls;
};

struct _RflPort {
  RflPath *path;
  char *name;
  guint16 number;
  RflArrivalFunc unknown, rtcp, other, unmapped;
  gpointer user_data;
  gboolean closed;
  GArray *locks; /* of the transport, one for each address */
  guint n_sockets;
  RflAddress bound[WORKER_MAX_SOCKETS];
  RflTransportSocket *sockets[PATH_MAX_WORKERS][WORKER_MAX_SOCKETS];
  GHashTable *flows; /* RflAddress -> RflFlow */
  GArray *stages;    /* StageEntry */
  StageArray *compiled;
  Copies copies; /* WorkerPort */
};

struct _RflFlow {
  RflPort *port;
  RflAddress remote;
  gpointer user_data;
  GHashTable *sources; /* wire SSRC -> RflSource */
  Copies copies;       /* WorkerFlow */
};

typedef struct {
  RflRoute public;
  RflPath *path;
  GHashTable *by_ssrc; /* SSRC -> RflSource */
  GPtrArray *aliases;  /* RflSource of participants here whose SSRC was taken */
  GArray *taps;        /* StageEntry */
  StageArray *compiled;
  guint n_feeds;
  guint n_common;
  guint n_owned[PATH_MAX_WORKERS];
  Copies copies; /* WorkerRoute */
} PathRoute;

typedef struct {
  RflSource public;
  RflPath *path;
  guint64 id;
  RflPtMap *map;
  gboolean vanished, muted;
  Copies copies; /* WorkerSource */
} PathSource;

struct _RflLeg {
  RflRoute *route;
  RflPath *path;
  guint64 id;
  RflMedium *owner;
  RflPort *port;
  RflLegMode mode;
  RflLegFlags flags;
  const RflLegOps *ops;
  gpointer user_data;
  gint owner_worker;
  RflFeed *feed; /* of RFL_LEG_MIX, else %NULL */
  gboolean active, blocked;
  gboolean reduced_rtcp;
  guint8 level;
  const RflSource *followed;         /* by rfl_leg_follow() */
  guint bandwidth;                   /* by rfl_leg_set_bandwidth() */
  guint asked_bandwidth, asked_over; /* by its receiver */
  GArray *stages;                    /* StageEntry */
  StageArray *compiled;
  Copies copies; /* WorkerLeg */
};

/**
 * RflFeed:
 * @seq: of the message that told the workers of it
 * @workers: (shared) bits of those that own legs of it
 */
struct _RflFeed {
  PathRoute *route;
  RflPath *path;
  guint64 id, seq;
  guint clock_rate;
  guint n_legs, n_owned[PATH_MAX_WORKERS];
  guint64 workers;
  Copies copies; /* WorkerFeed */
};

/**
 * RflFeeder:
 * @pool: its thread's
 * @pending: its thread's: bits of workers that have got something since the last flush
 */
struct _RflFeeder {
  RflPath *path;
  guint capacity;
  Copies copies; /* WorkerFeeder */
  RflBufferPool pool;
  guint64 pending;
};

typedef struct {
  guint id;
  RflStage stage;
  RflStageFunc func;
  gpointer context;
} StageEntry;

/* ---- path.c ---- */
void path_ensure_workers (RflPath *path);
void copies_init (Copies *copies, RflPath *path, gsize size);
void copies_clear (Copies *copies);
static inline gpointer
copies_get (const Copies *copies, guint worker)
{
  return (guint8 *) copies->block + copies->stride * worker;
}
/* Sends @message to each worker with its copies of @object and @other (nullable). */
void path_post (RflPath *path, Message *message, const Copies *object, const Copies *other);
void path_post_to (RflPath *path, guint worker, Message *message, const Copies *object);
/* Calls @destroy when every worker has handled all that was posted so far. */
void path_retire (RflPath *path, gpointer data, GDestroyNotify destroy);
/* Returns when every worker has handled all that was posted so far. */
void path_sync (RflPath *path);

/* ---- upcall.c ---- */
gboolean path_upcalls_start (RflPath *path, GError **error);
void path_upcalls_stop (RflPath *path);
/* Any thread: has path_dispatch() run on the main thread. */
void path_wake_main (RflPath *path);
/* Handles what the workers have to tell, then frees what they have let go of. */
guint path_dispatch (RflPath *path);
/* path.c: messages that did not fit, and what may be freed by now */
guint path_flush_overflow (RflPath *path);
guint64 path_min_done (RflPath *path);
guint path_collect (RflPath *path, guint64 done);

/* ---- port.c, flow.c, source.c, leg.c ---- */
void port_free (gpointer port);
/* Legs that still send from @port fall silent for good. */
void leg_lose_port (RflPath *path, const RflPort *port);
/* It gets nothing but what passes a block. */
void leg_block (RflLeg *leg, gboolean blocked);
/* Its packets end after the taps. */
void source_mute (RflSource *source, gboolean muted);
void source_forget_leg (RflRoute *route, const RflLeg *leg);
/* Legs that were to follow @source do as they like. */
void leg_forget_source (const RflSource *source);

/* ---- feed.c ---- */
/* @worker owns one leg of @feed more or less. */
void feed_count_leg (RflFeed *feed, guint worker, gint change);

/* ---- stage.c ---- */
/* (transfer full) (nullable): the stages of @entries in order; %NULL when there are none */
StageArray *stage_compile (const GArray *entries);

/* watch.c: log lines for limits that workers meet */
void path_watch_start (RflPath *path);
void path_watch_stop (RflPath *path);
