# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tcpdump saw on one interface, as (time, protocol, source, destination, payload). Reads
classic pcap files of Ethernet frames with IPv4; fragments and everything else are left out."""
import signal
import socket
import struct
from collections import namedtuple

from .net import wait_for

Packet = namedtuple("Packet", "at proto src sport dst dport payload")


class Capture:
    """Runs while the lab does; `packets()` ends it and reads what it holds."""
    serial = 0

    def __init__(self, lab, ns, interface, expression=""):
        Capture.serial += 1
        name = f"capture-{Capture.serial}-{ns}-{interface}"
        self.file = lab.path(name + ".pcap")
        self.process = lab.start(ns, ["tcpdump", "-i", interface, "-U", "--immediate-mode", "-B", "8192",
                                      "-Z", "root", "-s", "0", "-w", self.file, *expression.split()], name)
        log = lab.path(name + ".log")
        wait_for(lambda: "listening on" in open(log).read(), 5, f"tcpdump in {ns}")

    def packets(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(5)
        return list(read(self.file))


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    scale = 1e9 if data[:4] == b"\x4d\x3c\xb2\xa1" else 1e6
    offset = 24
    while offset + 16 <= len(data):
        seconds, fraction, size, _ = struct.unpack_from("<IIII", data, offset)
        packet = parse(seconds + fraction / scale, data[offset + 16:offset + 16 + size])
        if packet:
            yield packet
        offset += 16 + size


def parse(at, frame):
    if len(frame) < 34 or frame[12:14] != b"\x08\x00":
        return None
    ip = frame[14:]
    start, total = 4 * (ip[0] & 15), struct.unpack_from("!H", ip, 2)[0]
    if struct.unpack_from("!H", ip, 6)[0] & 0x3fff:
        return None
    proto = {17: "udp", 6: "tcp", 1: "icmp"}.get(ip[9])
    src, dst = socket.inet_ntoa(ip[12:16]), socket.inet_ntoa(ip[16:20])
    if proto == "udp":
        sport, dport = struct.unpack_from("!HH", ip, start)
        return Packet(at, proto, src, sport, dst, dport, ip[start + 8:total])
    if proto == "tcp":
        sport, dport = struct.unpack_from("!HH", ip, start)
        return Packet(at, proto, src, sport, dst, dport, ip[start + 4 * (ip[start + 12] >> 4):total])
    return Packet(at, proto, src, 0, dst, 0, b"")


def write(path, packets, network=("192.0.2.1", "192.0.2.2")):
    """Makes a pcap of UDP payloads [(seconds, source port, destination port, payload)] (for sipp)."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for at, sport, dport, payload in packets:
            udp = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                             *(socket.inet_aton(a) for a in network)) + udp
            frame = bytes(12) + b"\x08\x00" + ip
            f.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame)) + frame)
