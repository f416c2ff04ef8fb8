/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How loud what an RTP packet carries is, where that can be told without state: G.711. Not for levels that the
 * sender writes: tap.c.
 */
#pragma once

#include <reflector/format.h>

#define LOUDNESS_SILENT 127 /* dB below overload, RFC 6464 §3 */

typedef enum {
  LAW_NONE,
  LAW_U,
  LAW_A,
  N_LAWS
} Law;

/* The square of what each octet stands for. */
typedef struct {
  guint32 power[N_LAWS][256];
} LoudnessTable;

void loudness_table_init (LoudnessTable *table);
/* LAW_NONE: the loudness of @format cannot be told. */
Law loudness_find_law (const RflFormat *format);
/* Returns: 0 to LOUDNESS_SILENT dB below overload. Any thread. */
guint8 loudness_measure (const LoudnessTable *table, Law law, const guint8 *payload, gsize len);
