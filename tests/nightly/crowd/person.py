# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody with a phone who calls, talks, holds, changes his mind, and sometimes just vanishes. Every
choice comes from the random numbers he is given. Waits for nothing: see Person.tick()."""
import collections
import struct
import time

from lab import Ua, media, sip

TONES = (440, 700, 1000, 1500, 1900)
REPORT_EVERY = 2.0   # seconds between two RTCP reports of one stream
KEEP = 200           # packets that a stream remembers
NEW = ("join", "join", "join", "join_and_cancel", "join_and_die", "options", "bad_request", "register")
IN_CALL = ("talk",) * 8 + ("hush",) * 3 + ("leave",) * 3 + ("hold",) * 2 + ("resume",) * 2 + (
    "update", "keyframe", "keyframe", "app", "text", "info", "options", "vanish", "fall_silent", "new_ssrc",
    "reopen")


class Person:
    """`place`: (namespace, address, reflector's address, over TCP, name of the reflector)."""
    statuses = collections.Counter()  # (method, status) of all answers, for the report

    def __init__(self, lab, name, place, rooms, random, password=None):
        self.lab, self.name, self.rooms, self.random, self.password = lab, name, rooms, random, password
        self.ns, self.ip, self.reflector, self.tcp, self.site = place
        self.ua = self.call = None
        self.begun = self.silent = False
        self.next_report = self.dies_at = 0.0
        self.done = collections.Counter()

    # ---- what the crowd asks of him
    def act(self):
        """Does one thing that somebody in his state may do."""
        idle = self.call is None
        action = self.random.choice(NEW if idle else IN_CALL)
        if not idle and self.call.state != "up" and action not in ("leave", "vanish"):
            return None
        with self.lab.engine.cond:
            getattr(self, action)()
        self.done[action] += 1
        return action

    def tick(self, now):
        """Every tenth of a second: RTCP, the beginning and the end of what he waits for."""
        with self.lab.engine.cond:
            call = self.call
            if call is None:
                return
            if call.state in ("ended", "failed") or 0 < self.dies_at <= now:
                self.forget()
            elif call.state == "up" and not self.silent and now >= self.next_report:
                self.next_report = now + REPORT_EVERY
                for stream in call.streams:
                    stream.report()
                    for kept in (stream.packets, stream.reports, stream.sent):
                        del kept[:-KEEP]

    def go_home(self):
        """Hangs up, whatever he is doing."""
        with self.lab.engine.cond:
            if self.call and self.call.state == "calling":
                self.call.cancel()
            elif self.call and self.call.state == "up":
                self.call.hangup()

    def forget(self):
        """Lets go of the call and now and then of the phone."""
        for response in self.call.responses:
            Person.statuses["INVITE", response] += 1
        for stream in self.call.streams:
            stream.close()
        self.ua.calls.pop(self.call.call_id, None)
        self.call, self.begun, self.silent, self.dies_at = None, False, False, 0.0
        if self.random.random() < 0.3:
            self.drop_phone()

    def drop_phone(self):
        with self.lab.engine.cond:
            ua, self.ua = self.ua, None
            for entry in ua.unanswered.values() if ua else ():
                self.lab.engine.cancel(entry[1])
            if ua:
                ua.unanswered.clear()
                ua.close()

    # ---- outside of a call
    def phone(self):
        if not self.ua:
            self.ua = Ua(self.lab, self.name, self.ns, self.ip, self.reflector, self.password, tcp=self.tcp)
        del self.ua.requests[:]
        return self.ua

    def join(self):
        ua, chance = self.phone(), self.random.random
        streams = [ua.stream(announce=chance() < 0.5)]
        if chance() < 0.4:
            streams.append(ua.stream("video", announce=chance() < 0.5))
        mode = ";mode=one" if chance() < 0.2 else ""
        self.call = ua.call(self.random.choice(self.rooms), *streams, wait=False, parameters=mode)
        self.next_report = 0.0

    def join_and_cancel(self):
        self.join()
        call = self.call

        def cancel():
            if call.ua is self.ua and call.state == "calling" and call.invite_branch:
                call.cancel()  # and not with a phone that has been thrown away
        self.lab.engine.later(self.random.random() * 0.1, cancel)

    def join_and_die(self):
        """The phone loses its power while it calls: nobody acknowledges, nobody hangs up."""
        self.join()
        self.dies_at = 1e-9 if self.random.random() < 0.5 else time.monotonic() + 0.05

    def options(self):
        self._send("OPTIONS", f"sip:{self.phone().domain}")

    def register(self, expires=60):
        """For a while, or (expires 0) no more. The challenge is answered once."""
        uri, number = f"sip:{self.phone().domain}", self.random.getrandbits(64)
        base = [("From", f"<{self.ua.address}>;tag={number & 0xffffff:x}"), ("To", f"<{self.ua.address}>"),
                ("Call-ID", f"{number:x}@{self.ip}"), ("Contact", self.ua.contact if expires else "*"),
                ("Expires", str(expires))]
        ua = self.ua

        def answered(answer):
            self._note("REGISTER", answer)
            if answer.status == 401 and self.password and ua is self.ua:
                value = sip.authorize(answer.all("www-authenticate"), "REGISTER", uri, self.name, self.password)
                ua.send_request("REGISTER", uri, [*base, ("CSeq", "2 REGISTER"), ("Authorization", value)], "",
                                lambda last: self._note("REGISTER", last))
        ua.send_request("REGISTER", uri, [*base, ("CSeq", "1 REGISTER")], "", answered)

    def bad_request(self):
        """In a dialog that does not exist."""
        method = self.random.choice(("BYE", "INFO", "UPDATE", "MESSAGE", "NOTIFY", "PRACK", "REFER"))
        self._send(method, f"sip:nobody@{self.phone().domain}")

    def _send(self, method, uri, headers=(), body=""):
        number = self.random.getrandbits(64)
        base = [("From", f"<{self.ua.address}>;tag={number & 0xffffff:x}"), ("To", f"<{uri}>"),
                ("Call-ID", f"{number:x}@{self.ip}"), ("CSeq", f"1 {method}"), *headers]
        self.ua.send_request(method, uri, base, body, lambda answer: self._note(method, answer))

    @staticmethod
    def _note(method, answer):
        if answer.status >= 200:
            Person.statuses[method, answer.status] += 1

    # ---- in a call
    def talk(self):
        for stream in self.call.streams:
            if self.random.random() < 0.8:
                stream.talk(self.random.choice(TONES), rtcp=False)
                self.lab.engine.later(1 + 3 * self.random.random(), stream.hush)

    def hush(self):
        for stream in self.call.streams:
            stream.hush()

    def leave(self):
        for stream in self.call.streams:
            if stream.remote_rtcp and self.random.random() < 0.5:
                stream.send_rtcp(media.rtcp_bye(stream.ssrc))
        self.go_home()

    def offer(self, direction=None):
        call = self.call
        if any(entry[2] == "INVITE" for entry in self.ua.unanswered.values()):
            return
        for stream in call.streams:
            stream.direction = direction or stream.direction
        call.cseq += 1
        call.version += 1
        call.invite()

    def hold(self):
        self.offer(self.random.choice(("sendonly", "inactive", "recvonly")))

    def resume(self):
        self.offer("sendrecv")

    def reopen(self):
        """Adds video, or goes on without it (port 0), by a re-INVITE."""
        call = self.call
        if any(entry[2] == "INVITE" for entry in self.ua.unanswered.values()) or call.answer is None:
            return
        if len(call.streams) == 1:
            call.streams.append(self.ua.stream("video"))
        self.offer()

    def update(self):
        self._in_dialog("UPDATE", [("Contact", self.ua.contact), ("Content-Type", "application/sdp")],
                        self.call._sdp())

    def text(self):
        self._in_dialog("MESSAGE", [("Content-Type", "text/plain")], f"hello from {self.name}")

    def info(self):
        body = '<?xml version="1.0"?><media_control><vc_primitive><to_encoder><picture_fast_update/>' \
               "</to_encoder></vc_primitive></media_control>"
        self._in_dialog("INFO", [("Content-Type", "application/media_control+xml")], body)

    def _in_dialog(self, method, headers, body):
        call = self.call
        call.cseq += 1
        call.ua.send_request(method, call.target, call._headers(method, call.cseq) + headers, body,
                             lambda answer: self._note(method, answer))

    def keyframe(self):
        """PLI or FIR about somebody he hears, behind RR and SDES."""
        for stream in self.call.streams:
            heard = list({p.ssrc for p in stream.packets[-20:]}) or [self.random.getrandbits(32)]
            wanted = self.random.choice(heard)
            if self.random.random() < 0.5:
                feedback = media.rtcp(206, 1, struct.pack("!II", stream.ssrc, wanted))
            else:
                feedback = media.rtcp(206, 4, struct.pack("!IIIB3x", stream.ssrc, 0, wanted,
                                                          self.random.getrandbits(8)))
            stream.send_rtcp(media.rtcp_report(stream.ssrc, stream.cname) + feedback)

    def app(self):
        stream = self.random.choice(self.call.streams)
        data = self.random.randbytes(4 * self.random.randrange(8))
        packet = media.rtcp(204, self.random.randrange(32), struct.pack("!I4s", stream.ssrc, b"TEST") + data)
        stream.send_rtcp(media.rtcp_report(stream.ssrc, stream.cname) + packet)

    def new_ssrc(self):
        """As phones do after a collision."""
        stream = self.random.choice(self.call.streams)
        stream.ssrc = self.random.getrandbits(32)

    def vanish(self):
        """Without BYE, and nobody answers there any more."""
        self.forget()
        self.drop_phone()

    def fall_silent(self):
        """The phone is there but sends neither RTP nor RTCP: it must get a BYE."""
        self.silent = True
        self.hush()
