/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A worker's own copies of ports, flows, sources, routes and legs. Not the objects of the main thread: path-private.h.
 *
 * Copies are allocated by the main thread and filled in before a message hands them over; from then on
 * only the worker writes to them, until it has acknowledged their removal. Statistics in
 * them are written with relaxed atomics, so that the main thread may read along.
 */
#pragma once

#include "core/path/message.h"
#include "core/path/mix.h"
#include "core/path/one.h"
#include "core/path/park.h"
#include "core/path/reception.h"
#include "core/path/transport.h"
#include "core/path/window.h"

#define WORKER_MAX_SOCKETS 8

typedef struct _WorkerPort WorkerPort;
typedef struct _WorkerFlow WorkerFlow;
typedef struct _WorkerRoute WorkerRoute;
typedef struct _WorkerSource WorkerSource;
typedef struct _WorkerLeg WorkerLeg;

/* Adds to a value that only this thread writes and the main thread reads. */
#define STAT_ADD(var, n) __atomic_store_n (&(var), (var) + (n), __ATOMIC_RELAXED)
#define STAT_SET(var, value) __atomic_store_n (&(var), (value), __ATOMIC_RELAXED)
#define STAT_GET(var) __atomic_load_n (&(var), __ATOMIC_RELAXED)

typedef struct {
  WorkerPort *port;
  RflTransportSocket *socket;
  RflAddress bound;
} WorkerSocket;

struct _WorkerPort {
  RflPort *main; /* to name it to the main thread only */
  guint n_sockets;
  WorkerSocket sockets[WORKER_MAX_SOCKETS];
  GHashTable *flows; /* RflAddress -> WorkerFlow */
  const StageArray *stages;
  gboolean wants_other, wants_unmapped;
};

struct _WorkerFlow {
  RflAddress remote;
  WorkerPort *port;
  gint64 last_seen; /* shared */
  TokenBucket asking;
};

struct _WorkerSource {
  guint64 id;
  WorkerFlow *flow;
  WorkerRoute *route;
  gconstpointer owner; /* to compare only */
  gboolean local;      /* the owner called this reflector */
  guint32 ssrc, wire_ssrc;
  const RflPtMap *map;
  guint64 asked_pt
      [2]; /* bits of payload types that @map does not have and the main thread was told of */
  SourceLabel *labels;
  guint n_labels;
  guint index;       /* in the route's sources */
  guint8 level;      /* number of its audio levels, 0: not known */
  gboolean muted;    /* its packets end after the taps */
  gboolean windowed; /* each sequence number passes once */
  SequenceWindow window;
  OneUnit *unit;        /* of video, else %NULL */
  gint64 asked;         /* for a keyframe, by this worker */
  RflSourceStats stats; /* shared */
  Reception reception;  /* shared */
};

/* What fan-out needs of a leg, close together. */
typedef struct _LegEntry {
  RflAddress remote, local;
  WorkerSocket *socket;
  gconstpointer owner;
  WorkerLeg *leg;
  gboolean local_only, blocked;
} LegEntry;

typedef struct {
  LegEntry *entries;
  guint n, size;
} LegList;

/* The legs of RFL_LEG_MIX that hang on one feed, this worker's. */
typedef struct {
  guint64 id;
  LegList legs;
} WorkerFeed;

/* Plain legs with one table of payload types and one number for levels: they share each packet's header. */
typedef struct {
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  guint8 level;
  LegList legs;
} LegVariant;

/* The legs of a route that are served on the same occasion. */
typedef struct {
  GPtrArray *variants; /* LegVariant */
  LegList special;     /* with labels or EGRESS stages: a header each */
} LegGroup;

#define ROUTE_MAX_WORKERS 64

struct _WorkerRoute {
  LegGroup common;        /* served by whoever received the packet */
  LegGroup owned;         /* this worker's share of a large route */
  LegList ones;           /* RFL_LEG_ONE, this worker's */
  const StageArray *taps; /* %NULL: nobody taps it */
  GPtrArray *sources;
  guint64 relay_mask; /* other workers that own legs */
  guint n_owned[ROUTE_MAX_WORKERS];
  guint32 rate[RFL_ROUTE_MAX_FORMATS];
  WireVideoCodec codec[RFL_ROUTE_MAX_FORMATS];
  guint
      companions; /* bits of formats that only go with a codec: their timestamps may stand still */
  gboolean video;
};

#define OWNER_ANY (-1)

struct _WorkerLeg {
  guint64 id;
  WorkerRoute *route;
  WorkerPort *port;
  gint owner_worker; /* OWNER_ANY: whoever receives */
  RflLegMode mode;
  RflLegFlags flags;
  gconstpointer owner;
  gboolean active, blocked;
  RflAddress remote, local;
  LegVariant *variant; /* where the entry is, while active */
  LegList *list;
  guint index;
  WorkerFeed *feed; /* of RFL_LEG_MIX, else %NULL */
  OneState one;
  /* what each packet needs, on as few cache lines as can be */
  _Alignas(RFL_CACHE_LINE) const StageArray *stages;
  guint8 pt[RFL_ROUTE_MAX_FORMATS];
  guint8 level; /* number, RFL_LEVEL_AS_IS or RFL_LEVEL_NONE */
  MixState mix;
  RflLegStats stats; /* shared */
};
