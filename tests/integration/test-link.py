# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two reflectors on either side of firewall 1: cross-hearing exactly once, nothing but the link's
ports tried, and RTP on the relay only while both sides have a participant."""
import time

from lab import Capture, Ua, main, media
from lab.reflector import Reflector
from lab.stream import exactly_once

R1, R2 = "10.11.12.13", "10.11.12.14"
USERS = (("anna", "ext1", "203.0.113.11", R1), ("ben", "ext2", "203.0.113.12", R1),
         ("carl", "priv1", "192.168.10.11", R2), ("dora", "priv2", "192.168.10.12", R2))


def pair(lab, **options):
    return Reflector(lab, "r1", R1, peers=[R2], **options), Reflector(lab, "r2", R2, peers=[R1], **options)


def cross(lab, tap):
    """four users on two reflectors hear each other exactly once, and firewall 1 has dropped nothing"""
    pair(lab, classic=True)
    capture = Capture(lab, "fw1", "r1")
    tones = [440, 700, 1000, 1500]
    streams = [Ua(lab, *user).call("room", parameters=";mode=all", tone=tone).streams[0]
               for user, tone in zip(USERS, tones)]
    lab.engine.wait(lambda: all(len(s.from_ssrc(o.ssrc)) > 25 for s in streams for o in streams if s is not o),
                    10, "everybody in everybody's ear")
    since = time.time() + 0.1
    lab.engine.wait(lambda: streams[0].sent[-1][0] > since + 2, 5, "two seconds")
    until = time.time() - 0.2
    for user, receiver, tone in zip(USERS, streams, tones):
        problems = [p for sender in streams if sender is not receiver
                    for p in exactly_once(sender, receiver, since, until)]
        tap.ok(not problems, f"{user[0]} gets each packet of the others once", *problems)
        tap.ok(receiver.ssrcs() == {s.ssrc for s in streams if s is not receiver},
               f"{user[0]} gets the others under their own SSRCs and not his own", receiver.ssrcs())
        tap.ok(receiver.heard(tones) == set(tones) - {tone}, f"{user[0]} hears the other tones",
               receiver.heard(tones))
    tap.ok(lab.counter("fw1", "dropped") == 0, "firewall 1 had nothing to drop", lab.counter("fw1", "dropped"))
    ways = {(p.proto, p.sport, p.dport) for p in capture.packets()}
    good = {("udp", 5564, 5564), ("udp", 5565, 5565)}
    tap.ok(ways <= good, "only the relay ports are used between the reflectors, from and to", ways - good)


def relay_rtp(packets, source):
    """Times of RTP packets on the RTP relay from one reflector."""
    return [p.at for p in packets if p.proto == "udp" and p.src == source and 5564 in (p.sport, p.dport)
            and media.unpack(p.payload)]


def gate(lab, tap):
    """no RTP crosses before both sides have a participant, none later than 500 ms after either has none"""
    pair(lab)
    capture = Capture(lab, "fw1", "r1")
    anna, ben = (Ua(lab, *user) for user in USERS[:2])
    carl = Ua(lab, *USERS[2])
    anna_call, ben_call = anna.call("gate", tone=440), ben.call("gate", tone=700)
    time.sleep(1)
    joined = time.time()
    carl_call = carl.call("gate", tone=1000)
    lab.engine.wait(lambda: len(carl_call.streams[0].packets) > 50, 5, "carl hears")
    left = carl_call.hangup()
    time.sleep(1.2)
    again = time.time()
    carl_call = carl.call("gate", tone=1000)
    lab.engine.wait(lambda: len(carl_call.streams[0].packets) > 25, 5, "carl hears again")
    first_left = anna_call.hangup()
    lab.engine.wait(lambda: len(ben_call.streams[0].packets) > 25 and time.time() > first_left + 0.7, 5,
                    "ben still hears carl")
    other_left = ben_call.hangup()
    time.sleep(1.2)
    packets = capture.packets()
    one, two = relay_rtp(packets, R1), relay_rtp(packets, R2)
    tap.ok(not [t for t in one + two if t < joined], "no RTP before carl came")
    late = [round(t - left, 3) for t in one + two if left + 0.5 < t < again]
    tap.ok(not late, "no RTP 500 ms after carl had left", late[:5])
    tap.ok([t for t in one if t > again] and [t for t in two if t > again], "RTP again when he came again")
    tap.ok([t for t in two if other_left - 0.3 < t < other_left], "RTP while ben was still there")
    late = [round(t - other_left, 3) for t in one + two if t > other_left + 0.5]
    tap.ok(not late, "no RTP 500 ms after the last one on the other side had left", late[:5])
    stray = [p for p in packets if p.proto == "udp" and 5564 in (p.sport, p.dport) and not media.unpack(p.payload)]
    tap.ok(not stray, "nothing but RTP on the RTP relay", [p.payload[:16].hex() for p in stray[:3]])
    wrong = [p for p in packets if p.proto == "udp" and 5565 in (p.sport, p.dport) and not media.unpack_rtcp(p.payload)]
    tap.ok(not wrong, "nothing but RTCP on the RTCP relay", [p.payload[:16].hex() for p in wrong[:3]])


main(cross, gate)
