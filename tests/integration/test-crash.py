# SPDX-License-Identifier: LGPL-2.1-or-later
"""kill -9 of one reflector during a call: the other drops what came from it within 10 s; after a
restart new calls work at once."""
import time

from lab import Capture, Ua, main
from lab.reflector import Reflector

from lab import media

R1, R2 = "10.11.12.13", "10.11.12.14"


def killed(lab, tap):
    """a killed reflector's participants are dropped, and it comes back"""
    one = Reflector(lab, "r1", R1, peers=[R2])
    Reflector(lab, "r2", R2, peers=[R1])
    capture = Capture(lab, "fw1", "r2", "udp and port 5564")
    anna = Ua(lab, "anna", "ext1", "203.0.113.11", R1).call("crash", tone=440).streams[0]
    carl = Ua(lab, "carl", "priv1", "192.168.10.11", R2).call("crash", tone=700).streams[0]
    lab.engine.wait(lambda: len(anna.packets) > 25 and len(carl.packets) > 25, 10, "a conversation")
    one.kill()
    died = time.time()
    anna.hush()
    time.sleep(10.5)
    late = [p.at - died for p in capture.packets() if p.src == R2 and media.unpack(p.payload)]
    last = max(late, default=0)
    tap.ok(last <= 10, "R2 sends nothing to a dead peer 10 s later", round(last, 2))
    tap.note(f"R2 let go after {last:.1f} s")
    one.start()
    started = time.time()
    newcomer = Ua(lab, "ben", "ext2", "203.0.113.12", R1).call("crash", tone=1000).streams[0]
    lab.engine.wait(lambda: len(newcomer.from_ssrc(carl.ssrc)) > 5 and len(carl.from_ssrc(newcomer.ssrc)) > 5, 5,
                    "a new call through the restarted reflector")
    took = min(p.at for p in carl.from_ssrc(newcomer.ssrc)) - newcomer.sent[0][0]
    tap.ok(took < 2, "a new call works at once", round(took, 2))
    tap.note(f"heard {took:.2f} s after its first packet, {time.time() - started:.1f} s after the start")


main(killed)
