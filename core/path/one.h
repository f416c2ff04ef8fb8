/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a leg of RFL_LEG_ONE keeps, and what its files share. All of it belongs to the worker that
 * owns the leg. Not for anybody but core/path/one*.c, except for what leg and source carry.
 */
#pragma once

#include "core/path/buffer.h"
#include "core/path/numbers.h"
#include "core/path/sendqueue.h"
#include "core/wire/video.h"

struct _RflWorker;
struct _WorkerSource;
struct _WorkerLeg;
struct _WorkerRoute;

/**
 * OnePictures: (one-picture.c)
 * @id: picture ids; @id_out: of the last frame
 * @tl0_delta, @key_delta: what is added to TL0PICIDX and KEYIDX; @tl0_out, @key_out: the last ones
 * @begun: numbers of the present source have been seen
 */
typedef struct {
  Numbers id;
  gboolean begun;
  guint16 id_out;
  guint8 tl0_delta, tl0_out, key_delta, key_out;
} OnePictures;

#define ONE_FATES 8

/* What was decided about a frame, for all its packets. @promised: its parameter sets went out, so it does
 * if it turns out to be a keyframe */
typedef struct {
  guint32 timestamp;
  gboolean takes, promised;
} OneFate;

/**
 * OneBudget: (one-budget.c)
 * @limit: bits a second, 0: none; @overhead: octets of each packet that count besides
 * @tokens: bits that may go out, negative: that went out too early; as of @filled
 * @broken: a frame that others depend on was left out: nothing goes out until a keyframe does
 * @top: temporal layers up to this one go out
 * @fates: of the last frames, in the source's timestamps
 */
typedef struct {
  guint limit, overhead;
  gint64 tokens, filled;
  gboolean broken;
  guint8 top;
  guint n_fates;
  OneFate fates[ONE_FATES];
} OneBudget;

/**
 * OneState:
 * @current: what it carries; @wanted: what rfl_leg_follow() said; @waiting: whose keyframe it waits for
 * @heard, @waiting_heard: arrival of the last packet of @current, of @waiting; @waiting_since: its first
 * @skip: packets of the present run that are done with
 * @frame_open: the last packet of the frame in @out_ts has not gone out
 * @strays: packets in a row with numbers that do not continue; @stray: the last of them
 * @out_time: when the first packet with @out_ts arrived
 */
typedef struct {
  struct _WorkerSource *current, *wanted, *waiting;
  gint64 heard, waiting_heard, waiting_since;
  guint skip;
  gboolean started, frame_open;
  guint strays;
  guint16 stray;
  guint32 ssrc;
  Numbers seq;
  guint16 out_seq;
  guint32 ts_delta, out_ts;
  gint64 out_time;
  OnePictures pictures;
  OneBudget budget;
} OneState;

#define ONE_UNIT_MAX 64

/**
 * OneUnit:
 * @packets: of the newest frame of a source that is waited for, in order; once @ready what follows, too
 * @ready: a decoder can begin with the first one
 * @n_waiting: legs; what is kept is let go when there are none
 * @bare_since: when a keyframe without parameter sets came first, 0: never
 */
typedef struct {
  guint n, n_waiting;
  gboolean ready;
  gint64 ready_at, bare_since;
  struct {
    RflBuffer *buffer;
    WireVideo video;
  } packets[ONE_UNIT_MAX];
} OneUnit;

/* ---- one-unit.c ---- */
/* Takes a reference to @buffer. Returns: whether @unit is ready */
gboolean one_unit_add (struct _RflWorker *w, OneUnit *unit, RflBuffer *buffer,
                       const WireVideo *video);
/* Whether something has come with which a decoder may be able to begin. */
gboolean one_unit_has_begun (const OneUnit *unit);
void one_unit_clear (struct _RflWorker *w, OneUnit *unit);

/* ---- one-picture.c ---- */
#define ONE_PATCH_MAX 8
/* Writes what @video's numbers become into @patch. @len: (out): octets of @payload that it replaces.
 * Returns: its size, 0: @payload stays as it is */
gsize one_pictures_write (OnePictures *pictures, WireVideoCodec codec, const WireVideo *video,
                          const guint8 *payload, guint8 *patch, gsize *len);

/* A frame that has @video's numbers is left out: what follows counts on without it. */
void one_pictures_leave_out (OnePictures *pictures, WireVideoCodec codec, const WireVideo *video,
                             const guint8 *payload);

/* ---- one-budget.c ---- */
typedef enum {
  ONE_TAKES,
  ONE_LEAVES_OUT,
  ONE_LEAVES_OUT_FRAME /* the first packet of it that is left out */
} OneVerdict;

void one_budget_set (OneBudget *budget, guint limit, guint overhead);
/* The keyframe at @timestamp goes out whatever it takes. */
void one_budget_restart (OneBudget *budget, guint32 timestamp);
void one_budget_pay (OneBudget *budget, gsize len, gint64 now);
/* Only with a limit. Does not pay. */
OneVerdict one_budget_judge (OneBudget *budget, const RflBuffer *b, const WireVideo *video);
/* Whether it is worth to ask for one. */
gboolean one_budget_wants_keyframe (const OneBudget *budget);

/* ---- one.c ---- */
typedef struct {
  struct _RflWorker *w;
  struct _WorkerSource *source;
  RflBuffer *const *packets;
  const WireVideo *videos; /* %NULL: no video */
  guint n;
} OneRun;

/* Reads what @b's payload says; all zero if nothing. */
void one_read_video (const struct _WorkerRoute *route, const RflBuffer *b, WireVideo *out);
/* @leg carries @source from @b on; time has passed. */
void one_begin (struct _WorkerLeg *leg, struct _WorkerSource *source, const RflBuffer *b);
/* Whether @b's numbers do not continue those of what @leg carries. */
gboolean one_is_stray (const OneState *one, const RflBuffer *b);
/* Adds one packet of what @leg carries to @p. Returns: %FALSE if it is left out */
gboolean one_put (struct _RflWorker *w, Parcels *p, struct _WorkerLeg *leg, const RflBuffer *b,
                  const WireVideo *video, gboolean switched);
