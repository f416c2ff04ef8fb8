# SPDX-License-Identifier: LGPL-2.1-or-later
"""A conference with media under valgrind's memcheck, and the end of both reflectors after it: no error,
nothing definitely or indirectly lost. Not for speed: valgrind is some thirty times slower."""
import os
import shutil
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))
from lab import Skip, Ua, main, media
from lab.net import wait_for
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
USERS = (("anna", "ext1", "203.0.113.11", R1, False), ("ben", "ext2", "203.0.113.12", R1, True),
         ("carl", "priv1", "192.168.10.11", R2, False), ("dora", "priv2", "192.168.10.12", R2, False))
VALGRIND = ("valgrind --quiet --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect "
            "--show-leak-kinds=definite,indirect --num-callers=30")
PATIENCE = 40


def meet(lab, tap):
    """All four in a room, with audio and video, until everybody has heard everybody."""
    calls = []
    for *user, tcp in USERS:
        ua = Ua(lab, *user, password="secret" if user[3] == R1 else None, tcp=tcp)
        call = ua.call("memory", ua.stream(), ua.stream("video"), tone=440, wait=False)
        calls.append(call.wait_up(PATIENCE))
    for kind in range(2):
        streams = [call.streams[kind] for call in calls]
        lab.engine.wait(lambda s=streams: all(len(a.from_ssrc(b.ssrc)) > 25 for a in s for b in s if a is not b),
                        PATIENCE, "everybody in everybody's ear and eye")
    tap.ok(True, "everybody hears and sees everybody")
    return calls


def busy(lab, tap, calls):
    """What else happens in a call."""
    anna, ben, carl, dora = calls
    tap.ok(anna.reinvite("inactive", PATIENCE) == 200, "hold")
    tap.ok(anna.reinvite("sendrecv", PATIENCE) == 200, "resume")
    for kind, number in ((205, 1), (206, 1), (206, 4)):  # NACK, PLI, FIR
        stream = carl.streams[1]
        body = struct.pack("!II", stream.ssrc, ben.streams[1].ssrc)
        stream.send_rtcp(media.rtcp_report(stream.ssrc, stream.cname) +
                         media.rtcp(kind, number, body + (body if number == 4 else b"\0\0\0\1" * (kind == 205))))
    stranger = Ua(lab, "eve", "ext2", "203.0.113.12", R1, password="wrong")
    tap.ok(stranger.call("memory", wait=False).wait_final(PATIENCE) in (401, 403), "a wrong password stays out")
    dora.hangup()
    carl.streams[0].send_rtcp(media.rtcp_bye(carl.streams[0].ssrc))
    carl.hangup()


def conference(lab, tap):
    """two reflectors end without an error or a leak after a conference"""
    if not shutil.which("valgrind"):
        raise Skip("needs valgrind")
    os.environ["REFLECTORD_WRAPPER"] = VALGRIND
    os.environ["G_DEBUG"], os.environ["G_SLICE"] = "gc-friendly", "always-malloc"
    pair = [Reflector(lab, "r1", R1, peers=[R2], users={u[0]: "secret" for u in USERS}, start=False),
            Reflector(lab, "r2", R2, peers=[R1], start=False)]
    for reflector in pair:
        with open(os.path.join(reflector.dir, "20-slow.conf"), "w") as f:
            f.write("sip: { overload_lag = 0; };\n")
        reflector.start(PATIENCE)
    wait_for(lambda: all(p["up"] for r in pair for p in r.status()["plugins"]["interconnect"]["peers"]),
             PATIENCE, "the link")
    calls = meet(lab, tap)
    busy(lab, tap, calls)
    wait_for(lambda: pair[1].status()["plugins"]["sip"]["count"] == 0, PATIENCE, "nobody at r2")
    for reflector in pair:  # anna and ben are still in their call at r1
        status = reflector.stop(PATIENCE)
        tap.ok(status == 0, f"{reflector.ns} ends with status 0", status, tail(lab, reflector))
        reflector.process.killed = True  # seen; not judged again


def tail(lab, reflector):
    with open(lab.path(f"reflectord-{reflector.ns}.log"), errors="replace") as f:
        return "".join(line for line in f if line.startswith("=="))[-8000:]


main(conference)
