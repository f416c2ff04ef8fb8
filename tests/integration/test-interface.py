# SPDX-License-Identifier: LGPL-2.1-or-later
"""Addresses that come and go under a running reflector: calls survive a flap, a new address is listened on,
one that is gone for good is let go."""
from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector

R1, SIX, MORE = "10.11.12.13", "2001:db8::13", "10.11.12.99"
ANNA = ("anna", "ext1", "203.0.113.11", R1)


def listening(one):
    return {entry["address"]: entry["gone"] for entry in one.status()["plugins"]["sip"]["listeners"]}


def route(lab):
    """What a flap of r1's interface takes away with it."""
    lab.run("r1", "ip", "route", "replace", "203.0.113.0/24", "dev", "eth0", "src", R1)


def flap(lab, tap):
    """the interface goes away and comes back: the call is still there and answers"""
    one = Reflector(lab, "r1", R1)
    call = Ua(lab, *ANNA).call("flap", tone=440)
    over_tcp = Ua(lab, "tina", *ANNA[1:], tcp=True).call("flap", tone=700)
    lab.run("r1", "ip", "link", "set", "eth0", "down")
    wait_for(lambda: listening(one).get(f"{R1}:5060") is not False, 5, "the address is seen to be gone")
    tap.ok(one.status()["plugins"]["sip"]["count"] == 2, "its calls are still there")
    lab.run("r1", "ip", "link", "set", "eth0", "up")
    route(lab)
    wait_for(lambda: listening(one).get(f"{R1}:5060") is False, 5, "the address is back")
    tap.ok(call.reinvite("sendrecv", timeout=15) == 200, "a re-INVITE is answered", call.responses)
    tap.ok(over_tcp.reinvite("sendrecv", timeout=15) == 200, "over TCP too", over_tcp.responses)
    count = len(call.streams[0].packets)
    lab.engine.wait(lambda: len(call.streams[0].packets) > count + 25, 10, "and they hear each other")
    status = Ua(lab, "ben", "ext2", "203.0.113.12", R1).call("flap").responses[-1]
    tap.ok(status == 200, "new calls come in", status)


def come_and_go(lab, tap):
    """an address that appears is listened on, and let go when it has been gone for a while"""
    one = Reflector(lab, "r1", R1)
    tap.ok(f"{MORE}:5060" not in listening(one), "not there yet")
    lab.run("r1", "ip", "addr", "add", f"{MORE}/32", "dev", "eth0")
    lab.run("ext1", "ip", "route", "add", f"{MORE}/32", "dev", "eth0")
    wait_for(lambda: f"{MORE}:5060" in listening(one), 5, "the new address is listened on")
    call = Ua(lab, "anna", "ext1", "203.0.113.11", MORE).call("new")
    tap.ok(call.responses[-1] == 200, "and answers", call.responses)
    lab.run("r1", "ip", "addr", "del", f"{MORE}/32", "dev", "eth0")
    wait_for(lambda: listening(one).get(f"{MORE}:5060"), 5, "it is seen to be gone")
    tap.ok(one.status()["plugins"]["sip"]["count"] == 1, "the call is not ended by that")
    lab.run("r1", "ip", "addr", "add", f"{MORE}/32", "dev", "eth0")
    wait_for(lambda: listening(one).get(f"{MORE}:5060") is False, 5, "it is back")
    call.hangup()
    wait_for(lambda: one.status()["plugins"]["sip"]["count"] == 0, 5, "the call has ended")
    lab.run("r1", "ip", "addr", "del", f"{MORE}/32", "dev", "eth0")
    wait_for(lambda: f"{MORE}:5060" not in listening(one), 20, "without a call it is let go")
    lab.run("ext1", "ip", "route", "del", f"{MORE}/32", "dev", "eth0")
    tap.ok(Ua(lab, *ANNA).request("OPTIONS", f"sip:{R1}").status == 200, "the others still answer")


def six(lab, tap):
    """an IPv6 address that appears later, which cannot be bound at once"""
    lab.run("r1", "ip", "-6", "addr", "del", f"{SIX}/64", "dev", "eth0")
    one = Reflector(lab, "r1", R1)
    tap.ok(f"[{SIX}]:5060" not in listening(one), "without it first")
    lab.run("r1", "ip", "-6", "addr", "add", f"{SIX}/64", "dev", "eth0")
    wait_for(lambda: f"[{SIX}]:5060" in listening(one), 10, "listened on when the kernel is done with it")
    ua = Ua(lab, "anna", "ext1", "2001:db8::11", SIX)
    tap.ok(ua.request("OPTIONS", f"sip:[{SIX}]").status == 200, "and it answers")


main(flap, come_and_go, six)
