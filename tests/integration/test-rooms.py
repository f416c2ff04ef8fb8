# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rooms with PINs and mutes: who is let in how, that nothing passes before, and that the PIN is told nowhere."""
import json
import os
import struct

from lab import Ua, main
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
PIN = "471193"
ROOMS = 'rooms: { pins = ( { room = "board*"; pin = "%s"; } ); pin_attempts = 100; };' % PIN
EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")
KEYS = "0123456789*#ABCD"


def press(stream, keys):
    """Each key as a phone sends it (RFC 4733): packets of one timestamp, the last one three times."""
    with stream.engine.cond:
        for key in keys:
            began = stream.timestamp
            for i, (end, duration) in enumerate(((0, 160), (0, 320), (0x80, 480), (0x80, 480), (0x80, 480))):
                stream.timestamp = began
                stream.send(struct.pack("!BBH", KEYS.index(key), end | 10, duration), marker=int(i == 0), pt=101)
            stream.timestamp = began + 800


def sent(lab, stream, more):
    """Waits until it has sent so many packets more."""
    count = len(stream.sent) + more
    lab.engine.wait(lambda: len(stream.sent) >= count, 5, f"{more} packets sent")


def come(lab, listener, talker, what):
    count = len(listener.from_ssrc(talker.ssrc)) + 20
    lab.engine.wait(lambda: len(listener.from_ssrc(talker.ssrc)) >= count, 5, what)


def member(lab, name="anna", place=EXT1, **options):
    """Somebody who brings the PIN."""
    return Ua(lab, name, *place, R1).call("board", parameters=f";pin={PIN}", **options)


def by_uri(lab, tap):
    """who brings the PIN in the URI is let in, who brings another one or cannot press keys is not"""
    Reflector(lab, "r1", R1, conf=ROOMS)
    ua = Ua(lab, "eve", *EXT2, R1)
    for wrong in ("471194", "47119", "4711933", PIN + "%00"):
        tap.ok(ua.call("board", parameters=f";pin={wrong}", wait=False).wait_final() == 403, f"{wrong}: 403")
    mute = ua.stream(formats=[(0, "PCMU/8000")])
    tap.ok(ua.call("board", mute, wait=False).wait_final() == 403, "no PIN and no keys: 403")
    one, two = member(lab, tone=440).streams[0], member(lab, "bert", EXT2, tone=700).streams[0]
    come(lab, one, two, "each hears the other")
    come(lab, two, one, "each hears the other")
    other = Ua(lab, "carl", *EXT2, R1).call("hall")
    tap.ok(other.state == "up", "another room needs none")


def lobby(lab, tap):
    """before the PIN nothing passes either way, afterwards everything"""
    Reflector(lab, "r1", R1, conf=ROOMS)
    inside = member(lab, tone=440).streams[0]
    call = Ua(lab, "bert", *EXT2, R1).call("board", tone=700)
    visitor = call.streams[0]
    sent(lab, visitor, 75)
    press(visitor, "1234#")
    sent(lab, visitor, 75)
    tap.ok(not inside.from_ssrc(visitor.ssrc), "he is not heard", len(inside.packets))
    tap.ok(not visitor.packets, "and hears nobody", len(visitor.packets))
    press(visitor, PIN + "#")
    come(lab, inside, visitor, "he is heard")
    come(lab, visitor, inside, "and hears")
    tap.ok(call.state == "up", "his call has gone on")


def in_dialog(lab, call, method, *headers, body=""):
    """The status of the answer to a request inside of a call."""
    answers = []
    with lab.engine.cond:
        call.cseq += 1
        call.ua.send_request(method, call.target, call._headers(method, call.cseq) + list(headers), body, answers.append)
    return lab.engine.wait(lambda: next((a.status for a in answers if a.status >= 200), None), 5, f"an answer to {method}")


def say(lab, call, text):
    return in_dialog(lab, call, "MESSAGE", ("Content-Type", "text/plain"), body=text)


def texts(ua):
    return [message.body for _, message in ua.requests if message.method == "MESSAGE"]


def ids(reflector):
    """Who is in the room, as this reflector knows it: {identity: waits}."""
    return {p["identity"].split(":")[1].split("@")[0]: p["waiting"]
            for session in reflector.status()["sessions"] for p in session["participants"]}


def unseen(lab, tap):
    """who waits for the PIN is told to nobody, reads nothing and says nothing; then he is there for all"""
    one = Reflector(lab, "r1", R1, peers=[R2], conf=ROOMS)
    two = Reflector(lab, "r2", R2, peers=[R1])
    anna = member(lab, tone=440)
    carl = Ua(lab, "carl", "priv1", "192.168.10.11", R2).call("board", tone=1000)
    lab.engine.wait(lambda: ids(two) == {"anna": False, "carl": False}, 5, "the two know of each other")
    bert = Ua(lab, "bert", *EXT2, R1).call("board", tone=700)
    lab.engine.wait(lambda: ids(one).get("bert") is True, 5, "he waits")
    event = ("Event", "conference"), ("Expires", "600"), ("Contact", bert.ua.contact)
    tap.ok(in_dialog(lab, bert, "SUBSCRIBE", *event) == 403, "he may not see who is there")
    tap.ok(say(lab, bert, "hello?") == 403, "what he says is refused")
    tap.ok(say(lab, anna, "for the board") == 202, "another one speaks")
    lab.engine.wait(lambda: texts(carl.ua) == ["for the board"], 5, "which is read elsewhere")
    tap.ok(not texts(bert.ua), "and not by him", texts(bert.ua))
    tap.ok(not texts(anna.ua), "nobody has read what he said", texts(anna.ua))
    tap.ok(ids(two) == {"anna": False, "carl": False}, "the other reflector does not know of him", ids(two))
    press(bert.streams[0], PIN + "#")
    lab.engine.wait(lambda: ids(two).get("bert") is False and ids(one)["bert"] is False, 5, "he is there for both")
    come(lab, carl.streams[0], bert.streams[0], "he is heard elsewhere")
    tap.ok(say(lab, bert, "good morning") == 202, "what he says is taken")
    lab.engine.wait(lambda: "good morning" in texts(carl.ua) and "good morning" in texts(anna.ua), 5, "and read")
    bert.hangup()
    lab.engine.wait(lambda: "bert" not in ids(two), 5, "and he leaves for both")


def refused(lab, tap):
    """three wrong ones, and the call is over"""
    Reflector(lab, "r1", R1, conf=ROOMS)
    inside = member(lab, tone=440).streams[0]
    call = Ua(lab, "bert", *EXT2, R1).call("board", tone=700)
    for _ in range(3):
        sent(lab, call.streams[0], 25)
        press(call.streams[0], "999#")
    call.wait_ended()
    tap.ok(not inside.from_ssrc(call.streams[0].ssrc) and not call.streams[0].packets, "nothing has passed")


def info(lab, tap):
    """keys by SIP INFO do as well"""
    Reflector(lab, "r1", R1, conf=ROOMS)
    inside = member(lab, tone=440).streams[0]
    call = Ua(lab, "bert", *EXT2, R1).call("board", tone=700)
    answers = []
    for key in PIN + "#":
        with lab.engine.cond:
            call.cseq += 1
            headers = call._headers("INFO", call.cseq) + [("Content-Type", "application/dtmf-relay")]
            call.ua.send_request("INFO", call.target, headers, f"Signal={key}\r\nDuration=160\r\n", answers.append)
        lab.engine.wait(lambda: len(answers) == call.cseq - 1, 5, "an answer to INFO")
    tap.ok({a.status for a in answers} == {200}, "each gets 200", [a.status for a in answers])
    come(lab, inside, call.streams[0], "he is heard")


def star_six(lab, tap):
    """*6 mutes, and unmutes"""
    one = Reflector(lab, "r1", R1, conf=ROOMS)
    listener = Ua(lab, "anna", *EXT1, R1).call("hall", tone=440).streams[0]
    talker = Ua(lab, "bert", *EXT2, R1).call("hall", tone=700).streams[0]
    come(lab, listener, talker, "he is heard")
    press(talker, "*6")
    lab.engine.wait(lambda: "by_itself" in json.dumps(one.status()["plugins"]["rooms"]), 5, "he is muted")
    sent(lab, talker, 10)  # what was under way
    count = len(listener.from_ssrc(talker.ssrc))
    sent(lab, talker, 50)
    tap.ok(len(listener.from_ssrc(talker.ssrc)) == count, "nothing of his comes", len(listener.packets))
    come(lab, talker, listener, "he hears as ever")
    press(talker, "*6")
    come(lab, listener, talker, "he is heard again")


def secret(lab, tap):
    """the PIN stands in no log, no status and no journal"""
    one = Reflector(lab, "r1", R1, conf=ROOMS)
    member(lab)
    call = Ua(lab, "bert", *EXT2, R1).call("board", tone=700)
    press(call.streams[0], PIN + "#")
    lab.engine.wait(lambda: one.status()["counters"]["rooms.pins_right"] == 2, 5, "both are in")
    tap.ok(PIN not in json.dumps(one.status()), "not in the status")
    files = [os.path.join(folder, name) for folder, _, names in os.walk(one.state) for name in names]
    tap.ok(files, "the calls are in the journal", os.listdir(one.state))
    for name in files:
        with open(name, "rb") as f:
            tap.ok(PIN.encode() not in f.read(), f"not in {os.path.basename(name)}")
    tap.ok(one.stop() == 0, "it ends well")
    tap.ok(PIN not in one.log(), "not in the log", [line for line in one.log().splitlines() if PIN in line])


main(by_uri, lobby, unseen, refused, info, star_six, secret)
