/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Adding and subtracting samples in 32 bits, where they have room. Not for getting back to 16
 * bits (limiter.h).
 */
#pragma once

#include <glib.h>

/* @out may be @pcm; the gain goes from @from to @to in a straight line. */
void sum_scale (gint16 *out, const gint16 *pcm, guint n, float from, float to);
void sum_add (gint32 *sum, const gint16 *pcm, guint n);
void sum_subtract (gint32 *sum, const gint16 *pcm, guint n);
