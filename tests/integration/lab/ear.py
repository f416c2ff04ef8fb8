# SPDX-License-Identifier: LGPL-2.1-or-later
"""What really arrives at a phone: a packet socket beside it. Sends nothing to the network."""
import re
import socket
import struct
import time

from . import media
from .stream import Received, Stream

ETH_P_IP, ETH_P_IPV6, ETH_P_ALL, PACKET_OUTGOING = 0x0800, 0x86dd, 3, 4


class Ear:
    """Every RTP packet that reaches `ip` in `ns` from the reflector's port `sport` (5566 audio, 5568
    video), or the second one of its kind, at one of the ports `dports`; each is also fed to the Players in `targets`."""

    WANTED = staticmethod(lambda kind: kind != PACKET_OUTGOING)

    def __init__(self, lab, ns, ip, sport, dports=range(65536), targets=()):
        self.lab, self.ns, self.ip, self.dports = lab, ns, ip, dports
        self.doors = (sport, sport + 4)  # rtp.second_ports
        self.packets, self.targets = [], list(targets)
        # what is sent is shown to those alone who want everything
        self.sock = lab.socket(ns, socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(
            ETH_P_ALL if self.WANTED(PACKET_OUTGOING) else ETH_P_IPV6 if ":" in ip else ETH_P_IP))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        lab.engine.watch(self.sock, self._readable)

    def _readable(self):
        while True:
            try:
                ip, (_, _, kind, *_) = self.sock.recvfrom(65536)
            except BlockingIOError:
                return
            if self.WANTED(kind):
                self._datagram(*(self._six(ip) if ":" in self.ip else self._four(ip)))

    @staticmethod
    def _four(ip):
        """(protocol, source, destination, what follows the header)"""
        return ip[9], socket.inet_ntoa(ip[12:16]), socket.inet_ntoa(ip[16:20]), ip[4 * (ip[0] & 15):]

    @staticmethod
    def _six(ip):
        """The same of a packet without extension headers."""
        return ip[6], *(socket.inet_ntop(socket.AF_INET6, ip[i:i + 16]) for i in (8, 24)), ip[40:]

    def _datagram(self, proto, src, dst, udp):
        if proto != socket.IPPROTO_UDP or dst != self.ip:
            return
        sport, dport, size = struct.unpack_from("!HHH", udp)
        if sport in self.doors and dport in self.dports:
            self._take(udp[8:size], (src, sport))

    def _take(self, data, source):
        rtp = media.unpack(data)
        if not rtp:
            return
        self.packets.append(Received(time.time(), rtp.seq, rtp.timestamp, rtp.ssrc, rtp.pt, rtp.marker,
                                     rtp.payload, source))
        for player in self.targets:
            player.feed(data)

    from_ssrc, ssrcs, heard = Stream.from_ssrc, Stream.ssrcs, Stream.heard
    pt = 0

    doubles = Stream.doubles

    def close(self):
        self.lab.engine.unwatch(self.sock)
        self.sock.close()


class Mouth(Ear):
    """The other way: what the phone at `ip` sends to the reflector's port `sport`, from its ports `dports`."""
    WANTED = staticmethod(lambda kind: kind == PACKET_OUTGOING)

    def _datagram(self, proto, src, dst, udp):
        if proto != socket.IPPROTO_UDP or src != self.ip:
            return
        sport, dport, size = struct.unpack_from("!HHH", udp)
        if dport in self.doors and sport in self.dports:
            self._take(udp[8:size], (src, sport))


class Signals:
    """Every packet that reaches `ns`, as it is: for what is said in SIP over whatever carries it."""

    def __init__(self, lab, ns):
        self.lab, self.packets = lab, []
        self.sock = lab.socket(ns, socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        lab.engine.watch(self.sock, self._readable)

    def _readable(self):
        while True:
            try:
                data, (_, _, kind, *_) = self.sock.recvfrom(65536)
            except BlockingIOError:
                return
            if kind != PACKET_OUTGOING and b"SIP/2.0" in data:
                self.packets.append(data)

    def answers(self, method):
        """The statuses of responses to `method`."""
        found = (re.search(rb"SIP/2\.0 (\d+) .*?\r\nCSeq: \d+ " + method.encode(), p, re.S) for p in self.packets)
        return [int(m.group(1)) for m in found if m]

    close = Ear.close
