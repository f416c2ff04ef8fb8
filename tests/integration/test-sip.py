# SPDX-License-Identifier: LGPL-2.1-or-later
"""Signalling from the outside: digest, refusals, OPTIONS, hold, and the drain on SIGTERM."""
import time

from lab import Ua, main
from lab.reflector import Reflector

R1 = "10.11.12.13"
EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")


def digest(lab, tap):
    """with digest a wrong password stays out and the right one gets in"""
    Reflector(lab, "r1", R1, users={"anna": "secret", "ben": "other"})
    status = Ua(lab, "anna", *EXT1, R1).call("vip", wait=False).wait_final()
    tap.ok(status == 401, "without credentials: 401", status)
    status = Ua(lab, "anna", *EXT1, R1, password="wrong").call("vip", wait=False).wait_final()
    tap.ok(status in (401, 403), "wrong password: refused", status)
    status = Ua(lab, "nobody", *EXT1, R1, password="secret").call("vip", wait=False).wait_final()
    tap.ok(status in (401, 403), "unknown user: refused", status)
    anna = Ua(lab, "anna", *EXT1, R1, password="secret").call("vip", tone=440)
    tap.ok(anna.responses[-1] == 200 and 401 in anna.responses, "right password: challenged, then in", anna.responses)
    ben = Ua(lab, "ben", *EXT2, R1, password="other").call("vip", tone=700)
    lab.engine.wait(lambda: anna.streams[0].packets and ben.streams[0].packets, 5, "both hear")
    tap.ok(anna.reinvite("sendonly") == 200, "a re-INVITE of the dialog is answered")


def manners(lab, tap):
    """OPTIONS, unknown codecs, calls that do not exist"""
    Reflector(lab, "r1", R1)
    ua = Ua(lab, "anna", *EXT1, R1)
    tap.ok(ua.request("OPTIONS", f"sip:{R1}").status == 200, "OPTIONS: 200")
    tap.ok(ua.request("BYE", f"sip:x@{R1}").status == 481, "BYE without a dialog: 481")
    status = ua.call("codec", ua.stream(formats=[(12, "QCELP/8000")]), wait=False).wait_final()
    tap.ok(status == 488, "no common audio codec: 488", status)
    call = ua.call("codec", ua.stream(), ua.stream("video", formats=[(99, "THEORA/90000")]))
    tap.ok(call.answer[1]["port"] == 0 and call.answer[0]["port"] == 5566,
           "no common video codec: video gets port 0, audio lives", call.answer)
    call.hangup()
    tap.ok(call.answer[0]["ip"] == R1, "the answer names the reflector", call.answer[0]["ip"])


def hold(lab, tap):
    """hold by re-INVITE: nothing comes, and resume brings it back"""
    Reflector(lab, "r1", R1)
    anna = Ua(lab, "anna", *EXT1, R1).call("hold", tone=440)
    ben = Ua(lab, "ben", *EXT2, R1).call("hold", tone=700)
    one, two = anna.streams[0], ben.streams[0]
    lab.engine.wait(lambda: len(one.packets) > 25 and len(two.packets) > 25, 5, "a conversation")
    tap.ok(anna.reinvite("inactive") == 200, "hold is answered")
    held = time.time()
    tap.ok(anna.answer[0]["direction"] == "inactive", "and the answer is inactive", anna.answer[0]["direction"])
    time.sleep(1)
    late = [p for p in one.packets if p.at > held + 0.2]
    tap.ok(not late, "nothing comes while on hold", len(late))
    tap.ok(anna.reinvite("sendrecv") == 200, "resume is answered")
    count, other = len(one.packets), len(two.packets)
    lab.engine.wait(lambda: len(one.packets) > count + 25 and len(two.packets) > other + 25, 5, "both hear again")


def drain(lab, tap):
    """SIGTERM: every call gets its BYE and the daemon ends well"""
    one = Reflector(lab, "r1", R1)
    calls = [Ua(lab, f"u{i}", *EXT1, R1).call("end", tone=440) for i in range(3)]
    one.process.terminate()
    for call in calls:
        call.wait_ended(10)
    tap.ok(all(call.how == "bye" for call in calls), "everyone gets a BYE", [call.how for call in calls])
    status = one.process.wait(15)
    tap.ok(status == 0, "exit status 0", status)


main(digest, manners, hold, drain)
