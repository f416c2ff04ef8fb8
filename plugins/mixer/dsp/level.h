/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How loud samples are: dBov as RFC 6465 counts it, and the mean of a tenth of a second. Not for
 * deciding who speaks (voice.h).
 */
#pragma once

#include <glib.h>

#define LEVEL_SILENCE (-127)

/* Mean square of @n samples; 0 for none. */
double level_mean_square (const gint16 *pcm, guint n);
/* 0 (a square wave at full scale) to LEVEL_SILENCE. */
gint level_to_dbov (double mean_square);

#define LEVEL_WINDOW 10

/* The last tenth of a second, in slots of 10 ms. */
typedef struct {
  double slot[LEVEL_WINDOW];
  guint next;
} LevelMeter;

/* @ms: a multiple of 10 */
void level_meter_add (LevelMeter *meter, double mean_square, guint ms);
gint level_meter_dbov (const LevelMeter *meter);
