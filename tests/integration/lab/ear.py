# SPDX-License-Identifier: LGPL-2.1-or-later
"""What really arrives at a phone: a packet socket beside it. Sends nothing to the network."""
import socket
import struct
import time

from . import media
from .stream import Received, Stream

ETH_P_IP, PACKET_OUTGOING = 0x0800, 4


class Ear:
    """Every RTP packet that reaches `ip` in `ns` from the reflector's port `sport` (5566 audio, 5568
    video) at one of the ports `dports`; each is also fed to the Players in `targets`."""

    def __init__(self, lab, ns, ip, sport, dports=range(65536), targets=()):
        self.lab, self.ns, self.ip, self.sport, self.dports = lab, ns, ip, sport, dports
        self.packets, self.targets = [], list(targets)
        self.sock = lab.socket(ns, socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
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
            if sport == self.sport and dport in self.dports:
                self._take(ip[start + 8:start + size], (socket.inet_ntoa(ip[12:16]), sport))

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
