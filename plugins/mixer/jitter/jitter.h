/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From one source's packets, as they come, to its samples, in time: order, delay, what is lost,
 * what is silent. The delay adapts. Not for whether it is heard.
 *
 * Time is what is pulled: whoever pulls does so once for each stretch of time. One thread.
 */
#pragma once

#include "plugins/mixer/codec/codec.h"

#include <reflector/rtp.h>

G_BEGIN_DECLS

/* What may be pulled at once, ms. */
#define MIX_MAX_PULL 60

typedef struct _MixJitter MixJitter;

/**
 * MixJitterStats:
 * @late: packets that came when their time was over, or that were too many
 * @twice: packets that had come already
 * @refused: payloads that were none of the codec's
 * @lost: stretches of concealment
 * @resets: times that a sender's numbers or clock had jumped
 * @delay: ms that samples wait now, from the arrival of their packet to their end
 */
typedef struct {
  guint64 packets, late, twice, refused, lost, resets;
  guint delay;
} MixJitterStats;

/* Returns: (transfer full) (nullable): %NULL if the codec's library refuses */
MixJitter *mix_jitter_new (const MixCodec *codec, const RflFormat *format);
void mix_jitter_free (MixJitter *jitter);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (MixJitter, mix_jitter_free)
/* Samples a second that come out. */
guint mix_jitter_get_rate (const MixJitter *jitter);
/* @rtp: of any content, lent for the call. @noise: comfort noise (RFC 3389) in place of the codec. */
void mix_jitter_put (MixJitter *jitter, const RflRtp *rtp, gboolean noise);
/* @ms: 1 to MIX_MAX_PULL, even where the rate is not a multiple of 1000. @out: room for them. Returns: %FALSE: silence; then
 * @out is not touched */
gboolean mix_jitter_pull (MixJitter *jitter, guint ms, gint16 *out);
/* What comes next has nothing to do with what came before. */
void mix_jitter_reset (MixJitter *jitter);
void mix_jitter_get_stats (const MixJitter *jitter, MixJitterStats *out);

G_END_DECLS
