/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Automatic level. Not for sums.
 */
#include "plugins/mixer/dsp/gain.h"
#include <math.h>

/* Time in which the mean follows, ms, and how fast the gain moves, dB per second. */
#define MEMORY 1500.0
#define SPEED 6.0

float
auto_gain_learn (AutoGain *auto_gain, double mean_square, guint ms)
{
  double part = MIN (ms / MEMORY, 1), want, now, step = SPEED * ms / 1000;

  if (auto_gain->mean <= 0)
    auto_gain->mean = mean_square;
  auto_gain->mean += (mean_square - auto_gain->mean) * part;
  if (auto_gain->mean <= 0)
    return auto_gain->gain;
  want = GAIN_TARGET - 10 * log10 (auto_gain->mean / (32767.0 * 32767.0));
  want = CLAMP (want, -GAIN_MAX, GAIN_MAX);
  now = 20 * log10 ((double) auto_gain->gain);
  now += CLAMP (want - now, -step, step);
  auto_gain->gain = (float) pow (10, now / 20);
  return auto_gain->gain;
}
