/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The automatic level of one source: slowly towards one loudness, and only while it speaks. Not
 * a limiter.
 */
#pragma once

#include <glib.h>

/* dBov that speech is brought to, and how far at most, dB. */
#define GAIN_TARGET (-23)
#define GAIN_MAX 12

typedef struct {
  double mean; /* mean square of its speech of late; 0: none yet */
  float gain;
} AutoGain;

#define AUTO_GAIN_INIT                                                                             \
  {                                                                                                \
    .gain = 1.0f                                                                                   \
  }

/* A frame of speech. Returns: the gain at its end; that at its beginning is auto_gain->gain before. */
float auto_gain_learn (AutoGain *auto_gain, double mean_square, guint ms);
