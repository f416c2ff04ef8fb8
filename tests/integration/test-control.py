# SPDX-License-Identifier: LGPL-2.1-or-later
"""A participant's control channel against a running reflector: who is answered, that messages arrive once and in order
over a bad network, that either end may start anew, and what hostile packets do. What is said on it (shares) only
serves to see it."""
import random
import struct
import time

from lab import Ua, main, media
from lab.control import APP, Control, field
from lab.mutate import Mutator
from lab.net import wait_for
from lab.reflector import Reflector
from lab.share import ANNOUNCE, F_KIND, F_REQUEST, REFUSE, REQUEST, Participant

R1 = "10.11.12.13"
EXT1, EXT2 = ("ext1", "203.0.113.11", R1), ("ext2", "203.0.113.12", R1)
NEAR = ("fw1", "10.11.12.1", R1)  # behind the wire
CONF = "control: { };\nappshare: { shares_per_participant = 1; };\n"
PIN = "2580"
KEYS = "0123456789*#ABCD"


def counters(reflector):
    return reflector.status()["counters"]


def numbers(control, kind):
    """Of the requests that messages of this kind answer, as they came."""
    return [struct.unpack("!I", fields[F_REQUEST])[0] for service, what, fields in control.said
            if service == "SHAR" and what == kind]


def ask(control, number):
    control.send("SHAR", REQUEST, field(F_REQUEST, struct.pack("!I", number)) + field(F_KIND, b"\1"))


def datagram(stream, data, name=b"RFLC", subtype=0):
    """A compound with these data of an APP packet."""
    return media.rtcp_report(stream.ssrc, stream.cname) + media.rtcp(APP, subtype, struct.pack("!I4s", stream.ssrc, name) + data)


def silent(lab, tap):
    """who has not spoken hears nothing; who asks is answered; a service that nobody has is told so"""
    one = Reflector(lab, "r1", R1, conf=CONF)
    phone = Ua(lab, "phone", *EXT2).call("room", tone=440).streams[0]
    seen, before = [], phone._take_rtcp

    def look(at, data, source):
        seen.extend(p for p in media.unpack_rtcp(data) if p.type == APP)
        before(at, data, source)
    phone._take_rtcp = look
    anna = Participant(Ua(lab, "anna", *EXT1), "room")
    anna.share()
    anna.control.send("NOPE", 1, b"")
    lab.engine.wait(lambda: any(s == "CTRL" for s, _, _ in anna.control.said), 10, "an answer about the service")
    told = next(fields for s, _, fields in anna.control.said if s == "CTRL")
    tap.ok(told == {1: b"NOPE"}, "an unknown service is named", told)
    lab.engine.wait(lambda: phone.reports, 15, "RTCP to the phone")
    tap.ok(not seen, "a phone that does not speak gets no such packet", seen)
    tap.ok(counters(one)["control.unknown_service"] == 1, "and it is counted")


def lossy(lab, tap):
    """over a network that loses, doubles and overtakes, each message arrives once and in order"""
    one = Reflector(lab, "r1", R1, conf=CONF)
    lab.nft("fw1", "insert rule ip filter input accept")
    lab.wire(delay=10)
    near = Participant(Ua(lab, "near", *NEAR), "room")
    near.share()  # all that follow are refused
    lab.wire(loss=25, dup=10, reorder=20)
    for number in range(100, 200):
        ask(near.control, number)
    lab.engine.wait(lambda: len(numbers(near.control, REFUSE)) >= 100, 40, "a hundred answers")
    lab.wire(loss=0, dup=0, reorder=0)
    time.sleep(1)  # whatever else is on its way
    tap.ok(numbers(near.control, REFUSE) == list(range(100, 200)), "a hundred answers, each once and in order",
           numbers(near.control, REFUSE))
    found = counters(one)
    tap.ok(found["control.repeated"] > 0, "the reflector had to repeat some", found["control.repeated"])
    tap.note(f"{found['control.repeated']} repetitions of {found['control.messages_out']} messages")


def restarts(lab, tap):
    """a client that starts anew is told everything again; so is one whose reflector was killed"""
    one = Reflector(lab, "r1", R1, conf=CONF)
    anna, ben = (Participant(Ua(lab, name, *place), "room") for name, place in (("anna", EXT1), ("ben", EXT2)))
    share = anna.share().share
    first = ben.wait_share(share)
    old = ben.control.epoch
    ben.begin_anew()
    tap.ok(ben.control.epoch != old and ben.wait_share(share).share == share, "the client's next incarnation is told again")
    tap.ok(ben.wait_share(share).passkey == first.passkey, "that it may go where it might before")
    one.kill()
    one.start()
    anna, ben = (Participant(Ua(lab, name, *place), "room") for name, place in (("anna", EXT1), ("ben", EXT2)))
    second = anna.share().share
    tap.ok(second != share and ben.wait_share(second), "after a crash everything works again, by new calls")
    tap.ok(list(ben.running) == [second], "and nothing is left of before", ben.running)


def press(stream, keys):
    """Each key as a phone sends it (RFC 4733)."""
    with stream.engine.cond:
        for key in keys:
            began = stream.timestamp
            for i, (end, duration) in enumerate(((0, 160), (0, 320), (0x80, 480), (0x80, 480), (0x80, 480))):
                stream.timestamp = began
                stream.send(struct.pack("!BBH", KEYS.index(key), end | 10, duration), marker=int(i == 0), pt=101)
            stream.timestamp = began + 800


def lobby(lab, tap):
    """who waits for the PIN is not answered and told nothing, until he is let in"""
    rooms = f'rooms: {{ pins = ( {{ room = "board"; pin = "{PIN}"; }} ); }};\n'
    one = Reflector(lab, "r1", R1, conf=CONF + rooms)
    anna = Participant(Ua(lab, "anna", *EXT1), "board", parameters=f";pin={PIN}")
    share = anna.share().share
    visitor = Ua(lab, "ben", *EXT2).call("board", tone=700).streams[0]
    control = Control(lab, visitor)
    lab.engine.wait(lambda: counters(one)["control.not_admitted"] >= 4, 10, "four questions")
    tap.ok(not control.up and not control.said, "he is not answered", control.said)
    press(visitor, PIN + "#")
    control.wait_up()
    lab.engine.wait(lambda: any(kind == ANNOUNCE for _, kind, _ in control.said), 10, "an announcement")
    tap.ok(control.said[0][2][4] == share.encode(), "let in, he is told what runs", control.said)


def hostile(lab, tap):
    """packets that are wrong in every way, from a participant and from a stranger, disturb nobody"""
    one = Reflector(lab, "r1", R1, conf=CONF)
    anna, eve = (Participant(Ua(lab, name, *place), "room") for name, place in (("anna", EXT1), ("eve", EXT2)))
    stream, control = eve.call.streams[0], eve.control
    head = struct.pack("!BBHIII", 1, 1, 0, control.epoch, control.peer, 0)
    message = struct.pack("!I4sBBH", 1, b"SHAR", 1, 0, 8) + b"\0\1\0\4\0\0\0\1"
    others = [struct.pack("!BBHIII", 2, 0, 0, 1, 2, 3), head[:7], head + message[:5], head + message[:-4],
              head + struct.pack("!I4sBBH", 1, b"SHAR", 1, 0, 0xffff), head + b"\xff" * 200,
              struct.pack("!BBHIII", 1, 0xff, 0xffff, 0, control.peer, 0xffffffff) + message,
              struct.pack("!BBHIII", 1, 0, 0, control.epoch, control.peer, 0xffffffff),
              head + struct.pack("!I4sBBH", 0xffffffff, b"SHAR", 1, 0, 0), head + struct.pack("!I4sBBH", 1, b"\0\n\xff ", 1, 0, 0)]
    changed = Mutator(7, [head + message * 3])
    packets = [datagram(stream, data[:len(data) & ~3]) for data in [*others, *(changed.any() for _ in range(20))]]
    packets += [datagram(stream, head + message, name) for name in (b"rflc", b"PING", b"\0\0\0\0")]
    packets += [datagram(stream, head + message, subtype=31)]
    before = counters(one)
    for packet in packets:  # 10 a second are taken
        stream.send_rtcp(packet)
        time.sleep(0.11)
    found = counters(one)
    tap.ok(found["control.malformed"] - before["control.malformed"] >= 5, "those that are malformed are counted",
           found["control.malformed"])
    flood = random.Random(3)
    for i in range(3000):
        stream.send_rtcp(datagram(stream, head[:8] + flood.randbytes(8) + message))
        if i % 50 == 49:
            time.sleep(0.005)  # sockets hold so many
    now = wait_for(lambda: (c := counters(one))["rtp.refused_rate"] > 0 and c.get("rtcp.app_limited", 0) > 100 and c, 5,
                   "limits")
    taken = now["control.stale"] - found["control.stale"]
    tap.ok(taken < 100, "a flood is cut down to the rate", taken)
    # a stranger who knows both epochs, at the same ports
    stranger = lab.socket("extn")
    lab.defer(stranger.close)
    other = anna.control
    forged = struct.pack("!BBHIII", 1, 3, 0, other.epoch, other.peer, 0)
    for port in range(5566, 5574):
        stranger.sendto(datagram(stream, forged), (R1, port))
    began = time.monotonic()
    share = anna.share().share
    tap.ok(time.monotonic() - began < 5, "another participant shares as before", time.monotonic() - began)
    eve.begin_anew()
    tap.ok(eve.wait_share(share, 20).share == share, "and the hostile one, who behaves now, is told")


main(silent, lossy, restarts, lobby, hostile, WIRE="1")
