# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whoever falls silent gets a BYE and is gone on both reflectors, real phones too. With a short timeout;
RFL_INACTIVITY=120 makes it the real one."""
import os
import time

from lab import Ua, main
from lab.net import wait_for
from lab.phones import Baresip
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
TIMEOUT = int(os.environ.get("RFL_INACTIVITY", "10"))


def reflector(lab, ns, address, peer):
    made = Reflector(lab, ns, address, peers=[peer], start=False)
    with open(os.path.join(made.dir, "20-timeout.conf"), "w") as f:
        f.write(f"rtp: {{ inactivity_timeout = {TIMEOUT}; }};\n")
    return made.start()


def present(reflector):
    return {p["identity"].split(":")[1].split("@")[0] for session in reflector.status()["sessions"]
            for p in session["participants"]}


def cut_off(lab, tap):
    """a phone whose media are cut off gets a BYE after the timeout, and is gone everywhere"""
    one, two = reflector(lab, "r1", R1, R2), reflector(lab, "r2", R2, R1)
    baresip = Baresip(lab, "anna", "ext1", "203.0.113.11", R1, 440)
    stays = Ua(lab, "carl", "priv1", "192.168.10.11", R2).call("silence", tone=700)
    baresip.call("silence")
    wait_for(lambda: present(one) == present(two) == {"anna", "carl"}, 5, "both on both")
    lab.engine.wait(lambda: len(stays.streams[0].packets) > 50, 10, "anna is heard")
    time.sleep(5.5)  # baresip's RTCP comes every five seconds: at least one has reached us
    lab.nft("ext1", "table ip cut { chain out { type filter hook output priority 0; "
                    "udp dport { 5566, 5567 } drop; }; }")
    began = time.monotonic()
    baresip.wait_event("CALL_CLOSED", TIMEOUT + 10)
    took = time.monotonic() - began
    tap.ok(TIMEOUT - 6 <= took <= TIMEOUT + 7, f"baresip gets a BYE after {TIMEOUT} s without RTCP", round(took, 1))
    tap.note(f"after {took:.1f} s")
    wait_for(lambda: present(one) == present(two) == {"carl"}, 3, "gone on both")
    tap.ok(stays.state == "up", "the other one stays")


main(cut_off)
