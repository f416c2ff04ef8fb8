# SPDX-License-Identifier: LGPL-2.1-or-later
"""A SIP client over UDP or TCP, IPv4 or IPv6, for tests: calls, is challenged, holds, hangs up, and records. It does
what a caller of a conference needs and shows every status it got. Not a model of a good phone."""
import random
import socket
import time

from . import sip
from .stream import Stream
from .tcp import Connection

T1 = 0.5


class Ua:
    """One user with one SIP socket in a namespace; any number of calls. `tcp`: over a connection."""

    def __init__(self, lab, user, ns, ip, reflector, password=None, port=0, domain=None, tcp=False):
        self.lab, self.engine, self.user, self.ns, self.ip = lab, lab.engine, user, ns, ip
        self.reflector, self.password = reflector, password
        self.domain = domain or sip.host(reflector)
        self.calls, self.requests, self.unanswered = {}, [], {}
        self.connection = Connection(lab, ns, ip, (reflector, 5060), self._take) if tcp else None
        if tcp:
            self.connection.open()
            return
        self.sock = lab.socket(ns, socket.AF_INET6 if ":" in ip else socket.AF_INET)
        self.sock.bind((ip, port))
        self.engine.watch(self.sock, self._readable)

    @property
    def port(self):
        return self.connection.port if self.connection else self.sock.getsockname()[1]

    @property
    def contact(self):
        return f"<sip:{self.user}@{sip.host(self.ip)}:{self.port}{';transport=tcp' if self.connection else ''}>"

    def via(self, branch):
        transport = "TCP" if self.connection else "UDP"
        return "Via", f"SIP/2.0/{transport} {sip.host(self.ip)}:{self.port};branch={branch};rport"

    @property
    def address(self):
        return f"sip:{self.user}@{self.domain}"

    def call(self, room, *streams, wait=True, **options):
        """Dials. With `wait`, returns when the call is up (or raises with the status)."""
        call = Call(self, room, streams or [self.stream()], **options)
        with self.engine.cond:
            self.calls[call.call_id] = call
            call.invite()
        if wait:
            call.wait_up()
        return call

    def stream(self, kind="audio", **options):
        options.setdefault("cname", self.address)
        return Stream(self.lab, self.ns, self.ip, kind, **options)

    def request(self, method, uri, headers=(), body=""):
        """One request outside any call; returns the final response."""
        answer = []
        call_id = f"{random.getrandbits(64):x}@{self.ip}"
        base = [("From", f"<{self.address}>;tag={random.getrandbits(32):x}"), ("To", f"<{uri}>"),
                ("Call-ID", call_id), ("CSeq", f"1 {method}")]
        given = {name for name, _ in headers}
        base = [header for header in base if header[0] not in given] + list(headers)
        with self.engine.cond:
            self.send_request(method, uri, base, body, answer.append)
        self.engine.wait(lambda: answer and answer[-1].status >= 200, 5, f"{self.user}: answer to {method}")
        return answer[-1]

    # ---- transactions
    def send_request(self, method, uri, headers, body="", on_response=None, retransmit=True):
        branch = f"z9hG4bK{random.getrandbits(64):x}"
        data = sip.build(f"{method} {uri} SIP/2.0", [self.via(branch), ("Max-Forwards", "70"), *headers], body)
        if on_response:
            self.unanswered[branch] = [on_response, None, method]
        if retransmit and not self.connection:
            self._retransmit(branch, data, T1)
        else:
            self._send(data)
        return branch

    def _retransmit(self, branch, data, pause):
        self._send(data)
        if branch in self.unanswered and pause < 8:
            self.unanswered[branch][1] = self.engine.later(pause, self._retransmit, branch, data, 2 * pause)

    def _send(self, data, to=None):
        if self.connection:
            self.connection.send(data)
            return
        try:
            self.sock.sendto(data, to or (self.reflector, 5060))
        except OSError:
            pass

    def _readable(self):
        while True:
            try:
                data, source = self.sock.recvfrom(65536)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if data.strip():
                self._take(data, source)

    def _take(self, data, source):
        message = sip.Message(data)
        if message.status:
            self._response(message)
        else:
            self._request(message, source)

    def _response(self, message):
        entry = self.unanswered.get(message.branch())
        if entry and entry[2] != message.cseq[1]:
            return  # the answer to a CANCEL, whose branch is the INVITE's
        if not entry:  # a 200 once more: our ACK was lost
            call = self.calls.get(message.get("call-id"))
            if call and message.status // 100 == 2 and message.cseq[1] == "INVITE":
                call.acknowledge(message)
            return
        callback, timer, method = entry
        self.engine.cancel(timer)
        if message.status >= 200:
            del self.unanswered[message.branch()]
        callback(message)

    def _request(self, message, source):
        self.requests.append((time.time(), message))
        if message.method == "ACK":
            return
        call = self.calls.get(message.get("call-id"))
        body, headers = "", []
        if message.method == "OPTIONS":
            status = "200 OK"
        elif not call:
            status = "481 Call/Transaction Does Not Exist"
        elif message.method == "BYE":
            status = "200 OK"
            call.end("bye")
        elif message.method in ("INVITE", "UPDATE"):
            status, body, headers = call.offered(message)
        elif message.method in ("INFO", "MESSAGE", "NOTIFY"):
            status = "200 OK"
        else:
            status = "405 Method Not Allowed"
        copied = [(name.title(), value) for name, value in message.headers
                  if name in ("via", "from", "to", "call-id", "cseq", "record-route")]
        if call and not message.tag("to"):
            copied = [(n, v + f";tag={call.tag}" if n == "To" else v) for n, v in copied]
        self._send(sip.build(f"SIP/2.0 {status}", copied + headers, body), source)

    def close(self):
        for call in list(self.calls.values()):
            if call.state in ("calling", "up"):
                call.hangup()
            for stream in call.streams:
                stream.close()
        if self.connection:
            self.connection.finish()
        else:
            self.engine.unwatch(self.sock)
            self.sock.close()


class Call:
    """calling → up → ended, or failed with `status`. `responses` holds every status in order. With a
    `tone` the streams talk as soon as the call is up."""

    def __init__(self, ua, room, streams, parameters="", sdp_ip=None, sdp_extra=(), user_agent="lab",
                 tone=None):
        self.ua, self.engine, self.room, self.streams = ua, ua.engine, room, list(streams)
        self.tone = tone
        self.uri = f"sip:{room}@{sip.host(ua.reflector)}{parameters}"
        self.target, self.routes = self.uri, []
        self.sdp_ip, self.sdp_extra, self.user_agent = sdp_ip or ua.ip, sdp_extra, user_agent
        self.call_id = f"{random.getrandbits(64):x}@{ua.ip}"
        self.tag, self.remote_tag = f"{random.getrandbits(32):x}", ""
        self.cseq, self.version = 1, 1
        self.state, self.status, self.reason = "calling", 0, ""
        self.responses, self.last, self.answer = [], None, None
        self.up_at = self.ended_at = None
        self.authorized = False
        self.invite_branch = None

    # ---- what a test asks for
    def wait_up(self, timeout=5):
        self.engine.wait(lambda: self.state != "calling", timeout, f"{self.ua.user}: call to {self.room}")
        if self.state != "up":
            raise RuntimeError(f"{self.ua.user}: call to {self.room}: {self.status} {self.reason}")
        return self

    def wait_final(self, timeout=5):
        """Waits for any outcome. Returns the status."""
        self.engine.wait(lambda: self.state != "calling", timeout, f"{self.ua.user}: call to {self.room}")
        return self.status

    def wait_ended(self, timeout=5):
        self.engine.wait(lambda: self.state in ("ended", "failed"), timeout, f"{self.ua.user}: end of call")
        return self

    def hangup(self):
        """BYE; returns when it was sent."""
        with self.engine.cond:
            at = time.time()
            self._in_dialog("BYE")
            self.end("hung up")
            return at

    def cancel(self):
        with self.engine.cond:
            headers = self._headers("CANCEL", self.cseq)
            self.ua._send(sip.build(f"CANCEL {self.uri} SIP/2.0",
                                    [self.ua.via(self.invite_branch), ("Max-Forwards", "70"), *headers]))

    def reinvite(self, direction=None, timeout=5):
        """Offers again (hold: "sendonly", resume: "sendrecv"). Returns the status."""
        with self.engine.cond:
            for stream in self.streams:
                stream.direction = direction or stream.direction
            self.cseq += 1
            self.version += 1
            count = len(self.responses)
            self.invite()
        self.engine.wait(lambda: any(s >= 200 and s != 401 for s in self.responses[count:]), timeout,
                         f"{self.ua.user}: answer to re-INVITE")
        return self.status

    # ---- the dialog
    def invite(self, extra=()):
        body = self._sdp()
        headers = self._headers("INVITE", self.cseq) + [
            ("Contact", self.ua.contact),
            ("Allow", "INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO, MESSAGE"),
            ("User-Agent", self.user_agent), *extra, ("Content-Type", "application/sdp")]
        self.invite_branch = self.ua.send_request("INVITE", self.target, headers, body, self._answered)

    def _headers(self, method, cseq):
        to = f"<{self.uri}>" + (f";tag={self.remote_tag}" if self.remote_tag else "")
        return [("From", f"<{self.ua.address}>;tag={self.tag}"), ("To", to), ("Call-ID", self.call_id),
                ("CSeq", f"{cseq} {method}"), *[("Route", route) for route in self.routes]]

    def _sdp(self):
        address = f"IN IP{6 if ':' in self.sdp_ip else 4} {self.sdp_ip}"
        lines = ["v=0", f"o=lab 1 {self.version} {address}", "s=-", f"c={address}", "t=0 0"]
        for stream in self.streams:
            lines += stream.sdp()
        return "\r\n".join([*lines, *self.sdp_extra]) + "\r\n"

    def _answered(self, message):
        self.responses.append(message.status)
        self.status, self.reason, self.last = message.status, message.reason, message
        if message.status < 200:
            return
        if message.status // 100 == 2:
            self._accepted(message)
            return
        branch = message.branch()
        to = [("To", message.get("to"))]
        headers = [h for h in self._headers("ACK", self.cseq) if h[0] != "To"] + to
        self.ua._send(sip.build(f"ACK {self.target} SIP/2.0",
                                [self.ua.via(branch), ("Max-Forwards", "70"), *headers]))
        if message.status in (401, 407) and self.ua.password is not None and not self.authorized:
            self._authorize(message)
        elif self.state == "calling":
            self.end("refused", "failed")

    def _authorize(self, message):
        self.authorized = True
        header = "www-authenticate" if message.status == 401 else "proxy-authenticate"
        value = sip.authorize(message.all(header), "INVITE", self.target, self.ua.user, self.ua.password)
        self.cseq += 1
        self.invite([("Authorization" if message.status == 401 else "Proxy-Authorization", value)])

    def _accepted(self, message):
        self.remote_tag = message.tag("to")
        if self.state == "calling":  # once for the whole dialog (RFC 3261, 12.1.2)
            self.routes = list(reversed(message.all("record-route")))
        if message.get("contact"):
            self.target = sip.uri_of(message.get("contact"))
        self.answer = sip.parse_sdp(message.body)
        for stream, description in zip(self.streams, self.answer):
            stream.answered(description)
        self.acknowledge(message)
        self.authorized = False
        if self.state == "calling":
            self.state, self.up_at = "up", time.time()
            for stream in self.streams if self.tone else ():
                stream.talk(self.tone)

    def acknowledge(self, message):
        self.ua.send_request("ACK", self.target, self._headers("ACK", message.cseq[0]), retransmit=False)

    def offered(self, message):
        """A re-INVITE from the other side: our answer."""
        if message.body.strip():
            for stream, description in zip(self.streams, sip.parse_sdp(message.body)):
                stream.answered(description)
        self.version += 1
        return "200 OK", self._sdp(), [("Contact", self.ua.contact), ("Content-Type", "application/sdp")]

    def _in_dialog(self, method):
        self.cseq += 1
        self.ua.send_request(method, self.target, self._headers(method, self.cseq), "", lambda response: None)

    def end(self, how, state="ended"):
        if self.state in ("ended", "failed"):
            return
        self.state, self.how, self.ended_at = state, how, time.time()
        for stream in self.streams:
            stream.hush()
