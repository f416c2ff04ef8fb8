# SPDX-License-Identifier: LGPL-2.1-or-later
"""A room of ordinary phones on two reflectors behind two firewalls, each with a codec of its own: each hears the
others in one stream, equally loud, and not itself; a client in mode `all` gets everybody's packets untouched."""
import time

from lab import Ua, main, meter
from lab.ear import Ear, Mouth
from lab.gst import Player
from lab.phones import Baresip, Linphone
from lab.room import R1, R2, SOFT, Load, eventually, seconds, two
from lab.stream import exactly_once
from lab.twinkle import Twinkle
from lab.voice import Voice

EVERYTHING = [(96, "opus/48000/2"), (9, "G722/8000"), (0, "PCMU/8000"), (8, "PCMA/8000"), (101, "telephone-event/8000")]
OWN = 1300
PLAYED = {96: "opus", 9: "G722", 0: "PCMU"}


class Phone:
    """A phone, what goes in and out of it, and when it was called."""

    def __init__(self, lab, phone, ns, ip, tone, codec, ports=range(10000, 20000)):
        self.phone, self.name, self.tone, self.codec = phone, phone.name, tone, codec
        self.ear, self.mouth = Ear(lab, ns, ip, 5566, ports), Mouth(lab, ns, ip, 5566, ports)

    def call(self, room):
        self.phone.call(room)
        return self

    def verdict(self, tones, span, recording=None):
        """Of the last `span` seconds of its recording."""
        samples, rate = recording or self.phone.recording()
        return meter.Verdict(samples[-span * rate:], rate, [f for f in tones if f != self.tone], self.tone, skip=0)


def phones(lab):
    """Two baresip, linphone, twinkle: two on each reflector, three codecs."""
    linphone = Linphone(lab, "lin", "ext2", "203.0.113.12", R1, 700, amplitude=SOFT)
    linphone.codecs("opus/48000")
    return [
        Phone(lab, Baresip(lab, "bar", "ext1", "203.0.113.11", R1, 440, codecs=("opus",), sound=(48000, 2),
                           amplitude=SOFT), "ext1", "203.0.113.11", 440, "opus"),
        Phone(lab, linphone, "ext2", "203.0.113.12", 700, "opus", [7078]),
        Phone(lab, Baresip(lab, "ben", "priv1", "192.168.10.11", R2, 1000, codecs=("g722",), sound=(16000, 1),
                           amplitude=SOFT), "priv1", "192.168.10.11", 1000, "G722"),
        # what twinkle has of its microphone ends after two seconds here: it listens, and our own client speaks PCMU
        Phone(lab, Twinkle(lab, "twi", "priv2", "192.168.10.12", R2, 1900, amplitude=SOFT, codecs="g711u"),
              "priv2", "192.168.10.12", None, "PCMU", [8000])]


def our_own(lab, room):
    """A client of ours, behind a NAT of its own, who speaks PCMU."""
    voice = Voice(lab, "extn", "198.51.100.11")
    Ua(lab, "own", "extn", "198.51.100.11", R1).call(room, voice)
    return voice.tone(OWN, SOFT)


class Witness:
    """Mode `all`: a stream that takes every codec, played by rtpbin."""

    def __init__(self, lab, room):
        self.ua = Ua(lab, "wit", "ext2", "203.0.113.12", R1)
        self.stream = self.ua.stream(formats=EVERYTHING)
        self.players = {pt: Player(lab, "ext2", "audio", pt, codec) for pt, codec in PLAYED.items()}
        self.stream.targets.append(self)
        self.call = self.ua.call(room, self.stream, parameters=";mode=all")
        self.stream.report(every=1)

    def feed(self, data):
        player = self.players.get(data[1] & 127)
        if player:
            player.feed(data)

    def tones(self, tones):
        return set().union(*(player.tones(tones) for player in self.players.values()))


def untouched(mouth, stream, since, until):
    """What is wrong with the packets of a phone at the witness: a list of lines."""
    sent = {(p.ssrc, p.seq): p for p in mouth.packets if since <= p.at <= until}
    came = {(p.ssrc, p.seq): p for p in stream.packets}
    missing = [key for key in sent if key not in came]
    changed = [key for key in sent if key in came and
               (sent[key].payload, sent[key].timestamp, sent[key].marker) !=
               (came[key].payload, came[key].timestamp, came[key].marker)]
    problems = [] if sent else ["it sent nothing"]
    if missing:
        problems.append(f"{len(missing)} of {len(sent)} missing: {missing[:4]}")
    if changed:
        problems.append(f"{len(changed)} of {len(sent)} changed: {changed[:4]}")
    return problems


def streams(tap, phone, others, since):
    """What came to a phone over the wire: one stream of an SSRC that is nobody's."""
    packets = [p for p in phone.ear.packets if p.at > since]
    ssrcs = {p.ssrc for p in packets}
    tap.ok(len(ssrcs) == 1, f"{phone.name} gets one stream", ssrcs)
    tap.ok(not ssrcs & {p.ssrc for o in others for p in o.mouth.packets}, "of an SSRC that is nobody's own")
    seqs = [p.seq for p in packets]
    gaps = [(a, b) for a, b in zip(seqs, seqs[1:]) if (b - a) & 0xffff != 1]
    tap.ok(not gaps, "its sequence numbers have no gap", gaps[:5])


def recorded(everybody):
    """What each has heard so far, by name. linphone's recording has its header when it has hung up."""
    recordings = {phone.name: phone.phone.recording() for phone in everybody if phone.name != "lin"}
    linphone = next(phone.phone for phone in everybody if phone.name == "lin")
    linphone.hangup()
    eventually(lambda: linphone.recording()[1] != 8000, 5)
    return dict(recordings, lin=linphone.recording())


def conversation(lab, tap):
    """four phones of three makes and three codecs hear each other, and rtpbin hears their own packets"""
    span = seconds(20)
    daemons = two(lab)
    everybody = [phone.call("blue") for phone in phones(lab)]
    voice = our_own(lab, "blue")
    tones = [*(phone.tone for phone in everybody if phone.tone), OWN]
    witness = Witness(lab, "blue")
    tap.ok(eventually(lambda: len(witness.stream.ssrcs()) >= 4, 15), "four sources come to the witness",
           witness.stream.ssrcs())
    for phone in everybody:  # before the measurement: whoever came last is heard by then
        eventually(lambda: phone.verdict(tones, 1).good(1), 5)
    since = time.time()
    with Load(tap):
        time.sleep(span)
    recordings = recorded(everybody)  # before anything is computed, which our own voice would suffer from
    until = time.time() - 1
    mixers = [daemon.status()["plugins"]["mixer"] for daemon in daemons]  # for whoever reads a failure
    for phone in everybody:
        others = [p for p in everybody if p is not phone]
        streams(tap, phone, others, since)
        problems = untouched(phone.mouth, witness.stream, since, until) if phone.tone else []
        tap.ok(not problems, f"the witness has its packets as they were sent ({phone.codec})", *problems)
    problems = exactly_once(voice, witness.stream, since, until)
    tap.ok(not problems, "and those of our own (PCMU)", *problems)
    tap.ok(witness.tones(tones) == set(tones), "rtpbin plays all four", witness.tones(tones))
    for phone in everybody:
        verdict = phone.verdict(tones, span, recordings[phone.name])
        tap.ok(verdict.good(span * 3 // 4), f"{phone.name} ({phone.codec}) hears the others equally and not itself",
               verdict, *mixers)
    witness.call.hangup()


main(conversation)
