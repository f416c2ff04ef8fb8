# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shares under attack: too many of them, wrong passkeys, half-open and slow connections, sharers and viewers that
break every rule. Others see nothing of it, and everything that it cost is given back."""
import os
import random
import resource
import socket
import struct
import time

from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector
from lab.share import (BROADCAST, CHANNEL, CLOSE, CREDIT, DATA, F_CODE, F_PORT, F_REASON, GRANT, HEADER, OPEN, REFUSE, Participant,
                       connect)

R1 = "10.11.12.13"
EXT1, EXT2, EXTN = ("ext1", "203.0.113.11", R1), ("ext2", "203.0.113.12", R1), ("extn", "198.51.100.11", R1)


def reflector(lab, conf="", control=""):
    return Reflector(lab, "r1", R1, conf=f"control: {{ {control} }};\nappshare: {{ {conf} }};\n")


def descriptors(reflector):
    return len(os.listdir(f"/proc/{reflector.process.pid}/fd"))


def memory(reflector):
    with open(f"/proc/{reflector.process.pid}/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Watch:
    """An honest share and its viewer, and what the daemon has: as it was before, in the end."""

    def __init__(self, lab, tap, one):
        self.lab, self.tap, self.one = lab, tap, one
        self.owner = Participant(Ua(lab, "owner", *EXT1), "honest")
        self.guest = Participant(Ua(lab, "guest", *EXT2), "honest")
        self.sharer = self.owner.share(CHANNEL, "honest")
        self.sharer.echo = True
        self.viewer = self.guest.view(self.guest.wait_share())
        self.said = 0
        self.talk()
        self.files, self.memory = descriptors(one), memory(one)

    def talk(self):
        """Something there and back again."""
        began = time.monotonic()
        self.viewer.send(b"word" * 250)
        self.said += 1000
        self.viewer.wait(self.said, 20)
        return time.monotonic() - began

    def undisturbed(self, what, room=24 << 20):
        self.tap.ok(self.talk() < 10, f"{what}: an honest share goes on")
        try:
            wait_for(lambda: descriptors(self.one) <= self.files, 40, "descriptors")
        except TimeoutError:
            pass
        self.tap.ok(descriptors(self.one) <= self.files, f"{what}: descriptors are back", descriptors(self.one), self.files)
        grown = memory(self.one) - self.memory
        self.tap.ok(grown < room, f"{what}: memory grew by {grown / 1e6:.1f} MB")


def refused(lab, ns, where, **options):
    """The answer to a connection that must not get through, or "" if it was just closed."""
    try:
        connect(lab, ns, where, **options).close()
        return "open"
    except PermissionError as error:
        return str(error)


def too_many(lab, tap):
    """one share too many, of one and of all; exhausted ports; a range is free again when its shares are gone"""
    reflector(lab, "shares = 3; shares_per_participant = 6; shares_per_session = 6;")
    greedy = Participant(Ua(lab, "greedy", *EXT1), "many")
    shares = [greedy.share() for _ in range(3)]
    answer, fields = greedy.request()
    tap.ok(answer == REFUSE and struct.unpack("!H", fields[F_CODE])[0] in (6, 9), "the fourth of three ports is refused",
           answer, fields)
    tap.ok(fields.get(F_REASON), "with a reason", fields)
    tap.ok(len({s.where.port for s in shares}) == 3, "each has a port of its own", [s.where for s in shares])
    shares[1].close()
    greedy.wait_ended(shares[1].share)
    tap.ok(greedy.request()[0] == GRANT, "where one has ended another one may begin")


def limits(lab, tap):
    """a participant may have so many shares, and others theirs"""
    reflector(lab, "shares_per_participant = 2;")
    greedy, other = Participant(Ua(lab, "greedy", *EXT1), "many"), Participant(Ua(lab, "other", *EXT2), "many")
    for _ in range(2):
        greedy.share()
    answer, fields = greedy.request()
    tap.ok(answer == REFUSE and struct.unpack("!H", fields[F_CODE])[0] == 6, "the third is refused: a limit", fields)
    tap.ok(other.request()[0] == GRANT, "somebody else may share")


def passkeys(lab, tap):
    """a thousand wrong passkeys, and a colleague behind the same NAT who is not locked out"""
    one = reflector(lab)
    watch = Watch(lab, tap, one)
    colleague = Participant(Ua(lab, "colleague", *EXTN), "honest")
    where = colleague.wait_share()
    pseudo = random.Random(1)
    sockets, answers, done, slow = [], {}, 0, 0.0
    began = time.monotonic()
    while done < 1000:
        while len(sockets) < 28 and done + len(sockets) < 1000:
            sock = lab.socket("extn", kind=socket.SOCK_STREAM)
            sock.settimeout(20)
            sock.connect((where.address, where.port))
            sock.sendall(f"RFL/1 SHARE {where.share} {pseudo.getrandbits(128):032x}\r\n".encode())
            sockets.append(sock)
        if done % 200 == 0:
            moment = time.monotonic()
            colleague.view(where).close()
            slow = max(slow, time.monotonic() - moment)
        sock = sockets.pop(0)
        try:
            answer = sock.recv(200).decode("latin-1")
        except ConnectionResetError:
            answer = ""
        answers[answer.strip()] = answers.get(answer.strip(), 0) + 1
        sock.close()
        done += 1
    tap.ok(not any("OK" in answer for answer in answers), "none gets through", answers)
    tap.ok(any(answer.startswith("RFL/1 NO") for answer in answers), "they are told so", answers)
    tap.note(f"{time.monotonic() - began:.0f} s: {answers}")
    tap.ok(slow < 5, "the colleague got in at once each time", slow)
    viewer = colleague.view(where)
    viewer.send(b"x" * 100)
    viewer.wait(100)
    tap.ok(viewer.total == 100, "and sees the share")
    viewer.close()
    watch.undisturbed("wrong passkeys")


def half_open(lab, tap):
    """five thousand connections that say nothing, and some that say it slowly"""
    one = reflector(lab)
    watch = Watch(lab, tap, one)
    resource.setrlimit(resource.RLIMIT_NOFILE, (8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    where, most, sockets = watch.guest.wait_share(), 0, []
    for number in range(5000):
        sock = lab.socket("extn", kind=socket.SOCK_STREAM)
        sock.setblocking(False)
        sock.connect_ex((where.address, where.port))
        sockets.append(sock)
        if number % 250 == 249:
            most = max(most, descriptors(one))
            time.sleep(0.05)
    tap.ok(watch.talk() < 10, "meanwhile the honest share goes on")
    tap.ok(most < watch.files + 300, "descriptors are bounded", most, watch.files)
    second = watch.guest.view(where)
    tap.ok(True, "a viewer from elsewhere gets in")
    second.close()
    for sock in sockets:
        sock.close()
    watch.undisturbed("half-open connections")


def same_network(lab, tap):
    """one who changes his IPv6 address for each connection has no more of them than one with one address"""
    one = reflector(lab, "unproved_per_address = 4;")
    where = Participant(Ua(lab, "owner", *EXT1), "six").request()[1]
    port, sockets = struct.unpack("!H", where[F_PORT])[0], []
    for number in range(12):
        address = f"2001:db8::ff:{number:x}"
        lab.run("ext2", "ip", "-6", "addr", "add", address + "/64", "dev", "eth0", "nodad")
        sock = lab.socket("ext2", socket.AF_INET6, socket.SOCK_STREAM)
        lab.defer(sock.close)
        sock.bind((address, 0))
        sock.connect(("2001:db8::13", port))
        sockets.append(sock)
    wait_for(lambda: one.status()["counters"]["appshare.evicted"] >= 8, 4, "the oldest eight are closed")
    time.sleep(0.1)
    tap.ok(one.status()["plugins"]["appshare"]["unproved"] == 4, "and four are left")


def slow_loris(lab, tap):
    """a line that comes octet by octet is not waited for"""
    one = reflector(lab)
    watch = Watch(lab, tap, one)
    where = watch.guest.wait_share()
    line = f"RFL/1 SHARE {where.share} {where.passkey}\r\n".encode()
    sockets = []
    for _ in range(20):
        sock = lab.socket("extn", kind=socket.SOCK_STREAM)
        sock.settimeout(5)
        sock.connect((where.address, where.port))
        sockets.append(sock)
    began, closed = time.monotonic(), 0
    for octet in line[:70]:
        for sock in sockets:
            try:
                sock.send(bytes((octet,)))
            except OSError:
                pass
        time.sleep(0.1)
    for sock in sockets:
        try:
            closed += b"OK" not in sock.recv(200)
        except ConnectionError:
            closed += 1
        except socket.timeout:
            pass
        sock.close()
    tap.ok(closed == 20, f"all are closed after {time.monotonic() - began:.1f} s", closed)
    watch.undisturbed("slow lines")


def garbage(lab, tap):
    """lines, frames and octets that make no sense, from sharers and viewers"""
    one = reflector(lab)
    watch = Watch(lab, tap, one)
    where = watch.guest.wait_share()
    pseudo = random.Random(3)
    lines = [b"GET / HTTP/1.1\r\n\r\n", b"\r\n", b"\0" * 200, b"RFL/1 SHARE\r\n", b"RFL/2 SHARE x y\r\n", b"x" * 5000,
             f"RFL/1 SHARE {where.share} {where.passkey[:-1]}\r\n".encode(),
             f"RFL/1 SHARE {where.share} {where.passkey}0\r\n".encode(),
             f"RFL/1 SHARE ../{where.share} {where.passkey}\r\n".encode(),
             *(pseudo.randbytes(100) + b"\r\n" for _ in range(10))]
    answers = [refused(lab, "ext2", where, line=line) for line in lines]
    tap.ok("open" not in answers, "no such line opens the door", answers)
    rogue = Participant(Ua(lab, "rogue", *EXTN), "honest")
    frames = [(OPEN, 5, b"\0\0\1\0"), (DATA, 99, b"x" * 1000), (CREDIT, 1, b"ab"), (CLOSE, 77, b""), (77, 0, b"x" * 100),
              (HEADER, 0, b"x" * 60000), (CREDIT, 1, b"\xff\xff\xff\xff")]
    for kind, channel, payload in frames:
        sharer = rogue.share()
        try:
            for _ in range(3):
                sharer.frame(kind, channel, payload)
            sharer.sock.settimeout(20)
            sharer.sock.sendall(pseudo.randbytes(3000))
        except OSError:
            pass
        sharer.close()
        rogue.wait_ended(sharer.share)
    tap.ok(True, "sharers that send nonsense lose their shares")
    viewer = rogue.view(rogue.wait_share(watch.sharer.share))
    viewer.send(pseudo.randbytes(20000))
    viewer.wait(20000)
    tap.ok(viewer.total == 20000, "what a viewer sends is the shared program's affair")
    viewer.close()
    watch.undisturbed("garbage")


def floods(lab, tap):
    """a sharer beyond its credit, a viewer of a broadcast who talks, a viewer who never reads"""
    one = reflector(lab)
    watch = Watch(lab, tap, one)
    rogue = Participant(Ua(lab, "rogue", *EXTN), "honest")
    sharer = rogue.share(CHANNEL, "flood")
    where = watch.guest.wait_share(sharer.share)
    victim = connect(lab, "ext2", where, buffer=4096)
    sharer.wait(lambda s: s.channels, "a viewer at the flooding sharer")
    channel = next(iter(sharer.channels))
    sent = 0
    try:
        while sent < 64 << 20:
            sharer.frame(DATA, channel, bytes(60000))
            sent += 60000
    except OSError:
        pass
    sharer.wait_closed()
    tap.ok(sent < 32 << 20, f"who sends beyond its credit is closed, here after {sent / 1e6:.1f} MB")
    rogue.wait_ended(sharer.share)
    victim.close()
    sharer.close()
    talker = rogue.share(BROADCAST)
    viewer = watch.guest.view(watch.guest.wait_share(talker.share))
    viewer.sock.settimeout(20)
    try:
        for _ in range(200):
            viewer.sock.sendall(bytes(65536))
    except OSError:
        pass
    viewer.sock.setblocking(False)
    viewer.wait_closed()
    tap.ok(viewer.closed, "a viewer who talks to a broadcast is closed")
    viewer.close()
    talker.close()
    rogue.wait_ended(talker.share)
    watch.undisturbed("floods")


main(too_many, limits, passkeys, half_open, same_network, slow_loris, garbage, floods)
