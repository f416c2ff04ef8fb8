/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Key presses on their way from one worker to the main thread. Neither side waits for the other. */
#pragma once

#include <reflector/types.h>

#define ROOMS_RING_SIZE 256

typedef struct {
  guint64 source_id;
  guint32 timestamp;
  char key;
} RoomsNote;

typedef struct {
  RoomsNote notes[ROOMS_RING_SIZE];
  guint written; /* by the worker alone */
  guint read;    /* by the main thread alone */
} RoomsRing;

/* The worker's. Returns: %FALSE if it is full; then @note is lost. */
gboolean rooms_ring_push (RoomsRing *ring, const RoomsNote *note);
/* The main thread's. Returns: %FALSE if it is empty. */
gboolean rooms_ring_pop (RoomsRing *ring, RoomsNote *out);
