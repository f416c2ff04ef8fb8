# SPDX-License-Identifier: LGPL-2.1-or-later
"""Two minutes without RTCP, for once in real time and on the default settings: whoever falls silent gets
a BYE and is gone on both reflectors; whoever sends anything that counts stays. Takes two and a half
minutes, so it is not one of the tests of make check (those have a clock of their own)."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../integration"))
from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"


def present(reflector):
    """Who is in the room according to one reflector."""
    return {p["identity"].split(":")[1].split("@")[0] for session in reflector.status()["sessions"]
            for p in session["participants"]}


def two_minutes(lab, tap):
    """after two minutes without RTCP a participant gets a BYE and is gone everywhere"""
    one, two = Reflector(lab, "r1", R1, peers=[R2]), Reflector(lab, "r2", R2, peers=[R1])
    silent = Ua(lab, "silent", "ext1", "203.0.113.11", R1).call("wait", tone=440)
    deaf = Ua(lab, "deaf", "ext2", "203.0.113.12", R1)
    never = deaf.call("wait", deaf.stream(rtcp_interval=0.5))  # sends RTP alone, from now on
    stays = Ua(lab, "stays", "priv1", "192.168.10.11", R2).call("wait", tone=700)
    with lab.engine.cond:
        never.streams[0].talk(1000, rtcp=False)
    everybody = {"silent", "deaf", "stays"}
    wait_for(lambda: present(one) == present(two) == everybody, 5, "all three on both")
    lab.engine.wait(lambda: silent.streams[0].reports, 10, "RTCP reaches the silent one, so his reached us")
    silent.streams[0].hush()
    began = time.time()
    lab.engine.wait(lambda: silent.state == "ended", 140, "the BYE")
    took = silent.ended_at - began
    tap.ok(115 <= took <= 130 and silent.how == "bye", "the BYE comes after two minutes", round(took, 1))
    tap.note(f"after {took:.1f} s")
    wait_for(lambda: present(one) == present(two) == everybody - {"silent"}, 5, "gone on both")
    tap.ok(stays.state == "up" and never.state == "up", "who sends RTCP stays, and who sends RTP alone")
    never.streams[0].hush()  # RTP counts in the place of RTCP that never came
    stopped = time.time()
    lab.engine.wait(lambda: never.state == "ended", 140, "the BYE of the other one")
    tap.ok(115 <= never.ended_at - stopped <= 130, "where there was never RTCP, two minutes without RTP",
           round(never.ended_at - stopped, 1))
    tap.ok(present(one) == {"stays"} and stays.state == "up", "the third one is still there", present(one))


main(two_minutes)
