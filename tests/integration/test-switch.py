# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rooms of video phones that show one picture: each sees who speaks, in one stream that never breaks, and who
speaks sees the one before."""
import time

from lab import Ua, main
from lab.ear import Ear, Mouth
from lab.film import Film
from lab.gst import Speaker
from lab.media import LINEAR
from lab.phones import Baresip, Linphone, clip, still
from lab.room import R1, Load, eventually, reflector
from lab.voice import Voice

LOUD, SILENT = 0.3, 0.0
SOON = 1.0      # seconds until everybody sees who speaks
SPEAKS = 4.0    # seconds for each
PLACES = (("ext1", "203.0.113.11"), ("ext2", "203.0.113.12"), ("extn", "198.51.100.11"))


class Scripted:
    """Our own client, with GStreamer's picture."""

    def __init__(self, lab, name, ns, ip, tone, colour, codec):
        self.lab, self.name, self.colour, self.codec = lab, name, colour, codec
        self.ua = Ua(lab, name, ns, ip, R1)
        self.sound = Voice(lab, ns, ip)
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
        """When the first loud packet after `since` left it (PCMU)."""
        return next((p.at for p in list(self.mouth.packets) if p.at > since and p.pt == 0 and
                     max(abs(LINEAR[u]) for u in p.payload or b"\xff") > 3000), None)


def silence(phone):
    phone.speak(SILENT)


def turns(lab, tap, codec, people):
    """Everybody speaks in turn, twice, and what everybody saw of it. The first one's codec is the room's."""
    daemon = reflector(lab, "r1", R1)
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
    tap.ok(daemon.process.poll() is None, "the daemon runs")


def judge(lab, tap, codec, people, marks, end):
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
            tap.ok(took is not None and took <= SOON,
                   f"turn {i + 1}: {viewer.name} sees {wanted} within a second", took)
            share = film.share(wanted, since + SOON, until - 0.1)
            tap.ok(share == 1, f"turn {i + 1}: and goes on seeing it", share)


def vp8(lab, tap):
    """VP8: baresip, linphone and GStreamer speak in turn"""
    linphone = Linphone(lab, "lin", *PLACES[1], R1, 700, still(lab, "blue"), amplitude=SILENT)
    linphone.codecs("PCMU/8000")
    linphone.codecs("VP8/90000", kind="vcodec")
    turns(lab, tap, "VP8", [
        Person(lab, Baresip(lab, "bar", *PLACES[0], R1, 440, clip(lab, "red", 120), amplitude=SILENT), PLACES[0], "red"),
        Person(lab, linphone, PLACES[1], "blue"),
        Person(lab, Scripted(lab, "gst", *PLACES[2], 1000, "green", "VP8"), PLACES[2], "green")])


def h264(lab, tap):
    """H.264 in packetization mode 1: two baresip and GStreamer speak in turn"""
    options = dict(amplitude=SILENT, video=("avcodec",))
    turns(lab, tap, "H264", [
        Person(lab, Scripted(lab, "gst", *PLACES[2], 1000, "green", "H264"), PLACES[2], "green"),
        Person(lab, Baresip(lab, "bar", *PLACES[0], R1, 440, clip(lab, "red", 120), **options), PLACES[0], "red"),
        Person(lab, Baresip(lab, "ben", *PLACES[1], R1, 700, clip(lab, "blue", 120), **options), PLACES[1], "blue")])


main(vp8, h264)
