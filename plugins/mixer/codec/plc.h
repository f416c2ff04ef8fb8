/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Concealment for codecs that bring none: the last period of what was heard is repeated and fades, in the way of
 * ITU-T G.711 Appendix I. Not for deciding what is missing.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Periods are looked for from 2.5 to 15 ms, and each twice in what is kept, beside what is compared. */
#define MIX_PLC_LONGEST(rate) ((rate) *15 / 1000)
#define MIX_PLC_KEPT (48 * 40)

/**
 * MixPlc:
 * @kept: the last @n_kept samples
 * @cycle: @period samples that are repeated; @at: the next of them
 * @missing: samples that have been filled without a break
 */
typedef struct {
  guint rate;
  gint16 kept[MIX_PLC_KEPT];
  guint n_kept;
  gint16 cycle[48 * 15];
  guint period, at;
  guint missing;
} MixPlc;

/* Forgets everything. @rate: at most 48000 */
void mix_plc_init (MixPlc *plc, guint rate);
/* @pcm has come; after a gap its beginning is blended with what filled that. */
void mix_plc_hear (MixPlc *plc, gint16 *pcm, guint n);
/* Fills @out with what may have come: after 60 ms nothing. */
void mix_plc_fill (MixPlc *plc, gint16 *out, guint n);

G_END_DECLS
