# SPDX-License-Identifier: LGPL-2.1-or-later
"""What strangers send reaches nobody: not with an SSRC of their own, not with a copied one, not from
the same host, not on the relay ports; and nobody can be made to flood another."""
import time

from lab import Ua, main, media
from lab.reflector import Reflector
from lab.stream import Stream

R1, R2 = "10.11.12.13", "10.11.12.14"
MARK = b"\x55" * media.FRAME


def strangers(lab, tap):
    """packets of strangers reach nobody"""
    Reflector(lab, "r1", R1, peers=[R2])
    anna = Ua(lab, "anna", "ext1", "203.0.113.11", R1).call("quiet", tone=440).streams[0]
    ben = Ua(lab, "ben", "ext2", "203.0.113.12", R1).call("quiet", tone=700).streams[0]
    lab.engine.wait(lambda: len(anna.packets) > 20 and len(ben.packets) > 20, 5, "a conversation")
    tries = {"from elsewhere": ("extn", "198.51.100.11", None, 5566),
             "from elsewhere with anna's SSRC": ("extn", "198.51.100.11", anna.ssrc, 5566),
             "from anna's host": ("ext1", "203.0.113.11", None, 5566),
             "from anna's host with anna's SSRC": ("ext1", "203.0.113.11", anna.ssrc, 5566),
             "on the RTP relay with anna's SSRC": ("ext2", "203.0.113.12", anna.ssrc, 5564),
             "on the RTCP port": ("ext2", "203.0.113.12", anna.ssrc, 5567)}
    for name, (ns, ip, ssrc, port) in tries.items():
        attack(lab, tap, name, Stream(lab, ns, ip, ssrc=ssrc), port, anna, ben)
    bye = Stream(lab, "ext1", "203.0.113.11", ssrc=anna.ssrc)
    for port in (5566, 5567, 5565):
        bye.rtcp.sendto(media.rtcp_bye(anna.ssrc), (R1, port))
    before = len(ben.packets)
    lab.engine.wait(lambda: len(ben.packets) > before + 50, 5, "ben hears anna after a forged BYE")
    tap.ok(True, "a forged BYE ends nothing")


def attack(lab, tap, name, stranger, port, anna, ben):
    stranger.remote = (R1, port)
    stranger.seq, stranger.timestamp = anna.seq + 1000, anna.timestamp
    count = len(ben.packets)
    for _ in range(20):
        stranger.send(MARK)
    lab.engine.wait(lambda: len(ben.packets) > count + 25, 3, f"ben hears anna ({name})")
    got = [p for s in (anna, ben) for p in s.packets if p.payload == MARK]
    tap.ok(not got, f"nothing arrives that was sent {name}", len(got))
    tap.ok(not stranger.packets, f"and nothing comes back ({name})", len(stranger.packets))


def not_a_flood(lab, tap):
    """an SDP that names somebody else's address makes nobody send there"""
    Reflector(lab, "r1", R1)
    victim = Stream(lab, "ext2", "203.0.113.12")
    ua = Ua(lab, "eve", "ext1", "203.0.113.11", R1)
    liar = ua.stream(port=victim.port)
    ua.call("flood", liar, sdp_ip="203.0.113.12")
    talker = Ua(lab, "ben", "ext1", "203.0.113.11", R1).call("flood", tone=700).streams[0]
    lab.engine.wait(lambda: len(talker.sent) > 75, 5, "a second and a half of sound")
    tap.ok(not victim.packets and not victim.reports, "the named address gets nothing", len(victim.packets))
    liar.talk(440)
    lab.engine.wait(lambda: len(liar.packets) > 25, 5, "who sends gets media, at the address it sends from")
    tap.ok(not victim.packets, "and the named address still nothing", len(victim.packets))


def relatch(lab, tap):
    """an address moves only after two seconds of silence"""
    Reflector(lab, "r1", R1)
    ua = Ua(lab, "anna", "ext1", "203.0.113.11", R1)
    anna = ua.call("move", tone=440).streams[0]
    ben = Ua(lab, "ben", "ext2", "203.0.113.12", R1).call("move", tone=700).streams[0]
    lab.engine.wait(lambda: len(anna.packets) > 20 and len(ben.packets) > 20, 5, "a conversation")
    moved = Stream(lab, "ext1", "203.0.113.11", ssrc=anna.ssrc, cname=anna.cname)
    moved.remote, moved.remote_rtcp = anna.remote, anna.remote_rtcp
    anna.hush()
    moved.seq, moved.timestamp = anna.seq, anna.timestamp
    count = len(ben.packets)
    stopped = time.time()
    moved.talk(440)
    lab.engine.wait(lambda: len(ben.packets) > count + 20, 6, "ben hears anna from her new port")
    first = ben.packets[count + 3].at - stopped
    tap.ok(1.8 <= first <= 4, "after two seconds of silence the new port counts", round(first, 2))
    lab.engine.wait(lambda: len(moved.packets) > 20, 3, "and gets what the old one got")


main(strangers, not_a_flood, relatch)
