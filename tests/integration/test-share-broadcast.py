# SPDX-License-Identifier: LGPL-2.1-or-later
"""One stream to fifty viewers at two reflectors, one of whom is stopped in its tracks: the others lose nothing, the
sharer is not held back, memory stays within the queues."""
import hashlib
import os
import random
import time

from lab import Ua, main
from lab.audience import QUEUE, fifty, small_buffers
from lab.reflector import Reflector
from lab.share import BROADCAST, DATA, HEADER, MARK, Participant, Viewer, connect

R1, R2 = "10.11.12.13", "10.11.12.14"
CONF = f"control: {{ }};\nappshare: {{ queue = {QUEUE >> 10}; }};\n"
HOMES = (("ext1", "203.0.113.11", R1), ("ext2", "203.0.113.12", R1), ("priv1", "192.168.10.11", R2),
         ("priv2", "192.168.10.12", R2))
PEOPLE, EACH = 13, 4  # participants, and connections of each
TS = 188


def pair(lab):
    small_buffers(lab, "r1", "r2", "ext1", "ext2", "priv1", "priv2")
    return Reflector(lab, "r1", R1, peers=[R2], conf=CONF), Reflector(lab, "r2", R2, peers=[R1], conf=CONF)


def memory(reflector):
    """Octets that it has in RAM."""
    with open(f"/proc/{reflector.process.pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def people(lab, room):
    return [Participant(Ua(lab, f"v{i}", *HOMES[i % len(HOMES)]), room) for i in range(PEOPLE)]


def audience(lab, crowd, share, count, skip):
    """So many viewers' connections of these participants."""
    seats = [p for p in crowd for _ in range(EACH)][:count]
    return [Viewer(lab, connect(lab, p.ns, p.wait_share(share)), skip) for p in seats]


def complete(viewer, source, header):
    """Whether it got the header and then the stream from one of its packets on to the end, every octet."""
    missed = len(source) - (viewer.total - len(header))
    if not viewer.first.startswith(header) or missed < 0 or missed % TS:
        return f"{viewer.total} octets of {len(source)}, {missed} missed, header {viewer.first[:8].hex()}"
    if viewer.digest.digest() != hashlib.sha256(source[missed:]).digest():
        return f"{viewer.total} octets that are not the stream's"
    return ""


def scripted(lab, tap):
    """fifty viewers of a scripted stream, one of whom does not read"""
    one, two = pair(lab)
    owner = Participant(Ua(lab, "owner", *HOMES[2]), "film")
    crowd = people(lab, "film")
    sharer = owner.share(BROADCAST, "Film")
    header = bytes(range(256))
    sharer.frame(HEADER, 0, header)
    viewers = audience(lab, crowd, sharer.share, 49, len(header))
    stopped = connect(lab, crowd[-1].ns, crowd[-1].wait_share(sharer.share), buffer=65536)
    before = [memory(r) for r in (one, two)]
    pseudo = random.Random(5)
    source, slowest = bytearray(), 0.0
    for _ in range(400):
        piece = pseudo.randbytes(TS * 87)
        began = time.monotonic()
        sharer.frame(DATA, 0, piece, MARK)
        slowest = max(slowest, time.monotonic() - began)
        source += piece
        # as fast as a film, not as fast as fifty sockets of one interpreter can be read
        behind = lambda: min(v.total for v in viewers) >= len(source) - QUEUE // 2
        lab.engine.wait(behind, 30, "viewers that keep up")
    for viewer in viewers:
        viewer.wait(len(header) + len(source))
    wrong = [problem for v in viewers for problem in [complete(v, bytes(source), header)] if problem]
    tap.ok(not wrong, "forty-nine got every octet", *wrong[:5])
    tap.note(f"{len(source) / 1e6:.1f} MB, the sharer waited {1000 * slowest:.0f} ms at most for room")
    tap.ok(slowest < 5, "the sharer was not held back", slowest)
    grown = [memory(r) - b for r, b in zip((one, two), before)]
    tap.note("memory grew by " + ", ".join(f"{g / 1e6:.1f} MB" for g in grown))
    tap.ok(max(grown) < 50 * QUEUE, "memory stays within the queues", grown)
    sharer.close()
    for viewer in viewers:
        viewer.wait_closed()
    tap.ok(True, "the sharer's end is everybody's")
    stopped.close()


def filmed(lab, tap):
    """ffmpeg films a window for fifty, at two reflectors; one of them is stopped by SIGSTOP"""
    fifty(lab, tap, pair(lab), 14)


main(scripted, filmed)
