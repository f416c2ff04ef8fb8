# SPDX-License-Identifier: LGPL-2.1-or-later
"""One medium of the test client: its two sockets, what it sends, and every packet that arrives,
with the kernel's time of arrival. Knows no SIP."""
import random
import socket
import struct
import time
from collections import namedtuple

from . import media

Received = namedtuple("Received", "at seq timestamp ssrc pt marker payload source")
Report = namedtuple("Report", "at packets source data")
SO_TIMESTAMPNS = 35
AUDIO = [(0, "PCMU/8000"), (101, "telephone-event/8000")]
VIDEO = [(96, "VP8/90000")]


class Stream:
    """`ssrc` is what it sends (and announces, if told to); `cname` what its RTCP says."""

    def __init__(self, lab, ns, ip, kind="audio", port=0, ssrc=None, cname="test", formats=None,
                 announce=False, rtcp_interval=1.0):
        self.engine, self.kind, self.ip, self.ns = lab.engine, kind, ip, ns
        self.formats = formats or (AUDIO if kind == "audio" else VIDEO)
        self.ssrc = random.getrandbits(32) if ssrc is None else ssrc
        self.cname, self.announce, self.rtcp_interval = cname, announce, rtcp_interval
        self.direction, self.fmtp = "sendrecv", []
        self.rtp, self.rtcp, self.port = self._pair(lab, ns, ip, port)
        self.remote = self.remote_rtcp = None
        self.pt = self.formats[0][0]
        self.seq = random.getrandbits(15)
        self.timestamp = random.getrandbits(31)
        self.packets, self.reports, self.sent = [], [], []
        self.targets = []  # Players that are fed what comes
        self.timer = self.rtcp_timer = self.frames = None
        self.engine.watch(self.rtp, lambda: self._read(self.rtp, self._take_rtp))
        self.engine.watch(self.rtcp, lambda: self._read(self.rtcp, self._take_rtcp))

    @staticmethod
    def _pair(lab, ns, ip, wanted):
        """Two neighbouring sockets, the first on an even port."""
        for _ in range(100):
            port = wanted or random.randrange(20000, 40000, 2)
            family = socket.AF_INET6 if ":" in ip else socket.AF_INET
            pair = lab.socket(ns, family), lab.socket(ns, family)
            try:
                for i, sock in enumerate(pair):
                    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
                    sock.bind((ip, port + i))
                return (*pair, port)
            except OSError:
                for sock in pair:
                    sock.close()
                if wanted:
                    raise
        raise OSError("no free pair of ports")

    # ---- in
    @staticmethod
    def _read(sock, take):
        while True:
            try:
                data, ancillary, _, source = sock.recvmsg(2048, 64)
            except (BlockingIOError, ConnectionRefusedError):
                return
            at = time.time()
            for _, kind, value in ancillary:
                if kind == SO_TIMESTAMPNS:
                    seconds, nanoseconds = struct.unpack("qq", value[:16])
                    at = seconds + nanoseconds / 1e9
            take(at, data, source)

    def _take_rtp(self, at, data, source):
        rtp = media.unpack(data)
        if rtp:
            self.packets.append(Received(at, rtp.seq, rtp.timestamp, rtp.ssrc, rtp.pt, rtp.marker,
                                         rtp.payload, source))
            for player in self.targets:
                player.feed(data)
        else:
            self._take_rtcp(at, data, source)

    def _take_rtcp(self, at, data, source):
        self.reports.append(Report(at, media.unpack_rtcp(data), source, data))

    # ---- out
    def send(self, payload=None, marker=0, ssrc=None, pt=None):
        """One packet, now. Returns when it was sent."""
        if not self.remote:
            return None
        frames = self.frames or media.tone_frames(400)
        payload = payload or frames[self.seq % len(frames)]
        ssrc = self.ssrc if ssrc is None else ssrc
        data = media.pack(media.RTP(self.pt if pt is None else pt, marker, self.seq, self.timestamp,
                                    ssrc, payload))
        at = time.time()
        try:
            self.rtp.sendto(data, self.remote)
        except OSError:
            return None
        self.sent.append((at, self.seq & 0xffff, ssrc))
        self.seq += 1
        self.timestamp += media.FRAME
        return at

    def send_raw(self, data):
        """An RTP packet that somebody else has made."""
        rtp = media.unpack(data)
        if self.remote and rtp:
            self.sent.append((time.time(), rtp.seq, rtp.ssrc))
            self.timestamp = rtp.timestamp
            self.rtp.sendto(data, self.remote)

    def talk(self, tone, rtcp=True):
        """Sends the tone, 50 packets a second, from now on; with SR and SDES."""
        with self.engine.cond:
            self.hush()
            self.frames = media.tone_frames(tone)
            self._tick(time.monotonic(), 1)
            if rtcp:
                self.report(every=self.rtcp_interval)

    def _tick(self, when, marker=0):
        if self.direction in ("sendrecv", "sendonly"):
            self.send(marker=marker)
        self.timer = self.engine.at(when + 0.02, self._tick, when + 0.02)

    def report(self, every=None):
        """SR (RR before anything was sent) and SDES, now and every so often."""
        if self.remote_rtcp:
            sent = (time.time(), self.timestamp, len(self.sent), media.FRAME * len(self.sent))
            data = media.rtcp_report(self.ssrc, self.cname, sent if self.sent else None)
            self.send_rtcp(data)
        if every:
            self.rtcp_timer = self.engine.later(every, self.report, every)

    def send_rtcp(self, data):
        if self.remote_rtcp:
            try:
                self.rtcp.sendto(data, self.remote_rtcp)
            except OSError:
                pass

    def hush(self):
        """Sends nothing any more, until it talks again."""
        with self.engine.cond:
            self.engine.cancel(self.timer)
            self.engine.cancel(self.rtcp_timer)
            self.timer = self.rtcp_timer = None

    # ---- what came
    def from_ssrc(self, ssrc):
        return [p for p in self.packets if p.ssrc == ssrc]

    def ssrcs(self):
        return {p.ssrc for p in self.packets}

    def heard(self, tones):
        """Which tones its recording holds, whatever the SSRC."""
        found = set()
        for ssrc in self.ssrcs():
            samples = media.pcmu_samples(p.payload for p in self.from_ssrc(ssrc) if p.pt == self.pt)
            found |= media.tones_in(samples, 8000, tones)
        return found

    def doubles(self):
        """How many packets came more than once."""
        return sum(len(seqs) - len(set(seqs)) for seqs in
                   ([p.seq for p in self.from_ssrc(s)] for s in self.ssrcs()))

    # ---- SDP
    def sdp(self, ip=None):
        lines = [f"m={self.kind} {self.port} RTP/AVP {' '.join(str(pt) for pt, _ in self.formats)}"]
        lines += [f"a=rtpmap:{pt} {name}" for pt, name in self.formats]
        lines += [f"a={line}" for line in self.fmtp]
        lines.append(f"a={self.direction}")
        if self.announce:
            lines.append(f"a=ssrc:{self.ssrc} cname:{self.cname}")
        return lines

    def answered(self, description):
        """Takes the other side's m-line."""
        if description["port"] == 0:
            self.remote = self.remote_rtcp = None
            return
        self.remote = (description["ip"], description["port"])
        self.remote_rtcp = (description["ip"], description["rtcp"] or description["port"] + 1)
        self.pt = description["formats"][0]

    def close(self):
        self.hush()
        for sock in (self.rtp, self.rtcp):
            self.engine.unwatch(sock)
            sock.close()


def exactly_once(sender, receiver, since=None, until=None):
    """What is wrong with the packets of one stream in another: a list of lines, empty if each one
    sent between the two times arrived once and in order."""
    sent = [seq for at, seq, ssrc in sender.sent
            if ssrc == sender.ssrc and (since is None or at >= since) and (until is None or at <= until)]
    came = [p.seq for p in receiver.from_ssrc(sender.ssrc)]
    wanted, problems = set(sent), []
    doubles = {seq for seq in came if came.count(seq) > 1} if len(came) != len(set(came)) else set()
    missing = wanted - set(came)
    if not sent:
        problems.append("nothing was sent")
    if missing:
        problems.append(f"{len(missing)} of {len(wanted)} missing: {sorted(missing)[:8]}")
    if doubles:
        problems.append(f"{len(doubles)} came more than once: {sorted(doubles)[:8]}")
    if any((b - a) & 0x8000 for a, b in zip(came, came[1:])):
        problems.append("out of order")
    return problems
