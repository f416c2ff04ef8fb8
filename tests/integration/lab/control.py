# SPDX-License-Identifier: LGPL-2.1-or-later
"""A participant's end of the control channel in RTCP APP packets (doc/control-protocol.md), simple: everything
that is not acknowledged is sent again twice a second. Knows no service."""
import random
import struct

from . import media

APP, REPLY, RETRY = 204, 1, 0.5
ALIVE = 20  # ticks without anything to say, after which RTCP shows that somebody is there


def fields(body):
    """{type: value} of a body; the last one of a type."""
    found = {}
    while len(body) >= 4:
        kind, size = struct.unpack_from("!HH", body)
        found[kind] = body[4:4 + size]
        body = body[4 + size + -size % 4:]
    return found


def field(kind, value):
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)


class Control:
    """`listeners`: {service: function(type, {field: value})}. Speaks from the start, so that it is spoken to."""

    def __init__(self, lab, stream):
        self.engine, self.stream, self.listeners = lab.engine, stream, {}
        self.epoch, self.peer = random.getrandbits(32) or 1, 0
        self.sent, self.queue, self.received, self.said = 0, [], 0, []
        self.take_before, stream._take_rtcp = stream._take_rtcp, self._rtcp
        self.timer, self.ticks = None, 0
        with self.engine.cond:
            self._tick()

    @property
    def up(self):
        return self.peer != 0

    def wait_up(self, timeout=10):
        self.engine.wait(lambda: self.up, timeout, "an answer to control messages")
        return self

    def send(self, service, kind, body):
        with self.engine.cond:
            self.sent += 1
            head = struct.pack("!I4sBBH", self.sent, service.encode(), kind, 0, len(body))
            self.queue.append((self.sent, head + body + bytes(-len(body) % 4)))
            self._flush()

    def close(self):
        with self.engine.cond:
            self.engine.cancel(self.timer)
            self.stream._take_rtcp = self.take_before

    # ---- out
    def _tick(self):
        self.ticks += 1
        if self.ticks % ALIVE == 0 and self.peer:
            self._transmit(b"")
        self._flush()
        self.timer = self.engine.later(RETRY, self._tick)

    def _flush(self):
        if not self.peer:
            self._transmit(b"", REPLY)
        elif self.queue:
            data = b""
            for _, message in self.queue:
                if len(data) + len(message) > 1000:
                    break
                data += message
            self._transmit(data)

    def _transmit(self, messages, flags=0):
        data = struct.pack("!BBHIII", 1, flags, 0, self.epoch, self.peer, self.received) + messages
        self.stream.send_rtcp(media.rtcp_report(self.stream.ssrc, self.stream.cname) +
                              media.rtcp(APP, 0, struct.pack("!I4s", self.stream.ssrc, b"RFLC") + data))

    # ---- in
    def _rtcp(self, at, data, source):
        self.take_before(at, data, source)
        for packet in media.unpack_rtcp(data):
            if packet.type == APP and packet.body[4:8] == b"RFLC":
                self._frame(packet.body[8:])

    def _frame(self, data):
        _, _, _, epoch, ours, ack = struct.unpack_from("!BBHIII", data)
        if ours != self.epoch:
            return
        met = epoch != self.peer
        if met:
            self.peer, self.received = epoch, 0
        self.queue = [entry for entry in self.queue if entry[0] > ack]
        data, news = data[16:], len(data) > 16
        while len(data) >= 12:
            seq, service, kind, _, size = struct.unpack_from("!I4sBBH", data)
            if seq == self.received + 1:
                self.received = seq
                self._message(service.decode(), kind, data[12:12 + size])
            data = data[12 + size + -size % 4:]
        if news or met:  # the other side is up when it has heard its own epoch
            self._transmit(b"")

    def _message(self, service, kind, body):
        self.said.append((service, kind, fields(body)))
        if service in self.listeners:
            self.listeners[service](kind, self.said[-1][2])
