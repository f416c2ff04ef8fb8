# SPDX-License-Identifier: LGPL-2.1-or-later
"""Application sharing (doc/share-protocol.md): reflector-client as a person runs it, and scripted participants,
sharers and viewers, who can also do what it would never do. Not for what is shared: see display.py."""
import collections
import hashlib
import json
import os
import socket
import struct

from .control import Control, field
from .net import Skip, wait_for
from .reflector import program

REQUEST, GRANT, REFUSE, ANNOUNCE, ENDED, END = range(1, 7)
F_REQUEST, F_KIND, F_TITLE, F_SHARE, F_PORT, F_ADDRESS, F_PASSKEY, F_FLAGS, F_CODE, F_REASON, F_OWNER = range(1, 12)
CHANNEL, BROADCAST = 1, 2
OPEN, CLOSE, DATA, CREDIT, PING, PONG, HEADER = range(1, 8)
MARK, MORE = 1, 2

Door = collections.namedtuple("Door", "share address port passkey")


def door(fields):
    """Of a GRANT or an ANNOUNCE."""
    return Door(fields[F_SHARE].decode(), fields[F_ADDRESS].decode(), struct.unpack("!H", fields[F_PORT])[0],
                fields[F_PASSKEY].hex())


class Client:
    """reflector-client in a namespace. `events`: what it has told so far."""

    def __init__(self, lab, ns, name, command, *arguments, room, quiet=False, **options):
        """`quiet`: not with --json, its output goes where `stdout` says."""
        if not os.path.exists(program("reflector-client")):
            raise Skip("reflector-client was not built")
        self.lab, self.name = lab, name
        self.log = lab.path(f"client-{name}.log")
        words = [program("reflector-client"), command, *([] if quiet else ["--json"]), *arguments, "--user", name, room]
        self.process = lab.start(ns, words, f"client-{name}", **options)

    @property
    def events(self):
        with open(self.log, errors="replace") as f:
            lines = f.read().splitlines()
        found = []
        for line in lines:
            if line.startswith("{"):
                try:
                    found.append(json.loads(line))
                except ValueError:
                    pass  # not whole yet
        return found

    def find(self, event, **values):
        return [e for e in self.events if e.get("event") == event and all(e.get(k) == v for k, v in values.items())]

    def wait(self, event, timeout=15, **values):
        """The first event of this kind with these values."""
        def look():
            found = self.find(event, **values)
            if not found and self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}")
            return found
        return wait_for(look, timeout, f"{self.name}: {event} {values or ''}")[0]

    def wait_end(self, timeout=15):
        """Returns its exit status."""
        return self.process.wait(timeout)


class Participant:
    """A scripted one with a control channel. `running`: {id: fields of its ANNOUNCE}; `ended`: {id: reason}."""

    def __init__(self, ua, room, **options):
        """`options`: of its call."""
        self.lab, self.call, self.ns, self.ip = ua.lab, ua.call(room, **options), ua.ns, ua.ip
        self.control, self.requests = None, 0
        self.begin_anew()
        self.control.wait_up()

    def begin_anew(self):
        """The next incarnation of its end of the control channel, which knows nothing."""
        if self.control:
            self.control.close()
        self.running, self.ended, self.answers = {}, {}, {}
        self.control = Control(self.lab, self.call.streams[0])
        self.control.listeners["SHAR"] = self._message

    def _message(self, kind, fields):
        if kind in (GRANT, REFUSE):
            self.answers[struct.unpack("!I", fields[F_REQUEST])[0]] = kind, fields
        elif kind == ANNOUNCE:
            self.running[fields[F_SHARE].decode()] = fields
        elif kind == ENDED:
            share = fields[F_SHARE].decode()
            self.running.pop(share, None)
            self.ended[share] = fields.get(F_REASON, b"").decode()

    def request(self, kind=CHANNEL, title="", timeout=10):
        """Returns (GRANT or REFUSE, its fields)."""
        self.requests += 1
        number = self.requests
        self.control.send("SHAR", REQUEST, field(F_REQUEST, struct.pack("!I", number)) + field(F_KIND, bytes((kind,))) +
                          (field(F_TITLE, title.encode()) if title else b""))
        self.lab.engine.wait(lambda: number in self.answers, timeout, "an answer to a request for a share")
        return self.answers[number]

    def end(self, share):
        self.control.send("SHAR", END, field(F_SHARE, share.encode()))

    def wait_share(self, share=None, timeout=10):
        """The door of a running share, of any if it is not named."""
        self.lab.engine.wait(lambda: self.running if share is None else share in self.running, timeout,
                             "an announcement")
        return door(self.running[share] if share else next(iter(self.running.values())))

    def wait_ended(self, share, timeout=10):
        self.lab.engine.wait(lambda: share in self.ended, timeout, "the end of a share")
        return self.ended[share]

    def share(self, kind=CHANNEL, title=""):
        """An open share of its own."""
        answer, fields = self.request(kind, title)
        if answer != GRANT:
            raise RuntimeError(f"refused: {fields.get(F_REASON)}")
        return Sharer(self, door(fields))

    def view(self, where, **options):
        """A viewer's connection to `where`, behind the door."""
        return Viewer(self.lab, connect(self.lab, self.ns, where, **options))


def connect(lab, ns, where, passkey=None, line=None, timeout=15, buffer=None):
    """Through the door; returns the socket, or raises PermissionError with the answer. `buffer`: of its receiver."""
    sock = lab.socket(ns, kind=socket.SOCK_STREAM)
    sock.settimeout(timeout)
    if buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    sock.connect((where.address, where.port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(line if line is not None else f"RFL/1 SHARE {where.share} {passkey or where.passkey}\r\n".encode())
    answer = b""
    while not answer.endswith(b"\n"):
        try:
            octet = sock.recv(1)
        except ConnectionResetError:
            octet = b""
        if not octet:
            break
        answer += octet
    if answer != b"RFL/1 OK\r\n":
        sock.close()
        raise PermissionError(answer.decode("latin-1").strip())
    return sock


class Viewer:
    """Everything that comes, counted and summed; the first octets are kept. Of the rest, from `skip` on, a digest."""
    KEEP = 4096

    def __init__(self, lab, sock, skip=0):
        self.lab, self.sock, self.skip = lab, sock, skip
        self.first, self.total, self.digest, self.closed, self.held = b"", 0, hashlib.sha256(), False, b""
        lab.engine.watch(sock, self._readable)

    def _readable(self):
        for _ in range(16):  # others have a turn as well
            try:
                data = self.sock.recv(262144)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.closed = True
                self.lab.engine.unwatch(self.sock)
                return
            self.digest.update(data[max(0, self.skip - self.total):])
            self.first += data[:max(0, self.KEEP - len(self.first))]
            self.total += len(data)

    def send(self, data):
        self.sock.sendall(data)

    def wait(self, octets, timeout=20):
        self.lab.engine.wait(lambda: self.total >= octets or self.closed, timeout, f"{octets} octets at a viewer")

    def wait_closed(self, timeout=15):
        self.lab.engine.wait(lambda: self.closed, timeout, "the end of a viewer's connection")

    def close(self):
        with self.lab.engine.cond:
            if not self.closed:
                self.lab.engine.unwatch(self.sock)
            self.closed = True
            self.sock.close()


class Sharer:
    """The sharer's end of a share: frames, as they come. `channels`: {number: what its viewer has sent};
    `credit`: {number: what may be sent}. With `echo` every viewer gets back what it sends."""

    def __init__(self, participant, where, echo=False):
        self.lab, self.where, self.share, self.echo = participant.lab, where, where.share, echo
        self.sock = connect(self.lab, participant.ns, where)
        self.buffer, self.channels, self.credit, self.gone, self.frames = b"", {}, {}, [], []
        self.closed = False
        self.lab.engine.watch(self.sock, self._readable)

    def frame(self, kind, channel=0, payload=b"", flags=0):
        """Sends one; waits where the connection is full."""
        self.sock.settimeout(30)
        try:
            self.sock.sendall(struct.pack("!BBHI", kind, flags, len(payload), channel) + payload)
        finally:
            self.sock.setblocking(False)

    def _readable(self):
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.closed = True
            self.lab.engine.unwatch(self.sock)
            return
        self.buffer += data
        while len(self.buffer) >= 8:
            kind, _, size, channel = struct.unpack_from("!BBHI", self.buffer)
            if len(self.buffer) < 8 + size:
                return
            payload, self.buffer = self.buffer[8:8 + size], self.buffer[8 + size:]
            self._frame(kind, channel, payload)

    def _frame(self, kind, channel, payload):
        self.frames.append((kind, channel, len(payload)))
        if kind == OPEN:
            self.channels[channel], self.credit[channel] = b"", struct.unpack("!I", payload)[0]
        elif kind == DATA:
            self.channels[channel] += payload
            if self.echo:
                self.frame(DATA, channel, payload)
                self.frame(CREDIT, channel, struct.pack("!I", len(payload)))
        elif kind == CREDIT:
            self.credit[channel] += struct.unpack("!I", payload)[0]
        elif kind == CLOSE:
            self.gone.append(channel)
        elif kind == PING:
            self.frame(PONG, channel, payload)

    def wait(self, predicate, what, timeout=15):
        return self.lab.engine.wait(lambda: predicate(self), timeout, what)

    def wait_closed(self, timeout=15):
        self.wait(lambda s: s.closed, "the end of the sharer's connection", timeout)

    def close(self):
        with self.lab.engine.cond:
            if not self.closed:
                self.lab.engine.unwatch(self.sock)
            self.closed = True
            self.sock.close()
