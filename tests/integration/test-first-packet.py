# SPDX-License-Identifier: LGPL-2.1-or-later
"""The very first packet of a new source arrives behind the link, too, within 100 ms at a round trip
of 10 ms, and also when the first link message about it is lost."""
from lab import Ua, main
from lab.reflector import Reflector

R1, R2 = "10.11.12.13", "10.11.12.14"
LOSE = """table ip lose {{ chain forward {{ type filter hook forward priority -10;
  ip saddr 10.11.12.13 udp dport 5565 numgen inc mod 1000000 < {0} counter drop; }}; }}
"""


def scene(lab):
    """carl listens on R2 and has latched; returns his stream."""
    lab.delay(5)
    Reflector(lab, "r1", R1, peers=[R2])
    Reflector(lab, "r2", R2, peers=[R1])
    carl = Ua(lab, "carl", "priv1", "192.168.10.11", R2).call("first", tone=700).streams[0]
    # somebody on R1 who hears carl: now the room is known on both sides
    ben = Ua(lab, "ben", "ext2", "203.0.113.12", R1).call("first").streams[0]
    lab.engine.wait(lambda: len(ben.from_ssrc(carl.ssrc)) > 10, 10, "the link carries the room")
    return carl


def arrives(lab, tap, carl, name, announce=False):
    """A new user on R1 speaks for the first time, ten packets."""
    ua = Ua(lab, name, "ext1", "203.0.113.11", R1)
    stream = ua.stream(announce=announce)
    ua.call("first", stream)
    lab.engine.wait(lambda: len(stream.from_ssrc(carl.ssrc)) > 10, 5, f"{name} hears carl")
    return stream


def speak(lab, stream, carl):
    """Sends ten packets 20 ms apart. Returns (milliseconds until the first came, sequence numbers)."""
    with lab.engine.cond:
        stream.talk(440)
    lab.engine.wait(lambda: len(stream.sent) >= 10, 2, "ten packets sent")
    stream.hush()
    sent = stream.sent[0]
    try:
        lab.engine.wait(lambda: len(carl.from_ssrc(stream.ssrc)) >= len(stream.sent), 1, "all packets")
    except TimeoutError:
        pass
    came = carl.from_ssrc(stream.ssrc)
    first = [p.at for p in came if p.seq == sent[1]]
    return (1000 * (first[0] - sent[0]) if first else None), [p.seq for p in came]


def measure(lab, tap, prepare=lambda: None, finish=lambda: None):
    """Five new sources. A busy machine may hold up one of them, but not most."""
    carl = scene(lab)
    delays = []
    for i in range(5):
        stream = arrives(lab, tap, carl, f"anna{i}", announce=i == 2)
        stream.rtcp_interval = 60
        prepare()
        delay, came = speak(lab, stream, carl)
        finish()
        tap.ok(came == [seq for _, seq, _ in stream.sent], f"all ten packets of source {i} once, in order",
               came, stream.sent)
        delays.append(delay if delay is not None else 1000)
    tap.note("ms: " + " ".join(f"{delay:.1f}" for delay in delays))
    tap.ok(sorted(delays)[2] <= 100, "the first packet after at most 100 ms")


def undisturbed(lab, tap):
    """the first packet of new sources arrives within 100 ms"""
    measure(lab, tap)


def message_lost(lab, tap):
    """the same when the first link message is lost"""
    def check():
        lost = "packets 1 " in lab.run("fw1", "nft", "list", "table", "ip", "lose")
        lab.nft("fw1", "delete table ip lose\n")
        tap.ok(lost, "one packet of the RTCP relay was lost")

    measure(lab, tap, lambda: lab.nft("fw1", LOSE.format(1)), check)


main(undisturbed, message_lost, WIRE="1")
