/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One worker of the packet path: what it has, and what it does with packets. All of it belongs to the worker's
 * thread, except the rings and what is marked. Not what its copies of things look like: copies.h.
 */
#pragma once

#include "core/path/copies.h"
#include "core/path/sendqueue.h"

#define WORKER_BATCH 32
#define WORKER_BUFFERS 8192
#define WORKER_RELAY_RING 1024

typedef struct _RflWorker RflWorker;

/* Counters of the path; each worker adds to its own part. */
typedef enum {
  COUNT_RECEIVED,
  COUNT_TRUNCATED,
  COUNT_MALFORMED,
  COUNT_STAGE_DROPPED,
  COUNT_OTHER_DROPPED,
  COUNT_PARKED,
  COUNT_PARK_OVERFLOW,
  COUNT_PARK_REFUSED,
  COUNT_PARK_EXPIRED,
  COUNT_PARK_DISCARDED,
  COUNT_STRANGERS_LIMITED,
  COUNT_UNKNOWN_LIMITED,
  COUNT_UPCALLS_DROPPED,
  COUNT_PT_REFUSED,
  COUNT_DOUBLE,
  COUNT_STRAY,
  COUNT_MUTED,
  COUNT_LEG_FORMAT_MISSING,
  COUNT_SENT,
  COUNT_WOULD_BLOCK,
  COUNT_SEND_FAILED,
  COUNT_GSO_MESSAGES,
  COUNT_RELAY_DROPPED,
  COUNT_LEFT_OUT,
  COUNT_FRAMES_DROPPED,
  COUNT_FRAMES_REFUSED,
  N_COUNTS
} CountType;

/**
 * RflWorker:
 * @mailbox, @overflow: messages; what the ring does not hold waits in @overflow on the main side
 * @done: (shared) seq of the last message handled
 * @known, @strangers: upcalls
 * @relay: per other worker, what it hands to this one
 */
struct _RflWorker {
  RflPath *path;
  guint index;
  RflClock *clock;
  RflTransport *transport;

  RflRing mailbox;
  GQueue overflow;
  guint64 done;
  gint woken;
  gint wake_fd, epoll_fd;
  gint stopping;
  GThread *thread;
  guint64 watched_done; /* main: the watchdog's */
  gint64 watched_since;

  RflRing known, strangers;
  RflRing *relay;

  guint64 seq; /* as @done, the worker's own */
  GPtrArray *ports;
  GHashTable *sources;      /* (flow, SSRC) -> WorkerSource */
  GHashTable *source_by_id; /* id -> WorkerSource */
  GHashTable *feeds;        /* id -> WorkerFeed */
  GPtrArray *feeders;       /* WorkerFeeder */
  Park park;
  RflBufferPool pool;

  RflReceived received[WORKER_BATCH];
  RflBuffer *slots[WORKER_BATCH];
  RflBuffer *batch[WORKER_BATCH];
  WorkerSource *batch_source[WORKER_BATCH];
  RflPacket packets[WORKER_BATCH];
  guint n_batch;
  SendQueue send;
  gint64 now;

  guint64 n_packets, n_batches; /* shared */
};

/* worker.c: main thread */
RflWorker *worker_new (RflPath *path, guint index, guint n_workers);
void worker_free (RflWorker *w);
gboolean worker_start (RflWorker *w, GError **error);
void worker_stop (RflWorker *w);
/* any thread */
void worker_wake (RflWorker *w);
/* One round: messages, relayed packets, expiry, and with @receive what is in the sockets.
 * Returns: how many things were done. */
guint worker_turn (RflWorker *w, gboolean receive);
void worker_count (RflWorker *w, CountType type, guint64 n);

/* state.c: carries out messages. Returns: how many */
guint worker_handle_mailbox (RflWorker *w);
/* state-route.c: those about routes, sources and legs; %NULL: it is about something else */
typedef void (*MessageFunc) (RflWorker *w, const Message *m);
MessageFunc state_find_route_handler (MessageType type);
void worker_state_init (RflWorker *w);
void worker_state_clear (RflWorker *w);
WorkerSource *worker_find_source (RflWorker *w, const WorkerFlow *flow, guint32 wire_ssrc);
WorkerSource *worker_find_source_by_id (RflWorker *w, guint64 id);

/* leglist.c */
void leg_attach (RflWorker *w, WorkerLeg *leg);
void leg_detach (RflWorker *w, WorkerLeg *leg);
void leg_group_init (LegGroup *group);
void leg_group_clear (LegGroup *group);

/* receive.c: one batch of one socket. Returns: how many packets came */
guint worker_receive (RflWorker *w, WorkerSocket *socket);
/* Hands on what is parked in @entry if its source is known; else counts it as @otherwise. */
void worker_unpark (RflWorker *w, ParkEntry *entry, CountType otherwise);
void worker_drop_parked (RflWorker *w, RflBuffer *list, CountType why);

/* upcall.c, worker's side. Takes a reference to @buffer. */
gboolean worker_upcall (RflWorker *w, gboolean known, const Upcall *upcall);

/* fanout.c: @run: packets of @source, in order */
void worker_fanout (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n);
/* What another worker handed over: the legs that this worker owns. */
void worker_fanout_owned (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n);
/* Sends @p, one packet in each parcel, through the leg's EGRESS stages. */
void worker_send_staged (RflWorker *w, WorkerSource *source, const LegEntry *entry,
                         const Parcels *p, gint64 arrival);
/* The EGRESS stages of the leg over @copies. Returns: how many pass; they stand first, in order */
guint worker_run_egress (RflWorker *w, guint64 source_id, const LegEntry *entry, RflBuffer **copies,
                         guint n, gint64 arrival);
/* level.c */
#define RTP_EXTENSION_BIT 0x10
#define LEVEL_BLOCK 8
/* Whether @b of @source has levels that a leg with @number gets otherwise, or not at all. */
static inline gboolean
level_differs (const WorkerSource *source, guint8 number, const RflBuffer *b)
{
  return source->level != 0 && number != RFL_LEVEL_AS_IS && number != source->level
         && (b->data[0] & RTP_EXTENSION_BIT) != 0;
}
/* What then stands in the place of @b's extension; @head: from parcels_new_head() */
void level_rewrite (const WorkerSource *source, guint8 number, const RflBuffer *b, guint8 *head,
                    ParcelPatch *out);
/* mix.c: what feeders have handed over. Returns: how many frames */
guint worker_take_frames (RflWorker *w);
/* one.c */
void worker_serve_ones (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n);
void one_forget_source (RflWorker *w, const WorkerSource *source);
/* @leg carries nothing and waits for nobody. */
void one_forget (RflWorker *w, WorkerLeg *leg);
void one_leave_out (WorkerLeg *leg, const RflBuffer *b);
/* Whether @leg's bandwidth has no room for the frame that @b is of; then it is left out. */
gboolean one_spares (RflWorker *w, WorkerLeg *leg, const RflBuffer *b, const WireVideo *video);
gboolean one_may_get (const LegEntry *entry, const WorkerSource *source);
void one_send (RflWorker *w, WorkerSource *source, const LegEntry *entry, Parcels *p,
               gint64 arrival);
/* one-video.c */
/* For whose keyframe @leg waits; %NULL: nobody's. */
void one_wait (RflWorker *w, WorkerLeg *leg, WorkerSource *source);
void one_video_serve (const OneRun *plain);
/* relay.c */
void worker_relay (RflWorker *w, WorkerSource *source, RflBuffer *const *run, guint n);
guint worker_take_relayed (RflWorker *w);
