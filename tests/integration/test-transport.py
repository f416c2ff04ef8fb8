# SPDX-License-Identifier: LGPL-2.1-or-later
"""One room over UDP, TCP, IPv4 and IPv6 at once, and the end of a TCP connection in a call."""
from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector

FOUR, SIX = "10.11.12.13", "2001:db8::13"
USERS = (("anna", "ext1", "2001:db8::11", SIX, True), ("ben", "ext2", "2001:db8::12", SIX, False),
         ("carl", "ext2", "203.0.113.12", FOUR, True), ("dora", "ext1", "203.0.113.11", FOUR, False))


def mixed(lab, tap):
    """who came by whatever transport and IP version hears everybody"""
    one = Reflector(lab, "r1", FOUR)
    calls = [Ua(lab, *user, tcp=tcp).call("mixed", tone=440) for *user, tcp in USERS]
    streams = [call.streams[0] for call in calls]
    lab.engine.wait(lambda: all(len(s.from_ssrc(o.ssrc)) > 25 for s in streams for o in streams if s is not o),
                    6, "everybody in everybody's ear")
    for call, (name, _, ip, reflector, tcp) in zip(calls, USERS):
        tap.ok(call.answer[0]["ip"] == reflector, f"{name} is told the address that was called", call.answer[0])
        tap.ok(call.reinvite("sendonly") == 200, f"{name}'s re-INVITE is answered", call.responses)
        tap.ok(call.ua.connection is None or call.ua.connection.opened == 1,
               f"{name} needs one connection at most for the whole call")
    listed = {call["transport"] for call in one.status()["plugins"]["sip"]["calls"]}
    tap.ok(listed == {"tcp", "udp"}, "status tells the transports", listed)
    for call in calls:
        call.hangup()
    wait_for(lambda: one.status()["plugins"]["sip"]["count"] == 0, 5, "no call is left")


def closed(lab, tap):
    """a TCP connection that is closed ends no call: the next request comes over another one"""
    one = Reflector(lab, "r1", FOUR)
    call = Ua(lab, *USERS[2][:4], tcp=True).call("closed", tone=440)
    call.ua.connection.close()
    wait_for(lambda: one.status()["plugins"]["sip"]["connections"] == 0, 5, "the connection is gone")
    tap.ok(one.status()["plugins"]["sip"]["count"] == 1, "the call is still there")
    tap.ok(call.reinvite("sendonly") == 200, "and answers a re-INVITE over another connection", call.responses)
    call.hangup()
    wait_for(lambda: one.status()["plugins"]["sip"]["count"] == 0, 5, "no call is left")


main(mixed, closed)
