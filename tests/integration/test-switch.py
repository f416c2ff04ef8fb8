# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rooms of video phones that show one picture: each sees who speaks, in one stream that never breaks, and who
speaks sees the one before."""
from lab import main
from lab.phones import Baresip, Linphone, clip, still
from lab.room import R1, reflector
from lab.turns import SILENT, Person, Scripted, turns

PLACES = (("ext1", "203.0.113.11"), ("ext2", "203.0.113.12"), ("extn", "198.51.100.11"))


def vp8(lab, tap):
    """VP8: baresip, linphone and GStreamer speak in turn"""
    daemon = reflector(lab, "r1", R1)
    linphone = Linphone(lab, "lin", *PLACES[1], R1, 700, still(lab, "blue"), amplitude=SILENT)
    linphone.codecs("PCMU/8000")
    linphone.codecs("VP8/90000", kind="vcodec")
    turns(lab, tap, "VP8", [
        Person(lab, Baresip(lab, "bar", *PLACES[0], R1, 440, clip(lab, "red", 120), amplitude=SILENT), PLACES[0], "red"),
        Person(lab, linphone, PLACES[1], "blue"),
        Person(lab, Scripted(lab, "gst", *PLACES[2], 1000, "green", "VP8"), PLACES[2], "green")], [daemon])


def h264(lab, tap):
    """H.264 in packetization mode 1: two baresip and GStreamer speak in turn"""
    daemon = reflector(lab, "r1", R1)
    options = dict(amplitude=SILENT, video=("avcodec",))
    turns(lab, tap, "H264", [
        Person(lab, Scripted(lab, "gst", *PLACES[2], 1000, "green", "H264"), PLACES[2], "green"),
        Person(lab, Baresip(lab, "bar", *PLACES[0], R1, 440, clip(lab, "red", 120), **options), PLACES[0], "red"),
        Person(lab, Baresip(lab, "ben", *PLACES[1], R1, 700, clip(lab, "blue", 120), **options), PLACES[1], "blue")], [daemon])


main(vp8, h264)
