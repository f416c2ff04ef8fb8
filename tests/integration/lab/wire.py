# SPDX-License-Identifier: LGPL-2.1-or-later
"""wire.py A B MILLISECONDS: carries Ethernet frames between two interfaces, late by so much each way.
In the place of netem, which not every kernel has. Loses and reorders nothing."""
import collections
import select
import socket
import sys
import time

SOL_PACKET, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 263, 15, 23
ETH_P_ALL = 3


def end(interface):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    # checksums that the sender left to its card stay left, and known to be
    sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    sock.bind((interface, 0))
    return sock


def main():
    ends = [end(sys.argv[1]), end(sys.argv[2])]
    delay = float(sys.argv[3]) / 1000
    under_way = collections.deque()
    print("ready", flush=True)
    while True:
        pause = max(0, under_way[0][0] - time.monotonic()) if under_way else None
        for sock in select.select(ends, [], [], pause)[0]:
            frame = sock.recv(65600)
            under_way.append((time.monotonic() + delay, ends[sock is ends[0]], frame))
        while under_way and under_way[0][0] <= time.monotonic():
            _, to, frame = under_way.popleft()
            to.send(frame)


main()
