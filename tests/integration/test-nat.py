# SPDX-License-Identifier: LGPL-2.1-or-later
"""Clients behind one NAT, with private addresses in their SDP, are told apart."""
import time

from lab import Ua, main
from lab.reflector import Reflector

R2 = "10.11.12.14"
INSIDE = (("priv1", "192.168.10.11"), ("priv2", "192.168.10.12"))


def two_rooms(lab, tap, announce, rtcp):
    """Two pairs in two rooms call at once from behind one NAT."""
    Reflector(lab, "r2", R2)
    tones, calls = [440, 700, 1000, 1500], []
    for i, tone in enumerate(tones):
        ua = Ua(lab, f"u{i}", *INSIDE[i % 2], R2)
        stream = ua.stream(announce=announce, rtcp_interval=0.5 if rtcp else 3600)
        calls.append(ua.call(f"room{i // 2}", stream, tone=tone, wait=False))
    for call in calls:
        call.wait_up(10)
    streams = [call.streams[0] for call in calls]
    lab.engine.wait(lambda: all(len(s.packets) > 100 for s in streams), 10, "everybody hears something")
    time.sleep(0.5)
    for i, stream in enumerate(streams):
        partner = streams[i ^ 1]
        tap.ok(stream.ssrcs() == {partner.ssrc}, f"u{i} gets the other one in his room and nobody else",
               stream.ssrcs(), {s.ssrc: f"u{n}" for n, s in enumerate(streams)})
        tap.ok(stream.heard(tones) == {tones[i ^ 1]}, f"u{i} hears {tones[i ^ 1]} Hz", stream.heard(tones))


def announced(lab, tap):
    """four clients behind one NAT that announce their SSRCs"""
    two_rooms(lab, tap, announce=True, rtcp=True)


def silent_sdp(lab, tap):
    """four clients behind one NAT that announce nothing but send RTCP with their CNAME"""
    two_rooms(lab, tap, announce=False, rtcp=True)


def nothing_known(lab, tap):
    """four clients behind one NAT that announce nothing and send RTP alone"""
    two_rooms(lab, tap, announce=False, rtcp=False)


def wire_told(lab, tap):
    """video beside audio: each medium of two clients behind one NAT finds its participant"""
    Reflector(lab, "r2", R2)
    calls = []
    for i in range(2):
        ua = Ua(lab, f"u{i}", *INSIDE[i], R2)
        calls.append(ua.call("both", ua.stream(), ua.stream("video"), tone=440, wait=False))
    for call in calls:
        call.wait_up(10)
    lab.engine.wait(lambda: all(len(s.packets) > 50 for c in calls for s in c.streams), 10, "all four media")
    for i, call in enumerate(calls):
        for own, other in zip(call.streams, calls[1 - i].streams):
            tap.ok(own.ssrcs() == {other.ssrc}, f"u{i} gets the other's {own.kind} and nothing else", own.ssrcs())


def cancelled(lab, tap):
    """whoever waits because a neighbour is still undecided may cancel: 487"""
    Reflector(lab, "r2", R2, conf="rtp: { second_ports = 0; };")
    first = Ua(lab, "u0", *INSIDE[0], R2)
    first.call("slow", first.stream(rtcp_interval=3600))  # never sends anything
    second = Ua(lab, "u1", *INSIDE[1], R2)
    call = second.call("slow", second.stream(rtcp_interval=3600), wait=False)
    lab.engine.wait(lambda: call.responses, 2, "a provisional answer")
    call.cancel()
    status = call.wait_final(5)
    tap.ok(status == 487, "the INVITE ends with 487", call.responses)


main(announced, silent_sdp, nothing_known, wire_told, cancelled)
