# SPDX-License-Identifier: LGPL-2.1-or-later
"""A room in which somebody sends what is none of his codecs, too much of it, or from thousands of sources: the
others go on hearing each other."""
import random
import struct

from lab import Ua, main, media, meter
from lab.room import R1, Load, eventually, reflector, seconds
from lab.voice import Voice

EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")
TONES = (440, 700, 1000)
CODECS = ("PCMU/8000", "G722/8000", "opus/48000/2")


def people(lab, room):
    """Three who talk, each in a codec of his own."""
    voices = []
    for tone, name in zip(TONES, CODECS):
        voice = Voice(lab, *(EXT1 if tone == 440 else EXT2), name)
        Ua(lab, f"u{tone}", voice.ns, voice.ip, R1).call(room, voice)
        voices.append(voice.tone(tone))
    return voices


def counts(voices):
    """How much each has got. What is heard of it is computed later, which our own voices suffer from."""
    return [len(v.packets) for v in voices]


def heard(voices, since, until, quiet=True):
    """A verdict for each, on what came between two counts."""
    for voice, tone, begin, end in zip(voices, TONES, since, until):
        samples, rate = voice.samples(begin, end)
        yield voice, meter.Verdict(samples, rate, [f for f in TONES if f != tone], tone if quiet else None)


def memory(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


class Nuisance:
    """Fifty times a second what `make(number)` returns, from a call of his own."""

    def __init__(self, lab, room, codec, make, burst=1):
        self.engine, self.make, self.burst, self.count = lab.engine, make, burst, 0
        self.voice = Voice(lab, *EXT1, codec)
        self.call = Ua(lab, "nuisance", *EXT1, R1).call(room, self.voice)
        self._tick()

    def _tick(self):
        for _ in range(self.burst):
            try:
                self.voice.rtp.sendto(self.make(self.count), self.voice.remote)
            except OSError:
                pass
            self.count += 1
        self.timer = self.engine.later(0.02, self._tick)

    def end(self):
        with self.engine.cond:
            self.engine.cancel(self.timer)
        self.call.hangup()


def packet(dice, number, pt, ssrc, payload):
    return media.pack(media.RTP(pt, 0, number, 960 * number if pt == 96 else 160 * number, ssrc, payload))


def garbage(pt):
    """Octets of any number and value as a codec's payload; now and then a jump in number and time."""
    dice = random.Random(pt)

    def make(number):
        jump = dice.choice((0, 0, 0, 0, 100, 30000))
        return packet(dice, number + jump, pt, 0xbad0, dice.randbytes(dice.choice((0, 1, 2, 3, 40, 159, 160, 161, 500, 1380))))
    return make


def legion(dice=random.Random(7)):
    """Each packet of another source, of any payload type."""
    return lambda number: packet(dice, number, dice.choice((0, 9, 96, 101, *range(128))), dice.getrandbits(32),
                                 dice.randbytes(160))


def digits(dice=random.Random(8)):
    """Telephone events without an end and sense."""
    return lambda number: packet(dice, number, 101, 0xbad1, struct.pack("!BBH", dice.getrandbits(8), dice.getrandbits(8),
                                                                         dice.getrandbits(16)) * dice.choice((1, 1, 0, 3)))


def window(lab, voices, span, what):
    """So many seconds more for each: the counts at its begin and its end."""
    since = counts(voices)
    lab.engine.wait(lambda: all(n > m + 50 * span for n, m in zip(counts(voices), since)), span + 10, what)
    return since, counts(voices)


def nuisances(lab, tap):
    """garbage as Opus and as G.722, thousands of sources and payload types, digits without an end"""
    daemon = reflector(lab, "r1", R1)
    span = seconds(6)
    voices = people(lab, "blue")
    tap.ok(eventually(lambda: min(counts(voices)) > 100, 8), "three talk", counts(voices))
    before = memory(daemon)
    for name, codec, make, burst in (("garbage as Opus", "opus/48000/2", garbage(96), 1),
                                     ("garbage as G.722", "G722/8000", garbage(9), 1),
                                     ("thousands of sources", "PCMU/8000", legion(), 20),
                                     ("digits", "PCMU/8000", digits(), 2)):
        with Load(tap):
            nuisance = Nuisance(lab, "blue", codec, make, burst)
            during = window(lab, voices, span, f"sound beside {name}")
            nuisance.end()
        window(lab, voices, 1, "the last of it")
        after = window(lab, voices, 4, "sound afterwards")
        # a decoder makes noise of noise, of which there is some at one's own tone, too
        for voice, verdict in heard(voices, *during, quiet=False):
            tap.ok(verdict.good(span - 2), f"{name}: who speaks {voice.codec.name} hears the two others as loud as each other",
                   verdict)
        for voice, verdict in heard(voices, *after):
            tap.ok(verdict.good(2), f"{name} is over: {voice.codec.name} hears the two others and not itself", verdict)
    tap.ok(memory(daemon) < before + 20000, "the daemon has not grown", before, memory(daemon))
    tap.ok(daemon.process.poll() is None, "and runs")


main(nuisances)
