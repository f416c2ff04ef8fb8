# SPDX-License-Identifier: LGPL-2.1-or-later
"""A SIP client's TCP connection: made when something is to be sent, made again when it was closed;
cuts what comes into messages (RFC 3261 §18.3). Understands nothing of them but their length."""
import re
import socket


class Connection:
    """`take(data, source)` is called with each message. `opened` counts how often it was made."""

    def __init__(self, lab, ns, ip, remote, take):
        self.lab, self.ns, self.ip, self.remote, self.take = lab, ns, ip, remote, take
        self.sock, self.buffer, self.opened = None, b"", 0
        self.finished = False

    def open(self):
        family = socket.AF_INET6 if ":" in self.ip else socket.AF_INET
        sock = self.lab.socket(self.ns, family, socket.SOCK_STREAM)
        sock.settimeout(1)
        try:
            sock.bind((self.ip, 0))
            sock.connect(self.remote)
        except OSError:
            sock.close()
            return False
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock, self.buffer = sock, b""
        self.opened += 1
        self.lab.engine.watch(sock, self._readable)
        return True

    @property
    def port(self):
        return self.sock.getsockname()[1] if self.sock else 0

    def send(self, data):
        """Returns whether it is on its way."""
        if self.finished or not self.sock and not self.open():
            return False
        try:
            return self.sock.send(data) == len(data)
        except OSError:
            self.close()
            return False

    def close(self):
        with self.lab.engine.cond:  # the engine closes it, too, when the other side has
            if self.sock:
                self.lab.engine.unwatch(self.sock)
                self.sock.close()
                self.sock = None

    def finish(self):
        """Closes it for good, whatever its user may yet want to send."""
        self.finished = True
        self.close()

    def _readable(self):
        while self.sock:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.close()
                return
            self.buffer += data
            self._cut()

    def _cut(self):
        while self.buffer:
            if self.buffer[:1] in b"\r\n":  # a keep-alive (RFC 5626 §3.5.1)
                self.buffer = self.buffer[1:]
                continue
            head, mark, rest = self.buffer.partition(b"\r\n\r\n")
            if not mark:
                return
            length = re.search(rb"(?im)^(?:content-length|l)\s*:\s*(\d+)", head)
            size = int(length.group(1)) if length else 0
            if len(rest) < size:
                return
            self.buffer = rest[size:]
            self.take(head + mark + rest[:size], self.remote)
