# SPDX-License-Identifier: LGPL-2.1-or-later
"""mode=one in the Request-URI: an ordinary phone in a room of several gets one continuous stream."""
from lab import Ua, main, media
from lab.net import wait_for
from lab.phones import Baresip
from lab.reflector import Reflector

R1 = "10.11.12.13"
EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")


def one_stream(lab, tap):
    """with mode=one two who talk arrive as one stream of a third SSRC, without a gap"""
    Reflector(lab, "r1", R1)
    talkers = [Ua(lab, f"u{i}", *EXT2, R1).call("mix", tone=tone).streams[0] for i, tone in enumerate((440, 700))]
    phone = Ua(lab, "anna", *EXT1, R1).call("mix", parameters=";mode=one", tone=1000).streams[0]
    lab.engine.wait(lambda: len(phone.packets) > 100, 8, "two seconds of sound")
    tap.ok(len(phone.ssrcs()) == 1, "one SSRC arrives", phone.ssrcs())
    tap.ok(not phone.ssrcs() & {s.ssrc for s in (*talkers, phone)}, "and it is nobody's own", phone.ssrcs())
    talkers[0].hush()
    count = len(phone.packets)
    lab.engine.wait(lambda: len(phone.packets) > count + 75, 8, "sound goes on when one of the two falls silent")
    seqs = [p.seq for p in phone.packets]
    gaps = [(a, b) for a, b in zip(seqs, seqs[1:]) if (b - a) & 0xffff != 1]
    tap.ok(not gaps, "sequence numbers go on without a gap", gaps[:5])
    lab.engine.wait(lambda: 700 in phone.heard([700]), 5, "the other one is heard")
    tap.ok(all({p.ssrc for p in t.packets} >= {phone.ssrc} for t in talkers), "the others hear the phone as ever")


def plays(lab, tap):
    """baresip with mode=one plays somebody although two are talking"""
    Reflector(lab, "r1", R1)
    for i, tone in enumerate((440, 700)):
        Ua(lab, f"u{i}", *EXT2, R1).call("mix", tone=tone)
    phone = Baresip(lab, "anna", *EXT1, R1, 1000)
    phone.call("mix", ";mode=one")

    def playing():
        samples, rate = phone.recording()
        return media.tones_in(samples, rate, [440, 700, 1000])
    wait_for(playing, 12, "a tone in baresip's recording")
    tap.ok(1000 not in playing(), "baresip has recorded one of the two and not itself", playing())


main(one_stream, plays)
