# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a phone was sent as video: packets put together to frames, decoded strictly, and the colour of each with
its time of arrival. Not a player: it looks at one continuous stream when all is over."""
import struct
import subprocess
from collections import namedtuple

from . import media
from .phones import need

Frame = namedtuple("Frame", "at colour pure")
SIDE = 8       # a decoded frame is looked at in so many fields each way
IMPURE = 70    # of 255, that one channel of one field is off its colour: coders blur


def frames(packets):
    """[(arrival of its last packet, its packets)] in the order they came, a frame for each timestamp."""
    found = []
    for p in packets:
        if not found or found[-1][1][-1].timestamp != p.timestamp:
            found.append([p.at, []])
        found[-1][0] = p.at
        found[-1][1].append(p)
    return [(at, parts) for at, parts in found]


def vp8(payloads):
    """One frame without the payload descriptors (RFC 7741 §4.2)."""
    out = b""
    for p in payloads:
        start = 1
        if p[0] & 0x80:
            extension = p[1]
            start = 2
            if extension & 0x80:
                start += 2 if p[2] & 0x80 else 1
            start += bool(extension & 0x40) + bool(extension & 0x30)
        out += p[start:]
    return out


def h264(payloads):
    """One access unit as a byte stream: single units, STAP-A and FU-A (RFC 6184 §5)."""
    out = b""
    for p in payloads:
        kind = p[0] & 31
        if kind == 24:
            at = 1
            while at + 2 <= len(p):
                size = struct.unpack_from("!H", p, at)[0]
                out += b"\0\0\0\1" + p[at + 2:at + 2 + size]
                at += 2 + size
        elif kind == 28:
            if p[1] & 0x80:
                out += b"\0\0\0\1" + bytes((p[0] & 0xe0 | p[1] & 31,))
            out += p[2:]
        else:
            out += b"\0\0\0\1" + p
    return out


def ivf(pictures):
    header = struct.pack("<4sHH4sHHIII", b"DKIF", 0, 32, b"VP80", 352, 288, 90000, 1, len(pictures)) + bytes(4)
    return header + b"".join(struct.pack("<IQ", len(p), i) + p for i, p in enumerate(pictures))


class Film:
    """Of the packets of one video stream. `frames`: [Frame]; `problems`: what is wrong with it, as lines."""

    def __init__(self, lab, name, packets, codec="VP8"):
        need("ffmpeg")
        self.problems, self.frames = [], []
        self.ssrcs = {p.ssrc for p in packets}
        if len(self.ssrcs) != 1:
            self.problems.append(f"{len(self.ssrcs)} streams")
        gaps = [(a.seq, b.seq) for a, b in zip(packets, packets[1:]) if (b.seq - a.seq) & 0xffff != 1]
        back = [(a.timestamp, b.timestamp) for a, b in zip(packets, packets[1:])
                if (b.timestamp - a.timestamp) & 0x80000000]
        if gaps:
            self.problems.append(f"gaps in its numbers: {gaps[:5]}")
        if back:
            self.problems.append(f"its time goes back: {back[:5]}")
        if codec == "VP8":
            self._picture_ids(packets)
        put = vp8 if codec == "VP8" else h264
        whole = [(at, put([p.payload for p in parts])) for at, parts in frames(packets)]
        path = lab.path(f"film-{name}.{'ivf' if codec == 'VP8' else 'h264'}")
        with open(path, "wb") as f:
            f.write(ivf([p for _, p in whole]) if codec == "VP8" else b"".join(p for _, p in whole))
        shown = [at for at, p in whole if codec != "VP8" or p and p[0] & 0x10]
        self._decode(path, shown, "ivf" if codec == "VP8" else "h264")

    def _picture_ids(self, packets):
        ids = [self._picture_id(p.payload) for p in packets]
        jumps = [(a, b) for a, b in zip(ids, ids[1:])
                 if None not in (a, b) and (b[0] - a[0]) % (1 << min(a[1], b[1])) not in (0, 1)]
        if jumps:
            self.problems.append(f"picture ids jump: {jumps[:5]}")

    @staticmethod
    def _picture_id(p):
        """(value, bits), if there is one."""
        if len(p) < 4 or not p[0] & 0x80 or not p[1] & 0x80:
            return None
        return ((p[2] & 127) << 8 | p[3], 15) if p[2] & 0x80 else (p[2], 7)

    def _decode(self, path, times, container):
        done = subprocess.run(
            ["ffmpeg", "-v", "error", "-err_detect", "explode", "-xerror", "-threads", "1", "-f", container, "-i", path,
             "-fps_mode", "passthrough", "-vf", f"scale={SIDE}:{SIDE}:flags=area,format=rgb24", "-f", "rawvideo", "-"],
            stdin=subprocess.DEVNULL, capture_output=True)
        if done.stderr or done.returncode:
            self.problems.append("ffmpeg: " + done.stderr.decode(errors="replace")[:500])
        size = 3 * SIDE * SIDE
        pictures = [done.stdout[i:i + size] for i in range(0, len(done.stdout) - size + 1, size)]
        if len(pictures) != len(times):
            self.problems.append(f"{len(times)} frames came, {len(pictures)} could be shown")
        for at, picture in zip(times, pictures):
            mean = tuple(sum(picture[c::3]) / (SIDE * SIDE) for c in range(3))
            colour = media.colour_of(mean)
            pure = all(abs(v - media.COLOURS[colour][i % 3]) <= IMPURE for i, v in enumerate(picture))
            self.frames.append(Frame(at, colour, pure))
        broken = [(i, f.colour) for i, f in enumerate(self.frames) if not f.pure]
        if broken:
            self.problems.append(f"{len(broken)} frames are of no pure colour: {broken[:5]}")

    def changes(self):
        """[(arrival, colour)] where the colour is another than before."""
        return [(f.at, f.colour) for last, f in zip([None, *self.frames], self.frames)
                if last is None or last.colour != f.colour]

    def first(self, colour, since):
        """Seconds after `since` until that colour was there; None: never."""
        shown = [f for f in self.frames if f.at <= since][-1:] + [f for f in self.frames if f.at > since]
        return next((max(f.at - since, 0) for f in shown if f.colour == colour), None)

    def share(self, colour, since, until):
        """Of the frames between the two times, those of that colour."""
        between = [f.colour == colour for f in self.frames if since < f.at < until]
        return sum(between) / len(between) if between else 0.0
