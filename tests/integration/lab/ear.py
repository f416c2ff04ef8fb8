# SPDX-License-Identifier: LGPL-2.1-or-later
"""What really arrives at a phone: a packet socket beside it, and a GStreamer rtpbin that plays
every source of it apart, since ordinary phones fall silent when two SSRCs share a port. Sends
nothing to the network."""
import os
import random
import socket
import struct
import time

from . import media
from .phones import need
from .stream import Received, Stream

ETH_P_IP, PACKET_OUTGOING = 0x0800, 4


class Ear:
    """Every RTP packet that reaches `ip` in `ns` from the reflector's port `sport` (5566 audio, 5568
    video); `forward` passes each one on to a Player."""

    def __init__(self, lab, ns, ip, sport, dport=None):
        self.lab, self.ns, self.ip, self.sport, self.dport = lab, ns, ip, sport, dport
        self.packets, self.targets = [], []
        self.sock = lab.socket(ns, socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.out = lab.socket(ns)
        lab.defer(self.out.close)
        lab.engine.watch(self.sock, self._readable)

    def _readable(self):
        while True:
            try:
                ip, (_, _, kind, *_) = self.sock.recvfrom(65536)
            except BlockingIOError:
                return
            if kind == PACKET_OUTGOING or ip[9] != 17 or socket.inet_ntoa(ip[16:20]) != self.ip:
                continue
            start = 4 * (ip[0] & 15)
            sport, dport, size = struct.unpack_from("!HHH", ip, start)
            if sport == self.sport and self.dport in (None, dport):
                self._take(ip[start + 8:start + size], (socket.inet_ntoa(ip[12:16]), sport))

    def _take(self, data, source):
        rtp = media.unpack(data)
        if not rtp:
            return
        self.packets.append(Received(time.time(), rtp.seq, rtp.timestamp, rtp.ssrc, rtp.pt, rtp.marker,
                                     rtp.payload, source))
        for player in self.targets:
            player.feed(self.out, data)

    from_ssrc, ssrcs, heard = Stream.from_ssrc, Stream.ssrcs, Stream.heard
    pt = 0

    def doubles(self):
        """How many packets came more than once."""
        return sum(len(seqs) - len(set(seqs)) for seqs in
                   ([p.seq for p in self.from_ssrc(s)] for s in self.ssrcs()))


class Player:
    """rtpbin in `ns`: each source it is fed is depayloaded and decoded into a file of its own; there
    is room for more sources than anybody expects."""
    ROOM = 6
    AUDIO = ("media=audio,clock-rate=8000,encoding-name=PCMU", "rtppcmudepay ! mulawdec", "s16")
    VIDEO = ("media=video,clock-rate=90000,encoding-name=VP8",
             "rtpvp8depay ! vp8dec ! videoconvert ! videoscale ! "
             "video/x-raw,format=RGB,width=16,height=16", "rgb")
    serial = 0

    def __init__(self, lab, ns, kind="audio", pt=0):
        need("gst-launch-1.0")
        caps, decode, suffix = self.AUDIO if kind == "audio" else self.VIDEO
        Player.serial += 1
        self.kind, self.port = kind, random.randrange(40000, 60000)
        self.files = [lab.path(f"player{Player.serial}-{i}.{suffix}") for i in range(self.ROOM)]
        pipeline = (f"rtpbin name=b latency=100 udpsrc address=127.0.0.1 port={self.port} "
                    f"caps=application/x-rtp,{caps},payload={pt} ! b.recv_rtp_sink_0")
        for file in self.files:
            pipeline += f" b. ! {decode} ! filesink buffer-mode=unbuffered location={file}"
        lab.start(ns, ["gst-launch-1.0", "-q", *pipeline.split()], f"player{Player.serial}-{ns}-{kind}")

    def feed(self, sock, data):
        try:
            sock.sendto(data, ("127.0.0.1", self.port))
        except OSError:
            pass

    def _recorded(self):
        for file in self.files:
            if os.path.exists(file):
                with open(file, "rb") as f:
                    data = f.read()
                if data:
                    yield data

    def tones(self, frequencies):
        """Which tones were decoded from any source."""
        found = set()
        for data in self._recorded():
            samples = struct.unpack(f"<{len(data) // 2}h", data[:len(data) // 2 * 2])
            found |= media.tones_in(samples, 8000, frequencies)
        return found

    def colours(self, frames=5):
        """The colours of the pictures of all sources, each seen in at least so many frames."""
        count = {}
        for data in self._recorded():
            for i in range(0, len(data) - 767, 768):
                frame = data[i:i + 768]
                rgb = tuple(sum(frame[c::3]) / 256 for c in range(3))
                name = media.colour_of(rgb)
                count[name] = count.get(name, 0) + 1
        return {name for name, n in count.items() if n >= frames}
