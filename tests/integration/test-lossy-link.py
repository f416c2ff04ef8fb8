# SPDX-License-Identifier: LGPL-2.1-or-later
"""The way between two reflectors loses a fifth, doubles and swaps: joins, sources, texts and leaves stay in
step and media pass as far as they can; the same when either side is killed and comes back. And
10,000 changed datagrams in a peer's name leave everything as it was."""
import json
import random
import socket
import struct
import time

from lab import Capture, Ua, main
from lab.net import wait_for
from lab.reflector import Reflector
from lab.stream import exactly_once

R1, R2 = "10.11.12.13", "10.11.12.14"
BAD = {"loss": 20, "dup": 10, "reorder": 10, "delay": 5}
USERS = (("anna", "ext1", "203.0.113.11", R1), ("ben", "ext2", "203.0.113.12", R1),
         ("carl", "priv1", "192.168.10.11", R2), ("dora", "priv2", "192.168.10.12", R2))


def pair(lab):
    return Reflector(lab, "r1", R1, peers=[R2]), Reflector(lab, "r2", R2, peers=[R1])


def peer(reflector):
    return reflector.status()["plugins"]["interconnect"]["peers"][0]


def counter(reflector, name):
    return reflector.status()["counters"].get(name, 0)


def in_step(one, two, here, there, sources=None):
    """Whether each side knows so many participants and sources of the other."""
    a, b = peer(one), peer(two)
    return (a["up"] and b["up"] and (a["participants"], b["participants"]) == (there, here)
            and (sources is None or a["sources"] + b["sources"] == sources))


def share(sender, receiver, since, until):
    """Which part of what was sent between the two times has arrived."""
    sent = {seq for at, seq, _ in sender.sent if since <= at <= until}
    return len(sent & {p.seq for p in receiver.from_ssrc(sender.ssrc)}) / max(1, len(sent))


def doubles(receiver, since):
    """Sequence numbers that came more than once since then."""
    came = [(p.ssrc, p.seq) for p in receiver.packets if p.at > since]
    return [number for number in set(came) if came.count(number) > 1]


def texts(ua):
    return [message.body for _, message in ua.requests if message.method == "MESSAGE"]


def weather(lab, tap):
    """joins, sources, texts and leaves over a way that loses 20 %, doubles and swaps"""
    lab.wire(**BAD)
    one, two = pair(lab)
    wait_for(lambda: in_step(one, two, 0, 0), 10, "the link")
    uas = [Ua(lab, *user) for user in USERS]
    calls = [ua.call("room", tone=440 + 100 * i) for i, ua in enumerate(uas)]
    streams = [call.streams[0] for call in calls]
    wait_for(lambda: in_step(one, two, 2, 2, sources=4), 5, "everybody known to everybody")
    since = time.time() + 0.5
    time.sleep(10)
    until = time.time() - 0.5
    for i, receiver in enumerate(streams):
        for k, sender in enumerate(streams):
            if i == k:
                continue
            part = share(sender, receiver, since, until)
            if i // 2 == k // 2:
                tap.ok(part == 1, f"{USERS[i][0]} hears all of {USERS[k][0]}", part)
            else:
                tap.ok(0.72 < part < 0.88, f"{USERS[i][0]} hears {USERS[k][0]} as far as packets pass", part)
        tap.ok(receiver.doubles() == 0, f"nothing comes twice to {USERS[i][0]}", receiver.doubles())
    dropped = counter(one, "path.doubles") + counter(two, "path.doubles")
    tap.ok(dropped > 50, "what the way doubled was dropped and counted", dropped)
    for n in range(5):
        uas[0].request("MESSAGE", f"sip:room@{R1}", [("Content-Type", "text/plain")], f"text {n}")
    lab.engine.wait(lambda: len(texts(uas[2])) >= 5 and len(texts(uas[3])) >= 5, 10, "five texts")
    time.sleep(1)
    for i in (1, 2, 3):
        tap.ok(texts(uas[i]) == [f"text {n}" for n in range(5)], f"{USERS[i][0]} reads each text once, in order",
               texts(uas[i]))
    for n, call in enumerate(calls):
        call.hangup()
        left = ((1, 2), (0, 2), (0, 1), (0, 0))[n]
        wait_for(lambda now=left: in_step(one, two, *now), 5, f"{USERS[n][0]} gone everywhere")
    tap.ok(peer(one)["downs"] + peer(two)["downs"] == 0, "the link was never down", peer(one), peer(two))


def conversation(lab, users, room):
    """Calls of two users, one on each side, as soon as they hear each other."""
    uas = [Ua(lab, *user) for user in users]
    calls = [ua.call(room, tone=500 + 200 * i) for i, ua in enumerate(uas)]
    a, b = (call.streams[0] for call in calls)
    lab.engine.wait(lambda: len(a.from_ssrc(b.ssrc)) > 10 and len(b.from_ssrc(a.ssrc)) > 10, 10,
                    f"a conversation in {room}")
    return calls


def hush(calls):
    for call in calls:
        call.streams[0].hush()


def killed(lab, tap):
    """kill -9 and restart of either side in any order, on such a way"""
    lab.wire(**BAD)
    pairs = pair(lab)
    users = USERS[0], USERS[2]
    orders = ((0,), (1,), (0, 1), (1, 0))
    for n, order in enumerate(orders):
        calls = conversation(lab, users, f"before{n}")
        for which in order:
            pairs[which].kill()
        hush(calls)
        for which in reversed(order):
            pairs[which].start()
        started = time.time()
        calls = conversation(lab, users, f"after{n}")
        took = time.time() - started
        names = " and ".join(pairs[which].ns for which in order)
        tap.ok(took < 10, f"{names} killed, back and heard", round(took, 1))
        tap.note(f"{names}: {took:.1f} s until a new call was heard both ways")
        for call in calls:
            call.hangup()
    wait_for(lambda: in_step(*pairs, peer(pairs[1])["participants"], peer(pairs[0])["participants"])
             and peer(pairs[0])["sources"] == 0, 10, "nothing left over")
    return pairs


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xffff)
    return ~(total + (total >> 16)) & 0xffff


class Forger:
    """Writes UDP datagrams in the name of R2's relay ports, from the firewall between."""

    def __init__(self, lab, packets):
        self.sock = lab.socket("fw1", kind=socket.SOCK_RAW, proto=socket.IPPROTO_RAW)
        lab.defer(self.sock.close)
        real = [p for p in packets if p.src == R2 and p.proto == "udp"]
        self.kinds = [[p for p in real if p.sport == port] for port in (5564, 5565)]
        self.random = random.Random(1)

    def send(self, port, payload):
        udp = struct.pack("!HHHH", port, port, 8 + len(payload), 0)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp) + len(payload), 0, 0, 64, 17, 0,
                           socket.inet_aton(R2), socket.inet_aton(R1))
        self.sock.sendto(head + udp + payload, (R1, 0))

    def changed(self):
        """One of the real ones with one to four octets changed, some cut off."""
        packet = self.random.choice(self.random.choice(self.kinds))
        data = bytearray(packet.payload)
        for _ in range(self.random.choice((1, 1, 2, 4))):
            data[self.random.randrange(len(data))] ^= self.random.choice((1, 2, 4, 8, 16, 32, 64, 128, 255,
                                                                          self.random.randrange(1, 256)))
        if self.random.random() < 0.05:
            data = data[:self.random.randrange(1, len(data))]
        self.send(packet.sport, bytes(data))


def picture(reflector):
    """What must not change: who is where, and what the link knows."""
    status = reflector.status()
    kept = {name: peer(reflector)[name] for name in ("up", "sessions", "participants", "sources", "legs")}
    return json.dumps([kept, sorted(s["name"] for s in status["sessions"])])


def changed_datagrams(lab, tap):
    """10,000 changed datagrams from a peer's address: other sessions do not notice, the state is right again"""
    lab.wire()
    one, two = pair(lab)
    capture = Capture(lab, "fw1", "r1", "udp")
    uas = [Ua(lab, *user) for user in USERS]
    calls = [ua.call("room", tone=440 + 100 * i) for i, ua in enumerate(uas)]
    streams = [call.streams[0] for call in calls]
    local = [Ua(lab, user, *where).call("here", tone=900).streams[0]
             for user, where in (("eve", USERS[0][1:]), ("fay", USERS[1][1:]))]
    wait_for(lambda: in_step(one, two, 4, 2, sources=4), 5, "everybody known to everybody")
    uas[3].request("MESSAGE", f"sip:room@{R2}", [("Content-Type", "text/plain")], "hello")
    time.sleep(6)
    forger, before = Forger(lab, capture.packets()), (picture(one), picture(two))
    heaps = []
    for _ in range(3):
        since = time.time()
        for n in range(10000):
            forger.changed()
            if n % 20 == 19:
                time.sleep(0.01)
        until = time.time()
        problems = [p for a, b in (local, local[::-1]) for p in exactly_once(a, b, since, until - 0.3)]
        tap.ok(not problems, "a session that is on one side only has lost nothing", *problems)
        wait_for(lambda: (picture(one), picture(two)) == before, 8, "the state as it was")
        tap.ok(True, "the state is right again")
        heaps.append(one.status()["process"]["heap"])
        since = time.time() + 0.5
        time.sleep(2)
        until = time.time() - 0.3
        parts = [share(a, b, since, until) for a in streams for b in streams if a is not b]
        again = [n for b in streams for n in doubles(b, since)]
        tap.ok(min(parts) == 1 and not again, "everybody hears everybody, once", parts, again)
    tap.ok(heaps[2] < heaps[0] * 1.05 + 65536, "and holds no more memory for it", heaps)
    tap.note(f"malformed {counter(one, 'interconnect.malformed')}, out of step "
             f"{counter(one, 'interconnect.out_of_step')}, link down {peer(one)['downs']} times, heap {heaps}")


main(weather, killed, changed_datagrams, WIRE="1")
