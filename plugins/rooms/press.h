/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telling one key press from the next: each is told in many packets with one timestamp, some of which are
 * lost or late. Not for what the keys mean.
 */
#pragma once

#include <reflector/types.h>

/* Zero-initialise one for each source. */
typedef struct {
  gboolean any;
  char key;
  guint32 timestamp;
} RoomsPress;

/* Returns: whether a packet about @key with @timestamp is the first of a press. Any thread, one at a time. */
gboolean rooms_press_begins (RoomsPress *press, char key, guint32 timestamp);
