# SPDX-License-Identifier: LGPL-2.1-or-later
"""RTCP on the wire: a phone that wants it on the RTP port, one stream's timeline, reports
of many in summary, and receivers who say how much they can get."""
import struct
import time

from lab import Ua, main, media
from lab.pcap import Capture
from lab.phones import Baresip
from lab.reflector import Reflector

R1 = "10.11.12.13"
EXT1, EXT2 = ("ext1", "203.0.113.11"), ("ext2", "203.0.113.12")
SR, RR, SDES, RTPFB, PSFB = 200, 201, 202, 205, 206
TMMBR, TMMBN, AFB = 3, 4, 15


def is_rtcp(packet):
    return len(packet.payload) > 8 and packet.payload[0] >> 6 == 2 and 192 <= packet.payload[1] <= 223


def multiplexed(lab, tap):
    """baresip with rtcp_mux sends and gets RTP and RTCP through port 5566 alone"""
    Reflector(lab, "r1", R1)
    capture = Capture(lab, EXT1[0], "eth0", "udp and not port 5060")
    other = Ua(lab, "ben", *EXT2, R1).call("mux").streams[0]
    other.talk(700)
    phone = Baresip(lab, "anna", *EXT1, R1, 440, settings=["rtcp_mux yes"])
    phone.call("mux")
    lab.engine.wait(lambda: len(other.packets) > 50 and len(other.reports) > 0, 12, "sound and a report of baresip's")
    lab.engine.wait(lambda: len(other.packets) > 300, 12, "six seconds")
    packets = [p for p in capture.packets() if R1 in (p.src, p.dst)]
    sent, got = [p for p in packets if p.dst == R1], [p for p in packets if p.src == R1]
    for name, some, port in (("sent", sent, "dport"), ("got", got, "sport")):
        tap.ok({getattr(p, port) for p in some} == {5566}, f"what baresip {name} is on 5566",
               {getattr(p, port) for p in some})
        tap.ok(any(is_rtcp(p) for p in some), f"it {name} RTCP")
        tap.ok(len([p for p in some if not is_rtcp(p)]) > 100, "and RTP")
    phone.hangup()


def timeline(lab, tap):
    """a stream of mode=one has its first sender report half a second after its first packet"""
    Reflector(lab, "r1", R1)
    phone = Ua(lab, "anna", *EXT1, R1).call("mix", parameters=";mode=one").streams[0]
    Ua(lab, "ben", *EXT2, R1).call("mix").streams[0].talk(440, rtcp=False)

    def reports():
        return [(r.at, p) for r in phone.reports for p in r.packets if p.type == SR]
    lab.engine.wait(reports, 5, "a sender report")
    lab.engine.wait(lambda: len(reports()) > 1, 9, "another one")
    first, second = reports()[:2]
    tap.ok(first[0] - phone.packets[0].at < 0.5, "it comes soon", first[0] - phone.packets[0].at)
    (ssrc, ntp1, rtp1, _, _), (_, ntp2, rtp2, count, octets) = (struct.unpack_from("!IQIII", p.body) for _, p in (first, second))
    tap.ok({ssrc} == phone.ssrcs(), "it is of the stream's SSRC", ssrc, phone.ssrcs())
    seconds, samples = (ntp2 - ntp1) / 2 ** 32, (rtp2 - rtp1) & 0xffffffff
    tap.ok(abs(samples / 8000 - seconds) < 0.05, "its clocks go alike", samples / 8000, seconds)
    before = [p for p in phone.packets if p.at <= second[0]]
    tap.ok(abs(count - len(before)) <= 2 and octets == 160 * count, "its counts are right", count, len(before), octets)
    last = before[-1]
    tap.ok(abs(((rtp2 - last.timestamp) & 0xffffffff) - 8000 * (second[0] - last.at)) < 400,
           "its timestamp is that of the moment", rtp2, last.timestamp)


def summaries(lab, tap):
    """of eight who take part seven report, and who speaks gets one report for all, nobody else any"""
    Reflector(lab, "r1", R1, conf="core: { rtcp_summary_above = 4; };\n")
    speaker = Ua(lab, "anna", *EXT1, R1).call("hall").streams[0]
    speaker.talk(440)
    listeners = [Ua(lab, f"u{i}", *EXT2, R1).call("hall").streams[0] for i in range(7)]
    lab.engine.wait(lambda: all(len(s.packets) > 50 for s in listeners), 8, "sound for all")

    def report():
        for i, stream in enumerate(listeners):
            block = struct.pack("!IIIIII", speaker.ssrc, 10 * i << 24, 0, i, 0, 0)
            stream.send_rtcp(media.rtcp(RR, 1, struct.pack("!I", stream.ssrc) + block))

    def blocks():
        return [struct.unpack_from("!IB", p.body, 4) for r in speaker.reports for p in r.packets
                if p.type == RR and p.count]
    report()
    lab.engine.wait(lambda: any(lost for _, lost in blocks()), 10, "a summary")
    tap.ok({ssrc for ssrc, _ in blocks()} == {speaker.ssrc}, "all is about the speaker", blocks())
    tap.ok({lost for _, lost in blocks() if lost} == {30}, "the receiver in the middle stands for all", blocks())
    kinds = {(p.type, struct.unpack_from("!I", p.body)[0]) for s in listeners for r in s.reports for p in r.packets}
    tap.ok(kinds == {(SR, speaker.ssrc), (SDES, speaker.ssrc)}, "listeners get the speaker's reports alone", kinds)


class Film:
    """VP8 of 25 frames a second in packets of 1,000 octets; each second a keyframe, and every other frame is one that nothing
    depends on (RFC 7741 §4.2, N)."""
    KEY = b"\x10\x10\x02\x00\x9d\x01\x2a\x60\x01\x20\x01"

    def __init__(self, stream):
        self.stream, self.count = stream, 0
        stream.engine.later(0, self._tick, time.monotonic())

    def _tick(self, when):
        i = self.count % 25
        head = self.KEY if i == 0 else b"\x30\x11" if i % 2 else b"\x10\x11"
        self.stream.send_raw(media.pack(media.RTP(self.stream.pt, 1, self.count, 3600 * self.count, self.stream.ssrc,
                                                  head + bytes(988 - len(head)))))
        self.count += 1
        self.stream.engine.at(when + 0.04, self._tick, when + 0.04)


def bits(value, width):
    """A rate as exponent and mantissa, in 6 + `width` bits."""
    exponent = max(value.bit_length() - width, 0)
    return exponent << width | value >> exponent


def tmmbr(stream, about, rate):
    stream.send_rtcp(media.rtcp_report(stream.ssrc, stream.cname) + media.rtcp(
        RTPFB, TMMBR, struct.pack("!IIII", stream.ssrc, 0, about, bits(rate, 17) << 9)))


def remb(stream, about, rate):
    stream.send_rtcp(media.rtcp_report(stream.ssrc, stream.cname) + media.rtcp(
        PSFB, AFB, struct.pack("!II4sII", stream.ssrc, 0, b"REMB", 1 << 24 | bits(rate, 18), about)))


def rate(stream, since, until):
    """Bits of RTP a second."""
    return sum(8 * (12 + len(p.payload)) for p in stream.packets if since < p.at < until) / (until - since)


def limits(lab, tap):
    """of 200 kbit/s a receiver gets what rtp.video_bandwidth allows, and less if it says so by TMMBR or REMB"""
    reflector = Reflector(lab, "r1", R1, conf="rtp: { video_bandwidth = 150; };\n")
    sender = Ua(lab, "anna", *EXT1, R1)
    film = sender.stream("video")
    sender.call("film", sender.stream(), film)
    viewers = []
    for name, parameters in (("all", ";mode=all"), ("plain", ";mode=one"), ("tmmbr", ";mode=one"), ("remb", ";mode=one")):
        ua = Ua(lab, name, *EXT2, R1)
        viewers.append(ua.stream("video"))
        ua.call("film", ua.stream(), viewers[-1], parameters=parameters)
    everything, plain, first, second = viewers
    Film(film)
    lab.engine.wait(lambda: all(len(v.packets) > 25 for v in viewers), 8, "a second of film for all")
    about = {v: next(iter(v.ssrcs())) for v in viewers}
    tmmbr(first, about[first], 100000)
    remb(second, about[second], 50000)

    def notices():
        return [(p.count, *struct.unpack_from("!IIII", p.body)) for r in first.reports for p in r.packets
                if p.type == RTPFB]
    lab.engine.wait(notices, 3, "a notification (TMMBN)")
    kind, ssrc, _, owner, asked = notices()[0]
    tap.ok((kind, ssrc, owner, asked) == (TMMBN, about[first], first.ssrc, bits(100000, 17) << 9),
           "it repeats what was asked, and who asked", notices())
    since = time.time() + 1  # what was saved up is gone by then
    lab.engine.wait(lambda: time.time() > since + 5, 8, "five seconds")
    rates = [rate(v, since, since + 5) / 1000 for v in viewers]
    for name, got, low, high in zip(("mode all", "mode one", "TMMBR of 100", "REMB of 50"), rates,
                                    (190, 90, 60, 10), (210, 158, 106, 54)):
        tap.ok(low < got < high, f"{name}: between {low} and {high} kbit/s", got)
    for v in viewers[1:]:
        gaps = [(a.seq, b.seq) for a, b in zip(v.packets, v.packets[1:]) if (b.seq - a.seq) & 0xffff != 1]
        tap.ok(not gaps, "what was left out leaves no gap", gaps[:5])
    counters = reflector.status()["counters"]
    tap.ok(counters["path.left_out"] > 100, "left out packets are counted", counters)
    heard = [r for r in film.reports for p in r.packets if p.type == RTPFB or (p.type == PSFB and p.count == AFB)]
    tap.ok(not heard, "the sender hears nothing of it", heard)


main(multiplexed, timeline, summaries, limits)
