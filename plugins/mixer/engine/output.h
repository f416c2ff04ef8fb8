/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One stream's way from a sum to payloads: limiter, resampler, encoder. Not for who gets them.
 */
#pragma once

#include "plugins/mixer/engine/engine.h"

typedef struct _MixOutput MixOutput;

/* Samples per second that the codec carries; 0: it is not known here. */
guint mix_output_rate_of (const RflFormat *format);

/* Returns: (nullable): %NULL for a codec that is not known here. @stats: must outlive it */
MixOutput *mix_output_new (const RflFormat *format, MixStats *stats);
void mix_output_free (MixOutput *output);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MixOutput, mix_output_free)
/* Another one that goes on where @output stands, so that a listener who is moved from one to the
 * other does not hear it. */
MixOutput *mix_output_fork (const MixOutput *output);
/* @sum: (nullable): @ms of samples at @rate; %NULL: silence */
void mix_output_feed (MixOutput *output, const gint32 *sum, guint ms, guint rate);
/* Milliseconds that wait to be encoded. */
guint mix_output_get_pending (const MixOutput *output);
void mix_output_drop_pending (MixOutput *output);
/* Whether so much silence has been sent that its end was heard by everybody. */
gboolean mix_output_is_quiet (const MixOutput *output);
/* What waits, as one payload, there until the next call. Silence that goes on is encoded once.
 * Returns: its length, 0: it could not be encoded */
gsize mix_output_encode (MixOutput *output, const guint8 **payload);
