# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the mixer adds to the way of the sound: with a good network little, and with a bad one and with clocks
that run apart no more and more."""
import math
import statistics

from lab import Ua, main
from lab import codec as codecs
from lab.room import R1, Load, reflector, seconds
from lab.voice import Voice

EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")
HUM, CLICK = 400, 2000     # the hum keeps the clicking one among those who speak
EVERY = 0.5                # seconds between two clicks
ADDED = 0.060              # seconds that the mixer may add
GROWS = 0.030              # seconds that the middle may move in a whole measurement: a frame is dropped in one piece


def clicks(codec):
    """A second: a soft hum, and in the first 40 ms of each half a click."""
    rate, size = codec.rate, codec.rate // 50
    samples = [int(32767 * (0.03 * math.sin(2 * math.pi * HUM * i / rate) +
                            (0.4 * math.sin(2 * math.pi * CLICK * i / rate) if i % (rate // 2) < rate // 25 else 0)))
               for i in range(rate)]
    return [codec.encode(samples[i:i + size]) for i in range(0, rate, size)]


def said(voice):
    """When each click's first sample was sent, by the sender's clock, with or without its network."""
    return [at for count, (at, _) in enumerate(voice.due) if count % int(50 * EVERY) == 0]


def onsets(samples, rate):
    """Where clicks begin, in samples: 2.5 ms steps of the click's tone alone."""
    step, found, quiet = rate // 400, [], 1000
    k = 2 * math.pi * CLICK / rate
    for start in range(0, len(samples) - step, step):
        part = samples[start:start + step]
        a = sum(v * math.cos(k * i) for i, v in enumerate(part))
        b = sum(v * math.sin(k * i) for i, v in enumerate(part))
        loud = math.hypot(a, b) * 2 / step > 0.15 * 32767
        if loud and quiet > 20:
            found.append(start)
        quiet = 0 if loud else quiet + 1
    return found


def arrived(listener):
    """When each click would be heard by a phone without a jitter buffer: arrival of its packet and its place in that."""
    out, decoder, position, offsets = [], codecs.CODECS[listener.codec.name](), 0, []
    for p in listener.packets:
        if p.pt == listener.codec.pt:
            part = decoder.decode(p.payload)
            offsets.append((position, p.at))
            out.extend(part)
            position += len(part)
    times, index = [], 0
    for onset in onsets(out, decoder.rate):
        while index + 1 < len(offsets) and offsets[index + 1][0] <= onset:
            index += 1
        times.append(offsets[index][1] + (onset - offsets[index][0]) / decoder.rate)
    return times


def delays(voice, listener):
    """[(when it was said, seconds until it was heard)] of each click that was heard."""
    found, heard = [], arrived(listener)
    for at in said(voice):
        after = [t - at for t in heard if -0.01 <= t - at < EVERY - 0.01]
        if after:
            found.append((at, after[0]))
    return found


def talk(lab, room, codec="PCMU/8000", **bad):
    """Somebody who clicks, and somebody on the other network who listens and hums."""
    voice = Voice(lab, *EXT1, codec, **bad)
    Ua(lab, "clicks", *EXT1, R1).call(room, voice)
    listener = Voice(lab, *EXT2, codec)
    Ua(lab, "listens", *EXT2, R1).call(room, listener)
    listener.say(codecs.tone(listener.codec, HUM, 1, 0.03))
    voice.say(clicks(voice.codec))
    return voice, listener


def percentile(values, share):
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


def straight(lab, tap):
    """with a good network the mixer adds at most 60 ms"""
    reflector(lab, "r1", R1)
    with Load(tap):
        pairs = {name: talk(lab, name[:4], name) for name in ("PCMU/8000", "G722/8000", "opus/48000/2")}
        span = seconds(12)
        lab.engine.wait(lambda: all(len(l.packets) > 50 * span for _, l in pairs.values()), span + 10, "its sound")
    for name, (voice, listener) in pairs.items():
        found = [d for _, d in delays(voice, listener)[2:]]
        tap.ok(len(found) >= 0.95 * (2 * span - 4), f"{name}: the clicks are heard", len(found), len(said(voice)))
        if found:
            middle, most = statistics.median(found), percentile(found, 0.95)
            tap.note(f"{name}: {1000 * middle:.1f} ms in the middle, 95 % within {1000 * most:.1f} ms")
            # a decoder and an encoder of Opus take up to 6.5 ms of their own (RFC 6716 §2)
            own = 0.0065 if name.startswith("opus") else 0
            tap.ok(middle <= ADDED + own, f"{name}: at most 60 ms later in the middle", found[:20])


def bad(lab, tap):
    """with loss, jitter and a clock that is not ours the delay stays what it is"""
    reflector(lab, "r1", R1)
    span = seconds(40)
    # what ±200 ppm make of ten minutes are 120 ms: as many of what CI measures
    ppm = max(200, min(120e3 / span, 3000))
    rows = {"loss and jitter": dict(loss=5, jitter=40), "fast": dict(loss=5, jitter=40, ppm=ppm, seed=2),
            "slow": dict(loss=5, jitter=40, ppm=-ppm, seed=3), "fast alone": dict(ppm=ppm)}
    with Load(tap):
        pairs = {name: talk(lab, name.replace(" ", "-"), **how) for name, how in rows.items()}
        lab.engine.wait(lambda: all(len(l.packets) > 50 * span for _, l in pairs.values()), span + 20, "its sound")
    for name, (voice, listener) in pairs.items():
        found = [d for _, d in delays(voice, listener)]
        # a click that was lost on the way is not heard, and of one in two of its packets the second half is
        tap.ok(len(found) >= 0.85 * 2 * span, f"{name}: clicks are heard", len(found), len(said(voice)))
        if len(found) > 30:
            third = len(found) // 3
            early, late = statistics.median(found[5:5 + third]), statistics.median(found[-third:])
            tap.note(f"{name}: {1000 * early:.1f} ms at first, {1000 * late:.1f} ms at last, 95 % within "
                     f"{1000 * percentile(found, 0.95):.1f} ms")
            tap.ok(late - early < GROWS, f"{name} ({rows[name].get('ppm', 0):+.0f} ppm): "
                   "the delay does not grow", [round(1000 * d) for d in found])
            tap.ok(percentile(found, 0.95) < 0.25, f"{name}: and is none that hurts a talk")


main(straight, bad)
