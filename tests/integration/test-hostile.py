# SPDX-License-Identifier: LGPL-2.1-or-later
"""Mutated SIP, RTP, RTCP and link packets at a running pair with a conference on it: a stranger's have no
effect at all, a participant's hurt nobody else, over UDP and over TCP. (A peer's: test-lossy-link.py.)

HOSTILE_PACKETS=1000 of each protocol; HOSTILE_SEED=1."""
import os
import random
import re
import socket
import time

from lab import Ua, main
from lab.mutate import METHODS, Mutator, corpus
from lab.net import wait_for
from lab.reflector import Reflector
from lab.stream import exactly_once

R1, R2 = "10.11.12.13", "10.11.12.14"
COUNT = int(os.environ.get("HOSTILE_PACKETS", 1000))
SEED = int(os.environ.get("HOSTILE_SEED", 1))
USERS = {"anna": "one", "ben": "two", "eve": "three"}
# no limit on rates: what is sent shall be read
CONF = "sip: { invite_rate = 0.0; request_rate = 0.0; wrong_rate = 0.0; transaction_timeout = 1; };\n"
PER_SECOND = 1500


class Scene:
    """anna and ben on R1, carl on R2, in one room and talking."""

    def __init__(self, lab):
        self.lab = lab
        self.one = self.reflector("r1", R1, R2, USERS, CONF + "auth: { max_nonces = 64; };\n")
        self.two = self.reflector("r2", R2, R1, None, CONF)
        self.calls = [Ua(lab, "anna", "ext1", "203.0.113.11", R1, USERS["anna"]).call("calm", tone=440),
                      Ua(lab, "ben", "ext2", "203.0.113.12", R1, USERS["ben"]).call("calm", tone=700),
                      Ua(lab, "carl", "priv1", "192.168.10.11", R2).call("calm", tone=1000)]
        self.streams = [call.streams[0] for call in self.calls]
        lab.engine.wait(lambda: all(len(a.from_ssrc(b.ssrc)) > 10 for a in self.streams for b in self.streams
                                    if a is not b), 10, "a conversation")

    def reflector(self, ns, address, peer, users, conf):
        made = Reflector(self.lab, ns, address, peers=[peer], users=users, start=False)
        with open(os.path.join(made.dir, "20-more.conf"), "w") as f:  # sections of two files are one
            f.write(conf)
        return made.start(60)

    def picture(self):
        """What nobody but the three may change: who is where, from which addresses, and the link."""
        found = []
        for reflector in (self.one, self.two):
            status = reflector.status()
            plugins = status["plugins"]
            calls = sorted((c["participant"], c["state"], c["peer"]) for c in plugins["sip"]["calls"])
            media = [(p["id"], p["state"], [(m["kind"], m["rtp"], m["rtcp"], m["receives"], m["sources"])
                                            for m in p["media"]])
                     for s in plugins["rtp"]["sessions"] for p in s["participants"]]
            link = [{k: peer[k] for k in ("up", "epoch", "sessions", "participants", "sources", "legs", "downs")}
                    for peer in plugins["interconnect"]["peers"]]
            found.append((sorted(s["name"] for s in status["sessions"]), calls, sorted(media), link))
        return found

    def heap(self):
        return sum(r.status()["process"].get("heap", 0) for r in (self.one, self.two))

    def counted(self, *names):
        """The counters of both reflectors whose names begin so, summed."""
        return sum(value for reflector in (self.one, self.two)
                   for name, value in reflector.status()["counters"].items() if name.startswith(names))

    def attack(self, functions):
        """Calls each of the functions COUNT times, evenly. Returns the times between which that was."""
        began = time.time() + 0.1
        start, n = time.monotonic(), 0
        for _ in range(COUNT):
            for function in functions:
                function()
                n += 1
            time.sleep(max(0, start + n / PER_SECOND - time.monotonic()))
        self.lab.engine.wait(lambda: time.time() > began + 1, 3, "at least a second")
        return began, time.time() - 0.3

    def undisturbed(self, tap, began, until, known=()):
        """Each of the three got the others' packets, once, in order, and nobody else's but `known`."""
        for receiver, call in zip(self.streams, self.calls):
            problems = [p for sender in self.streams if sender is not receiver
                        for p in exactly_once(sender, receiver, began, until)]
            for sender in self.streams:
                sent = {seq for _, seq, _ in sender.sent}
                problems += [f"{p.seq} was never sent by its SSRC" for p in receiver.from_ssrc(sender.ssrc)
                             if p.seq not in sent][:3]
            tap.ok(not problems, f"{call.ua.user} gets each packet of the others once, and no forged one", *problems)
            foreign = receiver.ssrcs() - {s.ssrc for s in self.streams}
            tap.ok(foreign <= set(known) if known != "any" else True, f"{call.ua.user} hears nobody else", foreign)
        tap.ok(all(call.state == "up" for call in self.calls), "all calls go on",
               [(call.ua.user, call.state) for call in self.calls])

    def flat(self, tap, before):
        """What the attack needed is given back once the SIP stack has forgotten it (32 s)."""
        if not before or COUNT < 5000:  # sanitizers tell no heap; a short attack proves nothing
            return
        limit = before * 1.03 + 200000
        try:
            wait_for(lambda: self.heap() <= limit, 60, "the heap")
        except TimeoutError:
            pass
        now = self.heap()
        tap.ok(now <= limit, "memory is back where it was", before, now)
        tap.note(f"heap {before} before, {now} after")


def datagrams(lab, ns, ip):
    """A function that sends (data, port, address) from `ip`, always from the same port; its `answers`
    are those of SIP."""
    sock = lab.socket(ns)
    sock.bind((ip, 0))
    sock.setblocking(False)

    def send(data, port, address=R1):
        try:
            sock.sendto(data, (address, port))
        except OSError:
            pass

    def readable():
        while True:
            try:
                send.answers += sock.recv(65536).startswith(b"SIP/2.0 ")
            except OSError:
                return
    send.answers = 0
    lab.engine.watch(sock, readable)
    return send


def requests(ip, transport):
    """Right requests of all methods, and the seeds of the fuzz target, so that answers come back."""
    seeds = [re.sub(rb"(?m)^(v|Via): SIP/2.0/\w+ [^;]+", f"Via: SIP/2.0/{transport} {ip};rport".encode(), seed)
             for seed in corpus("sip")]
    body = next(seed.partition(b"\r\n\r\n")[2] for seed in seeds if b"v=0" in seed).decode()
    for n, method in enumerate(METHODS):
        text = body if method in ("INVITE", "UPDATE", "ACK", "PRACK") else "hello"
        lines = [f"{method} sip:calm@{R1} SIP/2.0", f"Via: SIP/2.0/{transport} {ip}:5060;branch=z9hG4bKx;rport",
                 "Max-Forwards: 70", f"From: \"Eve\" <sip:eve@{R1}>;tag=e{n}", f"To: <sip:calm@{R1}>",
                 f"Call-ID: {n}", f"CSeq: 1 {method}", f"Contact: <sip:eve@{ip}:5060>", "Expires: 60",
                 "Supported: timer, 100rel", "Event: conference",
                 "Content-Type: " + ("application/sdp" if text == body else "text/plain"),
                 f"Content-Length: {len(text)}"]
        seeds.append(("\r\n".join(lines) + "\r\n\r\n" + text).encode())
    return seeds


def strangers(lab, tap):
    """mutated packets of strangers have no effect at all"""
    scene = Scene(lab)
    ssrcs = [s.ssrc for s in scene.streams]
    chance = random.Random(SEED)
    sip, rtp = Mutator(SEED, requests("198.51.100.11", "UDP")), Mutator(SEED + 1, corpus("rtp"))
    rtcp, link = Mutator(SEED + 2, corpus("rtcp", "rtcp-policy")), Mutator(SEED + 3, corpus("link-message"))
    outside, inside = datagrams(lab, "extn", "198.51.100.11"), datagrams(lab, "priv2", "192.168.10.12")

    def both(data, port):
        outside(data, port, R1)
        inside(data, port, R2)
    scene.lab.engine.wait(lambda: True, 1, "")
    before, heap = scene.picture(), scene.heap()
    began, until = scene.attack([lambda: outside(sip.sip(), 5060),
                                 lambda: both(rtp.rtp(ssrcs), chance.choice((5566, 5568))),
                                 lambda: both(rtcp.rtcp(ssrcs), chance.choice((5567, 5569))),
                                 lambda: outside(link.any(), chance.choice((5564, 5565)))])
    scene.undisturbed(tap, began, until)
    after = scene.picture()
    tap.ok(after == before, "and the state is the same", *[x for x in zip(before, after) if x[0] != x[1]])
    tap.ok(outside.answers >= COUNT / 3, "most SIP was answered", outside.answers)
    dropped = scene.counted("path.malformed", "path.other_dropped", "path.strangers_limited", "path.park_",
                            "rtp.refused", "interconnect.strangers")
    tap.ok(dropped >= COUNT, "most RTP, RTCP and link packets were judged and dropped", dropped)
    tap.note(f"{outside.answers} SIP answers, {dropped} packets dropped")
    scene.flat(tap, heap)


def participant(lab, tap):
    """a participant's own mutated packets hurt nobody else"""
    scene = Scene(lab)
    ssrcs = [s.ssrc for s in scene.streams]
    ua = Ua(lab, "eve", "extn", "198.51.100.11", R1, USERS["eve"])
    call = ua.call("calm", ua.stream(), ua.stream("video"), tone=1500)
    audio, video = call.streams
    lab.engine.wait(lambda: all(len(s.from_ssrc(audio.ssrc)) > 10 for s in scene.streams), 10, "eve is heard")
    audio.hush()
    own = {r"(?i)(?<=\n)(call-id|i): .*": f"Call-ID: {call.call_id}", r";tag=\S+": f";tag={call.tag}"}
    sip, rtp = Mutator(SEED, [*corpus("sip"), *dialog(call)]), Mutator(SEED + 1, corpus("rtp"))
    rtcp = Mutator(SEED + 2, corpus("rtcp", "rtcp-policy"))
    heap = scene.heap()

    def say(stream, sock, remote, data):
        try:
            sock.sendto(data, remote)
        except OSError:
            pass
    chance = random.Random(SEED)
    began, until = scene.attack([
        lambda: ua._send(sip.sip(changes=own if chance.random() < 0.5 else None)),
        lambda: say(audio, audio.rtp, audio.remote, rtp.rtp([*ssrcs, audio.ssrc])),
        lambda: say(video, video.rtp, video.remote, rtp.rtp([*ssrcs, video.ssrc])),
        lambda: say(audio, audio.rtcp, audio.remote_rtcp, rtcp.rtcp([*ssrcs, audio.ssrc]))])
    scene.undisturbed(tap, began, until, known="any")  # what eve says under her own SSRCs is hers
    scene.flat(tap, heap)
    for stream in call.streams:
        stream.close()


def dialog(call):
    """Right requests of a call, as seeds."""
    ua = call.ua
    for method in ("INVITE", "UPDATE", "INFO", "MESSAGE", "BYE", "PRACK", "OPTIONS", "REFER"):
        body = call._sdp() if method in ("INVITE", "UPDATE") else "hello"
        lines = [f"{method} {call.target} SIP/2.0", "Via: SIP/2.0/UDP %s:%d;branch=z9hG4bKx;rport" % (ua.ip, ua.port),
                 "Max-Forwards: 70", f"From: <{ua.address}>;tag={call.tag}",
                 f"To: <{call.uri}>;tag={call.remote_tag}", f"Call-ID: {call.call_id}",
                 f"CSeq: {call.cseq + 1} {method}", f"Contact: {ua.contact}",
                 "Content-Type: " + ("application/sdp" if "v=0" in body else "text/plain"),
                 f"Content-Length: {len(body)}"]
        yield ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Pipe:
    """A stranger's TCP connection that sends messages cut anywhere and joined as they come."""

    def __init__(self, lab, chance):
        self.lab, self.chance, self.sock, self.rest, self.opened = lab, chance, None, b"", 0

    def send(self, data):
        if not self.sock:
            self.sock = self.lab.socket("extn", kind=socket.SOCK_STREAM)
            self.sock.settimeout(2)
            self.opened += 1
            try:
                self.sock.connect((R1, 5060))
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.sock.setblocking(False)
            except OSError:
                self.close()
                return
        self.rest += data
        while self.sock and len(self.rest) > self.chance.randrange(3000):
            size = self.chance.choice((1, 7, 100, 1000, len(self.rest)))
            try:
                self.sock.send(self.rest[:size])
                while self.sock.recv(65536):
                    pass
                self.close()
            except BlockingIOError:
                self.rest = self.rest[size:]
            except OSError:
                self.close()
        if self.chance.random() < 0.02:
            self.close()

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock, self.rest = None, b""


def connections(lab, tap):
    """mutated SIP over TCP, cut and joined anywhere, has no effect at all"""
    scene = Scene(lab)
    chance, sip = random.Random(SEED), Mutator(SEED, requests("198.51.100.11", "TCP"))
    pipes = [Pipe(lab, chance) for _ in range(8)]
    before, heap = scene.picture(), scene.heap()
    began, until = scene.attack([lambda: chance.choice(pipes).send(sip.sip())])
    scene.undisturbed(tap, began, until)
    tap.note(f"{sum(pipe.opened for pipe in pipes)} connections")
    for pipe in pipes:
        pipe.close()
    wait_for(lambda: scene.one.status()["plugins"]["sip"]["connections"] == 0, 10, "every connection ended")
    after = scene.picture()
    tap.ok(after == before, "and the state is the same", *[x for x in zip(before, after) if x[0] != x[1]])
    late = Ua(lab, "eve", "ext1", "203.0.113.11", R1, USERS["eve"], tcp=True).call("calm")
    tap.ok(late.state == "up", "a right call over TCP gets in afterwards")
    scene.flat(tap, heap)


# what threads keep for themselves of freed memory counts as used: without that the heap tells exactly
os.environ.setdefault("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0")
main(strangers, participant, connections)
