# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signals to a daemon that has calls: a reload takes new values or keeps the old ones and touches no
call; a stop says good-bye to everybody and takes nobody new. What signals do without calls is in
tests/conf/test-daemon.py."""
import os
import signal
import time

from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector
from lab.stream import exactly_once

R1 = "10.11.12.13"
EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")


def two_calls(lab):
    """anna and ben in a room, who talk."""
    calls = [Ua(lab, "anna", *EXT1, R1).call("blue", tone=440), Ua(lab, "ben", *EXT2, R1).call("blue", tone=700)]
    heard(lab, calls, 20)
    return calls


def heard(lab, calls, count):
    """Waits until each of two has heard that many packets more of the other."""
    streams = [call.streams[0] for call in calls]
    since = [len(s.packets) for s in streams]
    lab.engine.wait(lambda: all(len(s.packets) >= n + count for s, n in zip(streams, since)), 5, "both hear each other")


def undisturbed(tap, calls, since):
    """Each packet between the two since then has come once, and nothing was said about the calls."""
    until = time.time() - 0.1
    a, b = (call.streams[0] for call in calls)
    problems = exactly_once(a, b, since, until) + exactly_once(b, a, since, until)
    tap.ok(not problems, "each packet has come once", *problems)
    said = [m.method for call in calls for _, m in call.ua.requests if m.method != "ACK"]
    tap.ok(not said and all(call.state == "up" for call in calls), "no call was touched", said)


def journal(reflector):
    with open(os.path.join(reflector.state, "dialogs"), "rb") as f:
        return f.read()


def call_outcome(lab, user, place, room):
    """A call of a stranger, which has ended again; its last response."""
    call = Ua(lab, user, *place, R1).call(room, wait=False)
    call.wait_final()
    if call.state == "up":
        call.hangup()
    return call


def new_values(lab, tap):
    """a reload takes rates, limits and users, and no call notices"""
    one = Reflector(lab, "r1", R1, conf="sip: { invite_rate = 0.0; };")
    calls = two_calls(lab)
    since = time.time() - 0.2
    statuses = [call_outcome(lab, "carl", EXT1, "blue").status for _ in range(3)]
    tap.ok(statuses == [200] * 3, "a third one comes and goes as often as he likes", statuses)
    one.configure("core: { max_participants_per_session = 2; };\n"
                  "sip: { invite_rate = 0.01; invite_burst = 2; max_calls = 3; };")
    tap.ok(one.reload() == "", "the service manager sees no complaint", one.said)
    tap.ok("the configuration was read again" in one.log(), "the log tells it")
    full = call_outcome(lab, "carl", EXT1, "blue")
    tap.ok(full.status == 486, "the room is full with the two now", full.status)
    spare = Ua(lab, "dora", *EXT1, R1).call("green")
    over = call_outcome(lab, "carl", EXT1, "green")
    tap.ok(over.status == 503 and over.last.get("retry-after"), "the third INVITE of his address is one too many",
           over.responses)
    other = call_outcome(lab, "emil", EXT2, "green")
    tap.ok(other.status == 503 and "Too many calls" in other.last.get("warning"), "a fourth call as well",
           other.status, other.last.headers)
    one.configure("sip: { invite_rate = 0.0; };")
    one.reload()
    back = call_outcome(lab, "carl", EXT1, "blue")
    tap.ok(back.status == 200, "with the old file all is as before", back.status)
    heard(lab, calls, 20)
    undisturbed(tap, calls, since)
    tap.ok(spare.state == "up" and not spare.ua.requests, "nor was the one in between touched")


def wrong_file(lab, tap):
    """a wrong file changes nothing and is named with its line"""
    one = Reflector(lab, "r1", R1, conf="sip: { max_calls = 3; };")
    calls = two_calls(lab)
    since = time.time() - 0.2
    for text, complaint in (("sip: { max_calls = 2; ", "20-site.conf:1: "),
                            ("sip: { max_calls = 0; };", "20-site.conf:1: sip.max_calls: is 0"),
                            ("core: { max_participants = 2; };\nsip: { max_cals = 1; };",
                             "20-site.conf:2: sip.max_cals"),
                            ("core: { max_participants = 2; };\nsip: { max_calls = 2; unlimited = [ \"all\" ]; };",
                             "20-site.conf:2: sip.unlimited"),
                            ("core: { max_participants = 2; };\nsip: { max_calls = 2; authenticate = \"on\"; };",
                             "no plugin offers credentials")):
        one.configure(text)
        status = one.reload()
        tap.ok(complaint in status, f"the service manager is told: {complaint}", one.said)
        tap.ok(f"the configuration stays as it was: {status.split(': ', 1)[1]}" in one.log() if status else False,
               "and the log", status)
    third = Ua(lab, "carl", *EXT1, R1).call("blue")
    fourth = call_outcome(lab, "dora", EXT2, "blue")
    tap.ok(third.state == "up" and fourth.status == 503, "the old limit holds", fourth.status)
    os.unlink(one.site)
    tap.ok(one.reload() == "", "without the file the service manager hears no complaint", one.said)
    heard(lab, calls, 20)
    undisturbed(tap, calls, since)


def stop(lab, tap):
    """a stop says BYE to all, takes nobody new, and leaves nothing for a successor"""
    one = Reflector(lab, "r1", R1, conf="sip: { transaction_timeout = 1; };")
    calls = two_calls(lab)
    mute = Ua(lab, "mute", *EXT1, R1).call("blue")
    mute.ua._request = lambda message, source: mute.ua.requests.append((time.time(), message))  # as of a dead phone
    tcp = Ua(lab, "tim", *EXT2, R1, tcp=True)
    tcp.request("OPTIONS", f"sip:{R1}")
    one.process.send_signal(signal.SIGTERM)
    one.expect("STOPPING=1")
    lab.engine.wait(lambda: mute.ua.requests, 5, "a BYE to the silent phone")
    tcp.call("blue", wait=False)
    late = Ua(lab, "late", *EXT2, R1).call("blue", wait=False)
    late.wait_final()
    tap.ok(late.status == 503 and int(late.last.get("retry-after") or 0) > 0, "a new INVITE gets 503 with Retry-After",
           late.responses, late.last.headers)
    for call in calls:
        call.wait_ended()
    byes = [m for call in (*calls, mute) for _, m in call.ua.requests if m.method == "BYE"]
    tap.ok({m.get("call-id") for m in byes} == {c.call_id for c in (*calls, mute)}, "everybody gets BYE", byes)
    tap.ok(all("going down" in m.get("reason") for m in byes), "which says why", [m.get("reason") for m in byes])
    status = one.process.wait(10)
    tap.ok(status == 0, "the exit status is 0", status)
    tap.ok(journal(one) == b"", "the journal is empty", journal(one))
    lab.engine.wait(lambda: not tcp.connection.sock, 5, "an end of the connection")
    final = [s for call in tcp.calls.values() for s in call.responses if s >= 200]
    tap.ok(final in ([], [503]), "an INVITE over TCP gets 503 or the end of the connection", final)


def second_signal(lab, tap):
    """a second SIGTERM does not wait for a silent phone; the successor ends that call"""
    one = Reflector(lab, "r1", R1)
    mute = Ua(lab, "mute", *EXT1, R1).call("blue")
    wait_for(lambda: any(line[:2] == b"A " for line in journal(one).splitlines()), 5, "the call in the journal")
    answer, mute.ua._request = mute.ua._request, lambda message, source: mute.ua.requests.append((time.time(), message))
    one.process.send_signal(signal.SIGTERM)
    lab.engine.wait(lambda: mute.ua.requests, 5, "a BYE to the silent phone")
    tap.ok(one.process.poll() is None, "it waits for an answer")
    one.process.send_signal(signal.SIGTERM)
    one.process.killed = True
    status = one.process.wait(1)
    tap.ok(status == -signal.SIGTERM, "it is gone at once", status)
    with lab.engine.cond:
        mute.ua._request = answer
    one.start()
    mute.wait_ended()
    tap.ok(True, "the next one says BYE to whom the first one could not reach")


def hears_all(lab, call, talkers):
    """Waits until each of the two is heard as he is."""
    ssrcs = {c.streams[0].ssrc for c in talkers}
    lab.engine.wait(lambda: call.streams[0].ssrcs() >= ssrcs, 5, f"{call.ua.user} hears every source as it is")


def hears_one(lab, call, talkers):
    """Whether a second of what it gets is one stream of the reflector's own."""
    stream, ssrcs = call.streams[0], {c.streams[0].ssrc for c in talkers}
    lab.engine.wait(lambda: len(stream.packets) > 50, 5, f"{call.ua.user} hears something")
    return len(stream.ssrcs()) == 1 and not stream.ssrcs() & ssrcs


def modes(lab, tap):
    """a reload takes patterns of rooms and programs for the calls that come, and leaves those that are"""
    one = Reflector(lab, "r1", R1)
    calls = two_calls(lab)
    old = Ua(lab, "carl", *EXT1, R1).call("blue", tone=1000)
    hears_all(lab, old, calls)
    one.configure('sip: { modes = ( { room = "bl*"; audio = "one"; } ); };')
    tap.ok(one.reload() == "", "a pattern of rooms is taken", one.said)
    late = Ua(lab, "dora", *EXT2, R1).call("blue", tone=1000)
    tap.ok(hears_one(lab, late, calls), "who calls now hears one stream", late.streams[0].ssrcs())
    late.hangup()
    heard(lab, calls, 20)
    tap.ok(not old.ua.requests and old.state == "up", "who was there is not asked", old.ua.requests)
    hears = len(old.streams[0].packets)
    lab.engine.wait(lambda: {p.ssrc for p in old.streams[0].packets[hears:]} >= {c.streams[0].ssrc for c in calls}, 5,
                    "and hears every source as before")
    one.configure('sip: { modes = ( { agent = "Plain*"; audio = "one"; } ); };')
    tap.ok(one.reload() == "", "a pattern of programs is taken in its place", one.said)
    plain = Ua(lab, "emil", *EXT2, R1).call("blue", tone=1000, user_agent="PlainPhone/1.0")
    tap.ok(hears_one(lab, plain, calls), "that program's call hears one stream", plain.streams[0].ssrcs())
    plain.hangup()
    other = Ua(lab, "fritz", *EXT2, R1).call("blue", tone=1000)
    hears_all(lab, other, calls)
    one.configure('sip: { modes = ( { room = "bl*"; } ); };')
    tap.ok("names neither audio nor video" in one.reload(), "a wrong one is told", one.said)
    again = Ua(lab, "gerd", *EXT2, R1).call("blue", tone=1000, user_agent="PlainPhone/1.0")
    tap.ok(hears_one(lab, again, calls), "and the ones before stay", again.streams[0].ssrcs())


main(new_values, wrong_file, stop, second_signal, modes)
