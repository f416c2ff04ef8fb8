/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brings a sum back into 16 bits: what is too loud is turned down as a whole, without clipping,
 * and turned up again slowly; what fits is not touched. Not an automatic level (gain.h).
 */
#pragma once

#include <glib.h>

/* May be copied: the copy goes on from there. */
typedef struct {
  float gain;
} Limiter;

#define LIMITER_INIT                                                                               \
  {                                                                                                \
    .gain = 1.0f                                                                                   \
  }

/* @rate: samples per second */
void limiter_run (Limiter *limiter, const gint32 *in, gint16 *out, guint n, guint rate);
