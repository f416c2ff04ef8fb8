# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tones and colours: made, packed into RTP and measured again. Pure functions. Not for sockets."""
import array
import functools
import math
import struct
import subprocess
import wave
from collections import namedtuple

RTP = namedtuple("RTP", "pt marker seq timestamp ssrc payload")
FRAME = 160  # samples of 20 ms at 8 kHz


def ulaw(x):
    """One 16-bit sample as G.711 mu-law."""
    sign = 0x80 if x < 0 else 0
    x = min(abs(int(x)), 32635) + 132
    exponent = max(x.bit_length() - 8, 0)
    return ~(sign | exponent << 4 | (x >> exponent + 3) & 15) & 255


def _linear(u):
    u = ~u & 255
    value = ((u & 15) << 3) + 132 << (u >> 4 & 7)
    return (132 - value) if u & 0x80 else (value - 132)


LINEAR = [_linear(u) for u in range(256)]


@functools.lru_cache(maxsize=None)
def tone_frames(frequency, level=0.4):
    """One second of a tone as 50 PCMU payloads; whole numbers of Hz join without a click."""
    sound = bytes(ulaw(level * 32767 * math.sin(2 * math.pi * frequency * i / 8000))
                  for i in range(8000))
    return [sound[i:i + FRAME] for i in range(0, 8000, FRAME)]


def pack(rtp):
    return struct.pack("!BBHII", 0x80, rtp.pt | rtp.marker << 7, rtp.seq & 0xffff,
                       rtp.timestamp & 0xffffffff, rtp.ssrc) + rtp.payload


def unpack(data):
    """An RTP packet, or None for anything else (RTCP too)."""
    if len(data) < 12 or data[0] >> 6 != 2 or 192 <= data[1] <= 223:
        return None
    start = 12 + 4 * (data[0] & 15)
    if data[0] & 0x10:
        if len(data) < start + 4:
            return None
        start += 4 + 4 * struct.unpack_from("!H", data, start + 2)[0]
    end = len(data) - (data[-1] if data[0] & 0x20 else 0)
    _, second, seq, timestamp, ssrc = struct.unpack_from("!BBHII", data)
    return RTP(second & 127, second >> 7, seq, timestamp, ssrc, data[start:end])


# ---- RTCP
RTCP = namedtuple("RTCP", "type count body")


def rtcp(kind, count, body):
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def rtcp_report(ssrc, cname, sent=None):
    """SR if `sent` = (ntp seconds, rtp timestamp, packets, octets), else RR; and SDES."""
    if sent:
        seconds, timestamp, packets, octets = sent
        ntp = int((seconds + 2208988800) * 2 ** 32)
        report = rtcp(200, 0, struct.pack("!IQIII", ssrc, ntp, timestamp & 0xffffffff, packets, octets))
    else:
        report = rtcp(201, 0, struct.pack("!I", ssrc))
    item = struct.pack("!IBB", ssrc, 1, len(cname)) + cname.encode()
    return report + rtcp(202, 1, item + bytes(4 - len(item) % 4))


def rtcp_bye(ssrc):
    return rtcp(201, 0, struct.pack("!I", ssrc)) + rtcp(203, 1, struct.pack("!I", ssrc))


def unpack_rtcp(data):
    """The packets of a compound, or [] if it is none."""
    packets = []
    while len(data) >= 4 and data[0] >> 6 == 2:
        size = 4 + 4 * struct.unpack_from("!H", data, 2)[0]
        if size > len(data):
            return []
        packets.append(RTCP(data[1], data[0] & 31, data[4:size]))
        data = data[size:]
    return packets


# ---- measuring
def level(samples, rate, frequency):
    """Amplitude of one tone in dB of full scale (Goertzel)."""
    k = 2 * math.cos(2 * math.pi * frequency / rate)
    a = b = 0.0
    for v in samples:
        a, b = v + k * a - b, a
    amplitude = 2 * math.sqrt(max(a * a + b * b - k * a * b, 0)) / max(len(samples), 1) / 32768
    return 20 * math.log10(amplitude) if amplitude > 1e-9 else -180.0


def best_second(samples, rate, frequency):
    """The level of a tone in the second where it is loudest."""
    return max((level(samples[i:i + rate], rate, frequency)
                for i in range(0, len(samples) - rate // 2, rate)), default=-180.0)


def tones_in(samples, rate, frequencies, threshold=-30):
    """Which of the tones were heard for at least half a second."""
    return {f for f in frequencies if best_second(samples, rate, f) > threshold}


def pcmu_samples(payloads):
    return [LINEAR[u] for payload in payloads for u in payload]


def read_wav(path):
    """(samples of the first channel, rate) of 16-bit PCM; of one still being written, what is there."""
    with open(path, "rb") as f:
        data = f.read()
    channels, rate, offset = 1, 8000, 12
    if not any(data[:44]):  # linphonec writes the header at the end
        data = data[44:len(data) // 2 * 2]
        return array.array("h", data), rate
    while offset + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, offset)
        offset += 8
        if name == b"fmt " and offset + 8 <= len(data):
            channels, rate = struct.unpack_from("<HI", data, offset + 2)
        elif name == b"data":
            end = offset + size if 0 < size <= len(data) - offset else len(data)
            samples = array.array("h", data[offset:offset + (end - offset) // (2 * channels) * 2 * channels])
            return samples[::channels], rate
        offset += size + size % 2
    return [], rate


def write_wav(path, frequency, seconds=60, rate=8000, channels=1, amplitude=0.4):
    one = [int(amplitude * 32767 * math.sin(2 * math.pi * frequency * i / rate)) for i in range(rate)]
    second = struct.pack(f"<{rate * channels}h", *(v for v in one for _ in range(channels)))
    with wave.open(path, "wb") as w:
        w.setnchannels(channels)
        w.setsampwidth(2)
        w.setframerate(rate)
        w.writeframes(second * seconds)


COLOURS = {"red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "yellow": (255, 255, 0),
           "white": (255, 255, 255), "black": (0, 0, 0), "magenta": (255, 0, 255)}


def colour_of(rgb):
    """The named colour nearest to a mean colour."""
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(rgb, COLOURS[name])))


def picture_colour(path):
    """The nearest named colour of a picture's mean (needs ffmpeg)."""
    raw = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf", "scale=1:1:flags=area,format=rgb24",
                          "-f", "rawvideo", "-"], stdin=subprocess.DEVNULL, capture_output=True).stdout
    return colour_of(tuple(raw[-3:])) if len(raw) >= 3 else None
