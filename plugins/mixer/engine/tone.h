/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The mixer's own tones: short sequences of one or two sines each. Not announcements: there are
 * no recordings here.
 */
#pragma once

#include <glib.h>

typedef struct _MixTone MixTone;

/* (nullable): by its name in mixer.h; static */
const MixTone *mix_tone_find (const char *name);
/* Milliseconds from its beginning to its end. */
guint mix_tone_length (const MixTone *tone);

/* All zero: plays nothing. */
typedef struct {
  const MixTone *tone;
  guint note;
  guint done; /* microseconds of that note */
} MixTonePlayer;

void mix_tone_start (MixTonePlayer *player, const MixTone *tone);
/* Writes @n samples, silence after its end. Returns: %FALSE if nothing plays any more; then @out is
 * as it was. */
gboolean mix_tone_render (MixTonePlayer *player, gint16 *out, guint n, guint rate);
