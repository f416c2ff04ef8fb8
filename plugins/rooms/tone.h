/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading one telephone-event payload (RFC 4733). Not for telling one key press from the next: see press.h. */
#pragma once

#include <reflector/types.h>

/**
 * RoomsTone:
 * @key: 0-9, *, #, A-D
 * @duration: so far, in units of the timestamp
 */
typedef struct {
  char key;
  gboolean end;
  guint8 volume;
  guint16 duration;
} RoomsTone;

/* Returns: %FALSE if that is no key; then @out is unchanged. Any thread. */
gboolean rooms_tone_read (RoomsTone *out, const guint8 *payload, gsize len);
