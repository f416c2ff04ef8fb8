# SPDX-License-Identifier: LGPL-2.1-or-later
"""A scripted participant's sound: a Stream in one codec of several, whose clock and network may be bad, and
what it heard. Not a phone: it has no jitter buffer, and plays what came in the order it came."""
import random
import time

from . import codec, media
from .stream import Stream


class Voice(Stream):
    """`ppm`: how much faster its clock runs than ours; `loss` in per cent, `jitter` in milliseconds of its
    way to the reflector."""

    def __init__(self, lab, ns, ip, codec_name="PCMU/8000", ppm=0, loss=0, jitter=0, seed=1, **options):
        self.codec = codec.CODECS[codec_name]()
        options.setdefault("formats", [(self.codec.pt, self.codec.name), (101, "telephone-event/8000")])
        super().__init__(lab, ns, ip, **options)
        self.pace, self.loss, self.jitter = 0.02 / (1 + ppm * 1e-6), loss, jitter
        self.random = random.Random(seed)
        self.due = []  # (time it was said, sequence number), also of what was lost
        self.count = 0

    def say(self, frames):
        """These payloads again and again, 50 a second, from now on."""
        with self.engine.cond:
            self.hush()
            self.frames = frames
            self._tick(time.monotonic(), 1)
            self.report(every=self.rtcp_interval)

    def tone(self, frequency, amplitude=0.15, seconds=10):
        self.say(codec.tone(self.codec, frequency, seconds, amplitude))
        return self

    def _tick(self, when, marker=0):
        payload = self.frames[self.count % len(self.frames)]
        data = media.pack(media.RTP(self.pt, marker, self.seq, self.timestamp, self.ssrc, payload))
        self.due.append((time.time() + when - time.monotonic(), self.seq & 0xffff))
        if self.remote and self.random.random() * 100 >= self.loss:
            self.engine.at(when + self.random.random() * self.jitter / 1000, self._put, data)
        self.seq, self.timestamp, self.count = self.seq + 1, self.timestamp + self.codec.step, self.count + 1
        self.timer = self.engine.at(when + self.pace, self._tick, when + self.pace)

    def _put(self, data):
        try:
            self.rtp.sendto(data, self.remote)
            self.sent.append((time.time(), int.from_bytes(data[2:4], "big"), self.ssrc))
        except OSError:
            pass

    def samples(self, since=0, until=None):
        """(samples, rate) of what came after `since` packets and not after `until`; silence where the sender was
        silent."""
        decoder, out, last = codec.CODECS[self.codec.name](), [], None
        size = decoder.rate // 50
        for p in self.packets[since:until]:
            if p.pt != self.codec.pt:
                continue
            if last is not None:
                gap = ((p.timestamp - last) & 0xffffffff) // self.codec.step - 1
                out.extend([0] * (size * gap if 0 < gap < 500 else 0))
            last = p.timestamp
            out.extend(decoder.decode(p.payload))
        return out, decoder.rate
