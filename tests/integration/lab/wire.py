# SPDX-License-Identifier: LGPL-2.1-or-later
"""wire.py A B [delay=MS] [loss=%] [dup=%] [reorder=%] [mutate=%] [seed=N]: carries Ethernet frames
between two interfaces, late and as badly as it is told; each line of its standard input changes what
it was told. In the place of netem, which not every kernel has. What is not IP (ARP) only comes late."""
import collections
import heapq
import itertools
import os
import random
import select
import socket
import struct
import sys
import time

SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 15, 23
ETH_P_ALL = 3
VNET = 10          # octets before each frame, see PACKET_VNET_HDR
OVERTAKEN = 0.02   # seconds that a frame comes later than those behind it


def end(interface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    # checksums that the sender left to its card stay left, and known to be
    sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind((interface, 0))
    return sock


class Weather:
    """What happens to frames, in per cent of them; the same seed does the same to the same frames."""

    def __init__(self):
        self.delay = self.loss = self.dup = self.reorder = self.mutate = self.seed = 0.0
        self.random = random.Random(0)
        self.counts = collections.Counter()

    def set(self, words):
        for word in words:
            name, _, value = word.partition("=")
            setattr(self, name, float(value))
            if name == "seed":
                self.random = random.Random(int(float(value)))

    def happens(self, name):
        percent = getattr(self, name)
        happens = percent > 0 and self.random.random() * 100 < percent
        self.counts[name] += happens
        return happens

    def copies(self, frame):
        """(seconds late, frame) of each copy that arrives."""
        late = self.delay / 1000
        if frame[VNET + 12:VNET + 14] != b"\x08\x00":
            return [(late, frame)]
        if self.happens("loss"):
            return []
        if self.mutate and frame[VNET + 23] == 17 and self.happens("mutate"):
            frame = self.mutated(frame)
        copies = [(late + OVERTAKEN * self.happens("reorder"), frame)]
        if self.happens("dup"):
            copies.append((late, frame))
        return copies

    def mutated(self, frame):
        """Some octets of the UDP payload changed; without a checksum, which IPv4 permits."""
        start = VNET + 14 + 4 * (frame[VNET + 14] & 15)
        changed = bytearray(frame)
        for _ in range(self.random.choice((1, 1, 2, 4, 8))):
            if start + 8 < len(changed):
                changed[self.random.randrange(start + 8, len(changed))] = self.random.choice(
                    (0, 1, 127, 128, 255, self.random.randrange(256)))
        struct.pack_into("!H", changed, start + 6, 0)
        changed[:VNET] = bytes(VNET)
        return bytes(changed)


def main():
    ends = [end(sys.argv[1]), end(sys.argv[2])]
    weather, under_way, serial = Weather(), [], itertools.count()
    weather.set(sys.argv[3:])
    inputs = [*ends, sys.stdin]
    print("ready", flush=True)
    while True:
        pause = max(0, under_way[0][0] - time.monotonic()) if under_way else None
        for source in select.select(inputs, [], [], pause)[0]:
            if source is sys.stdin:
                told = os.read(0, 4096).decode()  # whole lines, perhaps several
                for line in told.splitlines():
                    weather.set(line.split())
                    print(f"now {line} after {dict(weather.counts)}", flush=True)
                if not told:
                    inputs.remove(sys.stdin)
                continue
            try:
                frame = source.recv(65600)
            except OSError:  # the interface went down; it comes back
                continue
            now = time.monotonic()
            for late, copy in weather.copies(frame):
                heapq.heappush(under_way, (now + late, next(serial), ends[source is ends[0]], copy))
        while under_way and under_way[0][0] <= time.monotonic():
            try:
                under_way[0][2].send(under_way[0][3])
            except OSError:
                pass
            heapq.heappop(under_way)


main()
