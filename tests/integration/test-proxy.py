# SPDX-License-Identifier: LGPL-2.1-or-later
"""Calls through a proxy that records its route: everything in the dialog goes through it, both ways."""
from lab import Ua, main
from lab.net import wait_for
from lab.phones import Baresip
from lab.proxy import Proxy
from lab.reflector import Reflector

R1, PROXY = "10.11.12.13", "203.0.113.12"
EXT1 = ("ext1", "203.0.113.11")


def update(lab, call):
    """Sends an UPDATE without an offer. Returns the status."""
    answers = []
    with lab.engine.cond:
        call.cseq += 1
        headers = call._headers("UPDATE", call.cseq) + [("Contact", call.ua.contact)]
        call.ua.send_request("UPDATE", call.target, headers, "", answers.append)
    lab.engine.wait(lambda: answers and answers[-1].status >= 200, 5, "answer to UPDATE")
    return answers[-1].status


def all_by_proxy(call):
    """Whether every request that the caller got came with the proxy's Via on top."""
    return all(PROXY in message.get("via") for _, message in call.ua.requests)


def whole_calls(lab, tap, tcp):
    one = Reflector(lab, "r1", R1)
    Proxy(lab, "ext2", PROXY, R1)
    anna = Ua(lab, "anna", *EXT1, PROXY, tcp=tcp).call("proxied", tone=440)
    ben = Ua(lab, "ben", *EXT1, PROXY, tcp=tcp).call("proxied", tone=700)
    lab.engine.wait(lambda: len(anna.streams[0].packets) > 25 and len(ben.streams[0].packets) > 25, 8,
                    "both hear")
    tap.ok(len(anna.routes) >= 1 and PROXY in anna.routes[0], "the route is recorded", anna.routes)
    peers = {call["peer"].rpartition(":")[0] for call in one.status()["plugins"]["sip"]["calls"]}
    tap.ok(peers == {PROXY}, "the reflector sees the proxy alone", peers)
    tap.ok(anna.reinvite("sendonly") == 200 and anna.reinvite("sendrecv") == 200,
           "hold and resume are answered", anna.responses)
    tap.ok(update(lab, anna) == 200, "UPDATE is answered")
    refused = Ua(lab, "carl", *EXT1, PROXY, tcp=tcp)
    status = refused.call("proxied", refused.stream(formats=[(12, "QCELP/8000")]), wait=False).wait_final()
    tap.ok(status == 488, "a refusal comes through", status)
    anna.hangup()
    wait_for(lambda: one.status()["plugins"]["sip"]["count"] == 1, 5, "the caller's BYE ends her call")
    one.stop()
    ben.wait_ended(10)
    tap.ok(ben.how == "bye" and all_by_proxy(ben), "the reflector's BYE comes by the proxy",
           [m.headers for _, m in ben.ua.requests])


def over_udp(lab, tap):
    """INVITE, re-INVITE, UPDATE and BYE from either side over UDP"""
    whole_calls(lab, tap, False)


def over_tcp(lab, tap):
    """the same over TCP"""
    whole_calls(lab, tap, True)


def phone(lab, tap):
    """baresip through the proxy hears who called directly; each side can hang up"""
    one = Reflector(lab, "r1", R1)
    Proxy(lab, "ext2", PROXY, R1)
    baresip = Baresip(lab, "anna", *EXT1, PROXY, 440)
    ben = Ua(lab, "ben", *EXT1, R1).call("mixed", tone=700)
    baresip.call("mixed")
    lab.engine.wait(lambda: len(ben.streams[0].packets) > 50, 8, "baresip is heard")
    tap.ok(True, "baresip is heard by who called directly")
    baresip.command("hold")
    baresip.command("resume")
    count = len(ben.streams[0].packets)
    lab.engine.wait(lambda: len(ben.streams[0].packets) > count + 50, 8, "baresip is heard after hold and resume")
    baresip.hangup()
    wait_for(lambda: one.status()["plugins"]["sip"]["count"] == 1, 5, "its BYE arrives")
    baresip.events.clear()
    baresip.call("mixed")
    one.stop()
    tap.ok(baresip.wait_event("CALL_CLOSED"), "baresip hangs up when the reflector does")


main(over_udp, over_tcp, phone)
