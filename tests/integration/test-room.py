# SPDX-License-Identifier: LGPL-2.1-or-later
"""A room on one reflector: who is in it hears the others, who is in another one does not."""
import time

from lab import Ua, main
from lab.reflector import Reflector
from lab.stream import exactly_once

R1 = "10.11.12.13"


def two_and_one(lab, tap):
    """two in a room hear each other once, nobody hears himself, a third in another room nothing"""
    Reflector(lab, "r1", R1)
    users = [Ua(lab, "anna", "ext1", "203.0.113.11", R1), Ua(lab, "ben", "ext2", "203.0.113.12", R1),
             Ua(lab, "carl", "ext1", "203.0.113.11", R1)]
    calls = [users[0].call("blue"), users[1].call("blue"), users[2].call("green")]
    anna, ben, carl = (call.streams[0] for call in calls)
    for stream, tone in zip((anna, ben, carl), (440, 700, 1000)):
        stream.talk(tone)
    lab.engine.wait(lambda: len(anna.packets) > 100 and len(ben.packets) > 100, 10, "two seconds of sound")
    until = time.time() - 0.1
    for who, sender, receiver in (("anna", ben, anna), ("ben", anna, ben)):
        problems = exactly_once(sender, receiver, until=until)
        tap.ok(not problems, f"{who} gets each packet of the other once", *problems)
        tap.ok(receiver.ssrcs() == {sender.ssrc}, f"{who} gets nothing else", receiver.ssrcs())
    tap.ok(anna.heard((440, 700, 1000)) == {700}, "anna hears ben's tone alone", anna.heard((440, 700, 1000)))
    tap.ok(not carl.packets, "carl, in another room, gets nothing", len(carl.packets))
    for call in calls:
        call.hangup()


def many_callers(lab, tap):
    """five in a room: everyone hears the four others, late joiners from their first packet on"""
    Reflector(lab, "r1", R1)
    tones = [400, 600, 900, 1300, 1700]
    streams = []
    for i, tone in enumerate(tones):
        ns, ip = (("ext1", "203.0.113.11"), ("ext2", "203.0.113.12"))[i % 2]
        stream = Ua(lab, f"u{i}", ns, ip, R1).call("five").streams[0]
        stream.talk(tone)
        streams.append(stream)
    lab.engine.wait(lambda: all(len(s.from_ssrc(o.ssrc)) > 60 for s in streams for o in streams if s is not o),
                    10, "everybody in everybody's ear")
    since, until = max(s.sent[0][0] for s in streams) + 0.5, time.time() - 0.1
    for i, receiver in enumerate(streams):
        problems = [p for sender in streams if sender is not receiver
                    for p in exactly_once(sender, receiver, since, until)]
        tap.ok(not problems, f"u{i} gets each packet of the others once", *problems)
        tap.ok(receiver.ssrc not in receiver.ssrcs(), f"u{i} does not get its own")
        others = set(tones) - {tones[i]}
        tap.ok(receiver.heard(tones) == others, f"u{i} hears the other tones", receiver.heard(tones))


main(two_and_one, many_callers)
