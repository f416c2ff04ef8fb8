# SPDX-License-Identifier: LGPL-2.1-or-later
"""A room begun on two reflectors that do not hear of each other, with another codec on each: when the way
between them heals, one codec is everybody's, whose phones know it; nobody's call ends."""
import time

from lab import Ua, main
from lab.net import wait_for
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
USERS = (("anna", "ext1", "203.0.113.11", R1), ("ben", "ext2", "203.0.113.12", R1),
         ("carl", "priv1", "192.168.10.11", R2), ("dora", "priv2", "192.168.10.12", R2))
BOTH = [(0, "PCMU/8000"), (8, "PCMA/8000")]


def reflector(lab, ns, address, other, codecs):
    one = Reflector(lab, ns, address, peers=[other], start=False)
    with open(one.dir + "/10-lab.conf", "r+", encoding="utf-8") as file:
        text = file.read().replace("rtp: { };", f"rtp: {{ audio_codecs = [ {codecs} ]; }};")
        file.seek(0)
        file.write(text)
    return one.start()


def peer(one):
    return one.status()["plugins"]["interconnect"]["peers"][0]


def merge(lab, tap):
    """two parts of a room with different codecs meet"""
    lab.wire(loss=100)
    one = reflector(lab, "r1", R1, R2, '"PCMU/8000", "PCMA/8000"')
    two = reflector(lab, "r2", R2, R1, '"PCMA/8000", "PCMU/8000"')
    uas = [Ua(lab, *user) for user in USERS]
    # dora's phone knows the codec of her own reflector alone
    formats = [BOTH, BOTH, BOTH, [(8, "PCMA/8000")]]
    calls = [ua.call("room", ua.stream(formats=f), tone=440 + 100 * i) for i, (ua, f) in enumerate(zip(uas, formats))]
    streams = [call.streams[0] for call in calls]
    time.sleep(1)
    before = [call.streams[0].pt for call in calls]
    tap.ok(before == [0, 0, 8, 8], "each part has its own codec", before)
    lab.wire(loss=0)
    wait_for(lambda: peer(one)["participants"] == 2 and peer(two)["participants"] == 2, 10, "both parts know each other")
    first = min(one.status()["core"]["id"], two.status()["core"]["id"]) == one.status()["core"]["id"]
    wins, follows = (0, two) if first else (8, one)
    tap.note(f"{'r1' if first else 'r2'} decides")
    can = [i for i in range(4) if wins in dict(formats[i])]
    wait_for(lambda: all(streams[i].pt == wins for i in can), 10, "phones asked again")
    wait_for(lambda: all(len(streams[i].from_ssrc(streams[k].ssrc)) > 25 for i in can for k in can if i != k),
             10, "everybody who can hears everybody")
    tap.ok(True, "whoever knows the winning codec hears and is heard by all others of these")
    counters = follows.status()["counters"]
    tap.ok(counters["interconnect.codecs_changed"] == 1, "one side followed", counters["interconnect.codecs_changed"])
    tap.ok(counters["sip.reoffers"] == 2 - (wins == 0), "its phones were asked again", counters["sip.reoffers"])
    tap.ok(counters["interconnect.kept_local"] == (wins == 0), "who could not was counted",
           counters["interconnect.kept_local"])
    tap.ok(all(call.state == "up" for call in calls), "no call ended", [call.state for call in calls])
    if wins == 0:
        heard = len(streams[3].from_ssrc(streams[2].ssrc))
        tap.ok(heard > 25, "who could not follow has heard the others of his part", heard)
    newcomer = Ua(lab, "eve", "priv1", "192.168.10.11", R2)
    stream = newcomer.call("room", newcomer.stream(formats=BOTH), tone=1000).streams[0]
    tap.ok(stream.pt == wins, "who comes later gets the winning codec first", stream.pt)
    wait_for(lambda: all(len(streams[i].from_ssrc(stream.ssrc)) > 10 for i in can), 5, "the newcomer is heard")


main(merge, WIRE="1")
