# SPDX-License-Identifier: LGPL-2.1-or-later
"""A film of a busy window, sent by ffmpeg and `reflector-client broadcast`, and a crowd of `reflector-client view` that
writes what it gets to files; compared octet by octet. Not for scripted viewers: see share.py."""
import os
import signal
import subprocess
import threading
import time

from .display import Display
from .net import wait_for
from .phones import need
from .share import Client

PACKET = 188  # of a transport stream
QUEUE = 1 << 20
HEADER = 2 * PACKET  # its tables, which everybody gets first


def small_buffers(lab, *namespaces):
    """Kernels that do not hold the stream for somebody who does not read."""
    for ns in namespaces:
        lab.run(ns, "sysctl", "-qw", "net.ipv4.tcp_rmem=4096 65536 262144", "net.ipv4.tcp_wmem=4096 65536 262144")


class Film:
    """`seconds` of a screen full of text that changes, broadcast from `ns`. `source`: what was sent, once it is over."""

    def __init__(self, lab, ns, room, seconds, quality=30):
        need("ffmpeg", "xterm")
        screen = Display(lab, ns, "film")
        noise = "while :; do head -c 900 /dev/urandom | base64 -w 100; sleep 0.1; done"
        lab.start(ns, ["xterm", "-fn", "fixed", "-geometry", "105x36+0+0", "-e", "sh", "-c", noise], "xterm-film",
                  env=screen.env)
        self.path = lab.path("film.ts")
        record = ["ffmpeg", "-v", "error", "-f", "x11grab", "-framerate", "10", "-video_size", "640x480", "-i", screen.id,
                  "-t", str(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "10",
                  "-qp", str(quality), "-pix_fmt", "yuv420p", "-f", "mpegts", "-"]
        ready, go = os.pipe()
        camera = lab.start(ns, record, "ffmpeg", env=screen.env, stdout=subprocess.PIPE)
        lab.start(ns, ["tee", self.path], "tee", stdin=camera.stdout, stdout=go)
        camera.stdout.close()
        os.close(go)
        self.client = Client(lab, ns, "film", "broadcast", "--title", "A window", room=room, stdin=ready)
        os.close(ready)

    def size(self):
        return os.path.getsize(self.path)

    @property
    def source(self):
        with open(self.path, "rb") as f:
            return f.read()


class Onlooker:
    """One `reflector-client view`."""

    def __init__(self, lab, ns, name, room):
        self.name, self.path = name, lab.path(f"seen-{name}.ts")
        with open(self.path, "wb") as out, open(lab.path(f"onlooker-{name}.log"), "wb") as errors:
            self.client = Client(lab, ns, name, "view", "--stdout", room=room, quiet=True, stdout=out, stderr=errors)

    @property
    def process(self):
        return self.client.process

    def size(self):
        return os.path.getsize(self.path)

    def problem(self, source):
        """Why what it has is not the tables and all of `source` from a random access point on; "" if it is."""
        with open(self.path, "rb") as f:
            seen = f.read()
        start = len(source) - (len(seen) - HEADER)
        if len(seen) <= HEADER or start < 0 or start % PACKET:
            return f"{self.name}: {len(seen)} octets of {len(source)}"
        if seen[:HEADER:PACKET] != b"GG" or not source.startswith(seen[HEADER:], start):
            return f"{self.name}: {len(seen)} octets that are not the stream's"
        # adaptation_field_control with a field, its random_access_indicator (ISO/IEC 13818-1, 2.4.3.5)
        if not (source[start + 3] & 0x20 and source[start + 4] and source[start + 5] & 0x40):
            return f"{self.name}: begins at {start}, which is no random access point"
        return ""


def crowd(lab, homes, count, room):
    """So many of them, in the namespaces of `homes` [(namespace, reflector's address)] by turns, who all see the film."""
    seats = []
    for i in range(count):
        ns, address = homes[i % len(homes)]
        seats.append(Onlooker(lab, ns, f"v{i}", f"sip:{room}@{address}"))
    wait_for(lambda: all(seat.size() > HEADER for seat in seats), 30, "a picture at everybody's")
    return seats


class Memory:
    """What reflectors have in RAM, ten times a second from now on. `grown`: at most, in octets, for each."""

    def __init__(self, reflectors):
        self.pids = [r.process.pid for r in reflectors]
        self.before = [self._now(pid) for pid in self.pids]
        self.grown = [0] * len(self.pids)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    @staticmethod
    def _now(pid):
        with open(f"/proc/{pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def _watch(self):
        while not self.over.wait(0.1):
            for i, pid in enumerate(self.pids):
                self.grown[i] = max(self.grown[i], self._now(pid) - self.before[i])

    def slack(self):
        """What may come beside a queue: a sanitizer keeps what was freed."""
        with open(f"/proc/{self.pids[0]}/maps") as f:
            return (8 if "libasan" in f.read() else 3) << 20

    def stop(self):
        self.over.set()
        self.thread.join()
        return self.grown


def fifty(lab, tap, reflectors, seconds, quality=42, victim=0):
    """A film for fifty at two reflectors, one of whom is stopped in its tracks: the first one of reflector `victim`.
    `reflectors`: two linked ones, with a queue of QUEUE octets for a viewer; the film is sent to the second."""
    one, two = reflectors
    film = Film(lab, "priv1", f"sip:film@{two.address}", seconds, quality)
    film.client.wait("started", 20, marks="mpegts")
    homes = [(ns, one.address) for ns in ("ext1", "ext2")] + [(ns, two.address) for ns in ("priv1", "priv2")]
    began = time.monotonic()
    seats = crowd(lab, homes, 50, "film")
    tap.note(f"fifty see the film after {time.monotonic() - began:.1f} s, {film.size() / 1e6:.1f} MB sent by then")
    stopped = seats.pop(2 * victim)
    memory = Memory(reflectors)
    slack = memory.slack()
    stopped.process.send_signal(signal.SIGSTOP)
    sent = film.size()
    tap.ok(film.client.wait_end(seconds + 20) == 0, "the film is over", film.client.events[-3:])
    statuses = [seat.client.wait_end(20) for seat in seats]
    tap.ok(not any(statuses), "and its viewers with it", statuses)
    grown, source = memory.stop(), film.source
    told = film.client.find("sent")
    tap.ok(told and told[0]["octets"] == len(source), "the sharer got rid of every octet", told, len(source))
    wrong = [problem for problem in (seat.problem(source) for seat in seats) if problem]
    tap.ok(not wrong, "forty-nine have every octet from where they came in", *wrong[:5])
    lost = subprocess.run(["ffmpeg", "-v", "error", "-i", seats[-1].path, "-f", "null", "-"], capture_output=True,
                          text=True).stderr
    tap.ok(not lost, "and every picture can be decoded", lost)
    tap.note(f"{len(source) / 1e6:.1f} MB, {(len(source) - sent) / 1e6:.1f} MB of them after the stop")
    skips = [r.status()["counters"]["appshare.skips"] for r in reflectors]
    tap.ok(skips[victim] > 0 and skips[1 - victim] == 0, "the one that was stopped missed something, nobody else", skips)
    tap.note("memory grew by " + ", ".join(f"{g / 1e6:.2f} MB" for g in grown))
    tap.ok(grown[victim] < QUEUE + slack and grown[1 - victim] < slack, "memory stays within one viewer's queue", grown)
    stopped.process.send_signal(signal.SIGCONT)
