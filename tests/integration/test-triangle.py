# SPDX-License-Identifier: LGPL-2.1-or-later
"""Three reflectors, each linked with the two others: every packet arrives exactly once."""
import time

from lab import Ua, main
from lab.reflector import Reflector
from lab.stream import exactly_once

ADDRESSES = [f"10.20.0.{i}" for i in (1, 2, 3)]


def mesh(lab, tap):
    """four users on a triangle get each packet of the others once and nothing of their own"""
    for i, address in enumerate(ADDRESSES, 1):
        Reflector(lab, f"r{i}", address, peers=[a for a in ADDRESSES if a != address])
    tones = [440, 700, 1000, 1500]
    streams = []
    for i, tone in enumerate(tones):
        n = i % 3 + 1
        ua = Ua(lab, f"u{i}", f"c{n}", f"10.20.0.1{n}", ADDRESSES[n - 1])
        streams.append(ua.call("mesh", tone=tone).streams[0])
    lab.engine.wait(lambda: all(len(s.from_ssrc(o.ssrc)) > 25 for s in streams for o in streams if s is not o),
                    10, "everybody in everybody's ear")
    since = time.time() + 0.1
    lab.engine.wait(lambda: streams[0].sent[-1][0] > since + 2, 5, "two seconds")
    until = time.time() - 0.2
    for i, receiver in enumerate(streams):
        problems = [p for sender in streams if sender is not receiver
                    for p in exactly_once(sender, receiver, since, until)]
        tap.ok(not problems, f"u{i} gets each packet of the others once", *problems)
        tap.ok(receiver.ssrcs() == {s.ssrc for s in streams if s is not receiver},
               f"u{i} gets nothing else", receiver.ssrcs())


main(mesh, topology="triangle")
