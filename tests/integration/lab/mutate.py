# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes wrong messages out of right ones, the same ones for the same seed. Seeds are those of the fuzz
targets. Pure but for reading them; knows no socket."""
import os
import random
import re
import struct

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fuzz/corpus")
OCTETS = (0, 1, 0x20, 0x22, 0x25, 0x3b, 0x3c, 0x3e, 0x7f, 0x80, 0xff)
WORDS = ("", "0", "-1", "4294967295", "4294967296", "99999999999999999999", "sip:", "<sip:x@y>", "<tel:+1>", "*",
         "<mailto:a@b>", "\"", "<", ">", ";;;", ",", "%00", "%zz", "\xff\xfe", "a" * 300, "[::1", "255.255.255.255",
         "sip:a@b;maddr=1.2.3.4", "z9hG4bK", "application/sdp", "multipart/mixed;boundary=x", "SIP/3.0", "TCP")
METHODS = ("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "UPDATE", "PRACK", "INFO", "MESSAGE",
           "SUBSCRIBE", "NOTIFY", "REFER", "PUBLISH", "FOO")
HEADERS = ("Contact", "Route", "Record-Route", "Via", "Require", "Content-Length", "Session-Expires", "Authorization",
           "CSeq", "Max-Forwards", "Replaces", "Event", "RAck", "Content-Encoding", "To", "From", "Call-ID", "Expires")


def corpus(*names):
    """The seeds of the fuzz targets of these names."""
    found = []
    for name in names:
        folder = os.path.join(CORPUS, name)
        for file in sorted(os.listdir(folder)):
            with open(os.path.join(folder, file), "rb") as f:
                found.append(f.read())
    return [seed for seed in found if seed]


class Mutator:
    def __init__(self, seed, seeds):
        self.random, self.seeds = random.Random(seed), list(seeds)

    def any(self):
        """A seed with its octets changed in one to four ways."""
        data = bytearray(self.random.choice(self.seeds))
        for _ in range(self.random.choice((1, 1, 1, 2, 4))):
            self.random.choice((self._set, self._set, self._flip, self._cut, self._insert, self._repeat,
                                self._splice))(data)
        return bytes(data[:1400])

    def _at(self, data):
        return self.random.randrange(len(data)) if data else 0

    def _set(self, data):
        if data:
            data[self._at(data)] = self.random.choice(OCTETS)

    def _flip(self, data):
        if data:
            data[self._at(data)] ^= 1 << self.random.randrange(8)

    def _cut(self, data):
        at = self._at(data)
        del data[at:at + self.random.choice((1, 2, 4, 16, 2000))]

    def _insert(self, data):
        at = self._at(data)
        data[at:at] = bytes(self.random.choice(OCTETS) for _ in range(self.random.choice((1, 2, 4, 30))))

    def _repeat(self, data):
        at = self._at(data)
        data[at:at] = data[at:at + self.random.choice((2, 4, 20, 100))]

    def _splice(self, data):
        other = self.random.choice(self.seeds)
        at = self._at(data)
        data[at:] = other[self._at(other):]

    # ---- with some knowledge of what it is
    def rtp(self, ssrcs):
        """In half of the cases with one of these SSRCs, as if it were somebody else's."""
        data = bytearray(self.any())
        if len(data) >= 12 and self.random.random() < 0.5:
            data[0] = data[0] & 0x3f | 0x80
            struct.pack_into("!I", data, 8, self.random.choice(ssrcs))
        return bytes(data)

    def rtcp(self, ssrcs):
        """Likewise; some of them are a plain BYE of somebody, or feedback about him."""
        ssrc, chance = self.random.choice(ssrcs), self.random.random()
        if chance < 0.1:
            return struct.pack("!BBHIBBHI", 0x80, 201, 1, ssrc, 0x81, 203, 1, ssrc)
        if chance < 0.2:
            kind, number = self.random.choice(((205, 1), (205, 3), (206, 1), (206, 4), (206, 15)))
            return struct.pack("!BBHIBBHIII", 0x80, 201, 1, self.random.choice(ssrcs), 0x80 | number, kind, 3,
                               self.random.choice(ssrcs), ssrc, self.random.getrandbits(32))
        data = bytearray(self.any())
        if len(data) >= 8 and chance < 0.7:
            struct.pack_into("!I", data, 4, ssrc)
        return bytes(data)

    def sip(self, host=None, changes=None):
        """A message with some of its lines or words changed, or just its octets. `changes`: words that are
        put in the place of others first, {pattern: value}."""
        if self.random.random() < 0.3:
            return self.any()
        text = self.random.choice(self.seeds).decode("latin-1")
        for pattern, value in (changes or {}).items():
            text = re.sub(pattern, lambda found: value, text)
        head, _, body = text.partition("\r\n\r\n")
        lines = head.split("\r\n")
        for _ in range(self.random.choice((1, 1, 2, 3))):
            self.random.choice((self._word, self._word, self._line, self._drop, self._method, self._swap))(lines)
        # another transaction each time, or the stack answers from memory
        fresh = f"branch=z9hG4bK{self.random.getrandbits(48):x}"
        lines = [re.sub(r"branch=[^;\s]+", fresh, line) for line in lines]
        if self.random.random() < 0.7:
            lines = [re.sub(r"(?i)^(call-id|i): .*", rf"\1: {self.random.getrandbits(48):x}", line) for line in lines]
        if self.random.random() < 0.3:
            pieces = body.split("\r\n")
            self._word(pieces)
            body = "\r\n".join(pieces)
        return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1", "replace")

    def _word(self, lines):
        if not lines:
            return
        at = self.random.randrange(len(lines))
        parts = re.split(r"([\s;:,=<>@/\"]+)", lines[at])
        parts[self.random.randrange(len(parts))] = self.random.choice(WORDS)
        lines[at] = "".join(parts)

    def _line(self, lines):
        at = self.random.randrange(1, len(lines) + 1)
        lines.insert(at, f"{self.random.choice(HEADERS)}: {self.random.choice(WORDS)}")

    def _drop(self, lines):
        if len(lines) > 1:
            del lines[self.random.randrange(1, len(lines))]

    def _method(self, lines):
        method = self.random.choice(METHODS)
        lines[0] = re.sub(r"^\S+", method, lines[0])
        if self.random.random() < 0.8:
            lines[:] = [re.sub(r"(?i)^(cseq: *\d+ ).*", rf"\1{method}", line) for line in lines]

    def _swap(self, lines):
        a, b = self.random.randrange(len(lines)), self.random.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
