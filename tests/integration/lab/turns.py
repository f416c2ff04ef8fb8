# SPDX-License-Identifier: LGPL-2.1-or-later
"""Video phones that speak in turn: what each was shown, and when. Not for what makes the turns."""
import time

from . import Ua
from .ear import Ear, Mouth
from .film import Film
from .gst import Speaker
from .media import LINEAR
from .phones import Linphone
from .room import R1, Load, eventually
from .voice import Voice

LOUD, SILENT = 0.3, 0.0
SOON = 1.0      # seconds until nearly everybody sees who speaks,
LATEST = 1.5    # and until the last one does where other work delays the phones
NEARLY = 0.8
SPEAKS = 4.0    # seconds for each


class Scripted:
    """Our own client, with GStreamer's picture."""

    def __init__(self, lab, name, ns, ip, tone, colour, codec, reflector=R1, sound=None):
        self.lab, self.name, self.colour, self.codec = lab, name, colour, codec
        self.ua = Ua(lab, name, ns, ip, reflector)
        self.sound = sound or Voice(lab, ns, ip)
        formats = {"VP8": [(96, "VP8/90000")], "H264": [(96, "H264/90000")]}[codec]
        self.picture_stream = self.ua.stream("video", formats=formats)
        if codec == "H264":
            self.picture_stream.fmtp = ["fmtp:96 packetization-mode=1;profile-level-id=42e01f"]
        self.tone = tone

    def call(self, room):
        self.ua.call(room, self.sound, self.picture_stream)
        self.speak(SILENT)
        Speaker(self.lab, self.picture_stream, colour=self.colour, codec=self.codec, keyframes=6)

    def speak(self, amplitude):
        self.sound.tone(self.tone, amplitude, 1)

    def picture(self):
        return None


class Person:
    """A phone and what goes in and out of it."""

    def __init__(self, lab, phone, place, colour):
        self.phone, self.name, self.colour = phone, phone.name, colour
        self.eye, self.mouth, self.lens = Ear(lab, *place, 5568), Mouth(lab, *place, 5566), Mouth(lab, *place, 5568)

    def speaks_since(self, since):
        """When the first loud packet after `since` left it (PCMU, else the first one)."""
        return next((p.at for p in list(self.mouth.packets) if p.at > since and
                     (p.pt != 0 or max(abs(LINEAR[u]) for u in p.payload or b"\xff") > 3000)), None)


class Levelled(Voice):
    """A voice that writes its level into each packet (RFC 6464), in a codec that says nothing by itself. `blocks`: what
    header extensions came."""
    LOUD, SILENT = 10, 127

    def __init__(self, lab, ns, ip, number, direction=""):
        super().__init__(lab, ns, ip, "G722/8000")
        self.fmtp = [f"extmap:{number}{direction} urn:ietf:params:rtp-hdrext:ssrc-audio-level"]
        self.number, self.level, self.blocks = number, self.SILENT, []
        self.targets.append(self)

    def tone(self, frequency, amplitude=0.15, seconds=10):
        """It sounds the same all the time: the level alone says when it speaks."""
        self.level = self.LOUD if amplitude else self.SILENT
        return self if self.timer else super().tone(frequency, 0.15, 1)

    def _put(self, data):
        block = bytes((0xbe, 0xde, 0, 1, self.number << 4, 0x80 | self.level, 0, 0))
        super()._put(bytes((data[0] | 0x10,)) + data[1:12] + block + data[12:])

    def feed(self, data):
        self.blocks.append(data[12:20] if data[0] & 0x10 else b"")


def silence(phone):
    phone.speak(SILENT)


def turns(lab, tap, codec, people, daemons):
    """Everybody speaks in turn, twice, and what everybody saw of it. The first one's codec is the room's."""
    for person in people:
        person.phone.call("film")
        silence(person.phone)
        if isinstance(person.phone, Linphone):  # which sends a still picture once a second else
            person.phone.command("staticpic fps 15")
    tap.ok(eventually(lambda: all(len(p.lens.packets) > 30 for p in people), 15), "three send video",
           [len(p.lens.packets) for p in people])
    marks = []  # (who, since when)
    with Load(tap):
        for person in [*people, *people]:
            asked = time.time()
            if marks:
                silence(marks[-1][0].phone)
            person.phone.speak(LOUD)
            at = eventually(lambda: person.speaks_since(asked), 5)
            tap.ok(at, f"{person.name} speaks")
            marks.append((person, at or asked))
            time.sleep(SPEAKS)
            for other in people:
                picture = other.phone.picture() if other is not person else None
                if picture:
                    tap.ok(picture == person.colour, f"{other.name} shows {person.name}'s {person.colour}", picture)
    end = time.time()
    judge(lab, tap, codec, people, marks, end)
    tap.ok(all(d.process.poll() is None for d in daemons), "the daemons run")


def judge(lab, tap, codec, people, marks, end):
    delays = []
    for viewer in people:
        film = Film(lab, f"{codec}-{viewer.name}", list(viewer.eye.packets), codec)
        tap.ok(not film.problems, f"{viewer.name}'s film of {len(film.frames)} frames is whole", *film.problems)
        tap.note(f"{viewer.name} ({viewer.colour}): " + ", ".join(f"{at - marks[0][1]:.2f} s {colour}"
                                                                  for at, colour in film.changes()))
        tap.ok(all(f.colour != viewer.colour for f in film.frames), f"{viewer.name} never sees its own {viewer.colour}")
        for i, (speaker, since) in enumerate(marks):
            until = marks[i + 1][1] if i + 1 < len(marks) else end
            if viewer is not speaker:
                wanted = speaker.colour
            elif i:
                wanted = marks[i - 1][0].colour
            else:
                continue  # nobody spoke before
            took = film.first(wanted, since)
            delays.append(LATEST if took is None else took)
            tap.ok(delays[-1] < LATEST, f"turn {i + 1}: {viewer.name} sees {wanted} soon", took)
            share = film.share(wanted, since + max(SOON, delays[-1]), until - 0.1)
            tap.ok(share == 1, f"turn {i + 1}: and goes on seeing it", share)
    tap.ok(sum(d <= SOON for d in delays) >= NEARLY * len(delays), "the new speaker is seen within a second",
           *(f"{d:.2f} s" for d in delays))
