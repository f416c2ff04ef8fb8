/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Comfort noise (RFC 3389): as loud as a sender says, white whatever spectrum it names. Not for
 * sending it.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * MixNoise:
 * @amplitude: of the samples, 0: silence
 * @seed: so that two at a time are not alike
 */
typedef struct {
  gint amplitude;
  guint32 seed;
} MixNoise;

#define MIX_NOISE_INIT                                                                             \
  {                                                                                                \
    .seed = 1                                                                                      \
  }

/* @payload: its first octet is the level in -dBov (RFC 3389 §3); without one it is silence. */
void mix_noise_set (MixNoise *noise, const guint8 *payload, gsize len);
void mix_noise_fill (MixNoise *noise, gint16 *out, guint n);

G_END_DECLS
