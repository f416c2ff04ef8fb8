# SPDX-License-Identifier: LGPL-2.1-or-later
"""Video phones on two linked reflectors: each sees who speaks, wherever that one has called; with mixers that hear
everybody, and without, by the levels in packets."""
from lab import main
from lab.phones import Baresip, Linphone, clip, still
from lab.reflector import Reflector
from lab.room import R1, R2, two
from lab.turns import SILENT, Levelled, Person, Scripted, turns

HERE, THERE, ALSO = ("ext1", "203.0.113.11"), ("priv1", "192.168.10.11"), ("priv2", "192.168.10.12")


def mixed(lab, tap):
    """baresip at one reflector, linphone and GStreamer at the other, speak in turn"""
    daemons = two(lab)
    linphone = Linphone(lab, "lin", *THERE, R2, 700, still(lab, "blue"), amplitude=SILENT)
    linphone.codecs("PCMU/8000")
    linphone.codecs("VP8/90000", kind="vcodec")
    turns(lab, tap, "VP8", [
        Person(lab, Baresip(lab, "bar", *HERE, R1, 440, clip(lab, "red", 120), amplitude=SILENT), HERE, "red"),
        Person(lab, linphone, THERE, "blue"),
        Person(lab, Scripted(lab, "gst", *ALSO, 1000, "green", "VP8", R2), ALSO, "green")], daemons)


def levels(lab, tap):
    """without a mixer: three who write levels, each under a number of his own, speak in turn"""
    daemons = [Reflector(lab, ns, address, peers=[peer], conf="switcher: { };\n", modes="")
               for ns, address, peer in (("r1", R1, R2), ("r2", R2, R1))]
    voices = [Levelled(lab, *HERE, 1), Levelled(lab, *THERE, 5), Levelled(lab, *ALSO, 3, "/sendonly")]
    turns(lab, tap, "VP8", [
        Person(lab, Scripted(lab, name, *place, 400, colour, "VP8", reflector, voice), place, colour)
        for name, place, colour, reflector, voice in (("anna", HERE, "red", R1, voices[0]),
                                                      ("ben", THERE, "blue", R2, voices[1]),
                                                      ("carl", ALSO, "green", R2, voices[2]))], daemons)
    for voice in voices:
        numbers = {block[4] >> 4 if block else 0 for block in voice.blocks}
        wanted = 0 if "sendonly" in voice.fmtp[0] else voice.number
        tap.ok(numbers == {wanted}, "levels come under the number that was agreed", numbers, wanted)
        heard = {block[5] & 127 for block in voice.blocks if block}
        tap.ok(not wanted or Levelled.LOUD in heard, "and are those of who speaks", heard)


main(mixed, levels)
