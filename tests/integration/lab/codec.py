# SPDX-License-Identifier: LGPL-2.1-or-later
"""Audio codecs for scripted participants: 20 ms of samples to a payload and back, by libopus and spandsp
where they are installed. Not for RTP."""
import array
import ctypes
import math

from . import media
from .net import Skip


def _library(name):
    try:
        return ctypes.CDLL(name)
    except OSError:
        raise Skip(f"{name} is not installed") from None


class Pcmu:
    """`rate`: of the samples; `step`: of RTP's timestamps in a frame."""
    name, pt, rate, step = "PCMU/8000", 0, 8000, 160

    def encode(self, samples):
        return bytes(media.ulaw(v) for v in samples)

    def decode(self, payload):
        return [media.LINEAR[u] for u in payload]


class G722:
    """64 kbit/s; RTP's clock of it is 8,000 Hz (RFC 3551 §4.5.2)."""
    name, pt, rate, step = "G722/8000", 9, 16000, 160

    def __init__(self):
        self.spandsp = _library("libspandsp.so.2")
        for way in ("encode", "decode"):
            init = getattr(self.spandsp, f"g722_{way}_init")
            init.restype, init.argtypes = ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
            run = getattr(self.spandsp, f"g722_{way}")
            run.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
        self.encoder = self.spandsp.g722_encode_init(None, 64000, 0)
        self.decoder = self.spandsp.g722_decode_init(None, 64000, 0)

    def encode(self, samples):
        room = ctypes.create_string_buffer(len(samples))
        size = self.spandsp.g722_encode(self.encoder, room, array.array("h", samples).tobytes(), len(samples))
        return room.raw[:size]

    def decode(self, payload):
        room = ctypes.create_string_buffer(4 * len(payload) + 16)
        count = self.spandsp.g722_decode(self.decoder, room, payload, len(payload))
        return array.array("h", room.raw[:2 * count])


class Opus:
    """At 16 kHz, mono, for speech; RTP's clock is 48 kHz (RFC 7587)."""
    name, pt, rate, step = "opus/48000/2", 96, 16000, 960
    VOIP = 2048

    def __init__(self):
        self.opus = _library("libopus.so.0")
        self.opus.opus_encoder_create.restype = self.opus.opus_decoder_create.restype = ctypes.c_void_p
        self.opus.opus_encode.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int]
        self.opus.opus_decode.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_int,
                                          ctypes.c_int]
        self.encoder = self.opus.opus_encoder_create(self.rate, 1, self.VOIP, None)
        self.decoder = self.opus.opus_decoder_create(self.rate, 1, None)

    def encode(self, samples):
        room = ctypes.create_string_buffer(1400)
        size = self.opus.opus_encode(self.encoder, array.array("h", samples).tobytes(), len(samples), room, len(room))
        return room.raw[:size]

    def decode(self, payload):
        """Of what is no Opus: nothing."""
        room = ctypes.create_string_buffer(2 * 5760)
        count = self.opus.opus_decode(self.decoder, payload, len(payload), room, 5760, 0)
        return array.array("h", room.raw[:2 * max(count, 0)])


CODECS = {codec.name: codec for codec in (Pcmu, G722, Opus)}


def tone(codec, frequency, seconds=10, amplitude=0.15):
    """Payloads of so many seconds of a tone."""
    size = codec.rate // 50
    return [codec.encode([int(amplitude * 32767 * math.sin(2 * math.pi * frequency * i / codec.rate))
                          for i in range(n * size, (n + 1) * size)]) for n in range(50 * seconds)]
