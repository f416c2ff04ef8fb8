/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One source's way from packets to samples at the room's rate: a jitter buffer and a resampler.
 * Not for deciding whether they are heard.
 */
#pragma once

#include "plugins/mixer/engine/engine.h"
#include <reflector/rtp.h>

typedef struct _MixInput MixInput;

/* Returns: (nullable): %NULL for a codec that is not known here */
MixInput *mix_input_new (const RflFormat *format);
void mix_input_free (MixInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MixInput, mix_input_free)
/* Samples per second of what the codec carries. */
guint mix_input_get_rate (const MixInput *input);
/* @noise: of comfort noise (RFC 3389) */
void mix_input_put (MixInput *input, const RflRtp *rtp, gboolean noise);
/* What comes next has nothing to do with what came before. */
void mix_input_reset (MixInput *input);
/* @ms of samples at @rate. Returns: %FALSE if there is nothing to be heard; then @out is as it was. */
gboolean mix_input_pull (MixInput *input, guint ms, guint rate, gint16 *out);
/* Delay and losses. */
void mix_input_tell (const MixInput *input, MixMeter *meter);
