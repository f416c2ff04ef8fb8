# SPDX-License-Identifier: LGPL-2.1-or-later
"""How loud each tone is in each second of a recording, and what that must be of a mix. Pure functions. Not for
how the recording came about."""
import math

from . import media

WITHIN = 2.0      # dB between the tones of those who are heard
BELOW = 40.0      # dB that one's own tone is softer than theirs
SECONDS = 0.95    # of all seconds
AUDIBLE = -45.0   # dB of full scale


def _level(samples, rate, frequency):
    """In dB of full scale, under a Hann window: tones do not leak into each other."""
    n = len(samples)
    window = (0.5 - 0.5 * math.cos(2 * math.pi * i / n) for i in range(n))
    return media.level([v * w for v, w in zip(samples, window)], rate, frequency) + 6.02  # the window halves it


def _mean_level(samples, rate, frequency):
    """The mean power of its tenths: a jitter buffer that makes a sound longer or shorter moves its phase, and that
    is not to be mistaken for a softer sound."""
    part = len(samples) // 10
    levels = [_level(samples[i * part:(i + 1) * part], rate, frequency) for i in range(10)]
    return 10 * math.log10(sum(10 ** (db / 10) for db in levels) / 10)


def seconds(samples, rate, theirs, own=None):
    """[{tone: dB of full scale}] of each whole second. `own` is looked for in the second as a whole, where the
    noise of a codec does not cover it."""
    found = []
    for start in range(0, len(samples) - rate + 1, rate):
        part = samples[start:start + rate]
        found.append({f: _mean_level(part, rate, f) for f in theirs})
        if own:
            found[-1][own] = _level(part, rate, own)
    return found


class Verdict:
    """What a listener heard: `theirs` must be there, equally loud; `own` must not. The first `skip` seconds are
    left out: not everybody was there."""

    def __init__(self, samples, rate, theirs, own=None, skip=1):
        self.theirs, self.own = list(theirs), own
        self.levels = seconds(samples, rate, self.theirs, own)[skip:]
        self.equal = [self._equal(s) for s in self.levels]
        self.without_own = [not own or s[own] < min(s[f] for f in self.theirs) - BELOW for s in self.levels]

    def _equal(self, second):
        heard = [second[f] for f in self.theirs]
        return min(heard) > AUDIBLE and max(heard) - min(heard) <= WITHIN

    @staticmethod
    def _most(flags):
        """Whether enough of them are true; of ten seconds or more one may always be false."""
        wrong = len(flags) - sum(flags)
        return wrong <= max((1 - SECONDS) * len(flags), int(len(flags) >= 10))

    @staticmethod
    def _share(flags):
        return sum(flags) / len(flags) if flags else 0.0

    def good(self, least=5):
        return len(self.levels) >= least and self._most(self.equal) and self._most(self.without_own)

    def __str__(self):
        lines = [f"{len(self.levels)} s, equal in {self._share(self.equal):.0%}, "
                 f"without its own in {self._share(self.without_own):.0%}"]
        lines += [f"{i:3d} s  " + "  ".join(f"{f} Hz {db:6.1f} dB" for f, db in s.items()) +
                  ("" if e and w else "  <-") for i, (s, e, w) in
                  enumerate(zip(self.levels, self.equal, self.without_own))]
        return "\n".join(lines)
