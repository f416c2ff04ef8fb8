# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one more silent listener of a mixed room costs beside a bare send. Two rooms of reflectord, a small and a large
one, three speaking in each, and bare sends (bare-send.c: sendmmsg of 64 from one socket, each 20 ms one packet of the
same size to each of as many addresses) to as many receivers all run at the same time, each in a network namespace of
its own; in each window the larger room's CPU time less the smaller one's, over the listeners and packets between
them, is one packet's cost. So whatever else the machine does meets all alike. Bare sends are plain, and as whoever has several addresses
must send (IP_PKTINFO, fragments allowed). Not a test: it passes no judgement. Needs root.

bench-listener.py [--rooms 50,200] [--codecs PCMU,opus] [--windows N] [--seconds S]"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

from mixed import CODECS, SPEAKERS, TOP, Member, Reflectord, Talk, cpu_seconds, tones

KINDS = ("plain", "address", "reflectord")


def serve(folder, n, codec):
    """A room of reflectord until the standard input ends."""
    members = [Member(i, CODECS[codec]) for i in range(n)]
    server = Reflectord(folder, members, codec)
    talk = Talk(members[:SPEAKERS], tones(codec))
    try:
        print(server.process.pid, flush=True)
        sys.stdin.read()
    finally:
        talk.stop()
        server.end()


def send(how, n, codec):
    """Bare sends to `n` sockets that nobody reads, until the standard input ends."""
    members = [Member(i, None) for i in range(n)]
    octets = 12 + 4 * SPEAKERS + round(statistics.mean(len(frame) for frame in tones(codec)[0]))
    sender = subprocess.Popen([os.path.join(TOP, "tests/bench/bare-send"), str(octets), "86400", how], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    try:
        sender.stdin.write("".join(f"{m.ip} {m.port}\n" for m in members))
        sender.stdin.close()
        print(sender.pid, flush=True)
        sys.stdin.read()
    finally:
        sender.kill()
        sender.wait()


class Room:
    """One of those in a process and a namespace of its own."""

    def __init__(self, kind, n, codec):
        self.kind, self.n = kind, n
        self.process = subprocess.Popen(["unshare", "-n", sys.executable, os.path.abspath(__file__), "--inside", f"{kind},{n},{codec}"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait_ready(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"no room of {self.n} by {self.kind}")
        self.pid = int(line)

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def watch(rooms, windows, seconds):
    """CPU seconds of each room in each window: workers, others."""
    spent = {(room.kind, room.n): [] for room in rooms}
    last = {room: cpu_seconds(room.pid) for room in rooms}
    for _ in range(windows):
        time.sleep(seconds)
        for room in rooms:
            now = cpu_seconds(room.pid)
            spent[room.kind, room.n].append([b - a for a, b in zip(last[room], now)])
            last[room] = now
    return spent


def tell(name, costs, bases):
    """µs a packet, and times each of the bases: over all, and the quartiles of the windows."""
    text = f"  {name:22} {statistics.mean(costs):6.2f} µs"
    for base in bases:
        ratios = [a / b for a, b in zip(costs, base)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        text += f"   {sum(costs) / sum(base):5.2f} ({low:.2f} {middle:.2f} {high:.2f})"
    print(text, flush=True)


def measure(options, codec):
    small, large = options.rooms
    rooms = [Room(kind, n, codec) for kind in KINDS for n in options.rooms]
    try:
        for room in rooms:
            room.wait_ready()
        time.sleep(2)
        spent = watch(rooms, options.windows, options.seconds)
    finally:
        for room in rooms:
            room.end()

    def slopes(kind, take):
        packets = (large - small) * 50 * options.seconds
        return [1e6 * (take(b) - take(a)) / packets for a, b in zip(spent[kind, small], spent[kind, large])]

    plain, address, whole = (slopes(kind, sum) for kind in KINDS)
    print(f"\n{codec}, one more silent listener, {small} to {large}, {options.windows} windows of {options.seconds} s: a packet's cost,"
          " times a plain send, times one with an address (quartiles of the windows)")
    tell("plain sends", plain, [plain, address])
    tell("sends with an address", address, [plain, address])
    tell("reflectord", whole, [plain, address])
    tell("its workers alone", slopes("reflectord", lambda spent: spent[0]), [plain, address])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rooms", type=lambda text: [int(n) for n in text.split(",")], default=[50, 200])
    parser.add_argument("--codecs", type=lambda text: text.split(","), default=["PCMU", "opus"])
    parser.add_argument("--windows", type=int, default=30)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.inside:
        for codec in options.codecs:
            measure(options, codec)
        return
    kind, n, codec = options.inside.split(",")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    if kind != "reflectord":
        send(kind, int(n), codec)
        return
    with tempfile.TemporaryDirectory(prefix="bench-listener-") as folder:
        serve(folder, int(n), codec)


main()
